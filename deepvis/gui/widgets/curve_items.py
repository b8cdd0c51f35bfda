"""What is drawn of an ascent. Imports pyqtgraph: import this only where a curve is about to be shown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph
from PyQt6.QtCore import Qt

from deepvis.gui.figures import number
from deepvis.gui.theme import small
from deepvis.gui.widgets.plot_style import Plot, pen

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QFont

    from deepvis.gui.theme import Theme

_OTHERS = ("#56b4e9", "#e69f00", "#cc79a7", "#d55e00", "#0072b2")
"""Of the second and later pictures, after Okabe and Ito: color-blind people can tell them apart."""

_AXIS_WIDTH, _AXIS_HEIGHT = 40, 32
_HEADROOM = 0.08
_WIDTH = 1.5


class CurveItems:
    """The pyqtgraph items. Nothing of them reacts to the mouse: the page scrolls below them."""

    def __init__(self) -> None:
        self.widget = Plot()
        self.widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._item: Any = self.widget.getPlotItem()
        self._item.setMouseEnabled(x=False, y=False)
        self._item.disableAutoRange()
        self._item.getAxis("left").setWidth(_AXIS_WIDTH)
        self._item.getAxis("bottom").setHeight(_AXIS_HEIGHT)
        self.widget.set_names(bottom="step", left="objective")
        self._natural: Any = pyqtgraph.InfiniteLine(angle=0, movable=False)
        self._natural_text: Any = pyqtgraph.TextItem(anchor=(1.0, 1.0))
        for item in (self._natural, self._natural_text):
            self._item.addItem(item, ignoreBounds=True)
        self._curves: list[Any] = []
        self._theme: Theme | None = None

    def dress(self, theme: Theme, font: QFont) -> None:
        """Take the colors of a theme and the typeface of the page."""
        self._theme = theme
        self.widget.dress(theme, font)
        self.widget.setBackground(None)
        # pyqtgraph places a name before it has words, and again only where the axis changes its size
        self._item.getAxis("left").resizeEvent()
        dashed = pen(theme.muted)
        dashed.setStyle(Qt.PenStyle.DashLine)
        self._natural.setPen(dashed)
        self._natural_text.setFont(small(font))
        self._natural_text.setColor(theme.muted)
        for place, curve in enumerate(self._curves):
            curve.setPen(self._pen(place))

    def draw(self, curve: NDArray[np.float32], steps: int, natural: float) -> None:
        """Draw one line per picture.

        Args:
            curve: `(steps done, pictures)`, NaN where unknown.
            steps: of the whole ascent: the axis is as long from the beginning.
            natural: the unit's largest activation in the scanned data; NaN where unknown.
        """
        self._have(curve.shape[1])
        places = np.arange(1, len(curve) + 1)
        for place, item in enumerate(self._curves):
            item.setData(places, curve[:, place].astype(np.float64), connect="finite")
        low, high = value_range(curve, natural)
        self._item.setXRange(1, max(2, steps, len(curve)), padding=0.02)
        self._item.setYRange(low, high, padding=0)
        self._show_natural(natural, steps, high - (high - low) / 4)

    def _show_natural(self, natural: float, steps: int, turn: float) -> None:
        """The words lie below the line where it is so high that there is no room above it."""
        known = not math.isnan(natural)
        self._natural.setVisible(known)
        self._natural_text.setVisible(known)
        if known:
            self._natural.setPos(natural)
            self._natural_text.setText(f"natural max {number(natural)}")
            self._natural_text.setAnchor((1.0, 0.0 if natural > turn else 1.0))
            self._natural_text.setPos(max(2, steps), natural)

    def _have(self, count: int) -> None:
        while len(self._curves) > count:
            self._item.removeItem(self._curves.pop())
        while len(self._curves) < count:
            item: Any = pyqtgraph.PlotCurveItem(antialias=True, pen=self._pen(len(self._curves)))
            self._item.addItem(item, ignoreBounds=True)
            self._curves.append(item)

    def _pen(self, place: int) -> object:
        first = "#808080" if self._theme is None else self._theme.accent
        return pen((first, *_OTHERS)[place % (len(_OTHERS) + 1)], _WIDTH)


def value_range(curve: NDArray[np.float32], natural: float) -> tuple[float, float]:
    """What the upright axis shows: all values, zero, and the natural maximum where it is known."""
    known = curve[np.isfinite(curve)].astype(np.float64)
    marks = [0.0] if math.isnan(natural) else [0.0, natural]
    low, high = float(min(known.min(initial=0.0), *marks, 0.0)), float(max(known.max(initial=0.0), *marks, 0.0))
    room = _HEADROOM * (high - low) if high > low else 1.0
    return low - (room if low < 0 else 0.0), high + room
