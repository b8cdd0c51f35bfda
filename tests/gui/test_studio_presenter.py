"""Synthesis in the window: what is asked of the studio, and what becomes of its answers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMessageBox

from deepvis.gallery.records import UnitStatistics
from deepvis.gui.auto_start import SETTLE_MS
from deepvis.gui.comparison import NOTHING
from deepvis.gui.recipe_choice import RecipeChoice
from deepvis.gui.studio_presenter import IS_MADE, NO_NETWORK
from deepvis.gui.unit_menu import unit_menu
from deepvis.gui.widgets.picture_menu import picture_menu
from deepvis.live.events import Progress, StudioOffered
from deepvis.live.page_notes import not_synthesized
from deepvis.live.running_model import RunningModel
from deepvis.live.studio_news import Start, StudioPhase
from deepvis.records import Stage, UnitId
from tests.gui.made_up import OFFER, UNIT, make_made, make_state

RED = np.full((16, 16, 3), (200, 0, 0), np.uint8)
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def studio(window):
    """A window whose studio has offered its recipes, at a unit that nobody clicked."""
    window.studio.set_auto(False)
    window.controller.take(StudioOffered(OFFER))
    window.controller.go(UNIT.layer, UNIT.unit)
    return window.controller.session.studio


@pytest.fixture
def tell(window):
    """Let the studio tell states."""

    def told(*states) -> None:
        window.controller.session.studio.states += states
        window.controller.fetch()

    return told


@pytest.fixture
def section(window):
    return window.page.synthesis


def page(window, made, *pictures, **changes) -> None:
    made.send(page=made.unit(synthesized=pictures, **changes))


# asking


def test_a_key_makes_a_picture_of_the_selected_unit(window, studio, section):
    QTest.keyClick(window, Qt.Key.Key_2)
    (wish,) = studio.wishes
    assert (wish.unit, wish.recipe, wish.seeds, wish.negative) == (UNIT, "clear", (0,), False)
    assert section.running


def test_the_same_key_again_takes_the_next_seed(window, studio, made):
    page(window, made, make_made(seed=0))
    QTest.keyClick(window, Qt.Key.Key_2)
    assert studio.wishes[-1].seeds == (1,)


def test_the_button_of_the_page_does_it_too(window, studio, made, section, qtbot):
    page(window, made)
    qtbot.mouseClick(section._words._button, Qt.MouseButton.LeftButton)
    assert len(studio.wishes) == 1


def test_a_key_makes_what_turns_the_unit_off(window, studio):
    QTest.keyClick(window, Qt.Key.Key_3)
    assert studio.wishes[0].negative
    assert not window.recipe_panel.choice.negative


def test_the_panel_says_what_is_made(window, studio, qtbot):
    QTest.keyClick(window, Qt.Key.Key_R, SHIFT)
    assert window.recipe_dock.isVisible()
    assert window.acts["toggle_recipes"].isChecked()
    panel = window.recipe_panel
    panel.pictures_field.setValue(3)
    panel.regularizers.add("decay")
    qtbot.mouseClick(panel.go, Qt.MouseButton.LeftButton)
    assert studio.wishes[0].seeds == (0, 1, 2)
    assert studio.wishes[0].regularizers == (("decay", (("rate", 1e-4),)),)
    QTest.keyClick(window, Qt.Key.Key_R, SHIFT)
    assert not window.recipe_dock.isVisible()


def test_the_panel_leaves_the_page_in_sight(window, studio):
    window.resize(1280, 720)
    window.acts.trigger("toggle_recipes")
    QApplication.processEvents()
    assert window.width() == 1280
    assert window.page.isVisible()
    assert window.page_dock.width() >= 200
    assert window.recipe_dock.geometry().right() < window.page_dock.geometry().left()


def test_before_there_is_a_network_it_says_so(make_window):
    window = make_window()
    window.acts.trigger("synthesize")
    assert window.status.message() == NO_NETWORK
    assert window.controller.session.studio.wishes == []


def test_a_right_click_on_a_tile_offers_it(window, studio):
    texts = [entry.text() for entry in unit_menu(window, 5).actions()]
    assert "Synthesize this unit" in texts
    assert "Synthesize what turns it off" in texts


def test_the_same_wish_a_second_time_is_not_asked_again_and_a_word_says_so(window, studio, tell, section, qtbot):
    window.acts.trigger("synthesize")
    with qtbot.waitSignal(window.controller.flashed) as flashed:
        QTest.keyClick(window, Qt.Key.Key_2)
    assert flashed.args == [IS_MADE]
    tell(make_state(wish={"again": False}))
    window.acts.trigger("synthesize")
    assert len(studio.wishes) == 1
    assert section.ascent._doing.text == "Step 48 of 128"
    tell(make_state(StudioPhase.DONE, wish={"again": False}))
    window.studio.synthesize_chosen()
    assert len(studio.wishes) == 2


def test_a_frame_or_a_picture_to_start_from_is_the_same_wish_while_the_first_one_runs(window, studio):
    panel = window.recipe_panel
    for start in (Start.FRAME, Start.PICTURE):
        for _ in range(2):
            panel.set_choice(RecipeChoice(pictures=3, start=start, picture=make_made()))
            window.studio.synthesize_chosen()
    panel.set_choice(RecipeChoice(pictures=3, start=Start.PICTURE, picture=replace(make_made(), rgb=RED)))
    window.studio.synthesize_chosen()
    assert [wish.start for wish in studio.wishes] == [Start.FRAME, Start.PICTURE, Start.PICTURE]


# how far it is


def test_a_preview_appears_on_the_page_with_its_curve(window, studio, tell, section, made):
    page(window, made, statistics=UnitStatistics(10, 0.5, 1.0, 0.5, 0.0, 20.0, 3.0))
    tell(make_state())
    assert section.growing
    assert section.ascent._doing.text == "Step 48 of 128"
    assert section.ascent.curve.curve.shape == (48, 1)
    assert section.ascent.curve._natural == 20.0


def test_a_finished_picture_stays_where_it_grew_until_the_unit_is_left(window, studio, tell, section, made):
    tell(make_state(), make_state(StudioPhase.DONE))
    page(window, made, make_made(key=11))
    assert section.growing
    assert section.strip.pictures == ()
    window.controller.select_unit(8)
    page(window, made)
    assert not section.growing
    window.controller.select_unit(7)
    page(window, made, make_made(key=11))
    assert not section.growing
    assert [picture.made.key for picture in section.strip.pictures] == [11]


def test_what_runs_for_another_unit_stands_in_the_status_line(window, studio, tell, section):
    other = UnitId("toynet", "blocks.0", 9)
    tell(make_state(unit=other))
    assert not section.growing
    strip = window.status._progress
    assert strip.isVisible()
    assert strip._text.text == "Synthesis of blocks.0/9"
    strip.cancel_clicked.emit()
    assert studio.canceled == [1]
    tell(make_state(StudioPhase.DONE, unit=other))
    assert not strip.isVisible()
    assert window.status.message() == "blocks.0/9 was synthesized."


def test_loading_a_network_has_the_status_line_first(window, studio, tell):
    tell(make_state(unit=UnitId("toynet", "blocks.0", 9)))
    window.controller.take(Progress("Loading", 0.5))
    assert window.status._progress._text.text == "Loading"
    window.controller.take(Progress("Loading", done=True))
    assert window.status._progress._text.text == "Synthesis of blocks.0/9"


def test_coming_back_to_a_unit_shows_how_far_it_is(window, studio, tell, section, made):
    tell(make_state())
    window.controller.select_unit(8)
    page(window, made)
    assert not section.growing
    window.controller.select_unit(7)
    page(window, made)
    assert section.ascent._doing.text == "Step 48 of 128"


def test_a_late_state_of_an_older_wish_does_not_replace_a_newer_one(window, studio, tell, section):
    tell(make_state(number=2, step=5), make_state(number=1, step=100))
    assert section.ascent._doing.text == "Step 5 of 128"


def test_a_failure_of_the_unit_on_the_page_is_read_there(window, studio, tell, section):
    tell(make_state(StudioPhase.FAILED, problem="The memory is full. Choose a smaller size."))
    assert section._trouble.words().startswith("The memory is full")
    assert window.recipe_panel.footer.words.words.startswith("The memory is full")
    other = UnitId("toynet", "blocks.0", 9)
    tell(make_state(number=2, unit=other))
    tell(make_state(StudioPhase.FAILED, number=2, unit=other, problem="It broke."))
    assert window.status.message() == "blocks.0/9: It broke."


def test_the_place_is_kept_until_the_first_state_comes(window, studio, tell, section, made):
    tell(make_state(StudioPhase.DONE))
    window.acts.trigger("synthesize")
    page(window, made, make_made(key=11))
    assert section.running
    assert section.ascent.state is None
    assert [picture.made.key for picture in section.pictures] == [11]
    tell(make_state(number=2))
    assert section.ascent.state.number == 2


def test_a_second_wish_for_the_unit_sends_the_first_to_the_status_line(window, studio, tell):
    tell(make_state(number=1))
    tell(make_state(StudioPhase.PARKED, number=1), make_state(number=2, wish={"negative": True}))
    assert window.status._progress._text.text == "Synthesis of blocks.0/7"
    tell(make_state(StudioPhase.DONE, number=2, wish={"negative": True}), make_state(number=1))
    assert window.status._progress.isVisible()
    tell(make_state(StudioPhase.DONE, number=1))
    assert not window.status._progress.isVisible()


def test_the_status_line_counts_the_others_and_stays_with_one(window, studio, tell):
    others = [UnitId("toynet", "blocks.0", unit) for unit in (9, 10, 11)]
    for number, unit in enumerate(others, 1):
        tell(make_state(StudioPhase.PARKED, number, 10 * number, unit=unit))
    strip = window.status._progress
    for number in (1, 3, 2):
        tell(make_state(StudioPhase.PARKED, number, 10 * number, unit=others[number - 1]))
        assert strip._text.text == "blocks.0/11 · +2 waiting"
        assert strip._percent.text == "23 %"
    tell(make_state(StudioPhase.RUNNING, 1, unit=others[0]))
    assert strip._text.text == "blocks.0/9 · +2 waiting"


def test_what_was_synthesized_leaves_the_status_line_after_a_while(window, studio, tell, qtbot):
    window.voice._forget.setInterval(50)
    other = UnitId("toynet", "blocks.0", 9)
    tell(make_state(unit=other))
    tell(make_state(StudioPhase.DONE, unit=other))
    assert window.status.message() == "blocks.0/9 was synthesized."
    qtbot.waitUntil(lambda: window.status.message() == "")


# what could not be stored


NOT_KEPT = "The picture was not kept. The gallery cannot be written to: allow it."


def test_a_picture_that_could_not_be_stored_says_so_at_once(window, studio, tell, section, qtbot):
    tell(make_state())
    tell(make_state(StudioPhase.DONE, keys=[0], problem=NOT_KEPT))
    assert section._trouble.words() == NOT_KEPT
    assert window.voice.complaints == [NOT_KEPT]
    assert section.growing
    assert not section.ascent.back.isHidden()
    assert section._trouble._button.isHidden()
    tell(make_state(StudioPhase.DONE))
    assert section._trouble.isHidden()


def test_the_same_trouble_is_said_over_the_window_once(window, studio, tell):
    said = []
    window.controller.told.connect(lambda text, _level: said.append(text))
    for number in (1, 2):
        tell(make_state(number=number))
        tell(make_state(StudioPhase.DONE, number=number, keys=[0], problem=NOT_KEPT))
    assert said == [NOT_KEPT]
    other = UnitId("toynet", "blocks.0", 9)
    tell(make_state(number=3, unit=other))
    tell(make_state(StudioPhase.DONE, number=3, unit=other, keys=[0], problem=NOT_KEPT))
    assert said[1:] == [f"blocks.0/9: {NOT_KEPT}"]


def test_a_picture_that_could_not_be_stored_is_there_when_the_person_comes_back(window, studio, tell, section, made):
    tell(make_state(StudioPhase.DONE, keys=[0], problem=NOT_KEPT))
    window.controller.select_unit(8)
    page(window, made)
    assert not section.growing
    window.controller.select_unit(7)
    page(window, made)
    assert section.growing
    assert section._trouble.words() == NOT_KEPT


# canceling


def test_what_was_only_just_asked_for_can_be_canceled(window, studio, section):
    window.acts.trigger("synthesize")
    window.acts.trigger("cancel_synthesis")
    assert studio.canceled == [1]


def test_a_key_cancels_what_runs_for_the_unit(window, studio, tell, section):
    tell(make_state(number=7))
    QTest.keyClick(window, Qt.Key.Key_4)
    assert studio.canceled == [7]
    tell(make_state(StudioPhase.CANCELED, number=7))
    assert not section.growing


def test_the_buttons_of_page_and_panel_cancel_too(window, studio, tell, section, qtbot):
    tell(make_state(number=7))
    qtbot.mouseClick(section._start, Qt.MouseButton.LeftButton)
    window.show_recipes(True)
    qtbot.mouseClick(window.recipe_panel.cancel, Qt.MouseButton.LeftButton)
    assert studio.canceled == [7, 7]


def test_cancel_ends_all_that_was_asked_for_the_unit(window, studio, tell, section):
    tell(make_state(StudioPhase.PARKED, number=3), make_state(number=5, wish={"negative": True}))
    QTest.keyClick(window, Qt.Key.Key_4)
    assert sorted(studio.canceled) == [3, 5]
    canceled = [make_state(StudioPhase.CANCELED, number=number) for number in (5, 3)]
    tell(*canceled)
    assert not window.recipe_panel.cancel.isEnabled()


def test_the_panel_cancels_nothing_of_another_unit(window, studio, tell, qtbot):
    other = UnitId("toynet", "blocks.0", 9)
    window.show_recipes(True)
    tell(make_state(number=4, unit=other))
    assert not window.recipe_panel.cancel.isEnabled()
    window.recipe_panel.cancel_asked.emit()
    assert studio.canceled == []
    tell(make_state(number=5))
    assert window.recipe_panel.cancel.isEnabled()
    qtbot.mouseClick(window.recipe_panel.cancel, Qt.MouseButton.LeftButton)
    assert studio.canceled == [5]


def test_the_key_says_which_other_units_it_cancels(window, studio, tell, qtbot):
    tell(make_state(number=4, unit=UnitId("toynet", "blocks.0", 9)))
    with qtbot.waitSignal(window.controller.flashed) as flashed:
        QTest.keyClick(window, Qt.Key.Key_4)
    assert flashed.args == ["Canceled: blocks.0/9"]
    assert studio.canceled == [None]


def test_where_nothing_runs_a_word_says_so(window, studio, qtbot):
    with qtbot.waitSignal(window.controller.flashed):
        window.acts.trigger("cancel_synthesis")
    assert studio.canceled == []


# by itself


@pytest.fixture
def automatic(window, studio):
    window.studio.set_auto(True)
    return studio


def test_a_click_on_a_unit_without_a_picture_begins_after_a_moment(window, automatic, made, section, qtbot):
    window.controller.select_unit(9)
    page(window, made)
    assert section.growing, "the place is kept at once"
    assert automatic.wishes == []
    qtbot.waitUntil(lambda: len(automatic.wishes) == 1, timeout=10 * SETTLE_MS)
    assert automatic.wishes[0].unit.unit == 9


def test_a_click_on_the_unit_that_is_selected_already_begins_too(window, automatic, made, qtbot):
    page(window, made)
    window.grid_panel.grid.position_clicked.emit(7, 1, 1)
    page(window, made)
    qtbot.waitUntil(lambda: len(automatic.wishes) == 1, timeout=10 * SETTLE_MS)


def test_the_chosen_recipe_is_taken_and_nothing_else(window, automatic, made, qtbot):
    window.recipe_panel.set_choice(RecipeChoice("old", 96, 20, pictures=4, negative=True))
    window.controller.select_unit(9)
    page(window, made)
    qtbot.waitUntil(lambda: len(automatic.wishes) == 1, timeout=10 * SETTLE_MS)
    wish = automatic.wishes[0]
    assert (wish.recipe, wish.size, wish.steps, wish.seeds, wish.negative) == ("old", 96, 20, (0,), False)


def test_a_unit_with_a_picture_and_a_layer_that_is_merely_looked_at_begin_nothing(window, automatic, made, qtbot):
    window.controller.select_unit(9)
    page(window, made, make_made())
    window.controller.select_layer("stem")
    page(window, made)
    qtbot.wait(SETTLE_MS + 100)
    assert automatic.wishes == []


def test_what_was_canceled_does_not_begin_again(window, automatic, tell, made, section, qtbot):
    window.controller.select_unit(9)
    page(window, made)
    window.acts.trigger("cancel_synthesis")
    assert not section.growing
    window.controller.select_unit(7)
    window.controller.select_unit(9)
    page(window, made)
    qtbot.wait(SETTLE_MS + 100)
    assert automatic.wishes == []


def test_behind_a_closed_page_nothing_begins(window, automatic, made, qtbot):
    window.acts.trigger("toggle_unit_page")
    window.controller.select_unit(9)
    page(window, made)
    qtbot.wait(SETTLE_MS + 100)
    assert automatic.wishes == []


def test_behind_another_tab_nothing_begins_until_the_page_is_in_front(window, automatic, made, qtbot):
    window.cause_dock.open_panel()
    qtbot.waitUntil(lambda: window.cause_dock.is_seen)
    window.controller.select_unit(9)
    page(window, made)
    qtbot.wait(3 * SETTLE_MS)
    assert automatic.wishes == []
    window.page_dock.raise_()
    qtbot.waitUntil(lambda: len(automatic.wishes) == 1, timeout=10 * SETTLE_MS)
    assert automatic.wishes[0].unit.unit == 9


def test_a_unit_that_was_left_meanwhile_does_not_begin_when_the_page_comes_to_the_front(window, automatic, made, qtbot):
    window.cause_dock.open_panel()
    qtbot.waitUntil(lambda: window.cause_dock.is_seen)
    window.controller.select_unit(9)
    page(window, made)
    qtbot.wait(2 * SETTLE_MS)
    window.controller.go("blocks.1", 3)
    window.page_dock.raise_()
    qtbot.wait(2 * SETTLE_MS)
    assert automatic.wishes == []


def test_a_page_that_comes_late_keeps_the_place_that_it_begins_with(window, automatic, made, section, qtbot):
    window.controller.select_unit(9)
    qtbot.wait(SETTLE_MS + 100)
    page(window, made)
    assert len(automatic.wishes) == 1
    assert section.running


def test_a_key_switches_it_off_and_on(window, automatic, made, qtbot):
    QTest.keyClick(window, Qt.Key.Key_6)
    assert not window.studio.auto.on
    window.controller.select_unit(9)
    page(window, made)
    qtbot.wait(SETTLE_MS + 100)
    assert automatic.wishes == []
    QTest.keyClick(window, Qt.Key.Key_6)
    assert window.studio.auto.on
    assert window.acts["toggle_auto_synthesis"].isChecked()


def test_choices_are_remembered(window, automatic):
    window.recipe_panel.set_choice(RecipeChoice("old", 96, 20, 3, 5))
    window.studio.set_auto(False)
    kept = window.studio.choices()
    window.recipe_panel.set_choice(RecipeChoice())
    window.studio.set_auto(True)
    window.studio.take_choices(kept)
    assert window.recipe_panel.choice == RecipeChoice("old", 96, 20, 3, 5)
    assert not window.studio.auto.on
    window.studio.take_choices({})
    assert window.studio.auto.on


def test_a_unit_reached_by_another_layer_names_the_key_that_makes_a_picture(window, studio, made, section, info):
    window.studio.set_auto(True)
    window.acts.trigger("next_layer")
    why = not_synthesized(RunningModel(info), window.controller.layer(), 0)
    made.send(page=made.unit(notes={"synthesized": why}))
    assert not section.growing
    assert "Press 2 or the button below" in section.words()


# keeping and discarding


def leave_and_come_back(window) -> None:
    window.controller.go(UNIT.layer, UNIT.unit + 1)
    window.controller.go(UNIT.layer, UNIT.unit)


def test_who_comes_back_finds_the_fresh_picture_in_the_strip(window, studio, tell, section, made):
    tell(make_state(StudioPhase.DONE))
    page(window, made, make_made(key=11))
    leave_and_come_back(window)
    page(window, made, make_made(key=11))
    assert not section.growing
    assert [picture.made.key for picture in section.strip.pictures] == [11]
    assert studio.discarded == []


def test_discard_takes_the_fresh_picture_out_and_the_button_puts_it_back(window, studio, tell, section, qtbot):
    tell(make_state(StudioPhase.DONE))
    qtbot.mouseClick(section.ascent.discard, Qt.MouseButton.LeftButton)
    assert studio.discarded == [11]
    state = make_state(StudioPhase.DONE, keys=[0])
    tell(state)
    qtbot.mouseClick(section.ascent.back, Qt.MouseButton.LeftButton)
    assert studio.kept == [(state, 0)]


def test_an_older_picture_of_this_session_can_be_put_back(window, studio, tell, section, made, qtbot):
    tell(make_state(StudioPhase.DONE))
    leave_and_come_back(window)
    page(window, made, make_made(key=11))
    window.page.discard_asked.emit(section.pictures[0])
    assert studio.discarded == [11]
    page(window, made)
    assert section._discarded.words == "Discarded: clear · seed 0"
    qtbot.mouseClick(section._discarded._button, Qt.MouseButton.LeftButton)
    assert [(state.number, index) for state, index in studio.kept] == [(1, 0)]


def test_what_cannot_come_back_is_asked_about_first(window, studio, made, section, qtbot):
    page(window, made, make_made(key=5))
    window.page.discard_asked.emit(section.pictures[0])
    assert studio.discarded == []
    box = window.findChild(QMessageBox)
    discard = next(button for button in box.buttons() if button.text() == "Discard")
    qtbot.mouseClick(discard, Qt.MouseButton.LeftButton)
    assert studio.discarded == [5]


def test_the_menu_of_a_picture_offers_what_can_be_done(window, studio, made, section):
    page(window, made, make_made(key=5, how="{}"), make_made(key=6, removable=False))
    own, foreign = section.pictures
    entries = {entry.text(): entry for entry in picture_menu(window.page, own).actions()}
    entries["Make another like it"].trigger()
    assert studio.wishes[-1].seeds == (1,)
    assert (studio.wishes[-1].how, studio.wishes[-1].recipe) == ("{}", "clear")
    entries["Start a synthesis from it"].trigger()
    assert window.recipe_panel.choice.start is Start.PICTURE
    assert window.recipe_panel.choice.picture is own
    assert window.recipe_dock.isVisible()
    assert entries["Discard"].isEnabled()
    entries["Open as input"].trigger()
    assert window.controller.session.asked("open_exemplar") == [(own,)]
    entries = {entry.text(): entry for entry in picture_menu(window.page, foreign).actions()}
    assert not entries["Discard"].isEnabled()
    exemplar = window.page.data.exemplars[0]
    assert "Discard" not in [entry.text() for entry in picture_menu(window.page, exemplar).actions()]


def test_another_one_is_made_by_the_very_recipe_even_where_the_window_does_not_offer_it(window, studio, made, section):
    page(window, made, make_made(key=5, recipe="mine, negative", negative=True, how="{}", start="a cat"))
    told = []
    window.controller.flashed.connect(told.append)
    window.page.another_asked.emit(section.pictures[0])
    wish = studio.wishes[-1]
    assert (wish.recipe, wish.negative, wish.how, wish.start) == ("mine, negative", True, "{}", Start.NOISE)
    assert "It began with a cat; the next one begins with noise" in told


def test_how_a_picture_was_made_may_not_be_known(window, studio, made, section):
    page(window, made, make_made(key=5))
    told = []
    window.controller.told.connect(lambda words, _level: told.append(words))
    asked = len(studio.wishes)
    window.page.another_asked.emit(section.pictures[0])
    assert len(studio.wishes) == asked
    assert told[-1].startswith("How this picture was made is not known here")


def test_a_picture_can_be_copied(window, studio, made, section, qtbot):
    page(window, made, make_made(key=5))
    entries = {entry.text(): entry for entry in picture_menu(window.page, section.pictures[0]).actions()}
    entries["Copy picture"].trigger()
    image = QApplication.clipboard().image()
    assert (image.width(), image.height()) == (16, 16)
    assert image.pixelColor(3, 3).red() == 120


# comparing


def test_a_click_shows_a_picture_large(window, studio, made, section, qtbot):
    page(window, made, make_made(key=5))
    qtbot.mouseClick(section.strip, Qt.MouseButton.LeftButton, pos=section.strip.tile_rect(0).center())
    overlay = window.overlays.compare
    assert overlay.isVisible()
    assert overlay.pictures == section.pictures
    QTest.keyClick(overlay, Qt.Key.Key_Escape)
    assert not overlay.isVisible()


def test_the_second_half_of_a_double_click_leaves_the_large_picture_open(window, studio, made, section, qtbot):
    page(window, made, make_made(key=5))
    qtbot.mouseClick(section.strip, Qt.MouseButton.LeftButton, pos=section.strip.tile_rect(0).center())
    overlay, beside = window.overlays.compare, QPoint(5, 5)
    qtbot.mouseDClick(overlay, Qt.MouseButton.LeftButton, pos=beside)
    assert overlay.isVisible()
    qtbot.wait(QApplication.doubleClickInterval() + 50)
    qtbot.mouseClick(overlay, Qt.MouseButton.LeftButton, pos=beside)
    assert not overlay.isVisible()


def test_chosen_pictures_are_compared_at_equal_size(window, studio, made, section, qtbot):
    page(window, made, make_made(key=5), make_made(key=6, recipe="old"))
    exemplars = window.page._body.strips["exemplars"]
    for strip, index in ((section.strip, 1), (exemplars, 0)):
        middle = strip.tile_rect(index).center()
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, middle)
    QTest.keyClick(window, Qt.Key.Key_C, SHIFT)
    overlay = window.overlays.compare
    assert overlay.pictures == (section.pictures[1], window.page.data.exemplars[0])
    first, second = overlay.picture_rects()
    assert first.size() == second.size()
    assert not first.intersects(second)
    assert overlay.card_rect().contains(first)
    assert overlay.rect().contains(overlay.card_rect())


def test_without_a_choice_all_synthesized_pictures_and_the_best_exemplar_are_compared(window, studio, made, section):
    page(window, made, make_made(key=5), make_made(key=6))
    window.acts.trigger("compare")
    assert window.overlays.compare.pictures == (*section.pictures, window.page.data.exemplars[0])


def test_where_there_is_nothing_to_compare_it_says_so(window, studio, made):
    page(window, made, exemplars=())
    window.acts.trigger("compare")
    assert not window.overlays.compare.isVisible()
    assert window.status.message() == NOTHING


def test_a_choice_outlives_the_page_that_is_read_again_and_not_the_picture(window, studio, made, section):
    page(window, made, make_made(key=5), make_made(key=6))
    for picture in section.pictures:
        window.studio.comparison.toggle(picture)
    page(window, made, make_made(key=5), make_made(key=6), make_made(key=7))
    assert [picture.made.key for picture in window.studio.comparison.chosen] == [5, 6]
    page(window, made, make_made(key=6))
    assert [picture.made.key for picture in window.studio.comparison.chosen] == [6]
    window.controller.select_unit(8)
    assert window.studio.comparison.chosen == ()


@pytest.mark.parametrize("count", [1, 2, 3, 5, 12])
def test_pictures_side_by_side_never_leave_the_window(window, studio, count):
    window.overlays.show_pictures("blocks.0/7", [make_made(key=place + 1) for place in range(count)])
    overlay = window.overlays.compare
    assert all(overlay.card_rect().contains(rect) for rect in overlay.picture_rects())
    assert overlay.rect().contains(overlay.card_rect())
    assert not overlay.grab().isNull()


# the grid of synthesized pictures


def test_the_grid_says_why_it_is_empty_and_offers_a_picture_and_the_command(window, studio, made, qtbot):
    window.acts.trigger("show_synthesized")
    assert window.controller.view.stage is Stage.SYNTHESIZED
    words = "No pictures yet. In a terminal: deepvis synthesize --layers blocks.0. More can be read in."
    made.send(pattern=made.pattern(bgrx=None, layout=None, problem=words))
    notice = window.grid_panel.notice
    assert window.grid_panel.stage.currentWidget() is notice
    qtbot.mouseClick(notice._copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "deepvis synthesize --layers blocks.0"
    qtbot.mouseClick(notice._button, Qt.MouseButton.LeftButton)
    assert studio.wishes[0].unit == UNIT


def test_the_grid_of_synthesized_pictures_is_shown(window, studio, made):
    window.acts.trigger("show_synthesized")
    made.send(pattern=made.pattern(missing=3))
    assert window.grid_panel.stage.currentWidget() is window.grid_panel.grid
    assert "3 units have none" in window.grid_panel._words.text
    assert np.array_equal(window.grid_panel.grid._layout.units, made.pattern().layout.units)


def test_the_grid_of_synthesized_pictures_can_leave_out_units_without_one(window, studio, made, qtbot):
    button = window.grid_panel._hide_dead
    window.acts.trigger("show_synthesized")
    assert button.text() == "hide empty"
    assert "no synthesized picture" in button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.controller.view.grid.hide_dead
    window.controller.set_stage(Stage.ACTIVATIONS)
    assert button.text() == "hide dead"


def double_click(window, qtbot, unit: int) -> None:
    grid = window.grid_panel.grid
    rect = grid._layout.rect_of(unit)
    point = QPoint(int(rect.left) + 2, int(rect.top) + 2)
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=point)
    qtbot.mouseDClick(grid, Qt.MouseButton.LeftButton, pos=point)


def test_a_double_click_on_a_synthesized_picture_shows_it_large(window, studio, made, qtbot):
    window.acts.trigger("show_synthesized")
    made.send(pattern=made.pattern())
    double_click(window, qtbot, 9)
    overlay = window.overlays.compare
    assert not overlay.isVisible()
    best = make_made(key=5)
    page(window, made, best, make_made(key=6))
    assert overlay.isVisible()
    assert overlay.pictures == (best,)
    assert not window.grid_panel.is_enlarged


def test_a_double_click_on_an_empty_place_says_that_there_is_no_picture(window, studio, made, qtbot):
    window.acts.trigger("show_synthesized")
    made.send(pattern=made.pattern())
    said = []
    window.controller.flashed.connect(said.append)
    double_click(window, qtbot, 9)
    page(window, made)
    assert said == ["blocks.0/9 has no synthesized picture yet"]
    assert not window.overlays.compare.isVisible()


# layout


def test_a_layout_of_an_earlier_version_leaves_the_panel_closed_and_beside_the_page(make_window, qtbot):
    before = make_window()
    before.removeDockWidget(before.recipe_dock)
    state = before.saveState()
    window = make_window()
    assert window.restoreState(state)
    assert window.recipe_dock.isHidden()
    window.show_recipes(True)
    qtbot.waitUntil(lambda: window.recipe_dock.width() > 200)
    assert window.recipe_dock.geometry().right() < window.page_dock.geometry().left()
    assert window.page_dock.isVisible()


def test_the_window_knows_no_torch_when_it_begins_to_speak_of_synthesis():
    code = (
        "import sys, deepvis.gui.studio_presenter, deepvis.gui.widgets.recipe_panel;"
        "raise SystemExit('torch' in sys.modules or 'deepvis.synthesis' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("width", [1280, 1920])
def test_the_panel_gives_its_width_back_to_the_grid(make_window, qtbot, width):
    window = make_window()
    window.resize(width, 720)
    window.arrange_docks()
    QApplication.processEvents()
    before = window.page_dock.width(), window.grid_panel.width(), window.input_dock.width()
    window.show_recipes(True)
    qtbot.waitUntil(lambda: window.grid_panel.width() < before[1])
    window.recipe_dock.close()
    qtbot.waitUntil(lambda: window.grid_panel.width() == before[1])
    assert (window.page_dock.width(), window.input_dock.width()) == (before[0], before[2])
