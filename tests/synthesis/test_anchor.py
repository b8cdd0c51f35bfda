from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.synthesis.ascent import SynthesisRequest, ascend
from deepvis.synthesis.draws import Draws
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.registry import Piece, piece

RECIPE = Recipe(
    "quick",
    objective=Piece("channel"),
    parametrization=Piece("pixels"),
    transforms=(piece("jitter", pixels=2), piece("noise", std=0.02)),
    steps=25,
    size=24,
)


def start():
    smooth = torch.rand(1, 3, 5, 5, generator=torch.Generator().manual_seed(3))
    grown = torch.nn.functional.interpolate(smooth, (24, 24), mode="bilinear")
    return (grown * 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def climbed(engine, *regularizers, layer="act2", recipe=RECIPE, picture=None, units=(2, 5)):
    recipe = recipe.changed(regularizers=regularizers)
    return ascend(engine, SynthesisRequest(layer, units, (0,) * len(units), recipe, start=picture))


def off(done, picture):
    return np.square(done.images.astype(float) / 255 - picture / 255).mean((1, 2, 3))


def features(engine, images):
    batch = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
    with torch.no_grad():
        return engine.loaded.network[:5](engine.loaded.preprocessing.normalize(batch, "cpu", torch.float32))


def test_an_anchor_keeps_the_pixels_near_and_still_excites(engine):
    picture = start()
    free = climbed(engine, picture=picture)
    held = climbed(engine, piece("anchor", weight=50.0), picture=picture)
    assert (off(held, picture) < 0.7 * off(free, picture)).all()
    assert (held.trajectory[-1] > held.trajectory[0]).all()


def test_a_feature_anchor_keeps_the_activations_near(engine):
    picture = start()
    free = climbed(engine, picture=picture)
    held = climbed(engine, piece("feature-anchor", weight=5.0), picture=picture)
    there = features(engine, picture)
    far, near = (
        (features(engine, done.images) - there).square().sum((1, 2, 3)) / there.square().sum() for done in (free, held)
    )
    assert (near < 0.7 * far).all()


def test_an_anchor_of_no_weight_changes_nothing(engine):
    picture = start()
    free = climbed(engine, picture=picture)
    for name in ("anchor", "feature-anchor"):
        assert np.array_equal(climbed(engine, piece(name, weight=0.0), picture=picture).images, free.images)


@pytest.mark.parametrize("name", ["anchor", "feature-anchor"])
def test_an_anchor_without_a_picture_to_start_from_is_refused(engine, name):
    with pytest.raises(ValueError, match="choose one to start from"):
        climbed(engine, Piece(name))


def test_the_statistics_of_the_start_are_not_held_against_a_picture(engine):
    picture = start()
    prior = piece("batch-norm", weight=0.5)
    alone = climbed(engine, prior, picture=picture)
    both = climbed(engine, prior, piece("feature-anchor", weight=1e-12), picture=picture)
    assert np.array_equal(alone.images, both.images)


def test_draws_ahead_are_those_to_come():
    draws = Draws((4, 9))
    draws.normal(3)
    ahead = draws.ahead()
    assert torch.equal(ahead.uniform(2), Draws.uniform(draws, 2))
    assert torch.equal(ahead.normal(2), draws.normal(2))
