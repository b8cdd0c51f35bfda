"""Everything measured of one picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.evaluation.judges import Opinion
    from deepvis.evaluation.picture_figures import PictureFigures
    from deepvis.evaluation.response import Response


class Role(StrEnum):
    """What pictures are measured for."""

    RECIPE = "recipe"
    FLOOR = "floor"
    """Nothing may be worse."""
    CEILING = "ceiling"
    """What natural pictures reach."""


class Kind(StrEnum):
    """What the units are."""

    CLASSES = "classes"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Motif:
    """What a picture is of.

    Attributes:
        kind: classes or hidden units.
        layer: name of the layer.
        unit: its number.
        label: the class; empty of hidden units.
        number: the seed, as people see it.
    """

    kind: Kind
    layer: str
    unit: int
    label: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """One picture.

    Attributes:
        arm: what made it.
        role: recipe, floor or ceiling.
        motif: what it is of.
        response: what the network says to it.
        natural_maximum: the unit's largest activation by natural pictures; NaN where unknown.
        figures: of the picture itself.
        usual: the same of natural pictures at its size: their medians.
        opinions: by judge; empty of hidden units.
        wall_s: seconds to make it; NaN where nothing was made.
        cpu_s: processor seconds to make it.
        reason: why the unit could not be excited.
        features: what the first judge says to the picture, `(classes,)`; None without judges.
    """

    arm: str
    role: Role
    motif: Motif
    response: Response
    natural_maximum: float
    figures: PictureFigures
    usual: PictureFigures
    opinions: dict[str, Opinion] = field(default_factory=dict)
    wall_s: float = math.nan
    cpu_s: float = math.nan
    reason: str = ""
    features: NDArray[np.float64] | None = None

    @property
    def activation(self) -> float:
        """The activation over the natural maximum; NaN where that is unknown or not above 0."""
        return self.response.value / self.natural_maximum if self.natural_maximum > 0 else math.nan

    @property
    def slope_gap(self) -> float:
        """Spectral slope less that of natural pictures: below 0 smoother, above 0 rougher."""
        return self.figures.slope - self.usual.slope

    def over_usual(self, name: str) -> float:
        """A figure of the picture over that of natural pictures."""
        usual = float(getattr(self.usual, name))
        return float(getattr(self.figures, name)) / usual if usual > 0 else math.nan
