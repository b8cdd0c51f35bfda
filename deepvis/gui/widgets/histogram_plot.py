"""The histogram of a unit's largest value per image, with the value of this moment as a moving mark."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis.gallery.histogram import SMALLEST
from deepvis.gui.figures import number, percent
from deepvis.gui.theme import SPACE, elided, small, theme_of
from deepvis.gui.widgets.histogram_steps import share_at_zero, share_below, steps_of
from deepvis.gui.widgets.seen_plot import SeenPlot

if TYPE_CHECKING:
    from deepvis.gallery.histogram import UnitHistogram
    from deepvis.gui.widgets.histogram_items import HistogramItems
    from deepvis.gui.widgets.histogram_steps import HistogramSteps

_PLOT_HEIGHT = 132
_LINE_HEIGHT = 18


class HistogramPlot(SeenPlot):
    """A line of words and a plot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_LINE_HEIGHT, parent=parent)
        self._histogram: UnitHistogram | None = None
        self._steps: HistogramSteps | None = None
        self._live = math.nan
        self._logarithmic = False
        self._plot: HistogramItems | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Histogram of the largest value per image")

    @property
    def made(self) -> bool:
        """The plot exists, so pyqtgraph has been imported."""
        return self._plot is not None

    @property
    def mark(self) -> float:
        """Where the mark stands, cut to the range shown; NaN where there is none."""
        return math.nan if self._plot is None else self._plot.mark

    def set_histogram(self, histogram: UnitHistogram | None) -> None:
        """Show another histogram; None for an empty plot. The one that is shown already costs nothing."""
        if histogram is self._histogram:
            return
        self._histogram = histogram
        self._steps = None if histogram is None else steps_of(histogram)
        self._live = math.nan
        self._draw_when_seen()
        self.update()

    def set_live(self, value: float) -> None:
        """Move the mark; NaN takes it away. Nothing else is drawn anew."""
        if value == self._live:
            return
        self._live = value
        self.update(0, 0, self.width(), _LINE_HEIGHT)
        if self._plot is not None and not self._outdated:
            self._plot.set_mark(value)

    def set_logarithmic(self, on: bool) -> None:
        """Draw the heights on a logarithmic scale, so that rare values can be seen."""
        self._logarithmic = on
        self._draw_when_seen()

    def words(self) -> tuple[str, str]:
        """The line above the plot: the value of this moment, and how it compares."""
        if self._histogram is None or math.isnan(self._live):
            return "", ""
        return f"now {number(self._live)}", compared(self._histogram, self._live)

    def tip_at(self, x: int) -> str:
        """What the tooltip says at a column of the widget."""
        if self._histogram is None or self._plot is None:
            return ""
        value = self._plot.value_at(x)
        zero = self._steps.zero_share if self._steps is not None else 0.0
        at_zero = f"\n{percent(zero)} of the images give zero." if zero else ""
        below = percent(share_below(self._histogram, value))
        return f"{below} of {self._histogram.total:,} images stay below {number(value)}.{at_zero}"

    def sizeHint(self) -> QSize:
        """Words and plot."""
        return QSize(220, _LINE_HEIGHT + _PLOT_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The same, narrow."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the line of words; the plot paints itself."""
        now, rank = self.words()
        if not now:
            return
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.setFont(small(self.font()))
        line = QRect(0, 0, self.width(), _LINE_HEIGHT)
        center = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(theme.text))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | center), now)
        room = line.width() - painter.fontMetrics().horizontalAdvance(now) - SPACE
        painter.setPen(QColor(theme.muted))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | center), elided(rank, painter.font(), room))

    def _draw(self) -> None:
        if self._plot is None:
            if self._steps is None:
                return
            from deepvis.gui.widgets.histogram_items import HistogramItems  # noqa: PLC0415  (imports pyqtgraph)

            self._plot = HistogramItems()
            self._column.addWidget(self._plot.widget)
        self._outdated = False
        self._plot.dress(theme_of(self.palette()), self.font())
        self._plot.draw(self._steps, logarithmic=self._logarithmic)
        self._plot.set_mark(self._live)


def compared(histogram: UnitHistogram, value: float) -> str:
    """How a value stands among the images; empty where nothing was counted."""
    below = share_below(histogram, value)
    if math.isnan(below):
        return ""
    if abs(value) < SMALLEST and (alike := share_at_zero(histogram)):
        return f"like {percent(alike)} of images"
    if below <= 0:
        return "below every image"
    return "above every image" if below >= 1 else f"above {percent(below)}"
