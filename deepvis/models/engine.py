"""A loaded network, ready to be asked for a layer: on its device, in its precision, with its layers described."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from deepvis.models.errors import ModelError
from deepvis.models.layers import LayerTap, describe_layers
from deepvis.models.own_model import is_own
from deepvis.models.pair_layers import with_pairs
from deepvis.models.probe import Activations, Probe
from deepvis.models.zoo import load_model
from deepvis.records import SOFTMAX, ModelInfo, Precision, Prediction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.models.preprocess import Preprocessing
    from deepvis.models.zoo import LoadedModel
    from deepvis.records import ModelRequest

log = logging.getLogger(__name__)

TOP = 5

USUAL_SIZES = (32, 28, 64, 48, 96, 128, 160, 192, 227, 240, 256, 288, 299, 320, 384, 448, 480, 512)
"""Sides tried for a person's own network that does not run at 224."""

DTYPES = {
    Precision.FLOAT32: torch.float32,
    Precision.FLOAT16: torch.float16,
    Precision.BFLOAT16: torch.bfloat16,
}


@dataclass(frozen=True, eq=False)
class EngineAnswer:
    """One forward pass: a layer's activations, and the predictions where the pass went to the end.

    Attributes:
        activations: of the layer.
        predictions: the first ones.
        complete: the pass went to the end.
        forward_ms: what it took.
        logits: the network's output as it is, `(classes,)`; None where the pass stopped early or it is no vector.
        probabilities: its softmax in float32, `(classes,)`; None where logits are None.
    """

    activations: Activations
    predictions: tuple[Prediction, ...]
    complete: bool
    forward_ms: float
    logits: torch.Tensor | None = None
    probabilities: torch.Tensor | None = None


class Engine:
    """One network and what is known of it. The inference thread owns it once it is handed over.

    Attributes:
        loaded: the model.
        taps: by layer name.
        device: where the weights are.
        precision: what they are stored in.
        boxes: receptive boxes in network input pixels by layer name, int32 `(4, height, width)`; filled in later.
    """

    def __init__(self, loaded: LoadedModel, taps: tuple[LayerTap, ...]) -> None:
        self.loaded = loaded
        self.taps = {tap.info.name: tap for tap in taps}
        self.device = torch.device("cpu")
        self.precision = Precision.FLOAT32
        self.boxes: dict[str, NDArray[np.int32] | None] = {}
        self._likes_channels_last = False
        self._probe = Probe(loaded.network, taps)
        self._parameters = sum(parameter.numel() for parameter in loaded.network.parameters())

    @property
    def classes(self) -> int:
        """Number of classes the network answers with, 0 where its output is no list of classes."""
        tap = self.taps.get(SOFTMAX)
        return 0 if tap is None else tap.info.units

    def info(self) -> ModelInfo:
        """What the window may know."""
        shape = self.loaded.preprocessing
        return ModelInfo(
            self.loaded.name,
            tuple(tap.info for tap in self.taps.values()),
            self.loaded.labels,
            (shape.channels, *shape.input_size),
            self.loaded.weights,
            self._parameters,
            str(self.device),
            self.precision,
            self.loaded.weights_sha256,
            shape.identity(),
            shape.pictures,
        )

    def move(self, device: torch.device, precision: Precision) -> None:
        """Put the weights on a device in a precision.

        Raises:
            RuntimeError: as torch raises it; the weights are then back where they were.
        """
        before = (self.device, self.precision)
        try:
            self._place(device, precision)
        except RuntimeError:
            self._place(*before)
            raise

    def prefer_channels_last(self) -> None:
        """Store weights channels-last where the network still runs so: convolutions are faster."""
        self._likes_channels_last = True
        try:
            self._place(self.device, self.precision)
            with torch.inference_mode():
                self.loaded.network(self._dummy().contiguous(memory_format=self._memory_format))
        except Exception:  # the network is the person's own code: anything may come out of it
            log.info("%s does not run channels-last", self.loaded.name, exc_info=True)
            self._likes_channels_last = False
            self._place(self.device, self.precision)

    def feed_like(self, other: Engine) -> None:
        """Feed the network in the memory order in which another engine feeds its own."""
        self._likes_channels_last = other._likes_channels_last

    def ask(self, picture: torch.Tensor, layer: str, *, to_the_end: bool, beside: str = "") -> EngineAnswer:
        """Run the network on one prepared picture, or on two that go in at once.

        Args:
            picture: uint8 `(channels, height, width)` on the host, from `Preprocessing.prepare`.
            layer: name of the layer wanted.
            to_the_end: also the predictions; otherwise the pass stops after the layer.
            beside: a layer of the same shape, whose maps come at the left of the layer's; tokens are left out then.
        """
        started_s = time.perf_counter()
        taps = [self.taps[name] for name in (beside, layer) if name]
        batch = self.batch(picture)
        with torch.inference_mode():
            answer = self._probe.run(batch, taps, to_the_end=to_the_end)
            predictions = self.predictions(answer.probabilities) if to_the_end else ()
        if self.device.type != "cpu":
            torch.accelerator.synchronize()
        milliseconds = (time.perf_counter() - started_s) * 1000
        found = [planar(answer.activations[tap.name]) for tap in taps]
        maps = found[0] if len(found) == 1 else Activations(torch.cat([each.maps for each in found], dim=2))
        return EngineAnswer(maps, predictions, to_the_end, milliseconds, answer.logits, answer.probabilities)

    def stream(
        self, pictures: torch.Tensor, layers: Sequence[str], consume: Callable[[LayerTap, torch.Tensor], None]
    ) -> None:
        """Run the network on many prepared pictures and hand over every layer's maps while it runs.

        Args:
            pictures: uint8 `(pictures, channels, height, width)` on the host, from `Preprocessing.prepare`.
            layers: names of the layers wanted.
            consume: as in `Probe.stream`.
        """
        batch = self.batch(pictures)
        with torch.inference_mode():
            self._probe.stream(batch, [self.taps[name] for name in layers], consume)

    def batch(self, pictures: torch.Tensor) -> torch.Tensor:
        """What the network is fed: `(pictures, channels, height, width)` on its device, in its precision.

        Args:
            pictures: uint8 `(channels, height, width)` or many of them, on the host, from `Preprocessing.prepare`.
        """
        return self.in_order(self.loaded.preprocessing.normalize(pictures, self.device, DTYPES[self.precision]))

    def in_order(self, batch: torch.Tensor) -> torch.Tensor:
        """The same values in the memory order that the network likes."""
        return batch.contiguous(memory_format=self._memory_format)

    def predictions(self, probabilities: torch.Tensor | None) -> tuple[Prediction, ...]:
        """The first answers, best first; none where there are no probabilities, `(classes,)`."""
        if probabilities is None:
            return ()
        values, indices = probabilities.flatten().float().topk(min(TOP, probabilities.numel()))
        # as many labels as classes, or they belong to another network
        labels = self.loaded.labels if len(self.loaded.labels) == probabilities.numel() else ()
        pairs = zip(indices.tolist(), values.tolist(), strict=True)
        return tuple(Prediction(i, labels[i] if i < len(labels) else f"class {i}", value) for i, value in pairs)

    def _place(self, device: torch.device, precision: Precision) -> None:
        self.device, self.precision = device, precision
        self.loaded.network.to(device=device, dtype=DTYPES[precision])
        self.loaded.network.to(memory_format=self._memory_format)

    @property
    def _memory_format(self) -> torch.memory_format:
        # on Apple's GPUs several operations are wrong or slow on channels-last tensors
        usable = self._likes_channels_last and self.device.type != "mps"
        return torch.channels_last if usable else torch.contiguous_format

    def _dummy(self) -> torch.Tensor:
        shape = self.loaded.preprocessing
        return torch.zeros(1, shape.input_channels, *shape.input_size)


