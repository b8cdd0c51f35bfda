"""One mosaic of 900 x 900 on the screen: the window's own widget, and a pyqtgraph ImageItem of the same pixels."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph
from PyQt6.QtWidgets import QApplication

from deepvis.gui.widgets.grid_view import GridPane
from deepvis.imaging.tiling import lay_out
from deepvis.records import GridView

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PyQt6.QtWidgets import QWidget

    from benchmarks.figures import Sample

SIDE = 900
MOSAICS = 4
WARM_UP = 5


def paint_arms() -> dict[str, Callable[[float], Sample]]:
    """`pane` and `image_item`: each paints new mosaics for so many seconds and gives `paint_ms`, the median."""
    generator = np.random.default_rng(0)
    mosaics = [generator.integers(0, 256, (SIDE, SIDE, 4), np.uint8) for _ in range(MOSAICS)]
    return {"pane": _pane(mosaics), "image_item": _image_item(mosaics)}


def _pane(mosaics: list[NDArray[np.uint8]]) -> Callable[[float], Sample]:
    pane = GridPane()
    layout = lay_out(np.arange(64), 56, 56, GridView(SIDE, SIDE))

    def show(number: int) -> None:
        pane.set_mosaic(mosaics[number % MOSAICS], layout, 0, None)
        pane.repaint()

    return _timed(pane, show)


def _image_item(mosaics: list[NDArray[np.uint8]]) -> Callable[[float], Sample]:
    pyqtgraph.setConfigOptions(imageAxisOrder="row-major")
    board = pyqtgraph.GraphicsLayoutWidget(show=False)
    board.ci.setContentsMargins(0, 0, 0, 0)
    view = board.addViewBox(enableMouse=False, enableMenu=False, invertY=True, defaultPadding=0)
    item = pyqtgraph.ImageItem(mosaics[0], levels=(0, 255))
    view.addItem(item)

    def show(number: int) -> None:
        item.setImage(mosaics[number % MOSAICS], autoLevels=False)
        board.viewport().repaint()

    return _timed(board, show)


def _timed(widget: QWidget, show: Callable[[int], None]) -> Callable[[float], Sample]:
    def run(seconds: float) -> Sample:
        widget.resize(SIDE, SIDE)
        widget.show()
        QApplication.processEvents()
        durations_s = _durations(show, seconds)[WARM_UP:]
        widget.hide()
        return {"paint_ms": float(np.median(durations_s)) * 1000, "paint_p95_ms": _percentile_ms(durations_s, 95)}

    return run


def _durations(show: Callable[[int], None], seconds: float) -> list[float]:
    started_s = time.perf_counter()
    durations_s: list[float] = []
    while len(durations_s) < 2 * WARM_UP or time.perf_counter() - started_s < seconds:
        before_s = time.perf_counter()
        show(len(durations_s))
        durations_s.append(time.perf_counter() - before_s)
    return durations_s


def _percentile_ms(durations_s: list[float], percent: float) -> float:
    return float(np.percentile(durations_s, percent)) * 1000
