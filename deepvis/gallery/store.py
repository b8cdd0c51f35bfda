"""Opening a gallery's file: creating, checking, migrating. What it holds is for `reader` and `writer`."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.gallery import schema
from deepvis.gallery.errors import GalleryError, damaged, explained

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GalleryError", "close", "compact", "open_to_read", "open_to_write", "shrink"]

BUSY_TIMEOUT_S = 10.0
"""How long one waits for another to finish writing."""

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_APPLICATION_ID = slice(68, 72)
_NO_SHARED_FILES = ("SQLITE_CANTOPEN", "SQLITE_READONLY")
_LARGE_BYTES = 64 << 20
_JOURNAL_BYTES = 4 << 20
"""The journal shrinks to this after a large transaction."""
_BULKY = {"files", "images", "states", "arrays"}
"""Tables that are checked only in small files: nearly all of their bytes are pictures and arrays."""


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; works in a folder that cannot be written to.

    A file of an older schema is migrated; where that cannot be written, a copy in memory is.

    Raises:
        GalleryError: there is no such file, or it is damaged, another program's, or of a newer DeepVis.
    """
    with _open_files.lock, explained(path):
        # whoever closes a file takes away the locks that SQLite holds on it in this process: another process then
        # believes to be alone, and removes the journal that is still written here
        if not _open_files.hold(path):
            _check_header(path)
        connection = _connect_read_only(path)
        _open_files.note(connection, path)
    with explained(path):
        try:
            if _version(connection, path) < schema.VERSION:
                migrated = _migrated(connection, path)
                _drop(connection)
                connection = migrated
                _open_files.note(connection, path)
            _check(connection, path)
        except BaseException:
            _drop(connection)
            raise
        return connection


def open_to_write(path: Path, model: str) -> sqlite3.Connection:
    """A connection that writes; the file and its folder are made where they do not exist.

    Transactions are begun and ended by whoever uses it.

    Raises:
        GalleryError: as `open_to_read`, or the file belongs to another model or cannot be written to.
    """
    if not path.exists():
        _create(path, model)
    # checked as a reader first: whatever is wrong, the file stays as it is
    _check_for_model(path, model)
    with explained(path):
        with _open_files.lock:
            connection = _connect(_uri(path, "mode=rw"))
            _open_files.note(connection, path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES}")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("BEGIN IMMEDIATE")  # says at once where the file cannot be written to
            connection.execute("ROLLBACK")
            schema.migrate(connection)  # where the reader had to be content with a copy
        except BaseException:
            _drop(connection)
            raise
        return connection


def close(connection: sqlite3.Connection, path: Path) -> None:
    """Close a connection that `open_to_read` or `open_to_write` gave; may be called twice.

    The journal is emptied, and removed where nobody else has the file open. SQLite does that by itself only where the
    last one to close may write; a window that only looks would leave it behind.
    """
    _drop(connection)
    if not path.with_name(f"{path.name}-wal").exists():
        return
    # whatever stands in the way (a folder that cannot be written to, somebody at work): the file is whole without it
    with suppress(sqlite3.Error), closing(_connect(_uri(path, "mode=rw"))) as tidying:
        tidying.execute("PRAGMA busy_timeout = 0")
        tidying.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def compact(path: Path, *, portable: bool = False) -> None:
    """Make a finished gallery one file without empty space, ready to be shipped and opened read-only.

    Args:
        path: the gallery's file.
        portable: say where the images are from the gallery's folder on, so that both can be moved together; images on
            another drive stay where they are.

    Raises:
        GalleryError: as `open_to_read`, or somebody else has it open.
    """
    _drop(open_to_read(path))
    with explained(path), closing(_connect(_uri(path, "mode=rw"))) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        if portable:
            _use_relative_roots(connection, path.absolute().parent)
        if _worth_packing(connection, path):
            connection.execute("VACUUM")


def _use_relative_roots(connection: sqlite3.Connection, folder: Path) -> None:
    for key, root in connection.execute("SELECT id, data_root FROM jobs WHERE data_root != ''").fetchall():
        if Path(root).is_absolute() and Path(root).drive == folder.drive:
            near = Path(os.path.relpath(root, folder)).as_posix()
            connection.execute("UPDATE jobs SET data_root = ? WHERE id = ?", (near, key))


def _worth_packing(connection: sqlite3.Connection, path: Path) -> bool:
    """Packing copies the whole file: a large one only where a tenth of it is empty."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (empty,) = connection.execute("PRAGMA freelist_count").fetchone()
    return path.stat().st_size <= _LARGE_BYTES or bool(empty * 10 > pages)


def shrink(path: Path) -> None:
    """Give empty space back to the disk; others may have the file open, and read it meanwhile.

    Raises:
        GalleryError: as `open_to_read`, or somebody else writes into it for too long.
    """
    _drop(open_to_read(path))
    with explained(path), closing(_connect(_uri(path, "mode=rw"))) as connection:
        connection.execute("VACUUM")


class _OpenFiles:
    """Files that this process has open as galleries."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._files: dict[int, tuple[int, int]] = {}

    def hold(self, path: Path) -> bool:
        """Some connection of this process has the file open."""
        return _identity(path) in tuple(self._files.values())

    def note(self, connection: sqlite3.Connection, path: Path) -> None:
        """The connection has the file open."""
        found = _identity(path)
        if found is not None:
            self._files[id(connection)] = found

    def forget(self, connection: sqlite3.Connection) -> None:
        """The connection is closed."""
        self._files.pop(id(connection), None)


