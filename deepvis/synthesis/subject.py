"""The network an ascent looks at: how it is fed, and what its layers say about a batch of pictures."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis.models.engine import DTYPES
from deepvis.models.errors import ModelError
from deepvis.records import SOFTMAX
from deepvis.synthesis.forward import LayerReader, LayerValues

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from torch import nn

    from deepvis.models.engine import Engine
    from deepvis.models.layers import LayerTap
    from deepvis.records import LayerInfo
    from deepvis.synthesis.gradient_flow import GradientFlow

_LUMA = (0.299, 0.587, 0.114)


class Subject:
    """A network, one layer whose units are wanted, and others that an objective reads.

    Attributes:
        network: on the device of the engine; never changed.
        tap: the layer wanted.
        layers: all layers of the network, in order of execution.
        device: where everything is computed.
        input_size: `(height, width)` of what the network is fed; set by `choose_input_size`.
        any_size: the network may be fed with other sizes, too; set by `choose_input_size`.
        mean: of the network's inputs per color, in 0..1: gray to the network.
    """

    def __init__(self, engine: Engine, layer: str, others: frozenset[str], autocast: torch.dtype | None) -> None:
        """Find the layers.

        Raises:
            ModelError: there is no such layer, or it cannot be shown.
        """
        self.network: nn.Module = engine.loaded.network
        self.device = engine.device
        self.tap = _tap(engine, layer)
        self.layers = layer_infos(engine)
        self._preprocessing = engine.loaded.preprocessing
        self._autocast = autocast
        self._dtype = DTYPES[engine.precision]
        self._format = _memory_format(self.network)
        self._reader = LayerReader(self.network, [self.tap, *(_tap(engine, name) for name in others - {layer})])
        self.input_size = self._preprocessing.input_size
        self.any_size = False
        mean = self._preprocessing.mean if self._preprocessing.channels == 3 else self._preprocessing.mean * 3
        red, green, blue = (min(1.0, max(0.0, value)) for value in mean)
        self.mean = (red, green, blue)

    @property
    def units(self) -> int:
        """Units of the layer."""
        return self.tap.info.units

    @property
    def is_classes(self) -> bool:
        """The layer's units are classes."""
        return self.tap.info.is_classes or self.tap.name == SOFTMAX

    def read(self, pictures: torch.Tensor, flow: GradientFlow) -> dict[str, LayerValues]:
        """What the layers give for pictures, `(batch, 3, *input_size)` in 0..1, differentiable."""
        with self._precision(), flow:
            return self._reader.read(self._prepared(pictures), flow)

    def choose_input_size(self, size: int, parts: Iterable[float], flow: GradientFlow) -> None:
        """Feed the network with pictures of `size` where it runs on them, else of the size that it wants.

        Args:
            size: height and width of the pictures.
            parts: of that size, at which the network will also be asked to see them; 1 is the size itself.
            flow: for the forward passes that find out.

        Networks without a fixed head run at any size, which is faster at a small one. Others refuse, each with an error
        of its own; then, or where the layer has other units than at the usual size, pictures are resized.
        """
        wanted = self._preprocessing.input_size
        self.input_size = (size, size) if (size, size) == wanted or self._runs_at((size, size), flow) else wanted
        others = {part for part in parts if part != 1}
        self.any_size = bool(others) and all(self._runs_at(self.part_of(part), flow) for part in others)

    def part_of(self, part: float) -> tuple[int, int]:
        """`(height, width)` of a part of the size at which the network is fed."""
        height, width = self.input_size
        return (max(1, round(part * height)), max(1, round(part * width)))

    def _runs_at(self, size: tuple[int, int], flow: GradientFlow) -> bool:
        try:
            with torch.no_grad():
                values = self.read(torch.full((1, 3, *size), 0.5, device=self.device), flow)[self.tap.name]
        except torch.OutOfMemoryError:
            raise
        except Exception:  # noqa: BLE001  (the network may be the person's own code: a wrong size may raise anything)
            return False
        return values.maps.shape[1] == self.units and _has_places(values)

    def resized(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures at the size the network is fed with."""
        if pictures.shape[2:] == self.input_size:
            return pictures
        return functional.interpolate(pictures, self.input_size, mode="bilinear", antialias=True)

    def at_usual_size(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures at the size that the network wants photographs to have."""
        return functional.interpolate(pictures, self._preprocessing.input_size, mode="bilinear", antialias=True)

    def _prepared(self, pictures: torch.Tensor) -> torch.Tensor:
        shape = self._preprocessing
        if shape.channels == 1:
            weights = torch.tensor(_LUMA, device=pictures.device).view(1, 3, 1, 1)
            pictures = (pictures * weights).sum(1, keepdim=True)
        mean = torch.tensor(shape.mean, device=pictures.device).view(-1, 1, 1)
        std = torch.tensor(shape.std, device=pictures.device).view(-1, 1, 1)
        return ((pictures - mean) / std).to(self._dtype).contiguous(memory_format=self._format)

    def _precision(self) -> AbstractContextManager[object]:
        return nullcontext() if self._autocast is None else torch.autocast(self.device.type, self._autocast)


def layer_infos(engine: Engine) -> tuple[LayerInfo, ...]:
    """All layers of an engine's network, in order of execution."""
    return tuple(tap.info for tap in engine.taps.values())


def _tap(engine: Engine, layer: str) -> LayerTap:
    try:
        tap = engine.taps[layer]
    except KeyError:
        raise ModelError(f"{engine.loaded.name} has no layer '{layer}'; choose one from its layer list.") from None
    if tap.layout is None:
        raise ModelError(f"The layer '{layer}' cannot be shown: {tap.info.reason}")
    return tap


def _has_places(values: LayerValues) -> bool:
    return values.maps.shape[2] > 0 and values.maps.shape[3] > 0


def _memory_format(network: nn.Module) -> torch.memory_format:
    """The order in which the network's convolutions keep their weights; what they are fed should be in the same."""
    for parameter in network.parameters():
        if parameter.dim() == 4 and not parameter.is_contiguous():
            return torch.channels_last
    return torch.contiguous_format
