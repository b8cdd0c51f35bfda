"""The dock of the panel of causes: a tab beside the unit page, so that the grid keeps its room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDockWidget, QTabWidget

from deepvis.gui.widgets.cause_panel import CausePanel

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QMainWindow


class CauseDock(QDockWidget):
    """Shows itself in front of the page, and goes behind it or away again.

    Args:
        window: has the dock.
        beside: the dock whose place it shares; it lies in the window already.
        opposite: a dock of the other side, which keeps its width.

    Signals:
        seen_changed: the panel is to be seen, or not: a tab behind another one is not.
    """

    seen_changed = pyqtSignal(bool)

    def __init__(self, window: QMainWindow, beside: QDockWidget, opposite: QDockWidget) -> None:
        super().__init__("Cause", window)
        self.setObjectName("cause")
        self.panel = CausePanel()
        self.setWidget(self.panel)
        self.is_seen = False
        self._window, self._neighbors = window, (beside, opposite)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self)
        window.tabifyDockWidget(beside, self)
        window.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.North)
        self.visibilityChanged.connect(self._note)
        self.hide()

    def toggle(self) -> None:
        """Bring the panel to the front, or hide it where it is in front."""
        if self.is_seen:
            self.hide()
        else:
            self.open_panel()

    def open_panel(self) -> None:
        """Bring the panel to the front; the columns keep their widths."""
        if self.isHidden():
            widths = [dock.width() for dock in self._neighbors if not dock.isHidden()]
            self.show()
            docks = [dock for dock in self._neighbors if not dock.isHidden()]
            self._window.resizeDocks(docks, widths, Qt.Orientation.Horizontal)
        self.raise_()

    def _note(self, on: bool) -> None:
        seen = on and not self.isHidden()
        if seen != self.is_seen:
            self.is_seen = seen
            self.seen_changed.emit(seen)
