"""How long pictures will take: as long as others of their layer took, or as the cost of a forward pass suggests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis.models.engine import Engine
    from deepvis.models.layers import LayerTap
    from deepvis.precompute.picture_request import PicturesRequest
    from deepvis.records import LayerInfo

_AT_ONCE = 4
"""Pictures in the timed forward pass."""
_PASSES = 3


class Estimate:
    """Seconds left, from what was measured in this run and the relative costs of the layers."""

    def __init__(self, costs: Mapping[str, float]) -> None:
        """Begin; `costs` of a picture by layer, in any unit."""
        self._costs = costs
        self._seconds: dict[str, float] = {}
        self._pictures: dict[str, float] = {}

    def add(self, layer: str, pictures: float, seconds: float) -> None:
        """So many pictures of a layer took so long."""
        self._seconds[layer] = self._seconds.get(layer, 0.0) + seconds
        self._pictures[layer] = self._pictures.get(layer, 0.0) + pictures

    def per_picture_s(self, layer: str) -> float | None:
        """Seconds of one picture of a layer; None while nothing was measured."""
        if self._pictures.get(layer):
            return self._seconds[layer] / self._pictures[layer]
        expected = sum(self._costs.get(name, 0.0) * count for name, count in self._pictures.items())
        if not expected:
            return None
        return self._costs.get(layer, 0.0) * sum(self._seconds.values()) / expected

    def left_s(self, remaining: Mapping[str, float]) -> float | None:
        """Seconds for so many pictures by layer; None while nothing was measured."""
        each = {layer: self.per_picture_s(layer) for layer in remaining}
        return sum((each[layer] or 0.0) * count for layer, count in remaining.items()) if any(each.values()) else None


def layer_costs(engine: Engine, layers: Sequence[LayerInfo], request: PicturesRequest) -> dict[str, float]:
    """Relative cost of a picture by layer: the time of forward passes up to it, times what the recipe does with it."""
    passes = _pass_seconds(engine, [layer.name for layer in layers])
    return {layer.name: _effort(request, layer) * passes[layer.name] for layer in layers}


def _effort(request: PicturesRequest, layer: LayerInfo) -> float:
    """Steps, times the number of pixels that the network sees."""
    recipe = request.recipe.for_layer(is_classes=layer.is_classes)
    coarse = 1 - recipe.coarse_part * (1 - recipe.coarse**2)
    return (request.steps or recipe.steps) * (request.size or recipe.size) ** 2 * coarse


def _pass_seconds(engine: Engine, layers: Sequence[str]) -> dict[str, float]:
    """Seconds from the beginning of a forward pass to each layer's end; the best of a few passes."""
    shape = engine.loaded.preprocessing
    pictures = torch.full((_AT_ONCE, shape.channels, *shape.input_size), 128, dtype=torch.uint8)
    found: dict[str, float] = {}
    for _ in range(_PASSES):
        started_s = time.perf_counter()

        def note(tap: LayerTap, _maps: torch.Tensor, started_s: float = started_s) -> None:
            if engine.device.type == "cuda":
                torch.cuda.synchronize()
            seconds = time.perf_counter() - started_s
            name = tap.info.name
            found[name] = min(seconds, found.get(name, seconds))

        engine.stream(pictures, layers, note)
    return found
