"""Which functions are rectifiers, and a BatchNorm with a fast gradient: for modes that watch a network's functions.

Modules and functions alike end in what is listed here, so that a `TorchFunctionMode` reaches both.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RELUS = (
    functional.relu,
    functional.relu_,
    torch.relu,
    torch.relu_,
    torch.Tensor.relu,
    torch.Tensor.relu_,
)
_CLAMPED = (functional.hardtanh, functional.hardtanh_, functional.relu6)
_CLAMPS = tuple(
    getattr(owner, name) for owner in (torch, torch.Tensor) for name in ("clamp", "clamp_", "clip", "clip_")
)
_CLAMPS_FROM_BELOW = tuple(
    getattr(owner, name) for owner in (torch, torch.Tensor) for name in ("clamp_min", "clamp_min_")
)
_MAXIMA = (torch.maximum, torch.Tensor.maximum, torch.max, torch.Tensor.max)
_THRESHOLDS = (functional.threshold, torch.threshold_)
_PLACE_OF_INPLACE = {functional.hardtanh: 3, functional.threshold: 3}
"""Where the argument `inplace` stands, if not second."""
_LEAST_DIMENSIONS = 2
"""Of what goes through a clamp that is a rectifier; numbers and vectors are clamped for other reasons."""


def open_range(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[float, float] | None:
    """Range in which a rectifier (ReLU, ReLU6, hardtanh, a clamp from 0) is open; None for every other function."""
    if func in RELUS:
        return 0.0, math.inf
    if func is functional.relu6:
        return 0.0, 6.0
    if func in _CLAMPS or func in _CLAMPS_FROM_BELOW or func in _THRESHOLDS:
        return _open_from_zero(func, args, kwargs)
    if func in _MAXIMA:
        return (0.0, math.inf) if _is_with_zeros(*args) and not kwargs else None
    if func in _CLAMPED:
        low = args[1] if len(args) > 1 else kwargs.get("min_val", -1.0)
        high = args[2] if len(args) > 2 else kwargs.get("max_val", 1.0)
        return float(low), float(high)
    return None


def _open_from_zero(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[float, float] | None:
    """Of a clamp or threshold that is a ReLU in other words; those with other bounds have other purposes."""
    first = args[1] if len(args) > 1 else kwargs.get("threshold" if func in _THRESHOLDS else "min")
    second = args[2] if len(args) > 2 else kwargs.get("value" if func in _THRESHOLDS else "max")
    if not isinstance(first, (int, float)) or first != 0 or "out" in kwargs:
        return None
    if func in _THRESHOLDS:
        return (0.0, math.inf) if second == 0 else None
    if second is None:
        return 0.0, math.inf
    return (0.0, float(second)) if isinstance(second, (int, float)) and second > 0 else None


def _is_with_zeros(*values: object) -> bool:
    """Two tensors, of which the second is 0 everywhere and makes the first no larger."""
    match values:
        case (torch.Tensor() as first, torch.Tensor() as second) if not second.requires_grad:
            return (second.dim() == 0 or second.shape == first.shape) and not bool(second.any())
    return False


def writes_in_place(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether a rectifier (a function that has an `open_range`), called so, overwrites what goes in."""
    if func.__name__.endswith("_"):
        return True
    if func in _CLAMPS or func in _CLAMPS_FROM_BELOW or func in _MAXIMA:
        return False
    place = _PLACE_OF_INPLACE.get(func, 1)
    return bool(args[place] if len(args) > place else kwargs.get("inplace", False))


def rectifier_call(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[torch.Tensor, tuple[float, float], bool] | None:
    """What goes into a rectifier, where it is open, and whether it is overwritten; None for every other function.

    A network may go on with the tensor that it overwrote: whoever answers in a rectifier's place has to overwrite, too.
    """
    bounds = open_range(func, args, kwargs)
    values = args[0] if args else kwargs.get("input")
    if bounds is None or not isinstance(values, torch.Tensor):
        return None
    if values.dim() < (1 if func in RELUS or func in _CLAMPED else _LEAST_DIMENSIONS) or not values.is_floating_point():
        return None
    return values, bounds, writes_in_place(func, args, kwargs) and not (values.is_leaf and values.requires_grad)


def rectified(values: torch.Tensor, low: float, high: float, *, overwrites: bool) -> torch.Tensor:
    """What a rectifier that is open between `low` and `high` gives."""
    if math.isfinite(high):
        return functional.hardtanh(values, low, high, inplace=overwrites)
    return functional.relu(values, inplace=overwrites)


class _FixedNorm(torch.autograd.Function):
    """BatchNorm with remembered statistics, whose gradient is one product; torch's own takes several times as long."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  (torch's)
        values: torch.Tensor,
        compute: Callable[[torch.Tensor], torch.Tensor],
        running_var: torch.Tensor,
        weight: torch.Tensor | None,
        eps: float,
    ) -> torch.Tensor:
        ctx.save_for_backward(running_var, weight)
        ctx.eps, ctx.factor = eps, None
        return compute(values)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401  (torch's)
        (gradient,) = gradients
        # at the first of several backward passes; many a forward pass has none
        if ctx.factor is None:
            running_var, weight = ctx.saved_tensors
            ctx.factor = _factor(running_var, weight, ctx.eps, gradient)
        return gradient * ctx.factor, None, None, None, None


def _factor(running_var: torch.Tensor, weight: torch.Tensor | None, eps: float, gradient: torch.Tensor) -> torch.Tensor:
    factor = torch.rsqrt(running_var.float() + eps)
    if weight is not None:
        factor = factor * weight
    return factor.to(gradient.dtype).view(1, -1, *[1] * (gradient.dim() - 2))


def batch_norm(  # noqa: PLR0913  (torch's)
    input: torch.Tensor,
    running_mean: torch.Tensor | None,
    running_var: torch.Tensor | None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> torch.Tensor:
    """`torch.nn.functional.batch_norm` with the same arguments, and a faster gradient where only `input` has one."""

    def compute(values: torch.Tensor) -> torch.Tensor:
        return functional.batch_norm(values, running_mean, running_var, weight, bias, training, momentum, eps)

    wanted = (weight is not None and weight.requires_grad) or (bias is not None and bias.requires_grad)
    if training or running_var is None or not input.requires_grad or wanted:
        return compute(input)
    normalized: torch.Tensor = _FixedNorm.apply(input, compute, running_var, weight, eps)
    return normalized
