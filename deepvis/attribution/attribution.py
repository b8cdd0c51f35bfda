"""What an attribution gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from deepvis.kinds import Method
    from deepvis.records import Target


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Which pixels speak for a unit in one picture.

    Attributes:
        method: how it was found.
        target: with class and position filled in as they were used.
        values: float32 on the network's device: `(channels, height, width)` at the network's input, in the units of its
            input tensor; `(height, width)` of its own for methods that give a map (`MethodSpec.is_map`). Of two
            pictures the channels of the second come behind those of the first, and maps are `(2, height, width)`.
        activation: what the target was worth: the unit's activation at the position, for a channel seed its largest,
            of two maps the larger one; a logit, or a difference of two.
        reason: why there is nothing to see (the unit is off, ...), a sentence; empty where there is. `values` are then
            zero.
        coverage: what the rectifier rule reaches in this network, a sentence; empty for methods without such a rule.
        same_as_gradient: the rule found no rectifier, so `values` are the plain gradient: to be told, not shown.
        complete: False for a coarse first answer of a method that refines itself.
    """

    method: Method
    target: Target
    values: torch.Tensor
    activation: float
    reason: str = ""
    coverage: str = ""
    same_as_gradient: bool = False
    complete: bool = True
