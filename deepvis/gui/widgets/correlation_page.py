"""Which units of a layer are active together, as a matrix. Imports pyqtgraph: import it only to show it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph
from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QResizeEvent
from PyQt6.QtWidgets import QGraphicsRectItem, QHBoxLayout, QVBoxLayout, QWidget

from deepvis.gui.correlation_pixels import UNKNOWN, CorrelationPixels
from deepvis.gui.figures import number
from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.color_bar import ColorBar
from deepvis.gui.widgets.compact_combo import CompactCombo
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.plot_style import Plot, pen
from deepvis.imaging.colormap import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SIMILAR, INDEX = "by similarity", "by index"
HINT = "Move over the matrix to read a pair, click to select the unit of the row."
FEWEST_SEEN = 3.0
"""Units a side at the largest zoom."""
MARGIN = 0.02
"""Of the matrix, left free around it."""


class CorrelationPage(QWidget):
    """The matrix, what its colors mean, and the pair under the pointer.

    Signals:
        unit_clicked: a unit was chosen.
        order_changed: units lie in another order.
    """

    unit_clicked = pyqtSignal(int)
    order_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._correlation: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self._similar: NDArray[np.int64] | None = None
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self._name: Callable[[int], str] = "#{}".format
        self._pixels: CorrelationPixels | None = None
        self._selected = -1
        self._plot = Plot()
        self._image = pyqtgraph.ImageItem(axisOrder="row-major")
        self._marks = (QGraphicsRectItem(), QGraphicsRectItem())
        self._reading = ElidedLabel("muted")
        self._sort = CompactCombo()
        self._colors = ColorBar()
        self._build()
        self._dress()

    @property
    def order(self) -> NDArray[np.int64]:
        """Units from top to bottom, int64."""
        return self._order

    def set_correlation(
        self,
        correlation: NDArray[np.float32],
        similar: NDArray[np.int64] | None,
        name: Callable[[int], str],
        *,
        keep_zoom: bool = False,
    ) -> None:
        """Show a layer.

        Args:
            correlation: float32 `(units, units)`, -1..1, NaN where unknown.
            similar: int64 `(units,)`: an order that puts correlated units side by side; None where there is none.
            name: makes words of a unit's number.
            keep_zoom: it is the same layer with newer figures.
        """
        self._correlation, self._similar, self._name = correlation, similar, name
        self._sort.setEnabled(similar is not None)
        self._arrange_units()
        if not keep_zoom:
            self.show_all()

    def set_selected(self, unit: int) -> None:
        """Mark the row and the column of the selected unit."""
        self._selected = unit
        self._show_marks()

    def show_all(self) -> None:
        """Show the whole matrix."""
        size = len(self._order)
        self._plot.setRange(QRectF(0, 0, size, size), padding=MARGIN)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Cut the matrix for the new size."""
        super().resizeEvent(event)
        self._show_pixels()

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colors of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "_colors"):
            self._dress()

    # building

    def _build(self) -> None:
        for axis in ("left", "bottom"):
            self._plot.hideAxis(axis)
        self._plot.invertY(True)
        self._plot.setAspectLocked(True)
        self._plot.addItem(self._image)
        for mark in self._marks:
            self._plot.addItem(mark)
        self._plot.getViewBox().sigRangeChanged.connect(lambda *_: self._show_pixels())
        self._plot.scene().sigMouseMoved.connect(self._point_at)
        self._plot.scene().sigMouseClicked.connect(self._click)
        self._sort.addItem(SIMILAR, SIMILAR)
        self._sort.addItem(INDEX, INDEX)
        self._sort.setToolTip("Order of rows and columns: units that are active together side by side, or by number")
        self._sort.currentIndexChanged.connect(lambda _index: self._arrange_units())
        self._reading.set_text(HINT)
        header = QHBoxLayout()
        header.setContentsMargins(SPACE, SPACE, SPACE, SPACE // 2)
        header.setSpacing(SPACE)
        header.addWidget(self._reading, 1)
        header.addWidget(self._sort)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(header)
        column.addWidget(self._plot, 1)
        column.addWidget(self._colors)

    def _dress(self) -> None:
        theme = theme_of(self.palette())
        self._plot.dress(theme, self.font())
        colors = table("frost" if theme.name == "dark" else "day")
        lookup = colors.copy()
        lookup[UNKNOWN] = QColor(theme.faint).getRgb()[:3]
        self._image.setLookupTable(lookup)
        self._colors.set_scale(-1.0, 1.0, colors, "correlation")
        for mark in self._marks:
            mark.setPen(pen(theme.selection))

    # showing

    def _arrange_units(self) -> None:
        size = len(self._correlation)
        by_index = self._similar is None or self._sort.currentData() == INDEX
        self._order = np.arange(size) if by_index or self._similar is None else self._similar
        self._pixels = CorrelationPixels(self._correlation, self._order) if size else None
        fewest = min(FEWEST_SEEN, size)
        self._plot.setLimits(xMin=-size, xMax=2 * size, yMin=-size, yMax=2 * size, minXRange=fewest, minYRange=fewest)
        self._show_pixels()
        self._show_marks()
        self.order_changed.emit()

    def _show_pixels(self) -> None:
        if self._pixels is None:
            return
        box = self._plot.getViewBox()
        columns, rows = box.viewRange()
        pixels = max(box.width(), box.height()) * self.devicePixelRatioF()
        indices, (top, left, height, width) = self._pixels.cut(tuple(rows), tuple(columns), int(pixels))
        self._image.setImage(indices, autoLevels=False, levels=(0, 255))
        self._image.setRect(QRectF(left, top, width, height))

    def _show_marks(self) -> None:
        found = np.flatnonzero(self._order == self._selected)
        for mark in self._marks:
            mark.setVisible(bool(len(found)))
        if len(found):
            place, size = float(found[0]), float(len(self._order))
            self._marks[0].setRect(QRectF(0, place, size, 1))
            self._marks[1].setRect(QRectF(place, 0, 1, size))

    def pair_at(self, point: QPointF) -> tuple[int, int] | None:
        """The units of row and column below a point of the plot's scene; None beside the matrix."""
        box = self._plot.getViewBox()
        if not box.sceneBoundingRect().contains(point):
            return None
        at = box.mapSceneToView(point)
        row, column, size = math.floor(at.y()), math.floor(at.x()), len(self._order)
        return (int(self._order[row]), int(self._order[column])) if 0 <= row < size and 0 <= column < size else None

    def reading(self, row: int, column: int) -> str:
        """What is said of a pair."""
        value = float(self._correlation[row, column])
        said = "one of them never changes" if math.isnan(value) else number(value)
        return f"{self._name(row)} and {self._name(column)}:  {said}"

    def _point_at(self, point: QPointF) -> None:
        pair = self.pair_at(point)
        self._reading.set_text(HINT if pair is None else self.reading(*pair))
        value = math.nan if pair is None else float(self._correlation[pair])
        self._colors.set_mark(None if math.isnan(value) else value)

    def _click(self, event: object) -> None:
        button, point = event.button(), event.scenePos()  # type: ignore[attr-defined]
        pair = self.pair_at(point) if button == Qt.MouseButton.LeftButton else None
        if pair is not None:
            self.unit_clicked.emit(pair[0])
