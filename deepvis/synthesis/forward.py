"""One layer of a network with gradients down to the picture, and nothing beyond the layer."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis.models.errors import ModelError
from deepvis.models.forward_pass import ForwardPass, Stop
from deepvis.models.layout import first_tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis.models.layers import LayerTap
    from deepvis.synthesis.gradient_flow import GradientFlow

SOFTMAX_MODULES = (nn.Softmax, nn.Softmax2d)


@dataclass(frozen=True, slots=True, eq=False)
class LayerValues:
    """What a layer gave.

    Attributes:
        maps: float32 `(batch, units, height, width)`; of the softmax layer what goes into the softmax.
        before: what went into the rectifier at the layer's end, same shape; `maps` themselves where there is none.
        rectified: there is one.
    """

    maps: torch.Tensor
    before: torch.Tensor
    rectified: bool


class LayerReader:
    """Runs a network up to the layers wanted; hooks are on it only while `read` runs."""

    def __init__(self, network: nn.Module, taps: Sequence[LayerTap]) -> None:
        """Prepare for layers that `describe_layers` found, in any order; parameters need no gradients."""
        modules = dict(network.named_modules())
        self._inner = [tap for tap in taps if tap.module]
        self._modules = {tap.module: modules[tap.module] for tap in self._inner}
        self._end = next((tap for tap in taps if not tap.module), None)
        self._own_softmax = _own_softmax(network) if self._end is not None else None
        self._network = network

    def read(self, batch: torch.Tensor, flow: GradientFlow) -> dict[str, LayerValues]:
        """One forward pass.

        Args:
            batch: prepared pictures, `(batch, channels, height, width)`.
            flow: active mode that knows the rectifiers.

        Raises:
            ModelError: a layer did not run, or gave something else than it did when it was described.
        """
        found: dict[str, LayerValues] = {}

        def keep(tap: LayerTap, output: object) -> None:
            found[tap.name] = _values(tap, first_tensor(output), flow)

        run = ForwardPass({(tap.module, tap.call): tap for tap in self._inner}, self._end is None, keep)
        before_softmax: list[torch.Tensor] = []
        handles = [module.register_forward_hook(run.hook(name)) for name, module in self._modules.items()]
        if self._own_softmax is not None:
            handles.append(self._own_softmax.register_forward_pre_hook(_collect(before_softmax, run.thread)))
        try:
            output = first_tensor(self._network(batch))
        except Stop:
            output = None
        finally:
            for handle in handles:
                handle.remove()
            flow.forget()
        if run.missing:
            name = next(iter(run.missing.values())).name
            raise ModelError(f"The layer '{name}' did not run: the network took another way. Choose another layer.")
        if self._end is not None:
            found[self._end.name] = _logits(before_softmax[-1] if before_softmax else output)
        return found


def _values(tap: LayerTap, output: torch.Tensor | None, flow: GradientFlow) -> LayerValues:
    if tap.layout is None or output is None:
        raise ModelError(f"The layer '{tap.name}' cannot be shown: {tap.info.reason or 'it gave no tensor this time.'}")
    before = flow.before_rectifier(output)
    kept = output.clone() if tap.overwritten else output
    maps = tap.layout.maps(kept).float()
    if before is None:
        return LayerValues(maps, maps, rectified=False)
    return LayerValues(maps, tap.layout.maps(before).float(), rectified=True)


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
