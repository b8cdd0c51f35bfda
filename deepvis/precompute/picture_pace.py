"""How far a synthesis of many units is: counts steps and pictures, and tells it now and then."""

from __future__ import annotations

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


class PicturePace:
    """Counts one run.

    Attributes:
        made: pictures stored by this run.
        seconds: they took, pauses left out.
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
        self._block: Block | None = None
        self._steps = self._step = 0
        self._began_s = self._paused_s = 0.0
        self.made = 0
        self.seconds = 0.0

    def expect(self, costs: Mapping[str, float]) -> None:
        """Relative costs of a picture by layer are known."""
        self._costs, self._estimate = costs, Estimate(costs)

    def begin(self, block: Block, steps: int) -> None:
        """A block begins; an ascent has so many steps."""
        self._block, self._steps = block, steps
        self._restart()
        self._tell()

    def step(self) -> bool:
        """A step of the present block begins; waits while the run is paused. True ends the ascent."""
        if self._control.paused:
            stood_s = self._clock()
            self._control.wait()
            self._paused_s += self._clock() - stood_s
        self._tell()
        self._step += 1
        return self._control.stopped

    def end(self, block: Block) -> None:
        """The block is stored."""
        seconds = self._spent_s()
        self.made += len(block)
        self.seconds += seconds
        self._estimate.add(block.layer.name, len(block), seconds)
        self._remaining[block.layer.name] -= len(block)
        self._restart()
        self._tell()

    def _restart(self) -> None:
        self._step, self._began_s, self._paused_s = 0, self._clock(), 0.0

    def _spent_s(self) -> float:
        return self._clock() - self._began_s - self._paused_s

    def _tell(self) -> None:
        if self._block is None:
            return
        layer, estimate = self._block.layer.name, self._best_estimate(self._block)
        each_s, left_s = estimate.per_picture_s(layer), estimate.left_s(self._remaining)
        if left_s is not None and each_s is not None:
            # no more of the present block can have been done than it holds
            left_s = max(0.0, left_s - min(self._spent_s(), each_s * len(self._block)))
        done = self._there + self.made
        rate = 1 / each_s if each_s else 0.0
        self._report(ScanProgress(f"{SYNTHESIZING} {layer}", done, self._total, rate, left_s))

    def _best_estimate(self, block: Block) -> Estimate:
        """What finished blocks say; before there are any, what the present one says."""
        part = min(1.0, self._step / self._steps)
        if self.made or part < _TELLING_PART:
            return self._estimate
        first = Estimate(self._costs)
        first.add(block.layer.name, part * len(block), self._spent_s())
        return first
