"""The live route without a window: a session whose receiver drops every result at once."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

from benchmarks.figures import Sample, rate
from benchmarks.networks import request_for
from benchmarks.pictures import PhotographSource
from deepvis.live.events import ModelFailed, ModelReady
from deepvis.live.session import LiveSession
from deepvis.places import images_dir
from deepvis.records import GridView, UnitPane, View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.records import ModelInfo

GRID = 900
PANE = 300
PATIENCE_S = 120.0
QUIET_S = 0.2
LEAST_RESULTS = 5


class BenchmarkError(Exception):
    """A measurement that cannot be made; the message is a sentence."""


class HeadlessRun:
    """A session without a window that can be run for a while and held again."""

    def __init__(self, threads: int, gallery_dir: Path | None = None) -> None:
        self.stamps_s: list[float] = []
        self._info: ModelInfo | None = None
        self._problem = ""
        self._news = threading.Condition()
        self.session = LiveSession(images_dir(), self._take, threads=threads, gallery_dir=gallery_dir)

    @property
    def info(self) -> ModelInfo:
        """The model.

        Raises:
            BenchmarkError: where none runs.
        """
        if self._info is None:
            raise BenchmarkError(self._problem or "No network is ready.")
        return self._info

    def open(self, name: str, pictures: list[NDArray[np.uint8]], fps: float) -> None:
        """Load a network and open a source that gives `fps` frames per second; nothing is computed yet."""
        self.session.start()
        self.session.load_model(request_for(name))
        with self._news:
            self._news.wait_for(lambda: self._info or self._problem, PATIENCE_S)
        self.session.set_frozen(True)
        self.session.use_source(lambda: PhotographSource(pictures, fps), "photographs")

    def view(self, layer: str) -> None:
        """Look at a layer in a grid of 900 x 900, one of its units in a pane of 300 x 300, with predictions."""
        self.session.set_view(View(self.info.name, layer, grid=GridView(GRID, GRID), pane=UnitPane(PANE, PANE)))

    def __call__(self, seconds: float) -> Sample:
        """Frames per second while the source runs, and processor time per frame; it is held before and after."""
        self.stamps_s.clear()
        before_s = time.process_time()
        self.session.set_frozen(False)
        time.sleep(seconds)
        self.wait_for_results(LEAST_RESULTS)
        self.session.set_frozen(True)
        stamps = list(self.stamps_s)
        self._come_to_rest()
        cpu_s = time.process_time() - before_s
        return {"fps": rate(stamps), "cpu_ms": 1000 * cpu_s / len(self.stamps_s)}

    def wait_for_results(self, count: int) -> None:
        """Wait until so many results came since the last clear.

        Raises:
            BenchmarkError: where they do not come.
        """
        with self._news:
            if not self._news.wait_for(lambda: len(self.stamps_s) >= count, PATIENCE_S):
                raise BenchmarkError(f"No {count} results came within {PATIENCE_S:g} s.")

    def _come_to_rest(self) -> None:
        seen = -1
        while seen != len(self.stamps_s):
            seen = len(self.stamps_s)
            time.sleep(max(QUIET_S, 2 * _longest_gap(self.stamps_s)))

    def _take(self) -> None:
        """What a window does when the bell rings, less the window; runs in the workers' threads."""
        for event in self.session.take_events():
            if isinstance(event, ModelReady):
                self._info = event.info
            elif isinstance(event, ModelFailed):
                self._problem = event.text
        if self.session.take_result() is not None:
            self.stamps_s.append(time.perf_counter())
        with self._news:
            self._news.notify_all()


@contextmanager
def headless(
    name: str, pictures: list[NDArray[np.uint8]], *, fps: float, threads: int, gallery_dir: Path | None = None
) -> Iterator[HeadlessRun]:
    """A held session with a network loaded; closed in any case."""
    run = HeadlessRun(threads, gallery_dir)
    try:
        run.open(name, pictures, fps)
        yield run
    finally:
        run.session.close()


def _longest_gap(stamps_s: list[float]) -> float:
    return max((after - before for before, after in pairwise(stamps_s)), default=0.0)
