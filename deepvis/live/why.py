"""Attributions of single pictures of a unit page, made when somebody asks: the question, and what came of it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deepvis.live.errand import Errand
    from deepvis.live.pages import PagePicture
    from deepvis.live.turns import Turns
    from deepvis.records import Backward, UnitId

LOSS = 0.12
"""Part of the live frames that attributions of a page may cost; beside a synthesis both together stay below a third."""


@dataclass(frozen=True, slots=True, eq=False)
class WhyWish:
    """Which pixels of these pictures speak for a unit.

    Attributes:
        unit: of the running network.
        pictures: of its page: exemplars, minimum images, random images, live frames.
        look: how it is drawn, large; None draws it small and raw, as beside exemplars.
    """

    unit: UnitId
    pictures: tuple[PagePicture, ...]
    look: Backward | None = None


@dataclass(frozen=True, slots=True, eq=False)
class WhyAnswer:
    """What is known so far.

    Attributes:
        wish: the question.
        made: an attribution per picture, in their order, from the first on; one that cannot be made says why.
        problem: why nothing more comes, a sentence; empty where something does, or all is there.
    """

    wish: WhyWish
    made: tuple[PagePicture, ...] = ()
    problem: str = ""


class Pace:
    """Lets live frames go first: work takes turns with them, as a synthesis does.

    Args:
        turns: when to rest.
        wait: sleeps for so many seconds, or until something was said to this thread.
    """

    def __init__(self, turns: Turns | None = None, wait: Callable[[float], object] = time.sleep) -> None:
        self._turns = turns
        self._wait = wait
        self._until_s = 0.0
        self._threads = 0

    @contextmanager
    def turn(self, errand: Errand) -> Iterator[None]:
        """Wait until it is this thread's turn, and hold it.

        Raises:
            Superseded: the errand is over; who comes next waits for what was left of the rest.
        """
        errand.go_on()
        while (left_s := self._until_s - time.monotonic()) > 0:
            self._wait(left_s)
            errand.go_on()
        if self._turns is None:
            yield
            return
        self._use_threads(self._turns.threads)
        self._turns.begin_step()
        try:
            yield
        finally:
            self._turns.end_step()
            self._until_s = time.monotonic() + self._turns.rest_s()

    def _use_threads(self, threads: int) -> None:
        import torch  # noqa: PLC0415  (imports for seconds)

        if threads != self._threads:
            self._threads = threads
            # of this thread: each has its own number
            torch.set_num_threads(threads)
