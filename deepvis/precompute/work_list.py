"""Which pictures are made, in which order, and which of them together.

What is computed together decides the last bits of a picture. So the blocks of a layer follow from what was asked alone:
a run that goes on after a kill, and shards, make the very batches of a run that was left in peace.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from deepvis.precompute.layer_choice import layers_wanted
from deepvis.precompute.picture_request import PicturesError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.precompute.picture_request import PicturesRequest
    from deepvis.records import LayerInfo, ModelInfo

_WORTH_HALVING = 10
"""Units from which on a layer is divided: two threads share one batch badly, and halves are still large enough."""
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Block:
    """Pictures that are made as one batch and stored in one transaction: one per entry of `units`.

    Attributes:
        layer: of the units.
        units: one per picture.
        seeds: likewise.
        together: so many pictures, one after the other, are never divided: they depend on each other.
    """

    layer: LayerInfo
    units: tuple[int, ...]
    seeds: tuple[int, ...]
    together: int = 1

    def __len__(self) -> int:
        return len(self.units)

    @property
    def entries(self) -> frozenset[tuple[int, int]]:
        """`(unit, seed)` of every picture."""
        return frozenset(zip(self.units, self.seeds, strict=True))

    def parts(self, size: int) -> list[Block]:
        """Smaller blocks, for a device that cannot hold this one."""
        size = max(1, size // self.together) * self.together
        return [
            Block(self.layer, self.units[first : first + size], self.seeds[first : first + size], self.together)
            for first in range(0, len(self), size)
        ]


def parse_units(text: str) -> tuple[range, ...]:
    """`0-99,151` as ranges.

    Raises:
        PicturesError: it has another form.
    """
    ranges = []
    for part in text.split(","):
        found = _RANGE.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if last < first:
            raise PicturesError(f"--units must look like 0-99,151, not '{text}'.")
        ranges.append(range(first, last + 1))
    return tuple(ranges)


def chosen_layers(info: ModelInfo, names: Sequence[str]) -> tuple[LayerInfo, ...]:
    """The layers wanted, in order of execution.

    Raises:
        PicturesError: there is no such layer, or it cannot be shown.
    """
    return layers_wanted(info, names, PicturesError, "No pictures can be made of the layer '{}'")


def work_list(
    request: PicturesRequest, layers: Sequence[LayerInfo], batch_size: int, *, even: bool = False
) -> tuple[Block, ...]:
    """All blocks, of all shards, in the order in which they are made.

    All units get their first picture before any gets its second, so that asking for more pictures per unit later
    leaves the blocks that were there. Where pictures of a unit depend on each other (`Recipe.is_batchwise`), a block
    has all of a unit instead.

    Args:
        request: what is wanted.
        layers: in the order of the work.
        batch_size: of the largest block.
        even: an even number of blocks of about one size, where a layer has ten units or more than one block holds: then
            two batches at once, or any even number, end together, instead of one core idling through the last block.

    Raises:
        PicturesError: a unit that was named is in none of the layers.
    """
    _check_units(request.units, layers)
    return tuple(block for layer in layers for block in _blocks(request, layer, batch_size, even=even))


def digest(blocks: Sequence[Block]) -> str:
    """SHA-256 of a list of blocks: equal lists give equal batches."""
    text = json.dumps([[block.layer.name, block.units, block.seeds] for block in blocks])
    return hashlib.sha256(text.encode()).hexdigest()


def _blocks(request: PicturesRequest, layer: LayerInfo, batch_size: int, *, even: bool) -> list[Block]:
    units = _units(request, layer)
    seeds = range(request.seed, request.seed + request.per_unit)
    if request.recipe.for_layer(is_classes=layer.is_classes).is_batchwise:
        return _blocks_of_units(layer, units, seeds, batch_size)
    entries = [(unit, seed) for seed in seeds for unit in units]
    if even and len(units) >= min(batch_size + 1, _WORTH_HALVING):
        # each seed by itself, so that the blocks of the first ones stay as they are where more are wanted
        rounds = [entries[first : first + len(units)] for first in range(0, len(entries), len(units))]
        groups = [group for entries in rounds for group in _even_groups(entries, batch_size)]
    else:
        groups = [entries[first : first + batch_size] for first in range(0, len(entries), batch_size)]
    return [Block(layer, tuple(unit for unit, _ in group), tuple(seed for _, seed in group)) for group in groups]


def _blocks_of_units(layer: LayerInfo, units: Sequence[int], seeds: Sequence[int], batch_size: int) -> list[Block]:
    """Blocks that have all pictures of their units."""
    at_once = max(1, batch_size // len(seeds))
    return [
        Block(
            layer,
            tuple(unit for unit in units[first : first + at_once] for _ in seeds),
            tuple(seeds) * len(units[first : first + at_once]),
            len(seeds),
        )
        for first in range(0, len(units), at_once)
    ]


def _even_groups(entries: Sequence[tuple[int, int]], largest: int) -> list[Sequence[tuple[int, int]]]:
    """An even number of groups that differ by one entry at most."""
    count = -(-len(entries) // largest)
    count += count % 2
    ends = [number * len(entries) // count for number in range(count + 1)]
    return [entries[first:last] for first, last in pairwise(ends)]


def _units(request: PicturesRequest, layer: LayerInfo) -> list[int]:
    named = sorted({unit for numbers in request.units for unit in numbers[: max(0, layer.units - numbers.start)]})
    units = (named if request.units else list(range(layer.units)))[:: request.every]
    if request.spread is None or request.spread >= len(units):
        return units
    return [units[place * len(units) // request.spread] for place in range(request.spread)]


def _check_units(units: Sequence[range], layers: Sequence[LayerInfo]) -> None:
    widest = max(layers, key=lambda layer: layer.units, default=None)
    last = max((numbers[-1] for numbers in units), default=-1)
    if widest is None or last < widest.units:
        return
    if len(layers) == 1:
        raise PicturesError(
            f"The layer '{widest.name}' has the units 0 to {widest.units - 1}; there is no unit {last}."
        )
    raise PicturesError(
        f"None of the layers has a unit {last}; the one with most units, '{widest.name}', has 0 to {widest.units - 1}."
    )
