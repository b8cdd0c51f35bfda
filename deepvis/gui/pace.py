"""Numbers that a person can read: words and figures change a few times a second, not with every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from PyQt6.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtCore import QObject

T = TypeVar("T")


class Pace(Generic[T]):
    """Passes on the first item at once, then at most one per interval, always the newest and always the last.

    Args:
        interval_ms: time between two items.
        act: what is done with an item, in the GUI thread.
        owner: what the items are shown on: once it is deleted, an item that waits is not passed on.
    """

    def __init__(self, interval_ms: int, act: Callable[[T], None], owner: QObject) -> None:
        self._act = act
        self._waiting: T | None = None
        self._timer = QTimer(owner)
        self._timer.setSingleShot(True)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._pass_on)

    def offer(self, item: T, *, at_once: bool) -> None:
        """Take an item; `at_once` does not let it wait."""
        if at_once or not self._timer.isActive():
            self._waiting = None
            self._timer.start()
            self._act(item)
        else:
            self._waiting = item

    def drop(self) -> None:
        """Forget the item that waits: what it is about is no longer shown."""
        self._waiting = None

    def _pass_on(self) -> None:
        if self._waiting is not None:
            self.offer(self._waiting, at_once=True)
