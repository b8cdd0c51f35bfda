"""Independent networks that say what class pictures show: what a picture is of does not depend on one network."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.evaluation.errors import EvaluationError
from deepvis.models.errors import ModelError
from deepvis.models.zoo import check_name, load_model
from deepvis.records import ModelRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from deepvis.models.zoo import LoadedModel

BATCH = 16
TOP = 5
_LEAST_SHARED = 64
"""Elements of a tensor that two networks do not have alike by chance."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a judge says of one picture that was made for a class.

    Attributes:
        probability: that it shows the class, 0..1.
        rank: classes that are likelier; 0: the judge puts the picture into the class.
        label: the likeliest class.
        label_probability: of that one, 0..1.
    """

    probability: float
    rank: int
    label: str
    label_probability: float


class Judge:
    """A network that was not visualized.

    Attributes:
        name: the model's key.
        loaded: the model.
    """

    def __init__(self, loaded: LoadedModel, device: torch.device | str = "cpu") -> None:
        """Take a model over; pictures are shown to it whole, resized with antialiasing to the size it wants."""
        self.name = loaded.name
        self.loaded = loaded
        self._device = device
        self._network = loaded.network.to(device=device)
        # synthesized pictures are square and have no margin to cut off
        self._preprocessing = replace(loaded.preprocessing, crop_ratio=1.0, interpolation="bilinear")

    @torch.no_grad()
    def logits(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """`(pictures, classes)` of uint8 `(height, width, 3)` pictures; log probabilities where it gives those."""
        parts = []
        for first in range(0, len(pictures), BATCH):
            prepared = [self._preprocessing.prepare(picture)[0] for picture in pictures[first : first + BATCH]]
            batch = self._preprocessing.normalize(torch.stack(prepared), self._device, torch.float32)
            output = self._network(batch).cpu().double()  # not every device knows float64
            parts.append(output.clamp_min(1e-12).log() if self.loaded.emits_probabilities else output)
        return torch.cat(parts).cpu().numpy()

    def opinions(self, logits: NDArray[np.float64], classes: Sequence[int]) -> list[Opinion]:
        """What `logits` says about the class that each picture was made for."""
        shifted = np.exp(logits - logits.max(1, keepdims=True))
        probabilities = shifted / shifted.sum(1, keepdims=True)
        return [self._opinion(row, wanted) for row, wanted in zip(probabilities, classes, strict=True)]

    def _opinion(self, probabilities: NDArray[np.float64], wanted: int) -> Opinion:
        best = int(probabilities.argmax())
        rank = int((probabilities > probabilities[wanted]).sum())
        return Opinion(float(probabilities[wanted]), rank, self.loaded.labels[best], float(probabilities[best]))


def load_judge(name: str, visualized: LoadedModel, device: torch.device | str = "cpu") -> Judge:
    """An independent network by name.

    Raises:
        ModelError: it cannot be had; the message is a sentence.
        EvaluationError: it is no independent judge of this network.
    """
    with _named_with_judge():
        loaded = load_model(ModelRequest(name))
    check_independent(loaded, visualized)
    return Judge(loaded, device)


def check_judge(name: str) -> None:
    """Refuse a name that no network has, without loading anything.

    Raises:
        ModelError: as a sentence.
    """
    with _named_with_judge():
        check_name(name)


@contextmanager
def _named_with_judge() -> Iterator[None]:
    """Sentences about a judge tell to name it with its own option."""
    try:
        yield
    except ModelError as error:
        raise ModelError(str(error).replace("--model", "--judge")) from error


def check_independent(judge: LoadedModel, visualized: LoadedModel) -> None:
    """Refuse a judge that is the visualized network, shares weights with it, or knows other classes.

    Raises:
        EvaluationError: as a sentence.
    """
    if judge.name == visualized.name or shares_weights(judge.network, visualized.network):
        raise EvaluationError(
            f"{judge.name} cannot judge pictures of {visualized.name}: it has the same weights, and a network always"
            " recognizes what was made for it. Name another network with --judge."
        )
    if not visualized.labels:
        raise EvaluationError(
            f"{visualized.name} has no class names, so nobody can tell whether {judge.name} means the same classes."
            " Give --labels FILE, or --judge none."
        )
    if judge.labels != visualized.labels:
        raise EvaluationError(
            f"{judge.name} cannot judge pictures of {visualized.name}: their classes differ"
            f" ({_described(judge.labels)}; {_described(visualized.labels)}). Name a network of the same classes with"
            " --judge, or none."
        )


def shares_weights(one: nn.Module, other: nn.Module) -> bool:
    """Whether any weights of both are equal, bit by bit."""
    return not _digests(one).isdisjoint(_digests(other))


def _digests(network: nn.Module) -> set[bytes]:
    found = set()
    for parameter in network.parameters():
        # biases and scales as they were before training are alike everywhere
        if parameter.dim() > 1 and parameter.numel() >= _LEAST_SHARED:
            values = parameter.detach().cpu().float().contiguous().numpy()
            if values.min() < values.max():
                found.add(hashlib.sha256(values.tobytes()).digest())
    return found


def _described(labels: Sequence[str]) -> str:
    return f"{len(labels)} classes from '{labels[0]}' on" if labels else "classes without names"
