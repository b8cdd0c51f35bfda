"""What goes wrong with a gallery's file, as one sentence."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING
from zlib import error as ZlibError  # noqa: N812  (classes have capitals)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class GalleryError(Exception):
    """A gallery cannot be used; the text is a sentence for people that names the file and says what to do."""


_SENTENCES = {
    "SQLITE_BUSY": "is being written to by another program: try again when that is done, or end it.",
    "SQLITE_LOCKED": "is being written to by another program: try again when that is done, or end it.",
    "SQLITE_READONLY": "cannot be written to: allow writing to it and to its folder, or choose another gallery.",
    "SQLITE_PERM": "cannot be opened: allow reading and writing it, or choose another gallery.",
    "SQLITE_CANTOPEN": "cannot be opened: see whether its folder exists and may be read and written.",
    "SQLITE_FULL": "cannot grow, because the disk is full: make room and start again; what was written before is kept.",
    "SQLITE_TOOBIG": "cannot take a single value this large: SQLite's limit is reached.",
}
_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_FORMAT", "SQLITE_MISMATCH"}


def damaged(path: Path, detail: str) -> GalleryError:
    """The error of a file that is not what was once written; `detail` says what was met, without a full stop."""
    return GalleryError(
        f"The gallery {path} is damaged ({detail}): restore it from a copy, or move it away and scan again. "
        "It was not changed."
    )


def sentence(path: Path, error: sqlite3.Error) -> GalleryError:
    """What SQLite's error means for a person."""
    name: str = getattr(error, "sqlite_errorname", "") or "SQLITE_ERROR"
    main = "_".join(name.split("_")[:2])  # SQLITE_BUSY_SNAPSHOT is a kind of SQLITE_BUSY
    if main in _SENTENCES:
        return GalleryError(f"The gallery {path} {_SENTENCES[main]}")
    if main in _DAMAGED:
        return damaged(path, str(error))
    return GalleryError(f"The gallery {path} cannot be used ({error}): see whether its disk is in order.")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """SQLite's errors leave as `GalleryError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise sentence(path, error) from error


@contextmanager
def explained_reading(path: Path) -> Iterator[None]:
    """As `explained`, and values that make no sense mean damage: for code that only reads."""
    try:
        with explained(path):
            yield
    except (ValueError, LookupError, ZlibError) as error:
        raise damaged(path, str(error) or type(error).__name__) from error
