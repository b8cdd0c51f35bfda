"""A layer's arrays as rows of the gallery's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.blocks import pack, pack_histogram, pack_similar
from deepvis.gallery.histogram import BINS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from deepvis.gallery.blocks import PackedExemplars
    from deepvis.gallery.rows import ClassRows, LayerRows, StatisticsRows
    from deepvis.records import LayerInfo

_TABLES = ("units", "exemplar_places", "boxes", "unit_classes", "arrays")
MOST_SIMILAR = 255
"""Similar units that are kept of a unit at most."""


def enter_layer(connection: sqlite3.Connection, layer: LayerInfo) -> int:
    """Make a layer known; what is known of it stays. Returns its key."""
    connection.execute(
        "INSERT OR IGNORE INTO layers (name, type, units, height, width, is_classes) VALUES (?, ?, ?, ?, ?, ?)",
        (layer.name, layer.type_name, layer.units, layer.height, layer.width, int(layer.is_classes)),
    )
    (key,) = connection.execute("SELECT id FROM layers WHERE name = ?", (layer.name,)).fetchone()
    return int(key)


def replace_layer(connection: sqlite3.Connection, job: int, rows: LayerRows) -> int:
    """Replace everything a scan found out about a layer, arrays excepted, which are removed. Returns its key.

    Raises:
        ValueError: the rows do not fit each other, or exemplars refer to files that the job did not enter.
    """
    _check_shapes(rows)
    _check_files(connection, job, rows)
    packed = pack(rows.exemplars, rows.layer.units, rows.layer.width)
    key = enter_layer(connection, rows.layer)
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table} WHERE layer_id = ?", (key,))
    _describe(connection, key, job, rows, packed)
    _insert_units(connection, key, rows, packed)
    if rows.classes is not None:
        _insert_classes(connection, key, rows.classes)
    return key


def _describe(connection: sqlite3.Connection, key: int, job: int, rows: LayerRows, packed: PackedExemplars) -> None:
    layer, form = rows.layer, packed.format
    connection.execute(
        "UPDATE layers SET type = ?, units = ?, height = ?, width = ?, is_classes = ?, scan_job = ?,"
        " samples_per_file = ?, sample_bytes = ?, position_bytes = ?, box_bytes = ?, box_number_bytes = ? WHERE id = ?",
        (
            *(layer.type_name, layer.units, layer.height, layer.width, int(layer.is_classes), job),
            *(rows.samples_per_file, form.sample, form.position, form.box, form.box_number, key),
        ),
    )
    places = [(key, place, kind, rank) for place, (kind, rank) in enumerate(packed.places)]
    connection.executemany("INSERT INTO exemplar_places VALUES (?, ?, ?, ?)", places)
    boxes = [(key, number, *((None,) * 4 if box[2] < 0 else box)) for number, box in enumerate(packed.boxes.tolist())]
    connection.executemany("INSERT INTO boxes VALUES (?, ?, ?, ?, ?, ?)", boxes)


def _insert_units(connection: sqlite3.Connection, key: int, rows: LayerRows, packed: PackedExemplars) -> None:
    units = rows.layer.units
    figures = rows.statistics
    nothing = np.full(units, np.nan)
    selectivity = nothing if figures.selectivity is None else figures.selectivity
    similar: Iterable[bytes] = [b""] * units
    if rows.similar is not None:
        cut = slice(0, MOST_SIMILAR)
        similar = pack_similar(type(rows.similar)(rows.similar.other[:, cut], rows.similar.correlation[:, cut]))
    columns = zip(
        [key] * units,
        range(units),
        *(_column(figures, name) for name in ("count", "mean", "std", "active_fraction", "minimum", "maximum")),
        *(_column(figures, name) for name in ("mean_maximum", "nan_count")),
        selectivity.tolist(),
        (pack_histogram(counts) for counts in figures.histogram),
        similar,
        (block.tobytes() for block in packed.blocks),
        strict=True,
    )
    connection.executemany(
        "INSERT INTO units (layer_id, unit, count, mean, std, active_fraction, minimum, maximum, mean_maximum,"
        " nan_count, selectivity, histogram, similar, exemplars) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        columns,
    )


def _insert_classes(connection: sqlite3.Connection, key: int, rows: ClassRows) -> None:
    unit, rank = np.nonzero(rows.classes >= 0)
    fields = (field[unit, rank].tolist() for field in (rows.classes, rows.mean, rows.count))
    connection.executemany(
        "INSERT INTO unit_classes VALUES (?, ?, ?, ?, ?, ?)",
        zip([key] * len(unit), unit.tolist(), rank.tolist(), *fields, strict=True),
    )


def _column(figures: StatisticsRows, name: str) -> list[float]:
    """Plain Python numbers; SQLite keeps NaN as NULL."""
    column: NDArray[np.float64] = getattr(figures, name)
    numbers: list[float] = column.tolist()
    return numbers


def _check_shapes(rows: LayerRows) -> None:
    units, exemplars = rows.layer.units, rows.exemplars
    if rows.statistics.histogram.shape != (units, BINS):
        raise ValueError(f"A histogram of {units} units is ({units}, {BINS}), not {rows.statistics.histogram.shape}.")
    if rows.correlation is not None and rows.correlation.shape != (units, units):
        raise ValueError(f"Correlations of {units} units are not of the shape {rows.correlation.shape}.")
    if len(exemplars.column) and (exemplars.column.min() < 0 or exemplars.column.max() >= rows.layer.width):
        raise ValueError(f"Positions of {rows.layer.name} lie outside its map of {rows.layer.width} columns.")


def _check_files(connection: sqlite3.Connection, job: int, rows: LayerRows) -> None:
    known = [number for (number,) in connection.execute("SELECT number FROM files WHERE job_id = ?", (job,))]
    numbers = np.unique(rows.exemplars.sample[~np.isnan(rows.exemplars.value)] // rows.samples_per_file)
    missing = numbers[~np.isin(numbers, known)]
    if len(missing):
        raise ValueError(
            f"Exemplars of {rows.layer.name} refer to file {missing[0]}, which is not entered: call write_files first."
        )
