"""What a view asks for of the backward view."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.kinds import Method, SeedKind
from deepvis.live.back_wish import back_wish, title
from deepvis.records import SOFTMAX, Backward, GridView, LayerInfo, Prediction, Stage, Target, UnitPane, View

LAYER = LayerInfo("body", "Conv2d", 6, 4, 5)
BACK = Backward(Method.GRADIENT, height=30, width=40)
VIEW = View("tiny", "body", 2, predictions=False, back=BACK)
GRID = GridView(height=60, width=80)


def wish(view=VIEW, **back):
    return back_wish(replace(view, back=replace(view.back, **back)), LAYER)


@pytest.mark.parametrize(
    "back", [{"method": None}, {"height": 0}, {"width": 0}, {"method": None, "gradients": True, "checks": True}]
)
def test_what_is_off_or_has_no_pane_asks_for_nothing(back):
    assert wish(**back) is None


def test_gradients_are_asked_for_where_maps_are_shown_even_without_a_pane_of_their_own():
    hidden = {"height": 0, "gradients": True}
    assert wish(**hidden) is None
    for view in (replace(VIEW, grid=GRID), replace(VIEW, pane=UnitPane(20, 20))):
        asked = wish(view, **hidden)
        assert asked.gradients
        assert not asked.picture
        assert not asked.checks
        assert wish(replace(view, stage=Stage.EXEMPLARS), **hidden) is None
        assert not wish(replace(view, stage=Stage.ACTIVITY), gradients=True).gradients


def test_a_unit_and_a_position_beyond_the_end_are_the_last_ones():
    asked = wish(replace(VIEW, unit=99, position=(9, 9)), seed=SeedKind.POSITION)
    assert asked.target == Target("body", 5, SeedKind.POSITION, (3, 4))


def test_a_click_or_a_class_that_the_seed_does_not_ask_for_changes_nothing():
    clicked = replace(VIEW, position=(1, 1))
    for seed in (SeedKind.CHANNEL, SeedKind.MAXIMUM, SeedKind.CLASS, SeedKind.DIFFERENCE):
        assert wish(clicked, seed=seed) == wish(seed=seed)
    assert wish(clicked, seed=SeedKind.POSITION) != wish(seed=SeedKind.POSITION)
    assert wish(class_index=3) == wish()
    assert wish(seed=SeedKind.CLASS, class_index=3, other_class=1).target.other_class is None


def test_a_frozen_origin_stays_while_another_unit_is_selected():
    origin = Target("stem", 1, SeedKind.MAXIMUM)
    asked = wish(replace(VIEW, unit=4), origin=origin)
    assert asked.target == origin
    assert asked.frozen
    assert asked.viewed == {"body"}
    assert not wish().frozen
    assert wish().viewed == {"body"}


def test_the_pass_goes_to_the_end_only_for_whoever_needs_the_end():
    assert not wish().to_the_end
    assert wish(replace(VIEW, predictions=True)).to_the_end
    assert wish(seed=SeedKind.CLASS).to_the_end
    assert wish(seed=SeedKind.DIFFERENCE).to_the_end
    assert wish(origin=Target(SOFTMAX, 1)).to_the_end


LABELS = ("tench", "espresso", "cup")
PREDICTIONS = (Prediction(1, "espresso", 0.6), Prediction(2, "cup", 0.2))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Target("blocks.4.1", 37), "blocks.4.1/37"),
        (Target("head", 1, SeedKind.POSITION, (0, 0)), "head/1"),
        (Target("body", 0, SeedKind.CLASS, class_index=1), "espresso"),
        (Target("body", 0, SeedKind.CLASS), "espresso"),
        (Target("body", 0, SeedKind.CLASS, class_index=7), "class 7"),
        (Target("body", 0, SeedKind.DIFFERENCE, class_index=1, other_class=2), "espresso − cup"),
        (Target("body", 0, SeedKind.DIFFERENCE), "espresso − cup"),
        (Target("body", 0, SeedKind.DIFFERENCE, class_index=2), "cup − espresso"),
        (Target("body", 0, SeedKind.DIFFERENCE, class_index=0), "tench − espresso"),
    ],
)
def test_a_target_is_called_by_its_address_or_by_its_classes(target, expected):
    assert title(target, LABELS, PREDICTIONS) == expected


def test_classes_that_nobody_knows_are_called_by_their_place():
    target = Target("body", 0, SeedKind.DIFFERENCE)
    assert title(target, (), ()) == "first answer − next answer"
    assert title(replace(target, seed=SeedKind.CLASS), (), PREDICTIONS) == "class 1"
