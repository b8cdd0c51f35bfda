"""How functions that are rectifiers, other nonlinearities or softmaxes are called: in-place and other forms alike."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


def nonlinearity(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Rectifier | str | None:
    """The rectifier that a function is when called so, or the name of another nonlinearity; None for all else."""
    form = _FORMS.get(func)
    return _OTHERS.get(func) if form is None else form(*args, **kwargs)


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

SOFTMAXES = {
    functional.softmax,
    functional.log_softmax,
    torch.softmax,
    torch.log_softmax,
    torch.Tensor.softmax,
    torch.Tensor.log_softmax,
}
