"""What is drawn in any histogram. Imports pyqtgraph: import this only where a histogram is about to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyqtgraph
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor

from deepvis.gui.widgets.plot_style import Plot, pen

if TYPE_CHECKING:
    from PyQt6.QtGui import QFont

    from deepvis.gui.theme import Theme

_FILL_ALPHA = 70
HEADROOM = 1.06
"""Height of the plot as a multiple of the highest step."""


class StepItems:
    """Filled steps and a line at zero; nothing of them reacts to the mouse, and what they lie on scrolls below them.

    Args:
        bottom: name of the horizontal axis.
    """

    def __init__(self, bottom: str) -> None:
        self.widget = Plot()
        self.widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._item: Any = self.widget.getPlotItem()
        self._item.setMouseEnabled(x=False, y=False)
        self._item.hideAxis("left")
        self._item.disableAutoRange()
        self.widget.set_names(bottom=bottom)
        self._curve: Any = pyqtgraph.PlotCurveItem(antialias=True)
        self._zero: Any = pyqtgraph.InfiniteLine(pos=0.0, angle=90, movable=False)
        self._add(self._curve, self._zero)

    def dress(self, theme: Theme, font: QFont) -> None:
        """Take the colors of a theme and the typeface of the window."""
        self.widget.dress(theme, font)
        fill = QColor(theme.accent)
        fill.setAlpha(_FILL_ALPHA)
        self._curve.setPen(pen(theme.accent))
        self._curve.setBrush(fill)
        self._zero.setPen(pen(theme.muted))

    def _add(self, *items: Any) -> None:  # noqa: ANN401  (pyqtgraph has no types)
        for item in items:
            self._item.addItem(item, ignoreBounds=True)

    def _value_at(self, x: int) -> float:
        """The value at a column of the plot."""
        return float(self._item.getViewBox().mapSceneToView(self.widget.mapToScene(x, 0)).x())
