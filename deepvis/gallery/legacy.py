"""Import of the folders of the 2015 toolbox and of its fork, so that old galleries stay useful."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.gallery.errors import GalleryError
from deepvis.gallery.image_size import image_size
from deepvis.gallery.legacy_files import LegacyFile, read_notes, recognize
from deepvis.gallery.records import JobRecord
from deepvis.gallery.rows import ImageRow, SkippedFile
from deepvis.records import LayerInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from deepvis.gallery.legacy_files import Note
    from deepvis.gallery.records import ModelIdentity
    from deepvis.gallery.writer import GalleryWriter

_AT_ONCE = 200
"""Pictures per transaction."""
_UNIT_DIGITS = 7
_LARGEST_BYTES = 512 << 20
"""SQLite takes no value of more than 1 GB, and no picture of the old toolboxes comes near."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import brought in.

    Attributes:
        images: pictures imported.
        units: units that have pictures.
        layers: names of the layers in the gallery.
        skipped: files that belong there and could not be used.
        ignored: files that are nothing of the old toolboxes.
    """

    images: int
    units: int
    layers: tuple[str, ...]
    skipped: tuple[SkippedFile, ...]
    ignored: int


def import_folder(
    folder: Path,
    writer: GalleryWriter,
    identity: ModelIdentity,
    rename: Mapping[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Bring the pictures of an old gallery into this one; what an earlier import of the folder brought is replaced.

    Args:
        folder: what the old settings called `caffevis_unit_jpg_dir` or `caffevis_outputs_dir`, or a folder above.
        writer: of the gallery.
        identity: of the model the pictures are of; hash and preprocessing empty where unknown.
        rename: new names of layers by old ones; others keep theirs.
        progress: told files done and files in all, every now and then.

    Raises:
        GalleryError: the folder is missing, or nothing in it is of the old toolboxes.
    """
    if not folder.is_dir():
        raise GalleryError(f"There is no folder {folder}: name the folder of an old gallery.")
    paths = _all_files(folder)
    known = [(number, path, legacy) for number, path in enumerate(paths) if (legacy := _recognize(folder, path))]
    if not known:
        raise GalleryError(
            f"Nothing in {folder} looks like a gallery of the 2015 toolbox or of its fork: expected are folders like "
            "max_im/conv5/conv5_0007.jpg or conv5/unit_0007/maxim_000.png."
        )
    work = _Import(folder, writer, dict(rename or {}))
    root = str(folder.absolute())
    for earlier in writer.jobs():
        if earlier.kind == "import" and earlier.data_root == root:
            writer.remove_job(earlier.id)
    job = JobRecord(0, "import", "", identity, data_root=root, parameters={"rename": dict(rename or {})})
    work.run(writer.begin_job(job), known, progress or (lambda _done, _all: None))
    return work.report(ignored=len(paths) - len(known) - work.notes_read)


class _Import:
    """One import under way."""

    def __init__(self, folder: Path, writer: GalleryWriter, rename: dict[str, str]) -> None:
        self._folder = folder
        self._writer = writer
        self._rename = rename
        self._notes: dict[Path, list[Note]] = {}
        self._skipped: list[SkippedFile] = []
        self._units: set[tuple[str, int]] = set()
        self._layers: dict[str, None] = {}
        self._images = 0

    @property
    def notes_read(self) -> int:
        """Files of notes that were of use."""
        return sum(bool(notes) for notes in self._notes.values())

    def run(self, job: int, files: list[tuple[int, str, LegacyFile]], progress: Callable[[int, int], None]) -> None:
        """Import the files, some at a time, and finish the job."""
        self._add_layers(legacy for _, _, legacy in files)
        for start in range(0, len(files), _AT_ONCE):
            with self._writer.transaction():
                for number, path, legacy in files[start : start + _AT_ONCE]:
                    self._add(job, number, path, legacy)
            progress(min(start + _AT_ONCE, len(files)), len(files))
        with self._writer.transaction():
            self._writer.write_skipped(job, self._skipped)
            self._writer.finish_job(job)

    def report(self, ignored: int) -> ImportReport:
        """What was done."""
        return ImportReport(self._images, len(self._units), tuple(self._layers), tuple(self._skipped), ignored)

    def _name(self, legacy: LegacyFile) -> str:
        return self._rename.get(legacy.layer, legacy.layer)

    def _add_layers(self, files: Iterable[LegacyFile]) -> None:
        """The number of units is not told anywhere: it is at least that of the last unit with a picture."""
        units: dict[str, int] = {}
        for legacy in files:
            name = self._name(legacy)
            units[name] = max(units.get(name, 0), legacy.unit + 1)
        with self._writer.transaction():
            for name, count in units.items():
                self._writer.add_layer(LayerInfo(name, "", count, 0, 0))

    def _add(self, job: int, number: int, path: str, legacy: LegacyFile) -> None:
        try:
            data = _read(self._folder / path)
            height, width = image_size(data)
        except (OSError, ValueError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or str(error)
            self._skipped.append(SkippedFile(number, path, reason))
            return
        note = self._note(path, legacy)
        name = self._name(legacy)
        image = ImageRow(
            layer=name,
            unit=legacy.unit,
            kind=legacy.kind,
            data=data,
            height=height,
            width=width,
            rank=legacy.rank,
            value=note.value if note else None,
            recipe=legacy.recipe,
            metadata={**legacy.metadata, "file": path, **_told(note)},
        )
        self._writer.add_image(job, image)
        self._images += 1
        self._layers[name] = None
        if legacy.unit >= 0:
            self._units.add((name, legacy.unit))

    def _note(self, path: str, legacy: LegacyFile) -> Note | None:
        """What the notes beside the picture say about it."""
        if not legacy.notes:
            return None
        file = (self._folder / path).parent / legacy.notes
        if file not in self._notes:
            try:
                self._notes[file] = read_notes(file.read_text(encoding="utf-8", errors="replace"))
            except OSError:  # the scripts could be told to write none
                self._notes[file] = []
        notes = self._notes[file]
        return notes[legacy.rank] if legacy.rank < len(notes) else None


def _all_files(folder: Path) -> list[str]:
    """Paths below the folder, with `/`, in order."""
    found = []
    for parent, _, names in os.walk(folder):
        found += [(Path(parent) / name).relative_to(folder).as_posix() for name in names]
    return sorted(found)


def _recognize(folder: Path, path: str) -> LegacyFile | None:
    """The folder itself may be the part by which its files are told; numbers no unit can have are none of ours.

    Names that are not UTF-8 are none of ours either: the old toolboxes wrote plain ones.
    """
    if not path.isascii() and path != path.encode("utf-8", "replace").decode():
        return None
    legacy = recognize(path) or recognize(f"{folder.absolute().name}/{path}")
    return legacy if legacy and len(str(legacy.unit)) <= _UNIT_DIGITS else None


def _read(file: Path) -> bytes:
    if file.stat().st_size > _LARGEST_BYTES:
        raise ValueError(f"It has more than {_LARGEST_BYTES >> 20} MB.")
    return file.read_bytes()


def _told(note: Note | None) -> dict[str, object]:
    if note is None:
        return {}
    place: dict[str, object] = {} if note.position is None else {"position": list(note.position)}
    return {"path": note.path, "image": note.image, **place}
