"""Weights as pictures: zero is mid gray, what is positive is brighter, what is negative darker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.imaging.colormap import table

if TYPE_CHECKING:
    from numpy.typing import NDArray

ZERO = 128
"""The level of a weight of zero."""
_REACH = 127
BARS, GROUND, MIDDLE = 2, 0, 1
"""Values of `histogram_tiles`."""


def kernel_pictures(kernels: NDArray[np.float32], least: float = 0) -> NDArray[np.uint8]:
    """Kernels over the colors of the network's input, each over its own range.

    Args:
        kernels: float32 `(kernels, 3 or 1, height, width)`.
        least: the smallest range: what is weaker is not blown up.

    Returns:
        uint8 `(kernels, height, width, 3)`: 128 plus 127 times the weight over the kernel's largest magnitude.
    """
    largest = np.maximum(np.abs(_finite(kernels)).max(axis=(1, 2, 3), initial=0), np.float32(least))
    scaled = _levels(kernels, largest)
    return np.ascontiguousarray(np.broadcast_to(scaled, (len(scaled), 3, *scaled.shape[2:])).transpose(0, 2, 3, 1))


def signed_pictures(kernels: NDArray[np.float32], largest: NDArray[np.float32] | float) -> NDArray[np.uint8]:
    """Kernels over one input each, in gray.

    Args:
        kernels: float32 `(kernels, height, width)`.
        largest: the magnitude that becomes black or white: float32 `(kernels,)`, or one for all.

    Returns:
        uint8 `(kernels, height, width, 3)`.
    """
    levels = _levels(kernels, np.broadcast_to(np.asarray(largest, np.float32), len(kernels)))
    return np.repeat(levels[..., None], 3, axis=3)


def reach_pictures(kernels: NDArray[np.float32], colormap: str) -> NDArray[np.uint8]:
    """Where the kernels of each unit have large weights, whatever their sign and their input.

    Args:
        kernels: float32 `(units, inputs, height, width)`.
        colormap: name of a color map that is not `auto`.

    Returns:
        uint8 `(units, height, width, 3)`: mean magnitude over inputs, from zero to the unit's largest.
    """
    means = np.abs(_finite(kernels)).mean(axis=1)
    largest = means.max(axis=(1, 2), initial=0, keepdims=True)
    levels = np.rint(means / np.where(largest > 0, largest, 1) * 255).astype(np.uint8)
    colored: NDArray[np.uint8] = table(colormap)[levels]
    return colored


def histogram_tiles(counts: NDArray[np.int64], height: int, width: int) -> NDArray[np.uint8]:
    """Small pictures of histograms.

    Args:
        counts: int64 `(histograms, bins)`.
        height: rows of a picture.
        width: columns of a picture; where there are fewer than bins, a column stands for several.

    Returns:
        uint8 `(histograms, height, width)`: `BARS` up to a bin's share of the tallest, `MIDDLE` in the middle column
        behind them, `GROUND` elsewhere.
    """
    edges = np.arange(width) * counts.shape[1] // width
    ends = np.maximum(edges + 1, (np.arange(1, width + 1) * counts.shape[1]) // width)
    summed = np.concatenate([np.zeros((len(counts), 1), np.int64), np.cumsum(counts, axis=1)], axis=1)
    # the mean over the bins of a column: uneven numbers of bins make no stripes
    columns = (summed[:, ends] - summed[:, edges]) / (ends - edges)
    tallest = columns.max(axis=1, initial=0, keepdims=True)
    tops = np.ceil(columns / np.where(tallest > 0, tallest, 1) * height)
    tiles = np.full((len(counts), height, width), GROUND, np.uint8)
    tiles[:, :, width // 2] = MIDDLE
    tiles[np.arange(height, 0, -1)[None, :, None] <= tops[:, None, :]] = BARS
    return tiles


def sheet(tiles: NDArray[np.uint8], side: int, gap: int = 1, ground: int = 40) -> NDArray[np.uint8]:
    """Pictures side by side, enlarged by whole numbers, about as wide as high.

    Args:
        tiles: uint8 `(pictures, height, width, 3)`; at least one.
        side: a picture's longer side gets at least so many pixels.
        gap: pixels between pictures, and around them.
        ground: gray level of the gaps.
    """
    count, height, width = tiles.shape[:3]
    factor = max(1, -(-side // max(height, width)))
    large = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    columns = min(count, max(1, round(np.sqrt(count * height / width))))
    rows = -(-count // columns)
    cell_height, cell_width = height * factor + gap, width * factor + gap
    whole = np.full((rows * cell_height + gap, columns * cell_width + gap, 3), ground, np.uint8)
    for number, tile in enumerate(large):
        row, column = divmod(number, columns)
        top, left = gap + row * cell_height, gap + column * cell_width
        whole[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return whole


def _levels(kernels: NDArray[np.float32], largest: NDArray[np.float32]) -> NDArray[np.uint8]:
    reach = np.where(largest > 0, largest, 1).reshape(-1, *[1] * (kernels.ndim - 1))
    return np.clip(np.rint(ZERO + _REACH * (_finite(kernels) / reach)), 0, 255).astype(np.uint8)


def _finite(kernels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.nan_to_num(kernels, nan=0, posinf=0, neginf=0)
