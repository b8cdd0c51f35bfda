"""Writing a gallery. Every method is one transaction, or part of the one that `transaction` opened."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

from deepvis.gallery.arrays import decode, encode, joined, pack_correlation
from deepvis.gallery.errors import explained
from deepvis.gallery.job_rows import COLUMNS, jobs, newest_job, to_row
from deepvis.gallery.layer_rows import find_layer, used_files
from deepvis.gallery.layer_writing import enter_layer, replace_layer
from deepvis.gallery.reader import CORRELATION, RECEPTIVE_BOXES
from deepvis.gallery.rows import FileRow, SavedState
from deepvis.gallery.store import close, open_to_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gallery.records import JobRecord
    from deepvis.gallery.rows import ImageRow, LayerRows, SkippedFile
    from deepvis.records import LayerInfo

P = ParamSpec("P")
R = TypeVar("R")

_DATA_SET = 0
"""Stands for no layer in the table of arrays."""
_JOB_TABLES = ("states", "progress", "images", "skipped_files", "arrays", "files")


def _in_transaction(
    method: Callable[Concatenate[GalleryWriter, P], R],
) -> Callable[Concatenate[GalleryWriter, P], R]:
    @wraps(method)
    def writing(self: GalleryWriter, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.transaction():
            return method(self, *args, **kwargs)

    return writing


class GalleryWriter:
    """A gallery opened for writing; made where it does not exist.

    Belongs to the thread that made it. Others may read and write at the same time; one waits for the other.
    `with GalleryWriter(path, model) as gallery:` closes it.

    Attributes:
        path: the gallery's file.
        model: key of the model; a gallery of another model is refused.
        connection: to the file; a transaction is open inside `transaction` only.

    Raises:
        GalleryError: the file is damaged, another program's or another model's, of a newer DeepVis, or cannot be
            written to. Every method may raise it too: the disk is full, somebody else writes for too long, ...
    """

    def __init__(self, path: Path, model: str) -> None:
        self.path = path
        self.model = model
        self.connection = open_to_write(path, model)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; may be called twice. The last one to close leaves one file."""
        close(self.connection, self.path)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept together or, after an exception, not at all; may be nested."""
        with explained(self.path):
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # SQLite itself ends it after a full disk
                    self.connection.execute("ROLLBACK")
                raise

    @_in_transaction
    def begin_job(self, job: JobRecord) -> int:
        """Enter a job (`job.id` is not looked at); one with the same hash that is not finished is taken up.

        Returns:
            Its key, for the other methods.
        """
        begun = jobs(self.connection, "hash = ? AND hash <> '' AND NOT finished", job.hash)
        if begun:
            return begun[-1].id
        row = to_row(job, _now())
        marks = ", ".join("?" * len(row))
        cursor = self.connection.execute(f"INSERT INTO jobs ({COLUMNS}) VALUES ({marks})", row)
        return int(cursor.lastrowid or 0)

    @_in_transaction
    def take_up_job(self, job: JobRecord) -> int:
        """The key of the newest job of the same hash, finished or not; it is entered where there is none."""
        known = newest_job(self.connection, job.hash)
        return self.begin_job(job) if known is None else known.id

    @_in_transaction
    def update_job(self, job: JobRecord) -> None:
        """Write everything of the job `job.id` anew; `updated_utc` becomes now."""
        assignments = COLUMNS.replace(",", " = ?,") + " = ?"
        self.connection.execute(f"UPDATE jobs SET {assignments} WHERE id = ?", (*to_row(job, _now()), job.id))

    @_in_transaction
    def finish_job(self, job: int) -> None:
        """Mark a job as finished, and drop its state, in one transaction."""
        self.connection.execute("UPDATE jobs SET finished = 1, updated_utc = ? WHERE id = ?", (_now(), job))
        self.drop_state(job)

    @_in_transaction
    def remove_job(self, job: int) -> None:
        """Remove a job with everything it made: pictures, files, layers that it scanned."""
        layers = self.connection.execute("SELECT id FROM layers WHERE scan_job = ?", (job,)).fetchall()
        for table in ("units", "exemplar_places", "boxes", "unit_classes", "arrays"):
            self.connection.executemany(f"DELETE FROM {table} WHERE layer_id = ?", layers)
        self.connection.execute("UPDATE layers SET scan_job = NULL WHERE scan_job = ?", (job,))
        for table in _JOB_TABLES:
            self.connection.execute(f"DELETE FROM {table} WHERE job_id = ?", (job,))
        self.connection.execute("DELETE FROM jobs WHERE id = ?", (job,))
        self.connection.execute(
            "DELETE FROM layers WHERE scan_job IS NULL AND id NOT IN (SELECT layer_id FROM images)"
            " AND id NOT IN (SELECT layer_id FROM arrays)"
        )

    @_in_transaction
    def jobs(self) -> tuple[JobRecord, ...]:
        """All jobs, oldest first."""
        return jobs(self.connection)

    @_in_transaction
    def job(self, hash_text: str) -> JobRecord | None:
        """The newest job of that hash; None where there is none."""
        return newest_job(self.connection, hash_text)

    @_in_transaction
    def save_state(self, job: int, arrays: Mapping[str, NDArray[np.generic]], progress: Mapping[str, object]) -> None:
        """Keep where an unfinished job goes on; replaces what was kept before. `progress` holds JSON values."""
        self.drop_state(job)
        for name, array in arrays.items():
            blob = encode(array, level=1)  # written often, read once; most of it is zeros
            rows = [
                (job, name, part, blob.dtype, blob.shape, blob.codec, data) for part, data in enumerate(blob.parts())
            ]
            self.connection.executemany("INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.connection.execute("INSERT INTO progress VALUES (?, ?)", (job, json.dumps(dict(progress))))

    @_in_transaction
    def load_state(self, job: int) -> SavedState | None:
        """What `save_state` kept last; None where nothing is kept."""
        row = self.connection.execute("SELECT value FROM progress WHERE job_id = ?", (job,)).fetchone()
        if row is None:
            return None
        query = "SELECT name, dtype, shape, codec, data FROM states WHERE job_id = ? ORDER BY name, part"
        kept: dict[str, list[tuple[str, str, str, bytes]]] = {}
        for name, *parts in self.connection.execute(query, (job,)):
            kept.setdefault(name, []).append((parts[0], parts[1], parts[2], parts[3]))
        return SavedState({name: decode(joined(parts)) for name, parts in kept.items()}, json.loads(row[0]))

    @_in_transaction
    def drop_state(self, job: int) -> None:
        """Forget what `save_state` kept."""
        self.connection.execute("DELETE FROM states WHERE job_id = ?", (job,))
        self.connection.execute("DELETE FROM progress WHERE job_id = ?", (job,))

    @_in_transaction
    def write_classes(self, names: Sequence[str]) -> None:
        """Class names of the data set; class number i is called `names[i]`."""
        self.connection.execute("DELETE FROM classes")
        self.connection.executemany("INSERT INTO classes VALUES (?, ?)", enumerate(names))

    @_in_transaction
    def write_layer(self, job: int, rows: LayerRows) -> None:
        """Replace everything a scan found out about a layer, its arrays too; pictures that belong to its units stay.

        Raises:
            ValueError: the rows do not fit each other, or exemplars refer to files that `write_files` did not get.
        """
        replace_layer(self.connection, job, rows)
        arrays: dict[str, NDArray[np.generic]] = {}
        if rows.correlation is not None:
            arrays[CORRELATION] = pack_correlation(rows.correlation)
        if rows.boxes is not None:
            arrays[RECEPTIVE_BOXES] = rows.boxes
        self.write_arrays(job, arrays, rows.layer.name)

    @_in_transaction
    def layer_scans(self) -> dict[str, str]:
        """Hash of the scan that each layer's rows come from; empty where it was not scanned."""
        query = "SELECT name, coalesce(hash, '') FROM layers LEFT JOIN jobs ON jobs.id = scan_job ORDER BY layers.id"
        return dict(self.connection.execute(query).fetchall())

    @_in_transaction
    def add_layer(self, layer: LayerInfo) -> None:
        """Make the layer known, for pictures of its units; nothing changes where it is known already."""
        enter_layer(self.connection, layer)

    @_in_transaction
    def write_files(self, job: int, files: Iterable[FileRow]) -> None:
        """Enter image files that exemplars refer to; stored pictures of files already there stay."""
        self.connection.executemany(
            "INSERT INTO files (job_id, number, path, height, width, class_id) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (job_id, number) DO UPDATE SET path = excluded.path, height = excluded.height,"
            " width = excluded.width, class_id = excluded.class_id",
            ((job, file.number, file.path, file.height, file.width, file.class_number) for file in files),
        )

    @_in_transaction
    def files_without_picture(self, job: int) -> tuple[FileRow, ...]:
        """Files of the job whose picture is not stored yet, in order of the listing."""
        query = (
            "SELECT number, path, height, width, class_id, id FROM files WHERE job_id = ? AND picture IS NULL"
            " ORDER BY number"
        )
        return tuple(FileRow(*row) for row in self.connection.execute(query, (job,)))

    @_in_transaction
    def store_picture(self, file: int, data: bytes) -> None:
        """Keep the picture (JPEG, PNG or WebP) of a file (`FileRow.id`)."""
        self.connection.execute("UPDATE files SET picture = ? WHERE id = ?", (data, file))

    @_in_transaction
    def remove_unused_files(self) -> int:
        """Remove files, with their pictures, that no exemplar refers to; returns how many."""
        removed = 0
        for (job,) in self.connection.execute("SELECT DISTINCT job_id FROM files").fetchall():
            used = used_files(self.connection, job)
            rows = self.connection.execute("SELECT id, number FROM files WHERE job_id = ?", (job,)).fetchall()
            unused = [(key,) for key, number in rows if number not in used]
            self.connection.executemany("DELETE FROM files WHERE id = ?", unused)
            removed += len(unused)
        return removed

    @_in_transaction
    def write_skipped(self, job: int, files: Iterable[SkippedFile]) -> None:
        """Replace the job's list of files that could not be used."""
        self.connection.execute("DELETE FROM skipped_files WHERE job_id = ?", (job,))
        rows = ((job, file.number, file.path, file.reason) for file in files)
        self.connection.executemany("INSERT INTO skipped_files VALUES (?, ?, ?, ?)", rows)

    @_in_transaction
    def write_arrays(self, job: int, arrays: Mapping[str, NDArray[np.generic]], layer: str | None = None) -> None:
        """Keep arrays of a layer, or of the data set; one of the same name is replaced.

        Raises:
            ValueError: the layer is not known.
        """
        key = _DATA_SET if layer is None else self._layer_key(layer)
        for name, array in arrays.items():
            self.connection.execute("DELETE FROM arrays WHERE layer_id = ? AND name = ?", (key, name))
            blob = encode(array)
            rows = [
                (key, name, part, job, blob.dtype, blob.shape, blob.codec, data)
                for part, data in enumerate(blob.parts())
            ]
            self.connection.executemany("INSERT INTO arrays VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    @_in_transaction
    def add_image(self, job: int, image: ImageRow) -> int:
        """Keep a picture of a unit. Returns its key.

        A picture of the same job, unit, kind, rank, recipe and seed is replaced.

        Raises:
            ValueError: the layer is not known: `add_layer` makes it so.
        """
        row = (
            *(self._layer_key(image.layer), image.unit, str(image.kind), image.rank, image.recipe, image.seed, job),
            *(image.value, json.dumps(image.metadata), image.height, image.width, image.data),
        )
        cursor = self.connection.execute(
            "INSERT OR REPLACE INTO images (layer_id, unit, kind, rank, recipe, seed, job_id, value, metadata, height,"
            " width, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        return int(cursor.lastrowid or 0)

    @_in_transaction
    def remove_image(self, key: int) -> bool:
        """Remove a picture by the key that `add_image` gave; False where there is none."""
        return self.connection.execute("DELETE FROM images WHERE id = ?", (key,)).rowcount > 0

    @_in_transaction
    def remove_images(self, job: int, layer: str) -> int:
        """Remove the pictures that a job stored for a layer; returns how many."""
        query = "DELETE FROM images WHERE job_id = ? AND layer_id = (SELECT id FROM layers WHERE name = ?)"
        return self.connection.execute(query, (job, layer)).rowcount

    @_in_transaction
    def remove_replaced(self, job: int, by: int) -> None:
        """Remove the pictures of a job of which another one has its own, and the job once it has no picture left.

        Args:
            job: key of the job whose pictures go.
            by: key of the job that has one of the same unit, kind and rank.
        """
        query = (
            "DELETE FROM images WHERE job_id = ? AND EXISTS (SELECT 1 FROM images AS newer WHERE newer.job_id = ?"
            " AND (newer.layer_id, newer.unit, newer.kind, newer.rank)"
            " = (images.layer_id, images.unit, images.kind, images.rank))"
        )
        self.connection.execute(query, (job, by))
        if self.connection.execute("SELECT 1 FROM images WHERE job_id = ? LIMIT 1", (job,)).fetchone() is None:
            self.remove_job(job)

    def _layer_key(self, name: str) -> int:
        layer = find_layer(self.connection, name)
        if layer is None:
            raise ValueError(f"The gallery {self.path} does not know the layer {name}: add it first.")
        return layer.id


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