_open_files = _OpenFiles()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _drop(connection: sqlite3.Connection) -> None:
    connection.close()
    _open_files.forget(connection)


def _uri(path: Path, options: str) -> str:
    return f"{path.absolute().as_uri()}?{options}"


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """Without the right to write into the folder, SQLite cannot make the files that readers and writers share."""
    connection = _connect(_uri(path, "mode=ro"))
    try:
        schema.version_of(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        if not error.sqlite_errorname.startswith(_NO_SHARED_FILES):
            raise
        connection = _connect(_uri(path, "mode=ro&immutable=1"))
        schema.version_of(connection)
    return connection


def _create(path: Path, model: str) -> None:
    """The file appears under its name only when it is whole, so that a kill leaves no half of one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
        os.close(handle)
    except OSError as error:
        reason = error.strerror or str(error)
        raise GalleryError(
            f"The gallery {path} cannot be made ({reason}): allow writing to its folder, or choose another gallery."
        ) from error
    fresh = Path(name)
    try:
        with explained(path), closing(_connect(_uri(fresh, "mode=rw"))) as connection:
            connection.execute(f"PRAGMA page_size = {schema.PAGE_BYTES}")
            connection.execute("BEGIN IMMEDIATE")
            schema.create(connection, model)
            connection.execute("COMMIT")
        fresh.chmod(0o666 & ~_umask())
        _publish(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _publish(fresh: Path, path: Path) -> None:
    """Give the file its name unless another program was faster; its gallery is then used."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            fresh.replace(path)


def _umask() -> int:
    """What new files are not allowed; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _check_header(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        raise GalleryError(f"There is no gallery {path}: make one with 'deepvis scan --images FOLDER'.") from None
    except OSError as error:
        raise GalleryError(f"The gallery {path} cannot be read: {error.strerror or error}.") from error
    if not header:
        raise damaged(path, "the file is empty")
    if not header.startswith(_MAGIC):
        raise GalleryError(f"{path} is no gallery of DeepVis: choose another file. It was not changed.")
    if len(header) < _HEADER_BYTES:
        raise damaged(path, "its end is missing")
    if int.from_bytes(header[_APPLICATION_ID], "big") != schema.APPLICATION_ID:
        raise GalleryError(f"{path} is a database of another program: choose another file. It was not changed.")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The file's version.

    Raises:
        GalleryError: it is one that this program does not know.
    """
    version = schema.version_of(connection)
    if version > schema.VERSION:
        raise GalleryError(
            f"The gallery {path} was made by a newer DeepVis (schema {version}, this one knows {schema.VERSION}): "
            "update DeepVis, or choose another gallery. It was not changed."
        )
    if any(older not in schema.MIGRATIONS for older in range(version, schema.VERSION)):
        raise damaged(path, f"schema {version} never was")
    return version


def _migrated(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """A read-only connection to the migrated file, or to a migrated copy in memory."""
    try:
        with closing(_connect(_uri(path, "mode=rw"))) as writing:
            schema.migrate(writing)
    except sqlite3.OperationalError:
        copy = sqlite3.connect(":memory:", isolation_level=None)
        connection.backup(copy)
        schema.migrate(copy)
        copy.execute("PRAGMA query_only = ON")
        return copy
    return _connect_read_only(path)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Look for damage: everywhere in a small file, in a large one where it takes milliseconds."""
    for table in _tables_to_check(connection, path):
        answers = connection.execute(f"PRAGMA quick_check({table})" if table else "PRAGMA quick_check").fetchall()
        if answers != [("ok",)]:
            raise damaged(path, str(answers[0][0]).replace("\n", " "))


def _tables_to_check(connection: sqlite3.Connection, path: Path) -> Iterator[str]:
    if path.stat().st_size <= _LARGE_BYTES:
        yield ""
        return
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if name not in _BULKY:
            yield name


def _check_for_model(path: Path, model: str) -> None:
    connection = open_to_read(path)
    try:
        with explained(path):
            row = connection.execute("SELECT value FROM manifest WHERE key = 'model'").fetchone()
    finally:
        _drop(connection)
    if row is None:
        raise damaged(path, "it does not say which model it belongs to")
    if row[0] != model:
        raise GalleryError(f"The gallery {path} belongs to the model {row[0]}, not to {model}: choose another gallery.")
