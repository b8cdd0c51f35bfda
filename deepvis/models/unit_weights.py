"""The weights that make a layer's units: which module holds them, and what they are as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis.models.weight_places import Place, WeightPlaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.models.engine import Engine
    from deepvis.models.layers import LayerTap
    from deepvis.models.preprocess import Preprocessing

_PLANAR = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d)


@dataclass(frozen=True, slots=True, eq=False)
class UnitWeights:
    """The weights of a layer's units.

    Attributes:
        layer: name of the layer.
        module: the module that holds the weights; not always the layer's own.
        note: what comes after these weights before it is the layer's output, as in `before its normalization`; empty
            where nothing does.
        kernels: float32 `(units, inputs, height, width)`; 1 x 1 where a weight has no place. May share memory with the
            network: read only.
        bias: float32 `(units,)`; None where there is none.
        groups: units are in so many groups of neighbors, each with inputs of its own.
        sees_picture: the inputs are the channels of the network's input, in the order red, green, blue or gray alone.
    """

    layer: str
    module: str
    note: str
    kernels: NDArray[np.float32]
    bias: NDArray[np.float32] | None
    groups: int = 1
    sees_picture: bool = False

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self.kernels)

    @property
    def kernel_size(self) -> tuple[int, int]:
        """Rows and columns of a kernel."""
        return self.kernels.shape[2], self.kernels.shape[3]

    @property
    def words(self) -> str:
        """`weights of conv_stem, before its normalization`."""
        return f"weights of {self.module}" + (f", {self.note}" if self.note else "")

    def first_input(self, unit: int) -> int:
        """The number of the input that a unit's first kernel belongs to: with groups, not every unit begins at 0."""
        return unit * self.groups // self.units * int(self.kernels.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    weight: torch.Tensor
    bias: torch.Tensor | None
    transposed: bool
    groups: int


class WeightSource:
    """A network's weights as they were when this was made: it refers to their memory and copies nothing.

    It may be made in one thread, between two forward passes, and read in another: weights do not change while a network
    only runs, and a move to another device gives it other memory.

    Args:
        network: in evaluation mode.
        taps: its layers.
        preprocessing: says what its input is.
    """

    def __init__(self, network: nn.Module, taps: Mapping[str, LayerTap], preprocessing: Preprocessing) -> None:
        self._held: dict[str, _Held] = {}
        opaque: set[str] = set()
        for name, module in network.named_modules():
            held = _held(module)
            if held is not None:
                self._held[name] = held
            elif _has_other_weights(module):
                opaque.add(name)
        units = {name: len(_by_unit(held)) for name, held in self._held.items()}
        self._places = WeightPlaces(list(taps.values()), units, frozenset(opaque))
        self._picture = (preprocessing.channels, *preprocessing.input_size)

    def read(self, layer: str) -> UnitWeights | str:
        """The weights of a layer's units, or a sentence that says why it has none."""
        place = self._places.of(layer)
        if isinstance(place, str):
            return place
        held = self._held[place.module]
        kernels = _numbers(_by_unit(held))
        bias = None if held.bias is None else _numbers(held.bias)
        kernels = _shaped(kernels, place, self._picture)
        whole = held.groups == 1 and kernels.shape[1] == self._picture[0] and kernels.shape[1] in (1, 3)
        seen = place.first and whole and kernels[0, 0].size > 1
        return UnitWeights(layer, place.module, place.note, kernels, bias, held.groups, sees_picture=seen)


def weight_source(engine: Engine) -> WeightSource:
    """The weights of an engine's network, where they are now."""
    return WeightSource(engine.loaded.network, engine.taps, engine.loaded.preprocessing)


def _held(module: nn.Module) -> _Held | None:
    """The weights of a module that makes units of its inputs; None for every other one."""
    try:
        with torch.no_grad():
            weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
    except Exception:  # noqa: BLE001  (a person's own module may make its weights, and fail at it)
        return None
    if not isinstance(weight, torch.Tensor) or isinstance(module, nn.Embedding | nn.Bilinear):
        return None
    planar = isinstance(module, _PLANAR)
    plain = weight.layout is torch.strided and weight.is_floating_point() and not weight.is_meta
    if not plain or not (planar or weight.dim() in (2, 4)) or isinstance(module, nn.Conv3d | nn.ConvTranspose3d):
        return None
    transposed = isinstance(module, _TRANSPOSED)
    groups = int(getattr(module, "groups", 1)) if planar else 1
    held = _Held(weight.detach(), None, transposed, groups)
    fits = isinstance(bias, torch.Tensor) and bias.shape == (len(_by_unit(held)),)
    return _Held(weight.detach(), bias.detach(), transposed, groups) if fits and bias is not None else held


def _has_other_weights(module: nn.Module) -> bool:
    """It holds more than one number per unit, in an order that is not known here."""
    return any(parameter.squeeze().dim() > 1 for parameter in module.parameters(recurse=False))


def _by_unit(held: _Held) -> torch.Tensor:
    """The weights with units first, then inputs, rows and columns."""
    weight = held.weight
    if held.transposed:
        # (inputs, units of a group, ...): every group has its own inputs
        inputs, units = weight.shape[:2]
        grouped = weight.reshape(held.groups, inputs // held.groups, units, *weight.shape[2:])
        weight = grouped.transpose(1, 2).flatten(0, 1)
    if weight.dim() == 2:
        return weight[:, :, None, None]
    return weight[:, :, None] if weight.dim() == 3 else weight


def _numbers(tensor: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.detach().cpu().float().numpy()
    array.setflags(write=False)  # it may be the network's own memory
    return array


def _shaped(kernels: NDArray[np.float32], place: Place, picture: tuple[int, int, int]) -> NDArray[np.float32]:
    """Weights on a flattened map get its shape back: then they have places, too."""
    maps = picture if place.first else place.maps
    if kernels.shape[2:] != (1, 1) or maps is None or maps[1] * maps[2] == 1:
        return kernels
    return kernels.reshape(len(kernels), *maps) if kernels.shape[1] == maps[0] * maps[1] * maps[2] else kernels
