"""A uniform random sample of all samples, for what a unit does mostly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from deepvis.gallery.records import PER_BAND, QUANTILE_BANDS
from deepvis.statistics.ranking import Ranked
from deepvis.statistics.top import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def hashes(samples: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """A number for each sample that looks random and is the same everywhere: splitmix64 (Steele et al. 2014).

    Args:
        samples: ids, any shape.
        seed: another one gives other numbers.
    """
    start = np.array([seed], np.int64).view(np.uint64)
    with np.errstate(over="ignore"):
        return _mix(np.asarray(samples, np.int64).view(np.uint64) ^ _mix(start))


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


class UniformSample:
    """The samples with the smallest hashes, with the maxima of all units and where they are.

    Every sample has the same chance, whatever the order or the split; and every unit keeps the same samples, so that
    the values are also a random sample of the joint distribution.
    """

    def __init__(self, units: int, size: int = 256, *, seed: int = 0, device: torch.device | str = "cpu") -> None:
        """Start empty, with room for `size` samples."""
        self._seed = seed
        self._samples = np.full(size, EMPTY, np.int64)
        self._hashes = np.full(size, np.iinfo(np.uint64).max, np.uint64)
        self._values = torch.full((size, units), torch.nan, device=device)
        self._positions = torch.zeros((size, units), dtype=torch.int32, device=device)

    def update(self, maxima: torch.Tensor, positions: torch.Tensor, samples: NDArray[np.int64]) -> None:
        """Offer a batch.

        Args:
            maxima: float32 `(batch, units)`, NaN where a unit has none.
            positions: integers `(batch, units)`: where they are.
            samples: int64 `(batch,)`, ids, not negative.
        """
        new = hashes(samples, self._seed)
        if len(self._hashes) and (new <= self._hashes.max()).any():
            with torch.inference_mode():
                self._take(samples, new, maxima, positions)

    def merge(self, other: UniformSample) -> None:
        """Take in the samples of another one.

        Raises:
            ValueError: the other has another size or seed.
        """
        if (self._values.shape, self._seed) != (other._values.shape, other._seed):
            raise ValueError("Only random samples of the same units, size and seed can be merged.")
        taken = np.flatnonzero(other._samples != EMPTY)
        rows = torch.from_numpy(taken).to(other._values.device)
        with torch.inference_mode():
            values, positions = other._values[rows], other._positions[rows]
            self._take(other._samples[taken], other._hashes[taken], values, positions)

    def samples(self) -> NDArray[np.int64]:
        """Ids of the samples that are in it now, in any order."""
        taken: NDArray[np.int64] = self._samples[self._samples != EMPTY]
        return taken

    def bands(self) -> Ranked:
        """Samples drawn for every unit from the bands of its distribution, `(units, bands x PER_BAND)`.

        The sampled values are ranked; of each band of `QUANTILE_BANDS` those with the smallest hashes are taken.
        """
        order = self._order()
        values = self._values.cpu().numpy()[order]
        positions = self._positions.cpu().numpy()[order]
        bands = _bands(values)
        places = [_first(bands == band) for band in range(len(QUANTILE_BANDS))]
        columns = np.concatenate(places).T
        empty = columns < 0
        units = np.arange(values.shape[1])[:, None]
        if not len(order):
            order, values, positions = np.zeros(1, np.int64), np.zeros((1, len(units))), np.zeros((1, len(units)))
        return Ranked(
            np.where(empty, np.nan, values[columns, units]).astype(np.float32),
            np.where(empty, EMPTY, self._samples[order][columns]),
            np.where(empty, 0, positions[columns, units]).astype(np.int32),
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """`samples` int64 `(n,)`, `values` float32 and `positions` int32 `(n, units)`, by hash; `size`, `seed`."""
        order = self._order()
        return {
            "samples": self._samples[order],
            "values": self._values.cpu().numpy()[order],
            "positions": self._positions.cpu().numpy()[order],
            "size": np.array(len(self._samples), np.int64),
            "seed": np.array(self._seed, np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], device: torch.device | str = "cpu") -> Self:
        """What `arrays` stored."""
        values, positions = np.array(arrays["values"]), np.array(arrays["positions"])
        result = cls(values.shape[1], int(arrays["size"]), seed=int(arrays["seed"]), device=device)
        samples = arrays["samples"].astype(np.int64)
        with torch.inference_mode():
            result._take(
                samples,
                hashes(samples, result._seed),
                torch.from_numpy(values).to(device),
                torch.from_numpy(positions).to(device),
            )
        return result

    def _order(self) -> NDArray[np.int64]:
        """Taken places, smallest hash first."""
        order = np.lexsort((self._samples, self._hashes))
        taken: NDArray[np.int64] = order[self._samples[order] != EMPTY]
        return taken

    def _take(
        self, samples: NDArray[np.int64], new: NDArray[np.uint64], values: torch.Tensor, positions: torch.Tensor
    ) -> None:
        size = len(self._samples)
        _, first = np.unique(samples, return_index=True)
        fresh = first[~np.isin(samples[first], self._samples)]
        keys = np.concatenate([self._hashes, new[fresh]])
        free = np.concatenate([self._samples, samples[fresh]]) == EMPTY
        keep = np.zeros(len(keys), bool)
        # different ids have different hashes: each step of splitmix64 can be undone
        keep[np.lexsort((keys, free))[:size]] = True
        entering = fresh[keep[size:]]
        leaving = np.flatnonzero(~keep[:size])[: len(entering)]
        if not len(entering):
            return
        device = self._values.device
        rows, source = torch.from_numpy(leaving).to(device), torch.from_numpy(entering).to(values.device)
        self._samples[leaving] = samples[entering]
        self._hashes[leaving] = new[entering]
        self._values.index_copy_(0, rows, values[source].to(device))
        self._positions.index_copy_(0, rows, positions[source].to(device, torch.int32))


def _bands(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """The band of each of `(samples, units)` values among those of its unit; -1 for NaN."""
    count, units = values.shape
    ranks = np.empty((count, units), np.int64)
    # equal values keep the order of their hashes, so that chance decides among them
    np.put_along_axis(ranks, values.argsort(0, kind="stable"), np.arange(count)[:, None], 0)
    numbers = ~np.isnan(values)
    share = (ranks + 0.5) / np.maximum(numbers.sum(0), 1)
    bands = np.searchsorted([low for low, _ in QUANTILE_BANDS], share, side="right") - 1
    return np.where(numbers, bands, -1)


def _first(wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The first `PER_BAND` rows of `(rows, units)` that are true, `(PER_BAND, units)`; -1 where there are fewer."""
    found = np.full((PER_BAND, wanted.shape[1]), -1, np.int64)
    nth = wanted.cumsum(0)
    for place in range(PER_BAND):
        rows, units = np.nonzero(wanted & (nth == place + 1))
        found[place, units] = rows
    return found
