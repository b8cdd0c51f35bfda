"""A recipe: everything about a synthesis but the unit and the seed, in one value that fits into a line of JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from deepvis.synthesis.objectives import OBJECTIVES
from deepvis.synthesis.parametrizations.table import PARAMETRIZATIONS
from deepvis.synthesis.registry import Parameter, Piece, piece
from deepvis.synthesis.regularizers.table import REGULARIZERS
from deepvis.synthesis.steps import STEPPERS
from deepvis.synthesis.transforms import TRANSFORMS

if TYPE_CHECKING:
    from collections.abc import Callable


class Keep(StrEnum):
    """Which picture of an ascent is the result."""

    LAST = "last"
    BEST = "best"
    """The one with the highest objective; of use only without random transforms."""


class Fill(StrEnum):
    """What the network sees around a picture that was moved."""

    GRAY = "gray"
    BORDER = "border"
    REFLECTION = "reflection"


_NEURON, _FOURIER, _ADAM = Piece("neuron"), Piece("fourier"), Piece("adam")

SETTINGS = (
    Parameter("steps", 128, 1, 100_000, "forward passes"),
    Parameter("size", 160, 16, 4096, "height and width, in pixels"),
    Parameter("redirect_steps", 16, 0, 100_000, "steps in which dead rectifiers let gradients through"),
    Parameter("leak", 0.1, 0.0, 1.0, "part of a switched off unit's own input that the objective sees"),
    Parameter(
        "coarse", 1.0, 0.1, 4.0, "size at which the network sees the picture at first, as a part of the full one"
    ),
    Parameter("coarse_part", 0.6, 0.0, 1.0, "part of the steps at that size"),
    Parameter("starts", 1, 1, 16, "ascents that begin, of which the best one is finished"),
    Parameter("scouting", 0.25, 0.0, 1.0, "part of the steps after which the best start is chosen"),
    Parameter("scout_size", 0.7, 0.1, 4.0, "size at which the network sees them until then, as a part of the full one"),
    Parameter("doubt", 0.0, 0.0, 1.0, "distinctness below which the picture of a class is begun anew; 0: never"),
    Parameter("again", 2, 0, 8, "how often a doubtful picture may be begun anew"),
    Parameter("closer", 1.25, 0.25, 4.0, "size at which the network sees a picture that is begun anew, as a factor"),
    Parameter("longer", 1.0, 0.1, 10.0, "steps of a picture that is begun anew, as a factor"),
    Parameter("average", 0.0, 0.0, 0.999, "memory of a running mean of the pictures' variables; 0 for none"),
)
"""Numbers of a recipe that belong to no part of it."""


@dataclass(frozen=True)
class Recipe:
    """How pictures are synthesized.

    Attributes:
        name: for people and file names.
        source: who published it.
        objective: what is maximized.
        parametrization: what is varied.
        transforms: what the picture must survive, in order.
        regularizers: what keeps it natural; those of one slot in order.
        stepper: how far a step goes.
        steps: forward passes.
        size: height and width in pixels, where nobody asks for another.
        keep: the last picture, or the best.
        fill: what lies around a moved picture.
        redirect_steps: steps in which rectifiers that pass no gradient at all redirect it.
        leak: part of what goes into a rectifier that the objective sees where the rectifier is flat.
        coarse: size at which the network sees the picture at first, as a part of the full one: large shapes come first,
            and steps cost less. Above 1 it sees the picture enlarged, so that fine grain cannot be a shape to it; steps
            cost more. Networks that want one size always get it.
        coarse_part: part of the steps at that size.
        starts: ascents that begin for every picture, from other noise each. Some units are climbed from one start and
            not from another, and it shows early; the best is finished.
        scouting: part of the steps after which the best start is chosen, by its objective.
        scout_size: size at which the network sees the pictures until then, as a part of the full one; with one start it
            says nothing.
        doubt: pictures of classes whose distinctness (`excitement.distinctness`) is below this are begun anew, from
            other noise, and the most distinct one is the result; 0: never. Of other layers no picture is doubtful.
        again: at most so many times.
        closer: the network sees them so much larger then, `coarse` and `scout_size` times this: what a class did not
            show at a small size it often shows at a larger one, which would cost too much for all.
        longer: and they get so many times the steps, for the same reason.
        average: memory of the running mean of the variables that is shown; 0: the variables themselves.
        stretch: finished pictures are scaled about gray to the full range, as those of 2015 were saved: what excites a
            unit may differ from gray by less than one can see.
        for_classes: used instead on layers of classes; None: the same for all layers.

    Raises:
        ValueError: a part or a number does not exist or is out of range; the message is a sentence.
    """

    name: str
    source: str = ""
    objective: Piece = _NEURON
    parametrization: Piece = _FOURIER
    transforms: tuple[Piece, ...] = ()
    regularizers: tuple[Piece, ...] = ()
    stepper: Piece = _ADAM
    steps: int = 128
    size: int = 160
    keep: Keep = Keep.LAST
    fill: Fill = Fill.GRAY
    redirect_steps: int = 16
    leak: float = 0.1
    coarse: float = 1.0
    coarse_part: float = 0.6
    starts: int = 1
    scouting: float = 0.25
    scout_size: float = 0.7
    doubt: float = 0.0
    again: int = 2
    closer: float = 1.25
    longer: float = 1.0
    average: float = 0.0
    stretch: bool = False
    for_classes: Recipe | None = None

    def __post_init__(self) -> None:
        for setting in SETTINGS:
            setting.check(getattr(self, setting.name))
        if not isinstance(self.stretch, bool):
            raise ValueError(f"stretch is true or false, not {self.stretch!r}.")  # noqa: TRY004  (read from JSON)
        OBJECTIVES.check(self.objective)
        PARAMETRIZATIONS.check(self.parametrization)
        STEPPERS.check(self.stepper)
        for transform in self.transforms:
            TRANSFORMS.build(transform)  # which also sees settings that do not go together
        for regularizer in self.regularizers:
            REGULARIZERS.check(regularizer)

    def for_layer(self, *, is_classes: bool) -> Recipe:
        """What is used on a layer of classes, or on any other; it has no alternative any more."""
        chosen = self.for_classes if is_classes and self.for_classes is not None else self
        return replace(chosen, for_classes=None)

    def changed(self, **values: Any) -> Recipe:  # noqa: ANN401  (fields of this class)
        """A copy with other fields."""
        return replace(self, **values)

    def with_regularizer(self, name: str, /, **values: Any) -> Recipe:  # noqa: ANN401  (checked by the row)
        """A copy with one more regularizer, or with other settings of one that it has."""
        added = piece(name, **values)
        kept = [old for old in self.regularizers if old.name != name]
        place = next((i for i, old in enumerate(self.regularizers) if old.name == name), len(kept))
        return replace(self, regularizers=(*kept[:place], added, *kept[place:]))

    @property
    def is_batchwise(self) -> bool:
        """A picture depends on those of the same unit that are made with it; the alternative for classes aside."""
        return OBJECTIVES.build(self.objective).batchwise

    def regularizes_with(self, name: str) -> bool:
        """It, or its alternative for classes, has the regularizer of that name."""
        others = () if self.for_classes is None else self.for_classes.regularizers
        return any(part.name == name for part in (*self.regularizers, *others))

    def to_json(self) -> str:
        """One line from which `from_json` makes the same recipe."""
        return json.dumps(_plain(self))

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """What `to_json` gave; fields that are missing have their defaults.

        Raises:
            ValueError: it is no recipe; the message is a sentence.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"This is no recipe, because it is no JSON: {error}.") from error
        return _recipe(data)


