"""Sums of floating-point numbers that do not depend on the order of the terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

LIMB_BITS = 44
QUANTUM_EXPONENT = -80
LARGEST = 2.0**46
"""Larger terms count as this; the sum holds 2**25 of them."""

_TOP_SCALE = 2.0 ** (QUANTUM_EXPONENT + 2 * LIMB_BITS)
_MIDDLE_SCALE = 2.0 ** (QUANTUM_EXPONENT + LIMB_BITS)
_LOW_SCALE = 2.0**QUANTUM_EXPONENT
_MOST_ROWS = 256
"""Rows added at once: sums of as many limbs are still exact in float64."""
_MOST_PENDING = 2 ** (62 - LIMB_BITS)
"""Rows added before the carries must be moved up."""


class ExactSum:
    """Sums of float64 values, element by element, in fixed point.

    A sum is three integers, in units of 2**-80, 2**-36 and 2**8. The parts of a term are split off by powers of two,
    which loses nothing above 2**-81, and integers add up in any order.
    """

    def __init__(self, size: int, device: torch.device | str = "cpu") -> None:
        """Start `size` sums at zero."""
        self._limbs = torch.zeros(3, size, dtype=torch.int64, device=device)
        self._pending = 0

    def add(self, terms: torch.Tensor) -> None:
        """Add float64 `(terms, size)`, finite or infinite but not NaN, on the same device."""
        with torch.inference_mode():
            for rows in torch.split(terms, _MOST_ROWS):
                self._limbs += _split(rows)
                self._pending += len(rows)
                if self._pending > _MOST_PENDING - _MOST_ROWS:
                    self._carry()

    def merge(self, other: ExactSum) -> None:
        """Add another sum."""
        with torch.inference_mode():
            self._carry()
            other._carry()
            self._limbs += other._limbs.to(self._limbs.device)
            self._carry()

    def value(self) -> NDArray[np.float64]:
        """`(size,)`, correct to the last bits of float64."""
        limbs = self._canonical_limbs()
        negative = limbs[2] < 0
        # the lower limbs of a negative sum are positive, and would cancel
        low, middle, top = _canonical(np.where(negative, -limbs, limbs))
        value = low * _LOW_SCALE + middle * _MIDDLE_SCALE + top * _TOP_SCALE
        result: NDArray[np.float64] = np.where(negative, -value, value)
        return result

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """`limbs`: int64 `(3, size)`, lowest first, the lower two in 0..2**44: one form for each sum."""
        return {"limbs": self._canonical_limbs()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], device: torch.device | str = "cpu") -> Self:
        """What `arrays` stored."""
        result = cls(arrays["limbs"].shape[1], device)
        result._limbs.copy_(torch.from_numpy(np.array(arrays["limbs"])))
        return result

    def _canonical_limbs(self) -> NDArray[np.int64]:
        with torch.inference_mode():
            self._carry()
        limbs: NDArray[np.int64] = self._limbs.cpu().numpy().copy()
        return limbs

    def _carry(self) -> None:
        for lower in range(2):
            carries = self._limbs[lower] >> LIMB_BITS
            self._limbs[lower] -= carries << LIMB_BITS
            self._limbs[lower + 1] += carries
        self._pending = 0


def _split(terms: torch.Tensor) -> torch.Tensor:
    """The three limbs of the sums over the first dimension; every step is exact but the last rounding."""
    rest = terms.clamp(-LARGEST, LARGEST)
    sums = torch.empty(3, terms.shape[1], dtype=torch.float64, device=terms.device)
    whole = torch.empty_like(rest)
    for limb, scale in ((2, _TOP_SCALE), (1, _MIDDLE_SCALE)):
        torch.mul(rest, 1 / scale, out=whole).trunc_()
        rest.sub_(whole, alpha=scale)
        torch.sum(whole, 0, out=sums[limb])
    torch.sum(rest.mul_(1 / _LOW_SCALE).round_(), 0, out=sums[0])
    return sums.long()


def _canonical(limbs: NDArray[np.int64]) -> NDArray[np.int64]:
    for lower in range(2):
        carries = limbs[lower] >> LIMB_BITS
        limbs[lower] -= carries << LIMB_BITS
        limbs[lower + 1] += carries
    return limbs
