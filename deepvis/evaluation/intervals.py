"""Figures with confidence intervals: how far a figure of a few random units may be from that of all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

CONFIDENCE = 0.95
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and where it lies with a confidence of 95 %.

    Attributes:
        value: of the units measured; NaN where nothing was.
        low: lower end.
        high: upper end.
        count: units.
    """

    value: float
    low: float
    high: float
    count: int

    @property
    def known(self) -> bool:
        """Something was measured."""
        return self.count > 0

    def text(self, digits: int = 2) -> str:
        """`0.83 [0.63, 0.93]`; empty where nothing was measured, without the interval where it is one point."""
        if not self.known:
            return ""
        if self.low == self.high:
            return f"{self.value:.{digits}f}"
        return f"{self.value:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"


NOTHING = Interval(math.nan, math.nan, math.nan, 0)
"""Nobody measured it."""


def bootstrap(
    values: Sequence[float],
    statistic: Callable[..., NDArray[np.float64]] = np.mean,
    *,
    seed: int = 0,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Percentile bootstrap (Efron 1979): the statistic of units drawn again and again with replacement.

    Args:
        values: one per unit; those that are not finite are left out.
        statistic: of an array along `axis`: `np.mean`, `np.median`.
        seed: equal seeds give equal intervals.
        draws: samples drawn.
        confidence: of the interval, in 0..1.
    """
    kept = np.asarray(values, np.float64)
    kept = kept[np.isfinite(kept)]
    if not len(kept):
        return NOTHING
    places = np.random.default_rng(seed).integers(0, len(kept), (draws, len(kept)))
    drawn = statistic(kept[places], axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(float(statistic(kept, axis=0)), float(low), float(high), len(kept))


def wilson(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """A share with its score interval (Wilson 1927), which also holds for few units and for shares of 0 and 1.

    Args:
        values: 0 or 1 per unit, or a share of the unit's own pictures; those that are not finite are left out.
        confidence: of the interval, in 0..1.
    """
    kept = np.asarray(values, np.float64)
    kept = kept[np.isfinite(kept)]
    count = len(kept)
    if not count:
        return NOTHING
    share = float(kept.mean())
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = share + z * z / (2 * count)
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    # at a share of 0 or 1 an end is the share itself, up to the last bit
    return Interval(
        share, max(0.0, min(share, (middle - reach) / scale)), min(1.0, max(share, (middle + reach) / scale)), count
    )
