"""From views and results to the backward view's widgets, and from these back to the view."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QPoint, QTimer
from PyQt6.QtGui import QAction, QGuiApplication
from PyQt6.QtWidgets import QFileDialog, QMenu

from deepvis.gui import back_moves
from deepvis.gui.pace import Pace
from deepvis.gui.presenter import WORDS_EVERY_MS
from deepvis.gui.qimage import rgb_to_qimage
from deepvis.records import Method, SeedKind, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.gui.main_window import MainWindow
    from deepvis.gui.widgets.back_picture import BackPicture
    from deepvis.live.back_result import BackResult
    from deepvis.live.result import LiveResult
    from deepvis.records import Backward, ModelInfo, View

SETTLE_MS = 60
STALE_AFTER_MS = 200
"""A picture that is awaited longer than this is dimmed: under the new name it would be taken for the new one."""

OFF = "Press B or choose a method."
WAITING = "The backward view is being computed."
NOTHING = "Nothing to show."
TICKS: dict[Method | None, str] = {None: "back_off"} | {method: f"back_{method.name.lower()}" for method in Method}
"""The action whose tick says that this method is in force."""


class BackPresenter(QObject):
    """Fills dock, enlarged picture, marks in grid and layer list; turns choices, hovering and clicks into wishes."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._controller = window.controller
        self._dock = window.back_dock
        self._panel = window.back_dock.panel
        self._asked: tuple[object, ...] = ()
        self._shown: BackResult | None = None
        self._words: Pace[BackResult] = Pace(WORDS_EVERY_MS, self._panel.show_words, self)
        self._settle = self._timer(SETTLE_MS, self._take_size)
        self._patience = self._timer(STALE_AFTER_MS, self._dim)
        self._say(OFF)
        self._connect()
        self.show_view(self._controller.view)

    @property
    def pictures(self) -> tuple[BackPicture, BackPicture]:
        """In the dock, and large."""
        return self._panel.picture, self._window.grid_panel.back

    # showing

    def show_view(self, view: View) -> None:
        """Bring choices, marks and words in line with a view."""
        back, info = view.back, self._controller.info
        on = back.method is not None
        origin = back_moves.origin_text(view, info)
        self._dock.title.show_back(back, origin)
        self._panel.show_back(back)
        self._dock.set_open(on)
        self._window.grid_panel.back.view.set_compared(back.checks)
        self._window.status.set_note(back_moves.status_text(back, origin))
        self._mark(view)
        self._tick(back)
        if not on and self._window.grid_panel.large is self._window.grid_panel.back:
            self._window.grid_panel.enlarge(None)
        self._follow(view)

    def show_model(self, info: ModelInfo) -> None:
        """Offer the classes of another network."""
        self._panel.controls.show_model(info)

    def show(self, result: LiveResult) -> None:
        """Show what a result holds of the backward view; a late one, about something else, is not shown."""
        back = self._controller.view.back
        if back.method is None or _question(result.view) != _question(self._controller.view):
            return
        if result.problem:
            self._patience.stop()
            self._say(NOTHING)
            return
        if result.back is None or not result.view.back.height:
            return
        self._patience.stop()
        self._shown = result.back
        for picture in self.pictures:
            picture.show_result(result.back)
        self._window.grid_panel.back.view.set_name(f"{result.back.method.label}: {result.back.title}")
        still = not result.fresh or result.frame.still
        self._words.offer(result.back, at_once=still or bool(result.back.reason))
        self._window.status.set_note(back_moves.status_text(back, result.back.title))

    def _mark(self, view: View) -> None:
        """The frozen origin's layer in the list, and its tile in the grid."""
        origin = view.back.origin
        self._window.layer_bar.set_origin("" if origin is None else origin.layer)
        here = origin is not None and origin.layer == view.layer
        self._window.grid_panel.grid.set_origin(origin.unit if origin is not None and here else None)

    def _tick(self, back: Backward) -> None:
        acts = self._window.acts
        for method, name in TICKS.items():
            acts.set_checked(name, method is back.method)
        acts.set_checked("freeze_origin", back.origin is not None)
        acts.set_checked("toggle_gradients", back.gradients and self._controller.view.stage is Stage.ACTIVATIONS)
        acts.set_checked("toggle_check", back.checks)

    def _follow(self, view: View) -> None:
        """What is shown answers the question before, until the next result."""
        asked = _question(view)
        if asked == self._asked:
            return
        self._asked = asked
        self._words.drop()
        if view.back.method is None:
            self._shown = None
            self._patience.stop()
            self._say(OFF)
        elif self._shown is None:
            self._say(WAITING)
        else:
            self._patience.start()
        self._settle.start()

    def _dim(self) -> None:
        for picture in self.pictures:
            picture.view.set_stale(True)

    def _say(self, sentence: str) -> None:
        self._panel.show_message(sentence)
        self._window.grid_panel.back.show_message(sentence)

    # asking

    def _connect(self) -> None:
        window, controller, controls = self._window, self._controller, self._panel.controls
        controller.view_changed.connect(self.show_view)
        controller.model_changed.connect(self.show_model)
        controller.result_arrived.connect(self.show)
        self._dock.title.method_chosen.connect(lambda method: controller.change_back(method=method))
        self._dock.title.pin_clicked.connect(window.back_commands.freeze_origin)
        self._dock.visibilityChanged.connect(lambda _on: self._settle.start())
        controls.chosen.connect(lambda name, value: controller.change_back(**{name: value}))
        controls.check_toggled.connect(window.back_commands.toggle_check)
        for name in TICKS.values():
            # a click takes the tick from the method in force, which stays
            window.acts[name].triggered.connect(lambda: self._tick(controller.view.back))
        for picture in self.pictures:
            picture.view.resized.connect(lambda _height, _width: self._settle.start())
            picture.view.pointed.connect(self._point)
            picture.view.context_asked.connect(self._offer)
        self._panel.picture.view.double_clicked.connect(lambda: window.grid_panel.enlarge(window.grid_panel.back))
        window.grid_panel.back.view.double_clicked.connect(lambda: window.grid_panel.enlarge(None))
        window.grid_panel.enlarged_changed.connect(lambda _on: self._settle.start())
        window.grid_panel.gradients_chosen.connect(self._choose_gradients)
        window.input_panel.predictions.class_clicked.connect(self._take_class)
        window.input_panel.predictions.other_class_clicked.connect(self._take_other_class)

    def _timer(self, interval_ms: int, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(act)
        return timer

    def _take_size(self) -> None:
        """A picture is asked for at the size at which it is seen; what is not seen costs nothing."""
        panel = self._window.grid_panel
        large = panel.large is panel.back
        seen = self._dock.is_open and self._dock.isVisible() and not self._panel.visibleRegion().isEmpty()
        view = panel.back.view if large else self._panel.picture.view
        height, width = view.device_size() if large or seen else (0, 0)
        self._controller.change_back(height=height, width=width)

    def _choose_gradients(self, on: bool) -> None:
        """The list of pages above the grid."""
        view = self._controller.view
        if on != (view.back.gradients and view.stage is Stage.ACTIVATIONS):
            self._controller.set_view(back_moves.toggle_gradients(view))

    def _take_class(self, index: int) -> None:
        """A click on an answer chooses the class where the pass starts at one, else it leads to the class's unit."""
        if self._starts_at_a_class():
            self._controller.change_back(class_index=index)
        else:
            self._window.view_commands.go_to_class(index)

    def _take_other_class(self, index: int) -> None:
        if self._starts_at_a_class():
            self._controller.change_back(other_class=index, seed=SeedKind.DIFFERENCE)

    def _starts_at_a_class(self) -> bool:
        back = self._controller.view.back
        start = back if back.origin is None else back.origin
        return back.method is not None and start.seed in back_moves.CLASS_SEEDS

    def _point(self, row: float, column: float) -> None:
        """Mark in the input picture what lies under the pointer in the backward view."""
        result = self._controller.result
        seen = None if result is None else result.seen
        if row < 0 or seen is None:
            self._window.input_panel.picture.set_pointer(None)
            self._window.status.set_hint("")
            return
        at = (seen.top + row * seen.height, seen.left + column * seen.width)
        self._window.input_panel.picture.set_pointer(at)
        self._window.status.set_hint(f"row {at[0]:.0f}, column {at[1]:.0f} of the picture")

    # the menu of the picture

    def _offer(self, at: QPoint) -> None:
        self.menu().exec(at)

    def menu(self) -> QMenu:
        """What a right click on the picture offers."""
        menu = QMenu(self._window)
        menu.setToolTipsVisible(True)
        rgb = self._panel.picture.view.rgb
        for text, act in (("Copy picture", self._copy), ("Save picture…", self._save)):
            entry = QAction(text, menu)
            entry.setEnabled(rgb is not None)
            entry.triggered.connect(lambda _on=False, act=act: act())
            menu.addAction(entry)
        menu.addSeparator()
        menu.addActions([self._window.acts[name] for name in ("freeze_origin", "toggle_check", "next_filter")])
        return menu

    def _copy(self) -> None:
        clipboard, rgb = QGuiApplication.clipboard(), self._panel.picture.view.rgb
        if clipboard is not None and rgb is not None:
            clipboard.setImage(rgb_to_qimage(rgb).copy())
            self._controller.flashed.emit("Picture copied")

    def _save(self) -> None:
        rgb, shown = self._panel.picture.view.rgb, self._shown
        if rgb is None or shown is None:
            return
        name = "".join(letter if letter.isalnum() or letter in ".-" else "_" for letter in shown.title)
        start = str(Path.home() / f"{shown.method}_{name}.png")
        path, _ = QFileDialog.getSaveFileName(self._window, "Save as PNG", start, "PNG (*.png)")
        if not path:
            return
        if rgb_to_qimage(rgb).save(path, "PNG"):
            self._controller.told.emit(f"Saved {path}.", "info")
        else:
            self._controller.told.emit(f"{path} could not be written. Choose a folder that you may write to.", "error")


def _question(view: View) -> tuple[object, ...]:
    """What the backward view is asked for, its colors and its size apart."""
    back = view.back
    target = back.target(view.layer, view.unit, view.position)
    return back.method, back.view, target, back.checks, view.model
