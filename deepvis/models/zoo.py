"""From a wish to a model that runs: network, weights, preprocessing, labels."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from torch import nn

from deepvis.models import efficientnet_lite, families, timm_models, torchvision_models
from deepvis.models.labels import read_labels
from deepvis.models.loading import Canceled, ModelError, Progress, Watch, never, seeded, silent
from deepvis.models.own_model import HOW_TO, is_own, own_key
from deepvis.records import Inputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.models.preprocess import Preprocessing
    from deepvis.records import ModelRequest

__all__ = [
    "Canceled",
    "LoadedModel",
    "ModelError",
    "Progress",
    "available_models",
    "check_name",
    "load_model",
    "model_key",
]


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A network and what is known of it.

    Attributes:
        name: the model's key, first part of every unit address.
        network: on the CPU, float32, in evaluation mode, without gradients for its parameters.
        preprocessing: how pictures become its input.
        labels: one per class; empty where unknown.
        weights: where the weights came from, for people.
        weights_sha256: of the weight file, or of the tensors where an own factory made them; "" for random ones.
        emits_probabilities: the network ends in a softmax of its own.
    """

    name: str
    network: nn.Module
    preprocessing: Preprocessing
    labels: tuple[str, ...]
    weights: str
    weights_sha256: str
    emits_probabilities: bool


def load_model(
    request: ModelRequest,
    *,
    progress: Progress = silent,
    canceled: Callable[[], bool] = never,
) -> LoadedModel:
    """Build a network, get its weights, and find out how to feed it.

    Args:
        request: what is wanted.
        progress: told what happens.
        canceled: asked often; True ends it.

    Raises:
        ModelError: it cannot be had; the message is a sentence.
        Canceled: `canceled` said so.
    """
    watch = Watch(progress, canceled)
    if request.inputs not in (None, Inputs.ONE) and not is_own(request.name):
        what = f"--inputs {request.inputs} is for networks of your own"
        raise ModelError(f"{what}, and {request.name} takes one picture at a time. Leave the option out.")
    labels = read_labels(request.labels) if request.labels else None
    watch.say(f"Building {request.name}")
    try:
        with seeded():
            parts = _find_family(request.name)(request, watch)
        preprocessing = _adjusted(parts.preprocessing, request)
    except ValueError as error:
        raise ModelError(f"{request.name}: {error}") from error
    watch.check()
    return LoadedModel(
        parts.name,
        parts.network.cpu().float().eval().requires_grad_(requires_grad=False),
        preprocessing,
        parts.labels if labels is None else labels,
        parts.weights,
        parts.sha256,
        _ends_in_softmax(parts.network),
    )


@cache
def available_models() -> tuple[str, ...]:
    """Names for a picker: the packaged networks, torchvision's classification networks, timm's.

    A name that both have means torchvision's; timm's is listed as `timm:NAME`.
    """
    packaged = tuple(
        name
        for name, variant in efficientnet_lite.VARIANTS.items()
        if name == next(iter(efficientnet_lite.VARIANTS)) or variant.weights_path()
    )
    ours = torchvision_models.torchvision_names()
    return packaged + ours + tuple(families.timm_key(name) for name in timm_models.timm_names())


def model_key(name: str) -> str:
    """The key that a model asked for by this name will have, without loading it; a name nobody knows is kept."""
    prefix, _, rest = name.rpartition(":")
    if prefix in ("", "torchvision") and rest in torchvision_models.torchvision_names():
        return rest
    if not prefix and rest in efficientnet_lite.VARIANTS:
        return rest
    if prefix in ("", "timm") and timm_models.is_timm(rest):
        return families.timm_key(rest)
    return own_key(name) if is_own(name) else name


def check_name(name: str) -> None:
    """Refuse a name that nobody knows, without loading anything.

    Raises:
        ModelError: names those that are close.
    """
    _find_family(name)


def _find_family(name: str) -> Callable[[ModelRequest, Watch], families.Parts]:
    prefix, _, rest = name.rpartition(":")
    if prefix in ("", "torchvision") and rest in torchvision_models.torchvision_names():
        return families.load_torchvision
    if not prefix and rest in efficientnet_lite.VARIANTS:
        return families.load_lite
    if prefix in ("", "timm") and timm_models.is_timm(rest):
        return families.load_timm
    if is_own(name):
        return families.load_own
    close = difflib.get_close_matches(name, available_models(), n=4, cutoff=0.5)
    hint = f" Did you mean {', '.join(close)}?" if close else ""
    raise ModelError(f"No network is called '{name}'.{hint} {HOW_TO}.")


def _adjusted(preprocessing: Preprocessing, request: ModelRequest) -> Preprocessing:
    """What the request says goes before what the metadata says."""
    names = ("mean", "std", "input_size", "interpolation", "crop_ratio")
    wanted = {name: getattr(request, name) for name in names if getattr(request, name) is not None}
    return replace(preprocessing, **wanted)


def _ends_in_softmax(network: nn.Module) -> bool:
    leaves = [module for module in network.modules() if not any(module.children())]
    return bool(leaves) and isinstance(leaves[-1], nn.Softmax)
