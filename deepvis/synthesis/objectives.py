"""What an ascent maximizes, and the algebra of it.

An objective turns what a layer gave for a batch into one number per image. Image i has its own unit,
`Reading.units[i]`: many units of one layer are one batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis.synthesis.registry import Parameter, Row, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deepvis.synthesis.registry import Piece

_EXCITE = 1.0
_ACTIVATIONS = ("channel", "channel-max", "neuron", "logit")
"""Objectives that are the unit's activation, at some place or on average."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the network gave for a batch of pictures.

    Attributes:
        layers: by name, float32 `(batch, units, height, width)`.
        layer: name of the layer whose units are wanted.
        units: int64 `(batch,)`: the unit of each image.
    """

    layers: Mapping[str, torch.Tensor]
    layer: str
    units: torch.Tensor

    def maps(self, layer: str | None = None) -> torch.Tensor:
        """Maps of a layer, `(batch, units, height, width)`; of the wanted one by default."""
        return self.layers[self.layer if layer is None else layer]

    def own(self, layer: str | None = None, unit: int | None = None) -> torch.Tensor:
        """Map of each image's own unit, or of one unit for all: `(batch, height, width)`.

        Raises:
            ValueError: there is no such unit; the message is a sentence.
        """
        maps = self.maps(layer)
        if unit is not None:
            _check_units((unit,), maps.shape[1], self.layer if layer is None else layer)
            return maps[:, unit]
        return maps[torch.arange(len(maps), device=maps.device), self.units]


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """A function from a reading to one number per image, `(batch,)`, that an ascent makes as large as it can.

    Never changed by the operators: each gives a new one.

    Attributes:
        value: the function.
        description: for people, such as `0.2 * channel(5) - channel(7)`.
        layers: names of other layers than the wanted one that it reads.
        batchwise: an image's number depends on the other images of the batch.
    """

    value: Callable[[Reading], torch.Tensor]
    description: str
    layers: frozenset[str] = field(default_factory=frozenset)
    batchwise: bool = False

    def __call__(self, reading: Reading) -> torch.Tensor:
        """One number per image, `(batch,)`."""
        return self.value(reading)

    def __add__(self, other: Objective | float) -> Objective:
        if isinstance(other, Objective):
            return self._joined(other, torch.add, f"{self.description} + {other.description}")
        # `sum` begins with 0
        return self if other == 0 else self._changed(lambda value: value + other, f"{self.description} + {other:g}")

    def __radd__(self, other: float) -> Objective:
        return self + other

    def __sub__(self, other: Objective | float) -> Objective:
        if not isinstance(other, Objective):
            return self._changed(lambda value: value - other, f"{self.description} - {other:g}")
        return self._joined(other, torch.sub, f"{self.description} - {other._bracketed()}")

    def __rsub__(self, other: float) -> Objective:
        return self._changed(lambda value: other - value, f"{other:g} - {self._bracketed()}")

    def __neg__(self) -> Objective:
        return self._changed(torch.neg, f"-{self._bracketed()}")

    def __mul__(self, factor: Objective | float) -> Objective:
        if not isinstance(factor, Objective):
            return self._changed(lambda value: value * factor, f"{factor:g} * {self._bracketed()}")
        return self._joined(factor, torch.mul, f"{self._bracketed()} * {factor._bracketed()}")

    def __rmul__(self, factor: float) -> Objective:
        return self * factor

    def __truediv__(self, divisor: float) -> Objective:
        return self._changed(lambda value: value / divisor, f"{self._bracketed()} / {divisor:g}")

    def _changed(self, change: Callable[[torch.Tensor], torch.Tensor], description: str) -> Objective:
        return Objective(lambda reading: change(self(reading)), description, self.layers, self.batchwise)

    def _joined(
        self, other: Objective, join: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], description: str
    ) -> Objective:
        return Objective(
            lambda reading: join(self(reading), other(reading)),
            description,
            self.layers | other.layers,
            self.batchwise or other.batchwise,
        )

    def _bracketed(self) -> str:
        return f"({self.description})" if _is_sum(self.description) else self.description


def _is_sum(description: str) -> bool:
    """A plus or minus stands outside of all brackets."""
    depth = 0
    for before, sign, after in zip(description, description[1:], description[2:], strict=False):
        depth += (before == "(") - (before == ")")
        if depth == 0 and before == after == " " and sign in "+-":
            return True
    return False


def channel_mean(unit: int | None = None, layer: str | None = None) -> Objective:
    """Mean over all positions: textures (Olah et al. 2017)."""
    return _of_unit("channel", unit, layer, lambda maps: maps.mean((1, 2)))


def channel_max(unit: int | None = None, layer: str | None = None) -> Objective:
    """The largest position, wherever it is."""
    return _of_unit("channel_max", unit, layer, lambda maps: maps.amax((1, 2)))


def neuron(row: float = 0.5, column: float = 0.5, unit: int | None = None, layer: str | None = None) -> Objective:
    """One position (Yosinski et al. 2015): by default the center.

    Args:
        row: 0 is the first row, 1 the last, 0.5 the center. Of an even number it is the one after the middle:

                odd (width 5)          even (width 4)
                . . X . .              . . X .

        column: likewise.
        unit: None: each image's own.
        layer: None: the wanted one.
    """

    def at(maps: torch.Tensor) -> torch.Tensor:
        return maps[:, place(row, maps.shape[1]), place(column, maps.shape[2])]

    position = "" if row == column == 0.5 else f", {row:g}, {column:g}"
    return _of_unit("neuron", unit, layer, at, position)


def place(part: float, size: int) -> int:
    """Index of a position given as a part of the way, 0..1, along `size` places."""
    return min(int(part * size), size - 1)


def logit(unit: int | None = None, layer: str | None = None) -> Objective:
    """A class before the softmax (Simonyan et al. 2013): the softmax can grow by pushing other classes down.

    On the layer `softmax` the ascent reads what goes into it, so this is the value itself.
    """
    return _of_unit("logit", unit, layer, lambda maps: maps.mean((1, 2)))


def softmax(unit: int | None = None, layer: str | None = None) -> Objective:
    """Logarithm of the softmax over the units of a layer (mean over positions): sets a class apart from the others."""

    def value(reading: Reading) -> torch.Tensor:
        logs = reading.maps(layer).mean((2, 3)).log_softmax(1)
        return _picked(logs, reading, unit, layer)

    return _objective(value, _described("softmax", unit, layer), layer)


def probability(unit: int | None = None, layer: str | None = None) -> Objective:
    """The softmax over the units of a layer (mean over positions), 0..1: its gradient vanishes at both ends."""
    logarithm = softmax(unit, layer)
    return _objective(lambda reading: logarithm(reading).exp(), _described("probability", unit, layer), layer)


def margin(rivals: int = 5, unit: int | None = None, layer: str | None = None) -> Objective:
    """A unit minus the mean of the `rivals` strongest others of its layer (means over positions)."""

    def value(reading: Reading) -> torch.Tensor:
        means = reading.maps(layer).mean((2, 3))
        wanted = _picked(means, reading, unit, layer)
        index = reading.units if unit is None else torch.full_like(reading.units, unit)
        others = means.scatter(1, index[:, None], -torch.inf)
        count = min(rivals, means.shape[1] - 1)
        return wanted - others.topk(count, 1).values.mean(1) if count else wanted

    return _objective(value, _described("margin", unit, layer), layer)


def direction(vector: Sequence[float] | torch.Tensor, layer: str | None = None, cosine_power: float = 0.0) -> Objective:
    """How far the layer's mean activation goes along a direction in activation space.

    Args:
        vector: `(units,)`.
        layer: None: the wanted one.
        cosine_power: above 0, times the cosine to this power (Carter et al. 2019, Activation Atlas).

    Raises:
        ValueError: when it is asked of a layer with another number of units.
    """
    wanted = torch.as_tensor(vector, dtype=torch.float32)

    def value(reading: Reading) -> torch.Tensor:
        means = reading.maps(layer).mean((2, 3))
        if wanted.shape != means.shape[1:]:
            raise ValueError(f"This direction has {wanted.numel()} numbers, and the layer has {means.shape[1]} units.")
        target = wanted.to(means.device)
        along = means @ target
        if cosine_power == 0:
            return along
        cosine = functional.cosine_similarity(means, target[None], dim=1)
        return along * cosine.clamp_min(0.1) ** cosine_power

    return _objective(value, f"direction({len(wanted)} units)", layer)


def several(units: Sequence[int], layer: str | None = None) -> Objective:
    """Mean of several units at once, each averaged over its positions.

    Raises:
        ValueError: none are named; or, when it is asked of a layer, that has no such unit.
    """
    if not units:
        raise ValueError("Name at least one unit.")
    index = torch.tensor(list(units))

    def value(reading: Reading) -> torch.Tensor:
        maps = reading.maps(layer)
        _check_units(units, maps.shape[1], reading.layer if layer is None else layer)
        return maps[:, index.to(maps.device)].mean((1, 2, 3))

    return _objective(value, f"several({', '.join(str(unit) for unit in units)})", layer)


def negative(objective: Objective) -> Objective:
    """What turns a unit off: the opposite direction (Olah et al. 2017)."""
    return -objective


def difference(first: int, second: int, layer: str | None = None) -> Objective:
    """What excites one unit and not another."""
    return channel_mean(first, layer) - channel_mean(second, layer)


def diversity(layer: str | None = None) -> Objective:
    """Minus the mean cosine of an image's Gram matrix with those of the same unit's other images (Olah et al. 2017).

    An image's number depends on those; it is 0 where the batch has none. Images of other units make no difference.
    """

    def value(reading: Reading) -> torch.Tensor:
        flat = reading.maps(layer).flatten(2)
        grams = functional.normalize((flat @ flat.transpose(1, 2)).flatten(1), dim=1)
        same = (reading.units[:, None] == reading.units).to(grams.dtype).fill_diagonal_(0)
        return -((grams @ grams.T) * same).sum(1) / same.sum(1).clamp_min(1)

    layers = frozenset() if layer is None else frozenset({layer})
    return Objective(value, "diversity" if layer is None else f"diversity({layer})", layers, batchwise=True)


def _of_unit(
    name: str,
    unit: int | None,
    layer: str | None,
    reduce: Callable[[torch.Tensor], torch.Tensor],
    more: str = "",
) -> Objective:
    return _objective(lambda reading: reduce(reading.own(layer, unit)), _described(name, unit, layer, more), layer)


def _objective(value: Callable[[Reading], torch.Tensor], description: str, layer: str | None) -> Objective:
    return Objective(value, description, frozenset() if layer is None else frozenset({layer}))


def _described(name: str, unit: int | None, layer: str | None, more: str = "") -> str:
    who = "unit" if unit is None else str(unit)
    return f"{name}({who if layer is None else f'{layer}:{who}'}{more})"


def _picked(values: torch.Tensor, reading: Reading, unit: int | None, layer: str | None) -> torch.Tensor:
    if unit is not None:
        _check_units((unit,), values.shape[1], reading.layer if layer is None else layer)
        return values[:, unit]
    return values[torch.arange(len(values), device=values.device), reading.units]


def _check_units(wanted: Sequence[int], units: int, layer: str) -> None:
    for unit in wanted:
        if not 0 <= unit < units:
            raise ValueError(f"The layer '{layer}' has the units 0 to {units - 1}; there is no unit {unit}.")


def _signed(objective: Objective, sign: float) -> Objective:
    return objective if sign == _EXCITE else sign * objective


_SIGN = Parameter("sign", _EXCITE, -1.0, 1.0, "1 excites the unit, -1 turns it off")

OBJECTIVES: Table[Objective] = Table(
    "objective",
    (
        Row(
            "channel",
            "Olah et al. 2017, Feature Visualization",
            "The unit's mean over all positions.",
            lambda sign: _signed(channel_mean(), sign),
            (_SIGN,),
        ),
        Row(
            "channel-max",
            "Olah et al. 2017, Feature Visualization",
            "The unit's largest position.",
            lambda sign: _signed(channel_max(), sign),
            (_SIGN,),
        ),
        Row(
            "neuron",
            "Yosinski et al. 2015, Understanding Neural Networks Through Deep Visualization",
            "The unit at one position.",
            lambda row, column, sign: _signed(neuron(row, column), sign),
            (
                Parameter("row", 0.5, 0.0, 1.0, "0 is the first row, 1 the last"),
                Parameter("column", 0.5, 0.0, 1.0, "0 is the first column, 1 the last"),
                _SIGN,
            ),
        ),
        Row(
            "logit",
            "Simonyan et al. 2013, arXiv 1312.6034",
            "A class before the softmax.",
            lambda sign: _signed(logit(), sign),
            (_SIGN,),
        ),
        Row(
            "softmax",
            "Simonyan et al. 2013, arXiv 1312.6034",
            "Logarithm of the softmax over the layer's units, plus a part of the unit itself.",
            lambda weight, sign: _signed(softmax() + weight * logit() if weight else softmax(), sign),
            (Parameter("weight", 0.0, 0.0, 10.0, "how much of the unit itself is added"), _SIGN),
        ),
        Row(
            "probability",
            "Yosinski et al. 2015, the authors' code, on the layer prob",
            "The softmax over the layer's units, 0 to 1.",
            lambda sign: _signed(probability(), sign),
            (_SIGN,),
        ),
        Row(
            "margin",
            "the margin of Carlini and Wagner 2017, arXiv 1608.04644",
            "The unit minus the strongest others of its layer.",
            lambda rivals, sign: _signed(margin(rivals), sign),
            (Parameter("rivals", 5, 1, 100, "how many others"), _SIGN),
        ),
        Row(
            "diverse channel",
            "Olah et al. 2017, Feature Visualization",
            "The unit's mean, and the pictures of a unit that are made together different from each other.",
            lambda weight: channel_mean() + weight * diversity(),
            (Parameter("weight", 1.0, 0.0, 1000.0, "of the difference between pictures"),),
        ),
    ),
)
"""Objectives that a recipe can name; those of several units or of a direction are given to the ascent as they are."""


def sign_of(wanted: Piece) -> float:
    """Above 0 where a recipe's objective excites the unit, below 0 where it turns it off."""
    return float(OBJECTIVES[wanted.name].values(wanted).get("sign", _EXCITE))


def told_apart(wanted: Piece) -> str:
    """What an objective is where it is something else than the unit's activation, or minus that; empty otherwise."""
    is_activation = wanted.name in _ACTIVATIONS and abs(sign_of(wanted)) == _EXCITE
    return "" if is_activation else OBJECTIVES.build(wanted).description
