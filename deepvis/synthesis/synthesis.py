"""What is asked of an ascent, and what it gives: frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis.models.zoo import Canceled
from deepvis.synthesis.natural_images import NaturalStatistics

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from deepvis.synthesis.objectives import Objective
    from deepvis.synthesis.parametrizations.protocol import Generator
    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.references import References

__all__ = ["Canceled", "Materials", "Preview", "Synthesis", "SynthesisRequest", "Watch"]

MOST_TRIES = 3
"""Ascents of a unit that stays off, before it is given up."""


@dataclass(frozen=True, eq=False)
class SynthesisRequest:
    """Pictures wanted: one per entry of `units`, all of one layer.

    Attributes:
        layer: name of the layer.
        units: one per picture; a unit may come several times, with other seeds.
        seeds: one per picture; with the recipe, all that a picture depends on.
        recipe: how.
        size: height and width of the pictures; None: the recipe's (not that of `for_classes`).
        steps: forward passes; None: the recipe's.
        start: uint8 `(pictures or 1, size, size, 3)` to start from instead of noise.
        objective: instead of the recipe's: several units, a direction, a sum.
        autocast: compute in this number format where torch thinks it safe; None: the network's own.
        tries: ascents of a unit that stays off; 1 gives up at once.

    Raises:
        ValueError: the numbers do not fit each other; the message is a sentence.
    """

    layer: str
    units: tuple[int, ...]
    seeds: tuple[int, ...]
    recipe: Recipe
    size: int | None = None
    steps: int | None = None
    start: NDArray[np.uint8] | None = None
    objective: Objective | None = None
    autocast: torch.dtype | None = None
    tries: int = MOST_TRIES

    def __post_init__(self) -> None:
        if not self.units or len(self.units) != len(self.seeds):
            raise ValueError(f"Give one seed per unit, not {len(self.seeds)} seeds for {len(self.units)} units.")
        if min(self.seeds) < 0 or max(self.seeds) >= 1 << 63:
            raise ValueError("A seed is a whole number from 0 to 2**63 - 1.")
        if self.pixels < 1 or self.passes < 1:
            raise ValueError("Size and number of steps must be above 0.")
        if self.start is not None and self.start.shape not in self._start_shapes():
            raise ValueError(
                f"A picture to start from must have the shape {(self.pixels, self.pixels, 3)}, alone or one per unit;"
                f" this has {self.start.shape}."
            )

    @property
    def pixels(self) -> int:
        """Height and width of the pictures."""
        return self.recipe.size if self.size is None else self.size

    @property
    def passes(self) -> int:
        """Forward passes of an ascent."""
        return self.recipe.steps if self.steps is None else self.steps

    def _start_shapes(self) -> tuple[tuple[int, ...], ...]:
        one = (self.pixels, self.pixels, 3)
        return (one, (1, *one), (len(self.units), *one))


@dataclass(frozen=True, eq=False)
class Materials:
    """What a recipe may need beside the network.

    Attributes:
        natural: averages over natural pictures.
        patches: float32 `(patches, 3, side, side)` in gray levels, for the patch prior.
        generator: for the parametrization of that name.
        references: who has the natural pictures that excite a unit most, for the regularizer `feature-distribution`.
    """

    natural: NaturalStatistics = field(default_factory=NaturalStatistics.built_in)
    patches: torch.Tensor | None = None
    generator: Generator | None = None
    references: References | None = None


@dataclass(frozen=True, eq=False)
class Preview:
    """How far an ascent is.

    Attributes:
        step: steps done.
        steps: steps in all.
        images: uint8 `(pictures, size, size, 3)`, as they are now.
        objectives: float32 `(pictures,)`, with the random transforms of this step.
        places: of the request, which pictures these are.
        trajectory: float32 `(steps done, pictures)`, the objectives of all steps of this attempt.
        attempt: 0 for the first ascent; further ones are only about units that it left off, or whose class it hardly
            showed.
    """

    step: int
    steps: int
    images: NDArray[np.uint8]
    objectives: NDArray[np.float32]
    places: tuple[int, ...]
    trajectory: NDArray[np.float32]
    attempt: int = 0


def _nobody(_preview: Preview) -> None:
    """Take a preview that nobody wants."""


def _never() -> bool:
    return False


def _always() -> bool:
    return True


@dataclass(frozen=True, eq=False)
class Watch:
    """Who looks on.

    Attributes:
        report: gets a preview now and then.
        every: steps from one preview to the next; 0 for none. The first comes after the first step.
        canceled: asked at every step; True ends the ascent with `Canceled`.
        wanted: asked where a preview is due; False leaves it out, but the last one of an attempt.
    """

    report: Callable[[Preview], None] = _nobody
    every: int = 0
    canceled: Callable[[], bool] = _never
    wanted: Callable[[], bool] = _always


@dataclass(frozen=True, eq=False)
class Synthesis:
    """Finished pictures. Figures are of the pictures as stored (8 bits), without transforms.

    Where the recipe stretches pictures for people, figures are of the pictures before that, not rounded.

    Attributes:
        request: what was asked; its recipe is the one used on this layer, from which the pictures can be made again.
        images: uint8 `(pictures, size, size, 3)`.
        objectives: float32 `(pictures,)`: the objective reached.
        peaks: float32 `(pictures,)`: the unit's largest activation; of classes before the softmax.
        ranks: int64 `(pictures,)`: units of the layer with a larger peak; 0 is the paper's "majority".
        majority: int64 `(pictures,)`: first step at which the rank was 0, counted from 1; 0: never.
        trajectory: float32 `(steps, pictures)`: the objective at each step, with that step's transforms; not a number
            behind a picture's last step, where another one, begun anew, took more (`Recipe.longer`).
        reasons: per picture, why the unit could not be excited; empty where it was.
        input_size: `(height, width)` the network was fed with.
        description: of the objective, for people.
        seconds: it took in all.
    """

    request: SynthesisRequest
    images: NDArray[np.uint8]
    objectives: NDArray[np.float32]
    peaks: NDArray[np.float32]
    ranks: NDArray[np.int64]
    majority: NDArray[np.int64]
    trajectory: NDArray[np.float32]
    reasons: tuple[str, ...]
    input_size: tuple[int, int]
    description: str
    seconds: float
