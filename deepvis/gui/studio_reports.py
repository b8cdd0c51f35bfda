"""What is told of syntheses that the page does not show: in the status line while they go on, in words at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.gui.widgets.ascent_words import fraction
from deepvis.live.studio_news import StudioPhase

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.gui.main_window import MainWindow
    from deepvis.live.studio_news import StudioState, StudioWish
    from deepvis.records import UnitId


class StudioReports:
    """Follows all wishes that are not over.

    Args:
        window: where it is told.
        is_on_page: the page shows this very state.
    """

    def __init__(self, window: MainWindow, is_on_page: Callable[[StudioState], bool]) -> None:
        self._window = window
        self._is_on_page = is_on_page
        self._wishes: dict[int, StudioWish] = {}
        self._states: dict[int, StudioState] = {}
        self._selected: UnitId | None = None
        self._problem = ""

    @property
    def places(self) -> tuple[str, ...]:
        """Layers and units that something is made for, each once."""
        return tuple(dict.fromkeys(_place(wish.unit) for wish in self._wishes.values()))

    def numbers(self, unit: UnitId | None) -> tuple[int, ...]:
        """Wishes about a unit that are not over, the newest first."""
        return tuple(sorted((number for number, wish in self._wishes.items() if wish.unit == unit), reverse=True))

    def has(self, wish: StudioWish) -> bool:
        """The same pictures are being made already."""
        return any(each.is_like(wish) for each in self._wishes.values())

    def expect(self, number: int, wish: StudioWish) -> None:
        """A wish was said; its first state is on its way."""
        self._wishes[number] = wish

    def take(self, state: StudioState) -> None:
        """A synthesis went on or ended."""
        known = self._wishes.pop(state.number, None)
        self._states.pop(state.number, None)
        if not state.over:
            self._wishes[state.number], self._states[state.number] = state.wish, state
        elif known is not None:
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
        place, hidden = _place(state.wish.unit), state.wish.unit != self._selected
        if state.phase is StudioPhase.DONE:
            before, self._problem = self._problem, state.problem
            # the page has the sentence, too: over the window it is said once for all pictures that it is true of
            if state.problem and (hidden or state.problem != before):
                self._window.controller.told.emit(f"{place}: {state.problem}" if hidden else state.problem, "warning")
            elif hidden and not state.problem:
                self._window.voice.say(f"{place} was synthesized.", "good", passing=True)
        elif hidden and state.phase is StudioPhase.FAILED:
            self._window.controller.told.emit(f"{place}: {state.problem}", "warning")

    def _show(self) -> None:
        hidden = [state for state in self._states.values() if not self._is_on_page(state)]
        work = self._window.long_work
        if not hidden:
            work.clear("synthesis")
            return
        # the running one, else the one that goes on first
        state = max(hidden, key=lambda each: (each.phase is StudioPhase.RUNNING, each.number))
        studio = self._window.controller.session.studio
        place, others = _place(state.wish.unit), len(hidden) - 1
        text = f"{place} · +{others} waiting" if others else f"Synthesis of {place}"
        work.show("synthesis", text, fraction(state), lambda: studio.cancel(state.number))


def _place(unit: UnitId) -> str:
    return f"{unit.layer}/{unit.unit}"
