"""The real window, run for a while at a time: frames, latency, and how long its thread stood still."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEventLoop, QTimer

from benchmarks.networks import request_for
from benchmarks.pictures import PhotographSource
from benchmarks.worker import PATIENCE_S, QUIET_S, BenchmarkError
from deepvis.config import Settings
from deepvis.gui.app import App
from deepvis.gui.run_report import StallMeter
from deepvis.gui.serving.service import WindowService
from deepvis.live.meter import DurationMeter
from deepvis.options import RunOptions
from deepvis.serving.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.figures import Sample
    from deepvis.gui.controller import Controller
    from deepvis.live.result import LiveResult
    from deepvis.live.session import LiveSession
    from deepvis.options import ServeOptions
    from deepvis.records import ModelInfo, View

SIZE = (1280, 720)
LEAST_RESULTS = 5
LOOK_EVERY_MS = 50


class WindowRun:
    """The application without a person: a held session that can be let go for a while."""

    def __init__(self, threads: int, serve: ServeOptions | None = None) -> None:
        self._app = App(Settings(threads=threads, mirror=False), RunOptions(offscreen=True, size=SIZE))
        self._service = None if serve is None else Service(serve)
        self._served = None if self._service is None else WindowService(self._app.window, self._service)
        self._marks: list[tuple[float, int, int]] = []
        self._app.controller.result_arrived.connect(self._mark)

    @property
    def info(self) -> ModelInfo | None:
        """The model, once it runs."""
        return self._app.controller.info

    @property
    def session(self) -> LiveSession:
        """The running machine behind the window."""
        return self._app.session

    @property
    def controller(self) -> Controller:
        """What a person's keys and clicks end in."""
        return self._app.controller

    @property
    def viewers(self) -> int:
        """How many watch in browsers."""
        return 0 if self._service is None else self._service.viewers

    def change(self, change: Callable[[View], View], is_there: Callable[[LiveResult], bool], what: str) -> None:
        """Look at something else, and wait until a picture of it has come; live for that moment."""
        controller = self._app.controller
        controller.set_view(change(controller.view))
        self._app.session.set_frozen(False)
        _turn_until(lambda: controller.result is not None and is_there(controller.result), f"{what} is not shown")
        self._app.session.set_frozen(True)
        _turn(QUIET_S)

    def wait_for(self, condition: Callable[[], bool], problem: str) -> None:
        """Let Qt work until something is so.

        Raises:
            BenchmarkError: it takes too long.
        """
        _turn_until(condition, problem)

    def pause(self, seconds: float) -> None:
        """Let Qt work for so long."""
        _turn(seconds)

    def open(self, name: str, pictures: list[NDArray[np.uint8]], fps: float) -> None:
        """Show the window, load a network, open a source that gives `fps` frames per second."""
        app = self._app
        app.window.resize(*SIZE)
        app.window.show()
        if self._served is not None:
            self._served.start()
        app.session.start()
        app.session.load_model(request_for(name))
        _turn_until(lambda: self.info is not None, f"{name} is not ready")
        app.session.set_frozen(True)
        app.session.use_source(lambda: PhotographSource(pictures, fps), "photographs")

    def view(self, layer: str) -> None:
        """Look at a layer."""
        self._marks.clear()
        self._app.controller.select_layer(layer)
        _turn_until(lambda: len(self._marks) > 0 or self._shows(layer), f"{layer} is not shown")
        _turn(QUIET_S)

    def __call__(self, seconds: float) -> Sample:
        """Frames per second inferred and painted, latency and stalls, all in milliseconds; held before and after."""
        session = self._app.session
        session.meters.latency = DurationMeter(100_000)
        self._marks.clear()
        stalls = StallMeter()
        session.set_frozen(False)
        stalls.start()
        _turn(seconds)
        _turn_until(lambda: len(self._marks) >= LEAST_RESULTS, "no picture comes")
        sample = self._sample(stalls)
        stalls.deleteLater()
        session.set_frozen(True)
        _turn(max(QUIET_S, 3 / sample["fps"]))
        return sample

    def close(self) -> None:
        """Close the window and end its threads."""
        if self._served is not None:
            self._served.close()
        self._app.window.close()
        self._app.finish()
        self._app.window.deleteLater()

    def _sample(self, stalls: StallMeter) -> Sample:
        latency = self._app.session.meters.latency
        return {
            "fps": self._per_s(1),
            "painted_fps": self._per_s(2),
            "latency_p50_ms": latency.percentile_ms(50) or 0.0,
            "latency_p95_ms": latency.percentile_ms(95) or 0.0,
            "stall_p99_ms": stalls.percentile_ms(99) or 0.0,
            "stall_longest_ms": stalls.longest_ms,
        }

    def _mark(self, _result: LiveResult) -> None:
        meters = self._app.session.meters
        self._marks.append((time.perf_counter(), meters.inferred.count, meters.painted.count))

    def _per_s(self, column: int) -> float:
        # the first result may answer a frame that was taken before the start
        first, last = self._marks[1], self._marks[-1]
        return float(last[column] - first[column]) / (last[0] - first[0])

    def _shows(self, layer: str) -> bool:
        result = self._app.controller.result
        return result is not None and result.view.layer == layer


@contextmanager
def shown(
    name: str, pictures: list[NDArray[np.uint8]], *, fps: float, threads: int, serve: ServeOptions | None = None
) -> Iterator[WindowRun]:
    """The window with a network loaded and held; closed in any case."""
    run = WindowRun(threads, serve)
    try:
        run.open(name, pictures, fps)
        yield run
    finally:
        run.close()


def _turn(seconds: float) -> None:
    """Let Qt work for so long."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def _turn_until(condition: Callable[[], bool], problem: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline_s:
            raise BenchmarkError(f"{problem} after {PATIENCE_S:g} s.")
        _turn(LOOK_EVERY_MS / 1000)
