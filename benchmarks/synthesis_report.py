"""The evaluation's tables, and one that compares every recipe with the two baselines, unit by unit."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.plain_ascent import NAME
from benchmarks.synthesis import SET_3
from benchmarks.tables import empty_table, wide_console
from deepvis.evaluation.intervals import bootstrap
from deepvis.evaluation.measurement import Kind, Role
from deepvis.evaluation.report import show as show_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from deepvis.evaluation.intervals import Interval
    from deepvis.evaluation.measurement import Measurement
    from deepvis.evaluation.report import Report

Values = dict[str, Any]

BASELINES = (NAME, SET_3)
WIDTH = 170


def show(report: Report) -> None:
    """Print everything that was measured."""
    console = wide_console(WIDTH)
    show_report(report, console)
    for baseline in BASELINES:
        columns = ["recipe", "times faster (CPU)", "judge", "top-1, more by", "probability, more by"]
        table = empty_table(f"Class pictures beside {baseline}, unit by unit", columns, left=(0, 2))
        for recipe in _recipes(report.measurements):
            if recipe != baseline:
                _add(table, report, recipe, baseline)
        console.print(table)


def compared(measurements: Sequence[Measurement]) -> list[Values]:
    """Every recipe beside every baseline, over class pictures: JSON values."""
    return [
        {
            "recipe": recipe,
            "baseline": baseline,
            "times_faster": asdict(faster(measurements, recipe, baseline)),
            "more": {
                judge: {name: asdict(gain(measurements, recipe, baseline, judge, name)) for name in _GAINS}
                for judge in _judges(measurements)
            },
        }
        for recipe in _recipes(measurements)
        for baseline in BASELINES
        if recipe != baseline
    ]


def faster(measurements: Sequence[Measurement], recipe: str, baseline: str) -> Interval:
    """Processor seconds of the baseline over those of the recipe, each unit by itself."""
    mine, theirs = _by_unit(measurements, recipe), _by_unit(measurements, baseline)
    return bootstrap([theirs[unit].cpu_s / mine[unit].cpu_s for unit in mine if unit in theirs])


def gain(measurements: Sequence[Measurement], recipe: str, baseline: str, judge: str, name: str) -> Interval:
    """By how much more a judge recognizes the recipe's pictures than the baseline's, each unit by itself."""
    read = _GAINS[name]
    mine, theirs = _by_unit(measurements, recipe), _by_unit(measurements, baseline)
    pairs = [(mine[unit].opinions[judge], theirs[unit].opinions[judge]) for unit in mine if unit in theirs]
    return bootstrap([read(own) - read(other) for own, other in pairs])


_GAINS = {
    "top1": lambda opinion: float(opinion.rank == 0),
    "probability": lambda opinion: float(opinion.probability),
}


def _add(table: Table, report: Report, recipe: str, baseline: str) -> None:
    measurements = report.measurements
    told = faster(measurements, recipe, baseline).text(1)
    judges = _judges(measurements)
    if not judges:
        table.add_row(recipe, told, "", "", "")
    for place, judge in enumerate(judges):
        gains = [gain(measurements, recipe, baseline, judge, name).text() for name in _GAINS]
        table.add_row("" if place else recipe, "" if place else told, judge, *gains)


def _by_unit(measurements: Sequence[Measurement], arm: str) -> dict[tuple[int, int], Measurement]:
    chosen = (m for m in measurements if m.arm == arm and m.motif.kind is Kind.CLASSES)
    return {(m.motif.unit, m.motif.number): m for m in chosen}


def _recipes(measurements: Sequence[Measurement]) -> list[str]:
    return list(dict.fromkeys(m.arm for m in measurements if m.role is Role.RECIPE))


def _judges(measurements: Sequence[Measurement]) -> list[str]:
    return list(dict.fromkeys(name for m in measurements for name in m.opinions))
