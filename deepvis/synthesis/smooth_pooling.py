"""Max-pooling whose gradient reaches every pixel of a window: values stay, the way back is smoother.

The gradient of max-pooling goes to the largest pixel of a window alone, and jumps when another one becomes the largest:
synthesized pictures get a checkered grain from it. Lucid's override sends it back as through the mean of squares over
the mean of sizes, a soft maximum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_POOLINGS = (functional.max_pool2d, torch.max_pool2d)
"""The module arrives as the first of these; the variant that also gives places has a name of its own."""
_PLAIN = (1, (1, 1), [1, 1])
_NAMES = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode")


def smoothed(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], epsilon: float
) -> torch.Tensor | None:
    """What a two-dimensional max-pooling gives, with the smooth gradient.

    Args:
        func: a function of torch that is about to be called.
        args: its arguments.
        kwargs: its named arguments.
        epsilon: keeps the gradient finite where a window is all zero.

    Returns:
        The pooled maps; None for every other function, and for a pooling with holes (`dilation`), which has no mean
        over the same pixels.
    """
    if func not in _POOLINGS or kwargs.get("return_indices"):
        return None
    given = dict(zip(_NAMES, args, strict=False)) | dict(kwargs)
    values: torch.Tensor = given["input"]
    if given.get("dilation", 1) not in _PLAIN or not values.requires_grad:
        return None
    stride = given.get("stride") or given["kernel_size"]  # an empty stride is the window's size
    rest = {"stride": stride, "padding": given.get("padding", 0), "ceil_mode": given.get("ceil_mode", False)}

    def mean(of: torch.Tensor) -> torch.Tensor:
        return functional.avg_pool2d(of, given["kernel_size"], **rest)

    soft = mean(values.square()) / (epsilon + mean(values.abs()))
    pooled: torch.Tensor = functional.max_pool2d(values.detach(), given["kernel_size"], **rest)
    return pooled + (soft - soft.detach())
