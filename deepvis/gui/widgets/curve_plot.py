"""The objective of an ascent, step by step, one line per picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QSize
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis.gui.theme import theme_of
from deepvis.gui.widgets.seen_plot import SeenPlot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gui.widgets.curve_items import CurveItems

_HEIGHT = 108


class CurvePlot(SeenPlot):
    """A line per picture."""

    _dressed = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._curve: NDArray[np.float32] | None = None
        self._steps = 0
        self._natural = math.nan
        self._plot: CurveItems | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Objective at each step of the synthesis")

    @property
    def curve(self) -> NDArray[np.float32] | None:
        """What it shows: float32 `(steps done, pictures)`."""
        return self._curve

    def set_curve(self, curve: NDArray[np.float32] | None, steps: int, natural: float = math.nan) -> None:
        """Show another curve; None for an empty plot.

        Args:
            curve: float32 `(steps done, pictures)`, NaN where unknown.
            steps: of the whole ascent.
            natural: the unit's largest activation in the scanned data, as a dashed line; NaN where unknown.
        """
        self._curve, self._steps, self._natural = curve, steps, natural
        self._draw_when_seen()

    def sizeHint(self) -> QSize:
        """As high as it always is: what lies below stays where it is."""
        return QSize(220, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The same, narrow."""
        return QSize(120, _HEIGHT)

    def changeEvent(self, event: QEvent | None) -> None:
        """Follow theme and typeface, once: a curve comes several times a second."""
        self._dressed = False
        super().changeEvent(event)

    def _draw(self) -> None:
        self._outdated = False
        if self._plot is None:
            if self._curve is None:
                return
            from deepvis.gui.widgets.curve_items import CurveItems  # noqa: PLC0415  (imports pyqtgraph)

            self._plot = CurveItems()
            self._column.addWidget(self._plot.widget)
        self._plot.widget.setVisible(self._curve is not None)
        if not self._dressed:
            self._dressed = True
            self._plot.dress(theme_of(self.palette()), self.font())
        if self._curve is not None:
            self._plot.draw(self._curve, self._steps, self._natural)
