"""How often each unit of a layer is active, and which never are. Imports pyqtgraph: import it only to show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph
from PyQt6.QtCore import QEvent, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from deepvis.gui.figures import number, percent
from deepvis.gui.theme import SPACE, small, strong, theme_of
from deepvis.gui.widgets.compact_combo import CompactCombo
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.plot_style import Plot, pen, red_to_green
from deepvis.gui.widgets.unit_list import ROW_HEIGHT, UnitList

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from deepvis.gallery.records import LayerRecord

BINS = 20
LEFT_WIDTH = 224
LEAST_HEIGHT = 180
MEANING = "red: seldom active, green: often"
"""What the colors of the bars say."""

LEAST_ROWS = 4

_HEADROOM = 1.08
FRACTION, MAXIMUM = "active fraction", "maximum"
HINT = "Move over the curve to read a unit, click to select it."


class ActivityPage(QWidget):
    """Left the histogram of the active fraction and the dead units, right all units in order.

    Signals:
        unit_clicked: a unit was chosen.
        order_changed: units lie in another order along the curve.
    """

    unit_clicked = pyqtSignal(int)
    order_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._record: LayerRecord | None = None
        self._name: Callable[[int], str] = "#{}".format
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self._selected = -1
        self._histogram = Plot()
        self._curve = Plot()
        self._bars = pyqtgraph.BarGraphItem(x=[], height=[], width=1.0)
        self._line = pyqtgraph.PlotDataItem(stepMode="center", fillLevel=0.0)
        self._cursor = pyqtgraph.InfiniteLine(angle=90)
        self._mark = pyqtgraph.InfiniteLine(angle=90)
        self._dot = pyqtgraph.ScatterPlotItem(size=8)
        self._reading = ElidedLabel("muted")
        self._curve_words = _heading("")
        self._sort = CompactCombo()
        self._dead_words = ElidedLabel("text")
        self._dead = UnitList()
        self._build()
        self._dress()

    @property
    def order(self) -> NDArray[np.int64]:
        """Units along the curve, int64."""
        return self._order

    def set_record(self, record: LayerRecord, name: Callable[[int], str]) -> None:
        """Show a layer; `name` makes words of a unit's number."""
        self._record, self._name = record, name
        dead = np.flatnonzero(record.dead)
        self._dead_words.set_text(f"Dead: {len(dead):,} of {record.units:,}" if len(dead) else "No unit is dead")
        self._dead.set_units(dead, name)
        self._dead.setMaximumHeight(len(dead) * ROW_HEIGHT + 2 * self._dead.frameWidth())
        self._dead.setMinimumHeight(min(len(dead), LEAST_ROWS) * ROW_HEIGHT)
        self._dead.setVisible(len(dead) > 0)
        self._show_histogram(record.active_fraction)
        self._show_curve()

    def set_selected(self, unit: int) -> None:
        """Mark the selected unit."""
        self._selected = unit
        self._dead.select(unit)
        self._show_mark()

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colors of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "_dead"):
            self._dress()

    # building

    def _build(self) -> None:
        self._histogram.addItem(self._bars)
        self._histogram.setMouseEnabled(x=False, y=False)
        self._histogram.getAxis("bottom").setTicks([[(0, "0"), (BINS / 2, "0.5"), (BINS, "1")]])
        # the ends of the scale are known, so their labels may lean over the edge
        self._histogram.getAxis("bottom").setStyle(hideOverlappingLabels=False)
        self._histogram.setMinimumHeight(LEAST_HEIGHT)
        self._histogram.set_names(left="units", bottom="active fraction")
        self._curve.set_names(bottom="units")
        for item in (self._line, self._cursor, self._mark, self._dot):
            self._curve.addItem(item)
        self._curve.setMouseEnabled(x=True, y=False)
        self._line.setDownsampling(auto=True, method="peak")
        self._curve.scene().sigMouseMoved.connect(self._point_at)
        self._curve.scene().sigMouseClicked.connect(self._click)
        self._sort.addItem("by active fraction", FRACTION)
        self._sort.addItem("by maximum", MAXIMUM)
        self._sort.setToolTip("What the units are ordered by, and what the curve shows")
        self._sort.currentIndexChanged.connect(lambda _index: self._show_curve())
        self._dead.unit_clicked.connect(self.unit_clicked)
        self._reading.set_text(HINT)
        header, row = QHBoxLayout(), QHBoxLayout()
        header.setSpacing(SPACE)
        header.addWidget(self._reading, 1)
        header.addWidget(self._sort)
        row.setSpacing(2 * SPACE)
        row.addWidget(self._left(), 2)
        row.addLayout(self._right(), 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        column.addLayout(header)
        column.addLayout(row, 1)

    def _left(self) -> QWidget:
        holder = QWidget()
        holder.setMaximumWidth(LEFT_WIDTH)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        meaning = ElidedLabel("muted")
        meaning.setFont(small(self.font()))
        meaning.set_text(MEANING)
        column.addWidget(_heading("Units by active fraction"))
        column.addWidget(meaning)
        # the list is as high as its rows, so the histogram gets what few dead units leave
        column.addWidget(self._histogram, 1)
        column.addSpacing(SPACE)
        self._dead_words.setFont(strong(self.font()))
        column.addWidget(self._dead_words)
        column.addWidget(self._dead, 1)
        return holder

    def _right(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(SPACE // 2)
        column.addWidget(self._curve_words)
        column.addWidget(self._curve, 1)
        return column

    def _dress(self) -> None:
        theme = theme_of(self.palette())
        for plot in (self._histogram, self._curve):
            plot.dress(theme, self.font())
        fill = QColor(theme.accent)
        fill.setAlpha(60)
        self._line.setPen(pen(theme.accent, 1.5))
        self._line.setBrush(fill)
        self._cursor.setPen(pen(theme.muted))
        mark = theme.selection if theme.name == "dark" else theme.warning
        self._mark.setPen(pen(mark, 1.5))
        self._dot.setBrush(QColor(mark))
        self._dot.setPen(pen(theme.outline))

    # showing

    def _show_histogram(self, fractions: NDArray[np.float64]) -> None:
        counts, _ = np.histogram(fractions, bins=BINS, range=(0.0, 1.0))
        brushes = [QColor(*map(int, color)) for color in red_to_green(BINS)]
        self._bars.setOpts(
            x=np.arange(BINS) + 0.5, height=counts, width=0.9, brushes=brushes, pens=[pen("#00000000")] * BINS
        )
        self._histogram.setXRange(0, BINS, padding=0.06)
        self._histogram.setYRange(0, _HEADROOM * max(1, int(counts.max(initial=0))), padding=0)

    def _values(self) -> NDArray[np.float64]:
        if self._record is None:
            return np.zeros(0)
        return self._record.maximum if self._sort.currentData() == MAXIMUM else self._record.active_fraction

    def _show_curve(self) -> None:
        values = self._values()
        what = "Maximum" if self._sort.currentData() == MAXIMUM else "Active fraction"
        self._curve_words.set_text(f"{what}, largest first")
        # the largest first; a value that is not a number comes last
        order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable").astype(np.int64)
        self._order = order
        sorted_values = np.nan_to_num(values[order], nan=0.0, posinf=0.0, neginf=0.0)
        self._line.setData(np.arange(len(order) + 1), sorted_values)
        low, high = min(0.0, sorted_values.min(initial=0.0)), max(0.0, sorted_values.max(initial=0.0))
        self._curve.setLimits(xMin=0, xMax=max(1, len(order)), minXRange=min(4, max(1, len(order))))
        self._curve.setXRange(0, max(1, len(order)), padding=0)
        self._curve.setYRange(low, low + _HEADROOM * (high - low if high > low else 1.0), padding=0)
        self._cursor.hide()
        self._reading.set_text(HINT)
        self._show_mark()
        self.order_changed.emit()

    def _show_mark(self) -> None:
        found = np.flatnonzero(self._order == self._selected)
        self._mark.setVisible(bool(len(found)))
        self._dot.setVisible(bool(len(found)))
        if len(found):
            place = float(found[0]) + 0.5
            self._mark.setPos(place)
            self._dot.setData([place], [float(np.nan_to_num(self._values()[self._selected]))])

    def unit_at(self, point: QPointF) -> int:
        """The unit below a point of the curve's scene, -1 beside it."""
        box = self._curve.getViewBox()
        if not len(self._order) or not box.sceneBoundingRect().contains(point):
            return -1
        place = int(box.mapSceneToView(point).x())
        return int(self._order[place]) if 0 <= place < len(self._order) else -1

    def _point_at(self, point: QPointF) -> None:
        unit = self.unit_at(point)
        self._cursor.setVisible(unit >= 0)
        if unit < 0 or self._record is None:
            self._reading.set_text(HINT)
            return
        self._cursor.setPos(float(np.flatnonzero(self._order == unit)[0]) + 0.5)
        self._reading.set_text(self.reading(unit))

    def reading(self, unit: int) -> str:
        """What is said of a unit under the pointer."""
        record = self._record
        if record is None:
            return ""
        active = f"active in {percent(float(record.active_fraction[unit]))}"
        parts = [self._name(unit), active, f"maximum {number(float(record.maximum[unit]))}"]
        return "  ·  ".join([*parts, "dead"] if record.dead[unit] else parts)

    def _click(self, event: object) -> None:
        button, point = event.button(), event.scenePos()  # type: ignore[attr-defined]
        unit = self.unit_at(point) if button == Qt.MouseButton.LeftButton else -1
        if unit >= 0:
            self.unit_clicked.emit(unit)


def _heading(text: str) -> ElidedLabel:
    label = ElidedLabel("text")
    label.setFont(strong(label.font()))
    label.set_text(text)
    return label
