"""Pictures to another size, in NumPy: averaged where they shrink, bilinear where they grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.imaging.filters import taps

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGE = 1024
"""Larger pictures are first averaged over whole blocks, which takes less time."""


def resized(
    rgb: NDArray[np.uint8], size: tuple[int, int], rows: slice = slice(None), columns: slice = slice(None)
) -> NDArray[np.uint8]:
    """Resample with a triangle filter as wide as a new pixel, at least as an old one.

    Args:
        rgb: uint8 `(..., height, width, 3)`.
        size: new `(height, width)`.
        rows: only these rows of the result.
        columns: only these columns of the result.

    Returns:
        uint8 `(..., rows, columns, 3)`; the same array, or a view of it, where the size is the same.
    """
    if rgb.shape[-3:-1] == size:
        return rgb[..., rows, columns, :]
    rgb = _coarse(rgb, size)
    down = _along(rgb, taps(rgb.shape[-3], size[0]), rows, -3)
    made = _along(down, taps(rgb.shape[-2], size[1]), columns, -2)
    return np.rint(made, out=made).astype(np.uint8)


def fitted(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The picture `(height, width, 3)` with at most `side` pixels a side, aspect kept; never larger than it is."""
    height, width = rgb.shape[:2]
    longest = max(height, width)
    if longest <= side:
        return rgb
    return resized(rgb, (max(1, round(height * side / longest)), max(1, round(width * side / longest))))


def centered_square(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest square in the middle of a picture `(height, width, 3)`; a view."""
    height, width = rgb.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return rgb[top : top + side, left : left + side]


def _coarse(rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = rgb.shape[-3:-1]
    by_rows = height // size[0] if height > _LARGE else 1
    by_columns = width // size[1] if width > _LARGE else 1
    by_rows, by_columns = max(1, by_rows), max(1, by_columns)
    if by_rows == by_columns == 1:
        return rgb
    kept = rgb[..., : height // by_rows * by_rows, : width // by_columns * by_columns, :]
    blocks = kept.reshape(*rgb.shape[:-3], height // by_rows, by_rows, width // by_columns, by_columns, 3)
    coarse: NDArray[np.uint8] = np.rint(blocks.mean(axis=(-4, -2), dtype=np.float32)).astype(np.uint8)
    return coarse


def _along(
    values: NDArray[np.uint8] | NDArray[np.float32],
    taps: tuple[NDArray[np.int64], NDArray[np.float32]],
    part: slice,
    axis: int,
) -> NDArray[np.float32]:
    """Weighted sums along an axis.

    Not a product of matrices: NumPy's runs on all cores, and its threads wait for each other actively, which took half
    of the live pictures' time away.
    """
    places, weights = taps[0][part], taps[1][part]
    shape = [1] * values.ndim
    shape[axis] = len(places)
    total = values.take(places[:, 0], axis) * weights[:, 0].reshape(shape)
    for tap in range(1, places.shape[1]):
        total += values.take(places[:, tap], axis) * weights[:, tap].reshape(shape)
    summed: NDArray[np.float32] = total
    return summed
