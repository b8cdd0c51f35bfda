"""From images to samples and back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepvis.models.preprocess import Preprocessing
from deepvis.models.samples import SampleRecipe
from deepvis.records import Fit, Rect

SMALL = Preprocessing((32, 48))


def test_a_whole_image_is_what_the_window_shows_the_network(make_picture):
    rgb = make_picture(60, 80)
    for fit in Fit:
        expected, geometry = SMALL.prepare(rgb, fit)
        recipe = SampleRecipe(SMALL, fit)
        assert torch.equal(recipe.make(rgb, 0), expected)
        assert recipe.geometry(60, 80, 0) == geometry


def test_a_crop_shows_all_of_its_window(make_picture):
    rgb = make_picture(64, 64)
    recipe = SampleRecipe(Preprocessing((32, 32), interpolation="nearest"), crops=2)
    assert recipe.per_file == 10
    assert torch.equal(recipe.make(rgb, 1), torch.from_numpy(rgb[:32, :32].copy()).permute(2, 0, 1))
    assert torch.equal(recipe.make(rgb, 9), torch.from_numpy(rgb[32:, 32:].copy()).permute(2, 0, 1))
    assert recipe.seen(64, 64, 9) == Rect(32, 32, 32, 32)


@given(height=st.integers(20, 300), width=st.integers(20, 300), crops=st.integers(0, 3), data=st.data())
def test_the_geometry_finds_the_window_again(height, width, crops, data):
    recipe = SampleRecipe(Preprocessing((32, 32)), crops=crops)
    index = data.draw(st.integers(0, recipe.per_file - 1))
    found = recipe.geometry(height, width, index).to_picture(Rect(0, 0, 32, 32))
    seen = recipe.seen(height, width, index)
    assert found.top >= seen.top - 1e-6
    assert found.bottom <= seen.bottom + 1e-6 + 0.05 * seen.height
    if crops:
        assert (found.top, found.left) == pytest.approx((seen.top, seen.left), abs=1e-6)


def test_stored_pictures_have_the_resolution_of_the_finest_sample_and_are_never_enlarged(make_picture):
    plain, crops = SampleRecipe(Preprocessing((32, 32), crop_ratio=1.0)), SampleRecipe(Preprocessing((32, 32)), crops=2)
    assert plain.stored_size(128, 192) == (32, 48)
    assert crops.stored_size(128, 192) == (64, 96)
    assert crops.stored_size(30, 40) == (30, 40)
    assert plain.stored_size(4, 100_000) == (1, 2048)
    rgb = make_picture(128, 192)
    assert plain.stored_picture(rgb).shape == (32, 48, 3)
    assert plain.stored_picture(rgb).dtype == np.uint8
    np.testing.assert_array_equal(crops.stored_picture(rgb[:30, :40]), rgb[:30, :40])
