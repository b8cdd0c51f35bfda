"""Which parts of the window viewers see: one row per pane. A pane that is hidden in the window is hidden from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import QDockWidget

from deepvis.serving.board import PaneFacts

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from deepvis.gui.main_window import MainWindow


@dataclass(frozen=True, slots=True)
class PaneRow:
    """One pane.

    Attributes:
        name: of its address, `/panes/NAME.jpg`.
        title: heading; empty takes the dock's.
        about: what it shows, for those who do not see it.
        dock: object name of the dock that holds it; a dock that does not exist is no pane.
    """

    name: str
    title: str
    about: str
    dock: str = ""


ROWS = (
    PaneRow("input", "", "The input picture, what the network sees of it, and its likeliest classes", "input"),
    PaneRow("unit", "", "The map of the selected unit", "selected_unit"),
    PaneRow("backward", "", "The pixels that speak for the selected unit", "backward_view"),
    PaneRow("grid", "Layer", "Every unit of the layer, each in a tile of its own"),
    PaneRow("synthesis", "", "The recipe that pictures are synthesized with", "synthesis"),
    PaneRow("page", "", "What is known of the selected unit: pictures, exemplars, statistics", "unit_page"),
    PaneRow("window", "Whole window", "The whole window of DeepVis"),
)
"""From left to right, as the page shows them."""


@dataclass(frozen=True, slots=True)
class Pane:
    """A pane that can be seen, and its place in the window that holds it, in logical pixels."""

    facts: PaneFacts
    holder: QWidget
    rect: QRect


def visible_panes(window: MainWindow) -> tuple[Pane, ...]:
    """The panes that can be seen now, in the order of the rows."""
    return tuple(pane for row in ROWS if (pane := _pane(window, row)) is not None)


def _pane(window: MainWindow, row: PaneRow) -> Pane | None:
    title, place = row.title, "center"
    if row.dock:
        dock = window.findChild(QDockWidget, row.dock, Qt.FindChildOption.FindDirectChildrenOnly)
        widget = None if dock is None else dock.widget()
        if dock is None or widget is None:
            return None
        left = window.dockWidgetArea(dock) is Qt.DockWidgetArea.LeftDockWidgetArea
        title, place = title or dock.windowTitle(), "left" if left else "right"
    elif row.name == "window":
        widget, place = window, "window"
    else:
        widget = window.grid_panel
    holder = widget.window()
    if holder is None or not widget.isVisible():
        return None
    # a dock behind another one's tab counts as visible, and lies beside the window
    rect = QRect(widget.mapTo(holder, QPoint(0, 0)), widget.size()).intersected(holder.rect())
    if rect.isEmpty():
        return None
    return Pane(PaneFacts(row.name, title, row.about, place, rect.width(), rect.height()), holder, rect)
