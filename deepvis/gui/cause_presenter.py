"""From views and results to everything that shows changes and causes, and from there back to the view."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

from deepvis.gui import change_moves
from deepvis.gui.cause_words import feed_rows, feeds_words, move_rows
from deepvis.gui.pace import Pace
from deepvis.gui.presenter import WORDS_EVERY_MS
from deepvis.live.pairs import unit_layer
from deepvis.records import CauseWish, ChangeKind, Intervention

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow
    from deepvis.live.result import LiveResult
    from deepvis.records import LayerInfo, View

PATIENCE_MS = 200
"""Numbers that are awaited longer than this are taken away: under the new name they would be taken for the new ones."""

MOVED_SHOWN = 4
"""Classes that the changes move; the predictions tell of the first answers besides."""

WAITING = "Being computed…"
NO_PREDICTIONS = "Turn the predictions on (8) to see which classes the changes move."
NOTHING_MOVED = "The changes move no class in this frame."


class CausePresenter(QObject):
    """Fills panel, badge and marks in the grid; turns what is done there into views."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._controller = window.controller
        self._dock = window.cause_dock
        self._panel = window.cause_dock.panel
        self._words: Pace[LiveResult] = Pace(WORDS_EVERY_MS, self._show_words, self)
        self._about: tuple[object, ...] = ()
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._wait)
        self._connect()
        self.show_view(self._controller.view)

    # what the person does

    def apply(self, kind: ChangeKind, *, begin: bool = False) -> None:
        """Do something to the selected unit; what is done to it already is taken back.

        Args:
            kind: what is done.
            begin: show the panel, where the numbers are set, and take nothing back.
        """
        controller = self._controller
        view, layer = controller.view, controller.layer()
        if layer is None:
            return
        if layer.why_fixed:
            controller.told.emit(f"{layer.name}/{view.unit} cannot be changed: {layer.why_fixed}", "warning")
            return
        name = self._unit_layer
        present = change_moves.change_of(view, name, view.unit)
        same = present is not None and present.kind is kind and present.on
        if same and not begin:
            controller.set_view(change_moves.without_change(view, name, view.unit))
        elif not same:
            self._turn_to(name, view.unit, kind)
        if begin:
            self._dock.open_panel()
        change = change_moves.change_of(controller.view, name, view.unit)
        controller.flashed.emit(f"{view.layer}/{view.unit}: {'as it was' if change is None else change.words}")

    def _turn_to(self, layer: str, unit: int, kind: ChangeKind) -> None:
        """Another kind of change, with the numbers it had before, or with some to begin with."""
        view = self._controller.view
        present = change_moves.change_of(view, layer, unit)
        if present is not None and present.kind is kind:
            change = replace(present, on=True)
        else:
            change = change_moves.begun(kind, layer, unit, self._maximum(layer, unit))
        self._controller.set_view(change_moves.with_change(view, change))

    @property
    def _unit_layer(self) -> str:
        """The layer that changes of the viewed layer's units name: a unit of both pictures has one change."""
        return unit_layer(self._controller.info, self._controller.view.layer)

    def _maximum(self, layer: str, unit: int) -> float:
        """Of a unit in the present frame without changes, as far as it is known."""
        result = self._controller.result
        if result is None or unit_layer(self._controller.info, result.view.layer) != layer or result.summary is None:
            return 1.0
        if result.baseline is not None and result.unit is not None and result.unit.unit == unit:
            return result.baseline.maximum
        return float(result.summary.maxima[unit]) if unit < len(result.summary.maxima) else 1.0

    def _change(self, change: Intervention) -> None:
        self._controller.set_view(change_moves.with_change(self._controller.view, change))

    def _remove(self, layer: str, unit: int) -> None:
        self._controller.set_view(change_moves.without_change(self._controller.view, layer, unit))

    def _ask(self, inputs: str | None = None) -> None:
        """What is to be seen of causes is asked for, and nothing else."""
        view, (feeds, does) = self._controller.view, self._panel.open_sections
        seen = self._dock.is_seen
        inputs = view.causes.inputs if inputs is None else inputs
        wish = CauseWish(seen and feeds, seen and does, self._panel.mean.isChecked(), inputs)
        self._controller.set_view(replace(view, causes=wish))

    # showing

    def show_view(self, view: View) -> None:
        """Bring panel, badge, marks and ticks in line with a view."""
        window, layer = self._window, self._controller.layer()
        name = self._unit_layer
        present = change_moves.change_of(view, name, view.unit)
        fixed = "" if layer is None else layer.why_fixed
        kind = present.kind if present is not None and present.on else None
        address = self._address(view, layer)
        self._panel.set_unit(address, kind, f"It cannot be changed: {fixed}" if fixed else "")
        self._panel.set_changes(view.changes)
        self._panel.set_wish(view.causes)
        window.bar.show_changes(change_moves.summary(view.changes))
        window.grid_panel.grid.set_changed(change_moves.changed_units(view, name))
        window.acts.set_checked("toggle_mute", kind is ChangeKind.MUTE)
        window.acts.allow("clear_changes", bool(view.changes))
        self._follow(view)

    def _follow(self, view: View) -> None:
        about = (view.model, view.layer, view.unit, view.causes)
        if about != self._about:
            self._about = about
            self._words.drop()
            self._patience.start()

    def _wait(self) -> None:
        """What is shown is about another unit."""
        self._panel.wait(WAITING)

    def _address(self, view: View, layer: LayerInfo | None) -> str:
        """The selected unit as the unit page names it, its class included."""
        if not view.layer:
            return ""
        info = self._controller.info
        label = "" if layer is None or info is None else info.label(layer, view.unit)
        return f"{view.layer} / {view.unit}" + (f"  {label}" if label else "")

    def show(self, result: LiveResult) -> None:
        """Show what a result says of changes and causes."""
        still = not result.fresh or result.frame.still
        self._words.offer(result, at_once=still or bool(result.problem))

    def _show_words(self, result: LiveResult) -> None:
        self._show_moved(result)
        view, causes = self._controller.view, result.causes
        if result.problem:
            self._patience.stop()
            self._panel.set_feeds("", (), result.problem, ())
            self._panel.set_does(result.problem, ())
        if causes is None or (causes.layer, causes.unit) != (view.layer, view.unit):
            return
        self._patience.stop()
        if causes.feeds is not None:
            feeds = causes.feeds
            self._panel.set_feeds(feeds.layer, feeds.offered, feeds_words(feeds), feed_rows(feeds))
        if causes.does is not None:
            words = causes.does.reason or "Muting it moves these classes most:"
            self._panel.set_does(words, move_rows(causes.does.moves))

    def _show_moved(self, result: LiveResult) -> None:
        baseline = result.baseline
        if baseline is None:
            self._panel.set_moved("", ())
        elif not result.view.predictions:
            self._panel.set_moved(NO_PREDICTIONS, ())
        elif not baseline.movers:
            self._panel.set_moved(NOTHING_MOVED if baseline.predictions else "", ())
        else:
            self._panel.set_moved("Together they move these classes most:", move_rows(baseline.movers[:MOVED_SHOWN]))

    def hover_text(self, unit: int, position: tuple[int, int] | None) -> str:
        """What the tooltip of a tile says, and what is done to its unit."""
        text, view = self._window.stage_pages.hover_text(unit, position), self._controller.view
        change = change_moves.change_of(view, self._unit_layer, unit)
        return text if change is None or not change.on or not text else f"{text}\n{change.words}"

    def _connect(self) -> None:
        window, panel, controller = self._window, self._panel, self._controller
        panel.kind_asked.connect(lambda kind: self.apply(kind))
        panel.change_made.connect(self._change)
        panel.kind_chosen.connect(self._turn_to)
        panel.change_removed.connect(self._remove)
        panel.clear_asked.connect(window.cause_commands.clear_changes)
        panel.unit_clicked.connect(controller.go)
        panel.class_clicked.connect(window.view_commands.go_to_class)
        panel.wish_changed.connect(self._ask)
        panel.inputs_chosen.connect(self._ask)
        self._dock.seen_changed.connect(lambda _seen: self._ask())
        window.bar.badge.clicked.connect(self._dock.open_panel)
        window.bar.badge.clear_clicked.connect(window.cause_commands.clear_changes)
        window.grid_panel.grid.set_hover_text(self.hover_text)
        controller.view_changed.connect(self.show_view)
        controller.result_arrived.connect(self.show)
