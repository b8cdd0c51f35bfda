"""Reading a gallery: what a unit page, a pattern grid and the command line show."""

from __future__ import annotations

import json
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

import numpy as np

from deepvis.gallery.arrays import decode, joined, unpack_correlation
from deepvis.gallery.blocks import unpack_histogram, unpack_similar
from deepvis.gallery.errors import explained_reading
from deepvis.gallery.histogram import UnitHistogram
from deepvis.gallery.job_rows import jobs, newest_job, root_folder
from deepvis.gallery.layer_rows import LayerRow, best_exemplars, find_layer, unit_exemplars
from deepvis.gallery.records import (
    ClassMean,
    ExemplarKind,
    ImageKind,
    ImageRecord,
    LayerRecord,
    SimilarUnit,
    StoredPicture,
    UnitRecord,
    UnitStatistics,
)
from deepvis.gallery.rows import BestExemplars, ImageRow, SkippedFile
from deepvis.gallery.stale import staleness
from deepvis.gallery.store import close, open_to_read
from deepvis.records import LayerInfo, UnitId

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from deepvis.gallery.records import JobRecord, ModelIdentity

P = ParamSpec("P")
R = TypeVar("R")

CORRELATION = "correlation"
"""Name of the array that holds a layer's packed correlations."""
RECEPTIVE_BOXES = "receptive_boxes"
"""Name of the array that holds a layer's receptive fields, `(4, height, width)`."""
WHOLE_LAYER = -1
"""Unit number of pictures that show a whole layer."""

_IMAGE = "id, kind, rank, value, recipe, seed, height, width, metadata, job_id"
_ORDER = "recipe, seed, rank, id"


