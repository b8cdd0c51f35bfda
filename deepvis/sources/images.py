"""Still pictures: one file, or an array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.records import SourceState
from deepvis.sources.base import FrameSource, Picture, SourceError
from deepvis.sources.decode import read_image

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class ArraySource(FrameSource):
    """One picture that is already in memory, from the clipboard for instance."""

    def __init__(self, rgb: NDArray[np.uint8], title: str) -> None:
        """Take a copy.

        Args:
            rgb: uint8, `(height, width, 3)`, sRGB.
            title: what it is, for people.
        """
        super().__init__()
        self._rgb = rgb
        self._title = title
        self._waiting = False

    def open(self) -> None:
        """Make the picture ready.

        Raises:
            SourceError: the array is not a picture.
        """
        rgb = self._rgb
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
            raise SourceError(f"{self._title} is not a picture: an array of {rgb.dtype} and shape {rgb.shape}.")
        self._rgb = np.array(rgb, order="C")
        self._waiting = True

    def read(self) -> Picture | None:
        """The picture, once."""
        if not self._waiting:
            return None
        self._waiting = False
        return Picture(self._rgb, self._title)

    def delay_s(self) -> float | None:
        """None once the picture was read."""
        return 0.0 if self._waiting else None

    def state(self) -> SourceState:
        """A single picture."""
        return SourceState("image", self._title, "", length=1)

    def close(self) -> None:
        """Nothing is held but the array."""
        self._waiting = False


class ImageSource(FrameSource):
    """One image file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._picture: Picture | None = None

    def open(self) -> None:
        """Decode the file.

        Raises:
            SourceError: it is missing, empty, damaged, or no image.
        """
        self._picture = Picture(read_image(self._path), self._path.name, self._path)

    def read(self) -> Picture | None:
        """The picture, once."""
        picture, self._picture = self._picture, None
        return picture

    def delay_s(self) -> float | None:
        """None once the picture was read."""
        return 0.0 if self._picture else None

    def state(self) -> SourceState:
        """A single picture."""
        return SourceState("image", self._path.name, str(self._path), length=1)

    def close(self) -> None:
        """Forget the picture."""
        self._picture = None
