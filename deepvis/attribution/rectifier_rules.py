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
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

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


@dataclass(frozen=True, slots=True, eq=False)
class Rectifier:
    """A rectifier as it was called.

    Attributes:
        name: of its kind.
        high: above this it is flat.
        slope: below zero; per channel with PReLU, already in a shape that fits.
        in_place: it overwrites what goes in.
        watches_input: what went in has to be kept; otherwise what comes out tells where it was open.
    """

    name: str
    high: float = math.inf
    slope: float | torch.Tensor = 0.0
    in_place: bool = False
    watches_input: bool = False


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
        if not ctx.opened:
            (kept,) = ctx.saved_tensors
            if ctx.switch.rule is not Rule.PLAIN:
                gradient = _rectified(gradient, ctx.rectifier.slope)
            if ctx.switch.rule is not Rule.DECONVNET:
                gradient = _where_open(gradient, kept, ctx.rectifier)
        return gradient, None, None, None


def _rectified(gradient: torch.Tensor, slope: float | torch.Tensor) -> torch.Tensor:
    if isinstance(slope, torch.Tensor):
        return torch.where(gradient > 0, gradient, gradient * slope)
    return functional.leaky_relu(gradient, slope) if slope else gradient.clamp_min(0)


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


class RectifierRules(TorchFunctionMode):
    """While it lasts, rectifiers follow the switch, and what was met is counted.

    Attributes:
        switch: the rule; may be changed at any time, also long after the forward pass.
        ruled: names of the rectifiers met, in order.
        others: names of the other nonlinearities met, in order: they keep their own gradient.
    """

    def __init__(self) -> None:
        super().__init__()
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
        del types
        kwargs = kwargs or {}
        form = _FORMS.get(func)
        if form is not None:
            return self._rectify(func, form(*args, **kwargs), args, kwargs)
        if func is functional.batch_norm:
            return batch_norm(*args, **kwargs)
        output = func(*args, **kwargs)
        if func in _OTHERS:
            self.others.append(_OTHERS[func])
        elif func in _SOFTMAXES:
            self._softmax = (output, _first(args, kwargs))
        return output

    def before_softmax(self, output: torch.Tensor | None) -> torch.Tensor | None:
        """What went into the softmax that gave `output`; the output itself where no softmax gave it."""
        return self._softmax[1] if self._softmax is not None and self._softmax[0] is output else output

    def forget(self) -> None:
        """Let go of tensors."""
        self._softmax = None

    def _rectify(
        self,
        func: Callable[..., Any],
        rectifier: Rectifier | str | None,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:  # noqa: ANN401  (torch's)
        if not isinstance(rectifier, Rectifier):
            if rectifier is not None:
                self.others.append(rectifier)
            return func(*args, **kwargs)
        self.ruled.append(rectifier.name)
        values = _first(args, kwargs)
        if not values.requires_grad:
            return func(*args, **kwargs)
        rest = args[1:]
        others = {name: value for name, value in kwargs.items() if name != "input"}
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


def _first(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> torch.Tensor:
    values: torch.Tensor = args[0] if args else kwargs["input"]
    return values


# ------------------------------------------------------------------- how each form is called: a rectifier, or its name


def _relu(_: object = None, inplace: bool = False, **__: object) -> Rectifier:
    return Rectifier("ReLU", in_place=inplace)


def _relu6(_: object = None, inplace: bool = False, **__: object) -> Rectifier:
    return Rectifier("ReLU6", 6.0, in_place=inplace)


def _hardtanh(
    _: object = None, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False, **__: object
) -> Rectifier | str:
    if min_val != 0 or max_val <= 0:
        return "Hardtanh"
    return Rectifier("ReLU6" if max_val == 6 else f"Hardtanh(0, {max_val:g})", float(max_val), in_place=inplace)


def _leaky(_: object = None, negative_slope: float = 0.01, inplace: bool = False, **__: object) -> Rectifier | str:
    # what comes out tells the sign of what went in only with a positive slope
    if negative_slope < 0:
        return "leaky ReLU with a negative slope"
    return Rectifier("leaky ReLU", slope=float(negative_slope), in_place=inplace)


def _prelu(input: torch.Tensor, weight: torch.Tensor) -> Rectifier:
    slope = weight.detach()
    if slope.numel() > 1:
        slope = slope.view(-1, *[1] * (input.dim() - 2))
    return Rectifier("PReLU", slope=slope, watches_input=True)


def _rrelu(
    _: object = None,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    **__: object,
) -> Rectifier | str:
    if training or lower + upper < 0:
        return "randomized leaky ReLU"
    return Rectifier("leaky ReLU", slope=(lower + upper) / 2, in_place=inplace)


def _threshold(
    _: object = None, threshold: float = 0.0, value: float = 0.0, inplace: bool = False, **__: object
) -> Rectifier | str:
    return Rectifier("ReLU", in_place=inplace) if threshold == 0 and value == 0 else "Threshold"


def _clamp(_: object = None, min: object = None, max: object = None, **__: object) -> Rectifier | str:
    high = math.inf if max is None else max
    if not isinstance(min, int | float) or min != 0 or not isinstance(high, int | float) or high <= 0:
        return "clamp"
    return Rectifier("ReLU" if max is None else f"clamp(0, {high:g})", float(high))


def _always_in_place(form: Callable[..., Rectifier | str]) -> Callable[..., Rectifier | str]:
    def parsed(*args: object, **kwargs: object) -> Rectifier | str:
        rectifier = form(*args, **kwargs)
        return replace(rectifier, in_place=True) if isinstance(rectifier, Rectifier) else rectifier

    return parsed


_FORMS: dict[Callable[..., Any], Callable[..., Rectifier | str]] = {
    functional.relu: _relu,
    torch.relu: _relu,
    torch.Tensor.relu: _relu,
    functional.relu6: _relu6,
    functional.hardtanh: _hardtanh,
    functional.leaky_relu: _leaky,
    functional.prelu: _prelu,
    torch.prelu: _prelu,
    torch.Tensor.prelu: _prelu,
    functional.rrelu: _rrelu,
    functional.threshold: _threshold,
    torch.clamp: _clamp,
    torch.Tensor.clamp: _clamp,
    torch.clip: _clamp,
    torch.Tensor.clip: _clamp,
    torch.clamp_min: _clamp,
    torch.Tensor.clamp_min: _clamp,
    functional.relu_: _always_in_place(_relu),
    torch.relu_: _always_in_place(_relu),
    torch.Tensor.relu_: _always_in_place(_relu),
    functional.hardtanh_: _always_in_place(_hardtanh),
    functional.leaky_relu_: _always_in_place(_leaky),
    functional.rrelu_: _always_in_place(_rrelu),
    torch.threshold_: _always_in_place(_threshold),
    torch.Tensor.clamp_: _always_in_place(_clamp),
    torch.Tensor.clip_: _always_in_place(_clamp),
    torch.Tensor.clamp_min_: _always_in_place(_clamp),
}

_OTHERS: dict[Callable[..., Any], str] = {
    functional.gelu: "GELU",
    functional.silu: "SiLU",
    functional.hardswish: "Hardswish",
    functional.mish: "Mish",
    functional.elu: "ELU",
    functional.elu_: "ELU",
    functional.celu: "CELU",
    functional.selu: "SELU",
    functional.softplus: "Softplus",
    functional.softsign: "Softsign",
    functional.logsigmoid: "LogSigmoid",
    functional.hardsigmoid: "Hardsigmoid",
    functional.glu: "GLU",
    functional.sigmoid: "sigmoid",
    torch.sigmoid: "sigmoid",
    torch.sigmoid_: "sigmoid",
    torch.Tensor.sigmoid: "sigmoid",
    torch.Tensor.sigmoid_: "sigmoid",
    functional.tanh: "tanh",
    torch.tanh: "tanh",
    torch.tanh_: "tanh",
    torch.Tensor.tanh: "tanh",
    torch.Tensor.tanh_: "tanh",
}

_SOFTMAXES = {
    functional.softmax,
    functional.log_softmax,
    torch.softmax,
    torch.log_softmax,
    torch.Tensor.softmax,
    torch.Tensor.log_softmax,
}
