"""What is wanted of a synthesis."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.gui.pace_of_work import PaceOfWork
from deepvis.gui.recipe_choice import RecipeChoice, another, recipe_info
from deepvis.live.studio_news import Start
from tests.gui.made_up import OFFER, UNIT, make_made, make_state

BLUR = (("blur", (("sigma", 2.0), ("every", 4))),)


def test_a_choice_of_nothing_is_a_wish_for_the_usual_recipe():
    wish = RecipeChoice().wish(UNIT, OFFER)
    assert (wish.unit, wish.recipe, wish.size, wish.steps, wish.seeds) == (UNIT, "clear", None, None, (0,))
    assert (wish.regularizers, wish.negative, wish.start, wish.again) == (None, False, Start.NOISE, False)


def test_everything_chosen_is_in_the_wish():
    picture = make_made()
    choice = RecipeChoice("old", 96, 20, 3, 5, True, BLUR, Start.PICTURE, picture)
    wish = choice.wish(UNIT, OFFER)
    assert (wish.recipe, wish.size, wish.steps, wish.seeds) == ("old", 96, 20, (5, 6, 7))
    assert (wish.negative, wish.regularizers, wish.start) == (True, BLUR, Start.PICTURE)
    assert wish.start_rgb is picture.rgb
    assert wish.start_title == picture.title


def test_a_picture_that_is_not_there_is_noise():
    assert RecipeChoice(start=Start.PICTURE).wish(UNIT, OFFER).start is Start.NOISE


def test_a_click_takes_recipe_size_and_steps_and_makes_one_picture():
    choice = RecipeChoice("old", 96, 20, 3, 5, True, BLUR, Start.FRAME)
    assert choice.plain() == RecipeChoice("old", 96, 20)


def test_what_is_remembered_comes_back():
    choice = RecipeChoice("old", 96, 20, 3, 5)
    assert RecipeChoice.from_json(choice.to_json()) == choice
    assert RecipeChoice.from_json(replace(choice, negative=True, regularizers=BLUR).to_json()) == choice


@pytest.mark.parametrize(
    "damaged",
    [{}, {"recipe": 3, "size": "large"}, {"size": 100_000, "pictures": -1}, {"first_seed": True, "steps": 1.5}],
)
def test_what_is_damaged_is_passed_over(damaged):
    assert RecipeChoice.from_json(damaged) == RecipeChoice()


def test_another_picture_takes_the_next_seed_that_is_not_there():
    there = (make_made(seed=0), make_made(seed=3), make_made(seed=9, recipe="old"))
    assert another(RecipeChoice(), "clear", there).first_seed == 4
    assert another(RecipeChoice(first_seed=1), "clear", there).first_seed == 1
    assert another(RecipeChoice(), "maco", there) == RecipeChoice()


def test_what_was_changed_is_made_as_it_is_said():
    there = (make_made(seed=0),)
    for choice in (RecipeChoice(regularizers=BLUR), RecipeChoice(negative=True), RecipeChoice(start=Start.FRAME)):
        assert another(choice, "clear", there) == choice


def test_a_recipe_is_found_by_name_and_kind_of_layer():
    assert recipe_info(OFFER, "clear", is_classes=True).steps == 190
    assert recipe_info(OFFER, "clear", is_classes=False).steps == 128
    assert recipe_info(OFFER, "gone", is_classes=False) is None


def test_the_estimate_follows_from_the_last_synthesis():
    pace = PaceOfWork()
    assert pace.estimate(RecipeChoice(), OFFER, is_classes=False) == ""
    pace.learn(make_state(step=31, seconds=9.0))
    assert pace.estimate(RecipeChoice(), OFFER, is_classes=False) == "", "too early"
    # 16 pixels a side, 64 steps in 0.1 s
    pace.learn(make_state(step=64, seconds=0.1))
    assert pace.estimate(RecipeChoice(), OFFER, is_classes=False) == "Takes about 20 s."
    assert pace.estimate(RecipeChoice(pictures=3), OFFER, is_classes=False) == "Takes about 1 min."
    assert pace.estimate(RecipeChoice(size=80), OFFER, is_classes=False) == "Takes under 10 s."
