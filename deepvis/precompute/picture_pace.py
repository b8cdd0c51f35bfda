"""How far a synthesis of many units is: counts steps and pictures, and tells it now and then."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from deepvis.precompute.picture_estimate import Estimate
from deepvis.precompute.progress import SYNTHESIZING, ScanProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deepvis.precompute.progress import ScanControl
    from deepvis.precompute.work_list import Block

_TELLING_PART = 0.1
"""The first block says how long pictures take when so much of it is done."""


class WorkingTime:
    """Time in which somebody works, however many at once; any thread may call it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nobody works yet."""
        self._clock, self._lock = clock, threading.Lock()
        self._workers, self._whole_s, self._since_s = 0, 0.0, 0.0

    def begin(self) -> None:
        """One more works."""
        with self._lock:
            if not self._workers:
                self._since_s = self._clock()
            self._workers += 1

    def end(self) -> None:
        """One of them does not any longer."""
        with self._lock:
            self._workers -= 1
            if not self._workers:
                self._whole_s += self._clock() - self._since_s

    @property
    def seconds(self) -> float:
        """So far."""
        with self._lock:
            return self._whole_s + (self._clock() - self._since_s if self._workers else 0.0)


class BlockPace:
    """Counts one block; belongs to the thread that works on it, others may read."""

    def __init__(
        self, block: Block, steps: int, control: ScanControl, clock: Callable[[], float], working: WorkingTime
    ) -> None:
        """Begin; an ascent has so many steps."""
        self.block = block
        self._steps, self._control, self._clock, self._working = steps, control, clock, working
        working.begin()
        self._step = 0
        self._began_s, self._paused_s = clock(), 0.0
        self._stood_s: float | None = None
        self._given_up = False

    def step(self) -> bool:
        """A step begins; waits while the run is paused. True ends the ascent."""
        if self._control.paused:
            self._stood_s = self._clock()
            self._working.end()
            self._control.wait()
            self._working.begin()
            self._paused_s += self._clock() - self._stood_s
            self._stood_s = None
        self._step += 1
        return self._given_up or self._control.stopped

    def end(self) -> None:
        """Nothing is done for the block any longer."""
        self._working.end()

    def give_up(self) -> None:
        """End the ascent at its next step; any thread may call this."""
        self._given_up = True

    @property
    def spent_s(self) -> float:
        """Seconds of work so far."""
        stood_s = self._stood_s
        return (self._clock() if stood_s is None else stood_s) - self._began_s - self._paused_s

    @property
    def part(self) -> float:
        """Part of the ascent that is done, 0..1."""
        return min(1.0, max(0, self._step - 1) / self._steps)


class PicturePace:
    """Counts one run; belongs to the thread that gives out the blocks.

    Attributes:
        made: pictures stored by this run.
    """

    def __init__(
        self,
        blocks: Sequence[Block],
        missing: Sequence[Block],
        report: Callable[[ScanProgress], None],
        control: ScanControl,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Begin, with all blocks and those that are to be made."""
        self._report, self._control, self._clock = report, control, clock
        self._total = sum(len(block) for block in blocks)
        self._there = self._total - sum(len(block) for block in missing)
        self._remaining: Counter[str] = Counter()
        for block in missing:
            self._remaining[block.layer.name] += len(block)
        self._costs: Mapping[str, float] = {}
        self._estimate = Estimate(self._costs)
        self._running: list[BlockPace] = []
        self._layer = ""
        self._at_once = 1
        self._working = WorkingTime(clock)
        self.made = 0

    @property
    def seconds(self) -> float:
        """Seconds on the clock in which blocks were worked on, however many at once; pauses left out."""
        return self._working.seconds

    def expect(self, costs: Mapping[str, float], *, at_once: int = 1) -> None:
        """Relative costs of a picture by layer are known, and how many blocks are made at the same time."""
        self._costs, self._estimate, self._at_once = costs, Estimate(costs), at_once

    def begin(self, block: Block, steps: int) -> BlockPace:
        """A block begins; an ascent has so many steps."""
        pace = BlockPace(block, steps, self._control, self._clock, self._working)
        self._running.append(pace)
        self._layer = block.layer.name
        self.tell()
        return pace

    def end(self, pace: BlockPace, *, stored: bool) -> None:
        """A block is stored, or will never be."""
        self._running.remove(pace)
        pace.end()
        block, seconds = pace.block, pace.spent_s
        self._remaining[block.layer.name] -= len(block)
        if stored:
            self.made += len(block)
            self._estimate.add(block.layer.name, len(block), seconds)
        self.tell()

    def give_up(self) -> None:
        """End all ascents at their next step."""
        for pace in self._running:
            pace.give_up()

    def tell(self) -> None:
        """Say how far the run is."""
        if not self._layer:
            return
        layer = self._running[0].block.layer.name if self._running else self._layer
        estimate = self._best_estimate()
        each_s, left_s = estimate.per_picture_s(layer), estimate.left_s(self._remaining)
        if left_s is not None:
            for pace in self._running:
                # no more of a block can have been done than it holds
                whole_s = (estimate.per_picture_s(pace.block.layer.name) or 0.0) * len(pace.block)
                left_s -= min(pace.spent_s, whole_s)
            left_s = max(0.0, left_s) / self._at_once
        rate = self._at_once / each_s if each_s else 0.0
        done = self._there + self.made
        self._report(ScanProgress(f"{SYNTHESIZING} {layer}", done, self._total, rate, left_s))

    def _best_estimate(self) -> Estimate:
        """What finished blocks say; before there are any, what the running ones say."""
        if self.made:
            return self._estimate
        first = Estimate(self._costs)
        for pace in self._running:
            if pace.part >= _TELLING_PART:
                first.add(pace.block.layer.name, pace.part * len(pace.block), pace.spent_s)
        return first
