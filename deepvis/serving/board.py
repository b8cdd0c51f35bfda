"""Where the window leaves its newest pictures and figures, and viewers wait for them; nothing queues."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

ALL = "all"
"""Stands for every pane there is and will be, but not for the window, which has them all in it."""
FRESH_S = 1.0
"""A picture that was compared with the window less than this ago is the present one."""


@dataclass(frozen=True, slots=True)
class PaneFacts:
    """A pane that can be seen in the window now.

    Attributes:
        name: of its address, `/panes/NAME.jpg`.
        title: for people.
        about: what it shows, a phrase; the text for those who do not see it.
        place: `left`, `center`, `right`: its column; `window` for all of it.
        width: in logical pixels.
        height: in logical pixels.
    """

    name: str
    title: str
    about: str
    place: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A pane's picture: a JPEG file, and a number that is another one whenever the picture is."""

    jpeg: bytes
    number: int


@dataclass(frozen=True, slots=True)
class News:
    """Everything a viewer must know, as JSON in one line, and its number; higher is newer."""

    text: str
    number: int


class Board:
    """The newest of everything. Any thread may call any method; none waits for a viewer.

    Args:
        on_wanted: called when somebody begins to watch, in the viewer's thread.
    """

    def __init__(self, on_wanted: Callable[[], None] = lambda: None) -> None:
        self.on_wanted = on_wanted
        self._changed = threading.Condition()
        # a page that outlives its server must not take a new picture for an old one
        self._number = time.time_ns() // 1_000_000
        self._news = News("", 0)
        self._panes: tuple[PaneFacts, ...] = ()
        self._status: Mapping[str, object] = {}
        self._pictures: dict[str, Picture] = {}
        self._seen_s: dict[str, float] = {}
        self._wanted: Counter[str] = Counter()
        self._closed = False

    # the window's side

    def show_panes(self, panes: tuple[PaneFacts, ...]) -> None:
        """Say which panes can be seen; the pictures of others are forgotten."""
        with self._changed:
            if panes != self._panes:
                self._panes = panes
                names = {pane.name for pane in panes}
                for gone in self._pictures.keys() - names:
                    del self._pictures[gone]
                self._note_change()

    def tell(self, status: Mapping[str, object]) -> None:
        """Say how it goes: plain values, as JSON knows them; not changed afterwards."""
        with self._changed:
            if status != self._status:
                self._status = status
                self._note_change()

    def put(self, name: str, jpeg: bytes) -> None:
        """Leave a pane's new picture."""
        with self._changed:
            if any(pane.name == name for pane in self._panes):
                self._pictures[name] = Picture(jpeg, self._number + 1)
                self._seen_s[name] = time.monotonic()
                self._note_change()

    def confirm(self, names: Iterable[str]) -> None:
        """Say that the pictures of these panes, where there are any, are still what the window shows."""
        now_s = time.monotonic()
        with self._changed:
            self._seen_s.update(dict.fromkeys(self._pictures.keys() & set(names), now_s))
            self._changed.notify_all()

    def holds(self, name: str) -> bool:
        """Whether there is a picture of a pane, new or old."""
        return name in self._pictures

    def wanted(self, panes: Iterable[PaneFacts]) -> frozenset[str]:
        """Names of those of the panes that somebody watches."""
        with self._changed:
            everything = ALL in self._wanted
            return frozenset(
                pane.name for pane in panes if pane.name in self._wanted or (everything and pane.place != "window")
            )

    @property
    def watched(self) -> bool:
        """Whether anybody watches anything."""
        return bool(self._wanted)

    def close(self) -> None:
        """Nothing more will come: whoever waits goes on at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # the viewers' side

    @property
    def closed(self) -> bool:
        """The window was closed."""
        return self._closed

    def wait_closed(self, timeout_s: float) -> None:
        """Sleep for so long, or until the window is closed."""
        with self._changed:
            deadline_s = time.monotonic() + timeout_s
            while not self._closed and (left_s := deadline_s - time.monotonic()) > 0:
                self._changed.wait(left_s)

    @property
    def status(self) -> Mapping[str, object]:
        """What was told last."""
        return self._status

    @contextmanager
    def watching(self, names: Iterable[str]) -> Iterator[None]:
        """While this lasts, the window brings pictures of these panes."""
        mine = Counter(set(names))
        with self._changed:
            self._wanted += mine
        self.on_wanted()
        try:
            yield
        finally:
            with self._changed:
                self._wanted -= mine

    def news(self, after: int, timeout_s: float) -> News:
        """The newest news: at once where they are newer than `after`, else when they are, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > after or self._closed, timeout_s)
            if self._news.number != self._number:
                # once for all viewers
                self._news = News(json.dumps(self._everything(), ensure_ascii=False), self._number)
            return self._news

    def picture(self, name: str, timeout_s: float) -> Picture | None:
        """The present picture of a pane; None where it cannot be seen in the window, or nothing comes in time."""
        with self._changed:
            if self._is_fresh(name) or not self.can_show(name):
                return self._pictures.get(name)
        with self.watching({name}), self._changed:
            self._changed.wait_for(lambda: self._is_fresh(name) or not self.can_show(name), timeout_s)
            return self._pictures.get(name) if self._is_fresh(name) else None

    def can_show(self, name: str) -> bool:
        """Whether a pane can be seen in the window now."""
        return not self._closed and any(pane.name == name for pane in self._panes)

    def _is_fresh(self, name: str) -> bool:
        return name in self._pictures and time.monotonic() - self._seen_s[name] < FRESH_S

    def _everything(self) -> dict[str, object]:
        panes = [
            {**asdict(pane), "number": self._pictures[pane.name].number if pane.name in self._pictures else 0}
            for pane in self._panes
        ]
        return {"panes": panes, "status": self._status}

    def _note_change(self) -> None:
        self._number += 1
        self._changed.notify_all()
