"""What the units of a layer make of the classes of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from deepvis.statistics.covariance import shifted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_FINER = 12
"""Bits below the unit place of the scaled values that are kept."""
_LARGEST = 2.0**38
"""Larger values count as this; a sum holds 2**25 of them."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassRanking:
    """The classes that excite every unit most.

    Attributes:
        classes: int64 `(units, places)`: class numbers, largest mean first; -1 where there are fewer.
        means: float64 `(units, places)`: mean per-sample maximum over the class; NaN where there are fewer.
        counts: int64 `(units, places)`: samples of the class that count for the unit.
        selectivity: float64 `(units,)`, as in `gallery.records.UnitStatistics`; NaN with fewer than two classes.
    """

    classes: NDArray[np.int64]
    means: NDArray[np.float64]
    counts: NDArray[np.int64]
    selectivity: NDArray[np.float64]


class ClassSums:
    """Sums of the per-sample maxima per class and unit, in fixed point; 12 bytes per pair of class and unit."""

    def __init__(self, exponents: NDArray[np.int32], classes: int, device: torch.device | str = "cpu") -> None:
        """Start empty, with the exponents of `covariance.calibrate`."""
        self.exponents = np.array(exponents, np.int32)
        units = len(self.exponents)
        self._sums = torch.zeros(classes, units, dtype=torch.int64, device=device)
        self._counts = torch.zeros(classes, units, dtype=torch.int32, device=device)

    def update(self, scaled: torch.Tensor, labels: torch.Tensor, valid: torch.Tensor | None = None) -> None:
        """Add a batch.

        Args:
            scaled: float64 `(batch, units)` on the device of this object: values times 2**exponents.
            labels: int64 `(batch,)`; -1 where the class is unknown.
            valid: bool `(batch, units)`; None: all.

        Raises:
            ValueError: a label is beyond the number of classes.
        """
        self.check(labels)
        labels = labels.to(self._sums.device)
        known = labels >= 0
        with torch.inference_mode():
            values = (scaled * 2.0**_FINER).round_().clamp_(-_LARGEST, _LARGEST)
            ones = known[:, None].expand_as(values) if valid is None else valid & known[:, None]
            rows = labels.clamp(min=0)
            self._sums.index_add_(0, rows, values.where(ones, 0.0).long())
            self._counts.index_add_(0, rows, ones.int())

    def check(self, labels: torch.Tensor) -> None:
        """Look whether all labels are classes.

        Raises:
            ValueError: a label is beyond the number of classes.
        """
        if len(labels) and int(labels.max()) >= len(self._sums):
            raise ValueError(f"Class {int(labels.max())} is beyond the {len(self._sums)} classes of this scan.")

    def merge(self, other: ClassSums) -> None:
        """Add what another one saw; different exponents are brought to the finer one.

        Raises:
            ValueError: the other has other classes or units, or exponents too far away.
        """
        if self._sums.shape != other._sums.shape:
            raise ValueError("Only class sums of the same classes and units can be merged.")
        finer = np.maximum(self.exponents, other.exponents)
        device = self._sums.device
        with torch.inference_mode():
            theirs = shifted(other._sums, finer - other.exponents).to(device)
            self._sums.copy_(shifted(self._sums, finer - self.exponents) + theirs)
            self._counts += other._counts.to(device)
        self.exponents = finer

    def means(self) -> NDArray[np.float64]:
        """Mean per-sample maximum, `(units, classes)`; NaN where a class has no sample."""
        sums, counts = self._sums.cpu().numpy().T, self._counts.cpu().numpy().T
        scale = np.ldexp(1.0, -self.exponents - _FINER)[:, None]
        means: NDArray[np.float64] = np.where(counts > 0, sums * scale / np.maximum(counts, 1), np.nan)
        return means

    def ranking(self, places: int) -> ClassRanking:
        """The `places` classes with the largest means; equal ones by number."""
        means, counts = self.means(), self._counts.cpu().numpy().T.astype(np.int64)
        # NaN sorts last
        order = np.argsort(-means, axis=1, kind="stable")
        first = order[:, :places]
        padding = ((0, 0), (0, places - first.shape[1]))
        best = np.pad(np.take_along_axis(means, first, 1), padding, constant_values=np.nan)
        numbers = np.pad(first, padding, constant_values=-1)
        seen = np.pad(np.take_along_axis(counts, first, 1), padding)
        return ClassRanking(np.where(np.isnan(best), -1, numbers), best, seen, _selectivity(means))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """`sums` int64 and `counts` int32 `(classes, units)`, `exponents` int32 `(units,)`."""
        return {
            "sums": self._sums.cpu().numpy().copy(),
            "counts": self._counts.cpu().numpy().copy(),
            "exponents": self.exponents.copy(),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], device: torch.device | str = "cpu") -> Self:
        """What `arrays` stored."""
        result = cls(arrays["exponents"].astype(np.int32), len(arrays["sums"]), device)
        result._sums.copy_(torch.from_numpy(np.array(arrays["sums"])))
        result._counts.copy_(torch.from_numpy(np.array(arrays["counts"])))
        return result


def _selectivity(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Class selectivity of `(units, classes)` means (Morcos et al. 2018, arXiv 1803.06959), 0..1."""
    known = ~np.isnan(means)
    classes = known.sum(1)
    filled = np.where(known, means, 0.0)
    best = np.where(known, means, -np.inf).max(1, initial=-np.inf)
    best = np.where(classes > 0, best, 0.0)
    others = (filled.sum(1) - best) / np.maximum(classes - 1, 1)
    size = np.abs(best) + np.abs(others)
    index = np.where(size > 0, (best - others) / np.where(size > 0, size, 1.0), 0.0)
    return np.where(classes > 1, np.clip(index, 0.0, 1.0), np.nan)
