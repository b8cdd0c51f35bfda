"""The histogram of a unit's per-sample maxima: bins that fit any range, so that histograms of shards simply add up.

Bins are logarithmic, `SUB_BINS` to a factor of two (about 4 percent wide), symmetric around a bin for values nearer to
zero than `SMALLEST`. A bin follows from the value alone, so no range has to be known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUB_BINS = 16
LOWEST_EXPONENT = -12
HIGHEST_EXPONENT = 12
SMALLEST = 2.0**LOWEST_EXPONENT
LARGEST = 2.0**HIGHEST_EXPONENT
PER_SIGN = SUB_BINS * (HIGHEST_EXPONENT - LOWEST_EXPONENT)
ZERO_BIN = PER_SIGN
BINS = 2 * PER_SIGN + 1
"""Number of bins; values beyond `LARGEST` fall into the outermost ones."""


@cache
def edges() -> NDArray[np.float64]:
    """`(BINS + 1,)`, ascending.

    Bin i holds `edges[i] <= value < edges[i + 1]` for positive values, the mirror image for negative ones; the middle
    bin holds `-SMALLEST < value < SMALLEST`. Within a factor of two the edges are evenly spaced, so that a bin is read
    off a float's leading bits.
    """
    octaves = 2.0 ** np.arange(LOWEST_EXPONENT, HIGHEST_EXPONENT)
    positive = (octaves[:, None] * (1 + np.arange(SUB_BINS) / SUB_BINS)).ravel()
    positive = np.append(positive, LARGEST)
    return np.concatenate([-positive[::-1], positive])


@dataclass(frozen=True, slots=True, eq=False)
class UnitHistogram:
    """How many samples had their spatial maximum in each bin.

    Attributes:
        counts: int64 `(BINS,)`.
    """

    counts: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Samples counted."""
        return int(self.counts.sum())

    def percentile(self, value: float) -> float:
        """Share of samples whose maximum is below `value`, 0..1, interpolated within the bin; NaN where empty."""
        total = self.total
        if not total or np.isnan(value):
            return float("nan")
        cumulative = np.concatenate([[0], np.cumsum(self.counts)])
        return float(np.interp(value, edges(), cumulative / total))

    def density(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Edges and heights for drawing, cut to the bins that hold anything.

        Returns:
            `(n + 1,)` ascending edges and `(n,)` heights: share of the samples per unit of value, so that the area is
            1; both empty where nothing was counted.
        """
        filled = np.flatnonzero(self.counts)
        if not len(filled):
            return np.empty(0), np.empty(0)
        first, last = int(filled[0]), int(filled[-1]) + 1
        cut = edges()[first : last + 1]
        return cut, self.counts[first:last] / self.total / np.diff(cut)
