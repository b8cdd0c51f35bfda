"""The samples that excite every unit most, or least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from deepvis.statistics.ranking import Ranked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    FindPositions = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

EMPTY = -1
"""Sample id of a place that is not taken."""


class TopK:
    """The best samples of every unit, each at most once; equal values go to the smaller sample id.

    NaN never enters, and neither does the infinity on the worse side.
    """

    def __init__(self, units: int, places: int, *, largest: bool = True, device: torch.device | str = "cpu") -> None:
        """Start empty, with `places` places per unit; the smallest values are the best ones unless `largest`."""
        self._sign = 1.0 if largest else -1.0
        # larger is better: values are negated where the smallest are wanted
        self._values = torch.full((units, places), -torch.inf, dtype=torch.float32, device=device)
        self._samples = torch.full((units, places), EMPTY, dtype=torch.int64, device=device)
        self._positions = torch.zeros((units, places), dtype=torch.int32, device=device)
        self._newest = EMPTY

    @property
    def places(self) -> int:
        """Samples kept per unit."""
        return self._values.shape[1]

    def update(self, values: torch.Tensor, samples: torch.Tensor, find_positions: FindPositions) -> None:
        """Offer a batch.

        Args:
            values: float32 `(batch, units)` on the device of this object.
            samples: int64 `(batch,)`, ids, not negative.
            find_positions: called with `(n,)` batch indices and `(n,)` units of the pairs that enter, and with no
                others; returns their `(n,)` positions.
        """
        with torch.inference_mode():
            samples = samples.to(self._values.device)
            offered = values if self._sign > 0 else -values
            enters = self._enters(offered, samples)
            units = enters.any(0).nonzero()[:, 0]
            if len(units):
                self._insert(units, offered[:, units].T, samples, enters[:, units].T, find_positions)
            self._newest = max(self._newest, int(samples.max())) if len(samples) else self._newest

    def merge(self, other: TopK) -> None:
        """Take in the samples of another one.

        Raises:
            ValueError: the other keeps something else.
        """
        if (self._values.shape, self._sign) != (other._values.shape, other._sign):
            raise ValueError("Only rankings of the same units, places and direction can be merged.")
        with torch.inference_mode():
            device = self._values.device
            values = torch.cat([self._values, other._values.to(device)], 1)
            samples = torch.cat([self._samples, other._samples.to(device)], 1)
            positions = torch.cat([self._positions, other._positions.to(device)], 1)
            order = _order(values, samples, distinct=False)[:, : self.places]
            kept = _without_twins(values, samples).gather(1, order)
            taken = kept > -torch.inf
            self._values.copy_(kept)
            self._samples.copy_(samples.gather(1, order).where(taken, EMPTY))
            self._positions.copy_(positions.gather(1, order).where(taken, 0))
            self._newest = max(self._newest, other._newest)

    def ranked(self) -> Ranked:
        """Best first; empty places have -inf (inf for the smallest) and sample -1."""
        values = (self._values * self._sign).cpu().numpy()
        return Ranked(values, self._samples.cpu().numpy().copy(), self._positions.cpu().numpy().copy())

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """`values`, `samples`, `positions` as in `ranked`, and `largest`, bool `()`."""
        ranked = self.ranked()
        return {
            "values": ranked.values,
            "samples": ranked.samples,
            "positions": ranked.positions,
            "largest": np.array(self._sign > 0),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], device: torch.device | str = "cpu") -> Self:
        """What `arrays` stored."""
        units, places = arrays["values"].shape
        result = cls(units, places, largest=bool(arrays["largest"]), device=device)
        result._values.copy_(torch.from_numpy(np.array(arrays["values"])) * result._sign)
        result._samples.copy_(torch.from_numpy(np.array(arrays["samples"])))
        result._positions.copy_(torch.from_numpy(np.array(arrays["positions"])))
        # a sample that was refused may come again: it would be refused again
        result._newest = int(arrays["samples"].max(initial=EMPTY))
        return result

    def _enters(self, offered: torch.Tensor, samples: torch.Tensor) -> torch.Tensor:
        """Bool `(batch, units)`: better than what holds the last place."""
        last, last_sample = self._values[:, -1], self._samples[:, -1]
        ties = (offered == last) & (samples[:, None] < last_sample)
        return ties.logical_or_(offered > last)

    def _insert(
        self,
        units: torch.Tensor,
        offered: torch.Tensor,
        samples: torch.Tensor,
        enters: torch.Tensor,
        find_positions: FindPositions,
    ) -> None:
        values = torch.cat([self._values[units], offered.where(enters, -torch.inf)], 1)
        ids = torch.cat([self._samples[units], samples.expand_as(enters).where(enters, EMPTY)], 1)
        distinct = self._are_new_and_ascending(samples)
        order = _order(values, ids, distinct=distinct)[:, : self.places]
        kept = (values if distinct else _without_twins(values, ids)).gather(1, order)
        taken = kept > -torch.inf
        positions = self._positions[units].gather(1, order.clamp(max=self.places - 1)).where(taken, 0)
        rows, columns = ((order >= self.places) & taken).nonzero(as_tuple=True)
        if len(rows):
            found = find_positions(order[rows, columns] - self.places, units[rows])
            positions[rows, columns] = found.to(positions)
        self._values.index_copy_(0, units, kept)
        self._samples.index_copy_(0, units, ids.gather(1, order).where(taken, EMPTY))
        self._positions.index_copy_(0, units, positions)

    def _are_new_and_ascending(self, samples: torch.Tensor) -> bool:
        """A scan's usual case, which needs neither a search for twins nor a sort by sample."""
        ascending = len(samples) == 1 or bool((samples.diff() > 0).all())
        return ascending and int(samples[0]) > self._newest


def _order(values: torch.Tensor, samples: torch.Tensor, *, distinct: bool) -> torch.Tensor:
    """Indices by value, largest first, then by sample id.

    Args:
        values: `(units, entries)`.
        samples: int64 `(units, entries)`.
        distinct: no sample comes twice, and equal values are in order of their samples already.
    """
    if distinct:
        return values.argsort(dim=1, descending=True, stable=True)
    by_sample = samples.argsort(dim=1, stable=True)
    alone = _without_twins(values, samples).gather(1, by_sample)
    return by_sample.gather(1, alone.argsort(dim=1, descending=True, stable=True))


def _without_twins(values: torch.Tensor, samples: torch.Tensor) -> torch.Tensor:
    """`values` with -inf in all but the best (the first of equals) of the entries of one sample."""
    best_first = values.argsort(dim=1, descending=True, stable=True)
    grouped = best_first.gather(1, samples.gather(1, best_first).argsort(dim=1, stable=True))
    sorted_samples = samples.gather(1, grouped)
    twin = torch.zeros_like(values, dtype=torch.bool)
    twin[:, 1:] = sorted_samples[:, 1:] == sorted_samples[:, :-1]
    return values.masked_fill(torch.zeros_like(twin).scatter_(1, grouped, twin), -torch.inf)
