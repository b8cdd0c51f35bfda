"""Everything that a scan has accumulated: what is saved, taken up again, and merged."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis.precompute.request import ScanError
from deepvis.statistics.layer import LayerStatistics
from deepvis.statistics.pictures import PictureStatistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import torch
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.generic]]

_LAYER = "layer"
_PICTURES = "pictures"


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """How much of a shard is in: the first `done` of its `total` files."""

    shard: int
    shards: int
    done: int
    total: int

    @property
    def complete(self) -> bool:
        """Nothing of the shard is missing."""
        return self.done == self.total


@dataclass(slots=True, eq=False)
class ScanState:
    """What one or several shards of a scan have found out so far.

    Attributes:
        per_file: samples per file.
        layers: statistics by layer name, in order of execution.
        pictures: statistics of the network's inputs.
        parts: the shards that are in, ascending.
        sizes: `(height, width)` of image files, by number; those that no exemplar can come to refer to are forgotten
            when the state is saved.
        problems: why files could not be used, by number.
        samples: samples seen.
        deviation: largest relative difference between recorded values and those computed again; None before that.
    """

    per_file: int
    layers: dict[str, LayerStatistics]
    pictures: PictureStatistics
    parts: tuple[Part, ...]
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    samples: int = 0
    deviation: float | None = None

    @property
    def complete(self) -> bool:
        """Every file of every shard that was begun is in."""
        return all(part.complete for part in self.parts)

    @property
    def shards(self) -> int:
        """Number of parts of the whole scan."""
        return self.parts[0].shards

    @property
    def missing(self) -> tuple[int, ...]:
        """Shards that are not in."""
        there = {part.shard for part in self.parts}
        return tuple(shard for shard in range(self.shards) if shard not in there)

    def referenced_samples(self) -> NDArray[np.int64]:
        """Ids of all samples that are somebody's exemplar, ascending, each once."""
        found = [statistics.referenced_samples() for statistics in self.layers.values()]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)

    def forget_unused_sizes(self) -> None:
        """Keep the sizes of images that exemplars refer to or may come to: memory must not grow with the images."""
        found = [one.kept_samples() // self.per_file for one in self.layers.values()]
        kept = set(np.unique(np.concatenate(found)).tolist()) if found else set()
        self.sizes = {number: size for number, size in self.sizes.items() if number in kept}

    def merge(self, other: ScanState) -> None:
        """Add what another shard found; exact, in any order.

        Raises:
            ScanError: the two have a shard in common.
        """
        common = {part.shard for part in self.parts} & {part.shard for part in other.parts}
        if common:
            raise ScanError(f"Shard {min(common)} is in both files.")
        for name, statistics in self.layers.items():
            statistics.merge(other.layers[name])
        self.pictures.merge(other.pictures)
        self.parts = tuple(sorted((*self.parts, *other.parts)))
        self.sizes |= other.sizes
        self.problems |= other.problems
        self.samples += other.samples

    def arrays(self) -> Arrays:
        """The large part, for storing."""
        self.forget_unused_sizes()
        numbers = sorted(self.sizes)
        found: Arrays = {
            "numbers": np.array(numbers, np.int64),
            "sizes": np.array([self.sizes[number] for number in numbers], np.int32).reshape(-1, 2),
        }
        found |= _prefixed(_PICTURES, self.pictures.arrays())
        for place, statistics in enumerate(self.layers.values()):
            found |= _prefixed(f"{_LAYER}{place}", statistics.arrays())
        return found

    def progress(self, phase: str) -> dict[str, object]:
        """The small part, for storing: JSON values."""
        return {
            "phase": phase,
            "per_file": self.per_file,
            "layers": list(self.layers),
            "parts": [[part.shard, part.shards, part.done, part.total] for part in self.parts],
            "problems": {str(number): reason for number, reason in sorted(self.problems.items())},
            "samples": self.samples,
            "deviation": self.deviation,
        }

    @classmethod
    def stored(
        cls, arrays: Mapping[str, NDArray[np.generic]], progress: Mapping[str, Any], device: torch.device | str
    ) -> ScanState:
        """What `arrays` and `progress` gave, with its sums on a device."""
        sizes = zip(arrays["numbers"].tolist(), arrays["sizes"].tolist(), strict=True)
        return cls(
            int(progress["per_file"]),
            {
                name: LayerStatistics.from_arrays(_unprefixed(f"{_LAYER}{place}", arrays), device)
                for place, name in enumerate(progress["layers"])
            },
            PictureStatistics.from_arrays(_unprefixed(_PICTURES, arrays), device),
            tuple(Part(*part) for part in progress["parts"]),
            {number: (height, width) for number, (height, width) in sizes},
            {int(number): reason for number, reason in progress["problems"].items()},
            int(progress["samples"]),
            progress["deviation"],
        )


def take_in(states: Iterable[tuple[str, ScanState]]) -> tuple[ScanState | None, list[str]]:
    """Merge states of one scan, whatever they cover, in any order.

    Args:
        states: what a person calls each, and the state; they are used up.

    Returns:
        The merged state, None where there were none; and the names of those that brought nothing new.

    Raises:
        ScanError: two overlap, and neither covers the other; or they were split differently.
    """
    # what covers most goes first, so that a part of it that comes later is recognized as such
    ordered = sorted(states, key=lambda named: -len(named[1].parts))
    merged: ScanState | None = None
    origin: dict[int, str] = {}
    useless = []
    for name, state in ordered:
        shards = {part.shard for part in state.parts}
        if merged is None:
            merged = state
        elif state.shards != merged.shards:
            raise ScanError(
                f"{name} is a part of a scan in {state.shards} shards, {next(iter(origin.values()))} of one in"
                f" {merged.shards}: merge parts of one splitting."
            )
        elif shards <= set(origin):
            useless.append(name)
            continue
        elif shards & set(origin):
            both = min(shards & set(origin))
            raise ScanError(
                f"{name} and {origin[both]} both hold shard {both}, and each holds others beside it, so they cannot be"
                " taken apart: merge from the files of the single shards."
            )
        else:
            merged.merge(state)
        origin |= dict.fromkeys(shards, name)
    return merged, useless


def _prefixed(prefix: str, arrays: Arrays) -> Arrays:
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


def _unprefixed(prefix: str, arrays: Mapping[str, NDArray[np.generic]]) -> Arrays:
    start = f"{prefix}/"
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def batched(items: Iterable[Any], size: int) -> Iterable[tuple[Any, ...]]:
    """The items in tuples of `size`, the last one shorter."""
    rest = iter(items)
    while group := tuple(itertools.islice(rest, size)):
        yield group
