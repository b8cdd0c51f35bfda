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


def open_range(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[float, float] | None:
    """Range in which a rectifier (ReLU, ReLU6, hardtanh) is open; None for every other function."""
    if func in RELUS:
        return 0.0, math.inf
    if func is functional.relu6:
        return 0.0, 6.0
    if func in _CLAMPED:
        low = args[1] if len(args) > 1 else kwargs.get("min_val", -1.0)
        high = args[2] if len(args) > 2 else kwargs.get("max_val", 1.0)
        return float(low), float(high)
    return None


class _FixedNorm(torch.autograd.Function):
    """BatchNorm with remembered statistics, whose gradient is one product; torch's own takes several times as long."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, factor: torch.Tensor, *rest: Any) -> torch.Tensor:  # noqa: ANN401  (torch's)
        ctx.save_for_backward(factor)
        return functional.batch_norm(values, *rest)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401  (torch's)
        (factor,) = ctx.saved_tensors
        return gradients[0] * factor, None, *[None] * 7


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
    wanted = any(tensor is not None and tensor.requires_grad for tensor in (weight, bias))
    rest = (running_mean, running_var, weight, bias, training, momentum, eps)
    if training or running_var is None or not input.requires_grad or wanted:
        return functional.batch_norm(input, *rest)
    factor = torch.rsqrt(running_var.float() + eps)
    if weight is not None:
        factor = factor * weight
    shape = (1, -1, *[1] * (input.dim() - 2))
    normalized: torch.Tensor = _FixedNorm.apply(input, factor.to(input.dtype).view(shape), *rest)
    return normalized
