"""What is drawn in a gradient's histogram. Imports pyqtgraph: import this only where one is about to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor

from deepvis.gui.widgets.plot_style import Plot, pen

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QFont

    from deepvis.gui.theme import Theme

_FILL_ALPHA = 70
_HEADROOM = 1.06


class BackHistogramItems:
    """The pyqtgraph items; nothing of them reacts to the mouse.

    Heights are logarithmic: most of a gradient is near zero, and what is seen of it is the rest.
    """

    def __init__(self) -> None:
        self.widget = Plot()
        self.widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._item: Any = self.widget.getPlotItem()
        self._item.setMouseEnabled(x=False, y=False)
        self._item.hideAxis("left")
        self._item.disableAutoRange()
        self.widget.set_names(bottom="values (log heights)")
        self._curve: Any = pyqtgraph.PlotCurveItem(antialias=True)
        self._zero: Any = pyqtgraph.InfiniteLine(pos=0.0, angle=90, movable=False)
        for item in (self._curve, self._zero):
            self._item.addItem(item, ignoreBounds=True)
        self.edges: NDArray[np.float64] = np.array([0.0, 1.0])

    def dress(self, theme: Theme, font: QFont) -> None:
        """Take the colors of a theme and the typeface of the window."""
        self.widget.dress(theme, font)
        fill = QColor(theme.accent)
        fill.setAlpha(_FILL_ALPHA)
        self._curve.setPen(pen(theme.accent))
        self._curve.setBrush(fill)
        self._zero.setPen(pen(theme.muted))

    def draw(self, counts: NDArray[np.int64], extent: tuple[float, float]) -> None:
        """Draw the steps: int64 `(bins,)` from the lowest to the highest value."""
        low, high = extent if extent[1] > extent[0] else (extent[0] - 0.5, extent[0] + 0.5)
        self.edges = np.linspace(low, high, len(counts) + 1)
        heights = np.log10(1.0 + counts)
        self._curve.setFillLevel(0.0)
        self._curve.setData(self.edges, heights, stepMode="center")
        self._zero.setVisible(low <= 0 <= high)
        self._item.setXRange(low, high, padding=0.025)
        self._item.setYRange(0, max(1.0, float(heights.max())) * _HEADROOM, padding=0)

    def bin_at(self, x: int) -> int:
        """The bin at a column of the plot, cut to the range."""
        box = self._item.getViewBox()
        value = float(box.mapSceneToView(self.widget.mapToScene(x, 0)).x())
        return int(np.clip(np.searchsorted(self.edges, value, side="right") - 1, 0, len(self.edges) - 2))
