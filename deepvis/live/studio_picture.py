"""Pictures that somebody brings to start an ascent from: read in the studio thread, for that can take long."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import numpy as np

from deepvis.live.events import Event, Notice
from deepvis.live.pages import PagePicture
from deepvis.live.resample import centered_square, fitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SIDE = 1024
"""Pixels a side at most: pictures are made much smaller, and this one stays in memory."""

LARGE_BYTES = 64 << 20
"""Of larger files the beginning is looked at first: a film is not read to find out that it is no picture."""

UNCHANGED = "The start is as before: drop a picture to change it."
DROPPED = "a dropped picture"


@dataclass(frozen=True, slots=True, eq=False)
class BroughtPicture:
    """A picture from outside the program.

    Attributes:
        source: path of a file, or address; the bytes of an image file; or uint8 `(height, width, 3)`.
    """

    source: str | bytes | NDArray[np.uint8]


def bring(brought: BroughtPicture, take: Callable[[PagePicture], None], report: Callable[[Event], None]) -> None:
    """Read a picture.

    Args:
        brought: where it is.
        take: gets it, where it is one.
        report: gets a sentence where it is none.
    """
    from deepvis.sources.base import SourceError  # noqa: PLC0415  (keeps PIL out of the window's start)

    try:
        take(start_picture(brought))
    except SourceError as error:
        report(Notice(f"{error} {UNCHANGED}", "warning"))


def start_picture(brought: BroughtPicture) -> PagePicture:
    """The middle of a picture, square as what is made of it, at most `SIDE` pixels a side.

    Raises:
        SourceError: it is no picture, or cannot be had; a sentence that names it.
    """
    from deepvis.sources.base import SourceError  # noqa: PLC0415  (keeps PIL out of the window's start)

    source = brought.source
    if not isinstance(source, str):
        return _picture(_decoded(source, "The dropped picture") if isinstance(source, bytes) else source, DROPPED)
    try:
        if source.startswith("data:"):
            return _from_data(source)
        return _from_address(source) if "://" in source else _from_file(Path(source))
    except ValueError as error:
        raise SourceError(f"{source} cannot be used: {error}.") from error


def _from_file(path: Path) -> PagePicture:
    from deepvis.sources.base import SourceError  # noqa: PLC0415  (keeps PIL out of the window's start)
    from deepvis.sources.decode import looks_like_image, read_image  # noqa: PLC0415  (as above)

    if _size(path) > LARGE_BYTES and not looks_like_image(path):
        raise SourceError(f"{path} is not an image, or of a kind that cannot be read.")
    return _picture(read_image(path), path.name, path)


def _size(path: Path) -> int:
    """In bytes; 0 where it is not known: whoever reads the file says why."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _from_data(address: str) -> PagePicture:
    """A browser gives a small picture as an address that is all of it, much too long for a sentence."""
    from deepvis.sources.base import SourceError  # noqa: PLC0415  (keeps PIL out of the window's start)
    from deepvis.sources.download import fetch_image  # noqa: PLC0415  (as above)

    try:
        data = fetch_image(address)
    except SourceError:
        data = None
    if data is None:
        raise SourceError("What was dropped is not a picture.")
    return _picture(_decoded(data, "The dropped picture"), DROPPED)


def _from_address(address: str) -> PagePicture:
    from deepvis.sources.base import SourceError  # noqa: PLC0415  (keeps PIL out of the window's start)
    from deepvis.sources.download import fetch_image, without_password  # noqa: PLC0415  (as above)

    parts, shown = urlsplit(address), without_password(address)
    if parts.scheme not in ("http", "https"):
        raise SourceError(f"{shown} is not the address of a picture.")
    data = fetch_image(address)
    if data is None:
        raise SourceError(f"{shown} is not a picture.")
    return _picture(_decoded(data, shown), Path(unquote(parts.path)).name or parts.netloc.rpartition("@")[2])


def _decoded(data: bytes, name: str) -> NDArray[np.uint8]:
    from deepvis.sources.decode import decode_image  # noqa: PLC0415  (keeps PIL out of the window's start)

    return decode_image(data, name)


def _picture(rgb: NDArray[np.uint8], title: str, path: Path | None = None) -> PagePicture:
    return PagePicture(np.ascontiguousarray(fitted(centered_square(rgb), SIDE)), math.nan, title, path=path)
