"""The kinds of regularizers, and what each is handed.

Pixels are gray levels from the network's mean (0..255 minus the mean), as in the papers; every image of a batch is
treated by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

Penalty = Callable[[torch.Tensor], torch.Tensor]
"""Pixels `(batch, 3, height, width)` to `(batch,)`, in units of the objective; taken off the objective."""

GradientChange = Callable[[torch.Tensor], torch.Tensor]
"""The gradient of the objective by the pixels, `(batch, 3, height, width)`, to the same shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Stepped:
    """Pixels right after a step.

    Attributes:
        pixels: `(batch, 3, height, width)`, gray levels from the mean; not to be written into.
        gradient: of the objective by the pixels, of this very step, same shape.
        step: counted from 0.
    """

    pixels: torch.Tensor
    gradient: torch.Tensor
    step: int


Operator = Callable[[Stepped], torch.Tensor | None]
"""Gives the pixels as they shall be; None where it has nothing to do at this step."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the features of a picture are compared with those of natural ones that excite its unit.

    Attributes:
        weight: of the distance.
        references: natural pictures of a unit, at most.
        layers: that are compared.
    """

    weight: float
    references: int
    layers: int


@dataclass(frozen=True, slots=True, eq=False)
class Regularizer:
    """One regularizer; exactly one of these is there.

    Attributes:
        penalty: taken off the objective.
        operator: changes the pixels after a step.
        gradient: changes the gradient before a step.
        statistics: weight of the penalty on the network's BatchNorm statistics.
        branch: factor of the gradient through the branches that skip connections go around.
        pooling: number that keeps the smooth gradient of max-pooling finite, see `smooth_pooling`.
        anchor: weight of the distance from the picture that the synthesis started from, in pixels.
        feature_anchor: the same in the layer's activations.
        distribution: the distance from natural pictures that excite the unit, in the sorted activations of layers.
    """

    penalty: Penalty | None = None
    operator: Operator | None = None
    gradient: GradientChange | None = None
    statistics: float | None = None
    branch: float | None = None
    pooling: float | None = None
    anchor: float | None = None
    feature_anchor: float | None = None
    distribution: Distribution | None = None


def quantile(values: torch.Tensor, percent: float) -> torch.Tensor:
    """Percentile of each image's values, `(batch, ...)` to `(batch,)`, linear as NumPy's; of any number of values."""
    ordered = values.flatten(1).sort(1).values
    at = percent / 100 * (ordered.shape[1] - 1)
    low = int(at)
    high = min(low + 1, ordered.shape[1] - 1)
    return ordered[:, low].lerp(ordered[:, high], at - low)
