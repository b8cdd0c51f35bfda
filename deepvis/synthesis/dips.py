"""Activations that fall before they rise: SiLU, GELU, Mish, Hardswish.

Left of its minimum such a function goes back up to 0 without ever passing it. A unit that is off lies there, and its
gradient leads further away: what enters it becomes more negative, and what it gives goes up to 0 and stays. So the
falling part is treated as the flat part of a rectifier is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TURNS: dict[Callable[..., Any], float] = {
    functional.silu: -1.2784645,
    functional.mish: -1.1924312,
    functional.hardswish: -1.5,
    functional.gelu: -0.7517916,
}
"""Where each is least. GELU by its tanh is least at -0.7524614, which is nothing to tell apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Dip:
    """A call of such a function.

    Attributes:
        values: what goes in.
        compute: the function, which does not overwrite what goes in.
        turn: below this it falls.
        floor: its least value.
        overwrites: the network goes on with the tensor that it overwrote.
    """

    values: torch.Tensor
    compute: Callable[[torch.Tensor], torch.Tensor]
    turn: float
    floor: float
    overwrites: bool


def dip_of(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Dip | None:
    """What is called; None for every other function, and for values that are not maps of numbers."""
    turn = _TURNS.get(func)
    values = args[0] if args else kwargs.get("input")
    if turn is None or not isinstance(values, torch.Tensor) or values.dim() < 1 or not values.is_floating_point():
        return None
    overwrites = False
    rest: dict[str, Any] = {}
    if func is functional.gelu:
        rest = {"approximate": kwargs.get("approximate", "none")}
    else:
        overwrites = bool(args[1] if len(args) > 1 else kwargs.get("inplace", False))

    def compute(tensor: torch.Tensor) -> torch.Tensor:
        computed: torch.Tensor = func(tensor, **rest)
        return computed

    floor = compute(torch.tensor(turn, dtype=torch.float64)).item()
    return Dip(values, compute, turn, floor, overwrites and not (values.is_leaf and values.requires_grad))


class _Lifted(torch.autograd.Function):
    """The function, whose gradient leads up where it falls, for images that get one from nowhere else.

    Only the part that wants more passes so; who wants less is led to the minimum as usual.
    """

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  (torch's)
        values: torch.Tensor,
        compute: Callable[[torch.Tensor], torch.Tensor],
        turn: float,
    ) -> torch.Tensor:
        # not the whole call: it has the tensor that is overwritten, and so would keep its own graph alive
        ctx.compute, ctx.turn = compute, turn
        ctx.save_for_backward(values)
        return compute(values)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:  # noqa: ANN401  (torch's)
        (values,) = ctx.saved_tensors
        (gradient,) = gradients
        with torch.enable_grad():
            again = values.detach().requires_grad_()
            (usual,) = torch.autograd.grad(ctx.compute(again), again, gradient)
        falls = values <= ctx.turn
        others = tuple(range(1, usual.dim()))
        rising = usual.masked_fill(falls, 0)
        alive = rising.abs().amax(others) > 0 if others else rising != 0
        lifted = falls & (gradient > 0) & ~alive.view(-1, *[1] * len(others))
        return torch.where(lifted, gradient, usual), None, None


def passed(dip: Dip, *, redirects: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """What the function gives, and what went in (a copy where that is overwritten)."""
    entered = dip.values.clone() if dip.overwrites else dip.values
    lifts = redirects and entered.requires_grad
    output: torch.Tensor = _Lifted.apply(entered, dip.compute, dip.turn) if lifts else dip.compute(entered)
    return (dip.values.copy_(output) if dip.overwrites else output), entered
