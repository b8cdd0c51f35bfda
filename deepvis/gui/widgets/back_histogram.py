"""How often each value of a gradient occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis.gui.figures import number
from deepvis.gui.theme import SPACE, elided, small, theme_of
from deepvis.gui.widgets.seen_plot import SeenPlot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gui.widgets.back_histogram_items import BackHistogramItems

_LINE_HEIGHT = 20


class BackHistogram(SeenPlot):
    """A line of words and a plot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_LINE_HEIGHT, SPACE // 2, parent)
        self._counts: NDArray[np.int64] | None = None
        self._extent = (0.0, 0.0)
        self._plot: BackHistogramItems | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Histogram of the gradient")

    @property
    def counts(self) -> NDArray[np.int64] | None:
        """What is shown; None for nothing."""
        return self._counts

    def set_counts(self, counts: NDArray[np.int64], extent: tuple[float, float]) -> None:
        """Show another histogram: int64 `(bins,)`, evenly from the lowest to the highest value."""
        self._counts, self._extent = counts, extent
        self._draw_when_seen()
        self.update()

    def words(self) -> str:
        """The line above the plot."""
        if self._counts is None:
            return ""
        low, high = self._extent
        return f"{number(low)} to {number(high)}"

    def tip_at(self, x: int) -> str:
        """What the tooltip says at a column of the widget."""
        if self._counts is None or self._plot is None:
            return ""
        place = self._plot.bin_at(x - self._plot.widget.x())
        low, high = self._plot.edges[place], self._plot.edges[place + 1]
        return f"{int(self._counts[place]):,} values from {number(float(low))} to {number(float(high))}"

    def sizeHint(self) -> QSize:
        """As the picture that it stands for."""
        return QSize(260, 260)

    def minimumSizeHint(self) -> QSize:
        """As the picture that it stands for."""
        return QSize(90, 90)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint ground and words; the plot paints itself."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.window))
        painter.setFont(small(self.font()))
        painter.setPen(QColor(theme.muted))
        line = QRect(SPACE, 0, self.width() - 2 * SPACE, _LINE_HEIGHT)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(line, flags, elided(self.words(), painter.font(), line.width()))

    def _draw(self) -> None:
        if self._counts is None:
            return
        if self._plot is None:
            from deepvis.gui.widgets.back_histogram_items import BackHistogramItems  # noqa: PLC0415  (pyqtgraph)

            self._plot = BackHistogramItems()
            self._column.addWidget(self._plot.widget)
        self._outdated = False
        self._plot.dress(theme_of(self.palette()), self.font())
        self._plot.draw(self._counts, self._extent)
