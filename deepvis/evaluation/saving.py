"""What `--save` leaves in a folder: the figures, and sheets of pictures for eyes."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from deepvis.evaluation.contact_sheet import Line, Tile, contact_sheet
from deepvis.evaluation.making import file_name
from deepvis.evaluation.measurement import Kind, Role
from deepvis.evaluation.report import to_json, to_markdown
from deepvis.sources.encode import encode_png

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.evaluation.evaluation import Picture
    from deepvis.evaluation.judges import Opinion
    from deepvis.evaluation.measurement import Measurement
    from deepvis.evaluation.report import Report

CLASS_COLUMNS = 6
_MOST_TILES = 48


def save(report: Report, pictures: Mapping[str, Sequence[Picture]], folder: Path) -> list[Path]:
    """Write `figures.json`, `report.md`, and for every recipe `classes-RECIPE.png` and `hidden-RECIPE.png`.

    Args:
        report: the evaluation.
        pictures: by arm, in the order of the report's measurements.
        folder: made where it does not exist; files of the same names are replaced.

    Returns:
        The files written.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures, text = folder / "figures.json", folder / "report.md"
    figures.write_text(json.dumps(to_json(report), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    text.write_text(to_markdown(report), encoding="utf-8")
    written = [figures, text]
    for name, sheet in _sheets(report, pictures):
        path = folder / f"{file_name(name)}.png"
        path.write_bytes(encode_png(sheet))
        written.append(path)
    return written


def _sheets(report: Report, pictures: Mapping[str, Sequence[Picture]]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    for arm, made in pictures.items():
        measured = [measurement for measurement in report.measurements if measurement.arm == arm]
        if not measured or measured[0].role is Role.FLOOR:
            continue
        pairs = _paired(made, measured)
        for kind in Kind:
            chosen = [pair for pair in pairs if pair[1].motif.kind is kind][:_MOST_TILES]
            if chosen:
                tiles = [_tile(picture, measurement) for picture, measurement in chosen]
                title = f"{arm}: {kind}, {report.setting.model}"
                yield f"{kind}-{arm}", contact_sheet(title, tiles, _columns(kind, [pair[1] for pair in chosen]))


def _paired(pictures: Sequence[Picture], measured: Sequence[Measurement]) -> list[tuple[Picture, Measurement]]:
    by_motif = {measurement.motif: measurement for measurement in measured}
    return [(picture, by_motif[picture.motif]) for picture in pictures if picture.motif in by_motif]


def _columns(kind: Kind, measured: Sequence[Measurement]) -> int:
    """Classes in rows of six, hidden units one layer to a row."""
    if kind is Kind.CLASSES:
        return min(CLASS_COLUMNS, len(measured))
    layers = [measurement.motif.layer for measurement in measured]
    return max(layers.count(layer) for layer in set(layers))


def _tile(picture: Picture, measurement: Measurement) -> Tile:
    motif = measurement.motif
    number = f", seed {motif.number}" if motif.number else ""
    if motif.kind is Kind.HIDDEN:
        ratio = measurement.activation
        told = "" if math.isnan(ratio) else f"{ratio:.1f} x natural maximum"
        return Tile(picture.made.rgb, f"{motif.layer}/{motif.unit}{number}", (Line(told or measurement.reason),))
    said = tuple(_verdict(judge, opinion) for judge, opinion in measurement.opinions.items())
    return Tile(picture.made.rgb, f"{motif.label or motif.unit}{number}", said)


def _verdict(judge: str, opinion: Opinion) -> Line:
    """`lite1: snail 0.42`, and behind another class than the wanted one the probability of that."""
    right = opinion.rank == 0
    wanted = "" if right else f" (it: {opinion.probability:.2f})"
    said = f"{judge.rpartition('_')[2]}: {opinion.label} {opinion.label_probability:.2f}{wanted}"
    return Line(said, good=right)
