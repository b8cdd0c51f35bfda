"""Which units are looked at: drawn at random, so that nobody can choose those that look good."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.evaluation.errors import EvaluationError
from deepvis.records import SOFTMAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.records import LayerInfo, ModelInfo

LAYERS = 8
"""Hidden layers, where nobody names any."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Units of one layer, smallest first."""

    layer: LayerInfo
    units: tuple[int, ...]

    @property
    def is_classes(self) -> bool:
        """The units are classes."""
        return self.layer.is_classes


def class_layer(info: ModelInfo) -> LayerInfo | None:
    """The layer whose units are the classes, before the softmax where there is one; None where there is none."""
    found = [layer for layer in info.layers if layer.is_classes and not layer.reason]
    before = [layer for layer in found if layer.name != SOFTMAX]
    chosen = before or found
    return chosen[-1] if chosen else None


def hidden_layers(info: ModelInfo, names: Sequence[str] = ()) -> tuple[LayerInfo, ...]:
    """The layers named, or eight of the default list spread over the network.

    Raises:
        EvaluationError: there is no such layer, or it cannot be shown.
    """
    if names:
        return tuple(_named(info, name) for name in names)
    shown = [layer for layer in info.shown_layers() if not layer.is_classes and layer.name != SOFTMAX]
    places = np.linspace(0, len(shown) - 1, min(LAYERS, len(shown))).round().astype(int)
    return tuple(shown[place] for place in places)


def draw_units(layer: LayerInfo, count: int, seed: int) -> Draw:
    """So many units of a layer, all different; which ones depends on the layer's name and the seed alone."""
    # another stream for every layer: more layers do not change the units of the others
    generator = np.random.default_rng([seed, zlib.crc32(layer.name.encode())])
    drawn = generator.choice(layer.units, min(count, layer.units), replace=False)
    return Draw(layer, tuple(sorted(int(unit) for unit in drawn)))


def _named(info: ModelInfo, name: str) -> LayerInfo:
    try:
        layer = info.layer(name)
    except KeyError as error:
        raise EvaluationError(str(error.args[0])) from error
    if layer.reason:
        raise EvaluationError(f"The layer '{name}' cannot be evaluated: {layer.reason}")
    return layer
