"""What is told of syntheses that the page does not show: in the status line while they go on, in words at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.gui.widgets.ascent_words import fraction
from deepvis.live.studio_news import StudioPhase

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow
    from deepvis.live.studio_news import StudioState
    from deepvis.records import UnitId


class StudioReports:
    """Follows all wishes that are not over."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._active: dict[int, StudioState] = {}
        self._selected: UnitId | None = None

    @property
    def active(self) -> bool:
        """Something waits, runs or is interrupted."""
        return bool(self._active)

    def take(self, state: StudioState) -> None:
        """A synthesis went on or ended."""
        known = self._active.pop(state.number, None)
        if not state.over:
            self._active[state.number] = state
        elif known is not None and state.wish.unit != self._selected:
            self._tell_end(state)
        self._show()

    def follow(self, selected: UnitId | None) -> None:
        """Another unit is on the page."""
        self._selected = selected
        self._show()

    def cancel(self) -> None:
        """Give up everything."""
        self._window.controller.session.studio.cancel(None)

    def _tell_end(self, state: StudioState) -> None:
        place = _place(state)
        if state.phase is StudioPhase.FAILED:
            self._window.controller.told.emit(f"{place}: {state.problem}", "warning")
        elif state.phase is StudioPhase.DONE:
            self._window.voice.say(f"{place} was synthesized.", "good")

    def _show(self) -> None:
        hidden = [state for state in self._active.values() if state.wish.unit != self._selected]
        running = [state for state in hidden if state.phase is StudioPhase.RUNNING]
        work = self._window.long_work
        if not hidden:
            work.clear("synthesis")
            return
        state = (running or hidden)[0]
        studio = self._window.controller.session.studio
        work.show("synthesis", f"Synthesis of {_place(state)}", fraction(state), lambda: studio.cancel(state.number))


def _place(state: StudioState) -> str:
    return f"{state.wish.unit.layer}/{state.wish.unit.unit}"
