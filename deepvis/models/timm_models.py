"""Timm's networks and what their pretrained configurations say of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from deepvis.models.downloads import checkpoints_dir, fetch, file_name, sha256_of
from deepvis.models.loading import ModelError
from deepvis.models.preprocess import IMAGENET_MEAN, IMAGENET_STD, Preprocessing

if TYPE_CHECKING:
    from pathlib import Path

    from timm.models._pretrained import PretrainedCfg
    from torch import nn

    from deepvis.models.loading import Watch

_INTERPOLATIONS = {"nearest": "nearest", "bilinear": "bilinear", "box": "bilinear", "hamming": "bilinear"}


@cache
def timm_names() -> tuple[str, ...]:
    """Names of all architectures, without the tags of their weights."""
    import timm  # noqa: PLC0415

    return tuple(timm.list_models())


def is_timm(name: str) -> bool:
    """Whether timm has the architecture; the name may carry a tag: `resnet50.a1_in1k`."""
    return name.partition(".")[0] in timm_names()


def configuration(name: str) -> PretrainedCfg:
    """The `PretrainedCfg` of a network.

    Raises:
        ModelError: the architecture has no weights of that tag.
    """
    import timm  # noqa: PLC0415

    tagged = timm.list_models(f"{name.partition('.')[0]}.*", pretrained=True)
    if "." in name and name not in tagged:
        raise ModelError(f"timm has no weights {name}; it has {', '.join(tagged) or 'none for this architecture'}.")
    return timm.get_pretrained_cfg(name) or timm.models.PretrainedCfg()


def build(name: str, size: tuple[int, int] | None, **options: object) -> nn.Module:
    """The architecture with random weights.

    Args:
        name: with or without tag.
        size: input size for networks that are made for one; None for their own.
        options: for `timm.create_model`.

    Raises:
        ModelError: timm cannot make it so.
    """
    import timm  # noqa: PLC0415

    wanted: dict[str, Any] = dict(options)
    if size and configuration(name).fixed_input_size:
        wanted["img_size"] = size
    try:
        network: nn.Module = timm.create_model(name, **wanted)
    except (RuntimeError, TypeError, ValueError, AssertionError, KeyError, ImportError, OSError) as error:
        inputs = f" for inputs of {size[0]}×{size[1]}" if size else ""
        raise ModelError(f"timm cannot make {name}{inputs}: {error}") from error
    return network


def build_from_file(name: str, size: tuple[int, int] | None, path: Path, *, custom: bool = False) -> nn.Module:
    """The network with weights from a file, read by timm itself, which rewrites the names of other projects' files.

    Raises:
        ModelError: they do not fit.
    """
    overlay = {"file": str(path), "custom_load": custom}
    return build(name, size, pretrained=True, pretrained_cfg_overlay=overlay)


def download(name: str, watch: Watch) -> Path:
    """The file of a network's weights: from the hub's or torch hub's cache, else from the network.

    Raises:
        ModelError: there are none, or they cannot be had.
        Canceled: the watch said so.
    """
    from deepvis.models.hugging_face import hub_file  # noqa: PLC0415

    source = configuration(name)
    if not source.hf_hub_id and not source.url:
        raise ModelError(f"timm has no weights for {name}: give --weights FILE, or --weights random for none.")
    url, file = _address(source)
    if source.hf_hub_id and not (file and (checkpoints_dir() / file).exists()):
        return hub_file(source.hf_hub_id, source.hf_hub_filename, watch)
    return fetch(url, checkpoints_dir() / file, watch)


def _address(source: PretrainedCfg) -> tuple[str, str]:
    """Address and file name of weights that are not on the hub; both empty where there are none."""
    if isinstance(source.url, str):
        return source.url, file_name(source.url)
    return source.url or ("", "")


def build_pretrained(name: str, size: tuple[int, int] | None, watch: Watch) -> tuple[nn.Module, str]:
    """The network with its weights, and the SHA-256 of their file.

    Raises:
        ModelError: the weights cannot be had.
        Canceled: the watch said so.
    """
    path = download(name, watch)
    watch.say(f"Loading {name}")
    network = build_from_file(name, size, path, custom=bool(configuration(name).custom_load))
    return network, sha256_of(path, watch)


def describing(network: nn.Module) -> dict[str, Any]:
    """The configuration timm put on a network; empty for other networks."""
    for attribute in ("pretrained_cfg", "default_cfg"):
        found = getattr(network, attribute, None)
        if isinstance(found, dict):
            return found
    return {}


def preprocessing_of(pretrained_cfg: dict[str, Any]) -> Preprocessing:
    """What a configuration (of timm's form, all entries optional) says; its crop mode is ignored: `Fit` decides."""
    channels, height, width = pretrained_cfg.get("input_size") or (3, 224, 224)
    gray = channels == 1
    mean = pretrained_cfg.get("mean") or ((0.5,) if gray else IMAGENET_MEAN)
    std = pretrained_cfg.get("std") or ((0.5,) if gray else IMAGENET_STD)
    return Preprocessing(
        (height, width),
        channels,
        tuple(mean),
        tuple(std),
        _INTERPOLATIONS.get(pretrained_cfg.get("interpolation") or "bicubic", "bicubic"),
        min(1.0, pretrained_cfg.get("crop_pct") or 0.875),
    )
