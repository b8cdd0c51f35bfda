"""One piece of work of the gallery thread: given up when something newer is wanted, shown in parts when it is long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SHOW_EVERY_S = 0.15


class Superseded(Exception):  # noqa: N818  (nothing went wrong)
    """Something newer is wanted; what was done so far is remembered by the caches."""


class Errand:
    """Asked between two pictures whether to go on, and whether to show what is there.

    Args:
        newer: something newer is wanted.
        show_every_s: so often an unfinished result is worth showing.
    """

    def __init__(self, newer: Callable[[], bool] = lambda: False, show_every_s: float = SHOW_EVERY_S) -> None:
        self._newer = newer
        self._show_every_s = show_every_s
        self._shown_s = time.monotonic()

    def go_on(self) -> None:
        """Return, or end the errand.

        Raises:
            Superseded: something newer is wanted.
        """
        if self._newer():
            raise Superseded

    def part_due(self) -> bool:
        """Whether it is time to show an unfinished result; True restarts the time."""
        now_s = time.monotonic()
        due = now_s - self._shown_s >= self._show_every_s
        if due:
            self._shown_s = now_s
        return due
