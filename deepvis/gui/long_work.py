"""The one place of the status line for long work, and who has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.gui.widgets.status_line import StatusLine

ORDER = ("loading", "scan", "synthesis")
"""Who comes first: a network that is being loaded is soon there."""


class LongWork(QObject):
    """Shows the first of those that have something to show; the cross beside the bar stops that one."""

    def __init__(self, strip: StatusLine) -> None:
        super().__init__(strip)
        self._strip = strip
        self._shown: dict[str, tuple[str, float | None, Callable[[], None] | None]] = {}
        strip.cancel_clicked.connect(self._cancel)

    def show(self, name: str, text: str, fraction: float | None, cancel: Callable[[], None] | None) -> None:
        """Say how far it is; without `cancel` it cannot be stopped.

        Args:
            name: one of `ORDER`.
            text: a few words.
            fraction: 0..1; None where unknown.
            cancel: stops it.
        """
        self._shown[name] = (text, fraction, cancel)
        self._refresh()

    def clear(self, name: str) -> None:
        """It is over, or not worth showing."""
        if self._shown.pop(name, None) is not None:
            self._refresh()

    def _first(self) -> tuple[str, float | None, Callable[[], None] | None] | None:
        return next((self._shown[name] for name in ORDER if name in self._shown), None)

    def _refresh(self) -> None:
        first = self._first()
        if first is None:
            self._strip.clear_progress()
        else:
            self._strip.set_progress(first[0], first[1], cancelable=first[2] is not None)

    def _cancel(self) -> None:
        first = self._first()
        if first is not None and first[2] is not None:
            first[2]()
