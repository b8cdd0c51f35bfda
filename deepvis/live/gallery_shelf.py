"""The galleries of the running model: the person's own and, behind it, the one that comes with DeepVis."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from deepvis.gallery.errors import GalleryError
from deepvis.gallery.files import gallery_file, packaged_gallery
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis.gallery.records import JobRecord

_numbers = itertools.count()


class OpenGallery:
    """A gallery that is open for reading.

    Attributes:
        path: the file.
        reader: reads it.
        packaged: it comes with DeepVis.
        number: another one for every opening, for what is remembered of it.
    """

    def __init__(self, path: Path, *, packaged: bool) -> None:
        """Open the file.

        Raises:
            GalleryError: it cannot be read.
        """
        self.path = path
        self.packaged = packaged
        self.number = next(_numbers)
        self.file = file_identity(path)
        self.reader = GalleryReader(path)
        self._version = -1
        self._layers: dict[str, JobRecord | None] | None = None

    def changed(self) -> bool:
        """Whether somebody wrote into it since the last call; True the first time."""
        version = self.reader.data_version()
        if version == self._version:
            return False
        self._version, self._layers = version, None
        return True

    def job(self, layer: str) -> JobRecord | None:
        """The scan a layer's rows come from; None where it was not scanned."""
        if self._layers is None:
            self._layers = self.reader.layers()
        return self._layers.get(layer)

    @property
    def scanned(self) -> bool:
        """Whether it holds results of a scan; pictures that were kept or imported are none."""
        if self._layers is None:
            self._layers = self.reader.layers()
        return any(job is not None for job in self._layers.values())

    def has_tiles(self, layer: str, kind: ImageKind = ImageKind.MAXIMUM) -> bool:
        """Whether there is something to fill a grid of exemplars with: a scan's, or imported ones of a kind.

        Frames of a session that a person kept are no exemplars of a data set.
        """
        return self.job(layer) is not None or kind in self.reader.image_kinds(layer)


class GalleryShelf:
    """Keeps the galleries of one model open while they last.

    Args:
        model: key of the model.
        folder: of the person's galleries; None for the one in the person's data folder.
        complain: gets a sentence about a file that cannot be used, once for every state of the file.
    """

    def __init__(self, model: str, folder: Path | None, complain: Callable[[str], None]) -> None:
        self._own = gallery_file(model, folder)
        self._packaged = packaged_gallery(model)
        self._complain = complain
        self._open: dict[Path, OpenGallery] = {}
        self._refused: dict[Path, tuple[tuple[int, ...], str]] = {}

    @property
    def own(self) -> Path:
        """The person's own gallery; it may not exist yet."""
        return self._own

    @property
    def galleries(self) -> tuple[OpenGallery, ...]:
        """Those that can be read, the person's own first."""
        return tuple(self._open.values())

    @property
    def scanned(self) -> bool:
        """Whether any of them holds results of a scan."""
        return any(gallery.scanned for gallery in self.galleries)

    @property
    def trouble(self) -> str:
        """Why a gallery cannot be used; empty where there is nothing wrong."""
        return " ".join(text for _, text in self._refused.values())

    def look(self) -> bool:
        """Open what is new, close what is gone or was replaced; True where anything differs from the last look."""
        paths = [self._own] if self._packaged in (None, self._own) else [self._own, self._packaged]
        before = tuple(gallery.number for gallery in self.galleries), self.trouble
        found: dict[Path, OpenGallery] = {}
        changed = False
        for path in paths:
            if path is not None and (gallery := self._looked_at(path)) is not None:
                found[path] = gallery
                changed = self._changed(gallery) or changed
        self._open = {path: gallery for path, gallery in found.items() if path not in self._refused}
        return changed or before != (tuple(gallery.number for gallery in self.galleries), self.trouble)

    def give_up(self, path: Path, error: GalleryError) -> None:
        """A gallery turned out to be unusable: leave it closed until its file changes."""
        gallery = self._open.pop(path, None)
        if gallery is not None:
            gallery.reader.close()
        self._refused[path] = (_state(path), str(error))
        self._complain(str(error))

    def close(self) -> None:
        """Close all files."""
        for gallery in self._open.values():
            gallery.reader.close()
        self._open = {}

    def _looked_at(self, path: Path) -> OpenGallery | None:
        gallery = self._open.get(path)
        if gallery is not None and gallery.file == file_identity(path):
            return gallery
        if gallery is not None:
            gallery.reader.close()
            del self._open[path]
        state = _state(path)
        if not state:
            self._refused.pop(path, None)
            return None
        if path in self._refused and self._refused[path][0] == state:
            return None
        self._refused.pop(path, None)
        try:
            return OpenGallery(path, packaged=path == self._packaged)
        except GalleryError as error:
            self.give_up(path, error)
            return None

    def _changed(self, gallery: OpenGallery) -> bool:
        try:
            return gallery.changed()
        except GalleryError as error:
            self._open[gallery.path] = gallery
            self.give_up(gallery.path, error)
            return True


def file_identity(path: Path) -> tuple[int, ...]:
    """The same for the same file, also after it was written to; empty where there is none."""
    try:
        state = path.stat()
    except OSError:
        return ()
    return state.st_dev, state.st_ino


def _state(path: Path) -> tuple[int, ...]:
    try:
        state = path.stat()
    except OSError:
        return ()
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
