"""How long pictures will take: as long as others of their layer took, or as a few steps of each layer suggest."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from deepvis.models.errors import Canceled
from deepvis.synthesis.ascent import ascend
from deepvis.synthesis.synthesis import SynthesisRequest, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deepvis.models.engine import Engine
    from deepvis.records import LayerInfo
    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.synthesis import Materials

_TRIED_STEPS = 3
_TRIED_PICTURES = 2


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


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A few steps of a layer's ascent.

    Attributes:
        engine: the network.
        recipe: of the pictures.
        materials: that it may need.
        size: of the pictures; None: the recipe's.
        stopped: nobody wants to know any more.
    """

    engine: Engine
    recipe: Recipe
    materials: Materials
    size: int | None
    stopped: Callable[[], bool]

    def costs(self, layers: Sequence[LayerInfo]) -> dict[str, float]:
        """Seconds that a picture of each layer would take in a small batch.

        A layer that cannot be tried costs what the others do on average; the run will say what is wrong with it.
        """
        tried = {layer.name: self._cost_s(layer) for layer in layers}
        known = [seconds for seconds in tried.values() if seconds is not None]
        usual = sum(known) / len(known) if known else 1.0
        return {name: usual if seconds is None else seconds for name, seconds in tried.items()}

    def _cost_s(self, layer: LayerInfo) -> float | None:
        marks: list[float] = []

        def enough() -> bool:
            marks.append(time.perf_counter())
            return len(marks) > _TRIED_STEPS or self.stopped()

        units = (0,) * _TRIED_PICTURES
        request = SynthesisRequest(layer.name, units, units, self.recipe, self.size)
        try:
            ascend(self.engine, request, self.materials, Watch(canceled=enough))
        except Canceled:
            pass
        except Exception:  # noqa: BLE001  (only an estimate, and the network may be the person's own code)
            return None
        own = self.recipe.for_layer(is_classes=layer.is_classes)
        # the first steps are the coarse ones
        finer = own.coarse_part + (1 - own.coarse_part) / own.coarse**2
        # the first step also warms up
        steps = [later - earlier for earlier, later in pairwise(marks[1:])]
        return own.steps * finer * min(steps) / _TRIED_PICTURES if steps else None
