"""Taking turns on the device: live frames keep their pace, a synthesis gets what that leaves.

The synthesis works for a while and rests for a while; frames that come in one and the other tell how much it disturbs
them, and from that follows how much it may work. Without frames it never rests.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LOSS = 0.2
"""Part of the live frames that a synthesis may cost."""
BLOCK_S = 0.3
"""Work between two rests, at least."""
MOST_WORK, LEAST_WORK = 0.95, 0.1
"""Part of the time; some rest is needed to see how fast frames come without disturbance."""
UNKNOWN_WORK = 0.5
"""The same before anything is known."""
STILL_AFTER_S = 1.0
"""Without a frame for so long, or for three usual intervals, the picture stands still."""
LONGEST_REST_S = 10.0
_NEWS = 0.08
"""Weight of a new interval in the running mean."""
_FRAMES_AT_LEAST = 2.5


class Turns:
    """Tells a synthesis when to rest. The inference thread says `frame`, the studio thread everything else.

    Args:
        live_threads: torch threads of the live pictures.
        clock: seconds.
        loss: part of the live frames that the work may cost.

    Attributes:
        steps: so many steps have begun.
    """

    def __init__(self, live_threads: int = 1, clock: Callable[[], float] = time.monotonic, loss: float = LOSS) -> None:
        self.steps = 0
        self._live_threads = live_threads
        self._clock = clock
        self._loss = loss
        self._lock = threading.Lock()
        self._worked_s = 0.0
        self._step_s: float | None = None
        self._block_from_s = 0.0
        self._frame: tuple[float, float] | None = None
        self._alone_s: float | None = None
        self._disturbed_s: float | None = None

    def frame(self) -> None:
        """A live frame was answered."""
        with self._lock:
            now_s, worked_s = self._clock(), self._worked()
            if self._frame is not None:
                self._learn(now_s - self._frame[0], worked_s - self._frame[1])
            self._frame = (now_s, worked_s)

    def begin_step(self) -> None:
        """The synthesis works from now on."""
        with self._lock:
            self._step_s = self._clock()
            self.steps += 1

    def end_step(self) -> None:
        """The synthesis does not work any more."""
        with self._lock:
            self._worked_s, self._step_s = self._worked(), None

    @property
    def flowing(self) -> bool:
        """Frames come; otherwise the picture stands still."""
        if self._frame is None:
            return False
        patience_s = max(STILL_AFTER_S, 3 * max(self._alone_s or 0.0, self._disturbed_s or 0.0))
        return self._clock() - self._frame[0] < patience_s

    @property
    def threads(self) -> int:
        """Torch threads for the next step: all cores for a still picture, else what live pictures and window leave."""
        cores = os.cpu_count() or 1
        return max(1, cores - self._live_threads - 1) if self.flowing else cores

    def rest_s(self) -> float:
        """Seconds to rest before the next step."""
        with self._lock:
            worked_s = self._worked() - self._block_from_s
            if not self.flowing:
                self._block_from_s = self._worked()
                return 0.0
            part, alone_s = self.work_part, self._alone_s or 0.0
            # both must be long enough for frames that see nothing else
            block_s = max(BLOCK_S, _FRAMES_AT_LEAST * max(alone_s, self._disturbed_s or 0.0))
            block_s = max(block_s, _FRAMES_AT_LEAST * alone_s * part / (1 - part))
            if worked_s < block_s:
                return 0.0
            self._block_from_s = self._worked()
            return min(LONGEST_REST_S, worked_s * (1 - part) / part)

    @property
    def work_part(self) -> float:
        """Part of the time that the synthesis may work while frames come."""
        if self._alone_s is None or self._disturbed_s is None:
            return UNKNOWN_WORK
        # frames per second while it works, over those while it rests
        loss = 1 - self._alone_s / self._disturbed_s
        part = self._loss / loss if loss > self._loss else 1.0
        return min(MOST_WORK, max(LEAST_WORK, part))

    def _worked(self) -> float:
        return self._worked_s + (0.0 if self._step_s is None else self._clock() - self._step_s)

    def _learn(self, interval_s: float, worked_s: float) -> None:
        if not 0 < interval_s <= LONGEST_REST_S:
            return
        # a frame that saw both tells nothing
        if worked_s <= 0.2 * interval_s:
            self._alone_s = _mixed(self._alone_s, interval_s)
        elif worked_s >= 0.8 * interval_s:
            self._disturbed_s = _mixed(self._disturbed_s, interval_s)


def _mixed(mean: float | None, news: float) -> float:
    return news if mean is None else mean + _NEWS * (news - mean)
