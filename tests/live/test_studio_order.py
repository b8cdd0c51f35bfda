"""From a wish to what an ascent is asked."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from deepvis.live.loan import Loan
from deepvis.live.replay import how_made
from deepvis.live.studio_door import NumberedWish
from deepvis.live.studio_news import Start, StudioWish
from deepvis.live.studio_offer import studio_offer
from deepvis.live.studio_order import order
from deepvis.models.engine import build_engine
from deepvis.records import UnitId
from deepvis.synthesis.ascent import ascend
from deepvis.synthesis.keeping import picture_seeds, synthesis_job
from deepvis.synthesis.natural_images import NaturalStatistics
from deepvis.synthesis.recipes import RECIPES, recipe_named
from deepvis.synthesis.registry import Piece
from deepvis.synthesis.synthesis import Materials


@pytest.fixture
def loan(networks):
    engine = build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)
    return Loan(1, engine.info(), engine, own=True, rgb=np.full((32, 48, 3), 90, np.uint8), title="camera 0")


@pytest.fixture
def ordered(loan):
    def make(layer="body", recipe="clear", materials=None, **changes):
        wish = StudioWish(UnitId(loan.info.name, layer, 2), recipe, **changes)
        return order(NumberedWish(7, wish), loan, materials or Materials())

    return make


@pytest.mark.parametrize("layer", ["body", "softmax"])
@pytest.mark.parametrize("recipe", [recipe.name for recipe in RECIPES])
def test_an_unchanged_wish_is_the_very_job_that_the_command_stores(ordered, loan, layer, recipe):
    offer = studio_offer(loan.engine.loaded.network, scanned=False)
    infos = offer.class_recipes if layer == "softmax" else offer.recipes
    info = next(info for info in infos if info.name == recipe)
    expected = synthesis_job(loan.engine, recipe_named(recipe), NaturalStatistics.built_in())
    # as it comes from a panel that was not touched, too
    for changes in ({}, {"size": info.size, "steps": info.steps, "regularizers": info.regularizers}):
        made = ordered(layer, recipe, **changes)
        assert made.job.hash == expected.hash
        assert made.recipe == recipe
        assert made.request.seeds == picture_seeds(layer, (2,), (0,))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"steps": 9}, "clear, changed"),
        ({"size": 64}, "clear, changed"),
        ({"regularizers": (("l2", (("weight", 0.5),)),)}, "clear, changed"),
        ({"negative": True}, "clear, negative"),
        ({"negative": True, "size": 64}, "clear, changed, negative"),
    ],
)
@pytest.mark.parametrize("layer", ["body", "softmax"])
def test_a_changed_recipe_says_so_and_is_another_job(ordered, layer, changes, name):
    plain, changed = ordered(layer), ordered(layer, **changes)
    assert changed.recipe == name
    assert changed.request.recipe.for_layer(is_classes=layer == "softmax").name == name
    assert changed.job.hash != plain.job.hash


def test_regularizers_replace_those_of_the_recipe_and_nothing_else(ordered):
    plain = recipe_named("bn-prior")
    changed = ordered(recipe="bn-prior", regularizers=(("l2", (("weight", 0.5),)), ("blur", ())))
    used = changed.request.recipe
    assert [part.name for part in used.regularizers] == ["l2", "blur"]
    assert replace(used, name=plain.name, regularizers=plain.regularizers) == plain


def test_a_picture_keeps_its_size_where_its_regularizers_are_changed(ordered):
    for layer in ("body", "softmax"):
        plain, changed = ordered(layer), ordered(layer, regularizers=(("l2", ()),))
        assert changed.request.pixels == plain.request.pixels


def test_a_frame_to_start_from_is_stretched_and_a_picture_is_cut(ordered, loan):
    made = ordered(start=Start.FRAME, size=24)
    assert made.request.start.shape == (24, 24, 3)
    assert (made.request.start == 90).all()
    assert made.more["start_title"] == "a frame of camera 0"
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 200
    cut = ordered(start=Start.PICTURE, start_rgb=wide, size=24)
    assert (cut.request.start == 200).all()
    assert len({made.job.hash, cut.job.hash, ordered(size=24).job.hash}) == 3


@pytest.mark.parametrize("layer", ["body", "softmax"])
def test_what_is_changed_of_the_recipe_is_told_in_words(ordered, layer):
    steps = recipe_named("clear").for_layer(is_classes=layer == "softmax").steps
    assert ordered(layer).changes == ""
    changed = ordered(layer, steps=9, size=64, negative=True)
    assert changed.changes == f"steps 9 instead of {steps}, size 64 instead of 160"
    assert ordered(layer, regularizers=(("l2", (("weight", 0.5),)),)).changes.startswith("l2 (weight 0.5) added")


@pytest.mark.parametrize("layer", ["body", "softmax"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"steps": 9, "size": 64},
        {"negative": True, "regularizers": (("l2", (("weight", 0.5),)),)},
        {"recipe": "yosinski-3", "size": 64, "negative": True},
    ],
)
def test_another_one_like_it_is_of_the_very_same_job(ordered, layer, changes):
    first = ordered(layer, **changes)
    again = ordered(layer, recipe=first.recipe, negative=first.wish.negative, seeds=(4,), how=first.how)
    assert again.job.hash == first.job.hash
    assert again.recipe == first.recipe
    assert again.request.seeds == picture_seeds(layer, (2,), (4,))
    assert (again.request.pixels, again.request.passes) == (first.request.pixels, first.request.passes)


def test_a_recipe_of_somebody_s_own_can_be_used_again(ordered):
    own = recipe_named("distill").changed(name="mine", steps=40, size=48)
    how = how_made({"recipe": json.loads(own.to_json()), "size": 64, "steps": None})
    made = ordered(recipe="mine", how=how)
    assert made.request.recipe == own
    assert (made.request.pixels, made.request.passes, made.recipe) == (64, 40, "mine")


def test_what_another_version_stored_is_not_known(ordered):
    assert how_made({"recipe": {"name": "old", "new setting": 1}}) == ""
    assert how_made({}) == ""


def test_the_patch_prior_gets_patches_of_the_photographs_that_come_along(ordered, loan):
    made = ordered(regularizers=(("patch-prior", (("every", 1),)),), steps=2, size=24)
    assert made.materials.patches.shape[1:] == (3, 8, 8)
    assert len(made.materials.patches) > 1000
    assert made.job.parameters["patches"]
    assert ascend(loan.engine, made.request, made.materials).images.shape == (1, 24, 24, 3)
    assert "patches" not in ordered(steps=2).job.parameters
    offer = studio_offer(loan.engine.loaded.network, scanned=False)
    assert next(info for info in offer.regularizers if info.name == "patch-prior").needs == ""


def test_pictures_that_depend_on_each_other_are_another_job_than_one_alone(ordered):
    diverse = recipe_named("distill").changed(name="diverse", objective=Piece("diverse channel"))
    how = how_made({"recipe": json.loads(diverse.to_json())})
    alone, two, three = (ordered(recipe="diverse", how=how, seeds=tuple(range(count))) for count in (1, 2, 3))
    assert len({alone.job.hash, two.job.hash, three.job.hash}) == 3
    assert two.job.parameters["together"] == [0, 2]


class Scan:
    """Stands for a gallery with a scan."""

    def __init__(self, digest):
        self.digest = lambda: digest


def test_pictures_compared_with_natural_ones_are_another_job_with_every_scan(ordered, loan):
    matched = {"regularizers": (("feature-distribution", ()),)}
    jobs = [ordered(materials=Materials(references=Scan(text)), **matched).job for text in ("one", "two", "one")]
    assert jobs[0].hash == jobs[2].hash != jobs[1].hash
    assert jobs[0].parameters["references"] == "one"
    recipe = ordered(**matched).request.recipe
    facts = {"references": "one"}
    expected = synthesis_job(loan.engine, recipe, NaturalStatistics.built_in(), others=facts)
    assert jobs[0].hash == expected.hash
