"""One layer of a network with gradients down to the picture, and nothing beyond the layer."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import nn

from deepvis.models.errors import ModelError
from deepvis.models.graph_reader import GraphReader
from deepvis.models.layout import first_tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from deepvis.models.layers import LayerTap
    from deepvis.synthesis.gradient_flow import GradientFlow

SOFTMAX_MODULES = (nn.Softmax, nn.Softmax2d)


@dataclass(frozen=True, slots=True, eq=False)
class LayerValues:
    """What a layer gave.

    Attributes:
        maps: float32 `(batch, units, height, width)`; of the softmax layer what goes into the softmax.
        before: what went into the rectifier at the layer's end, same shape; `maps` themselves where there is none.
        rectified: there is one, or a function that falls before it rises.
        turn: where such a function begins to rise; None for a rectifier, which tells by what it gives.
        floor: its least value.
    """

    maps: torch.Tensor
    before: torch.Tensor
    rectified: bool
    turn: float | None = None
    floor: float = 0.0


@dataclass(slots=True, eq=False)
class _Taking:
    """Takes layers while the network runs."""

    flow: GradientFlow
    found: dict[str, LayerValues] = field(default_factory=dict)

    def take(self, tap: LayerTap, output: torch.Tensor) -> None:
        if tap.layout is None:
            return
        entrance = self.flow.before(output)
        kept = output.clone() if tap.overwritten else output
        maps = tap.layout.maps(kept).float()
        if entrance is None:
            self.found[tap.name] = LayerValues(maps, maps, rectified=False)
            return
        into = tap.layout.maps(entrance.values).float()
        self.found[tap.name] = LayerValues(maps, into, rectified=True, turn=entrance.turn, floor=entrance.floor)


class LayerReader:
    """Runs a network up to the layers wanted; hooks are on it only while `read` runs."""

    def __init__(self, network: nn.Module, taps: Sequence[LayerTap]) -> None:
        """Prepare for layers that `describe_layers` found, in any order; parameters need no gradients."""
        self._reader = GraphReader(network, taps)
        self._end = next((tap for tap in taps if not tap.module), None)
        self._own_softmax = _own_softmax(network) if self._end is not None else None

    def read(self, batch: torch.Tensor, flow: GradientFlow) -> dict[str, LayerValues]:
        """One forward pass.

        Args:
            batch: prepared pictures, `(batch, channels, height, width)`.
            flow: active mode that knows the rectifiers.

        Raises:
            ModelError: a layer did not run, or gave something else than it did when it was described.
        """
        taking = _Taking(flow)
        before_softmax: list[torch.Tensor] = []
        handles = []
        if self._own_softmax is not None:
            handles.append(self._own_softmax.register_forward_pre_hook(_collect(before_softmax, threading.get_ident())))
        try:
            output = self._reader.read(batch, taking.take)
        finally:
            for handle in handles:
                handle.remove()
            flow.forget()
        if self._end is not None:
            taking.found[self._end.name] = _logits(before_softmax[-1] if before_softmax else output)
        return taking.found


def _logits(output: torch.Tensor | None) -> LayerValues:
    if output is None or output.dim() != 2:
        raise ModelError("This network's output is not one number per class, so it has no classes to excite.")
    maps = output.float()[:, :, None, None]
    return LayerValues(maps, maps, rectified=False)


def _own_softmax(network: nn.Module) -> nn.Module | None:
    """The softmax a network ends in; classes are read before it."""
    leaves = [module for module in network.modules() if not any(module.children())]
    return leaves[-1] if leaves and isinstance(leaves[-1], SOFTMAX_MODULES) else None


def _collect(found: list[torch.Tensor], thread: int) -> Callable[[nn.Module, tuple[object, ...]], None]:
    def hook(_module: nn.Module, inputs: tuple[object, ...]) -> None:
        tensor = first_tensor(inputs)
        if tensor is not None and threading.get_ident() == thread:
            found.append(tensor)

    return hook
