"""The studio as the window has it: wishes in, states out, nothing waits."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.live.mailbox import Mailbox
from deepvis.live.studio_news import StudioPhase, StudioState, StudioWish

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.live.pages import PagePicture
    from deepvis.live.studio import StudioWorker
    from deepvis.live.studio_picture import BroughtPicture


@dataclass(frozen=True, slots=True, eq=False)
class NumberedWish:
    """A wish, and what its states are told by."""

    number: int
    wish: StudioWish


class StudioStates:
    """The newest state of every wish that was not fetched yet; any thread may put, one takes.

    Attributes:
        pictures: to start from, read for somebody who brought them.

    Args:
        notify: a state or a picture can be fetched.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        self.pictures: Mailbox[PagePicture] = Mailbox(notify)
        self._notify = notify
        self._lock = threading.Lock()
        self._states: OrderedDict[int, StudioState] = OrderedDict()

    def put(self, state: StudioState) -> None:
        """Leave a state; an older one of the same wish is dropped."""
        with self._lock:
            self._states.pop(state.number, None)
            self._states[state.number] = state
        self._notify()

    def take(self) -> StudioState | None:
        """The state that was put first of those that are there; None where there is none. Rings again for the rest."""
        with self._lock:
            state = self._states.popitem(last=False)[1] if self._states else None
            more = bool(self._states)
        if more:
            self._notify()
        return state


class Studio:
    """What the window says to the studio thread, and hears from it: `session.studio`.

    Every method returns at once. What can be chosen comes with the event `StudioOffered`, once a model is there and
    again with every other one.
    """

    def __init__(self, worker: StudioWorker, states: StudioStates) -> None:
        self._worker = worker
        self._states = states
        self._last = 0

    def synthesize(self, wish: StudioWish) -> int:
        """Ask for pictures of a unit; the states of this wish have the number that is returned.

        The newest wish is worked on first: one that runs is parked and goes on afterwards, one that has not begun is
        canceled.
        """
        self._last = number = self._last + 1
        self._states.put(StudioState(number, wish, StudioPhase.WAITING))
        self._worker.ask(NumberedWish(number, wish))
        return number

    def cancel(self, number: int | None = None) -> None:
        """Give up a wish, running or not, within a step; None gives up all of them. A `CANCELED` state answers."""
        self._worker.cancel(self._last if number is None else number, older=number is None)

    def discard(self, key: int) -> None:
        """Remove a picture (`MadePicture.key`, `Made.key` where `removable`) from the person's gallery.

        The page follows by itself, and so does the state whose picture it was: its key becomes 0.
        """
        self._worker.discard(key)

    def keep(self, state: StudioState, index: int) -> None:
        """Put a finished picture (`state.made[index]`) that was discarded back into the person's gallery.

        The state comes again with the new key.
        """
        self._worker.keep(state.number, index)

    def bring(self, brought: BroughtPicture) -> None:
        """Read a picture to start from; `take_picture` gives it, or a `Notice` says why there is none."""
        self._worker.bring(brought)

    def take_picture(self) -> PagePicture | None:
        """A picture that was brought, once; the newest wins."""
        return self._states.pictures.take()

    @property
    def steps(self) -> int:
        """Steps that were begun in this session, of all wishes."""
        return self._worker.steps

    def take(self) -> StudioState | None:
        """How far a wish is, each state once: call it until it gives None, for several wishes may have changed."""
        return self._states.take()
