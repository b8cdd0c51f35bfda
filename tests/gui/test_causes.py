"""The window while units are changed, and the panel of causes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtCore import Qt

from deepvis.causes import CauseWish, ChangeKind, Intervention
from deepvis.gui.cause_presenter import NO_PREDICTIONS, WAITING
from deepvis.gui.theme import SPACE
from deepvis.gui.unit_menu import unit_menu
from deepvis.live.cause_result import Baseline, Causes, ClassMove, Does, Feed, Feeds
from deepvis.live.events import ModelReady
from deepvis.records import Prediction

MOVES = (ClassMove(2, "espresso", 0.25, 0.75, 1.5), ClassMove(1, "tiger cat", 0.75, 0.125, -2.0))
FEEDS = Feeds(
    "stem",
    ("stem",),
    4.0,
    (1, 2),
    (Feed(7, "", -1.9, -2.0), Feed(3, "", 0.5)),
    total=32,
    measured=1,
    wanted=5,
    mapped=True,
)


@pytest.fixture
def arrive(window, info, answer):
    """Let the answer to the present view arrive, with these changes of it."""

    def send(**changes):
        result = answer(window.controller.view, info, **changes)
        window.controller.session.result = replace(result, summary=result.grid.summary)
        window.controller.fetch()

    return send


@pytest.fixture
def panel(window, qtbot):
    window.acts.trigger("toggle_cause")
    qtbot.waitUntil(lambda: window.cause_dock.is_seen)
    return window.cause_dock.panel


def view(window):
    return window.controller.view


def test_the_key_mutes_the_selected_unit_and_takes_it_back(window, qtbot):
    window.controller.go("blocks.0", 7)
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    assert view(window).changes == (Intervention("blocks.0", 7),)
    assert window.acts["toggle_mute"].isChecked()
    qtbot.keyClick(window, Qt.Key.Key_Delete)
    assert view(window).changes == ()
    assert not window.acts["toggle_mute"].isChecked()


def test_a_badge_tells_of_changes_wherever_one_looks_and_takes_them_back(window, qtbot):
    badge = window.bar.badge
    assert not badge.isVisible()
    for unit in (1, 2, 3):
        window.controller.go("blocks.0", unit)
        window.acts.trigger("toggle_mute")
    window.controller.go("classifier", 0)
    qtbot.waitUntil(badge.isVisible)
    assert badge.words == "3 units muted"
    qtbot.mouseClick(badge._clear, Qt.MouseButton.LeftButton)
    assert view(window).changes == ()
    qtbot.waitUntil(lambda: not badge.isVisible())


def test_the_badge_leads_to_the_panel(window, qtbot):
    window.acts.trigger("toggle_mute")
    qtbot.waitUntil(window.bar.badge.isVisible)
    qtbot.mouseClick(window.bar.badge._words, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.cause_dock.is_seen)


def test_esc_does_not_take_changes_back(window, qtbot):
    window.controller.go("blocks.0", 7)
    window.acts.trigger("toggle_mute")
    for _ in range(3):
        qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert view(window).changes == (Intervention("blocks.0", 7),)
    qtbot.waitUntil(window.bar.badge.isVisible)


def test_another_network_takes_changes_back_and_says_so(window, info):
    window.acts.trigger("toggle_mute")
    window.controller.take(ModelReady(replace(info, name="othernet")))
    assert view(window).changes == ()
    assert "1 changed unit was taken back: othernet" in window.voice.complaints[-1]


def test_a_layer_that_cannot_be_changed_says_why(window, panel):
    window.controller.go("softmax", 1)
    window.acts.trigger("toggle_mute")
    assert view(window).changes == ()
    assert "softmax/1 cannot be changed" in window.voice.complaints[-1]
    assert not panel.kinds[ChangeKind.MUTE].isEnabled()
    assert "It cannot be changed" in panel.fixed.words


def test_tiles_of_changed_units_are_marked_and_told(window, arrive):
    window.controller.go("blocks.0", 7)
    window.acts.trigger("toggle_mute")
    arrive()
    grid = window.grid_panel.grid
    assert grid._changed == {7}
    assert grid._hover_text(7, (0, 0)).endswith("muted")
    assert not grid._hover_text(8, (0, 0)).endswith("muted")
    window.controller.go("blocks.1", 7)
    assert grid._changed == frozenset()


def test_a_marked_tile_looks_different(window, arrive):
    window.controller.go("blocks.0", 3)
    arrive()
    before = window.grid_panel.grid.grab().toImage()
    window.grid_panel.grid.set_changed(frozenset({7}))
    assert window.grid_panel.grid.grab().toImage() != before


def test_the_menu_of_a_tile_offers_what_can_be_done(window):
    words = [action.text() for action in unit_menu(window, 3).actions()]
    assert {"Mute this unit", "Scale this unit…", "Clamp this unit…"} <= set(words)


def test_scaling_from_the_menu_opens_the_panel_with_a_factor_to_set(window, qtbot):
    window.controller.go("blocks.0", 7)
    window.acts.trigger("scale_unit")
    qtbot.waitUntil(lambda: window.cause_dock.is_seen)
    (row,) = window.cause_dock.panel.rows()
    assert row.factor.isVisible()
    row.factor.setValue(-1.5)
    assert view(window).changes[0].value == -1.5
    window.acts.trigger("scale_unit")
    assert view(window).changes[0].value == -1.5


def test_the_slider_keeps_its_row_while_it_moves(window, panel):
    panel.kind_asked.emit(ChangeKind.SCALE)
    (row,) = panel.rows()
    row.factor_slider.setValue(row.factor_slider.maximum())
    assert view(window).changes[0].value == 4
    assert panel.rows() == [row]
    assert row.factor.value() == 4


def test_clamping_begins_between_zero_and_half_the_maximum_and_bounds_push_each_other(window, panel, arrive):
    window.controller.go("blocks.0", 8)
    arrive()
    panel.kind_asked.emit(ChangeKind.CLAMP)
    (row,) = panel.rows()
    assert (row.low.value(), row.high.value()) == (0, 4)
    row.low.setValue(6)
    assert (view(window).changes[0].low, view(window).changes[0].high) == (6, 6)
    row.high.setValue(-1)
    assert (view(window).changes[0].low, view(window).changes[0].high) == (-1, -1)


def test_a_change_can_be_turned_off_turned_into_another_and_removed(window, panel):
    panel.kind_asked.emit(ChangeKind.MUTE)
    (row,) = panel.rows()
    row.on.click()
    assert not view(window).changes[0].on
    assert window.bar.badge.words == ""
    panel.kind_chosen.emit("blocks.0", view(window).unit, ChangeKind.SCALE)
    assert view(window).changes[0].kind is ChangeKind.SCALE
    row.remove.click()
    assert view(window).changes == ()
    assert panel.rows() == []
    assert panel.none.isVisible()


def test_a_line_below_a_section_keeps_its_distance_from_the_words_above_it(panel):
    above = panel.none.geometry().translated(panel._changes_body.pos())
    assert panel.feeds_header.y() - above.bottom() > SPACE


def test_the_same_button_again_takes_the_change_back(window, panel):
    for kind in ChangeKind:
        panel.kinds[kind].click()
        assert view(window).changes[0].kind is kind
        assert panel.kinds[kind].isChecked()
        panel.kinds[kind].click()
        assert view(window).changes == ()
        assert not panel.kinds[kind].isChecked()


def test_a_click_on_a_change_goes_to_its_unit(window, panel):
    panel.kind_asked.emit(ChangeKind.MUTE)
    unit = view(window).unit
    window.controller.go("blocks.1", 2)
    panel.rows()[0].clicked.emit()
    assert (view(window).layer, view(window).unit) == ("blocks.0", unit)


def test_predictions_show_the_answer_without_changes_beside_the_changed_one(window, arrive):
    predictions = window.input_panel.predictions
    window.acts.trigger("toggle_mute")
    arrive()
    before = predictions.grab().toImage()
    arrive(baseline=Baseline((Prediction(1, "tiger cat", 0.5),), (0.5, 0.375), 1.0, 2.0, MOVES))
    assert predictions._before == (0.5, 0.375)
    assert predictions.grab().toImage() != before
    window.acts.trigger("clear_changes")
    arrive()
    assert predictions._before == ()


def test_the_unit_page_tells_what_the_unit_was_worth_without_changes(window, arrive):
    window.acts.trigger("toggle_mute")
    arrive(baseline=Baseline((), (), 1.0, 12.5, ()))
    assert ("without changes", "12.5") in window.page._facts._facts


def test_what_the_changes_move_is_listed_and_leads_to_the_class(window, panel, arrive):
    window.acts.trigger("toggle_mute")
    arrive(baseline=Baseline((), (), 1.0, 2.0, MOVES))
    assert [row.left for row in panel.moved.rows] == ["espresso", "tiger cat"]
    assert panel.moved.rows[0].right == "25.0 → 75.0 %"
    assert panel.moved.shares() == pytest.approx((0.8, -1.0))
    panel.moved.row_clicked.emit(2)
    assert (view(window).layer, view(window).unit) == ("classifier", 2)


def test_without_predictions_it_is_said_how_to_see_what_the_changes_move(window, panel, arrive):
    window.acts.trigger("toggle_mute")
    window.acts.trigger("toggle_predictions")
    arrive(baseline=Baseline((), (), 1.0, 2.0, ()))
    assert panel.moved_words.words == NO_PREDICTIONS


def test_causes_are_asked_for_only_while_they_are_to_be_seen(window, panel, qtbot):
    assert view(window).causes == CauseWish(feeds=True, does=True)
    panel.feeds_header.click()
    assert view(window).causes == CauseWish(does=True)
    window.page_dock.raise_()
    qtbot.waitUntil(lambda: not window.cause_dock.is_seen)
    assert view(window).causes == CauseWish()
    assert not window.acts["toggle_cause"].isChecked()
    window.acts.trigger("toggle_cause")
    qtbot.waitUntil(lambda: view(window).causes == CauseWish(does=True))
    window.acts.trigger("toggle_cause")
    qtbot.waitUntil(lambda: view(window).causes == CauseWish())
    assert window.cause_dock.isHidden()


def test_the_key_of_the_unit_page_brings_it_back_before_the_panel(window, panel, qtbot):
    window.acts.trigger("toggle_unit_page")
    qtbot.waitUntil(lambda: not window.cause_dock.is_seen)
    assert window.acts["toggle_unit_page"].isChecked()
    window.acts.trigger("toggle_unit_page")
    assert window.page_dock.isHidden()


def test_what_feeds_the_unit_is_listed_with_how_it_was_found(window, panel, arrive):
    window.controller.go("blocks.0", 7)
    arrive(causes=Causes("blocks.0", 7, FEEDS, Does(MOVES)))
    assert [row.left for row in panel.feeds.rows] == ["#7", "#3"]
    assert panel.feeds.rows[0].right == "−50 %   −2.00"
    assert (panel.feeds.rows[0].sure, panel.feeds.rows[1].sure) == (True, False)
    assert panel.feeds.rows[0].tick == -1.9
    assert "measured for 1 of 5" in panel.feeds_words.words
    assert panel.inputs.currentText() == "stem"
    assert [row.left for row in panel.does.rows] == ["espresso", "tiger cat"]
    panel.feeds.row_clicked.emit(7)
    assert (view(window).layer, view(window).unit) == ("stem", 7)


def test_numbers_of_another_unit_are_taken_away_when_the_new_ones_are_late(window, panel, arrive, qtbot):
    window.controller.go("blocks.0", 7)
    arrive(causes=Causes("blocks.0", 7, FEEDS, Does(MOVES)))
    window.controller.go("blocks.0", 8)
    arrive(causes=Causes("blocks.0", 7, FEEDS, Does(MOVES)))
    qtbot.waitUntil(lambda: panel.feeds_words.words == WAITING)
    assert panel.feeds.rows == panel.does.rows == ()


def test_where_no_layer_comes_before_there_is_nothing_to_choose(window, panel, arrive):
    window.controller.go("blocks.0", 7)
    arrive(causes=Causes("blocks.0", 7, Feeds("", (), reason="No layer comes before."), Does(MOVES)))
    assert not panel.inputs.isVisible()
    assert not panel.mean.isVisible()
    assert panel.feeds_words.words == "No layer comes before."
    arrive(causes=Causes("blocks.0", 7, FEEDS, Does(MOVES)))
    assert panel.inputs.isVisible()
    assert panel.mean.isVisible()


def test_the_panel_names_the_class_of_a_class_unit(window, panel, info):
    window.controller.go("classifier", 2)
    assert panel.unit.text == f"classifier / 2  {info.labels[2]}"


def test_the_earlier_layer_and_the_mean_are_asked_for(window, panel):
    panel.set_feeds("blocks.0", ("stem", "blocks.0"), "", ())
    panel.inputs_chosen.emit("stem")
    panel.mean.click()
    assert view(window).causes == CauseWish(feeds=True, does=True, whole=True, inputs="stem")
