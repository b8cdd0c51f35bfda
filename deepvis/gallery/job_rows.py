"""Jobs as rows of the gallery's table, and back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.gallery.records import JobRecord, ModelIdentity

if TYPE_CHECKING:
    import sqlite3

COLUMNS = (
    "kind, hash, model, weights_sha256, preprocessing, data_root, data_hash, parameters, versions, device, coverage, "
    "samples, skipped, finished, updated_utc"
)


def to_row(job: JobRecord, updated_utc: str) -> tuple[Any, ...]:
    """Values of `COLUMNS`."""
    identity = job.identity
    return (
        job.kind,
        job.hash,
        identity.model,
        identity.weights_sha256,
        identity.preprocessing,
        job.data_root,
        job.data_hash,
        json.dumps(job.parameters),
        json.dumps(job.versions),
        job.device,
        json.dumps(job.coverage),
        job.samples,
        job.skipped,
        int(job.finished),
        updated_utc,
    )


def jobs(connection: sqlite3.Connection, condition: str = "1", *values: object) -> tuple[JobRecord, ...]:
    """Jobs that meet an SQL condition, oldest first.

    Raises:
        ValueError: a row makes no sense: the file is damaged.
    """
    query = f"SELECT id, {COLUMNS} FROM jobs WHERE {condition} ORDER BY id"
    return tuple(_record(connection, row) for row in connection.execute(query, values))


def newest_job(connection: sqlite3.Connection, hash_text: str) -> JobRecord | None:
    """The newest job of that hash; None where there is none."""
    found = jobs(connection, "hash = ?", hash_text)
    return found[-1] if found else None


def root_folder(connection: sqlite3.Connection, root: str) -> str:
    """Where a job's images are: a root that is no absolute path begins at the gallery's own folder."""
    if not root or Path(root).is_absolute():
        return root
    (_, _, file) = connection.execute("PRAGMA database_list").fetchone()
    return os.path.normpath(Path(file).parent / root)


def _record(connection: sqlite3.Connection, row: tuple[Any, ...]) -> JobRecord:
    key, kind, hash_text, model, weights, preprocessing, root, data_hash = row[:8]
    parameters, versions, device, coverage, samples, skipped, finished, updated_utc = row[8:]
    return JobRecord(
        id=key,
        kind=kind,
        hash=hash_text,
        identity=ModelIdentity(model, weights, preprocessing),
        data_root=root_folder(connection, root),
        data_hash=data_hash,
        parameters=json.loads(parameters),
        versions=json.loads(versions),
        device=device,
        coverage=tuple((part[0], part[1], part[2], part[3]) for part in json.loads(coverage)),
        samples=samples,
        skipped=skipped,
        finished=bool(finished),
        updated_utc=updated_utc,
    )
