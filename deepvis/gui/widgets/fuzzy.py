"""Finding a command by some of its letters, in order."""

from __future__ import annotations

import itertools


def match_score(needle: str, text: str) -> int | None:
    """How well `text` holds the letters of `needle` in order; None where it does not. Higher is better.

    A whole run counts more than scattered letters, a word's first letter more than one within it, an early match more
    than a late one. Spaces in the needle only separate words.
    """
    where = matched_letters(needle, text)
    if where is None:
        return None
    runs = sum(1 for before, here in itertools.pairwise(where) if here == before + 1)
    starts = sum(1 for index in where if index == 0 or not text[index - 1].isalnum())
    return 8 * runs + 6 * starts - (where[0] if where else 0) - len(text) // 8


def matched_letters(needle: str, text: str) -> list[int] | None:
    """Indexes into `text` of the letters of `needle`, in order; None where one is missing.

    The whole needle is looked for first, then its letters one after the other.
    """
    wanted = needle.lower().strip()
    lower = text.lower()
    at = lower.find(wanted)
    if at >= 0:
        return list(range(at, at + len(wanted)))
    found: list[int] = []
    start = 0
    for letter in wanted.replace(" ", ""):
        start = lower.find(letter, start)
        if start < 0:
            return None
        found.append(start)
        start += 1
    return found
