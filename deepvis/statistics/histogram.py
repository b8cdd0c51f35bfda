"""Histograms of the per-sample maxima, in the bins of `deepvis.gallery.histogram`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from deepvis.gallery.histogram import BINS, PER_SIGN, SMALLEST, SUB_BINS, ZERO_BIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_SHIFT = 23 - (SUB_BINS.bit_length() - 1)
"""What is left of a float32's bits after it is shifted by this: exponent, and the bin within the factor of two."""
_FIRST = int(np.array(SMALLEST, np.float32).view(np.int32)) >> _SHIFT


class MaximumHistogram:
    """Counts per unit and bin."""

    def __init__(self, units: int, device: torch.device | str = "cpu") -> None:
        """Start at zero."""
        self._counts = torch.zeros(units, BINS, dtype=torch.int32, device=device)
        self._starts = torch.arange(units, device=device) * BINS

    def update(self, maxima: torch.Tensor, valid: torch.Tensor | None = None) -> None:
        """Count float32 `(batch, units)`, on the same device; only where `valid`, bool `(batch, units)`, if given."""
        with torch.inference_mode():
            places = (self._starts + bins(maxima)).view(-1)
            ones = torch.ones_like(places, dtype=torch.int32) if valid is None else valid.reshape(-1).int()
            self._counts.view(-1).scatter_add_(0, places, ones)

    def merge(self, other: MaximumHistogram) -> None:
        """Add another one's counts."""
        with torch.inference_mode():
            self._counts += other._counts.to(self._counts.device)

    def counts(self) -> NDArray[np.int64]:
        """`(units, BINS)`."""
        return self._counts.cpu().numpy().astype(np.int64)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """`counts`: int32 `(units, BINS)`."""
        return {"counts": self._counts.cpu().numpy().copy()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], device: torch.device | str = "cpu") -> Self:
        """What `arrays` stored."""
        result = cls(len(arrays["counts"]), device)
        result._counts.copy_(torch.from_numpy(np.array(arrays["counts"])))
        return result


def bins(values: torch.Tensor) -> torch.Tensor:
    """The bin of each value, int32, of the same shape as float32 `values`: its leading bits. NaN falls anywhere."""
    bits = values.contiguous().view(torch.int32)
    size = ((bits & 0x7FFFFFFF) >> _SHIFT).sub_(_FIRST - 1).clamp_(0, PER_SIGN)
    return torch.where(bits < 0, ZERO_BIN - size, ZERO_BIN + size)
