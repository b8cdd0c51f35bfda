"""How threads hand things over: a bell to wait on, a mailbox where the newest wins, an outbox where nothing is lost."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Bell:
    """Something happened. One thread waits on it, any thread rings it; a ring before the wait is not lost."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def ring(self) -> None:
        """Wake the waiting thread; any thread may call this."""
        self._event.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Sleep until somebody rings or the time is over; True if it rang. Only the owner may call this."""
        rang = self._event.wait(timeout_s)
        self._event.clear()
        return rang


class Mailbox(Generic[T]):
    """One place for the newest item. Putting never blocks; an item that was not taken is replaced and counted."""

    def __init__(self, on_put: Callable[[], None] = lambda: None) -> None:
        self._on_put = on_put
        self._lock = threading.Lock()
        self._item: T | None = None
        self._replaced = 0

    def put(self, item: T) -> None:
        """Leave an item; any thread may call this."""
        with self._lock:
            self._replaced += self._item is not None
            self._item = item
        self._on_put()

    def take(self) -> T | None:
        """The newest item, or None where nothing new is there."""
        with self._lock:
            item, self._item = self._item, None
        return item

    @property
    def waiting(self) -> bool:
        """Whether an item is there."""
        return self._item is not None

    @property
    def replaced(self) -> int:
        """How many items were replaced before anybody took them."""
        return self._replaced


class Outbox(Generic[T]):
    """Items in order, none lost: for the few things that are said once (a model is ready, a source was lost)."""

    def __init__(self, on_put: Callable[[], None] = lambda: None) -> None:
        self._on_put = on_put
        self._items: deque[T] = deque()

    def put(self, item: T) -> None:
        """Add an item; any thread may call this."""
        self._items.append(item)
        self._on_put()

    @property
    def waiting(self) -> bool:
        """Whether an item is there."""
        return bool(self._items)

    def take(self) -> T | None:
        """The oldest item, or None where there is none; only one thread may take."""
        return self._items.popleft() if self._items else None

    def take_all(self) -> list[T]:
        """Everything since the last call, oldest first."""
        items = []
        while self._items:
            items.append(self._items.popleft())
        return items
