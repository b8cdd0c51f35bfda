"""Rows of a report: what one recipe reached on one kind of units, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from deepvis.evaluation.intervals import bootstrap, wilson
from deepvis.evaluation.judges import TOP
from deepvis.evaluation.measurement import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from deepvis.evaluation.intervals import Interval
    from deepvis.evaluation.judges import Opinion
    from deepvis.evaluation.measurement import Measurement


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a report.

    Attributes:
        name: in JSON.
        title: of its column.
        read: its value of one picture; NaN where it has none.
        over: how values of units become one: `mean`, `median` or `share`.
        digits: shown behind the point.
    """

    name: str
    title: str
    read: Callable[[Measurement], float]
    over: str = "mean"
    digits: int = 2

    def interval(self, measurements: Sequence[Measurement]) -> Interval:
        """Over the units of the measurements; several pictures of a unit count as one, their mean."""
        return summarized(unit_means(measurements, self.read), self.over)


def _at_least_natural(measurement: Measurement) -> float:
    ratio = measurement.activation
    return math.nan if math.isnan(ratio) else float(ratio >= 1)


FIGURES = (
    Figure("activation", "activation", lambda m: m.activation, "median"),
    Figure("reached", "≥ natural", _at_least_natural, "share"),
    Figure("robustness", "robustness", lambda m: m.response.robustness),
    Figure("first", "first", lambda m: float(m.response.rank == 0), "share"),
    Figure("slope", "slope", lambda m: m.slope_gap),
    Figure("variation", "variation", lambda m: m.over_usual("variation"), "median"),
    Figure("fine", "fine", lambda m: m.over_usual("fine"), "median"),
    Figure("kurtosis", "kurtosis", lambda m: m.over_usual("kurtosis"), "median"),
    Figure("color", "color", lambda m: m.figures.color),
    Figure("cpu_s", "CPU s", lambda m: m.cpu_s, digits=1),
    Figure("wall_s", "s", lambda m: m.wall_s, digits=1),
)
"""What is measured of every picture."""

JUDGED: tuple[tuple[str, str, Callable[[Opinion], float], str], ...] = (
    ("top1", "top-1", lambda opinion: float(opinion.rank == 0), "share"),
    ("top5", f"top-{TOP}", lambda opinion: float(opinion.rank < TOP), "share"),
    ("probability", "probability", lambda opinion: opinion.probability, "mean"),
)
"""What each judge says: name, title, value of one opinion, how values of units become one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One recipe (or floor, or ceiling) on one kind of units.

    Attributes:
        arm: what made the pictures.
        role: recipe, floor or ceiling.
        kind: classes or hidden units.
        pictures: measured.
        off: of these, pictures of units that could not be excited.
        figures: by name, as in `FIGURES`, and `seeds` (see `seed_distance`) where units have several pictures.
        transfer: by judge, then by name as in `JUDGED`; empty of hidden units.
    """

    arm: str
    role: Role
    kind: Kind
    pictures: int
    off: int
    figures: dict[str, Interval]
    transfer: dict[str, dict[str, Interval]] = field(default_factory=dict)


def rows_of(measurements: Sequence[Measurement]) -> tuple[Row, ...]:
    """One row per arm and kind, in the order in which they come."""
    groups: dict[tuple[str, Kind], list[Measurement]] = {}
    for measurement in measurements:
        groups.setdefault((measurement.arm, measurement.motif.kind), []).append(measurement)
    return tuple(_row(arm, kind, group) for (arm, kind), group in groups.items())


def layer_activations(measurements: Sequence[Measurement], arm: str) -> dict[str, Interval]:
    """Median activation over the natural maximum of one arm, layer by layer."""
    layers = dict.fromkeys(m.motif.layer for m in measurements if m.arm == arm)
    figure = FIGURES[0]
    return {
        layer: figure.interval([m for m in measurements if m.arm == arm and m.motif.layer == layer]) for layer in layers
    }


def summarized(values: Sequence[float], over: str) -> Interval:
    """One figure of many units with its interval."""
    if over == "share":
        return wilson(values)
    return bootstrap(values, np.median if over == "median" else np.mean)


def unit_means(measurements: Iterable[Measurement], read: Callable[[Measurement], float]) -> list[float]:
    """A value per unit: the mean over its pictures, those without a value left out; NaN where none has one."""
    values: dict[tuple[str, int], list[float]] = {}
    for measurement in measurements:
        place = values.setdefault((measurement.motif.layer, measurement.motif.unit), [])
        value = read(measurement)
        if math.isfinite(value):
            place.append(value)
    return [float(np.mean(found)) if found else math.nan for found in values.values()]


def seed_distance(measurements: Sequence[Measurement]) -> list[float]:
    """How far apart pictures of one unit are, compared with pictures of different units; one value per unit.

    The distance of two pictures is 1 less the correlation of what the first judge says to them. 0: a unit's pictures
    look alike whatever the seed; 1: they differ as much as pictures of different units.
    """
    features = [m.features for m in measurements if m.features is not None]
    owners = np.array([f"{m.motif.layer}/{m.motif.unit}" for m in measurements if m.features is not None])
    if not features or len(set(owners)) < 2 or len(set(owners)) == len(owners):
        return []
    return _distances(1 - np.atleast_2d(np.corrcoef(np.stack(features))), owners)


def _distances(distance: NDArray[np.float64], owners: NDArray[np.str_]) -> list[float]:
    found = []
    for owner in dict.fromkeys(owners.tolist()):
        own = owners == owner
        count = int(own.sum())
        if count > 1:
            among = distance[np.ix_(own, own)].sum() / (count * (count - 1))
            found.append(float(among / distance[np.ix_(own, ~own)].mean()))
    return found


def _row(arm: str, kind: Kind, group: Sequence[Measurement]) -> Row:
    figures = {figure.name: figure.interval(group) for figure in FIGURES}
    distances = seed_distance(group) if group[0].role is Role.RECIPE else []
    if distances:
        figures["seeds"] = bootstrap(distances)
    off = sum(bool(measurement.reason) for measurement in group)
    return Row(arm, group[0].role, kind, len(group), off, figures, _transfer(group) if kind is Kind.CLASSES else {})


def _transfer(group: Sequence[Measurement]) -> dict[str, dict[str, Interval]]:
    judges = dict.fromkeys(name for measurement in group for name in measurement.opinions)
    return {
        judge: {name: summarized(_said(group, judge, read), over) for name, _, read, over in JUDGED} for judge in judges
    }


def _said(group: Sequence[Measurement], judge: str, read: Callable[[Opinion], float]) -> list[float]:
    return unit_means(group, lambda m: read(m.opinions[judge]) if judge in m.opinions else math.nan)
