"""Gradients through rectifiers that are off, so that a unit which does nothing at the start can still be reached.

A rectifier passes no gradient where it is flat: below zero, and with ReLU6 above six; SiLU and its like lead away
(`dips`). The changes here live in a mode of this thread while a `with` lasts: the network keeps no hook and other
threads notice nothing. They reach modules and functions alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from deepvis.models.rectifiers import batch_norm, rectified, rectifier_call
from deepvis.synthesis.dips import dip_of, passed
from deepvis.synthesis.smooth_pooling import smoothed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_SUMS = (torch.add, torch.Tensor.add, torch.Tensor.add_)
"""All of the signs + and += arrive as one of these."""
_POWERS = (torch.pow, torch.Tensor.pow, torch.Tensor.__pow__)
_SQUARES = (torch.square, torch.Tensor.square)


def _alive(gradient: torch.Tensor) -> torch.Tensor:
    """Whether any gradient arrives at an image, `(batch,)`."""
    others = tuple(range(1, gradient.dim()))
    return torch.linalg.vector_norm(gradient, math.inf, others) > 0 if others else gradient != 0


class _Redirected(torch.autograd.Function):
    """A rectifier whose gradient is let through where it is flat, for images that get none otherwise.

    Only the part that pushes back toward the open range passes, as in lucid's redirected ReLU gradients. `entered` is a
    copy of the values where they are overwritten.
    """

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  (torch's)
        values: torch.Tensor,
        entered: torch.Tensor | None,
        low: float,
        high: float,
    ) -> torch.Tensor:
        ctx.low, ctx.high = low, high
        if entered is None:
            ctx.save_for_backward(values)
            return functional.hardtanh(values, low, high)
        ctx.save_for_backward(entered)
        ctx.mark_dirty(values)
        return functional.hardtanh_(values, low, high)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:  # noqa: ANN401  (torch's)
        (values,) = ctx.saved_tensors
        (gradient,) = gradients
        usual = torch.ops.aten.hardtanh_backward(gradient, values, ctx.low, ctx.high)
        # nearly always the middle of the map tells that an image is alive
        if _alive(usual.select(-1, usual.shape[-1] // 2)).all():
            return usual, None, None, None
        dead = ~_alive(usual).view(-1, *[1] * (gradient.dim() - 1))
        # the objective rises along the gradient: up from below, down from above
        useless = ((values <= ctx.low) & (gradient < 0)) | ((values >= ctx.high) & (gradient > 0))
        return torch.where(dead, gradient.masked_fill(useless, 0), usual), None, None, None


class _Weighed(torch.autograd.Function):
    """The same values; a gradient times a factor."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, factor: float) -> torch.Tensor:  # noqa: ANN401  (torch's)
        ctx.factor = factor
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:  # noqa: ANN401  (torch's)
        return gradients[0] * ctx.factor, None


@dataclass(frozen=True, slots=True, eq=False)
class Entrance:
    """What went into the activation function that gave a layer's output.

    Attributes:
        values: as the output.
        turn: below this the function falls, or is flat; None for a rectifier, which tells by what it gives.
        floor: its least value.
    """

    values: torch.Tensor
    turn: float | None = None
    floor: float = 0.0


class GradientFlow(TorchFunctionMode):
    """While it lasts, rectifiers redirect gradients, and what went into the last one is known.

    Attributes:
        redirects: gradients are redirected now; may be changed at any time.
    """

    def __init__(self, *, redirects: bool, branch: float = 1.0, pooling: float | None = None) -> None:
        """Prepare; nothing changes before `with`.

        Args:
            redirects: as the attribute.
            branch: factor of the gradient through the branches that skip connections go around (Wu et al. 2020, arXiv
                2002.05990); 1 changes nothing.
            pooling: max-pooling has a smooth gradient, kept finite by this number; None: its own.
        """
        super().__init__()
        self.redirects = redirects
        self._branch = branch
        self._pooling = pooling
        self._output: torch.Tensor | None = None
        self._entrance: Entrance | None = None

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  (torch's own signature)
        """As torch calls it for every operation."""
        del types
        kwargs = kwargs or {}
        if self._branch != 1 and func in _SUMS and len(args) == 2 and not kwargs:
            return func(*_weighed(*args, self._branch))
        if func is functional.batch_norm:
            return batch_norm(*args, **kwargs)
        if self._pooling is not None:
            pooled = smoothed(func, args, kwargs, self._pooling)
            if pooled is not None:
                return pooled
        met = rectifier_call(func, args, kwargs)
        if met is None:
            return self._other(func, args, kwargs)
        values, bounds, overwrites = met
        kept = values.clone() if overwrites else None
        output: torch.Tensor
        if self.redirects and values.requires_grad:
            output = _Redirected.apply(values, kept, *bounds)
        else:
            output = rectified(values, *bounds, overwrites=overwrites)
        self._output, self._entrance = output, Entrance(values if kept is None else kept)
        return output

    def _other(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """What is no rectifier, but may be as good as one at a layer's end."""
        dip = dip_of(func, args, kwargs)
        if dip is not None:
            self._output, entered = passed(dip, redirects=self.redirects)
            self._entrance = Entrance(entered, dip.turn, dip.floor)
            return self._output
        result = func(*args, **kwargs)
        if self._entrance is not None and args and args[0] is self._output and _squares(func, args):
            # the square of a rectifier has no slope where the rectifier begins
            self._output, self._entrance = result, Entrance(self._entrance.values, 0.0)
        return result

    def before(self, output: torch.Tensor) -> Entrance | None:
        """What went into the rectifier, or the like, that gave `output`; None where none gave it last."""
        return self._entrance if output is self._output else None

    def forget(self) -> None:
        """Let go of the tensors of the last forward pass."""
        self._output = self._entrance = None


def _squares(func: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    return func in _SQUARES or (func in _POWERS and len(args) > 1 and isinstance(args[1], (int, float)) and args[1] > 1)


def _weighed(first: object, second: object, factor: float) -> tuple[object, object]:
    """Terms of a sum; of a skip connection and its branch, the branch's gradient is weighed."""
    if not isinstance(first, torch.Tensor) or not isinstance(second, torch.Tensor):
        return first, second
    if first.shape != second.shape or first.dim() < 3 or first.grad_fn is None or second.grad_fn is None:
        return first, second
    # what was computed later is the branch: the skip connection was there when the branch began
    if first.grad_fn._sequence_nr() < second.grad_fn._sequence_nr():
        return first, _Weighed.apply(second, factor)
    # the first term may be added to in place, so it has to stay the same tensor
    first.register_hook(lambda gradient: gradient * factor)  # type: ignore[no-untyped-call]
    return first, second
