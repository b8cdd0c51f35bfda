"""Which class each file belongs to: its folder's name, or what a table says."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from deepvis.precompute.request import ScanError

if TYPE_CHECKING:
    from deepvis.precompute.listing import Listing

FOLDERS = "folders"
NONE = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Labeling:
    """The classes of a data set.

    Attributes:
        names: of the classes, ascending; empty without labels.
        by_file: number of the file to number of the class; a file without a class is not in it.
    """

    names: tuple[str, ...] = ()
    by_file: dict[int, int] | None = None

    def of(self, number: int) -> int:
        """Class of a file, -1 where it has none."""
        return -1 if self.by_file is None else self.by_file.get(number, -1)

    def digest(self) -> str:
        """SHA-256 over classes and files; empty without labels."""
        if not self.names:
            return ""
        digest = hashlib.sha256("\0".join(self.names).encode("utf-8", "surrogateescape"))
        for number, label in sorted((self.by_file or {}).items()):
            digest.update(b"%d %d\n" % (number, label))
        return digest.hexdigest()


def find_labels(listing: Listing, wish: str | None, chosen: list[int]) -> Labeling:
    """The classes of the chosen files.

    Args:
        listing: of the data set.
        wish: `folders`, `none`, a CSV file, or None for automatic, see `ScanRequest.classes`.
        chosen: numbers of the files to be scanned.

    Raises:
        ScanError: the table cannot be read, or names no file of the folder.
    """
    if wish == NONE:
        return Labeling()
    if wish is None and not _looks_sorted_into_folders(listing, chosen):
        return Labeling()
    if wish in (None, FOLDERS):
        return _numbered({number: _folder(listing.names[number]) for number in chosen})
    table = _read_table(Path(str(wish)).expanduser(), listing.root)
    found = {number: table[listing.names[number]] for number in chosen if listing.names[number] in table}
    if not found:
        raise ScanError(
            f"{wish} names no file of {listing.root}: write one line `path,label` for each, with the path from there."
        )
    return _numbered(found)


def _looks_sorted_into_folders(listing: Listing, chosen: list[int]) -> bool:
    depths = {listing.names[number].count("/") for number in chosen}
    return depths == {1} and len({_folder(listing.names[number]) for number in chosen}) >= 2


def _folder(name: str) -> str:
    return name.partition("/")[0] if "/" in name else ""


def _numbered(classes: dict[int, str]) -> Labeling:
    names = tuple(sorted({name for name in classes.values() if name}))
    places = {name: place for place, name in enumerate(names)}
    return Labeling(names, {number: places[name] for number, name in classes.items() if name})


def _read_table(path: Path, root: Path) -> dict[str, str]:
    """File name relative to the root, with `/`, to label."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row and any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ScanError(f"The labels in {path} cannot be read: {reason}.") from error
    short = next((number for number, row in enumerate(rows, 1) if len(row) < 2), None)
    if short is not None:
        raise ScanError(f"Row {short} of {path} is no `path,label`.")
    return {_relative(row[0].strip(), root): row[1].strip() for row in rows}


def _relative(text: str, root: Path) -> str:
    path = PurePosixPath(text.replace("\\", "/"))
    folder = PurePosixPath(root.absolute().as_posix())
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)
