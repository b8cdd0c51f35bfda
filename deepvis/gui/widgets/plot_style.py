"""Plots in the window's colors and typeface. Imports pyqtgraph: import this only where a plot is about to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPen

from deepvis.gui.theme import small

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QFont

    from deepvis.gui.theme import Theme

_RED_TO_GREEN = ((213, 94, 0), (230, 159, 0), (240, 228, 66), (120, 190, 110), (0, 158, 115))
"""From Okabe and Ito's colors, which color-blind people can tell apart; lightness rises to the middle and falls."""


class Plot(pyqtgraph.PlotWidget):  # type: ignore[misc]
    """A plot without the menus, buttons and frames of pyqtgraph."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMinimumSize(80, 60)

    def dress(self, theme: Theme, font: QFont) -> None:
        """Take the colors of a theme and the typeface of the window."""
        self.setBackground(theme.window)
        for name in ("left", "bottom"):
            axis = self.getAxis(name)
            axis.setPen(pyqtgraph.mkPen(theme.border))
            axis.setTextPen(pyqtgraph.mkPen(theme.muted))
            axis.setStyle(tickFont=small(font), tickLength=-4, maxTickLevel=0)


def pen(color: str, width: float = 1.0) -> QPen:
    """A pen for plot items that stays as thin as it is at every zoom."""
    made = QPen(QColor(color), width)
    made.setCosmetic(True)
    return made


def red_to_green(count: int) -> NDArray[np.uint8]:
    """Colors from "never" to "always", uint8 `(count, 3)`."""
    anchors = np.array(_RED_TO_GREEN, np.float64)
    places = np.linspace(0, len(anchors) - 1, count)
    columns = [np.interp(places, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)]
    return np.stack(columns, axis=1).round().astype(np.uint8)
