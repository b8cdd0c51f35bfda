"""What a frame says of causes: the answer without the person's changes, what feeds a unit, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis.records import Pair, Prediction


@dataclass(frozen=True, slots=True)
class ClassMove:
    """What a change does to a class.

    Attributes:
        index: of the class.
        label: its name.
        before: probability without the change, 0..1.
        after: probability with it.
        logit: by how much the network's output for the class changes.
    """

    index: int
    label: str
    before: float
    after: float
    logit: float


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """What the network answers to the frame without any change.

    Attributes:
        predictions: best first; empty where not asked for or not a classifier.
        present: probability of each class that is among the predictions with the changes, in their order.
        value: activation of the selected unit, at the position that is read with the changes.
        maximum: its largest activation.
        movers: classes whose probability the changes move most, the largest move first.
    """

    predictions: tuple[Prediction, ...]
    present: tuple[float, ...]
    value: float
    maximum: float
    movers: tuple[ClassMove, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """A unit of an earlier layer.

    Attributes:
        unit: its number.
        label: its class, where units are classes.
        estimate: by how much the unit's value would change if this one were muted, by its gradient.
        exact: the same, measured; None where it was not measured.
    """

    unit: int
    label: str
    estimate: float
    exact: float | None = None

    @property
    def effect(self) -> float:
        """The best that is known."""
        return self.estimate if self.exact is None else self.exact


@dataclass(frozen=True, slots=True)
class Feeds:
    """What feeds a unit.

    Attributes:
        layer: the earlier layer.
        offered: earlier layers of the default list, in order of execution.
        value: of the unit, before its own rectifier.
        position: `(row, column)` it was read at; None for the mean of its map.
        rows: largest effect first.
        total: units of the earlier layer.
        measured: how many of them were muted in turn.
        wanted: how many will have been; 0 while the picture moves.
        mapped: the unit has more than one position.
        rectified: its layer ends in a rectifier.
        reason: why there is nothing to tell, a sentence.
        milliseconds: what the estimate took.
        whose: in whose maps, where the layer runs once for each of two pictures: a `Pair`; None elsewhere.
    """

    layer: str
    offered: tuple[str, ...]
    value: float = 0.0
    position: tuple[int, int] | None = None
    rows: tuple[Feed, ...] = ()
    total: int = 0
    measured: int = 0
    wanted: int = 0
    mapped: bool = False
    rectified: bool = False
    reason: str = ""
    milliseconds: float = 0.0
    whose: Pair | None = None


@dataclass(frozen=True, slots=True)
class Does:
    """What a unit does: the answer with it muted.

    Attributes:
        moves: classes whose probability that moves most, the largest move first.
        reason: why there is nothing to tell, a sentence.
    """

    moves: tuple[ClassMove, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Causes:
    """What was asked about the selected unit's causes.

    Attributes:
        layer: of the unit.
        unit: its number.
        feeds: None where not asked.
        does: None where not asked.
    """

    layer: str
    unit: int
    feeds: Feeds | None = None
    does: Does | None = None
