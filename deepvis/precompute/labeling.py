"""Which class each file belongs to: its folder's name, or what a table says."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.precompute.request import ScanError
from deepvis.sources.labels import class_folder, has_class_folders, read_lines, relative_name

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
    if wish is None and listing.classes:
        return _numbered({number: listing.classes[number] for number in chosen if number in listing.classes})
    if wish is None and not has_class_folders(listing.names[number] for number in chosen):
        return Labeling()
    if wish in (None, FOLDERS):
        return _numbered({number: class_folder(listing.names[number]) for number in chosen})
    table = _read_table(Path(str(wish)).expanduser(), listing.root)
    found = {number: table[listing.names[number]] for number in chosen if listing.names[number] in table}
    if not found:
        raise ScanError(
            f"{wish} names no file of {listing.root}: write one line `path,label` for each, with the path from there."
        )
    return _numbered(found)


def _numbered(classes: dict[int, str]) -> Labeling:
    names = tuple(sorted({name for name in classes.values() if name}))
    places = {name: place for place, name in enumerate(names)}
    return Labeling(names, {number: places[name] for number, name in classes.items() if name})


def _read_table(path: Path, root: Path) -> dict[str, str]:
    """File name relative to the root, with `/`, to label."""
    try:
        lines = read_lines(path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ScanError(f"The labels in {path} cannot be read: {reason}.") from error
    short = next((line.number for line in lines if line.label is None or line.second), None)
    if short is not None:
        raise ScanError(f"Row {short} of {path} is no `path,label`.")
    return {relative_name(line.first, root): line.label or "" for line in lines}
