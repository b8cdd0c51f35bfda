"""What a running job tells, and how it is paused and stopped."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

REPORT_EVERY_S = 0.2
"""A person reads no faster."""

RATE_OVER_S = 20.0
"""The rate told is that of about the last so many seconds."""

READING = "reading the network"
LISTING = "listing the images"
SCANNING = "scanning"
MERGING = "merging"
WRITING = "writing"
PICTURES = "storing pictures of the winners"
"""The second pass: everything is counted, and the images that won are read once more."""
ATTRIBUTING = "attributing the exemplars"
"""The last of it: which pixels of the winners speak for their units."""
SYNTHESIZING = "synthesizing"
"""Followed by the name of a layer."""


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """Where a job stands.

    Attributes:
        phase: `reading the network`, `listing the images`, `scanning`, `merging`, `writing`,
            `storing pictures of the winners`, `attributing the exemplars` or `synthesizing LAYER`.
        done: files (of this shard); files whose pictures are stored; exemplars that are attributed; pictures that are
            synthesized; 0 where a phase counts nothing.
        total: of the same; 0 where a phase counts nothing.
        per_second: images a second over the last seconds, pauses left out; 0 while unknown.
        left_s: seconds left in this phase at this rate; None while unknown.
        skipped: files that could not be used so far.
    """

    phase: str
    done: int = 0
    total: int = 0
    per_second: float = 0.0
    left_s: float | None = None
    skipped: int = 0


class ScanControl:
    """Pauses and stops a job; any thread may call every method."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._paused = False
        self._stopped = False

    def pause(self) -> None:
        """Stand still after the present batch; what was done is saved first."""
        with self._condition:
            self._paused = True

    def go(self) -> None:
        """Go on after a pause."""
        with self._condition:
            self._paused = False
            self._condition.notify_all()

    def stop(self) -> None:
        """Save what was done and return; the same job goes on from there another time."""
        with self._condition:
            self._stopped = True
            self._condition.notify_all()

    @property
    def paused(self) -> bool:
        """Whether the job is to stand still."""
        with self._condition:
            return self._paused and not self._stopped

    @property
    def stopped(self) -> bool:
        """Whether the job is to end."""
        with self._condition:
            return self._stopped

    def wait(self) -> None:
        """Return as soon as the job is not paused, or is stopped."""
        with self._condition:
            self._condition.wait_for(lambda: self._stopped or not self._paused)

    def rest(self) -> float:
        """The same; how many seconds it took."""
        started_s = time.monotonic()
        self.wait()
        return time.monotonic() - started_s


class Pace:
    """Counts what one phase has done and tells it now and then."""

    def __init__(
        self,
        report: Callable[[ScanProgress], None],
        phase: str,
        total: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._report = report
        self._phase = phase
        self._total = total
        self._clock = clock
        self._told_s = -REPORT_EVERY_S
        self._paused_s = 0.0
        self._marks: deque[tuple[float, int]] = deque()

    def tell(self, done: int, skipped: int, *, now: bool = False) -> None:
        """Say where the phase stands, at most a few times a second unless `now`."""
        time_s = self._clock()
        self._mark(time_s - self._paused_s, done)
        if not now and time_s - self._told_s < REPORT_EVERY_S:
            return
        self._told_s = time_s
        rate = self._rate()
        left_s = (self._total - done) / rate if rate > 0 else None
        self._report(ScanProgress(self._phase, done, self._total, rate, left_s, skipped))

    def leave_out(self, seconds: float) -> None:
        """Seconds that went by without work: a pause."""
        self._paused_s += seconds

    def _mark(self, time_s: float, done: int) -> None:
        self._marks.append((time_s, done))
        while len(self._marks) > 2 and self._marks[1][0] < time_s - RATE_OVER_S:
            self._marks.popleft()

    def _rate(self) -> float:
        (first_s, first), (last_s, last) = self._marks[0], self._marks[-1]
        return (last - first) / (last_s - first_s) if last_s > first_s else 0.0
