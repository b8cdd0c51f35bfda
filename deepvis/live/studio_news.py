"""What the window asks of the studio thread and what it hears from it: frozen values, no torch.

Recipes and their parts are described by plain values, so that the window can make sliders without importing torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.records import UnitId

Value = float | int | bool | str
"""What a setting can be."""

RegularizerChoice = tuple[str, tuple[tuple[str, Value], ...]]
"""A regularizer by name, and its settings as pairs of name and value."""


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """One setting of a part of a recipe: what a slider needs.

    Attributes:
        name: of the setting.
        default: its type (float, int, bool, str) is the type of the setting.
        low: smallest value allowed; of numbers only.
        high: largest value allowed.
        about: one line for people, with the unit.
        choices: the texts allowed; of texts only.
    """

    name: str
    default: Value
    low: float = 0.0
    high: float = 1.0
    about: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegularizerInfo:
    """A regularizer or operator that can be added to a recipe.

    Attributes:
        name: in recipes.
        source: who published it.
        about: one line for people.
        slot: what kind of part it is: penalty, operator, ...
        settings: what can be set.
        needs: what it needs and this model or gallery lacks, a sentence; empty where it can be used.
    """

    name: str
    source: str
    about: str
    slot: str
    settings: tuple[SettingInfo, ...]
    needs: str = ""


@dataclass(frozen=True, slots=True)
class RecipeInfo:
    """A recipe as it is on one kind of layer.

    Attributes:
        name: of the recipe.
        source: who published it.
        size: height and width of its pictures, in pixels.
        steps: forward passes.
        regularizers: those it has, with all their settings.
        about: one line for people: parametrization, transforms, step policy.
        needs: as in `RegularizerInfo`.
        details: the same parts as recipes write them, with their settings.
    """

    name: str
    source: str
    size: int
    steps: int
    regularizers: tuple[RegularizerChoice, ...] = ()
    about: str = ""
    needs: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class StudioOffer:
    """What can be synthesized with: told once, after the first model is there.

    Attributes:
        recipes: for units of hidden layers, in the order in which they are offered.
        class_recipes: the same recipes for units that are classes.
        regularizers: all there are.
        default: name of the recipe that is taken where nobody chooses.
    """

    recipes: tuple[RecipeInfo, ...]
    class_recipes: tuple[RecipeInfo, ...]
    regularizers: tuple[RegularizerInfo, ...]
    default: str


class Start(StrEnum):
    """What an ascent begins with."""

    NOISE = "noise"
    FRAME = "frame"
    """The newest live frame, as the network sees it."""
    PICTURE = "picture"
    """`StudioWish.start_rgb`: an exemplar, or any other picture."""


@dataclass(frozen=True, slots=True, eq=False)
class StudioWish:
    """Pictures that somebody wants of one unit, now.

    Attributes:
        unit: its address.
        recipe: name of the recipe.
        size: height and width in pixels; None: the recipe's.
        steps: forward passes; None: the recipe's.
        seeds: one picture per seed, as one batch.
        regularizers: instead of the recipe's own; None: those.
        negative: seek what turns the unit off.
        start: what the ascent begins with.
        start_rgb: uint8 `(height, width, 3)` where `start` is `PICTURE`.
        start_title: what that picture is, for people.
        again: also where the gallery has such pictures already; otherwise those are shown.
        how: `Made.how` of a picture that others are to be like; then recipe, size, steps and regularizers are its own,
            and `recipe` and `negative` only say so.
    """

    unit: UnitId
    recipe: str
    size: int | None = None
    steps: int | None = None
    seeds: tuple[int, ...] = (0,)
    regularizers: tuple[RegularizerChoice, ...] | None = None
    negative: bool = False
    start: Start = Start.NOISE
    start_rgb: NDArray[np.uint8] | None = None
    start_title: str = ""
    again: bool = True
    how: str = ""

    def is_like(self, other: StudioWish) -> bool:
        """Whether the same pictures are asked for; one frame to start from is as good as the next one."""
        told = [each.name for each in fields(self) if each.name not in ("start_rgb", "again")]
        if any(getattr(self, name) != getattr(other, name) for name in told):
            return False
        mine, theirs = self.start_rgb, other.start_rgb
        return mine is theirs or (mine is not None and theirs is not None and np.array_equal(mine, theirs))


class StudioPhase(StrEnum):
    """How far a wish is."""

    WAITING = "waiting"
    """Another one runs first."""
    RUNNING = "running"
    PARKED = "parked"
    """Interrupted by a newer wish; goes on after it."""
    DONE = "done"
    CANCELED = "canceled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MadePicture:
    """A finished picture and its figures.

    Attributes:
        key: of the row in the person's gallery; 0 where it is not stored (any more).
        seed: as in the wish.
        value: activation reached; of a negative wish the lowest.
        natural_ratio: value over the unit's largest activation in the scanned data; None where nothing was scanned.
        layer_rank: units of the layer with a larger peak; 0 is the paper's "majority".
        majority: first step at which the rank was 0, counted from 1; 0: never.
        reason: why the unit could not be excited, a sentence; empty where it was.
    """

    key: int
    seed: int
    value: float
    natural_ratio: float | None
    layer_rank: int
    majority: int
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class StudioState:
    """How far a synthesis is; the newest wins.

    Attributes:
        number: of the wish, counted up within a session: tells states of different wishes apart.
        wish: what was asked for.
        phase: how far it is.
        recipe: name under which the pictures are stored: a changed recipe says so.
        changes: what was changed of it, as in `Made`.
        how: as in `Made`.
        objective: what the curve shows, where it is something else than the unit's activation; empty where it is that.
        step: steps done in this attempt.
        steps: steps of an attempt.
        attempt: 0 for the first; later ones are about units that stayed off, or classes that hardly showed.
        images: uint8 `(pictures, size, size, 3)`, one per seed, as they are now; None before the first step.
        curve: float32 `(steps done, pictures)`, the objective at each step, NaN where unknown.
        made: one per picture once they are finished.
        seconds: since it began.
        left_s: seconds left, estimated; None while unknown.
        problem: why it failed, or why the finished pictures were not stored: a sentence with what to do; else empty.
        waiting: other wishes that wait or are parked.
    """

    number: int
    wish: StudioWish
    phase: StudioPhase
    recipe: str = ""
    step: int = 0
    steps: int = 0
    attempt: int = 0
    images: NDArray[np.uint8] | None = None
    curve: NDArray[np.float32] | None = None
    made: tuple[MadePicture, ...] = field(default_factory=tuple)
    seconds: float = 0.0
    left_s: float | None = None
    problem: str = ""
    waiting: int = 0
    changes: str = ""
    how: str = ""
    objective: str = ""

    @property
    def over(self) -> bool:
        """Nothing more will come of this wish."""
        return self.phase in (StudioPhase.DONE, StudioPhase.CANCELED, StudioPhase.FAILED)
