"""Between the studio thread and the window: wishes go out, states come in and go to page, panel and status line."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from deepvis.gui.auto_start import AutoStart
from deepvis.gui.comparison import Comparison
from deepvis.gui.discards import Discards
from deepvis.gui.pace_of_work import PaceOfWork
from deepvis.gui.recipe_choice import RecipeChoice, another
from deepvis.gui.studio_reports import StudioReports
from deepvis.gui.widgets.ascent_words import progress_words
from deepvis.live.studio_news import Start, StudioPhase
from deepvis.records import UnitId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis.gui.main_window import MainWindow
    from deepvis.live.pages import PagePicture, UnitPageData
    from deepvis.live.studio_news import StudioOffer, StudioState
    from deepvis.live.studio_picture import BroughtPicture
    from deepvis.records import View

NO_NETWORK = "The network is still being loaded: pictures can be synthesized once it is there."
NOT_KNOWN_HOW = (
    "How this picture was made is not known here: its gallery has no recipe, or one of another version. Choose a recipe"
    " in the panel (Shift+R)."
)
NOTHING_RUNS = "No synthesis runs."
IS_MADE = "That is being made already."
FETCHING = "The picture is being fetched"
MOST_STARTS = 6
"""So many exemplars are offered to start from."""


class StudioPresenter(QObject):
    """Knows what was asked of the studio and how far it is.

    Attributes:
        auto: begins a synthesis where a unit without a picture is clicked.
        comparison: what was chosen to be compared.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._controller = window.controller
        self._section = window.page.synthesis
        self._panel = window.recipe_panel
        self._offer: StudioOffer | None = None
        self._unit: UnitId | None = None
        self._asked: int | None = None
        self._put_off: UnitId | None = None
        self._page_seen = window.page_dock.isVisible()
        self._latest: dict[UnitId, StudioState] = {}
        self._pace = PaceOfWork()
        self._reports = StudioReports(window, self._is_on_page)
        self._discards = Discards(window)
        self.comparison = Comparison(window)
        self.auto = AutoStart(self)
        self._connect()

    # what the person wants

    def synthesize(self) -> None:
        """Make what the panel says of the selected unit, with seeds that are not there yet."""
        choice = self._panel.choice
        offer = self._offer
        if offer is not None:
            choice = another(choice, choice.named(offer), self._section.pictures)
        self._ask(choice)

    def synthesize_chosen(self) -> None:
        """Make exactly what the panel says."""
        self._ask(self._panel.choice)

    def synthesize_negative(self) -> None:
        """Make what turns the selected unit off."""
        self._ask(replace(self._panel.choice, negative=True))

    def another_like(self, picture: PagePicture) -> None:
        """Make a picture in the very same way, from a seed that is not there yet."""
        made = picture.made
        if made is None:
            return
        if not made.how:
            self._controller.told.emit(NOT_KNOWN_HOW, "warning")
            return
        if made.start:
            self._controller.flashed.emit(f"It began with {made.start}; the next one begins with noise")
        seeds = [each.made.seed for each in self._section.pictures if each.made is not None]
        seed = max(seeds, default=made.seed) + 1
        self._ask(RecipeChoice(made.recipe, first_seed=seed, negative=made.negative, how=made.how))

    def start_from(self, picture: PagePicture) -> None:
        """Choose a picture to start from, and show the panel where that is said."""
        self._panel.set_choice(replace(self._panel.choice, start=Start.PICTURE, picture=picture))
        self._window.show_recipes(True)

    def bring(self, brought: BroughtPicture) -> None:
        """Have something read that was dropped, to start from it."""
        if isinstance(brought.source, str) and "://" in brought.source:
            self._controller.flashed.emit(FETCHING)
        self._controller.session.studio.bring(brought)

    def take_brought(self, picture: PagePicture) -> None:
        """It was read: start from it, and offer it for the rest of the session."""
        self._panel.start.bring(picture)
        self.start_from(picture)
        self._controller.flashed.emit(f"The next synthesis starts from {picture.title}")

    def cancel(self) -> None:
        """Stop all that was asked for the selected unit; where that is nothing, whatever runs, and say so."""
        if self.cancel_unit():
            return
        places = self._reports.places
        self._controller.flashed.emit(f"Canceled: {', '.join(places)}" if places else NOTHING_RUNS)
        if places:
            self._reports.cancel()

    def cancel_unit(self) -> bool:
        """Stop all that was asked for the selected unit, and nothing else; False where that is nothing."""
        numbers = self._reports.numbers(self._unit)
        running = self._section.running
        if self._unit is not None and running:
            self.auto.forbid(self._unit)
        for number in numbers:
            self._controller.session.studio.cancel(number)
        if running and not numbers:
            # it has not been asked for yet
            self._section.show_state(None)
        return running or bool(numbers)

    def set_auto(self, on: bool) -> None:
        """Begin by itself where a unit without a picture is clicked, or not."""
        self.auto.on = on
        self._window.acts.set_checked("toggle_auto_synthesis", on)
        if not on and self._section.growing and self._section.ascent.state is None:
            self._section.show_state(None)

    def choices(self) -> dict[str, object]:
        """What to take up again next time."""
        return {**self._panel.choice.to_json(), "auto": self.auto.on}

    def take_choices(self, choices: Mapping[str, object]) -> None:
        """What was wanted last time."""
        self._panel.set_choice(RecipeChoice.from_json(choices))
        self.set_auto(choices.get("auto", True) is True)

    def touch(self) -> None:
        """A tile was clicked, also where it was selected before."""
        if self._unit is not None:
            self.auto.select(self._unit)
            self._expect()

    # what happens

    def take_offer(self, offer: StudioOffer) -> None:
        """Recipes of another model."""
        self._offer = offer
        self._panel.set_offer(offer)
        self._latest.clear()
        self._tell_panel()

    def take_state(self, state: StudioState) -> None:
        """A synthesis went on or ended."""
        unit = state.wish.unit
        before = self._latest.get(unit)
        if before is None or state.number >= before.number:
            self._latest[unit] = state
        self._pace.learn(state)
        self._discards.note(state)
        if state.phase in (StudioPhase.DONE, StudioPhase.FAILED):
            self.auto.forbid(unit)
        if unit == self._unit:
            if self._asked is not None and state.number >= self._asked:
                self._asked = None
            self._show()
        self._reports.take(state)
        self._tell_panel()

    def follow(self, view: View) -> None:
        """Another unit may be shown."""
        unit = UnitId(view.model, view.layer, view.unit) if view.model and view.layer else None
        before = self._unit
        if unit == before:
            return
        self._unit, self._asked = unit, None
        left = None if before is None else self._latest.get(before)
        if before is not None and left is not None and left.over and not _is_only_here(left):
            # what was fresh is one of many from now on
            del self._latest[before]
        if unit is None or not _was_chosen(before, unit):
            self.auto.leave()
        else:
            self.auto.select(unit)
        self.comparison.clear()
        layer = self._controller.layer()
        address = "" if unit is None else str(unit)
        self._panel.set_unit(address, is_classes=layer is not None and layer.is_classes)
        self._reports.follow(unit)
        self._tell_panel()

    def take_page(self, page: UnitPageData) -> None:
        """The gallery told what there is of the selected unit."""
        # where there can be none, none is lacking
        self.auto.learn(page.unit, has_picture=bool(page.synthesized) or not page.offers)
        self._panel.start.set_pictures((*page.exemplars[:MOST_STARTS], *page.synthesized))
        self.comparison.renew((*page.synthesized, *page.exemplars, *page.attributions))
        self._show()

    # inside

    def _ask(self, choice: RecipeChoice, *, reveal: bool = True) -> None:
        unit = self._unit
        if self._offer is None or unit is None:
            self._controller.told.emit(NO_NETWORK, "warning")
            return
        if reveal:
            self._window.page.reveal(self._section)
        wish = choice.wish(unit, self._offer)
        if self._reports.has(wish):
            self._controller.flashed.emit(IS_MADE)
            return
        self._discards.forget()
        self._section.expect(choice.pictures)
        self._asked = self._controller.session.studio.synthesize(wish)
        self._reports.expect(self._asked, wish)
        self._tell_panel()

    def _begin(self, unit: UnitId) -> None:
        running = self._latest.get(unit)
        self._put_off = None
        if unit != self._unit or self._offer is None or not (running is None or running.over):
            return
        if self._page_seen:
            self._ask(self._panel.choice.plain(), reveal=False)
        else:
            self._put_off = unit

    def _note_page(self, on: bool) -> None:
        """The page came to the front, or went behind another tab; what would have begun by itself begins now."""
        self._page_seen = on and not self._window.page_dock.isHidden()
        unit = self._put_off
        if self._page_seen and unit is not None and unit == self._unit:
            self._begin(unit)

    def _discard(self, pictures: tuple[PagePicture, ...]) -> None:
        if self._unit is not None:
            self.auto.forbid(self._unit)
        self._discards.discard(pictures, self._section)

    def _put_fresh_back(self) -> None:
        state = self._section.ascent.state
        if state is not None:
            self._discards.put_back(state)

    def _show(self) -> None:
        state = None if self._unit is None else self._latest.get(self._unit)
        if self._asked is not None:
            # its first state is on its way
            if not self._section.running:
                self._section.expect()
        elif state is not None:
            self._section.show_state(state, self._natural())
        elif not self._expect():
            self._section.show_state(None)

    def _expect(self) -> bool:
        """Keep the place of a picture that will be begun in a moment: then nothing jumps when it comes."""
        expected = self._unit is not None and self.auto.expected == self._unit and self._offer is not None
        if expected and not self._section.growing:
            self._section.expect()
        return expected

    def _is_on_page(self, state: StudioState) -> bool:
        unit = state.wish.unit
        return unit == self._unit and (unit not in self._latest or self._latest[unit].number == state.number)

    def _natural(self) -> float:
        page = self._controller.page
        if page is None or page.unit != self._unit or page.statistics is None:
            return math.nan
        return page.statistics.maximum

    def _tell_panel(self) -> None:
        state = None if self._unit is None else self._latest.get(self._unit)
        self._panel.set_running(bool(self._reports.numbers(self._unit)))
        if state is not None and not state.over:
            words = " · ".join(part for part in progress_words(state) if part)
        elif state is not None and state.phase is StudioPhase.FAILED:
            words = state.problem
        else:
            layer = self._controller.layer()
            is_classes = layer is not None and layer.is_classes
            words = self._pace.estimate(self._panel.choice, self._offer, is_classes=is_classes)
        self._panel.set_words(words)

    def _connect(self) -> None:
        controller, section, panel = self._controller, self._section, self._panel
        controller.studio_offered.connect(self.take_offer)
        controller.studio_changed.connect(self.take_state)
        controller.view_changed.connect(self.follow)
        controller.page_arrived.connect(self.take_page)
        controller.picture_brought.connect(self.take_brought)
        self._window.recipe_dock.picture_dropped.connect(self.bring)
        self.auto.due.connect(self._begin)
        self._window.page_dock.visibilityChanged.connect(self._note_page)
        section.synthesize_asked.connect(self.synthesize)
        section.cancel_asked.connect(self.cancel_unit)
        section.settings_asked.connect(lambda: self._window.show_recipes(True))
        section.compare_asked.connect(self.comparison.open)
        section.discard_asked.connect(self._discard)
        section.back_asked.connect(self._put_fresh_back)
        section.put_back_asked.connect(self._discards.put_last_back)
        section.picture_clicked.connect(self.comparison.enlarge)
        panel.changed.connect(self._tell_panel)
        panel.synthesize_asked.connect(self.synthesize_chosen)
        panel.cancel_asked.connect(self.cancel_unit)
        self._connect_page()

    def _connect_page(self) -> None:
        controller, page = self._controller, self._window.page
        page.picture_chosen.connect(self.comparison.toggle)
        page.another_asked.connect(self.another_like)
        page.start_asked.connect(self.start_from)
        page.discard_asked.connect(lambda picture: self._discard((picture,)))
        middle = self._window.grid_panel
        middle.synthesize_asked.connect(self.synthesize)
        middle.notice.copied.connect(lambda command: controller.flashed.emit(f"Copied: {command}"))
        grid = middle.grid
        grid.unit_clicked.connect(lambda _unit: self.touch())
        grid.position_clicked.connect(lambda _unit, _row, _column: self.touch())


def _is_only_here(state: StudioState) -> bool:
    """The pictures could not be stored: who comes back finds them still."""
    return state.phase is StudioPhase.DONE and bool(state.problem)


def _was_chosen(before: UnitId | None, unit: UnitId) -> bool:
    """A unit was chosen, and not merely a layer or a network, in which the unit of the same number is shown."""
    if before is None or before.model != unit.model:
        return False
    return before.layer == unit.layer or unit.unit != before.unit
