"""What is in a gallery's file, in SQL, and how files of older versions become ones of this version.

`docs/gallery.md` describes it for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.gallery.rows import KINDS
from deepvis.gallery.views import EXEMPLARS, SIMILAR_UNITS, UNIT_EXEMPLARS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

APPLICATION_ID = 0x44565147
"""`DVQG` in the header of the file: told from other programs' databases."""

VERSION = 1
"""Of the schema; in the file it is `PRAGMA user_version`."""

MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}
"""By version: what makes a file of that version one of the next. Runs inside a transaction and must not end it."""

PAGE_BYTES = 8192

_TABLES = """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    hash TEXT NOT NULL,
    model TEXT NOT NULL,
    weights_sha256 TEXT NOT NULL,
    preprocessing TEXT NOT NULL,
    data_root TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    parameters TEXT NOT NULL,
    versions TEXT NOT NULL,
    device TEXT NOT NULL,
    coverage TEXT NOT NULL,
    samples INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    updated_utc TEXT NOT NULL
);

CREATE TABLE layers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    units INTEGER NOT NULL,
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    is_classes INTEGER NOT NULL,
    scan_job INTEGER REFERENCES jobs (id),
    samples_per_file INTEGER NOT NULL DEFAULT 1,
    sample_bytes INTEGER NOT NULL DEFAULT 1,
    position_bytes INTEGER NOT NULL DEFAULT 1,
    box_bytes INTEGER NOT NULL DEFAULT 0,
    box_number_bytes INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE units (
    id INTEGER PRIMARY KEY,
    layer_id INTEGER NOT NULL REFERENCES layers (id),
    unit INTEGER NOT NULL,
    count INTEGER NOT NULL,
    mean REAL,
    std REAL,
    active_fraction REAL,
    minimum REAL,
    maximum REAL,
    mean_maximum REAL,
    nan_count INTEGER NOT NULL,
    selectivity REAL,
    histogram BLOB NOT NULL,
    similar BLOB NOT NULL,
    exemplars BLOB NOT NULL,
    UNIQUE (layer_id, unit)
);

CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

CREATE TABLE exemplar_places (
    layer_id INTEGER NOT NULL REFERENCES layers (id),
    place INTEGER NOT NULL,
    kind_id INTEGER NOT NULL REFERENCES kinds (id),
    rank INTEGER NOT NULL,
    PRIMARY KEY (layer_id, place)
) WITHOUT ROWID;

CREATE TABLE boxes (
    layer_id INTEGER NOT NULL REFERENCES layers (id),
    number INTEGER NOT NULL,
    top INTEGER,
    left INTEGER,
    height INTEGER,
    width INTEGER,
    PRIMARY KEY (layer_id, number)
) WITHOUT ROWID;

CREATE TABLE classes (id INTEGER PRIMARY KEY, name TEXT NOT NULL);

CREATE TABLE unit_classes (
    layer_id INTEGER NOT NULL REFERENCES layers (id),
    unit INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    class_id INTEGER NOT NULL,
    mean REAL,
    count INTEGER NOT NULL,
    PRIMARY KEY (layer_id, unit, rank)
) WITHOUT ROWID;

CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    number INTEGER NOT NULL,
    path TEXT NOT NULL,
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    class_id INTEGER,
    picture BLOB,
    UNIQUE (job_id, number)
);

CREATE TABLE skipped_files (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    number INTEGER NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (job_id, number)
) WITHOUT ROWID;

CREATE TABLE images (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    layer_id INTEGER NOT NULL REFERENCES layers (id),
    unit INTEGER NOT NULL,
    kind TEXT NOT NULL,
    rank INTEGER NOT NULL,
    value REAL,
    recipe TEXT NOT NULL,
    seed INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (layer_id, unit, kind, rank, recipe, seed, job_id)
);

CREATE TABLE arrays (
    layer_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    part INTEGER NOT NULL,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    dtype TEXT NOT NULL,
    shape TEXT NOT NULL,
    codec TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (layer_id, name, part)
);

CREATE TABLE states (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    name TEXT NOT NULL,
    part INTEGER NOT NULL,
    dtype TEXT NOT NULL,
    shape TEXT NOT NULL,
    codec TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (job_id, name, part)
);

CREATE TABLE progress (job_id INTEGER PRIMARY KEY REFERENCES jobs (id), value TEXT NOT NULL);

CREATE TABLE bytes (byte BLOB PRIMARY KEY, value INTEGER NOT NULL UNIQUE) WITHOUT ROWID;

CREATE TABLE float32_exponents (exponent INTEGER PRIMARY KEY, unit REAL NOT NULL);
"""

_INFINITE_EXPONENT = 255


def create(connection: sqlite3.Connection, model: str) -> None:
    """Make the tables and views of this version in an empty database; inside a transaction, which stays open."""
    for statement in (*_TABLES.split(";"), EXEMPLARS, UNIT_EXEMPLARS, SIMILAR_UNITS):
        connection.execute(statement)
    connection.execute("INSERT INTO manifest VALUES ('model', ?)", (model,))
    connection.executemany(
        "INSERT INTO kinds VALUES (?, ?)", [(number, str(kind)) for number, kind in enumerate(KINDS)]
    )
    connection.executemany("INSERT INTO bytes VALUES (?, ?)", [(bytes([value]), value) for value in range(256)])
    # the unit of the smallest numbers and of those one exponent up is the same: IEEE 754's gradual underflow
    units = [(exponent, 2.0 ** (max(exponent, 1) - 150)) for exponent in range(_INFINITE_EXPONENT)]
    connection.executemany("INSERT INTO float32_exponents VALUES (?, ?)", [*units, (_INFINITE_EXPONENT, float("inf"))])
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an older file to this version, in one transaction: after an error it is as before.

    Raises:
        KeyError: there is no migration from its version: it cannot have been written by DeepVis.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        # another program may have migrated it while this one waited
        for version in range(version_of(connection), VERSION):
            MIGRATIONS[version](connection)
            connection.execute(f"PRAGMA user_version = {version + 1}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version of an opened file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
