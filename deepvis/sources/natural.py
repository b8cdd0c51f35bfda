"""The order in which people number their files: `frame 2` before `frame 10`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath

_NUMBER = re.compile(r"([0-9]+)")

NaturalKey = tuple[tuple[str | int, ...], str]
"""Text and numbers in turn, then the text itself so that no two names are equal."""


def natural_key(text: str) -> NaturalKey:
    """Sort key: runs of digits compare as numbers, the rest without regard to case.

    Texts and numbers alternate and the first is always a text, so keys of any two texts can be compared.
    """
    parts = _NUMBER.split(text)
    return tuple(int(part) if index % 2 else part.casefold() for index, part in enumerate(parts)), text


def natural_path_key(path: PurePath) -> tuple[NaturalKey, ...]:
    """Sort key of a path, part by part, so that a folder's files stay together."""
    return tuple(natural_key(part) for part in path.parts)
