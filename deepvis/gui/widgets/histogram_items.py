"""What is drawn in a histogram. Imports pyqtgraph: import this only where a histogram is about to be shown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph

from deepvis.gui.figures import percent
from deepvis.gui.theme import small
from deepvis.gui.widgets.plot_style import pen
from deepvis.gui.widgets.step_items import HEADROOM, StepItems

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QFont

    from deepvis.gui.theme import Theme
    from deepvis.gui.widgets.histogram_steps import HistogramSteps

_ZERO_WIDTH = 4.0
_MARK_WIDTH = 2.0
_ROOM_FOR_WORDS = 1.25
_DECADES = 5
"""A logarithmic scale shows so many powers of ten."""


class HistogramItems(StepItems):
    """The pyqtgraph items."""

    def __init__(self) -> None:
        super().__init__("largest value in an image")
        self._zero_text: Any = pyqtgraph.TextItem(anchor=(0.0, 0.0))
        self._line: Any = pyqtgraph.InfiniteLine(angle=90, movable=False)
        self._add(self._zero_text, self._line)
        self._range = (0.0, 1.0)
        self.mark = math.nan

    def dress(self, theme: Theme, font: QFont) -> None:
        """Take the colors of a theme and the typeface of the page."""
        super().dress(theme, font)
        self.widget.setBackground(None)
        self._zero.setPen(pen(theme.muted, _ZERO_WIDTH))
        self._zero_text.setFont(small(font))
        self._zero_text.setColor(theme.muted)
        self._line.setPen(pen(theme.highlight if theme.name == "dark" else theme.warning, _MARK_WIDTH))

    def draw(self, steps: HistogramSteps | None, *, logarithmic: bool) -> None:
        """Draw the steps and set the range; None draws nothing."""
        self._curve.setVisible(steps is not None)
        self._zero.setVisible(steps is not None and steps.zero_share > 0)
        self._zero_text.setVisible(steps is not None and steps.zero_share > 0)
        if steps is None:
            return
        heights, floor = _scaled_heights(steps.heights, logarithmic=logarithmic)
        top = float(heights.max())
        self._curve.setFillLevel(floor)
        self._curve.setData(steps.edges, heights, stepMode="center")
        self._range = (steps.low, steps.high)
        self._item.setXRange(*self._range, padding=0.025)
        headroom = _ROOM_FOR_WORDS if steps.zero_share else HEADROOM
        ceiling = floor + (top - floor) * headroom if top > floor else floor + 1
        self._item.setYRange(floor, ceiling, padding=0)
        self._zero_text.setText(f" {percent(steps.zero_share)} at zero")
        left_half = 2 * (0.0 - steps.low) < steps.high - steps.low
        self._zero_text.setAnchor((0.0 if left_half else 1.0, 0.0))
        self._zero_text.setPos(0.0, ceiling)

    def set_mark(self, value: float) -> None:
        """Move the mark; beyond the range it stands at the border, NaN takes it away."""
        self._line.setVisible(not math.isnan(value))
        self.mark = math.nan if math.isnan(value) else min(max(value, self._range[0]), self._range[1])
        if not math.isnan(value):
            self._line.setPos(self.mark)

    def value_at(self, x: int) -> float:
        """The value at a column of the widget, cut to the range."""
        return min(max(self._value_at(x), self._range[0]), self._range[1])


def _scaled_heights(heights: NDArray[np.float64], *, logarithmic: bool) -> tuple[NDArray[np.float64], float]:
    """Heights as they are drawn, and where the ground is."""
    if not logarithmic or not heights.any():
        return heights, 0.0
    floor = max(heights[heights > 0].min() / 2, heights.max() / 10**_DECADES)
    return np.log10(np.maximum(heights, floor)), math.log10(floor)
