"""What people write today: a hook on every module, every activation on the host, one ImageItem per unit.

Written as its users would at their best: the network runs in a thread of its own beside the window, the next forward
pass overlaps with the drawing, all ImageItems share one ViewBox, the color range is taken once per frame, and no frame
is queued. On a CPU `.cpu()` copies nothing, so this costs it nothing here.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph
import torch
from PyQt6.QtCore import QEventLoop, QObject, Qt, QTimer, pyqtSignal

from benchmarks.figures import rate
from deepvis.gui.run_report import StallMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from PyQt6.QtGui import QPaintEvent

    from benchmarks.figures import Sample
    from benchmarks.networks import Bare
    from deepvis.records import LayerInfo

SIDE = 900
LEAST_PAINTS = 3
LONGEST_S = 30.0


class UnitBoard(pyqtgraph.GraphicsLayoutWidget):  # type: ignore[misc]
    """One ImageItem per unit, in rows."""

    def __init__(self, units: int, height: int, width: int) -> None:
        super().__init__(show=False)
        self.resize(SIDE, SIDE)
        self.painted_s: list[float] = []
        self.on_painted: Callable[[], None] = lambda: None
        self._drawn = False
        view = self.addViewBox(lockAspect=True, enableMouse=False, enableMenu=False, invertY=True)
        columns = int(np.ceil(np.sqrt(units)))
        colors = pyqtgraph.colormap.get("CET-L3").getLookupTable()
        self.items_shown = []
        for unit in range(units):
            item = pyqtgraph.ImageItem(np.zeros((height, width), np.float32), levels=(0, 1), lut=colors)
            item.setPos(unit % columns * (width + 1), unit // columns * (height + 1))
            view.addItem(item)
            self.items_shown.append(item)
        view.autoRange(padding=0)
        view.disableAutoRange()

    def draw(self, maps: NDArray[np.float32]) -> None:
        """Give every item its map; they are painted when Qt comes to it."""
        levels = (float(maps.min()), float(maps.max()))
        for item, unit_map in zip(self.items_shown, maps, strict=True):
            item.setImage(unit_map, autoLevels=False, levels=levels)
        self._drawn = True

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802  (Qt's name)
        """Count the frames that reach the screen."""
        super().paintEvent(event)
        if self._drawn:
            self._drawn = False
            self.painted_s.append(time.perf_counter())
            self.on_painted()


class HookedNetwork(QObject):
    """A network that tells all its activations.

    Attributes:
        running: between `start` and `stop`.

    Signals:
        arrived: every module's output of one frame, by name.
    """

    arrived = pyqtSignal(object)

    def __init__(self, loop: Bare, threads: int) -> None:
        super().__init__()
        self._loop = loop
        self._threads = threads
        self._found: dict[str, NDArray[np.float32]] = {}
        self.running = False
        self._free = threading.Event()

    def start(self) -> threading.Thread:
        """Run frame after frame until `stop`."""
        self.running = True
        self._free.set()
        thread = threading.Thread(target=self._run, name="benchmark-hooks")
        thread.start()
        return thread

    def stop(self) -> None:
        """End after the present frame."""
        self.running = False
        self._free.set()

    def go_on(self) -> None:
        """The last frame is on the screen."""
        self._free.set()

    def _run(self) -> None:
        torch.set_num_threads(self._threads)
        modules = dict(self._loop.loaded.network.named_modules())
        handles = [module.register_forward_hook(self._keeper(name)) for name, module in modules.items()]
        try:
            self._run_frames()
        finally:
            for handle in handles:
                handle.remove()

    def _run_frames(self) -> None:
        number = 0
        with torch.inference_mode():
            while self.running:
                self._found = {}
                self._loop.loaded.network(self._loop.batches[number % len(self._loop.batches)])
                number += 1
                self._free.wait()
                self._free.clear()
                self.arrived.emit(self._found)

    def _keeper(self, name: str) -> object:
        def keep(_module: object, _inputs: object, output: torch.Tensor) -> None:
            self._found[name] = output.detach().cpu().numpy()

        return keep


class HooksRun:
    """The board and the network together, run for a while at a time."""

    def __init__(self, loop: Bare, layer: LayerInfo, threads: int) -> None:
        self.board = UnitBoard(layer.units, layer.height, layer.width)
        self._layer = layer.name.split(":")[0]
        self._network = HookedNetwork(loop, threads)
        self._network.arrived.connect(self._draw, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        self.board.on_painted = self._network.go_on
        self.board.show()

    def __call__(self, seconds: float) -> Sample:
        """Frames painted per second, and how long the window stood still, in milliseconds."""
        self.board.painted_s.clear()
        stalls = StallMeter()
        thread = self._network.start()
        stalls.start()
        self._wait(seconds)
        self._network.stop()
        thread.join()
        sample = {
            "fps": rate(self.board.painted_s),
            "stall_p99_ms": stalls.percentile_ms(99) or 0.0,
            "stall_longest_ms": stalls.longest_ms,
        }
        stalls.deleteLater()
        return sample

    def _draw(self, found: dict[str, NDArray[np.float32]]) -> None:
        if self._network.running:
            self.board.draw(found[self._layer][0])

    def _wait(self, seconds: float) -> None:
        loop = QEventLoop()
        started_s = time.monotonic()

        def look() -> None:
            passed_s = time.monotonic() - started_s
            enough = passed_s >= seconds and len(self.board.painted_s) >= LEAST_PAINTS
            if enough or passed_s > LONGEST_S:
                loop.quit()

        timer = QTimer()
        timer.timeout.connect(look)
        timer.start(100)
        loop.exec()


@contextmanager
def hooked(loop: Bare, layer: LayerInfo, threads: int) -> Iterator[HooksRun]:
    """A board for one layer; closed in any case."""
    pyqtgraph.setConfigOptions(imageAxisOrder="row-major")
    run = HooksRun(loop, layer, threads)
    try:
        yield run
    finally:
        run.board.close()
        run.board.deleteLater()