def _consistent(
    method: Callable[Concatenate[GalleryReader, P], R],
) -> Callable[Concatenate[GalleryReader, P], R]:
    """All queries of the method see the same state; SQLite's errors become sentences."""

    @wraps(method)
    def reading(self: GalleryReader, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with explained_reading(self.path):
            if self.connection.in_transaction:
                return method(self, *args, **kwargs)
            self.connection.execute("BEGIN")
            try:
                return method(self, *args, **kwargs)
            finally:
                self.connection.execute("ROLLBACK")

    return reading


class GalleryReader:
    """A gallery opened for reading. A writer may write at the same time; every method sees one consistent state.

    Belongs to the thread that made it. `with GalleryReader(path) as gallery:` closes it.

    Attributes:
        path: the gallery's file.
        connection: to it; read-only.

    Raises:
        GalleryError: the file is missing, damaged, another program's, or of a newer DeepVis. Every method may raise
            it too, where damage is met later.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = open_to_read(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; may be called twice. The last one to close leaves one file, where it may write."""
        close(self.connection, self.path)

    @property
    def model(self) -> str:
        """Key of the model the gallery belongs to."""
        with explained_reading(self.path):
            return str(self._value("SELECT value FROM manifest WHERE key = 'model'"))

    def data_version(self) -> int:
        """A number that is another one after somebody else wrote into the file; costs microseconds."""
        with explained_reading(self.path):
            return int(self._value("PRAGMA data_version"))

    @_consistent
    def layers(self) -> dict[str, JobRecord | None]:
        """Layers the gallery knows, in the order they were first written, with the scan their rows come from.

        None stands for a layer that has pictures only.
        """
        by_id = {job.id: job for job in jobs(self.connection)}
        rows = self.connection.execute("SELECT name, scan_job FROM layers ORDER BY id")
        return {name: by_id.get(scan_job) for name, scan_job in rows}

    @_consistent
    def unit(self, layer: str, unit: int, identity: ModelIdentity | None = None) -> UnitRecord:
        """Everything known of one unit; an empty record where nothing is.

        Args:
            layer: name of the layer.
            unit: its number.
            identity: of the running model, for `UnitRecord.stale`; None does not compare.
        """
        address = UnitId(self.model, layer, unit)
        known = find_layer(self.connection, layer)
        if known is None:
            return UnitRecord(address)
        row = self.connection.execute(
            "SELECT count, mean, std, active_fraction, minimum, maximum, mean_maximum, nan_count, selectivity,"
            " histogram, similar, exemplars FROM units WHERE layer_id = ? AND unit = ?",
            (known.id, unit),
        ).fetchone()
        images = self._images(known, unit, identity)
        if row is None:
            return UnitRecord(address, images=images)
        exemplars = unit_exemplars(self.connection, known, row[11])
        return UnitRecord(
            address,
            exemplars=tuple(exemplar for exemplar in exemplars if exemplar.kind is ExemplarKind.MAXIMUM),
            minima=tuple(exemplar for exemplar in exemplars if exemplar.kind is ExemplarKind.MINIMUM),
            quantiles=tuple(exemplar for exemplar in exemplars if exemplar.kind is ExemplarKind.QUANTILE),
            statistics=_statistics(row),
            histogram=UnitHistogram(unpack_histogram(row[9])),
            classes=self._classes(known, unit),
            similar=_similar(row[10]),
            images=images,
            stale=self._stale(known.scan_job, identity),
        )

    @_consistent
    def layer(self, name: str, identity: ModelIdentity | None = None) -> LayerRecord | None:
        """Figures of all units of a layer; None where it was not scanned. `identity` as in `unit`."""
        known = find_layer(self.connection, name)
        if known is None or known.scan_job is None:
            return None
        rows = self.connection.execute(
            "SELECT unit, count, mean, std, active_fraction, minimum, maximum FROM units WHERE layer_id = ?",
            (known.id,),
        ).fetchall()
        figures = np.full((known.units, 6), np.nan)
        table = np.array(rows, np.float64).reshape(-1, 7)  # NULL becomes NaN
        figures[table[:, 0].astype(np.int64)] = table[:, 1:]
        packed = self._array(CORRELATION, known.id)
        mean, std, active_fraction, minimum, maximum = figures[:, 1:].T.copy()
        return LayerRecord(
            name=name,
            units=known.units,
            count=int(np.nanmax(figures[:, 0], initial=0)),
            mean=mean,
            std=std,
            active_fraction=active_fraction,
            minimum=minimum,
            maximum=maximum,
            correlation=None if packed is None else unpack_correlation(packed.astype(np.int8), known.units),
            stale=self._stale(known.scan_job, identity),
        )

    @_consistent
    def best(self, layer: str, kind: ExemplarKind = ExemplarKind.MAXIMUM, per_unit: int = 1) -> BestExemplars:
        """The first `per_unit` exemplars of a kind of every unit of the layer, in one query; empty where none."""
        known = find_layer(self.connection, layer)
        found = known and best_exemplars(self.connection, known, kind, per_unit)
        return found or BestExemplars.empty()

    @_consistent
    def picture(self, file: int) -> StoredPicture | None:
        """The stored picture of an image file (`Exemplar.file`), and the size of the original; None until stored."""
        query = "SELECT picture, height, width FROM files WHERE id = ? AND picture IS NOT NULL"
        row = self.connection.execute(query, (file,)).fetchone()
        return StoredPicture(*row) if row else None

    @_consistent
    def files_without_picture(self) -> frozenset[int]:
        """Image files (`Exemplar.file`) whose picture is not stored."""
        return frozenset(key for (key,) in self.connection.execute("SELECT id FROM files WHERE picture IS NULL"))

    @_consistent
    def file_path(self, file: int) -> Path | None:
        """Where the image file was when it was scanned; None where the gallery has no such file."""
        query = "SELECT data_root, path FROM files JOIN jobs ON jobs.id = files.job_id WHERE files.id = ?"
        row = self.connection.execute(query, (file,)).fetchone()
        return Path(root_folder(self.connection, row[0])) / row[1] if row else None

    @_consistent
    def image(self, key: int) -> bytes | None:
        """The encoded picture of an `ImageRecord` (its `id`); None where the gallery has no such picture."""
        data: bytes | None = self._value("SELECT data FROM images WHERE id = ?", key)
        return data

    @_consistent
    def image_seeds(self, layer: str, hash_text: str) -> frozenset[tuple[int, int]]:
        """`(unit, seed)` of the pictures that jobs of a hash stored for units of a layer."""
        query = (
            "SELECT unit, seed FROM images JOIN layers ON layers.id = layer_id JOIN jobs ON jobs.id = job_id"
            " WHERE layers.name = ? AND jobs.hash = ?"
        )
        return frozenset(self.connection.execute(query, (layer, hash_text)))

    @_consistent
    def image_ranks(self, layer: str, hash_text: str) -> frozenset[tuple[int, int]]:
        """`(unit, rank)` of the pictures that jobs of a hash stored for units of a layer."""
        query = (
            "SELECT unit, rank FROM images JOIN layers ON layers.id = layer_id JOIN jobs ON jobs.id = job_id"
            " WHERE layers.name = ? AND jobs.hash = ?"
        )
        return frozenset(self.connection.execute(query, (layer, hash_text)))

    @_consistent
    def unit_images(
        self, layer: str, kind: ImageKind, identity: ModelIdentity | None = None
    ) -> dict[int, tuple[ImageRecord, ...]]:
        """Pictures of a kind by unit, of all units of a layer that have any, in one query; `identity` as in `unit`."""
        known = find_layer(self.connection, layer)
        if known is None:
            return {}
        query = (
            f"SELECT unit, {_IMAGE} FROM images WHERE layer_id = ? AND kind = ? AND unit >= 0 ORDER BY unit, {_ORDER}"
        )
        found: dict[int, list[tuple[Any, ...]]] = {}
        for unit, *row in self.connection.execute(query, (known.id, str(kind))):
            found.setdefault(unit, []).append(tuple(row))
        makers = self._makers({row[-1] for rows in found.values() for row in rows}, identity)
        return {unit: tuple(_image(row, *makers[row[-1]]) for row in rows) for unit, rows in found.items()}

    @_consistent
    def image_rows(self, layer: str, job: int) -> tuple[ImageRow, ...]:
        """Pictures that a job stored for a layer, with their bytes, as they were handed to the writer."""
        query = (
            "SELECT unit, kind, data, images.height, images.width, rank, value, recipe, seed, metadata FROM images"
            " JOIN layers ON layers.id = layer_id WHERE name = ? AND job_id = ? ORDER BY images.id"
        )
        rows = self.connection.execute(query, (layer, job)).fetchall()
        return tuple(_image_row(layer, row) for row in rows)

    @_consistent
    def image_job(self, key: int) -> JobRecord | None:
        """The job that made an `ImageRecord` (its `id`); None where the gallery has no such picture."""
        found = jobs(self.connection, "id = (SELECT job_id FROM images WHERE id = ?)", key)
        return found[0] if found else None

    @_consistent
    def layer_infos(self) -> tuple[LayerInfo, ...]:
        """Layers the gallery knows, in the order they were first written, as far as it knows them."""
        query = "SELECT name, type, units, height, width, is_classes FROM layers ORDER BY id"
        return tuple(
            LayerInfo(name, type_name, units, height, width, is_classes=bool(is_classes))
            for name, type_name, units, height, width, is_classes in self.connection.execute(query)
        )

    @_consistent
    def layer_images(self, layer: str) -> tuple[ImageRecord, ...]:
        """Pictures of the whole layer (imported sheets), by kind and rank."""
        known = find_layer(self.connection, layer)
        return self._images(known, WHOLE_LAYER, None) if known else ()

    @_consistent
    def image_kinds(self, layer: str) -> frozenset[ImageKind]:
        """Kinds of the pictures that units of the layer have beside a scan's: imported, synthesized, kept ones."""
        query = "SELECT DISTINCT kind FROM images JOIN layers ON layers.id = layer_id WHERE name = ? AND unit >= 0"
        return frozenset(ImageKind(kind) for (kind,) in self.connection.execute(query, (layer,)))

    @_consistent
    def jobs(self) -> tuple[JobRecord, ...]:
        """All jobs, oldest first."""
        return jobs(self.connection)

    @_consistent
    def job(self, hash_text: str) -> JobRecord | None:
        """The newest job of that hash; None where there is none."""
        return newest_job(self.connection, hash_text)

    @_consistent
    def skipped(self, job: int) -> tuple[SkippedFile, ...]:
        """Files a job could not use, in order of the listing."""
        query = "SELECT number, path, reason FROM skipped_files WHERE job_id = ? ORDER BY number"
        return tuple(SkippedFile(*row) for row in self.connection.execute(query, (job,)))

    @_consistent
    def array(self, name: str, layer: str | None = None) -> NDArray[np.generic] | None:
        """An array as it was written; `layer` None means one of the data set. None where there is none."""
        key = self._array_key(layer)
        return None if key is None else self._array(name, key)

    def _value(self, query: str, *values: object) -> Any:  # noqa: ANN401  (whatever the column holds)
        row = self.connection.execute(query, values).fetchone()
        return row[0] if row else None

    def _array_key(self, layer: str | None) -> int | None:
        if layer is None:
            return 0
        known = find_layer(self.connection, layer)
        return known.id if known else None

    def _array(self, name: str, key: int) -> NDArray[np.generic] | None:
        query = "SELECT dtype, shape, codec, data FROM arrays WHERE layer_id = ? AND name = ? ORDER BY part"
        rows = self.connection.execute(query, (key, name)).fetchall()
        return decode(joined(rows)) if rows else None

    def _stale(self, job: int | None, identity: ModelIdentity | None) -> str:
        if job is None or identity is None:
            return ""
        (made_by,) = jobs(self.connection, "id = ?", job)
        return staleness(made_by.identity, identity)

    def _classes(self, layer: LayerRow, unit: int) -> tuple[ClassMean, ...]:
        query = (
            "SELECT coalesce(name, 'class ' || class_id), mean, count FROM unit_classes"
            " LEFT JOIN classes ON classes.id = class_id WHERE layer_id = ? AND unit = ? ORDER BY rank"
        )
        return tuple(ClassMean(*row) for row in self.connection.execute(query, (layer.id, unit)))

    def _images(self, layer: LayerRow, unit: int, identity: ModelIdentity | None) -> tuple[ImageRecord, ...]:
        query = f"SELECT {_IMAGE} FROM images WHERE layer_id = ? AND unit = ? ORDER BY kind, {_ORDER}"
        rows = self.connection.execute(query, (layer.id, unit)).fetchall()
        makers = self._makers({row[-1] for row in rows}, identity)
        return tuple(_image(row, *makers[row[-1]]) for row in rows)

    def _makers(self, keys: set[int], identity: ModelIdentity | None) -> dict[int, tuple[str, str]]:
        """Hashes of jobs, and why what they made is stale."""
        made_by = {key: jobs(self.connection, "id = ?", key)[0] for key in keys}
        return {
            key: (job.hash, "" if identity is None else staleness(job.identity, identity, job.kind))
            for key, job in made_by.items()
        }


def _statistics(row: tuple[Any, ...]) -> UnitStatistics:
    # SQLite keeps NaN as NULL
    mean, std, active_fraction, minimum, maximum, mean_maximum = (
        float("nan") if value is None else float(value) for value in row[1:7]
    )
    return UnitStatistics(
        count=row[0],
        mean=mean,
        std=std,
        active_fraction=active_fraction,
        minimum=minimum,
        maximum=maximum,
        mean_maximum=mean_maximum,
        nan_count=row[7],
        selectivity=row[8],
    )


def _similar(data: bytes) -> tuple[SimilarUnit, ...]:
    others, correlations = unpack_similar(data)
    pairs = zip(others.tolist(), correlations.tolist(), strict=True)
    return tuple(SimilarUnit(other, correlation) for other, correlation in pairs)


def _image(row: tuple[Any, ...], job: str, stale: str) -> ImageRecord:
    key, kind, rank, value, recipe, seed, height, width, metadata, _ = row
    told = json.loads(metadata) | ({"stale": stale} if stale else {})
    return ImageRecord(key, ImageKind(kind), rank, value, recipe, seed, (height, width), told, job)


def _image_row(layer: str, row: tuple[Any, ...]) -> ImageRow:
    unit, kind, data, height, width, rank, value, recipe, seed, metadata = row
    return ImageRow(layer, unit, ImageKind(kind), data, height, width, rank, value, recipe, seed, json.loads(metadata))
