"""The BatchNorm-statistics prior (Yin et al. 2020, DeepInversion, arXiv 1912.08795), for each image by itself.

The network remembers mean and variance of every channel over natural pictures; a picture whose channels differ is
penalized. The paper takes statistics over a batch; here each image has its own, so that it does not depend on the
others.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

if TYPE_CHECKING:
    from types import TracebackType

    from torch.utils.hooks import RemovableHandle

_FIRST_LAYER = 10.0
"""Weight of the first one, as in the authors' code."""


class StatisticsPrior:
    """Hooks on the BatchNorm layers while a `with` lasts; only this thread's forward passes count."""

    def __init__(self, network: nn.Module) -> None:
        """Prepare; the network is not touched yet."""
        self._layers = [module for module in network.modules() if isinstance(module, _BatchNorm) and _remembers(module)]
        self._handles: list[RemovableHandle] = []
        self._thread = 0
        self._distances: list[torch.Tensor] = []

    @property
    def layers(self) -> int:
        """How many layers have statistics; 0 where the prior says nothing."""
        return len(self._layers)

    def __enter__(self) -> Self:
        self._thread = threading.get_ident()
        for layer in self._layers:
            self._handles.append(layer.register_forward_pre_hook(self._read))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._handles:
            self._handles.pop().remove()
        self._distances.clear()

    def take(self, batch: int) -> torch.Tensor:
        """Sum of the distances since the last call, `(batch,)`; zeros where no layer ran."""
        distances, self._distances = self._distances, []
        if not distances:
            return torch.zeros(batch)
        return distances[0] * _FIRST_LAYER + sum(distances[1:], torch.zeros_like(distances[0]))

    def _read(self, module: nn.Module, inputs: tuple[object, ...]) -> None:
        values = inputs[0] if inputs else None
        # the live view may run the same network in its own thread now
        if threading.get_ident() != self._thread or not isinstance(values, torch.Tensor) or values.dim() < 3:
            return
        if not isinstance(module, _BatchNorm) or module.running_mean is None or module.running_var is None:
            return
        mean, variance = moments(values.float())
        means = (mean - module.running_mean).norm(dim=1)
        self._distances.append(means + (variance - module.running_var).norm(dim=1))


class _Moments(torch.autograd.Function):
    """Mean and variance of every channel, with a gradient in one pass; torch's own takes several times as long."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: ANN401  (torch's)
        places = tuple(range(2, values.dim()))
        mean = values.mean(places)
        # a norm over the places of a channels-last tensor goes through it in strides: up to 30 times as slow as this
        variance = (values.square().mean(places) - mean.square()).clamp_min(0)
        ctx.save_for_backward(values, mean)
        return mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:  # noqa: ANN401  (torch's)
        values, mean = ctx.saved_tensors
        of_mean, of_variance = gradients
        count = values[0, 0].numel()
        slope = 2 / count * of_variance
        shape = (*mean.shape, *[1] * (values.dim() - 2))
        return torch.addcmul((of_mean / count - slope * mean).view(shape), slope.view(shape), values)


def moments(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance of every channel of every image: `(batch, channels, ...)` to `(batch, channels)` twice."""
    mean, variance = _Moments.apply(values)
    return mean, variance


def _remembers(module: nn.Module) -> bool:
    return module.running_mean is not None and module.running_var is not None