def _recipe(data: object) -> Recipe:
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        raise ValueError("A recipe is a JSON object with a name.")  # noqa: TRY004  (bad text, not a bad call)
    known = {field.name for field in fields(Recipe)}
    unknown = sorted(set(data) - known)
    if unknown:
        raise ValueError(f"A recipe has no '{unknown[0]}'; it has {', '.join(sorted(known))}.")
    return Recipe(**{name: _READERS[name](value) if name in _READERS else value for name, value in data.items()})


def _plain(value: object) -> object:
    if isinstance(value, Recipe):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Piece):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, StrEnum) else value


def _pieces(value: object) -> tuple[Piece, ...]:
    if not isinstance(value, list):
        raise ValueError(f"Transforms and regularizers of a recipe are lists, not {value!r}.")  # noqa: TRY004  (as above)
    return tuple(Piece.from_json(part) for part in value)


def _optional(value: object) -> Recipe | None:
    try:
        return None if value is None else _recipe(value)
    except ValueError as error:
        raise ValueError(f"In 'for_classes': {error}") from None


def _choice(name: str, kind: type[Keep | Fill]) -> Callable[[Any], Keep | Fill]:
    def read(value: object) -> Keep | Fill:
        if value not in tuple(kind):
            raise ValueError(f"{name} is one of {', '.join(kind)}, not {value!r}.")
        return kind(str(value))

    return read


_READERS: dict[str, Callable[[Any], Any]] = {
    "objective": Piece.from_json,
    "parametrization": Piece.from_json,
    "stepper": Piece.from_json,
    "transforms": _pieces,
    "regularizers": _pieces,
    "for_classes": _optional,
    "keep": _choice("keep", Keep),
    "fill": _choice("fill", Fill),
}
