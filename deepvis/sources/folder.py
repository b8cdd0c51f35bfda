"""The images of a folder, one at a time, while files come and go."""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.records import SourceState
from deepvis.sources.base import FrameSource, Next, Picture, Previous, Seek, SourceCommand, SourceError
from deepvis.sources.decode import is_image, read_image
from deepvis.sources.labels import class_folder, has_class_folders
from deepvis.sources.natural import natural_path_key

if TYPE_CHECKING:
    from deepvis.sources.base import Clock

_REFRESH_S = 1.0
_LISTING_SHARE = 20
"""Listing takes at most one part in this many of the time, so that a data set of a million files stays usable."""


class FolderSource(FrameSource):
    """The images of a folder and its subfolders, in natural order; it stays at one until told to move.

    Where every image lies in one of several direct subfolders, the subfolder is its label.

    Files that appear later join in: the folder is listed again while it waits, at most once a second, and on every
    next and previous. The file that is shown stays the one shown, whatever comes before it or takes it away.
    """

    def __init__(self, folder: Path, *, clock: Clock = time.monotonic) -> None:
        super().__init__()
        self._folder = folder
        self._clock = clock
        self._files: list[Path] = []
        self._labeled = False
        self._here: Path | None = None
        self._step = 1
        self._untried = 0
        self._blank = True
        self._named: set[Path] = set()
        self._is_open = False
        self._listed_s = self._listing_took_s = 0.0

    def open(self) -> None:
        """List the folder; opened again, it goes on at the same file.

        Raises:
            SourceError: the folder is missing, or no image is in it.
        """
        if not self._folder.is_dir():
            raise SourceError(f"There is no folder {self._folder}.")
        self._list()
        if not self._files:
            raise SourceError(f"There is no image (JPEG, PNG, ...) in {self._folder} or its subfolders.")
        self._is_open = self._blank = True
        self._travel_to(self._place() if self._here else 0, 1)

    def read(self) -> Picture | None:
        """The file traveled to; where it cannot be read, None now and the next one in the same direction then."""
        if not self._is_open:
            return None
        if not self._untried or self._here is None:
            self._refresh()
            return None
        name = self._here.relative_to(self._folder)
        label = class_folder(name.as_posix()) if self._labeled else ""
        try:
            picture = Picture(read_image(self._here), str(name), self._here, label=label)
        except SourceError as error:
            self._skip(self._here, error)
            return None
        self._untried, self._blank = 0, False
        return picture

    def delay_s(self) -> float | None:
        """0 while a file is due, else the time until the folder is looked at again."""
        if not self._is_open:
            return None
        return 0.0 if self._untried else max(0.0, self._next_listing_s() - self._clock())

    def stands_still(self) -> bool:
        """Always; only files may come and go."""
        return True

    def control(self, command: SourceCommand) -> None:
        """Next and previous (around the ends), seek (to a file's index)."""
        if not self._is_open:
            return
        match command:
            case Next():
                self._refresh(now=True)
                self._travel_to(self._neighbor(1), 1)
            case Previous():
                self._refresh(now=True)
                self._travel_to(self._neighbor(-1), -1)
            case Seek(position):
                self._travel_to(max(0, min(position, len(self._files) - 1)), 1)
            case _:
                pass

    def state(self) -> SourceState:
        """Position and number of files."""
        return SourceState(
            "folder",
            self._folder.name or str(self._folder),
            str(self._folder),
            position=max(0, min(self._place(), len(self._files) - 1)),
            length=len(self._files),
            seekable=True,
        )

    def close(self) -> None:
        """Nothing is held; the position is kept for the next `open`."""
        self._is_open = False
        self._untried = 0

    def _place(self) -> int:
        """Index of the present file, or the one it would have."""
        if self._here is None:
            return 0
        return bisect_left(self._files, natural_path_key(self._here), key=natural_path_key)

    def _neighbor(self, step: int) -> int:
        place = self._place()
        vanished = place >= len(self._files) or self._files[place] != self._here
        return place if vanished and step == 1 else place + step

    def _travel_to(self, place: int, step: int) -> None:
        if self._files:
            self._here = self._files[place % len(self._files)]
            self._step, self._untried = step, len(self._files)

    def _skip(self, path: Path, error: SourceError) -> None:
        if path not in self._named:
            self._named.add(path)
            self._note(f"Skipped: {error}")
        self._untried -= 1
        self._here = self._files[self._neighbor(self._step) % len(self._files)]
        if not self._untried:
            self._note(f"None of the {len(self._files)} images in {self._folder} can be read.")

    def _refresh(self, *, now: bool = False) -> None:
        """List the folder again where it is time to, or, if that is quick, `now`."""
        if self._clock() < self._next_listing_s() and not (now and self._listing_took_s < _REFRESH_S / _LISTING_SHARE):
            return
        before = self._files
        self._list()
        if self._blank and self._files != before:
            self._travel_to(self._place(), self._step)

    def _next_listing_s(self) -> float:
        return self._listed_s + max(_REFRESH_S, _LISTING_SHARE * self._listing_took_s)

    def _list(self) -> None:
        started_s = self._clock()
        self._files = list_images(self._folder)
        self._labeled = has_class_folders(path.relative_to(self._folder).as_posix() for path in self._files)
        self._listed_s = self._clock()
        self._listing_took_s = self._listed_s - started_s


def list_images(folder: Path) -> list[Path]:
    """The images (by name) in a folder and its subfolders, in natural order, without hidden files and folders."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if is_image(name) and not name.startswith(".")]
    return sorted(found, key=natural_path_key)
