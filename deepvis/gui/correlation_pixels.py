"""A correlation matrix as colors, at every size it is looked at: averages of 2, 4, 8, ... units a side.

A matrix of 4,096 units has 16.8 million values, far more than a screen has pixels: what is drawn is cut from the level
that has about one value per pixel, so that moving and zooming cost the same for every layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN = 0
"""Color index of a pair without a correlation; 1 to 255 stand for -1 to 1."""

SMALLEST_LEVEL = 256
_ROWS_AT_ONCE = 256


class CorrelationPixels:
    """The levels of one matrix in one order of its units.

    Args:
        correlation: float32 `(units, units)`, -1..1, NaN where unknown; symmetric.
        order: int64 `(units,)`: the unit of row and column i.
    """

    def __init__(self, correlation: NDArray[np.float32], order: NDArray[np.int64]) -> None:
        self._levels = [_indices(correlation, order)]
        while len(self._levels[-1]) > SMALLEST_LEVEL:
            self._levels.append(_halved(self._levels[-1]))

    @property
    def units(self) -> int:
        """Rows and columns of the whole matrix."""
        return len(self._levels[0])

    def cut(
        self, rows: tuple[float, float], columns: tuple[float, float], pixels: int
    ) -> tuple[NDArray[np.uint8], tuple[int, int, int, int]]:
        """The part of the matrix that is looked at, with no more values than are seen.

        Args:
            rows: first and last row that are seen, in units; may reach beyond the matrix.
            columns: the same of columns.
            pixels: of the longer side on the screen.

        Returns:
            Color indices, uint8 `(height, width)`, and the rectangle they fill, in units: top, left, height, width.
        """
        seen = max(rows[1] - rows[0], columns[1] - columns[0], 1.0)
        level = min(max(0, int(np.log2(max(1.0, seen / max(1, pixels))))), len(self._levels) - 1)
        matrix, step = self._levels[level], 1 << level
        top, bottom = _limits(rows, step, len(matrix))
        left, right = _limits(columns, step, len(matrix))
        rect = (top * step, left * step, (bottom - top) * step, (right - left) * step)
        return np.ascontiguousarray(matrix[top:bottom, left:right]), rect


def _limits(seen: tuple[float, float], step: int, size: int) -> tuple[int, int]:
    first = min(max(0, int(seen[0] // step)), size - 1)
    return first, min(max(first + 1, int(-(-seen[1] // step))), size)


def _indices(correlation: NDArray[np.float32], order: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Color indices in order; few rows at a time, so that no copy of the whole matrix is made in floats."""
    made = np.empty((len(order), len(order)), np.uint8)
    in_order = bool((order == np.arange(len(order))).all())
    for start in range(0, len(order), _ROWS_AT_ONCE):
        rows = correlation[order[start : start + _ROWS_AT_ONCE]]
        known = ~np.isnan(rows)
        scaled = np.clip(np.where(known, rows, 0) * 127 + 128.5, 1, 255).astype(np.uint8)
        scaled *= known
        made[start : start + _ROWS_AT_ONCE] = scaled if in_order else scaled[:, order]
    return made


def _halved(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Means of 2 x 2 known values; an odd last row or column stands alone; unknown only where all four are."""
    size = len(indices) + len(indices) % 2
    even = indices
    if size != len(indices):
        even = np.zeros((size, size), np.uint8)
        even[: len(indices), : len(indices)] = indices
    total = np.zeros((size // 2, size // 2), np.uint16)
    count = np.zeros((size // 2, size // 2), np.uint8)
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        corner = even[row::2, column::2]
        total += corner
        count += corner != UNKNOWN
    np.maximum(count, 1, out=count)
    return ((total + count // 2) // count).astype(np.uint8)
