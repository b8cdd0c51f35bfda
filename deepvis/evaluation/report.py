"""What an evaluation says: tables for a terminal and for Markdown, and everything as JSON values."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from deepvis.evaluation.disturbances import DISTURBANCES
from deepvis.evaluation.measurement import Kind, Role
from deepvis.evaluation.picture_figures import HIGHEST, LOWEST_CYCLES
from deepvis.evaluation.rows import FIGURES, JUDGED, layer_activations, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from deepvis.evaluation.intervals import Interval
    from deepvis.evaluation.measurement import Measurement
    from deepvis.evaluation.rows import Row

_SHOWN = ("activation", "reached", "robustness", "first", "slope", "variation")
_TITLES = {Kind.CLASSES: "Class pictures", Kind.HIDDEN: "Pictures of hidden units"}


@dataclass(frozen=True, slots=True)
class Setting:
    """What was measured with.

    Attributes:
        model: key of the network.
        weights: where its weights came from.
        seed: with which the units were drawn.
        judges: names.
        maxima: by layer, which natural pictures the maxima are of.
        photographs: the natural pictures of slope and variation, for people.
        device: that pictures were made on.
        threads: of torch.
        torch: its version.
        chance: share that guessing puts into the class; 0 without classes.
    """

    model: str
    weights: str
    seed: int
    judges: tuple[str, ...]
    maxima: dict[str, str]
    photographs: str
    device: str
    threads: int
    torch: str
    chance: float


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A finished evaluation.

    Attributes:
        setting: what was measured with.
        measurements: of every picture.
        notes: what a reader should know, sentences.
    """

    setting: Setting
    measurements: tuple[Measurement, ...]
    notes: tuple[str, ...] = ()

    def rows(self) -> tuple[Row, ...]:
        """One per arm and kind of units."""
        return rows_of(self.measurements)


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of texts; the first columns, as many as `names`, are names."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1


def tables(report: Report) -> tuple[TextTable, ...]:
    """Transfer, the pictures of either kind of units, and time; those that have no row are left out."""
    rows = report.rows()
    found = [_transfer(rows, report.setting)]
    found += [_pictures(kind, [row for row in rows if row.kind is kind]) for kind in Kind]
    found += [_layers(report, rows), _time(rows)]
    return tuple(table for table in found if table.rows)


def explained(report: Report) -> tuple[str, ...]:
    """Sentences that tell how to read the tables."""
    setting = report.setting
    kinds = ", ".join(dict.fromkeys(disturbance.kind for disturbance in DISTURBANCES))
    sources = dict.fromkeys(setting.maxima.values())
    said = [
        f"Model {setting.model} ({setting.weights}), units drawn with seed {setting.seed}, {setting.device},"
        f" {setting.threads} torch thread(s), torch {setting.torch}. Brackets: 95 % confidence over units.",
        f"Activation: over the natural maximum. Robustness: activation under {kinds} over the clean one. First: no"
        " other unit of the layer answers more.",
        f"Slope: of the spectrum ({LOWEST_CYCLES} cycles per picture to {HIGHEST} per pixel), less that of"
        f" {setting.photographs}; variation: over theirs.",
    ]
    if sources:
        said.append(f"Natural maxima: {'; '.join(sources)}.")
    return (*said, *report.notes)


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    from rich.table import Table  # noqa: PLC0415  (only where it is drawn)
    from rich.text import Text  # noqa: PLC0415  (see above)

    for text in tables(report):
        table = Table(title=text.title, title_justify="left")
        for number, column in enumerate(text.columns):
            table.add_column(Text(column), justify="left" if number < text.names else "right")
        for row in text.rows:
            table.add_row(*map(Text, row))
        console.print(table)
    for sentence in explained(report):
        console.print(Text(sentence))


def to_markdown(report: Report) -> str:
    """The tables as Markdown."""
    lines: list[str] = []
    for table in tables(report):
        rule = "|".join("---" if number < table.names else "---:" for number in range(len(table.columns)))
        lines += [f"### {table.title}", "", _line(table.columns), f"|{rule}|", *map(_line, table.rows), ""]
    return "\n".join([*lines, *(f"- {sentence}" for sentence in explained(report))]) + "\n"


