"""Torchvision's classification networks and what their weights say of themselves."""

from __future__ import annotations

import os
import shutil
from functools import cache
from typing import TYPE_CHECKING

from deepvis.models.downloads import checkpoints_dir, fetch, file_name, promised_hash, sha256_of
from deepvis.models.loading import ModelError
from deepvis.models.preprocess import Preprocessing

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn
    from torchvision.models import WeightsEnum

    from deepvis.models.loading import Watch

_INTERPOLATIONS = {"nearest": "nearest", "nearest-exact": "nearest", "bilinear": "bilinear", "bicubic": "bicubic"}


@cache
def torchvision_names() -> tuple[str, ...]:
    """Names of all classification networks."""
    from torchvision import models  # noqa: PLC0415

    return tuple(models.list_models(module=models))


def default_weights(name: str) -> WeightsEnum:
    """The weights torchvision recommends for a network: a `WeightsEnum` member."""
    from torchvision import models  # noqa: PLC0415

    return models.get_model_weights(name).DEFAULT


def official_weights(name: str, sha256: str) -> WeightsEnum | None:
    """The weights whose published hash is this one; None for a file that torchvision does not know."""
    from torchvision import models  # noqa: PLC0415

    prefixes = ((promised_hash(file_name(entry.url)), entry) for entry in models.get_model_weights(name))
    return next((entry for prefix, entry in prefixes if prefix and sha256.startswith(prefix)), None)


def build(name: str, **options: object) -> nn.Module:
    """The architecture with random weights."""
    from torchvision import models  # noqa: PLC0415

    if name in ("googlenet", "inception_v3"):
        options["init_weights"] = True  # the default, which torchvision wants to hear said
    network: nn.Module = models.get_model(name, weights=None, **options)
    return network


def build_pretrained(name: str, weights: WeightsEnum, watch: Watch) -> tuple[nn.Module, str]:
    """The network with its weights, and the SHA-256 of their file, which is downloaded where it is not cached.

    Torchvision itself reads the file, because it rewrites the names of older ones.

    Raises:
        ModelError: the weights cannot be had.
        Canceled: the watch said so.
    """
    from torchvision import models  # noqa: PLC0415

    path = fetch(weights.url, checkpoints_dir() / file_name(weights.url), watch)
    watch.say(f"Loading {name}")
    try:
        network: nn.Module = models.get_model(name, weights=weights, progress=False)
    except (RuntimeError, OSError, EOFError) as error:
        raise ModelError(f"{path} cannot be loaded as weights of {name}: {error} Delete it and try again.") from error
    return network, sha256_of(path, watch)


def adopt(path: Path, weights: WeightsEnum) -> None:
    """Put an official file that somebody downloaded by hand where torchvision looks for it."""
    target = checkpoints_dir() / file_name(weights.url)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".adopted")
    try:
        os.link(path, part)
    except OSError:  # another file system, or one without links
        shutil.copyfile(path, part)
    part.replace(target)


def preprocessing_of(weights: WeightsEnum) -> Preprocessing:
    """What the weights' own transform does."""
    transform = weights.transforms()
    side = transform.crop_size[0]
    return Preprocessing(
        (side, side),
        len(transform.mean),
        tuple(transform.mean),
        tuple(transform.std),
        _INTERPOLATIONS.get(transform.interpolation.value, "bicubic"),
        min(1.0, side / transform.resize_size[0]),
    )


def labels_of(weights: WeightsEnum) -> tuple[str, ...]:
    """The weights' categories."""
    return tuple(weights.meta.get("categories", ()))
