"""What pictures really show, as far as folders and lists say it: the class folders of a data set, lines of a list."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from deepvis.sources.decode import is_image
from deepvis.sources.pair_spec import unquoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_QUOTES = "'\""
_GAP = re.compile(r"\s+")
_HEADINGS = frozenset(("file", "filename", "first", "image", "image1", "path"))


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line of a list of images.

    Attributes:
        number: of the line, from 1.
        first: the image, as it is written there.
        second: a second image that belongs to it; empty where there is none.
        label: what it shows, empty where that was left out; None where the line has no place for it.
    """

    number: int
    first: str
    second: str = ""
    label: str | None = None


def class_folder(name: str) -> str:
    """The class that a file belongs to by its name relative to the data set, with `/`; empty for one in no folder."""
    return name.partition("/")[0] if "/" in name else ""


def has_class_folders(names: Iterable[str]) -> bool:
    """Whether folders are classes: every file lies in a direct subfolder, and there are at least two of them."""
    folders = set()
    for name in names:
        if name.count("/") != 1:
            return False
        folders.add(class_folder(name))
    return len(folders) >= 2


def read_lines(path: Path, *, pairs: bool = False) -> list[ListLine]:
    """The lines of a list that say something; blank ones, and remarks behind a `#` and a space, do not.

    Args:
        path: of the list, UTF-8 text.
        pairs: every line has two images, also where their names do not look like those of images.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is no text.
        csv.Error: a line cannot be taken apart.
    """
    folder = path.parent
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return list(_parsed(lines, lambda text: _is_file(folder, text), pairs=pairs))


def without_heading(lines: list[ListLine]) -> list[ListLine]:
    """The lines of a list of images, without a first one that names the columns."""
    headed = bool(lines) and lines[0].first.lower() in _HEADINGS and not is_image(lines[0].first)
    return lines[1:] if headed else lines


def parse_line(text: str, is_file: Callable[[str], bool], *, pairs: bool = False) -> tuple[str, str, str | None]:
    """Image, second image (empty where there is none) and label (as in `ListLine`) of a line.

    Parts are set apart by a tab, a comma or spaces. A path with spaces or commas in it may be quoted, and need not be
    where it ends like an image file's or is one.

    Args:
        text: the line.
        is_file: whether a path, as written, is a file; asked only where the text alone does not decide.
        pairs: as in `read_lines`.
    """
    text = text.strip()
    if "\t" in text:
        return _roles([unquoted(part) for part in text.split("\t")], pairs=pairs)
    fields = [part.strip() for part in next(csv.reader([text], skipinitialspace=True), [])] if "," in text else []
    first, rest = _split_path(text, is_file)
    if not fields or (is_image(first) and not is_image(fields[0])):
        return _spaced(first, rest, is_file, pairs=pairs)
    if len(fields) == 2 and " " in fields[0] and not is_file(fields[0]):
        # two images with a space between them, and a label after a comma
        first, rest = _split_path(fields[0], is_file)
        if is_image(first) and is_image(rest):
            return first, rest, fields[1]
    return _roles(fields, pairs=pairs)


def relative_name(text: str, root: Path) -> str:
    """A path as written in a list, relative to the root of a data set, with `/`; as it is where it lies elsewhere."""
    path = PurePosixPath(text.replace("\\", "/"))
    folder = PurePosixPath(root.absolute().as_posix())
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def located(text: str, folder: Path) -> Path:
    """The file that a list in this folder means; backslashes are taken for slashes where only that gives a file."""
    path = folder / Path(text).expanduser()
    other = folder / text.replace("\\", "/")
    return other if "\\" in text and not path.exists() else path


def _parsed(lines: Iterable[str], is_file: Callable[[str], bool], *, pairs: bool) -> Iterator[ListLine]:
    for number, line in enumerate(lines, 1):
        if line.strip() and not f"{line.strip()} ".startswith("# "):
            yield ListLine(number, *parse_line(line, is_file, pairs=pairs))


def _roles(fields: list[str], *, pairs: bool) -> tuple[str, str, str | None]:
    """Which of the parts is what."""
    first, *others = fields
    second = others.pop(0) if others and (pairs or is_image(others[0])) else ""
    return first, second, others[0] if others else None


def _spaced(first: str, rest: str, is_file: Callable[[str], bool], *, pairs: bool) -> tuple[str, str, str | None]:
    if rest:
        second, label = _split_path(rest, is_file)
        if pairs or is_image(second):
            return first, second, unquoted(label) if label else None
    return first, "", unquoted(rest) if rest else None


def _split_path(text: str, is_file: Callable[[str], bool]) -> tuple[str, str]:
    """The path that a text begins with, and the rest of it."""
    if text[:1] in _QUOTES and (end := text.find(text[0], 1)) > 0:
        return text[1:end], text[end + 1 :].strip()
    ends = [*(gap.start() for gap in _GAP.finditer(text)), len(text)]
    images = [end for end in ends if is_image(text[:end])]
    if len(images) != 1 and len(ends) > 1:
        # several names of images, or none that looks like one: what is there decides
        files = [end for end in reversed(images or ends) if is_file(text[:end])]
        images = files or images or ends
    end = images[0] if images else ends[0]
    return text[:end], text[end:].strip()


def _is_file(folder: Path, text: str) -> bool:
    try:
        return located(text, folder).is_file()
    except (OSError, ValueError, RuntimeError):  # too long, a null character, no home folder
        return False
