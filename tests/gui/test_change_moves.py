"""How units are changed, from a view to a view."""

from __future__ import annotations

import math

import pytest

from deepvis.causes import ChangeKind, Intervention
from deepvis.gui import change_moves
from deepvis.records import View

VIEW = View(model="toynet", layer="stem", unit=3)


def test_muting_twice_is_nothing():
    muted = change_moves.toggle_mute(VIEW)
    assert muted.changes == (Intervention("stem", 3),)
    assert change_moves.is_muted(muted, "stem", 3)
    assert change_moves.toggle_mute(muted) == VIEW


def test_muting_takes_the_place_of_another_change_and_turns_on_one_that_is_off():
    for before in (Intervention("stem", 3, ChangeKind.SCALE, value=2), Intervention("stem", 3, on=False)):
        view = change_moves.with_change(VIEW, before)
        assert change_moves.toggle_mute(view).changes == (Intervention("stem", 3),)


def test_a_unit_has_one_change_and_keeps_its_place_in_the_list():
    view = change_moves.with_change(VIEW, Intervention("stem", 1))
    view = change_moves.with_change(view, Intervention("body", 1))
    scaled = Intervention("stem", 1, ChangeKind.SCALE, value=3)
    assert change_moves.with_change(view, scaled).changes == (scaled, Intervention("body", 1))
    assert change_moves.without_change(view, "stem", 1).changes == (Intervention("body", 1),)
    assert change_moves.without_changes(view) == VIEW


@pytest.mark.parametrize(
    ("maximum", "bounds"), [(13.0, (0.0, 6.5)), (-4.0, (-2.0, 0.0)), (math.nan, (0.0, 0.0)), (0.0, (0.0, 0.0))]
)
def test_bounds_begin_between_zero_and_half_of_the_maximum(maximum, bounds):
    change = change_moves.begun(ChangeKind.CLAMP, "stem", 3, maximum)
    assert (change.low, change.high) == bounds


def test_only_units_of_the_viewed_layer_that_are_changed_now_are_marked():
    changes = (Intervention("stem", 1), Intervention("stem", 2, on=False), Intervention("body", 3))
    assert change_moves.changed_units(View(changes=changes), "stem") == {1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ((), ""),
        ((Intervention("a", 1, on=False),), ""),
        ((Intervention("a", 1),), "1 unit muted"),
        ((Intervention("a", 1), Intervention("b", 1)), "2 units muted"),
        ((Intervention("a", 1), Intervention("b", 1, ChangeKind.SCALE, value=2)), "2 units changed"),
    ],
)
def test_what_is_changed_is_told_in_a_few_words(changes, words):
    assert change_moves.summary(changes) == words


def test_another_model_does_away_with_changes_and_the_same_one_keeps_those_that_fit(info):
    view = View(changes=(Intervention("stem", 3), Intervention("stem", 99), Intervention("softmax", 1)))
    words, other = change_moves.of_another_model(view, info, same=False)
    assert other.changes == ()
    assert words.startswith("3 changed units were taken back")
    words, again = change_moves.of_another_model(view, info, same=True)
    assert again.changes == (Intervention("stem", 3),)
    assert words.startswith("2 changed units were")
    assert change_moves.of_another_model(again, info, same=True) == ("", again)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Intervention("a", 1), "muted"),
        (Intervention("a", 1, ChangeKind.SCALE, value=-0.5), "× −0.5"),
        (Intervention("a", 1, ChangeKind.CLAMP, low=-1, high=2.25), "−1 … 2.25"),
        (Intervention("a", 1, ChangeKind.CLAMP, high=2), "−∞ … 2"),
        (Intervention("a", 1, ChangeKind.CLAMP, low=3, high=3), "held at 3"),
    ],
)
def test_a_change_tells_what_it_does(change, words):
    assert change.words == words
