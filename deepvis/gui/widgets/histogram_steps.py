"""From the bins of a unit's histogram to steps that can be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.histogram import SMALLEST, ZERO_BIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.gallery.histogram import UnitHistogram

STEPS = 80
"""About so many steps across the range: narrower ones only show chance."""

_ZERO_STANDS_OUT = 0.005
_ZERO_TIMES = 5


@dataclass(frozen=True, slots=True, eq=False)
class HistogramSteps:
    """A step curve.

    Attributes:
        edges: float64 `(n + 1,)`, ascending.
        heights: float64 `(n,)`: share of the samples per unit of value.
        zero_share: share of the samples at zero that is left out of the curve, 0..1; 0 where zero is nothing special.
    """

    edges: NDArray[np.float64]
    heights: NDArray[np.float64]
    zero_share: float

    @property
    def low(self) -> float:
        """Left end of the picture: zero belongs to it where it stands out."""
        return min(0.0, float(self.edges[0])) if self.zero_share else float(self.edges[0])

    @property
    def high(self) -> float:
        """Right end of the picture."""
        return max(0.0, float(self.edges[-1])) if self.zero_share else float(self.edges[-1])


def steps_of(histogram: UnitHistogram) -> HistogramSteps | None:
    """Steps of at least a `STEPS`th of the range, exact in area; None where nothing was counted.

    The bins are logarithmic, so the ones near zero are too narrow to draw; neighbors are joined. What lies at zero
    (an image on which the unit is silent) has no width to be a density over: it is told apart where there is more of
    it than around it.
    """
    edges, heights = histogram.density()
    if not len(heights):
        return None
    masses = heights * np.diff(edges)
    middle = (edges[:-1] < 0) & (edges[1:] > 0) & (edges[1:] <= SMALLEST)
    zero = float(masses[middle].sum())
    if not _stands_out(zero, edges, masses):
        zero = 0.0
    else:
        masses = np.where(middle, 0.0, masses)
        filled = np.flatnonzero(masses)
        if not len(filled):
            return HistogramSteps(np.array([0.0, 1.0]), np.zeros(1), zero)
        edges, masses = edges[filled[0] : filled[-1] + 2], masses[filled[0] : filled[-1] + 1]
    starts = _joined(edges)
    borders = np.append(edges[starts], edges[-1])
    return HistogramSteps(borders, np.add.reduceat(masses, starts) / np.diff(borders), zero)


def share_below(histogram: UnitHistogram, value: float) -> float:
    """Share of samples below a value, 0..1; NaN where empty. Zero is not above the many that are zero too."""
    return histogram.percentile(-SMALLEST if abs(value) < SMALLEST else value)


def share_at_zero(histogram: UnitHistogram) -> float:
    """Share of samples that are zero, or nearer to it than the bins tell apart; NaN where empty."""
    total = histogram.total
    return float(histogram.counts[ZERO_BIN]) / total if total else float("nan")


def _stands_out(zero: float, edges: NDArray[np.float64], masses: NDArray[np.float64]) -> bool:
    """Whether more samples are at zero than a step of the curve would hold on average."""
    if zero < _ZERO_STANDS_OUT:
        return False
    alone = np.count_nonzero(masses) == 1
    return alone or bool(zero > _ZERO_TIMES * (masses.sum() - zero) * 2 * SMALLEST / float(edges[-1] - edges[0]))


def _joined(edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices of the bins at which a step begins."""
    width = float(edges[-1] - edges[0]) / STEPS
    centers = (edges[:-1] + edges[1:]) / 2
    place = np.floor((centers - edges[0]) / width).astype(np.int64)
    return np.concatenate([[0], np.flatnonzero(np.diff(place)) + 1])
