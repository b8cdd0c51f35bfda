"""Everything that is measured of one network: the worker, the window, and what people write today, each beside bare."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.figures import interleaved, ratios, spreads
from benchmarks.hooks_everywhere import hooked
from benchmarks.networks import bare, layers_to_view
from benchmarks.painting import paint_arms
from benchmarks.window import shown
from benchmarks.worker import headless

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.figures import Sample
    from deepvis.records import LayerInfo

Values = dict[str, Any]

SOURCE_OVER_BARE = 2.0
LEAST_SOURCE_FPS = 60.0


@dataclass(frozen=True)
class Plan:
    """How to measure.

    Attributes:
        networks: names.
        layers: which of `widest` and `deepest`.
        seconds: length of one stretch of one arm.
        repetitions: stretches per arm.
        threads: of torch.
    """

    networks: tuple[str, ...]
    layers: tuple[str, ...]
    seconds: float
    repetitions: int
    threads: int


class NetworkMeasurement:
    """One network under one plan; the results are lists of plain values, one entry per layer."""

    def __init__(self, name: str, pictures: list[NDArray[np.uint8]], plan: Plan, say: Callable[[str], None]) -> None:
        self._name = name
        self._pictures = pictures
        self._plan = plan
        self._say = say
        self._bare = bare(name, pictures, torch.contiguous_format)
        self._fps = max(LEAST_SOURCE_FPS, SOURCE_OVER_BARE * self._bare(plan.seconds)["fps"])

    def views(self) -> list[Values]:
        """Measure; every entry names its layer and holds `worker`, `window` and `hooks`."""
        layers, worker = self._worker()
        window, hooks = self._window(layers), self._hooks(layers)
        return [
            {
                "network": self._name,
                "which": which,
                "layer": layer.name,
                "shape": layer.shape_text,
                "units": layer.units,
                "worker": worker[which],
                "window": window[which],
                "hooks": hooks[which],
            }
            for which, layer in layers.items()
        ]

    def _worker(self) -> tuple[dict[str, LayerInfo], dict[str, Values]]:
        fast = bare(self._name, self._pictures, torch.channels_last)
        results = {}
        with headless(self._name, self._pictures, fps=self._fps, threads=self._plan.threads) as run:
            layers = {which: layer for which, layer in layers_to_view(run.info).items() if which in self._plan.layers}
            for which, layer in layers.items():
                run.view(layer.name)
                samples = self._compared({"bare_channels_last": fast, "worker": run}, f"worker at {layer.name}")
                results[which] = {
                    "fps": {arm: asdict(spreads(found)["fps"]) for arm, found in samples.items()},
                    "cpu_ms": {arm: asdict(spreads(found)["cpu_ms"]) for arm, found in samples.items()},
                    "worker_over_bare": asdict(ratios(samples, "worker", "bare")),
                    "worker_over_channels_last": asdict(ratios(samples, "worker", "bare_channels_last")),
                    "bare_cpu_over_worker_cpu": asdict(ratios(samples, "bare", "worker", "cpu_ms")),
                }
        return layers, results

    def _window(self, layers: dict[str, LayerInfo]) -> dict[str, Values]:
        results = {}
        with shown(self._name, self._pictures, fps=self._fps, threads=self._plan.threads) as run:
            for which, layer in layers.items():
                run.view(layer.name)
                results[which] = self._over_bare("window", run, layer)
        return results

    def _hooks(self, layers: dict[str, LayerInfo]) -> dict[str, Values]:
        results = {}
        for which, layer in layers.items():
            with hooked(self._bare, layer, self._plan.threads) as run:
                results[which] = self._over_bare("hooks", run, layer)
        return results

    def _over_bare(self, arm: str, run: Callable[[float], Sample], layer: LayerInfo) -> Values:
        samples = self._compared({arm: run}, f"{arm} at {layer.name}")
        return {
            "bare_fps": asdict(spreads(samples["bare"])["fps"]),
            "figures": {name: asdict(figure) for name, figure in spreads(samples[arm]).items()},
            f"{arm}_over_bare": asdict(ratios(samples, arm, "bare")),
        }

    def _compared(self, arms: dict[str, Callable[[float], Sample]], what: str) -> dict[str, list[Sample]]:
        self._say(f"{self._name}: bare loop and {what}")
        return interleaved({"bare": self._bare, **arms}, self._plan.seconds, self._plan.repetitions)


def measure_paint(plan: Plan) -> Values:
    """Paint time of both widgets, and how many times longer the ImageItem takes."""
    samples = interleaved(paint_arms(), plan.seconds, plan.repetitions)
    values: Values = {
        arm: {name: asdict(figure) for name, figure in spreads(found).items()} for arm, found in samples.items()
    }
    pane, item = samples["pane"], samples["image_item"]
    values["image_item_over_pane"] = asdict(ratios({"pane": pane, "item": item}, "item", "pane", "paint_ms"))
    return values
