"""How a part of a recipe is named, what can be set on it, and how a table of such parts is kept.

A panel makes its sliders from the rows, a recipe stores `Piece` values, and `Table.build` makes the callable.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Value = float | int | bool | str
"""What a setting of a part can be: all of it fits into JSON."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a part.

    Attributes:
        name: as in `Piece.values`.
        default: used where a recipe is silent; its type is the type of the setting.
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

    def check(self, value: object) -> Value:
        """The value in this setting's type.

        Raises:
            ValueError: it is of another type or out of range; the message is a sentence.
        """
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
            raise ValueError(f"{self.name} is true or false, not {value!r}.")
        if isinstance(self.default, str):
            if isinstance(value, str) and (not self.choices or value in self.choices):
                return value
            raise ValueError(f"{self.name} is one of {', '.join(self.choices)}, not {value!r}.")
        return self._number(value)

    def _number(self, value: object) -> Value:
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise ValueError(f"{self.name} is a number, not {value!r}.")
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.name} must be {self.low:g} to {self.high:g}, not {value:g}.")
        if isinstance(self.default, int):
            if value != int(value):
                raise ValueError(f"{self.name} is a whole number, not {value:g}.")
            return int(value)
        return float(value)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a recipe: a name out of a table, and the settings that differ from the defaults.

    Attributes:
        name: of the row.
        values: pairs of setting and value, sorted by name.
    """

    name: str
    values: tuple[tuple[str, Value], ...] = ()

    def to_json(self) -> dict[str, Value]:
        """`{"name": ..., setting: value, ...}`."""
        return {"name": self.name, **dict(self.values)}

    @classmethod
    def from_json(cls, data: object) -> Piece:
        """What `to_json` gave, or a bare name.

        Raises:
            ValueError: it is neither.
        """
        if isinstance(data, str):
            return cls(data)
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            raise ValueError(  # noqa: TRY004  (bad text, not a bad call)
                f"A part of a recipe is a name, or an object with a name and settings, not {data!r}."
            )
        return piece(data["name"], **{key: value for key, value in data.items() if key != "name"})

    def __str__(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.values)
        return f"{self.name}({settings})" if settings else self.name


def piece(name: str, /, **values: Any) -> Piece:  # noqa: ANN401  (checked against the row when it is built)
    """A `Piece` in one line: `piece("blur", sigma=0.5, every=4)`."""
    return Piece(name, tuple(sorted(values.items())))


@dataclass(frozen=True, slots=True)
class Row(Generic[Made]):
    """A method of the field.

    Attributes:
        name: in recipes.
        source: who published it, and where.
        about: one line for people.
        make: gets all parameters by name, and gives the callable.
        parameters: what can be set.
        slot: what kind of part it is, where a table holds several kinds.
    """

    name: str
    source: str
    about: str
    make: Callable[..., Made]
    parameters: tuple[Parameter, ...] = ()
    slot: str = ""

    def values(self, wanted: Piece) -> dict[str, Value]:
        """Every setting: what the piece says, else the default.

        Raises:
            ValueError: the piece has a setting that is unknown here or out of range; the message is a sentence.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        values: dict[str, Value] = {name: parameter.default for name, parameter in known.items()}
        for name, value in wanted.values:
            if name not in known:
                options = ", ".join(known) or "none"
                raise ValueError(f"'{self.name}' has no setting '{name}'; it has {options}.")
            try:
                values[name] = known[name].check(value)
            except ValueError as error:
                raise ValueError(f"In '{self.name}', {error}") from None
        return values


class Table(Generic[Made]):
    """Rows by name."""

    def __init__(self, what: str, rows: tuple[Row[Made], ...]) -> None:
        """Keep the rows; `what` names one of them in messages."""
        self._what = what
        self._rows = {row.name: row for row in rows}

    def __iter__(self) -> Iterator[Row[Made]]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __getitem__(self, name: str) -> Row[Made]:
        try:
            return self._rows[name]
        except KeyError:
            close = difflib.get_close_matches(name, self._rows, n=3, cutoff=0.4)
            hint = f" Did you mean {', '.join(close)}?" if close else f" There are {', '.join(self._rows)}."
            raise ValueError(f"No {self._what} is called '{name}'.{hint}") from None

    def check(self, wanted: Piece) -> None:
        """Raise ValueError with a sentence where `wanted` cannot be built."""
        self[wanted.name].values(wanted)

    def build(self, wanted: Piece, **more: object) -> Made:
        """The callable of a piece.

        Args:
            wanted: the piece.
            more: handed to `Row.make` beside the settings.

        Raises:
            ValueError: unknown name or setting; the message is a sentence.
        """
        row = self[wanted.name]
        return row.make(**row.values(wanted), **more)
