"""The images that a text file names, one or two to a line, one line at a time."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from deepvis.records import SourceState
from deepvis.sources.base import FrameSource, Next, Picture, Previous, Seek, SourceCommand, SourceError
from deepvis.sources.decode import read_image
from deepvis.sources.labels import located, read_lines, without_heading
from deepvis.sources.pair_spec import PAIRS, PLUS

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.sources.labels import ListLine

LIST_EXTENSIONS = frozenset((".csv", ".lst", ".tsv", ".txt"))


class ImageListSource(FrameSource):
    """The images of a list, in its order; it stays at one until told to move.

    A line is an image, or two that belong together, and may end with a label. Paths are relative to the list's folder.
    Images that cannot be read are skipped with a note.
    """

    def __init__(self, path: Path, *, pairs: bool = False) -> None:
        """Nothing is read yet.

        Args:
            path: of the list.
            pairs: every line has two images, whatever their names look like.
        """
        super().__init__()
        self._path = path
        self._pairs = pairs
        self._lines: list[ListLine] = []
        self._here = 0
        self._step = 1
        self._untried = 0
        self._named: set[int] = set()

    def open(self) -> None:
        """Read the list; opened again, it goes on at the same line.

        Raises:
            SourceError: it cannot be read, or names no image.
        """
        try:
            lines = read_lines(self._path, pairs=self._pairs)
        except FileNotFoundError:
            raise SourceError(f"There is no list of images {self._path}.") from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise SourceError(f"The list of images {self._path} cannot be read: {reason}.") from error
        lines = without_heading(lines)
        if not lines:
            raise SourceError(f"{self._path} names no image: write one to a line, and a label behind it if you like.")
        if self._pairs and (alone := next((line for line in lines if not line.second), None)):
            raise SourceError(f"Line {alone.number} of {self._path} names one image, and pairs are wanted.")
        self._lines = lines
        self._named.clear()
        self._travel_to(min(self._here, len(lines) - 1), 1)

    def read(self) -> Picture | None:
        """The line traveled to; where it cannot be read, None now and the next one in the same direction then."""
        if not self._untried:
            return None
        line = self._lines[self._here]
        try:
            picture = self._picture(line)
        except SourceError as error:
            self._skip(line, error)
            return None
        self._untried = 0
        return picture

    def delay_s(self) -> float | None:
        """0 while a line is due, else None."""
        return 0.0 if self._untried else None

    def control(self, command: SourceCommand) -> None:
        """Next and previous (around the ends), seek (to a line's index)."""
        if not self._lines:
            return
        match command:
            case Next():
                self._travel_to(self._here + 1, 1)
            case Previous():
                self._travel_to(self._here - 1, -1)
            case Seek(position):
                self._travel_to(max(0, min(position, len(self._lines) - 1)), 1)
            case _:
                pass

    def state(self) -> SourceState:
        """Position and number of lines."""
        spec = f"{PAIRS}{self._path}" if self._pairs else str(self._path)
        count = len(self._lines)
        return SourceState("list", self._path.name, spec, position=self._here, length=count, seekable=True)

    def close(self) -> None:
        """Forget the lines; the position is kept for the next `open`."""
        self._lines = []
        self._untried = 0

    def _picture(self, line: ListLine) -> Picture:
        label = line.label or ""
        path, rgb = self._image(line.first)
        if not line.second:
            return Picture(rgb, line.first, path, label=label)
        second, second_rgb = self._image(line.second)
        # two files have no one path, but whoever sees them again knows them
        title, scene = f"{line.first}{PLUS}{line.second}", f"{path}\n{second}"
        return Picture(rgb, title, scene=scene, label=label, second_rgb=second_rgb)

    def _image(self, text: str) -> tuple[Path, NDArray[np.uint8]]:
        try:
            path = located(text, self._path.parent)
            return path, read_image(path)
        except (OSError, ValueError, RuntimeError) as error:  # too long, a null character, no home folder
            raise SourceError(f"'{text}' cannot be a file: {error}.") from error

    def _travel_to(self, place: int, step: int) -> None:
        self._here = place % len(self._lines)
        self._step, self._untried = step, len(self._lines)

    def _skip(self, line: ListLine, error: SourceError) -> None:
        if line.number not in self._named:
            self._named.add(line.number)
            self._note(f"Skipped: {error}")
        self._untried -= 1
        self._here = (self._here + self._step) % len(self._lines)
        if not self._untried:
            self._note(f"None of the {len(self._lines)} lines of {self._path} can be read.")
