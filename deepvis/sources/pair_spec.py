"""How two pictures at once are written: two sources as one, `camera + demo`, and lists of pairs, `pairs:LIST`."""

from __future__ import annotations

PLUS = " + "
PAIRS = "pairs:"
"""What stands before the path of a list to say that every line has two images."""
_QUOTES = "'\""


def split_pair(text: str) -> tuple[str, str] | None:
    """The two sources of a text, None where it names one; a plus within quotes sets nothing apart."""
    quote = ""
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in _QUOTES and not text[:place].rpartition(PLUS)[2].strip():
            quote = letter
        elif text.startswith(PLUS, place):
            return text[:place].strip(), text[place + len(PLUS) :].strip()
    return None


def join_pair(first: str, second: str) -> str:
    """The text that `split_pair` takes apart into these two."""
    return f"{_quoted(first)}{PLUS}{_quoted(second)}"


def unquoted(text: str) -> str:
    """A text without the quotes around it, as file managers and shells hand over paths."""
    text = text.strip()
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in _QUOTES else text


def _quoted(text: str) -> str:
    return f'"{text}"' if PLUS in text and text[:1] not in _QUOTES else text
