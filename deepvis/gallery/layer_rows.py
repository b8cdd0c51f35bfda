"""A layer's row in the gallery, and the exemplars, boxes and files that hang on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis.gallery.blocks import BlockFormat, UnpackedExemplars, unpack
from deepvis.gallery.job_rows import root_folder
from deepvis.gallery.records import Exemplar, ExemplarKind
from deepvis.gallery.rows import KINDS, WHOLE_IMAGE, BestExemplars
from deepvis.records import Rect

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_AT_ONCE = 500
"""SQLite takes at least 999 values in one statement."""


@dataclass(frozen=True, slots=True)
class LayerRow:
    """What the table of layers says; `scan_job` is None where the layer was not scanned."""

    id: int
    name: str
    units: int
    width: int
    scan_job: int | None
    samples_per_file: int
    format: BlockFormat


@dataclass(frozen=True, slots=True)
class _File:
    id: int
    path: str
    height: int
    width: int
    label: str


def find_layer(connection: sqlite3.Connection, name: str) -> LayerRow | None:
    """The layer of that name; None where the gallery does not know it."""
    row = connection.execute(
        "SELECT id, name, units, width, scan_job, samples_per_file, sample_bytes, position_bytes, box_bytes,"
        " box_number_bytes FROM layers WHERE name = ?",
        (name,),
    ).fetchone()
    if row is None:
        return None
    key, name, units, width, scan_job, samples_per_file, *widths = row
    return LayerRow(key, name, units, width, scan_job, samples_per_file, BlockFormat(*widths))


def unit_exemplars(connection: sqlite3.Connection, layer: LayerRow, block: bytes) -> list[Exemplar]:
    """Exemplars of one unit, by kind and rank.

    Raises:
        ValueError: the bytes make no sense: the file is damaged.
    """
    places = _places(connection, layer)
    if not places:
        return []
    fields = _unpacked(connection, layer, block, len(places))
    samples = fields.sample[0]
    files = _files(connection, layer, samples[~np.isnan(fields.value[0])] // layer.samples_per_file)
    root = _data_root(connection, layer)
    found = []
    for place, (kind, rank) in enumerate(places):
        if np.isnan(fields.value[0, place]):
            continue
        file = files[int(samples[place]) // layer.samples_per_file]
        row, column = divmod(int(fields.position[0, place]), layer.width)
        found.append(
            Exemplar(
                kind=KINDS[kind],
                rank=rank,
                value=float(fields.value[0, place]),
                file=file.id,
                path=root / file.path,
                position=(row, column),
                box=_rect(fields.box[0, place], file),
                sample=int(samples[place]),
                label=file.label,
            )
        )
    return found


def best_exemplars(
    connection: sqlite3.Connection, layer: LayerRow, kind: ExemplarKind, per_unit: int
) -> BestExemplars | None:
    """The first exemplars of a kind of every unit; None where there are none."""
    wanted = [
        (place, rank)
        for place, (number, rank) in enumerate(_places(connection, layer))
        if KINDS[number] is kind and rank < per_unit
    ]
    if not wanted:
        return None
    stride = layer.format.stride
    query = "SELECT unit, substr(exemplars, ?, ?) FROM units WHERE layer_id = ? ORDER BY unit"
    # the places of one kind lie side by side
    cut = (wanted[0][0] * stride + 1, len(wanted) * stride, layer.id)
    units, blocks = zip(*connection.execute(query, cut), strict=True)
    fields = _unpacked(connection, layer, b"".join(blocks), len(wanted))
    return _best(connection, layer, np.array(units, np.int32), np.array([rank for _, rank in wanted], np.int32), fields)


def _best(
    connection: sqlite3.Connection,
    layer: LayerRow,
    units: NDArray[np.int32],
    ranks: NDArray[np.int32],
    fields: UnpackedExemplars,
) -> BestExemplars:
    there = ~np.isnan(fields.value)
    sample, position = fields.sample[there], fields.position[there]
    query = "SELECT number, id, height, width FROM files WHERE job_id = ? ORDER BY number"
    files = np.array(connection.execute(query, (layer.scan_job,)).fetchall(), np.int64).reshape(-1, 4)
    number = sample // layer.samples_per_file
    index = np.searchsorted(files[:, 0], number)
    if len(number) and (not len(files) or not np.array_equal(files[np.minimum(index, len(files) - 1), 0], number)):
        raise ValueError(f"exemplars of the layer {layer.name} refer to files that are not there")
    box = fields.box[there]
    whole = box[:, 2] < 0
    box[whole, :2] = 0
    box[whole, 2:] = files[index[whole], 2:]
    return BestExemplars(
        unit=np.broadcast_to(units[:, None], there.shape)[there],
        rank=np.broadcast_to(ranks, there.shape)[there],
        value=fields.value[there],
        file=files[index, 1],
        sample=sample,
        row=(position // layer.width).astype(np.int32),
        column=(position % layer.width).astype(np.int32),
        box=box.astype(np.int32),
    )


def _places(connection: sqlite3.Connection, layer: LayerRow) -> list[tuple[int, int]]:
    query = "SELECT kind_id, rank FROM exemplar_places WHERE layer_id = ? ORDER BY place"
    return connection.execute(query, (layer.id,)).fetchall()


def _unpacked(connection: sqlite3.Connection, layer: LayerRow, data: bytes, places: int) -> UnpackedExemplars:
    return unpack(data, places, layer.format, lambda numbers: _listed_boxes(connection, layer, numbers))


def _listed_boxes(connection: sqlite3.Connection, layer: LayerRow, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    query = "SELECT top, left, height, width FROM boxes WHERE layer_id = ? AND number IN ({marks}) ORDER BY number"
    rows = list(_many(connection, query, layer.id, numbers.tolist()))
    if len(rows) != len(numbers):
        raise ValueError(f"boxes of the layer {layer.name} are missing")
    return np.array([WHOLE_IMAGE if None in row else row for row in rows], np.int64).reshape(-1, 4)


def _files(connection: sqlite3.Connection, layer: LayerRow, numbers: NDArray[np.int64]) -> dict[int, _File]:
    query = (
        "SELECT files.number, files.id, files.path, files.height, files.width, coalesce(classes.name, '') FROM files"
        " LEFT JOIN classes ON classes.id = files.class_id WHERE files.job_id = ? AND files.number IN ({marks})"
    )
    wanted = np.unique(numbers).tolist()
    found = {row[0]: _File(*row[1:]) for row in _many(connection, query, layer.scan_job, wanted)}
    if len(found) != len(wanted):
        raise ValueError(f"exemplars of the layer {layer.name} refer to files that are not there")
    return found


def _many(
    connection: sqlite3.Connection, query: str, key: int | None, numbers: Sequence[int]
) -> Iterator[tuple[Any, ...]]:
    """Rows of a query for `key` and any amount of numbers, which take the place of `{marks}`."""
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        yield from connection.execute(query.format(marks=", ".join("?" * len(some))), (key, *some))


def _data_root(connection: sqlite3.Connection, layer: LayerRow) -> Path:
    (root,) = connection.execute("SELECT data_root FROM jobs WHERE id = ?", (layer.scan_job,)).fetchone()
    return Path(root_folder(connection, root))


def _rect(box: NDArray[np.int64], file: _File) -> Rect:
    if box[2] < 0:
        return Rect(0, 0, file.height, file.width)
    top, left, height, width = (int(side) for side in box)
    return Rect(top, left, height, width)


def used_files(connection: sqlite3.Connection, job: int) -> set[int]:
    """Numbers of the job's files that exemplars refer to."""
    used: set[int] = set()
    for (name,) in connection.execute("SELECT name FROM layers WHERE scan_job = ?", (job,)).fetchall():
        layer = find_layer(connection, name)
        places = _places(connection, layer) if layer else []
        if layer and places:
            rows = connection.execute("SELECT exemplars FROM units WHERE layer_id = ?", (layer.id,))
            fields = _unpacked(connection, layer, b"".join(block for (block,) in rows), len(places))
            used.update(np.unique(fields.sample[~np.isnan(fields.value)] // layer.samples_per_file).tolist())
    return used
