"""How each family of networks is built and where its weights, preprocessing and labels come from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from deepvis.models import efficientnet_lite, timm_models, torchvision_models
from deepvis.models.downloads import sha256_of
from deepvis.models.labels import timm_labels
from deepvis.models.loading import ModelError
from deepvis.models.own_model import build_own, guess_preprocessing, input_shape, own_key
from deepvis.models.two_inputs import inputs_of, joined
from deepvis.models.weights import class_count, load_strictly, misfit, read_state_dict

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.models.loading import Watch
    from deepvis.models.preprocess import Preprocessing
    from deepvis.models.weights import StateDict
    from deepvis.records import Inputs, ModelRequest

RANDOM = "random"
"""The `weights` of a request that wants none."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What a family knows of one of its networks; the request may still change preprocessing and labels.

    Attributes:
        name: the model's key.
        network: with its weights.
        preprocessing: as its metadata says.
        labels: as its metadata says.
        weights: where the weights came from, for people.
        sha256: of the weights; "" for random ones.
    """

    name: str
    network: nn.Module
    preprocessing: Preprocessing
    labels: tuple[str, ...]
    weights: str
    sha256: str


def load_lite(request: ModelRequest, watch: Watch) -> Parts:
    """A packaged EfficientNet-Lite."""
    variant = efficientnet_lite.VARIANTS[request.name]
    make = partial(timm_models.build, variant.architecture, None)
    if request.weights == RANDOM:
        return Parts(request.name, make(), variant.preprocessing, variant.labels, RANDOM, "")
    if request.weights is None:
        tensors, sha256 = efficientnet_lite.packaged_weights(request.name, watch)
        origin = f"{variant.package} (ImageNet)"
    else:
        tensors, sha256, origin = _read_file(request.weights, watch)
    network = make()
    if set(tensors).isdisjoint(network.state_dict()):
        tensors = efficientnet_lite.rename_by_order(tensors, network, origin)
    network = _fitted(make, tensors, origin)
    return Parts(request.name, network, variant.preprocessing, _matching(variant.labels, network), origin, sha256)


def load_torchvision(request: ModelRequest, watch: Watch) -> Parts:
    """A classification network of torchvision."""
    name = request.name.removeprefix("torchvision:")
    weights = torchvision_models.default_weights(name)
    if request.weights == RANDOM:
        network, sha256, origin = torchvision_models.build(name), "", RANDOM
    elif request.weights is None:
        network, sha256 = torchvision_models.build_pretrained(name, weights, watch)
        origin = f"torchvision {weights}"
    else:
        tensors, sha256, origin = _read_file(request.weights, watch)
        official = torchvision_models.official_weights(name, sha256)
        weights = official or weights
        if official:
            torchvision_models.adopt(Path(request.weights), weights)
            network, sha256 = torchvision_models.build_pretrained(name, weights, watch)
        else:
            network = _fitted(partial(torchvision_models.build, name), tensors, origin)
    preprocessing = torchvision_models.preprocessing_of(weights)
    _require_size(network, request)
    labels = _matching(torchvision_models.labels_of(weights), network)
    return Parts(name, network, preprocessing, labels, origin, sha256)


def load_timm(request: ModelRequest, watch: Watch) -> Parts:
    """A network of timm."""
    name = request.name.removeprefix("timm:")
    cfg = timm_models.configuration(name)
    make = partial(timm_models.build, name, request.input_size)
    if request.weights == RANDOM:
        network, sha256, origin = make(), "", RANDOM
    elif request.weights is None:
        network, sha256 = timm_models.build_pretrained(name, request.input_size, watch)
        origin = f"timm {cfg.architecture}.{cfg.tag}"
    else:
        tensors, sha256, origin = _read_file(request.weights, watch)
        network = _timm_from_tensors(make, tensors, request, origin)
    described = timm_models.describing(network)
    labels = _matching(timm_labels(described), network)
    return Parts(timm_key(name), network, timm_models.preprocessing_of(described), labels, origin, sha256)


def load_own(request: ModelRequest, watch: Watch) -> Parts:
    """A network that a person wrote."""
    network = build_own(request.name)
    watch.check()
    if request.weights in (None, RANDOM):
        sha256, origin = tensors_sha256(network), f"as {request.name} made them"
    else:
        tensors, sha256, origin = _read_file(str(request.weights), watch)
        load_strictly(network, tensors, origin)
    inputs = inputs_of(network, input_shape(network)[0], request.inputs)
    preprocessing = _described(network, inputs)
    return Parts(own_key(request.name), joined(network, inputs), preprocessing, (), origin, sha256)


def timm_key(name: str) -> str:
    """The model's key of a timm network: its name, with `timm:` where that alone means another network."""
    taken = {*efficientnet_lite.VARIANTS, *torchvision_models.torchvision_names()}
    return f"timm:{name}" if name in taken else name


