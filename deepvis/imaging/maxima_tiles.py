"""Small pictures of how a unit's largest value per image is distributed, with the silent images told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROUND, AXIS, BARS, SILENT = 0, 1, 2, 3
"""Values of the tiles."""


def maxima_tiles(
    counts: NDArray[np.int64], edges: NDArray[np.float64], zero_bin: int, shape: tuple[int, int]
) -> NDArray[np.uint8]:
    """Histograms in columns of one width over each one's own range, which always holds zero.

    The bar at zero has its height from the share of all images that give zero; the other bars have theirs from the
    tallest of them: a unit that is silent on most images would have no other bar that can be seen.

    Args:
        counts: int64 `(histograms, bins)`.
        edges: float64 `(bins + 1,)`, ascending.
        zero_bin: the bin around zero.
        shape: rows and columns of a tile.

    Returns:
        uint8 `(histograms, rows, columns)`: `BARS`, `SILENT` for the bar at zero, `AXIS` above it, `GROUND` elsewhere.
    """
    rows, columns = shape
    tiles = np.full((len(counts), rows, columns), GROUND, np.uint8)
    levels = np.arange(rows, 0, -1)
    for tile, found in zip(tiles, counts, strict=True):
        filled = np.flatnonzero(found)
        if not len(filled):
            continue
        low, high = _range(edges, int(filled[0]), int(filled[-1]), zero_bin)
        others = found.copy()
        others[zero_bin] = 0
        below = np.interp(np.linspace(low, high, columns + 1), edges, np.append(0, np.cumsum(others)))
        shares = np.diff(below)
        tops = np.ceil(shares / max(shares.max(), 1e-9) * rows) if others.any() else np.zeros(columns)
        tile[levels[:, None] <= tops[None, :]] = BARS
        column = min(columns - 1, int((0 - low) / (high - low) * columns))
        bar = np.ceil(found[zero_bin] / found.sum() * rows)
        tile[:, column] = np.where(levels <= bar, SILENT, np.where(levels <= tops[column], BARS, AXIS))
    return tiles


def _range(edges: NDArray[np.float64], first: int, last: int, zero_bin: int) -> tuple[float, float]:
    """From the lowest to the highest filled bin, and to zero; the bin at zero has no width worth a column."""
    low = 0.0 if first >= zero_bin else float(edges[first])
    high = 0.0 if last <= zero_bin else float(edges[last + 1])
    return (low, high) if high > low else (0.0, 1.0)
