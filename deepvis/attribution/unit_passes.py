"""Forward passes that end at a unit, and what can be done to an earlier layer on the way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch

from deepvis.attribution.unit_value import BeforeRectifier, UnitValue
from deepvis.models.errors import ModelError
from deepvis.models.graph_reader import GraphReader

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
        values: of the unit, float32 `(pictures,)`; None before it was reached.
        leaf: what the earlier layer gave, where the graph begins at it.
        at: where the unit was read.
        span: largest magnitude in the unit's map of the first picture.
        rectified: the unit's layer ends in a rectifier.
        entered: the earlier layer was reached.
    """

    values: torch.Tensor | None = None
    leaf: torch.Tensor | None = None
    at: UnitValue | None = None
    span: float = 0.0
    rectified: bool = False
    entered: bool = False


@dataclass(slots=True, eq=False)
class UnitPasses:
    """Passes of one picture through one network that end at the unit."""

    engine: Engine
    picture: torch.Tensor
    target: LayerTap
    inputs: LayerTap
    mode: BeforeRectifier = field(default_factory=BeforeRectifier)

    def run(self, batch: torch.Tensor, at: UnitValue, enter: Entrance, *, follow: bool = False) -> Taken:
        """One pass.

        Args:
            batch: `(pictures, channels, height, width)`.
            at: what is read.
            enter: what is done at the earlier layer.
            follow: read at the maximum of the map.
        """
        taken = Taken()

        def take(tap: LayerTap, output: torch.Tensor) -> torch.Tensor | None:
            if tap is self.inputs:
                taken.entered = True
                return enter(tap, output, taken)
            if not taken.entered:
                raise self.elsewhere()
            before = self.mode.of(output)
            taken.rectified = before is not output
            self._note(tap, before, at, taken, follow=follow)
            return None

        reader = GraphReader(self.engine.loaded.network, [self.inputs, self.target])
        try:
            with self.mode:
                output = reader.read(batch, take)
        finally:
            self.mode.forget()
        if not self.target.module:
            if output is None or output.dim() != 2:
                raise ModelError("This network's output is not one number per class, so it has no classes to follow.")
            self._note(self.target, output, at, taken, follow=False)
        return taken

    def elsewhere(self) -> ModelError:
        """What is said where the unit does not lie above the earlier layer."""
        names = self.inputs.name, self.target.name
        return ModelError(f"'{names[1]}' does not come after '{names[0]}' in this network. Choose another layer.")

    def _note(self, tap: LayerTap, output: torch.Tensor, at: UnitValue, taken: Taken, *, follow: bool) -> None:
        if tap.layout is None:
            raise ModelError(f"The layer '{tap.name}' cannot be shown: {tap.info.reason}")
        maps = tap.layout.maps(output)
        mine = maps[0, at.unit].detach().float()
        taken.span = float(mine.abs().max())
        if follow:
            row, column = divmod(int(mine.nan_to_num(-torch.inf).argmax()), mine.shape[1])
            at = replace(at, position=(row, column))
        taken.at, taken.values = at, at.of(maps)


def cut(_tap: LayerTap, output: torch.Tensor, taken: Taken) -> torch.Tensor:
    """Begin the graph here: what lies before it cannot change when a unit of this layer does."""
    taken.leaf = output.detach().clone().requires_grad_()
    # a copy, for the network may write into it
    return taken.leaf.clone()


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
