"""What a rectifier does to a gradient on its way back: three rules, chosen when the gradient comes.

Plain is the derivative. Deconvnet (Zeiler & Fergus 2014, arXiv 1311.2901, section 2.1) rectifies the incoming gradient
instead and does not look at what went forward. Guided backpropagation (Springenberg et al. 2015, arXiv 1412.6806,
section 3.4) does both. With the slope of a leaky rectifier they are: plain, the gradient times the slope where the
input was negative; deconvnet, the same leaky function of the gradient; guided, one after the other.

The rules live in a mode of one thread while a `with` lasts: the network keeps no hook, other threads notice nothing,
and modules, functions and in-place forms are reached alike. The rule is read when a gradient passes, so that one
forward pass serves all.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from deepvis.attribution.rectifier_forms import NONLINEARITIES, SOFTMAXES, Rectifier, nonlinearity
from deepvis.models.rectifiers import batch_norm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


class Rule(Enum):
    """What rectifiers do to gradients."""

    PLAIN = auto()
    DECONVNET = auto()
    GUIDED = auto()


@dataclass(slots=True, eq=False)
class RuleSwitch:
    """The rule that holds now, for all rectifiers of one forward pass."""

    rule: Rule = Rule.PLAIN


class _Ruled(torch.autograd.Function):
    """A rectifier whose gradient follows the rule that holds when it comes.

    `opened` on its graph node lets a gradient through as it is: so a pass starts below the target's own rectifier.
    """

    opened = False

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  (torch's)
        values: torch.Tensor,
        rectifier: Rectifier,
        switch: RuleSwitch,
        compute: Callable[[torch.Tensor], torch.Tensor],
    ) -> torch.Tensor:
        output = compute(values)
        if rectifier.in_place:
            ctx.mark_dirty(values)
        ctx.save_for_backward(values if rectifier.watches_input else output)
        ctx.rectifier, ctx.switch, ctx.opened = rectifier, switch, False
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:  # noqa: ANN401  (torch's)
        (gradient,) = gradients
        rule, rectifier = ctx.switch.rule, ctx.rectifier
        if ctx.opened:
            passed = gradient
        elif rule is Rule.DECONVNET:
            passed = _rectified(gradient, rectifier.slope)
        else:
            (kept,) = ctx.saved_tensors
            passed = _where_open(gradient, kept, rectifier)
            if rule is Rule.GUIDED:
                passed = _rectified(passed, rectifier.slope, in_place=True)
        return passed, None, None, None


def _rectified(gradient: torch.Tensor, slope: float | torch.Tensor, *, in_place: bool = False) -> torch.Tensor:
    if isinstance(slope, torch.Tensor):
        return torch.where(gradient > 0, gradient, gradient * slope)
    if slope:
        return functional.leaky_relu(gradient, slope, in_place)
    return gradient.clamp_min_(0) if in_place else gradient.clamp_min(0)


def _where_open(gradient: torch.Tensor, kept: torch.Tensor, rectifier: Rectifier) -> torch.Tensor:
    slope = rectifier.slope
    passed: torch.Tensor
    if isinstance(slope, torch.Tensor):
        passed = torch.where(kept > 0, gradient, gradient * slope)
    elif slope:
        passed = torch.ops.aten.leaky_relu_backward(gradient, kept, slope, False)
    elif math.isfinite(rectifier.high):
        passed = torch.ops.aten.hardtanh_backward(gradient, kept, 0.0, rectifier.high)
    else:
        passed = torch.ops.aten.threshold_backward(gradient, kept, 0)
    return passed


_WATCHED = {functional.batch_norm, *NONLINEARITIES, *SOFTMAXES}


class RectifierRules(TorchFunctionMode):
    """While it lasts, rectifiers follow the switch, and what was met is counted.

    Attributes:
        switch: the rule; may be changed at any time, also long after the forward pass.
        ruled: names of the rectifiers met, in order.
        others: names of the other nonlinearities met, in order: they keep their own gradient.
    """

    def __init__(self, *, copies: bool = False) -> None:
        """Prepare.

        Args:
            copies: operations get copies of the tensors that were made in inference mode, for which no gradient can be
                kept.
        """
        super().__init__()
        self._copies = copies
        self.switch = RuleSwitch()
        self.ruled: list[str] = []
        self.others: list[str] = []
        self._softmax: tuple[torch.Tensor, torch.Tensor] | None = None

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  (torch's own signature)
        """As torch calls it for every operation."""
        if self._copies:
            args, kwargs = tree_map(_usable, (args, dict(kwargs or {})))
        # nearly all are of no interest, and there are hundreds in a pass
        if func not in _WATCHED:
            return func(*args, **kwargs) if kwargs else func(*args)
        kwargs = kwargs or {}
        if func is functional.batch_norm:
            return batch_norm(*args, **kwargs)
        met = nonlinearity(func, args, kwargs)
        if isinstance(met, Rectifier):
            self.ruled.append(met.name)
            return self._rectify(func, met, args, kwargs)
        if met is not None:
            self.others.append(met)
        output = func(*args, **kwargs)
        if func in SOFTMAXES:
            self._softmax = (output, _first(args, kwargs))
        return output

    def before_softmax(self, output: torch.Tensor | None) -> torch.Tensor | None:
        """What went into the softmax that gave `output`; the output itself where no softmax gave it."""
        return self._softmax[1] if self._softmax is not None and self._softmax[0] is output else output

    def forget(self) -> None:
        """Let go of tensors."""
        self._softmax = None

    def _rectify(
        self, func: Callable[..., Any], rectifier: Rectifier, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:  # noqa: ANN401  (torch's)
        values = _first(args, kwargs)
        if not values.requires_grad:
            return func(*args, **kwargs)
        rest, others = args[1:], {name: value for name, value in kwargs.items() if name != "input"}
        return _Ruled.apply(values, rectifier, self.switch, lambda tensor: func(tensor, *rest, **others))


@contextmanager
def opened(output: torch.Tensor) -> Iterator[None]:
    """Gradients that start at `output` pass the rectifier that gave it as they are; nothing where none gave it."""
    node = output.grad_fn
    if not is_rectified(output) or node is None:
        yield
        return
    node.opened = True  # type: ignore[attr-defined]
    try:
        yield
    finally:
        node.opened = False  # type: ignore[attr-defined]


def is_rectified(output: torch.Tensor) -> bool:
    """Whether the last operation that made `output` was a rectifier under `RectifierRules`."""
    return isinstance(output.grad_fn, _Ruled._backward_cls)


def _usable(value: Any) -> Any:  # noqa: ANN401  (any argument)
    return value.clone() if isinstance(value, torch.Tensor) and value.is_inference() else value


def _first(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> torch.Tensor:
    values: torch.Tensor = args[0] if args else kwargs["input"]
    return values