def tensors_sha256(network: nn.Module) -> str:
    """SHA-256 over names, shapes, types and values of a network's tensors."""
    digest = hashlib.sha256()
    for name, value in network.state_dict().items():
        digest.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        digest.update(value.detach().cpu().flatten().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _read_file(path: str, watch: Watch) -> tuple[StateDict, str, str]:
    """Tensors, SHA-256 and a name for people of a file that somebody gave."""
    file = Path(path).expanduser()
    watch.say(f"Reading {file.name}")
    tensors = read_state_dict(file)
    return tensors, sha256_of(file, watch), file.name


def _fitted(make: Callable[..., nn.Module], tensors: StateDict, origin: str) -> nn.Module:
    """The network with these tensors, with another number of classes where the tensors have one."""
    network = make()
    count = class_count(network, tensors)
    if count:
        network = make(num_classes=count)
    load_strictly(network, tensors, origin)
    return network


def _timm_from_tensors(
    make: Callable[..., nn.Module], tensors: StateDict, request: ModelRequest, origin: str
) -> nn.Module:
    """Tensors as they are where their names fit, else as timm translates them."""
    network = make()
    problem = misfit(network, tensors)
    if not problem or class_count(network, tensors):
        return _fitted(make, tensors, origin)
    path = Path(str(request.weights)).expanduser()
    try:
        return timm_models.build_from_file(request.name.removeprefix("timm:"), request.input_size, path)
    except ModelError as error:
        raise ModelError(f"{origin} does not fit {request.name}: {problem}.") from error


def _matching(labels: tuple[str, ...], network: nn.Module) -> tuple[str, ...]:
    """The labels, unless the network has another number of classes: then they are not its own."""
    count: Any = getattr(network, "num_classes", None)
    if not isinstance(count, int):
        layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
        count = layers[-1].out_features if layers else len(labels)
    return labels if count == len(labels) else ()


def _require_size(network: nn.Module, request: ModelRequest) -> None:
    """Refuse a size that a torchvision transformer, made for one size only, cannot take."""
    side = getattr(network, "image_size", None)
    if side and request.input_size and request.input_size != (side, side):
        raise ModelError(
            f"torchvision's {request.name} takes inputs of {side}×{side} only, not"
            f" {request.input_size[0]}×{request.input_size[1]}; timm's networks of that kind take other sizes."
        )


def _described(network: nn.Module, inputs: Inputs) -> Preprocessing:
    """From a configuration of timm's form on the module, else a guess."""
    guess = guess_preprocessing(network, inputs)
    cfg = timm_models.describing(network)
    if not cfg:
        return guess
    if (cfg.get("input_size") or (guess.channels,))[0] != guess.channels:
        size = tuple(cfg["input_size"][1:])
        cfg = cfg | {"input_size": (guess.channels, *size), "mean": guess.mean, "std": guess.std}
    return replace(timm_models.preprocessing_of(cfg), pictures=guess.pictures)
