"""Every part that a recipe can be made of, as a text for people who write one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis.synthesis.objectives import OBJECTIVES
from deepvis.synthesis.parametrizations.table import PARAMETRIZATIONS
from deepvis.synthesis.recipe import SETTINGS, Fill, Keep
from deepvis.synthesis.regularizers.table import REGULARIZERS
from deepvis.synthesis.steps import STEPPERS
from deepvis.synthesis.transforms import TRANSFORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis.synthesis.registry import Parameter, Row, Table

TABLES: tuple[tuple[str, str, Table[Any]], ...] = (
    ("objective", "one: what is made as large as possible", OBJECTIVES),
    ("parametrization", "one: what is varied", PARAMETRIZATIONS),
    ("transforms", "any, in order: random changes before the network sees the picture", TRANSFORMS),
    ("regularizers", "any, those of one kind in order: what keeps the picture natural", REGULARIZERS),
    ("stepper", "one: how far a step goes", STEPPERS),
)
"""Field of a recipe, how many parts it takes and what for, and the parts there are."""


def parts_text() -> str:
    """All of them with their settings, defaults and ranges, a line each."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for field, about, table in TABLES:
        yield f"{field} ({about})"
        for row in table:
            yield from _row(row)
        yield ""
    yield "numbers that belong to the recipe itself"
    for setting in SETTINGS:
        yield f"  {_setting(setting)}"
    yield f"  keep = {Keep.LAST}, or {_others(Keep, Keep.LAST)}: which picture of the ascent is the result"
    yield f"  fill = {Fill.GRAY}, or {_others(Fill, Fill.GRAY)}: what lies around a picture that was moved"
    yield "  stretch = false, or true: finished pictures are scaled about gray to the full range"
    yield "  for_classes = null, or another recipe: used instead on layers of classes"


def _row(row: Row[Any]) -> Iterator[str]:
    kind = f" [{row.slot}]" if row.slot else ""
    yield f"  {row.name}{kind}: {row.about} ({row.source})"
    for parameter in row.parameters:
        yield f"      {_setting(parameter)}"


def _setting(parameter: Parameter) -> str:
    default = parameter.default
    about = f": {parameter.about}" if parameter.about else ""
    if isinstance(default, bool):
        return f"{parameter.name} = {str(default).lower()}, true or false{about}"
    if isinstance(default, str):
        return f"{parameter.name} = {default}, one of {', '.join(parameter.choices)}{about}"
    return f"{parameter.name} = {default:g}, {parameter.low:g} to {parameter.high:g}{about}"


def _others(kind: type[Keep | Fill], usual: Keep | Fill) -> str:
    return ", ".join(each for each in kind if each is not usual)
