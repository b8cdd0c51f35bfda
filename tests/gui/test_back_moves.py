"""How keys and choices change the backward view."""

from __future__ import annotations

import pytest

from deepvis.gui import back_moves
from deepvis.records import Backward, BackView, Method, SeedKind, Stage, Target, View

ON = Backward(method=Method.GRADIENT)


def gone_through(step, start, by, count, field):
    seen = []
    for _ in range(count):
        start = step(start, by)
        seen.append(getattr(start, field))
    return seen


def test_b_goes_through_the_three_methods_of_the_fork_and_off():
    forwards = [Method.GRADIENT, Method.DECONVNET, Method.GUIDED, None]
    assert gone_through(back_moves.next_method, Backward(), 1, 4, "method") == forwards
    assert gone_through(back_moves.next_method, Backward(), -1, 4, "method") == [*forwards[2::-1], None]


def test_a_method_that_b_does_not_reach_is_left_for_off():
    assert back_moves.next_method(Backward(method=Method.SMOOTHGRAD), 1).method is None


def test_n_goes_through_the_six_views_and_the_method_stays():
    seen = gone_through(back_moves.next_view, ON, 1, 6, "view")
    assert seen == [*list(BackView)[1:], BackView.RAW]
    assert back_moves.next_view(ON, -1) == Backward(method=Method.GRADIENT, view=BackView.HISTOGRAM)


def test_m_begins_with_the_color_maps_of_the_fork():
    assert gone_through(back_moves.next_colormap, ON, 1, 3, "colormap") == ["gray", "jet", "plasma"]


def test_every_color_map_can_be_reached_once():
    every = gone_through(back_moves.next_colormap, ON, 1, len(back_moves.BACK_COLORMAPS), "colormap")
    assert sorted(every) == sorted(back_moves.COLORMAPS)


@pytest.mark.parametrize("stage", [Stage.EXEMPLARS, Stage.CORRELATION])
def test_a_from_another_page_goes_to_the_grid_with_gradients_and_turns_the_view_on(stage):
    view = back_moves.toggle_gradients(View(stage=stage))
    assert (view.stage, view.back.gradients, view.back.method) == (Stage.ACTIVATIONS, True, Method.GRADIENT)


def test_a_again_shows_activations_and_the_view_stays_on():
    view = back_moves.toggle_gradients(View(back=Backward(method=Method.GUIDED, gradients=True)))
    assert (view.back.gradients, view.back.method) == (False, Method.GUIDED)


def test_a_from_another_page_goes_to_the_gradients_that_were_on_before():
    view = View(stage=Stage.EXEMPLARS, back=Backward(method=Method.GUIDED, gradients=True))
    assert back_moves.toggle_gradients(view).back.gradients


def test_what_is_off_shows_no_gradients_and_checks_nothing():
    back = back_moves.changed(Backward(method=Method.GRADIENT, gradients=True, checks=True), method=None)
    assert (back.gradients, back.checks) == (False, False)


def test_another_start_changes_the_frozen_one_and_not_its_place():
    frozen = Backward(method=Method.GRADIENT, origin=Target("stem", 3, position=(1, 2)))
    back = back_moves.changed(frozen, seed=SeedKind.CLASS, class_index=4)
    assert back.origin == Target("stem", 3, SeedKind.CLASS, (1, 2), class_index=4)
    assert (back.seed, back.class_index) == (SeedKind.CLASS, 4)


def test_another_method_leaves_the_frozen_origin_alone():
    origin = Target("stem", 3)
    assert back_moves.changed(Backward(origin=origin), method=Method.GUIDED).origin == origin


def test_another_network_has_neither_the_frozen_origin_nor_the_chosen_classes():
    back = Backward(Method.GUIDED, origin=Target("stem", 3), class_index=1, other_class=2, checks=True)
    assert back_moves.of_another_model(View(back=back)).back == Backward(Method.GUIDED)


@pytest.mark.parametrize(
    ("back", "said"),
    [
        (Backward(), "stem/5"),
        (Backward(origin=Target("blocks.0", 7)), "blocks.0/7"),
        (Backward(seed=SeedKind.CLASS), "first answer"),
        (Backward(seed=SeedKind.CLASS, class_index=2), "espresso"),
        (Backward(seed=SeedKind.CLASS, class_index=900), "class 900"),
        (Backward(seed=SeedKind.DIFFERENCE, class_index=2), "espresso − next answer"),
        (Backward(seed=SeedKind.DIFFERENCE, other_class=0), "first answer − tabby"),
    ],
)
def test_where_the_pass_starts_is_told_in_words(info, back, said):
    assert back_moves.origin_text(View(layer="stem", unit=5, back=back), info) == said


@pytest.mark.parametrize(
    ("back", "colored"),
    [
        (Backward(Method.GRADIENT, BackView.NORM_BLUR), True),
        (Backward(Method.GRADIENT, BackView.RAW), False),
        (Backward(Method.GRAD_CAM, BackView.RAW), True),
        (Backward(Method.GRAD_CAM, BackView.HISTOGRAM), False),
    ],
)
def test_a_color_map_plays_a_part_where_there_is_heat(back, colored):
    assert back_moves.is_colored(back) is colored
