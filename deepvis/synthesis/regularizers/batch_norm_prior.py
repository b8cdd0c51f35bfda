"""The BatchNorm-statistics prior (Yin et al. 2020, DeepInversion, arXiv 1912.08795), for each image by itself.

The network remembers mean and variance of every channel over natural pictures; a picture whose channels differ is
penalized. The paper takes statistics over a batch; here each image has its own, so that it does not depend on the
others.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

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
        variance, mean = torch.var_mean(values.float().flatten(2), 2, correction=0)
        means = (mean - module.running_mean).norm(dim=1)
        self._distances.append(means + (variance - module.running_var).norm(dim=1))


def _remembers(module: nn.Module) -> bool:
    return module.running_mean is not None and module.running_var is not None
