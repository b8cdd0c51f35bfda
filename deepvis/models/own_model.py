"""Networks that a person wrote: `package.module:factory` or `path/to/file.py:factory`."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import importlib.util
import inspect
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from torch import nn

from deepvis.models.loading import ModelError, seeded
from deepvis.models.preprocess import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from deepvis.models.two_inputs import STACKED_CHANNELS
from deepvis.records import Inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

HOW_TO = (
    "For your own network write a function without arguments that returns it, and give --model package.module:function"
    " or --model path/to/file.py:function"
)


def is_own(name: str) -> bool:
    """Whether a model name has the form of an own factory."""
    place, colon, factory = name.rpartition(":")
    return bool(colon and place) and factory.isidentifier() and place not in ("torchvision", "timm")


def own_key(name: str) -> str:
    """The model's key for unit addresses: the module or the file's stem, and the factory."""
    place, _, factory = name.rpartition(":")
    return f"{Path(place).stem if place.endswith('.py') else place}:{factory}"


def build_own(name: str) -> nn.Module:
    """Import the factory of a network and call it.

    Args:
        name: as in `made_by`. The factory may be an `nn.Module` class, or a finished `nn.Module`.

    Raises:
        ModelError: it cannot be imported, fails, or gives something else than a network.
    """
    network = made_by(name)
    if not isinstance(network, nn.Module):
        raise ModelError(f"{name} returned {type(network).__name__}; a torch.nn.Module is wanted.")
    return network


def made_by(name: str) -> object:
    """Import a factory and call it.

    Args:
        name: `package.module:factory` or `path/to/file.py:factory`; the current directory, or the file's folder, can
            be imported from while the factory is imported and called. The factory is called without arguments; a
            finished `nn.Module` is taken as it is.

    Raises:
        ModelError: it cannot be imported, or fails.
    """
    place, _, attribute = name.rpartition(":")
    file = Path(place).expanduser() if place.endswith(".py") else None
    if file and not file.is_file():
        raise ModelError(f"There is no file {file} to take {attribute} from.")
    with _importable(file.resolve().parent if file else Path.cwd()):
        module = _from_file(file) if file else _from_name(place)
        factory = _attribute(module, place, attribute)
        return factory if isinstance(factory, nn.Module) else _call(factory, name)


def guess_preprocessing(network: nn.Module, inputs: Inputs = Inputs.ONE) -> Preprocessing:
    """Preprocessing for a network nobody described: ImageNet's for RGB, 0.5 and 0.5 for gray.

    The number of channels is that of the first convolution; without one, that of the first linear layer, taken for a
    square patch or picture. The size is 224 except for linear layers on a flattened picture.

    Args:
        network: as its factory made it.
        inputs: what it takes at once; of two pictures each has half of the channels of a first layer that takes both.

    Raises:
        ValueError: the network takes neither 1 nor 3 channels of a picture.
    """
    channels, side = input_shape(network)
    pictures = 1 if inputs is Inputs.ONE else 2
    if inputs is Inputs.STACKED or (pictures == 2 and channels in STACKED_CHANNELS):
        channels //= 2
    mean, std = ((0.5,) * channels,) * 2 if channels != 3 else (IMAGENET_MEAN, IMAGENET_STD)
    return Preprocessing((side, side), channels, mean, std, pictures=pictures)


def input_shape(network: nn.Module) -> tuple[int, int]:
    """Channels and side of the input, as far as the layers tell."""
    flat = False
    for module in network.modules():
        flat = flat or isinstance(module, nn.Flatten)
        if isinstance(module, nn.Conv2d):
            return module.in_channels, 224
        if isinstance(module, nn.Linear):
            channels = 1 if math.isqrt(module.in_features) ** 2 == module.in_features else 3
            side = math.isqrt(module.in_features // channels)
            return channels, side if flat and channels * side * side == module.in_features else 224
    return 3, 224


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # the imported code may have taken it out itself
            sys.path.remove(str(folder))


def _from_name(place: str) -> ModuleType:
    importlib.invalidate_caches()
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name and (place == error.name or place.startswith(f"{error.name}.")):
            raise ModelError(
                f"There is no module {error.name}, neither installed nor in {Path.cwd()}. {HOW_TO}."
            ) from error
        raise ModelError(f"Importing {place} failed: its module {error.name} is not installed.") from error
    except (Exception, SystemExit) as error:
        raise ModelError(f"Importing {place} failed: {_told(error)}") from error


def _from_file(file: Path) -> ModuleType:
    key = f"deepvis_own_{file.stem}"
    spec = importlib.util.spec_from_file_location(key, file)
    if spec is None or spec.loader is None:
        raise ModelError(f"{file} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[key] = module  # dataclasses and pickles look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[key]
        raise ModelError(f"Importing {file} failed: {_told(error)}") from error
    return module


def _attribute(module: ModuleType, place: str, attribute: str) -> object:
    if hasattr(module, attribute):
        found: object = getattr(module, attribute)
        return found
    names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    close = difflib.get_close_matches(attribute, names, n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(close)}?" if close else ""
    raise ModelError(f"{place} has no {attribute}.{hint} {HOW_TO}.")


def _call(factory: object, name: str) -> object:
    if not callable(factory):
        raise ModelError(f"{name} is neither a function nor a network but of type {type(factory).__name__}. {HOW_TO}.")
    needed = _needed_arguments(factory)
    if needed:
        raise ModelError(f"{name} needs arguments ({', '.join(needed)}), but is called without. {HOW_TO}.")
    try:
        # seeded here, because what the import drew from the generator it draws only the first time
        with seeded():
            return factory()
    except (Exception, SystemExit) as error:
        raise ModelError(f"{name} failed: {_told(error)}") from error


def _needed_arguments(factory: Callable[..., object]) -> list[str]:
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):  # builtins tell nothing
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is each.empty and each.kind not in optional]


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
