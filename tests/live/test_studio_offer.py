"""What the window is told of recipes."""

from __future__ import annotations

import re

import pytest
from torch import nn

from deepvis.live.studio_offer import studio_offer
from deepvis.synthesis.recipes import RECIPES


@pytest.fixture
def offer():
    return studio_offer(nn.Sequential(nn.Conv2d(3, 4, 3)), scanned=True)


@pytest.mark.parametrize("kind", ["recipes", "class_recipes"])
def test_recipes_are_described_in_words_and_not_in_code(offer, kind):
    for info in getattr(offer, kind):
        assert info.about
        assert not re.search(r"[=(){};_]", info.about), info.about


def test_every_part_of_a_recipe_is_said_and_told_with_all_its_settings(offer):
    for recipe, info in zip(RECIPES, offer.recipes, strict=True):
        used = recipe.for_layer(is_classes=False)
        parts = (used.parametrization, *used.transforms, used.stepper)
        assert len(info.about.split(" · ")) == len(parts)
        assert info.details == "; ".join(str(part) for part in parts)


def test_the_setting_that_tells_most_is_said(offer):
    about = next(info.about for info in offer.recipes if info.name == "distill")
    assert "shifts up to 8 px" in about
    assert "turns up to 10°" in about


def test_what_needs_a_scan_is_offered_once_there_is_one(offer):
    def needs(offered):
        return next(info.needs for info in offered.regularizers if info.name == "feature-distribution")

    assert needs(offer) == ""
    assert "no gallery with a scan" in needs(studio_offer(nn.Sequential(nn.Conv2d(3, 4, 3)), scanned=False))
