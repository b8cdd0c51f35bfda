"""A memory of what was made last, bounded by its size in bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

T = TypeVar("T")


class Recent(Generic[T]):
    """Keeps what was asked for last; forgets the oldest when there is too much. For one thread.

    Args:
        most_bytes: of everything kept; a single item that is larger is kept until the next one.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._items: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Hashable) -> T | None:
        """What is kept under this key; it counts as asked for now."""
        found = self._items.get(key)
        if found is None:
            return None
        self._items.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, item: T, size: int) -> T:
        """Keep an item of `size` bytes; returns it."""
        if key in self._items:
            self.bytes -= self._items.pop(key)[1]
        self._items[key] = (item, size)
        self.bytes += size
        while self.bytes > self._most_bytes and len(self._items) > 1:
            _, (_, freed) = self._items.popitem(last=False)
            self.bytes -= freed
        return item

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()
        self.bytes = 0
