"""The window: panels in docks, wired to the controller. The presenter fills panels, the commands answer keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QSplitter, QVBoxLayout, QWidget

from deepvis.gui.actions import ACTIONS
from deepvis.gui.back_commands import BackCommands
from deepvis.gui.back_dock import BackDock
from deepvis.gui.back_presenter import BackPresenter
from deepvis.gui.bindings import ActionSet
from deepvis.gui.cause_commands import CauseCommands
from deepvis.gui.cause_dock import CauseDock
from deepvis.gui.cause_presenter import CausePresenter
from deepvis.gui.choices import ChoiceMenus
from deepvis.gui.commands import ViewCommands
from deepvis.gui.grid_gestures import GridGestures
from deepvis.gui.grid_panel import GridPanel
from deepvis.gui.long_work import LongWork
from deepvis.gui.overlays import Overlays
from deepvis.gui.page_presenter import PagePresenter
from deepvis.gui.presenter import Presenter, readings
from deepvis.gui.recipe_dock import RecipeDock
from deepvis.gui.scans import Scans
from deepvis.gui.side_panels import InputPanel, UnitPanel
from deepvis.gui.stages import StagePages
from deepvis.gui.studio_commands import StudioCommands
from deepvis.gui.studio_presenter import StudioPresenter
from deepvis.gui.tool_bar import MainToolBar
from deepvis.gui.voice import Voice
from deepvis.gui.why_presenter import WhyPresenter
from deepvis.gui.widgets.layer_bar import LayerBar
from deepvis.gui.widgets.picture_view import dropped_specs
from deepvis.gui.widgets.recipe_panel import RecipePanel
from deepvis.gui.widgets.status_line import StatusLine
from deepvis.gui.widgets.unit_page import UnitPage
from deepvis.gui.window_commands import WindowCommands
from deepvis.live.pages import asks_for_tiles
from deepvis.records import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent

    from deepvis.gui.controller import Controller
    from deepvis.gui.theme import Theme
    from deepvis.live.result import LiveResult
    from deepvis.records import ModelInfo, ModelRequest, SourceState, View

READINGS_EVERY_MS = 250
LAYER_BAR_WIDTH = 176


class MainWindow(QMainWindow):
    """Everything a person sees.

    Signals:
        closing: the window is about to close; the owner ends the session.
    """

    closing = pyqtSignal()

    def __init__(self, controller: Controller, request: ModelRequest) -> None:
        super().__init__()
        self.controller = controller
        self.model_names: tuple[str, ...] = ()
        self.timings_shown = False
        self.input_panel, self.unit_panel = InputPanel(), UnitPanel()
        self.grid_panel = GridPanel()
        self.layer_bar = LayerBar()
        self.page = UnitPage()
        self.recipe_panel = RecipePanel()
        self.status = StatusLine()
        self.long_work = LongWork(self.status)
        self.view_commands, self.back_commands = ViewCommands(controller), BackCommands(controller)
        self.studio_commands, self.cause_commands = StudioCommands(self), CauseCommands(self)
        self.window_commands = WindowCommands(self, request)
        self.acts = ActionSet(self, self._handlers())
        self.bar = MainToolBar(self.acts)
        self._arrange()
        self.overlays = Overlays(self, controller, self.acts)
        self.voice = Voice(self.status, self.overlays.toast, self)
        self.presenter = Presenter(self.input_panel, self.unit_panel, self.grid_panel, self.page)
        self.page_presenter, self.stage_pages = PagePresenter(self.page, controller), StagePages(self)
        self.back, self.causes = BackPresenter(self), CausePresenter(self)
        self.scans, self.studio, self.whys = Scans(self), StudioPresenter(self), WhyPresenter(self)
        self._unpainted: LiveResult | None = None
        self._gestures = GridGestures(self)
        self._connect_panels()
        self._connect_controller()
        self._start_readings()
        self._show_view(controller.view)
        self._ask_for_patience()

    # building

    def _ask_for_patience(self) -> None:
        self.grid_panel.show_problem("The network is being loaded.")
        self.input_panel.picture.set_message("Waiting for the first picture.")
        self.input_panel.predictions.set_message("The network is being loaded.")

    def _arrange(self) -> None:
        self.setWindowTitle("DeepVis")
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_AlwaysShowToolTips)
        self.setDockNestingEnabled(True)
        menus = self.menuBar()
        if menus is not None:
            self.acts.fill(menus)
            ChoiceMenus(menus, self.acts, self.controller)
        self.addToolBar(self.bar)
        self.setCentralWidget(self._center())
        left = Qt.DockWidgetArea.LeftDockWidgetArea
        self.input_dock = self._dock("Input", self.input_panel, left)
        self.unit_dock = self._dock("Selected unit", self.unit_panel, left)
        self.back_dock = BackDock(self, (self.input_dock, self.unit_dock))
        self.addDockWidget(left, self.back_dock)
        right = Qt.DockWidgetArea.RightDockWidgetArea
        self.page_dock = self._dock("Unit page", self.page, right)
        self.recipe_dock = RecipeDock(self.recipe_panel, self, (self.page_dock, self.input_dock))
        self.addDockWidget(right, self.recipe_dock)
        self.splitDockWidget(self.recipe_dock, self.page_dock, Qt.Orientation.Horizontal)
        self.recipe_dock.hide()
        self.cause_dock = CauseDock(self, self.page_dock, self.input_dock)
        for dock, name in ((self.page_dock, "toggle_unit_page"), (self.recipe_dock, "toggle_recipes")):
            dock.visibilityChanged.connect(lambda on, name=name: self.acts.set_checked(name, on))
        self.cause_dock.seen_changed.connect(lambda on: self.acts.set_checked("toggle_cause", on))

    def arrange_docks(self) -> None:
        """Give the docks their first sizes; the window must have its own."""
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.TopLeftCorner):
            self.setCorner(corner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.resizeDocks([self.input_dock, self.page_dock], [280, 250], Qt.Orientation.Horizontal)
        self.back_dock.place()

    def show_recipes(self, on: bool) -> None:
        """Show or hide the panel of recipes."""
        if on:
            self.recipe_dock.open_panel()
        else:
            self.recipe_dock.hide()

    def _center(self) -> QWidget:
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        self.layer_bar.setMinimumWidth(LAYER_BAR_WIDTH)
        splitter.addWidget(self.layer_bar)
        splitter.addWidget(self.grid_panel)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([LAYER_BAR_WIDTH, 10 * LAYER_BAR_WIDTH])
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(splitter, 1)
        footer = self.statusBar()
        if footer is not None:
            footer.setSizeGripEnabled(False)
            footer.setContentsMargins(0, 0, 0, 0)
            footer.addWidget(self.status, 1)
        return holder

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title.lower().replace(" ", "_"))
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _handlers(self) -> dict[str, Callable[[], None]]:
        handlers = {}
        for spec in ACTIONS:
            for owner in self._command_owners():
                if hasattr(owner, spec.id):
                    handlers[spec.id] = getattr(owner, spec.id)
        return handlers

    def _command_owners(self) -> tuple[object, ...]:
        window = (self.cause_commands, self.window_commands)
        return (self.view_commands, self.studio_commands, self.back_commands, *window)

    def _connect_panels(self) -> None:
        controller = self.controller
        self.grid_panel.grid_choice_made.connect(lambda name, value: controller.change_grid(**{name: value}))
        self.unit_panel.overlay_chosen.connect(lambda overlay: controller.change_pane(overlay=overlay))
        self.unit_panel.opacity_chosen.connect(lambda opacity: controller.change_pane(opacity=opacity))
        self.layer_bar.layer_clicked.connect(controller.select_layer)
        self.input_panel.picture.file_dropped.connect(lambda specs: controller.open_source(specs[0]))
        self.grid_panel.scan_asked.connect(self.window_commands.scan)
        self.page.scan_asked.connect(self.window_commands.scan)
        self.acts.set_checked("toggle_scores", self.page.scores_shown)
        self.acts["toggle_auto_synthesis"].toggled.connect(self.recipe_panel.set_auto)
        self.acts.set_checked("toggle_auto_synthesis", self.studio.auto.on)
        self._connect_transport()
        self._connect_bar()

    def _connect_transport(self) -> None:
        from deepvis.sources.base import Seek, SetLoop, SetSpeed  # noqa: PLC0415  (beside their only use)

        transport, send = self.input_panel.transport, self.controller.session.send_source
        transport.pause_toggled.connect(self.view_commands.toggle_pause)
        transport.next_clicked.connect(self.view_commands.next_file)
        transport.previous_clicked.connect(self.view_commands.previous_file)
        transport.stepped.connect(self.view_commands.step)
        transport.seeked.connect(lambda position: send(Seek(position)))
        transport.speed_chosen.connect(lambda factor: send(SetSpeed(factor)))
        transport.loop_toggled.connect(lambda on: send(SetLoop(on)))

    def _connect_bar(self) -> None:
        self.bar.source_chosen.connect(self.controller.open_source)
        self.bar.source_menu_opened.connect(self.controller.session.list_cameras)
        self.bar.device_chosen.connect(lambda name: self.controller.place(device=name))
        self.bar.precision_chosen.connect(lambda precision: self.controller.place(precision=precision))

    def _connect_controller(self) -> None:
        controller = self.controller
        controller.view_changed.connect(self._show_view)
        controller.model_changed.connect(self._show_model)
        controller.model_failed.connect(self.presenter.show_failure)
        controller.frozen_changed.connect(self._show_frozen)
        controller.source_changed.connect(self._show_source)
        controller.result_arrived.connect(self._show_result)
        controller.told.connect(self.voice.say)
        controller.devices_found.connect(self.bar.show_devices)
        controller.cameras_listed.connect(self.bar.show_cameras)
        controller.models_listed.connect(self._take_names)
        for pane in (self.grid_panel.grid, self.grid_panel.enlarged):
            pane.painted = self._note_paint
        self.unit_panel.unit.painted = self._note_unit_paint

    def _start_readings(self) -> None:
        timer = QTimer(self)
        timer.setInterval(READINGS_EVERY_MS)
        timer.timeout.connect(self.show_readings)
        timer.start()

    # showing

    def _show_view(self, view: View) -> None:
        self.grid_panel.show_view(view)
        self.unit_panel.show_view(view)
        self.layer_bar.set_current(view.layer)
        self.presenter.show_layer(self.controller.layer())
        self.stage_pages.follow(view)
        self.input_panel.predictions.setVisible(view.predictions)
        ticks = {
            "toggle_mirror": view.mirror,
            "toggle_predictions": view.predictions,
            "toggle_dead": view.grid.hide_dead,
            "toggle_first_pattern": view.all_patterns,
            "toggle_unit_histograms": view.stage is Stage.ACTIVITY and view.unit_histograms,
        }
        for name, on in ticks.items():
            self.acts.set_checked(name, on)
        for name in ("next_sort", "toggle_dead"):
            self.acts.allow(name, view.stage is Stage.ACTIVATIONS or asks_for_tiles(view))
        self.acts.allow("back", self.controller.history.can_go_back)
        self.acts.allow("forward", self.controller.history.can_go_forward)

    def _show_model(self, info: ModelInfo) -> None:
        self.layer_bar.set_layers(info)
        self.bar.show_model(info)
        self.presenter.show_model(info)
        self.setWindowTitle(f"DeepVis – {info.name}")
        self.voice.say(f"{info.name}: {info.weights}", "good")

    def _show_source(self, state: SourceState) -> None:
        self.bar.show_source(state)
        self.presenter.show_source(state)
        self.input_panel.transport.set_state(state)

    def _show_frozen(self, frozen: bool) -> None:
        self.acts.set_checked("toggle_freeze", frozen)
        self.bar.show_frozen(frozen)

    def _show_result(self, result: LiveResult) -> None:
        self._unpainted = result
        self.presenter.show(result)
        self._gestures.show_hint()
        if self.timings_shown:
            drawing = result.total_ms - result.forward_ms
            self.voice.say(f"forward {result.forward_ms:.1f} ms, the rest {drawing:.1f} ms", "info")

    def _note_paint(self) -> None:
        if self._unpainted is not None:
            result, self._unpainted = self._unpainted, None
            self.controller.session.meters.paint(result.frame.captured_s if result.fresh else None)

    def _note_unit_paint(self) -> None:
        """Where the middle shows what the gallery knows, the unit's pane is what moves with every frame."""
        if self.controller.view.stage is not Stage.ACTIVATIONS:
            self._note_paint()

    def _take_names(self, names: tuple[str, ...]) -> None:
        self.model_names = names

    def show_readings(self) -> None:
        """Bring the figures of the status line up to date."""
        info = self.controller.info
        device = "" if info is None else f"{info.device} {info.precision}"
        self.status.set_readings(readings(self.controller.session.counts(), device))

    def show_timings(self, on: bool) -> None:
        """Show what a frame costs in the status line, or not."""
        self.timings_shown = on
        self.acts.set_checked("toggle_timings", on)

    def use_theme(self, theme: Theme) -> None:
        """What lies beside and between tiles takes the theme's colors."""
        self.controller.change_grid(background=_rgb(theme.window), gap=_rgb(theme.border))

    # the window itself

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Files and addresses may be dropped anywhere."""
        if event is not None and dropped_specs(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Open what was dropped."""
        specs = [] if event is None else dropped_specs(event.mimeData())
        if event is not None and specs:
            event.acceptProposedAction()
            self.controller.open_source(specs[0])

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Let the owner end the session first."""
        self.closing.emit()
        super().closeEvent(event)


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue
