"""What people write today: one picture at a time, a hook on every module, the whole network at every step.

The settings are Lucent's defaults: Fourier pixels of 128 x 128 in decorrelated colors, its five transforms, enlarged
to the network's input, Adam with a rate of 0.05, 512 steps, the mean of the unit's map. They are those of the recipe
`distill`; the loop around them is this one.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from deepvis.evaluation.making import Made
from deepvis.models.layout import first_tensor
from deepvis.synthesis.climb import as_bytes
from deepvis.synthesis.draws import Draws
from deepvis.synthesis.keeping import picture_seeds
from deepvis.synthesis.natural_images import NaturalStatistics
from deepvis.synthesis.parametrizations.protocol import Canvas
from deepvis.synthesis.parametrizations.table import PARAMETRIZATIONS
from deepvis.synthesis.recipes import recipe_named
from deepvis.synthesis.transforms import TRANSFORMS, Chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.models.engine import Engine
    from deepvis.records import LayerInfo

NAME = "Lucent's defaults"
_RECIPE = recipe_named("distill")
_RATE = 0.05
_GRAY = (0.5, 0.5, 0.5)


class PlainMaker:
    """Makes pictures one by one in a plain loop."""

    name = NAME
    size = _RECIPE.size
    batch_size = 1

    def __init__(self, engine: Engine, steps: int = _RECIPE.steps) -> None:
        self._engine, self._steps = engine, steps
        self._side = engine.loaded.preprocessing.input_size

    def key(self) -> str:
        """The steps and the weights are all that can differ."""
        return f"plain-{self._steps}-{self._engine.loaded.weights_sha256[:12]}"

    def cost(self, _layer: LayerInfo) -> float:
        """Pixels that the network sees."""
        return float(self._steps * self._side[0] * self._side[1])

    def make(
        self, layer: LayerInfo, units: Sequence[int], numbers: Sequence[int], tell: Callable[[float], None]
    ) -> list[Made]:
        """One after the other."""
        seeds = picture_seeds(layer.name, units, numbers)
        return [self._picture(layer, unit, seed, tell) for unit, seed in zip(units, seeds, strict=True)]

    def _picture(self, layer: LayerInfo, unit: int, seed: int, tell: Callable[[float], None]) -> Made:
        begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
        rgb = self._ascend(self._engine.taps[layer.name].module, unit, seed, tell)
        return Made(rgb, time.perf_counter() - begun_s, time.process_time() - begun_cpu_s)

    def _ascend(self, module: str, unit: int, seed: int, tell: Callable[[float], None]) -> NDArray[np.uint8]:
        network, device = self._engine.loaded.network, self._engine.device
        draws = Draws([seed], device)
        canvas = Canvas(self.size, self.size, draws, _GRAY, NaturalStatistics.built_in(), device, None)
        pictures = PARAMETRIZATIONS.build(_RECIPE.parametrization, canvas=canvas)
        chain = Chain([TRANSFORMS.build(part) for part in _RECIPE.transforms], str(_RECIPE.fill))
        optimizer = torch.optim.Adam(pictures.variables, lr=_RATE)
        with _every_output(network) as outputs:
            for step in range(self._steps):
                optimizer.zero_grad()
                network(self._normalized(chain(pictures.images(), draws, self._side)))
                (-outputs[module][:, unit].mean()).backward()
                optimizer.step()
                tell((step + 1) / self._steps)
        with torch.no_grad():
            return as_bytes(pictures.images())[0]

    def _normalized(self, seen: torch.Tensor) -> torch.Tensor:
        shape = self._engine.loaded.preprocessing
        mean, std = (torch.tensor(values, device=seen.device).view(1, -1, 1, 1) for values in (shape.mean, shape.std))
        return (seen - mean) / std


@contextmanager
def _every_output(network: torch.nn.Module) -> Iterator[dict[str, torch.Tensor]]:
    """Outputs of all modules in the latest pass, by name; the hooks are gone in the end."""
    outputs: dict[str, torch.Tensor] = {}

    def keeper(name: str) -> Callable[[torch.nn.Module, object, object], None]:
        def keep(_module: torch.nn.Module, _inputs: object, output: object) -> None:
            outputs[name] = first_tensor(output)

        return keep

    handles = [module.register_forward_hook(keeper(name)) for name, module in network.named_modules()]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()
