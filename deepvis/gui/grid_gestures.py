"""What the mouse does on the grid and on the enlarged unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QPoint, QTimer

from deepvis.gui import moves
from deepvis.gui.unit_menu import unit_menu
from deepvis.records import Stage, UnitId

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow
    from deepvis.live.pages import UnitPageData
    from deepvis.records import View

SETTLE_MS = 60


class GridGestures(QObject):
    """Turns hovering, clicks, the wheel, drags and new sizes into wishes for another view."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._controller = window.controller
        self._hovered = -1
        self._awaited: UnitId | None = None
        self._settle = self._settle_timer()
        self._connect()

    def show_hint(self) -> None:
        """Say in the status line what lies under the pointer, with the values of the latest frame."""
        self._window.status.set_hint(self._window.stage_pages.hover_line(self._hovered))

    def _connect(self) -> None:
        panel, controller = self._window.grid_panel, self._controller
        grid = panel.grid
        grid.unit_clicked.connect(controller.select_unit)
        grid.position_clicked.connect(controller.select_position)
        grid.unit_double_clicked.connect(self._enlarge)
        grid.unit_hovered.connect(self._hover)
        grid.zoomed.connect(self._zoom)
        grid.panned.connect(self._pan)
        grid.context_asked.connect(self._offer)
        grid.resized.connect(lambda _height, _width: self._settle.start())
        for view in (self._window.unit_panel.unit, panel.enlarged):
            view.resized.connect(lambda _height, _width: self._settle.start())
            view.position_clicked.connect(self._choose_position)
        controller.page_arrived.connect(self._show_awaited)
        controller.view_changed.connect(self._forget_awaited)
        panel.enlarged_changed.connect(lambda _on: self._settle.start())

    def _settle_timer(self) -> QTimer:
        """While a dock is dragged the panes change size with every pixel: the last size is asked for only."""
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(SETTLE_MS)
        timer.timeout.connect(self._take_sizes)
        return timer

    def _take_sizes(self) -> None:
        panel = self._window.grid_panel
        height, width = panel.grid.device_size()
        self._controller.change_grid(height=height, width=width)
        shown = panel.enlarged if panel.large is panel.enlarged else self._window.unit_panel.unit
        height, width = shown.device_size()
        self._controller.change_pane(height=height, width=width)

    def _hover(self, unit: int) -> None:
        self._hovered = unit
        self.show_hint()
        # tiles must not change places under the pointer
        self._controller.change_grid(hold_order=unit >= 0)

    def _zoom(self, factor: float, row: float, column: float) -> None:
        self._controller.set_view(moves.zoom_by(self._controller.view, factor, row, column))

    def _pan(self, rows: float, columns: float) -> None:
        self._controller.set_view(moves.pan_by(self._controller.view, rows, columns))

    def _enlarge(self, unit: int) -> None:
        controller = self._controller
        controller.select_unit(unit)
        view, page = controller.view, controller.page
        if view.stage is not Stage.SYNTHESIZED:
            self._window.grid_panel.set_enlarged(True)
            return
        self._awaited = UnitId(view.model, view.layer, unit)
        if page is not None:
            self._show_awaited(page)

    def _show_awaited(self, page: UnitPageData) -> None:
        """What is seen large in the grid of synthesized pictures is such a picture; its page may be on its way."""
        if page.unit != self._awaited:
            return
        self._awaited = None
        if page.synthesized:
            self._window.studio.comparison.enlarge(page.synthesized[0])
        else:
            self._controller.flashed.emit(f"{page.unit.layer}/{page.unit.unit} has no synthesized picture yet")

    def _forget_awaited(self, view: View) -> None:
        awaited = self._awaited
        if awaited is not None and (awaited.layer, awaited.unit) != (view.layer, view.unit):
            self._awaited = None

    def _choose_position(self, row: int, column: int) -> None:
        self._controller.select_position(self._controller.view.unit, row, column)

    def _offer(self, unit: int, at: QPoint) -> None:
        unit_menu(self._window, unit).exec(at)
