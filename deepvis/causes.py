"""What the person changes in a network to see what comes of it, and what is asked about a unit's causes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ChangeKind(StrEnum):
    """What is done to a unit's activations."""

    MUTE = "mute"
    """They become zero."""
    SCALE = "scale"
    """They are multiplied by a factor."""
    CLAMP = "clamp"
    """What is lower or higher than two bounds becomes the bound."""


@dataclass(frozen=True, slots=True)
class Intervention:
    """A change of one unit, at every position of its map; class and register tokens included.

    Attributes:
        layer: name of the layer.
        unit: of the layer.
        kind: what is done.
        value: the factor of `ChangeKind.SCALE`.
        low: the lower bound of `ChangeKind.CLAMP`.
        high: its upper bound.
        on: it is in force; one that is off is remembered only.
    """

    layer: str
    unit: int
    kind: ChangeKind = ChangeKind.MUTE
    value: float = 0.0
    low: float = -math.inf
    high: float = math.inf
    on: bool = True

    @property
    def words(self) -> str:
        """What it does, for people: `muted`, `× 2`, `0 … 3`."""
        if self.kind is ChangeKind.MUTE:
            return "muted"
        if self.kind is ChangeKind.SCALE:
            return f"× {self.value:g}".replace("-", "−")
        if self.low == self.high:
            return f"held at {self.low:.4g}".replace("-", "−")
        return f"{_bound(self.low)} … {_bound(self.high)}"


@dataclass(frozen=True, slots=True)
class CauseWish:
    """What is asked about the selected unit's causes; nothing is computed of what nobody looks at.

    Attributes:
        feeds: which units of an earlier layer it depends on.
        does: which classes it moves.
        whole: the mean of the unit's map is followed, not its value at one position.
        inputs: the earlier layer; empty for the nearest one of the default list.
    """

    feeds: bool = False
    does: bool = False
    whole: bool = False
    inputs: str = ""


def in_force(changes: Iterable[Intervention]) -> frozenset[Intervention]:
    """The changes that are on; as a set, for their order does not matter."""
    return frozenset(change for change in changes if change.on)


def _bound(value: float) -> str:
    if math.isinf(value):
        return "−∞" if value < 0 else "∞"
    return f"{value:.4g}".replace("-", "−")