def to_json(report: Report) -> dict[str, Any]:
    """Everything as JSON values: setting, rows, and every single picture."""
    return {
        "setting": asdict(report.setting),
        "notes": list(report.notes),
        "rows": [_row_values(row) for row in report.rows()],
        "layers": {
            arm: {layer: _interval(found) for layer, found in layer_activations(report.measurements, arm).items()}
            for arm in dict.fromkeys(measurement.arm for measurement in report.measurements)
        },
        "pictures": [_measurement(measurement) for measurement in report.measurements],
    }


def _transfer(rows: Sequence[Row], setting: Setting) -> TextTable:
    judged = [row for row in rows if row.transfer]
    cells = [
        (row.arm, judge, str(row.pictures), *(row.transfer[judge][name].text() for name, *_ in JUDGED))
        for row in judged
        for judge in row.transfer
    ]
    title = f"Transfer: class pictures that another network puts into the class; by chance {setting.chance:.4f}"
    columns = ("recipe", "judge", "pictures", *(title for _, title, *_ in JUDGED))
    return TextTable(title, columns, tuple(cells), names=2)


def _pictures(kind: Kind, rows: Sequence[Row]) -> TextTable:
    figures = [figure for figure in FIGURES if figure.name in _SHOWN]
    seeds = any("seeds" in row.figures for row in rows)
    columns = ["recipe", "pictures", *(figure.title for figure in figures), *(["seeds"] if seeds else [])]
    cells = []
    for row in rows:
        told = [row.figures[figure.name].text(figure.digits) for figure in figures]
        told += [row.figures["seeds"].text() if "seeds" in row.figures else ""] if seeds else []
        cells.append((row.arm, f"{row.pictures}{f' ({row.off} off)' if row.off else ''}", *told))
    return TextTable(_TITLES[kind], tuple(columns), tuple(cells))


def _layers(report: Report, rows: Sequence[Row]) -> TextTable:
    arms = list(dict.fromkeys(row.arm for row in rows if row.kind is Kind.HIDDEN and row.role is not Role.FLOOR))
    by_arm = {arm: layer_activations(report.measurements, arm) for arm in arms}
    hidden = (m.motif.layer for m in report.measurements if m.motif.kind is Kind.HIDDEN)
    layers = list(dict.fromkeys(hidden))
    cells = [(arm, *(by_arm[arm][layer].text(1) if layer in by_arm[arm] else "" for layer in layers)) for arm in arms]
    return TextTable("Activation / natural maximum, layer by layer", ("recipe", *layers), tuple(cells))


def _time(rows: Sequence[Row]) -> TextTable:
    cells = []
    for row in rows:
        cpu, wall = row.figures["cpu_s"], row.figures["wall_s"]
        if cpu.known:
            cells.append((row.arm, str(row.kind), cpu.text(2), wall.text(2), f"{1 / wall.value:.3g}"))
    return TextTable("Time per picture", ("recipe", "units", "CPU s", "s", "pictures/s"), tuple(cells), names=2)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row_values(row: Row) -> dict[str, Any]:
    return {
        "recipe": row.arm,
        "role": str(row.role),
        "units": str(row.kind),
        "pictures": row.pictures,
        "off": row.off,
        "figures": _intervals(row.figures),
        "transfer": {judge: _intervals(found) for judge, found in row.transfer.items()},
    }


def _intervals(found: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: _interval(interval) for name, interval in found.items()}


def _interval(interval: Interval) -> dict[str, Any]:
    values = {"value": interval.value, "low": interval.low, "high": interval.high}
    return {**{name: _number(value) for name, value in values.items()}, "count": interval.count}


def _measurement(measurement: Measurement) -> dict[str, Any]:
    return {
        "recipe": measurement.arm,
        "role": str(measurement.role),
        **asdict(measurement.motif),
        "value": _number(measurement.response.value),
        "natural_maximum": _number(measurement.natural_maximum),
        "kept": {kind: _number(value) for kind, value in measurement.response.kept.items()},
        "rank": measurement.response.rank,
        **{figure.name: _number(figure.read(measurement)) for figure in FIGURES},
        "judges": {judge: asdict(opinion) for judge, opinion in measurement.opinions.items()},
        "reason": measurement.reason,
    }


def _number(value: float) -> float | None:
    """JSON knows neither NaN nor infinities."""
    return value if math.isfinite(value) else None
