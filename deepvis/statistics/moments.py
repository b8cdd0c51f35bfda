"""Mean, spread and extremes of every unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from deepvis.statistics.exact_sum import ExactSum

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from deepvis.statistics.reduction import Reduced

_FIGURES = 4
"""Mean, mean of the squares, active fraction, maximum."""


@dataclass(frozen=True, slots=True, eq=False)
class MomentValues:
    """Figures of every unit, all `(units,)`; the words are those of `gallery.records.UnitStatistics`.

    Where a unit had no sample without NaN, float figures are NaN.

    Attributes:
        count: int64: samples seen, those with NaN included.
        mean: float64.
        std: float64, population; as exact as float32 squares: differences below 0.0003 of the mean are lost.
        active_fraction: float64, 0..1.
        minimum: float64.
        maximum: float64.
        mean_maximum: float64.
        nan_count: int64.
    """

    count: NDArray[np.int64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    active_fraction: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    mean_maximum: NDArray[np.float64]
    nan_count: NDArray[np.int64]


class Moments:
    """Sums over samples of the mean, the mean square, the active fraction and the maximum, and the extremes."""

    def __init__(self, units: int, device: torch.device | str = "cpu") -> None:
        """Start empty."""
        self._sums = ExactSum(_FIGURES * units, device)
        self._minimum = torch.full((units,), torch.inf, device=device)
        self._maximum = torch.full((units,), -torch.inf, device=device)
        self._nan = torch.zeros(units, dtype=torch.int64, device=device)
        self.count = 0

    def update(self, reduced: Reduced) -> None:
        """Add the samples of a batch, on the device of this object."""
        with torch.inference_mode():
            maxima, minima, valid = reduced.maxima, reduced.minima, reduced.valid
            self.count += len(maxima)
            if valid is not None:
                self._nan += (~valid).sum(0)
            self._sums.add(_terms(reduced).flatten(1))
            if valid is not None:
                maxima, minima = maxima.where(valid, -torch.inf), minima.where(valid, torch.inf)
            torch.maximum(self._maximum, maxima.amax(0), out=self._maximum)
            torch.minimum(self._minimum, minima.amin(0), out=self._minimum)

    def merge(self, other: Moments) -> None:
        """Add what another one saw."""
        with torch.inference_mode():
            device = self._nan.device
            self._sums.merge(other._sums)
            self.count += other.count
            self._nan += other._nan.to(device)
            torch.maximum(self._maximum, other._maximum.to(device), out=self._maximum)
            torch.minimum(self._minimum, other._minimum.to(device), out=self._minimum)

    def values(self) -> MomentValues:
        """The figures."""
        nan_count = self._nan.cpu().numpy().copy()
        seen = self.count - nan_count
        none = seen == 0
        sums = self._sums.value().reshape(_FIGURES, -1)
        mean, square, active, mean_maximum = np.where(none, np.nan, sums / np.maximum(seen, 1))
        minimum, maximum = (
            np.where(none, np.nan, extreme.cpu().numpy().astype(np.float64))
            for extreme in (self._minimum, self._maximum)
        )
        # what rounding leaves of a unit that never changes
        std = np.where(minimum == maximum, 0.0, np.sqrt(np.maximum(square - mean * mean, 0.0)))
        count = np.full_like(nan_count, self.count)
        return MomentValues(count, mean, std, active, minimum, maximum, mean_maximum, nan_count)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """`limbs` as in `ExactSum`, `minimum`, `maximum`, `nan`, `count`."""
        return {
            **self._sums.arrays(),
            "minimum": self._minimum.cpu().numpy().copy(),
            "maximum": self._maximum.cpu().numpy().copy(),
            "nan": self._nan.cpu().numpy().copy(),
            "count": np.array(self.count, np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], device: torch.device | str = "cpu") -> Self:
        """What `arrays` stored."""
        result = cls(len(arrays["nan"]), device)
        result._sums = ExactSum.from_arrays(arrays, device)
        result._minimum.copy_(torch.from_numpy(np.array(arrays["minimum"])))
        result._maximum.copy_(torch.from_numpy(np.array(arrays["maximum"])))
        result._nan.copy_(torch.from_numpy(np.array(arrays["nan"])))
        result.count = int(arrays["count"])
        return result


def _terms(reduced: Reduced) -> torch.Tensor:
    """Float64 `(batch, figures, units)`."""
    maxima = reduced.maxima if reduced.valid is None else reduced.maxima.where(reduced.valid, 0.0)
    return torch.cat([reduced.means, maxima[:, None].double()], 1)
