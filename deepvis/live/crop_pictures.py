"""Pictures of the gallery, decoded once: crops of image files, small whole images, pictures of units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.live.recent import Recent
from deepvis.live.resample import centered_square, fitted, resized
from deepvis.records import Rect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.live.gallery_shelf import OpenGallery

PICTURE_SIDE = 160
"""Crops on a page are at most this large; smaller ones keep their pixels."""
WHOLE_SIDE = 320
"""The same for whole images."""
LARGEST_SIDE = 1280
"""Original files are kept in memory at most this large."""
PICTURE_BYTES = 96 << 20
TILE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, eq=False)
class ImagePicture:
    """An image file as it can be shown.

    Attributes:
        rgb: uint8 `(rows, columns, 3)`, often smaller than the file's picture; None where neither the gallery nor the
            disk has it.
        height: of the original, in pixels.
        width: of the original, in pixels.
        path: the file where it is now, else where it was.
        there: the file still exists.
        stored: it comes from the gallery and not from the file.
    """

    rgb: NDArray[np.uint8] | None
    height: int
    width: int
    path: Path | None
    there: bool
    stored: bool

    def box(self, original: Rect) -> tuple[int, int, int, int]:
        """A box of the original in whole pixels of `rgb`: `(top, left, bottom, right)`, never empty."""
        rows, columns = (0, 0) if self.rgb is None else self.rgb.shape[:2]
        by_row, by_column = rows / max(1, self.height), columns / max(1, self.width)
        top, bottom = _whole(original.top * by_row, original.bottom * by_row, rows)
        left, right = _whole(original.left * by_column, original.right * by_column, columns)
        return top, left, bottom, right

    def crop(self, original: Rect) -> NDArray[np.uint8] | None:
        """What the box of the original shows; a view."""
        if self.rgb is None:
            return None
        top, left, bottom, right = self.box(original)
        return self.rgb[top:bottom, left:right]


class CropPictures:
    """Decodes what the gallery keeps and remembers the last of it, bounded in bytes."""

    def __init__(self) -> None:
        self._pictures: Recent[ImagePicture] = Recent(PICTURE_BYTES)
        self._units: Recent[NDArray[np.uint8]] = Recent(PICTURE_BYTES // 4)
        self._tiles: Recent[NDArray[np.uint8]] = Recent(TILE_BYTES)
        self._generation = 0

    def forget_missing(self) -> None:
        """The gallery was written to: what was not stored may be stored now."""
        self._generation += 1

    def clear(self) -> None:
        """Forget everything: other galleries are open."""
        for memory in (self._pictures, self._units, self._tiles):
            memory.clear()

    def file(self, gallery: OpenGallery, file: int) -> ImagePicture:
        """The picture of an image file, from the gallery or else from the disk."""
        path = gallery.reader.file_path(file)
        key = (gallery.number, file, path)
        for known in (self._pictures.get((*key, "stored")), self._pictures.get((*key, self._generation))):
            if known is not None:
                return known
        made = self._read(gallery, file, path)
        size = 0 if made.rgb is None else made.rgb.nbytes
        return self._pictures.put((*key, "stored" if made.stored else self._generation), made, size)

    def of_unit(self, gallery: OpenGallery, image: int) -> NDArray[np.uint8] | None:
        """A picture that is stored whole (`ImageRecord.id`); None where it cannot be decoded."""
        key = (gallery.number, image, self._generation)
        known = self._units.get(key)
        if known is not None:
            return known
        data = gallery.reader.image(image)
        made = None if data is None else decoded(data, "The picture")
        return None if made is None else self._units.put(key, made, made.nbytes)

    def tile(
        self, key: tuple[object, ...], side: int, make: Callable[[], NDArray[np.uint8] | None]
    ) -> NDArray[np.uint8] | None:
        """A square `(side, side, 3)` from the middle of a picture, made only once; None where there is no picture."""
        known = self._tiles.get((*key, side))
        if known is not None:
            return known
        rgb = make()
        if rgb is None:
            return None
        tile = np.ascontiguousarray(resized(centered_square(rgb), (side, side)))
        return self._tiles.put((*key, side), tile, tile.nbytes)

    def _read(self, gallery: OpenGallery, file: int, path: Path | None) -> ImagePicture:
        now = path if path is not None and path.is_file() else None
        stored = gallery.reader.picture(file)
        rgb = None if stored is None else decoded(stored.data, f"The stored picture of {path}")
        if stored is not None and rgb is not None:
            return ImagePicture(rgb, stored.height, stored.width, now or path, now is not None, stored=True)
        original = None if now is None else _read_file(now)
        if original is None:
            return ImagePicture(None, 0, 0, now or path, there=False, stored=False)
        height, width = original.shape[:2]
        return ImagePicture(fitted(original, LARGEST_SIDE), height, width, now, there=True, stored=False)


def placeholder() -> NDArray[np.uint8]:
    """Plain gray, for a picture that is nowhere any more."""
    return np.full((32, 32, 3), 96, np.uint8)


def shown_crop(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A crop as a page shows it; it does not keep the whole picture in memory."""
    return np.ascontiguousarray(fitted(rgb, PICTURE_SIDE))


def shown_whole(rgb: NDArray[np.uint8], box: tuple[int, int, int, int]) -> tuple[NDArray[np.uint8], Rect]:
    """A whole image as a page shows it, and the box `(top, left, bottom, right)` in its pixels."""
    small = fitted(rgb, WHOLE_SIDE)
    by_row, by_column = small.shape[0] / rgb.shape[0], small.shape[1] / rgb.shape[1]
    top, left, bottom, right = box
    return small, Rect(top * by_row, left * by_column, (bottom - top) * by_row, (right - left) * by_column)


def _whole(start: float, end: float, size: int) -> tuple[int, int]:
    """To the nearest pixel edges, inside the picture, at least one pixel."""
    first = min(max(0, math.floor(start + 0.5)), max(0, size - 1))
    last = min(size, max(first + 1, math.floor(end + 0.5)))
    return first, last


def decoded(data: bytes, name: str) -> NDArray[np.uint8] | None:
    """An encoded picture as uint8 `(height, width, 3)`; None where it is damaged."""
    from deepvis.sources.base import SourceError  # noqa: PLC0415  (keeps cv2 and PIL out of the window's start)
    from deepvis.sources.decode import decode_image  # noqa: PLC0415  (as above)

    try:
        return decode_image(data, name)
    except SourceError:
        return None


def _read_file(path: Path) -> NDArray[np.uint8] | None:
    from deepvis.sources.base import SourceError  # noqa: PLC0415  (keeps cv2 and PIL out of the window's start)
    from deepvis.sources.decode import read_image  # noqa: PLC0415  (as above)

    try:
        return read_image(path)
    except SourceError:
        return None
