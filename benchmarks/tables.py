"""What the tables for people look like, of all measurements."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Spread

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


def wide_console(width: int) -> Console:
    """Where tables go: as wide as the terminal, or as `width` characters in a file."""
    return Console(width=None if sys.stdout.isatty() else width)


def empty_table(title: str, columns: Sequence[str], left: Collection[int] = (0,)) -> Table:
    """A table with a title; the columns whose numbers are in `left` hold words, all others figures."""
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number in left else "right")
    return table


def figure_text(figure: Mapping[str, float], digits: int = 1) -> str:
    """`12.3 (11.9-12.8)` of a `Spread` as JSON values."""
    return Spread(**figure).text(digits)
