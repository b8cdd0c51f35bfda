"""Weight files that a person gives: read without running code in them, unwrapped, loaded strictly."""

from __future__ import annotations

import argparse
import pickle
import re
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from deepvis.models.loading import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

StateDict = dict[str, torch.Tensor]

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "module")
"""Keys under which training scripts keep the state dict."""
_PREFIXES = ("module.", "_orig_mod.")
"""What DataParallel and torch.compile put before every name."""
_DAMAGED = "{name} cannot be read as a torch file: it is damaged, cut off, or of another kind."
_NAMED = 3
"""So many tensors of a kind are named in a message."""


def read_state_dict(path: Path) -> StateDict:
    """The tensors of a `.safetensors` file, or of a torch file that holds a state dict.

    Training checkpoints that hold the state dict under a usual key are unwrapped, and the prefixes of DataParallel and
    `torch.compile` taken off. Nothing in the file is executed.

    Raises:
        ModelError: there is no such file, it cannot be read, it would need code to run, it holds no tensors.
    """
    if not path.is_file():
        raise ModelError(f"There is no weights file {path}.")
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    return _without_prefixes(_unwrap(content, path))


def load_strictly(network: nn.Module, tensors: StateDict, origin: str) -> None:
    """Load a state dict whose names and shapes must all fit.

    Args:
        network: gets the tensors.
        tensors: by name.
        origin: where they came from, for the message.

    Raises:
        ModelError: naming the first tensors that do not fit.
    """
    problem = misfit(network, tensors)
    if problem:
        raise ModelError(f"{origin} does not fit {type(network).__name__}: {problem}.")
    try:
        network.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise ModelError(f"{origin} cannot be loaded into {type(network).__name__}: {error}") from error


def misfit(network: nn.Module, tensors: StateDict) -> str:
    """What does not fit between a network and a state dict, for people; "" where everything does."""
    own = {name: value for name, value in network.state_dict().items() if isinstance(value, torch.Tensor)}
    missing = [name for name in own if name not in tensors]
    unexpected = [name for name in tensors if name not in own]
    shapes = [
        f"{name} is {_size(tensors[name])} where the network has {_size(value)}"
        for name, value in own.items()
        if name in tensors and tensors[name].shape != value.shape
    ]
    parts = (_listed("missing", missing), _listed("unexpected", unexpected), _listed("other shape", shapes))
    return "; ".join(part for part in parts if part)


def class_count(network: nn.Module, tensors: StateDict) -> int | None:
    """The number of classes of a fine-tuned network, if that is all in which its state dict differs.

    Returns:
        The number of classes in `tensors`; None where the state dict fits as it is, or differs in more.
    """
    own = network.state_dict()
    if own.keys() != tensors.keys():
        return None
    differing = [(own[name].shape, value.shape) for name, value in tensors.items() if own[name].shape != value.shape]
    if any(not ours or not theirs or ours[1:] != theirs[1:] for ours, theirs in differing):
        return None
    counts = {(ours[0], theirs[0]) for ours, theirs in differing}
    return counts.pop()[1] if len(counts) == 1 else None


def _read_safetensors(path: Path) -> object:
    import safetensors  # noqa: PLC0415
    import safetensors.torch  # noqa: PLC0415

    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise ModelError(f"{path.name} is no readable safetensors file: {error}.") from error


def _read_torch(path: Path) -> object:
    if _is_torchscript(path):
        raise ModelError(
            f"{path.name} is a TorchScript archive: it carries code, which is not run. Save the tensors only, with"
            " torch.save(network.state_dict(), FILE), and give the architecture with --model package.module:factory."
        )
    try:
        # training scripts keep their arguments beside the weights; a Namespace does nothing when it is made
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(_refusal(path, error)) from error
    except (RuntimeError, EOFError, OSError, KeyError, ValueError) as error:
        raise ModelError(_DAMAGED.format(name=path.name)) from error


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any("/code/" in name or name.endswith("/constants.pkl") for name in archive.namelist())


def _refusal(path: Path, error: pickle.UnpicklingError) -> str:
    """Why a pickle is not opened, and what to do about it."""
    match = re.search(r"GLOBAL (\S+)", str(error))
    if not match:
        return _DAMAGED.format(name=path.name)
    return (
        f"{path.name} holds more than tensors: a pickled {match.group(1)}, and opening that would run code out of the"
        " file. Where you trust it and have its classes, save the tensors only, with"
        " torch.save(network.state_dict(), FILE), and give that file."
    )


def _unwrap(content: object, path: Path) -> Mapping[str, object]:
    for _ in range(3):
        if not isinstance(content, Mapping):
            break
        inner = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if inner is None and any(isinstance(value, torch.Tensor) for value in content.values()):
            return {str(name): value for name, value in content.items()}
        content = inner
    raise ModelError(
        f"{path.name} holds no state dict: names and tensors are wanted, at the top or under one of"
        f" {', '.join(_WRAPPERS)}."
    )


def _without_prefixes(content: Mapping[str, object]) -> StateDict:
    tensors = {name: value for name, value in content.items() if isinstance(value, torch.Tensor)}
    while prefix := next((each for each in _PREFIXES if all(name.startswith(each) for name in tensors)), None):
        tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    return tensors


def _listed(kind: str, items: list[str]) -> str:
    if not items:
        return ""
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return f"{kind}: {', '.join(items[:_NAMED])}{more}"


def _size(tensor: torch.Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a single number"
