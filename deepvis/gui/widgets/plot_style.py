"""Plots in the window's colors and typeface. Imports pyqtgraph: import this only where a plot is about to be shown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPen

from deepvis.gui.figures import number
from deepvis.gui.theme import SMALL_FONT_PX, small

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QFont

    from deepvis.gui.theme import Theme

_RED_TO_GREEN = ((213, 94, 0), (230, 159, 0), (240, 228, 66), (120, 190, 110), (0, 158, 115))
"""From Okabe and Ito's colors, which color-blind people can tell apart; lightness rises to the middle and falls."""


_PLAIN = 1e-3, 1e5
"""Between these a tick is written without an exponent."""

_TOP_MARGIN = 8


class PlainAxis(pyqtgraph.AxisItem):  # type: ignore[misc]
    """An axis that writes values as they are.

    pyqtgraph multiplies them by a power of a thousand ("x0.001"), and keeps the power of values shown before.
    """

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:
        """Called by pyqtgraph for each level of ticks; its scale is left aside."""
        return tick_texts(values, spacing)


class Plot(pyqtgraph.PlotWidget):  # type: ignore[misc]
    """A plot without the menus, buttons and frames of pyqtgraph."""

    def __init__(self) -> None:
        super().__init__(axisItems={name: PlainAxis(name) for name in ("left", "bottom")})
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMinimumSize(80, 60)
        self._names: dict[str, str] = {}

    def set_names(self, **names: str) -> None:
        """Name axes (`left`, `bottom`), and leave the uppermost number room that it is not cut."""
        self._names = names
        item: Any = self.getPlotItem()
        item.layout.setContentsMargins(0, _TOP_MARGIN, 0, 0)

    def dress(self, theme: Theme, font: QFont) -> None:
        """Take the colors of a theme and the typeface of the window."""
        self.setBackground(theme.window)
        for name in ("left", "bottom"):
            axis = self.getAxis(name)
            axis.setPen(pyqtgraph.mkPen(theme.border))
            axis.setTextPen(pyqtgraph.mkPen(theme.muted))
            axis.setStyle(tickFont=small(font), tickLength=-4, maxTickLevel=0)
            if name in self._names:
                style = {"color": theme.muted, "font-size": f"{SMALL_FONT_PX}px", "font-family": font.family()}
                axis.setLabel(self._names[name], **style)


def tick_texts(values: Sequence[float], spacing: float) -> list[str]:
    """Numbers at the ticks of an axis, all with as many digits as tell them apart."""
    largest = max((abs(value) for value in values), default=0.0)
    if not largest or spacing <= 0:
        return [number(value) for value in values]
    if not _PLAIN[0] <= largest < _PLAIN[1]:
        places = max(0, math.floor(math.log10(largest)) - math.floor(math.log10(spacing)))
        texts = [f"{value:.{places}e}" if abs(value) > spacing / 2 else "0" for value in values]
    else:
        places = max(0, -math.floor(math.log10(spacing) + 1e-9))
        texts = [f"{value + 0.0:,.{places}f}" if abs(value) > spacing / 2 else "0" for value in values]
    return [text.replace("-", "−") for text in texts]


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