def planar(activations: Activations) -> Activations:
    """Maps one after the other in memory: read unit by unit they are several times faster than channels-last ones."""
    maps = activations.maps
    # flat, because torch transposes two dimensions several times faster than three
    return replace(activations, maps=maps.flatten(1).contiguous().view(maps.shape))


def build_engine(
    request: ModelRequest,
    *,
    progress: Callable[[str, float | None], None],
    canceled: Callable[[], bool],
) -> Engine:
    """Load a model and look at its layers.

    Raises:
        ModelError: a sentence for the person.
        Canceled: `canceled` became true on the way.
    """
    loaded = load_model(request, progress=progress, canceled=canceled)
    progress(f"Reading the layers of {loaded.name}", None)
    engine = Engine(*_described(loaded, request))
    engine.prefer_channels_last()
    return engine


def _described(loaded: LoadedModel, request: ModelRequest) -> tuple[LoadedModel, tuple[LayerTap, ...]]:
    """The layers, and the model with the input size they were found at.

    A person's own network cannot be asked for its input size: the first usual one that it runs on is taken.
    """
    shape = loaded.preprocessing
    guessed = is_own(request.name) and request.input_size is None
    usual = [(side, side) for side in USUAL_SIZES] if guessed else []
    faults: list[Exception] = []
    for size in (shape.input_size, *usual):
        try:
            taps = describe_layers(
                loaded.network,
                _noise(shape, size),
                labels=loaded.labels,
                emits_probabilities=loaded.emits_probabilities,
            )
            if shape.pictures > 1:
                taps = with_pairs(loaded.network, _noise(shape, size), taps)
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001  (the person's own code: a wrong size may raise anything)
            faults.append(error)
        else:
            return replace(loaded, preprocessing=replace(shape, input_size=size)), taps
    raise ModelError(_does_not_run(loaded, request, faults[0])) from faults[0]


def _noise(shape: Preprocessing, size: tuple[int, int]) -> torch.Tensor:
    """Not zeros: a network that divides by its own statistics must not meet a constant picture."""
    return torch.randn(1, shape.input_channels, *size, generator=torch.Generator().manual_seed(0))


def _does_not_run(loaded: LoadedModel, request: ModelRequest, error: Exception) -> str:
    height, width = loaded.preprocessing.input_size
    what = f"{loaded.name} does not run on a {height}×{width} input"
    remedy = "Is the input size right?" if request.input_size else "Give another input size, if that is the reason."
    return f"{what}: {type(error).__name__}: {error}. {remedy}"
