"""The networks measured: the bare loop that everything is compared with, and which layers are looked at."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from benchmarks.figures import Sample, rate
from deepvis.models.zoo import load_model
from deepvis.records import ModelRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.models.zoo import LoadedModel
    from deepvis.records import LayerInfo, ModelInfo

LEAST_FRAMES = 5

REQUESTS = {
    "efficientnet_lite0": ModelRequest("efficientnet_lite0"),
    "resnet50": ModelRequest("torchvision:resnet50", weights="random"),
    "vgg16": ModelRequest("torchvision:vgg16", weights="random"),
}


def request_for(name: str) -> ModelRequest:
    """The default network with its weights; any other one with random weights, which take the same time."""
    return REQUESTS.get(name) or ModelRequest(name, weights="random")


@dataclass(frozen=True)
class Bare:
    """`network(batch)` in a loop: nothing is looked at, nothing is drawn."""

    loaded: LoadedModel
    batches: list[torch.Tensor]

    def __call__(self, seconds: float) -> Sample:
        """Frames per second over so many seconds, in the calling thread, and processor time per frame."""
        stamps_s = [time.perf_counter()]
        before_s = time.process_time()
        with torch.inference_mode():
            while len(stamps_s) <= LEAST_FRAMES or stamps_s[-1] - stamps_s[0] < seconds:
                self.loaded.network(self.batches[len(stamps_s) % len(self.batches)])
                stamps_s.append(time.perf_counter())
        cpu_s = time.process_time() - before_s
        return {"fps": rate(stamps_s), "cpu_ms": 1000 * cpu_s / (len(stamps_s) - 1)}


def bare(name: str, pictures: list[NDArray[np.uint8]], memory_format: torch.memory_format) -> Bare:
    """The bare loop of a network, on frames that are prepared beforehand."""
    loaded = load_model(request_for(name))
    loaded.network.to(memory_format=memory_format)
    batches = [loaded.preprocessing.batch(picture).contiguous(memory_format=memory_format) for picture in pictures]
    return Bare(loaded, batches)


def layers_to_view(info: ModelInfo) -> dict[str, LayerInfo]:
    """Of the layers shown by default that have maps: the one with most activation values, and the last."""
    shown = [layer for layer in info.shown_layers() if layer.height * layer.width > 1]
    widest = max(shown, key=lambda layer: layer.units * layer.height * layer.width)
    return {"widest": widest, "deepest": shown[-1]}
