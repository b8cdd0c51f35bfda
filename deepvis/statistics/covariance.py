"""How the units of a layer go together: covariance of their per-sample maxima."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

CALIBRATED_BITS = 14
MOST_BITS = 20
"""Larger values count as 2 to the power of this; products of 2**12 pairs are exact in float64."""
_FLOOR_BITS = MOST_BITS - CALIBRATED_BITS
_WAITING = 256
"""Samples whose products are added together: what costs is to run through the matrix."""
_ROWS = 512
_SAFE_BITS = 62


def calibrate(maxima: NDArray[np.floating]) -> NDArray[np.int32]:
    """Powers of two that bring each unit's maxima to integers of about 14 bits.

    A unit that is silent in these samples may speak later: none is taken for smaller than 1/64 of the layer's
    largest, so that every value as large as that one is still in range.

    Args:
        maxima: `(samples, units)`, per-sample maxima of a few samples, the same for all shards of a scan: the first of
            the listing. `maps.flatten(2).amax(2)` gives them.

    Returns:
        int32 `(units,)`: values are multiplied by 2 to the power of these.
    """
    sizes = np.where(np.isfinite(maxima), np.abs(maxima), 0.0).astype(np.float64).max(0, initial=0.0)
    largest = sizes.max(initial=0.0)
    floor = largest / 2.0**_FLOOR_BITS if largest > 0 else 1.0
    _, exponents = np.frexp(np.maximum(sizes, floor))
    result: NDArray[np.int32] = (CALIBRATED_BITS - exponents).astype(np.int32)
    return result


def shifted(numbers: torch.Tensor, by: NDArray[np.int32]) -> torch.Tensor:
    """Int64 `numbers` times 2 to the power of `by`, not negative, of the same or a shape that spreads to it.

    Raises:
        ValueError: the result does not fit into int64.
    """
    if not by.any():
        return numbers
    bits = torch.from_numpy(by.astype(np.int64)).to(numbers.device)
    if bool((numbers.abs().double() * 2.0 ** bits.double() >= 2.0**_SAFE_BITS).any()):
        raise ValueError("The scales of these statistics are too far apart to be merged exactly.")
    return numbers << bits


class Scale:
    """Brings values to fixed point by a power of two per unit."""

    def __init__(self, exponents: NDArray[np.int32], device: torch.device | str = "cpu") -> None:
        """Take int32 `(units,)` exponents."""
        self.exponents = np.array(exponents, np.int32)
        self._factors = torch.from_numpy(np.ldexp(1.0, self.exponents)).to(device)

    def scaled(self, values: torch.Tensor) -> torch.Tensor:
        """Float64 `(batch, units)`, not rounded yet."""
        return values.double() * self._factors


class MaximaCovariance:
    """Sums of the products of all pairs of units, in fixed point.

    A sample with NaN in any unit is left out.
    """

    def __init__(self, exponents: NDArray[np.int32], device: torch.device | str = "cpu") -> None:
        """Start empty, with the exponents of `calibrate`."""
        units = len(exponents)
        self.exponents = np.array(exponents, np.int32)
        self._products = torch.zeros(units, units, dtype=torch.int64, device=device)
        self._sums = torch.zeros(units, dtype=torch.int64, device=device)
        self._waiting = torch.zeros(_WAITING, units, dtype=torch.float64, device=device)
        self._used = 0
        self.count = 0
        """Samples without NaN."""

    def update(self, scaled: torch.Tensor, valid: torch.Tensor | None = None) -> None:
        """Add a batch.

        Args:
            scaled: float64 `(batch, units)` on the device of this object: values times 2**exponents.
            valid: bool `(batch, units)`; None: all.
        """
        with torch.inference_mode():
            rows = scaled if valid is None else scaled[valid.all(1)]
            for part in torch.split(rows, _WAITING):
                self._wait(part)

    def _wait(self, rows: torch.Tensor) -> None:
        if self._used + len(rows) > _WAITING:
            self._settle()
        here = self._waiting[self._used : self._used + len(rows)]
        torch.round(rows, out=here).clamp_(-(2.0**MOST_BITS), 2.0**MOST_BITS)
        self._used += len(rows)
        self.count += len(rows)

    def _settle(self) -> None:
        """Add what waits; sums of integers below 2**53 are exact in float64, in any order."""
        rows = self._waiting[: self._used]
        self._used = 0
        if not len(rows):
            return
        self._sums += rows.sum(0).long()
        for start in range(0, len(self._sums), _ROWS):
            block = slice(start, start + _ROWS)
            self._products[block] += (rows[:, block].T @ rows).long()

    def merge(self, other: MaximaCovariance) -> None:
        """Add what another one saw; different exponents are brought to the finer one.

        Raises:
            ValueError: the other has other units, or exponents too far away.
        """
        if len(self.exponents) != len(other.exponents):
            raise ValueError("Only covariances of the same units can be merged.")
        finer = np.maximum(self.exponents, other.exponents)
        with torch.inference_mode():
            products, sums = other._shifted(finer)
            own_products, own_sums = self._shifted(finer)
            device = self._sums.device
            self._products.copy_(own_products + products.to(device))
            self._sums.copy_(own_sums + sums.to(device))
        self.exponents = finer
        self.count += other.count

    def _shifted(self, exponents: NDArray[np.int32]) -> tuple[torch.Tensor, torch.Tensor]:
        self._settle()
        by = exponents - self.exponents
        return shifted(self._products, by[:, None] + by), shifted(self._sums, by)

    def covariance(self) -> NDArray[np.float64]:
        """`(units, units)`, population; NaN before the first sample."""
        scale = np.ldexp(1.0, -self.exponents)
        result: NDArray[np.float64] = self._central() * scale * scale[:, None]
        return result

    def correlation(self) -> NDArray[np.float32]:
        """Pearson's, `(units, units)`, -1..1; NaN in the rows and columns of units that never change."""
        central = self._central()
        spread = np.sqrt(np.where(self._constant(), np.nan, np.diag(central)))
        result: NDArray[np.float32] = np.clip(central / spread / spread[:, None], -1.0, 1.0).astype(np.float32)
        return result

    def _central(self) -> NDArray[np.float64]:
        with torch.inference_mode():
            self._settle()
        if not self.count:
            return np.full(self._products.shape, np.nan)
        mean = self._sums.cpu().numpy() / self.count
        result: NDArray[np.float64] = self._products.cpu().numpy() / self.count - np.outer(mean, mean)
        return result

    def _constant(self) -> NDArray[np.bool_]:
        """In integers without bounds: what float64 leaves of no variance at all could be more or less than zero."""
        squares, sums = self._products.diagonal().tolist(), self._sums.tolist()
        return np.array([self.count * square <= total**2 for square, total in zip(squares, sums, strict=True)], bool)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """`products` int64 `(units, units)`, `sums` int64 and `exponents` int32 `(units,)`, `count`."""
        with torch.inference_mode():
            self._settle()
        return {
            "products": self._products.cpu().numpy().copy(),
            "sums": self._sums.cpu().numpy().copy(),
            "exponents": self.exponents.copy(),
            "count": np.array(self.count, np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], device: torch.device | str = "cpu") -> Self:
        """What `arrays` stored."""
        result = cls(arrays["exponents"].astype(np.int32), device)
        result._products.copy_(torch.from_numpy(np.array(arrays["products"])))
        result._sums.copy_(torch.from_numpy(np.array(arrays["sums"])))
        result.count = int(arrays["count"])
        return result
