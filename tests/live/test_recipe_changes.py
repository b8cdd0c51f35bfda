"""What was changed of a recipe, in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deepvis.live.recipe_changes import MOST_CHANGES, recipe_changes
from deepvis.synthesis.keeping import changed, negated
from deepvis.synthesis.recipes import recipe_named
from deepvis.synthesis.registry import piece

if TYPE_CHECKING:
    from deepvis.synthesis.recipe import Recipe

CLEAR, PRIOR = recipe_named("clear"), recipe_named("bn-prior")


def told(recipe: Recipe, size=None, steps=None, *, is_classes=False) -> str:
    """Of a picture that a changed recipe made."""
    stored = changed(recipe) if "changed" not in recipe.name else recipe
    parameters = {"recipe": json.loads(stored.to_json()), "size": size, "steps": steps}
    return recipe_changes(parameters, stored.name, is_classes=is_classes)


def test_steps_and_size_are_told_with_those_of_the_recipe():
    assert told(CLEAR, size=128, steps=1000) == "steps 1,000 instead of 128, size 128 instead of 160"


def test_classes_are_compared_with_the_recipe_for_classes():
    own = CLEAR.for_layer(is_classes=True)
    assert own.steps != CLEAR.steps
    assert told(CLEAR, steps=60, is_classes=True) == f"steps 60 instead of {own.steps}"
    assert told(own.with_regularizer("batch-norm", weight=0.1), is_classes=True) == (
        "weight of batch-norm 0.1 instead of 0.003"
    )


def test_settings_of_regularizers_are_told_and_those_that_were_added_or_left_out():
    kept = PRIOR.with_regularizer("total-variation", weight=0.2)
    assert told(kept) == "weight of total-variation 0.2 instead of 0.0001"
    other = PRIOR.changed(regularizers=(*PRIOR.regularizers[:2], piece("blur", sigma=0.5)))
    assert told(other) == "blur (sigma 0.5, every 4) added, no l2"
    turned = PRIOR.changed(regularizers=PRIOR.regularizers[::-1])
    assert told(turned) == "regularizers in another order"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"leak": 0.25}, "leak 0.25 instead of 0.1"),
        ({"stretch": True}, "stretch on instead of off"),
        ({"keep": "best"}, "keep best instead of last"),
        ({"objective": piece("channel")}, "objective channel instead of neuron"),
        ({"stepper": piece("adam", rate=0.5, end=0.2)}, "rate of adam 0.5 instead of 0.12"),
        ({"parametrization": piece("clipped-pixels")}, "parametrization clipped-pixels instead of fourier"),
    ],
)
def test_every_part_of_a_recipe_is_compared(changes, words):
    assert told(CLEAR.changed(**changes)) == words


def test_a_transform_that_comes_twice_is_compared_place_by_place():
    distill = recipe_named("distill")
    parts = (*distill.transforms[:-1], piece("jitter", pixels=6))
    assert told(distill.changed(transforms=parts)) == "pixels of jitter 6 instead of 4"


def test_what_turns_a_unit_off_is_no_change_of_its_own():
    assert told(negated(changed(CLEAR)), size=96) == "size 96 instead of 160"


def test_of_many_changes_the_first_are_told_and_how_many_more_there_are():
    many = CLEAR.changed(leak=0.2, coarse=0.5, coarse_part=0.3, starts=7, scouting=0.5, redirect_steps=3, stretch=True)
    words = told(many, steps=9)
    assert words.endswith(", and 2 more")
    assert words.count(" instead of ") == MOST_CHANGES


def test_of_a_persons_own_recipe_size_and_steps_are_compared_with_what_it_says_itself():
    own = CLEAR.changed(name="mine", size=64, leak=0.7)
    assert told(own, size=96) == "size 96 instead of 64"


def test_nothing_is_said_of_a_recipe_whose_name_says_that_nothing_was_changed():
    parameters = {"recipe": json.loads(CLEAR.to_json()), "size": 96, "steps": None}
    assert recipe_changes(parameters, "clear", is_classes=False) == ""


@pytest.mark.parametrize("recipe", [None, {}, {"name": "clear", "unknown": 1}, {"name": "clear", "leak": 7}, "clear"])
def test_what_another_version_stored_and_this_one_cannot_read_gives_no_words(recipe):
    assert recipe_changes({"recipe": recipe}, "clear, changed", is_classes=False) == ""


def test_a_size_that_makes_no_sense_gives_no_words():
    assert told(CLEAR, size="large") == ""
