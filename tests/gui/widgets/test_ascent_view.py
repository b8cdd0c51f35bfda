"""A synthesis that goes on, and the curve of its objective."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from deepvis.gui.widgets.ascent_view import AscentView
from deepvis.gui.widgets.ascent_words import curve_tip, fraction, left_words, pictures_of, progress_words
from deepvis.gui.widgets.curve_items import value_range
from deepvis.gui.widgets.curve_plot import CurvePlot
from deepvis.live.studio_news import Start, StudioPhase
from tests.gui.made_up import make_state


@pytest.fixture
def view(shown):
    return shown(AscentView(), 216, 400)


# words


def test_the_line_tells_the_step_and_what_is_left():
    assert progress_words(make_state()) == ("Step 48 of 128", "under 10 s left")
    assert progress_words(make_state(attempt=1)) == ("Second try: step 48 of 128", "under 10 s left")
    assert progress_words(make_state(step=0)) == ("Starting…", "")


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (StudioPhase.WAITING, ("Starting…", "")),
        (StudioPhase.PARKED, ("Interrupted at step 48", "goes on by itself")),
        (StudioPhase.DONE, ("Done in 2 s", "")),
    ],
)
def test_the_line_tells_every_phase(phase, words):
    assert progress_words(make_state(phase)) == words


def test_who_waits_for_another_one_says_so():
    assert progress_words(make_state(StudioPhase.WAITING, waiting=1)) == ("Waiting", "for another synthesis")


def test_pictures_that_left_the_gallery_say_so():
    assert progress_words(make_state(StudioPhase.DONE, keys=[0]))[0] == "Not in the gallery"


def test_the_time_left_is_rounded_for_people():
    assert left_words(None) == ""
    assert left_words(0.2) == "under 10 s left"
    assert {left_words(seconds) for seconds in (13, 15, 16)} == {"about 15 s left"}
    assert left_words(130) == "about 2 min left"


def test_a_part_is_known_once_there_was_a_step():
    assert fraction(make_state(step=0)) is None
    assert fraction(make_state(step=64)) == 0.5


def test_there_is_one_picture_per_seed_with_what_is_known_of_it():
    first, second = pictures_of(make_state(wish={"seeds": (4, 9)}))
    assert (first.made.seed, second.made.seed) == (4, 9)
    assert first.value == pytest.approx(30)
    assert first.made.key == 0
    assert not first.made.removable
    done = pictures_of(make_state(StudioPhase.DONE, wish={"start": Start.FRAME}))[0]
    assert (done.value, done.made.key, done.made.removable, done.made.start) == (31.2, 11, True, "the frame")


# the view


def test_the_place_of_the_picture_is_kept_from_before_the_beginning_to_after_the_end(view, qtbot):
    heights = []
    view.expect()
    heights.append(view.layout().totalHeightForWidth(216))
    for state in (make_state(step=0), make_state(step=1), make_state(), make_state(StudioPhase.DONE)):
        view.show_state(state)
        heights.append(view.layout().totalHeightForWidth(216))
    assert len(set(heights)) == 1, heights


def test_nothing_is_painted_before_there_is_a_picture(view):
    view.expect(2)
    assert view.pictures == ()
    assert view.strip.is_blank
    view.show_state(make_state(step=0))
    assert view.pictures == ()
    view.show_state(make_state())
    assert len(view.pictures) == 1


def test_a_finished_picture_can_be_kept_discarded_and_put_back(view, qtbot):
    view.show_state(make_state())
    assert view.stored.isHidden()
    assert view.discard.isHidden()
    view.show_state(make_state(StudioPhase.DONE))
    assert view.stored.isVisible()
    assert view.stored.text() == "In the gallery"
    with qtbot.waitSignal(view.discard_asked):
        qtbot.mouseClick(view.discard, Qt.MouseButton.LeftButton)
    assert view.back.isHidden()
    view.show_state(make_state(StudioPhase.DONE, keys=[0]))
    assert view.discard.isHidden()
    with qtbot.waitSignal(view.back_asked):
        qtbot.mouseClick(view.back, Qt.MouseButton.LeftButton)


def test_in_a_narrow_page_no_word_of_the_line_is_cut(view):
    view.show_state(make_state(StudioPhase.DONE))
    view.setFixedWidth(190)
    QApplication.processEvents()
    assert view.stored.text() == "stored"
    assert view._doing.shown_text() == "Done in 2 s"


def test_the_reason_of_a_unit_that_stayed_off_stands_below_its_picture(view):
    view.show_state(make_state(StudioPhase.DONE, reason="Its weights are zero."))
    assert view._reason.words == "Its weights are zero."
    assert view._reason.isVisible()
    assert view.strip.tiles[0].badges == ("stayed off",)


def test_a_further_try_says_why(view):
    view.show_state(make_state())
    assert view._bar.toolTip() == ""
    view.show_state(make_state(attempt=1))
    assert (
        view._bar.toolTip()
        == "Second try, from other noise: the one before left the unit off, or showed little of its class."
    )


# the curve


def test_the_curve_tells_what_it_shows_and_that_turning_off_rises_too(view):
    view.show_state(make_state())
    assert view.curve.toolTip() == curve_tip(make_state())
    assert "random transforms" in view.curve.toolTip()
    assert "minus" not in view.curve.toolTip()
    view.show_state(make_state(wish={"negative": True}))
    assert "minus the activation" in view.curve.toolTip()


def test_the_figure_below_a_growing_picture_is_the_activation_also_where_minus_it_is_sought(view):
    view.show_state(make_state())
    excited = view.pictures[0].value
    view.show_state(make_state(wish={"negative": True}))
    assert excited > 0
    assert view.pictures[0].value == -excited


def test_the_curve_has_a_line_per_picture_and_the_natural_maximum(view):
    view.show_state(make_state(wish={"seeds": (0, 1, 2)}), natural=20.0)
    plot = view.curve._plot
    assert len(plot._curves) == 3
    places, values = plot._curves[1].getData()
    assert (len(places), places[0]) == (48, 1)
    assert values[-1] == pytest.approx(30)
    assert plot._natural.isVisible()
    assert plot._natural.value() == 20.0
    view.show_state(make_state(), natural=math.nan)
    assert len(plot._curves) == 1
    assert not plot._natural.isVisible()


def test_what_turns_a_unit_off_is_not_drawn_beside_its_natural_maximum(view):
    view.show_state(make_state(wish={"negative": True}), natural=20.0)
    assert not view.curve._plot._natural.isVisible()


def test_the_axis_is_as_long_as_the_ascent_from_the_beginning(view):
    view.show_state(make_state(step=3))
    low, high = view.curve._plot._item.getViewBox().viewRange()[0]
    assert low <= 1
    assert 128 <= high < 140


def test_the_range_holds_zero_all_values_and_the_natural_maximum():
    curve = np.array([[1.0], [np.nan], [5.0]], np.float32)
    low, high = value_range(curve, 20.0)
    assert low == 0
    assert 20 < high < 25
    low, high = value_range(-curve, math.nan)
    assert -6 < low < -5
    assert high >= 0
    low, high = value_range(np.full((2, 1), np.nan, np.float32), math.nan)
    assert low < high


def test_a_curve_that_nobody_sees_is_drawn_when_it_is_seen(shown):
    plot = CurvePlot()
    plot.set_curve(np.ones((4, 1), np.float32), 10)
    assert plot._plot is None
    shown(plot, 200, 110)
    assert plot._plot is not None


def test_the_curve_takes_the_colors_of_another_theme(view, qapp):
    from deepvis.gui.theme import LIGHT, apply_theme

    view.show_state(make_state())
    apply_theme(qapp, "light")
    assert view.curve._plot._curves[0].opts["pen"].color().name() == LIGHT.accent


def test_an_objective_that_is_more_than_the_activation_is_not_told_as_one(view):
    state = make_state(objective="softmax(unit) + 2 * logit(unit)")
    view.show_state(state, natural=20.0)
    assert not view.curve._plot._natural.isVisible()
    assert "softmax(unit) + 2 * logit(unit), which is more than the activation alone" in view.curve.toolTip()
    assert math.isnan(pictures_of(state)[0].value)
    assert not math.isnan(pictures_of(make_state())[0].value)
