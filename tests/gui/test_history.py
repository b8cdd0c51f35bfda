from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from deepvis.gui.history import LONGEST, History
from deepvis.records import View

VIEW = View("m", "a", 0)


def visited(*places) -> History:
    history = History()
    for layer, unit in places:
        history.visit(replace(VIEW, layer=layer, unit=unit))
    return history


def test_back_and_forward_lead_over_the_places_visited():
    history = visited(("a", 0), ("a", 5), ("b", 5))
    view = history.back(replace(VIEW, layer="b", unit=5))
    assert (view.layer, view.unit) == ("a", 5)
    view = history.back(view)
    assert (view.layer, view.unit) == ("a", 0)
    assert not history.can_go_back
    view = history.forward(view)
    assert (view.layer, view.unit) == ("a", 5)


def test_at_the_ends_the_view_stays():
    history = visited(("a", 0))
    assert history.back(VIEW) is VIEW
    assert history.forward(VIEW) is VIEW


def test_going_somewhere_new_forgets_what_was_forward():
    history = visited(("a", 0), ("a", 1))
    history.back(VIEW)
    history.visit(replace(VIEW, unit=7))
    assert not history.can_go_forward
    assert history.back(VIEW).unit == 0


def test_staying_is_no_visit():
    assert not visited(("a", 0), ("a", 0)).can_go_back


def test_before_a_model_runs_there_are_no_places():
    assert not visited(("", 0), ("", 1)).can_go_back


def test_only_place_changes_and_the_rest_of_the_view_stays():
    history = visited(("a", 0), ("b", 3))
    view = history.back(replace(VIEW, layer="b", unit=3, mirror=True, quarter_turns=2))
    assert view == replace(VIEW, mirror=True, quarter_turns=2)


def test_a_chosen_position_is_part_of_the_place():
    history = visited(("a", 0))
    history.visit(replace(VIEW, position=(3, 4)))
    history.visit(replace(VIEW, unit=9))
    assert history.back(VIEW).position == (3, 4)


def test_clearing_forgets_everything():
    history = visited(("a", 0), ("a", 1))
    history.clear()
    assert not history.can_go_back
    assert not history.can_go_forward


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), min_size=1, max_size=LONGEST + 20))
def test_all_the_way_back_and_forward_again_ends_where_it_began(places):
    history = visited(*places)
    view = replace(VIEW, layer=places[-1][0], unit=places[-1][1])
    end, steps = view, 0
    while history.can_go_back:
        view, steps = history.back(view), steps + 1
    assert steps < LONGEST
    while history.can_go_forward:
        view = history.forward(view)
    assert view == end
