"""What was changed of the recipe that a picture is named after, in words."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from deepvis.synthesis.keeping import negated
from deepvis.synthesis.objectives import OBJECTIVES
from deepvis.synthesis.parametrizations.table import PARAMETRIZATIONS
from deepvis.synthesis.recipe import SETTINGS, Recipe
from deepvis.synthesis.recipes import RECIPES
from deepvis.synthesis.regularizers.table import REGULARIZERS
from deepvis.synthesis.steps import STEPPERS
from deepvis.synthesis.transforms import TRANSFORMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from deepvis.synthesis.registry import Piece, Table, Value

MOST_CHANGES = 6
"""So many are told; of more, how many there are."""

_SINGLE: tuple[tuple[str, str, Table[Any]], ...] = (
    ("objective", "objective", OBJECTIVES),
    ("parametrization", "parametrization", PARAMETRIZATIONS),
    ("stepper", "step policy", STEPPERS),
)
"""Field of a recipe that holds one part, what it is called, and its table."""

_PLAIN = ("keep", "fill", "stretch")


def recipe_changes(parameters: Mapping[str, object], name: str, *, is_classes: bool) -> str:
    """What differs from the recipe of that name as it is now.

    Args:
        parameters: of the job that made the picture, as `synthesis_job` gives them.
        name: of the picture's recipe, such as `clear, changed`.
        is_classes: the unit is a class: recipes may be others for those.

    Returns:
        `steps 60 instead of 125, size 128 instead of 160`; empty where the name does not say that something was
        changed, or nothing is known of it. Of a recipe that did not come with the program, only size and steps are
        compared: there is nothing else to compare it with.
    """
    base, _, rest = name.partition(",")
    if "changed" not in rest:
        return ""
    try:
        stored = Recipe.from_json(json.dumps(parameters.get("recipe")))
        named = next((recipe for recipe in RECIPES if recipe.name == base), None)
        if named is not None and "negative" in rest:
            named = negated(named)
        usual = _as_used(named or stored, {}, is_classes=is_classes)
        said = list(_differences(_as_used(stored, parameters, is_classes=is_classes), usual))
    except (ValueError, TypeError):
        # another version stored what this one does not know
        return ""
    more = len(said) - MOST_CHANGES
    return ", ".join(said if more <= 0 else [*said[:MOST_CHANGES], f"and {more} more"])


def _as_used(recipe: Recipe, parameters: Mapping[str, object], *, is_classes: bool) -> Recipe:
    """With the size and the steps that were chosen beside it; the size is that of the recipe for hidden layers."""
    used = recipe.for_layer(is_classes=is_classes)
    size, steps = parameters.get("size"), parameters.get("steps")
    return used.changed(
        size=recipe.size if size is None else size,
        steps=used.steps if steps is None else steps,
    )


def _differences(used: Recipe, usual: Recipe) -> Iterator[str]:
    for name in (*(setting.name for setting in SETTINGS), *_PLAIN):
        yield from _instead(_plain(name), getattr(used, name), getattr(usual, name))
    yield from _lists("regularizers", REGULARIZERS, used.regularizers, usual.regularizers)
    yield from _lists("transforms", TRANSFORMS, used.transforms, usual.transforms)
    for name, what, table in _SINGLE:
        mine, theirs = getattr(used, name), getattr(usual, name)
        if mine.name != theirs.name:
            yield f"{what} {mine.name} instead of {theirs.name}"
        else:
            yield from _settings(table, mine, theirs)


def _lists(what: str, table: Table[Any], used: Sequence[Piece], usual: Sequence[Piece]) -> Iterator[str]:
    mine, theirs = _counted(used), _counted(usual)
    for key, part in mine.items():
        if key in theirs:
            yield from _settings(table, part, theirs[key])
        else:
            yield f"{_described(table, part)} added"
    for key, part in theirs.items():
        if key not in mine:
            yield f"no {part.name}"
    if mine.keys() == theirs.keys() and list(mine) != list(theirs):
        yield f"{what} in another order"


def _counted(parts: Sequence[Piece]) -> dict[tuple[str, int], Piece]:
    """By name, and by how many of that name come before: a picture may be shifted twice."""
    seen: Counter[str] = Counter()
    found: dict[tuple[str, int], Piece] = {}
    for part in parts:
        found[part.name, seen[part.name]] = part
        seen[part.name] += 1
    return found


def _settings(table: Table[Any], used: Piece, usual: Piece) -> Iterator[str]:
    mine, theirs = table[used.name].values(used), table[usual.name].values(usual)
    for name, value in mine.items():
        yield from _instead(f"{_plain(name)} of {used.name}", value, theirs[name])


def _described(table: Table[Any], part: Piece) -> str:
    settings = [f"{_plain(name)} {_value(value)}" for name, value in table[part.name].values(part).items()]
    return f"{part.name} ({', '.join(settings)})" if settings else part.name


def _instead(what: str, used: Value, usual: Value) -> Iterator[str]:
    if used != usual:
        yield f"{what} {_value(used)} instead of {_value(usual)}"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(name: str) -> str:
    """A setting as the panel of recipes names it; parts of recipes have the names that they have there."""
    return name.replace("_", " ")
