"""The section of synthesized pictures."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt

from deepvis.gui.widgets.page_parts import Words
from deepvis.gui.widgets.synthesis_section import SynthesisSection
from deepvis.live.studio_news import StudioPhase
from tests.gui.made_up import make_made, make_state

WHY = Words("None yet.", action="Synthesize")


@pytest.fixture
def section(shown):
    made = shown(SynthesisSection("Synthesized"), 216, 500)
    made.set_pictures((), WHY)
    return made


def test_where_there_is_nothing_the_reason_and_a_button_stand(section, qtbot):
    assert section.words() == "None yet."
    with qtbot.waitSignal(section.synthesize_asked):
        qtbot.mouseClick(section._words._button, Qt.MouseButton.LeftButton)


def test_the_button_of_the_title_starts_and_stops(section, qtbot):
    assert section._start.isVisible()
    with qtbot.waitSignal(section.synthesize_asked):
        qtbot.mouseClick(section._start, Qt.MouseButton.LeftButton)
    section.show_state(make_state())
    assert section._start.text() == "cancel"
    with qtbot.waitSignal(section.cancel_asked):
        qtbot.mouseClick(section._start, Qt.MouseButton.LeftButton)
    section.show_state(make_state(StudioPhase.DONE))
    assert section._start.text() == "synthesize"


def test_the_words_of_the_button_change_and_nothing_moves(section):
    before = section._settings.geometry(), section._start.geometry()
    section.show_state(make_state())
    assert (section._settings.geometry(), section._start.geometry()) == before


def test_the_settings_are_one_click_away(section, qtbot):
    with qtbot.waitSignal(section.settings_asked):
        qtbot.mouseClick(section._settings, Qt.MouseButton.LeftButton)


def test_a_growing_picture_takes_the_place_of_the_reason(section):
    section.expect()
    assert section.filled
    assert section.running
    section.show_state(make_state())
    assert section.ascent.isVisible()
    section.show_state(None)
    assert not section.filled
    assert section.words() == "None yet."


def test_what_is_shown_large_is_not_shown_twice(section):
    section.set_pictures((make_made(key=5), make_made(key=11)), WHY)
    assert len(section.strip.pictures) == 2
    section.show_state(make_state(StudioPhase.DONE))
    assert [picture.made.key for picture in section.strip.pictures] == [5]
    assert [picture.made.key for picture in section.pictures] == [11, 5]
    section.set_pictures((make_made(key=11), make_made(key=5)), WHY)
    assert [picture.made.key for picture in section.strip.pictures] == [5]
    section.show_state(None)
    assert len(section.strip.pictures) == 2


def test_a_picture_of_the_packaged_gallery_that_is_shown_large_is_not_shown_twice(section):
    packaged = make_made(key=11, removable=False)
    others = (make_made(key=12, removable=False, seed=1), make_made(key=13, removable=False, value=7.0))
    section.set_pictures((packaged, *others), WHY)
    section.show_state(make_state(StudioPhase.DONE, keys=[0]))
    assert section.strip.pictures == others


def test_a_picture_of_another_gallery_is_not_taken_for_one_with_the_same_key(section):
    other = make_made(key=11, removable=False, recipe="old")
    section.set_pictures((other,), WHY)
    section.show_state(make_state(StudioPhase.DONE))
    assert section.strip.pictures == (other,)


def test_a_failure_says_why_and_offers_another_try(section, qtbot):
    section.set_pictures((make_made(),), WHY)
    section.show_state(make_state(StudioPhase.FAILED, problem="The memory is full. Choose a smaller size."))
    assert section._trouble.isVisible()
    assert section._trouble.words() == "The memory is full. Choose a smaller size."
    assert len(section.strip.pictures) == 1
    with qtbot.waitSignal(section.synthesize_asked):
        qtbot.mouseClick(section._trouble._button, Qt.MouseButton.LeftButton)
    section.expect()
    assert section._trouble.isHidden()


def test_after_a_cancel_the_place_is_free_and_says_so(section):
    section.show_state(make_state())
    section.show_state(make_state(StudioPhase.CANCELED))
    assert not section.growing
    assert "Canceled" in section.words()


def test_another_unit_finds_the_places_kept_and_nothing_of_the_unit_before(section):
    section.set_pictures((make_made(),), WHY)
    section.show_state(make_state())
    tall = section.sizeHint().height()
    section.blank()
    assert not section.running
    assert section.pictures == ()
    assert section.sizeHint().height() == tall
    section.set_pictures((), WHY)
    assert not section.growing
    assert section.words() == "None yet."


def test_discarded_pictures_are_offered_back(section, qtbot):
    section.offer_back("Discarded: clear · seed 0")
    assert section.filled
    with qtbot.waitSignal(section.put_back_asked):
        qtbot.mouseClick(section._discarded._button, Qt.MouseButton.LeftButton)
    section.offer_back("")
    assert not section.filled


def test_chosen_pictures_are_framed_and_can_be_compared(section, qtbot):
    from deepvis.gui.widgets.made_words import key_of

    first, second = make_made(key=5), make_made(key=6)
    section.set_pictures((first, second), WHY)
    with qtbot.waitSignal(section.picture_chosen) as chosen:
        middle = section.strip.tile_rect(1).center()
        qtbot.mouseClick(section.strip, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, middle)
    assert chosen.args == [second]
    section.set_chosen(frozenset({key_of(second), key_of(first)}))
    assert [tile.chosen for tile in section.strip.tiles] == [True, True]
    with qtbot.waitSignal(section.compare_asked):
        qtbot.mouseClick(section._compare._button, Qt.MouseButton.LeftButton)


def test_a_lone_picture_is_large_and_has_one_line_below_it(section):
    section.set_pictures((make_made(),), WHY)
    assert section.strip.tile_rect(0).width() == 216
    (tile,) = section.strip.tiles
    assert (tile.left, tile.right, tile.lines) == ("clear · seed 0", "31.2  ·  1.5× max", 1)
    section.set_pictures((make_made(), make_made(key=6)), WHY)
    assert section.strip.tile_rect(0).width() < 120
    assert section.strip.tiles[0].lines == 2


def test_values_can_be_left_out(section):
    section.set_pictures((make_made(), make_made(key=6)), WHY)
    section.set_scores_shown(False)
    assert section.strip.tiles[0].lines == 1
    section.show_state(make_state())
    assert section.ascent.strip.tiles[0].right == ""


def test_a_folded_section_hides_its_buttons(section):
    section.header.setChecked(False)
    assert not section._start.isVisible()
