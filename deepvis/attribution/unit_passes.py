"""Forward passes that end at a unit, and what can be done to an earlier layer on the way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch

from deepvis.attribution.unit_value import BeforeRectifier, UnitValue
from deepvis.kinds import Pair
from deepvis.models.errors import ModelError
from deepvis.models.graph_reader import GraphReader
from deepvis.models.pair_calls import calls_of, calls_with_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis.models.engine import Engine
    from deepvis.models.layers import LayerTap

    Entrance = Callable[[LayerTap, torch.Tensor, "Taken"], torch.Tensor]
    """Gets what the earlier layer gave; what it returns the network goes on with."""


@dataclass(slots=True, eq=False)
class Taken:
    """What one pass gave.

    Attributes:
        values: of the unit, float32 `(inputs,)`; None before it was reached.
        leaves: what the earlier layer gave, where the graph begins at it; one for each of its calls.
        at: where the unit was read.
        span: largest magnitude in the unit's map of the first input.
        rectified: the unit's layer ends in a rectifier.
        entered: the earlier layer was reached.
    """

    values: torch.Tensor | None = None
    leaves: list[torch.Tensor] = field(default_factory=list)
    at: UnitValue | None = None
    span: float = 0.0
    rectified: bool = False
    entered: bool = False


@dataclass(slots=True, eq=False)
class UnitPasses:
    """Passes of one picture, or of two at once, through one network that end at the unit.

    A layer that runs once for each of two pictures is entered in both calls, and may be read in both.

    Attributes:
        target: the unit's layer.
        inputs: the earlier layer.
    """

    engine: Engine
    picture: torch.Tensor
    target: LayerTap
    inputs: LayerTap
    mode: BeforeRectifier = field(default_factory=BeforeRectifier)

    def run(self, batch: torch.Tensor, at: UnitValue, enter: Entrance, *, follow: bool = False) -> Taken:
        """One pass.

        Args:
            batch: `(inputs, channels, height, width)`.
            at: what is read.
            enter: what is done at the earlier layer.
            follow: read at the maximum of the map; of two maps the one with the larger maximum.
        """
        taken, read = Taken(), list[_Read]()
        targets = [self.engine.taps[name] for name in calls_of(self.target.info, at.pair)]
        inputs = self._entrances(targets[-1])

        def take(tap: LayerTap, output: torch.Tensor) -> torch.Tensor | None:
            if tap in inputs:
                taken.entered = True
                return enter(tap, output, taken)
            if not taken.entered:
                raise self.elsewhere()
            before = self.mode.of(output)
            taken.rectified = before is not output
            read.append(_read(tap, before, at, follow=follow))
            return None

        reader = GraphReader(self.engine.loaded.network, [*inputs, *targets])
        try:
            with self.mode:
                output = reader.read(batch, take)
        finally:
            self.mode.forget()
        if not self.target.module:
            if output is None or output.dim() != 2:
                raise ModelError("This network's output is not one number per class, so it has no classes to follow.")
            read.append(_read(self.target, output, at, follow=False))
        _join(read, at, taken, follow=follow)
        return taken

    def _entrances(self, end: LayerTap) -> tuple[LayerTap, ...]:
        """The calls of the earlier layer that are over before another call."""
        calls, before = calls_with_unit(self.engine.taps, self.inputs.name), set[str]()
        for name in self.engine.taps:
            if name == end.name:
                break
            before.add(name)
        return tuple(tap for tap in calls if tap.name in before) or calls[-1:]

    def elsewhere(self) -> ModelError:
        """What is said where the unit does not lie above the earlier layer."""
        names = self.inputs.name, self.target.name
        return ModelError(f"'{names[1]}' does not come after '{names[0]}' in this network. Choose another layer.")


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What was read in one call of the unit's layer; members as in `Taken`."""

    values: torch.Tensor
    at: UnitValue
    span: float
    of_picture: int


def _read(tap: LayerTap, output: torch.Tensor, at: UnitValue, *, follow: bool) -> _Read:
    if tap.layout is None:
        raise ModelError(f"The layer '{tap.name}' cannot be shown: {tap.info.reason}")
    maps = tap.layout.maps(output)
    mine = maps[0, at.unit].detach().float()
    if follow:
        row, column = divmod(int(mine.nan_to_num(-torch.inf).argmax()), mine.shape[1])
        at = replace(at, position=(row, column))
    return _Read(at.of(maps), at, float(mine.abs().max()), tap.info.of_picture)


def _join(read: Sequence[_Read], at: UnitValue, taken: Taken, *, follow: bool) -> None:
    if not read:
        return
    if follow and len(read) > 1:
        best = max(read, key=lambda each: float(each.values[0].detach()))
        read = [replace(best, at=replace(best.at, pair=Pair.FIRST if best.of_picture == 1 else Pair.SECOND))]
    taken.at = read[0].at if len(read) == 1 else at
    taken.span = max(each.span for each in read)
    # the mean, not the sum: as of the positions of one map
    values = [each.values for each in read]
    taken.values = torch.stack(values).mean(0) if len(values) > 1 else values[0]


def cut(_tap: LayerTap, output: torch.Tensor, taken: Taken) -> torch.Tensor:
    """Begin the graph here: what lies before it cannot change when a unit of this layer does."""
    leaf = output.detach().clone().requires_grad_()
    taken.leaves.append(leaf)
    # a copy, for the network may write into it
    return leaf.clone()


def mute(units: Sequence[int], count: int, *, alone: bool) -> Entrance:
    """Make `count` pictures of what the layer gave, each with another unit muted.

    Args:
        units: one per picture.
        count: of pictures; the first one is left as it is unless `alone`.
        alone: there is no such picture.
    """

    def enter(tap: LayerTap, output: torch.Tensor, _taken: Taken) -> torch.Tensor:
        if tap.layout is None or output.shape[0] not in (1, count):
            raise ModelError(f"'{tap.name}' does not begin with the picture.")
        made = output.expand(count, *output.shape[1:]).clone()
        pictures = torch.arange(0 if alone else 1, count, device=made.device)
        made.movedim(tap.layout.unit_dimension, 1)[pictures, torch.as_tensor(units, device=made.device)] = 0
        return made

    return enter


def by_unit(tap: LayerTap, output: torch.Tensor) -> torch.Tensor:
    """What a layer gave for one picture as `(units, everything else)`, class and register tokens included."""
    if tap.layout is None:
        raise ModelError(f"The layer '{tap.name}' cannot be shown: {tap.info.reason}")
    return output.movedim(tap.layout.unit_dimension, 0).flatten(1).float()
