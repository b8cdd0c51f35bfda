"""Which files a scan looks at: all below a folder or in a list, in an order that is the same on every machine.

A file's number is its place in this list, whether or not it can be used, so that one damaged file more or less shifts
nobody else's number.
"""

from __future__ import annotations

import csv
import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.precompute.request import ScanError
from deepvis.sources.decode import is_image
from deepvis.sources.image_list import LIST_EXTENSIONS
from deepvis.sources.labels import located, read_lines, without_heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NOT_AN_IMAGE = "Its name is not that of an image file."
_LEADS_BACK = "It is a link to a folder that it lies in."
_NOT_THERE = "There is no such file."
_LEADS_NOWHERE = "It is a link that leads nowhere, or in a circle."


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """All files below a folder, or those that a list names.

    Attributes:
        root: the folder.
        names: of the files, relative to it, with `/`, ascending; a name's place is the file's number.
        sizes: in bytes; 0 for what has none.
        problems: by number, why a file is not even tried.
        classes: by number, what a list says that a file shows.
    """

    root: Path
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    problems: dict[int, str]
    classes: Mapping[int, str] = field(default_factory=dict)

    def digest(self) -> str:
        """SHA-256 over names and sizes; the same for a copy of the folder elsewhere."""
        digest = hashlib.sha256()
        for name, size in zip(self.names, self.sizes, strict=True):
            digest.update(name.encode("utf-8", "surrogateescape") + b"\0%d\n" % size)
        return digest.hexdigest()

    def chosen(self, limit: int | None) -> list[int]:
        """Numbers of the files to try, ascending; with a limit so many of them, spread evenly over the list."""
        candidates = [number for number in range(len(self.names)) if number not in self.problems]
        if limit is None or limit >= len(candidates):
            return candidates
        return [candidates[place * len(candidates) // limit] for place in range(limit)]

    def readable_name(self, number: int) -> str:
        """The name of a file as text that can be stored."""
        return readable(self.names[number])


def readable(text: str) -> str:
    """Text with a file's name in it, so that it can be stored: bytes that are no UTF-8 become hexadecimal escapes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def list_folder(root: Path) -> Listing:
    """List a folder and its subfolders; hidden files and folders are left out, links are followed.

    Files whose names end like no image file's, links that lead nowhere and folders that cannot be read are listed with
    the reason why they are not tried. A name without any ending is tried.

    Raises:
        ScanError: there is no such folder, it cannot be read, or nothing is in it.
    """
    if not root.is_dir():
        raise ScanError(
            f"{root} is a file: name the folder it is in, or a list of images ({', '.join(sorted(LIST_EXTENSIONS))})."
            if root.exists()
            else f"There is no folder {root}."
        )
    found = sorted(_walk(root, "", (_identity(root),)))
    if len(found) == 1 and found[0][0] == "":
        raise ScanError(f"The folder {root} cannot be read.")
    if not found:
        raise ScanError(f"There are no files in {root}.")
    problems = {number: reason for number, (_, _, reason) in enumerate(found) if reason}
    return Listing(root, tuple(name for name, _, _ in found), tuple(size for _, size, _ in found), problems)


def list_named(path: Path) -> Listing:
    """The files that a list names, one to a line with a label behind it if there is one; their root is what they share.

    Paths are relative to the list's folder. A file that is named twice counts once; one that is not there is listed
    with that reason.

    Args:
        path: of the list, see `deepvis.sources.labels.read_lines`.

    Raises:
        ScanError: it cannot be read, names nothing, or names two images in a line.
    """
    try:
        lines = without_heading(read_lines(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ScanError(f"The list of images {path} cannot be read: {reason}.") from error
    pair = next((line.number for line in lines if line.second), None)
    if pair is not None:
        raise ScanError(f"Line {pair} of {path} names two images; a scan takes one to a line.")
    if not lines:
        raise ScanError(f"{path} names no image: write one to a line, and a label behind it if you like.")
    # without any "..", but links stay what they are
    named = {os.path.abspath(located(line.first, path.parent)): line.label or "" for line in lines}  # noqa: PTH100
    root = _shared_folder(path, named)
    found = sorted(
        (Path(file).relative_to(root).as_posix(), label, *_state(Path(file))) for file, label in named.items()
    )
    return Listing(
        root,
        tuple(name for name, _, _, _ in found),
        tuple(size for _, _, size, _ in found),
        {number: reason for number, (_, _, _, reason) in enumerate(found) if reason},
        {number: label for number, (_, label, _, _) in enumerate(found) if label},
    )


def _shared_folder(path: Path, files: Iterable[str]) -> Path:
    try:
        return Path(os.path.commonpath([os.path.dirname(file) for file in files]))  # noqa: PTH120  (there may be a million)
    except ValueError:
        raise ScanError(f"The files that {path} names lie on several drives: scan those of one drive.") from None


def _state(file: Path) -> tuple[int, str]:
    """Size and problem of a file that a list names."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return 0, _LEADS_NOWHERE if file.is_symlink() else _NOT_THERE
    except OSError as error:
        return 0, f"It cannot be read: {error.strerror or error}."
    if not stat.S_ISREG(status.st_mode):
        return 0, "It is no file."
    return status.st_size, _problem(file.name)


def _walk(root: Path, folder: str, parents: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, int, str]]:
    """Name, size and problem of everything below `root/folder`; `parents` are the folders on the way."""
    try:
        entries = list(os.scandir(root / folder))
    except OSError as error:
        yield folder, 0, f"The folder cannot be read: {error.strerror or error}."
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        name = f"{folder}/{entry.name}" if folder else entry.name
        try:
            status = entry.stat()
        except OSError as error:
            yield name, 0, _LEADS_NOWHERE if entry.is_symlink() else f"It cannot be read: {error.strerror or error}."
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _enter(root, name, parents)
        elif stat.S_ISREG(status.st_mode):
            yield name, status.st_size, _problem(entry.name)


def _enter(root: Path, name: str, parents: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, int, str]]:
    own = _identity(root / name)
    if own in parents:
        yield name, 0, _LEADS_BACK
    else:
        yield from _walk(root, name, (*parents, own))


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _problem(name: str) -> str:
    ending = os.path.splitext(name)[1]  # noqa: PTH122  (a million names: a Path for each is slow)
    return _NOT_AN_IMAGE if ending and not is_image(name) else ""
