"""Blurring and resizing arrays of floats."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from deepvis.imaging.filters import blurred, nearest, smooth, unblurred


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 3), (3, 50), (1, 1)])
def test_a_blur_gives_what_the_formula_of_the_gaussian_gives(shape):
    values = noise(*shape)
    weights = np.exp(-0.5 * (np.arange(-16, 17) / 4.0) ** 2)
    weights /= weights.sum()
    expected = values
    for axis in (0, 1):
        around = [(0, 0)] * values.ndim
        around[axis] = (16, 16)
        padded = np.pad(expected, around, mode="symmetric")
        expected = np.apply_along_axis(lambda row: np.convolve(row, weights, "valid"), axis, padded)
    np.testing.assert_allclose(blurred(values, 4.0), expected, atol=1e-5)


def test_a_blur_keeps_the_mean_and_a_constant():
    values = np.abs(noise(33, 20))
    assert blurred(values, 4.0).mean() == pytest.approx(values.mean(), rel=1e-5)
    np.testing.assert_allclose(blurred(np.full((5, 7), 2, np.float32), 4.0), 2, rtol=1e-6)


@pytest.mark.parametrize("size", [(20, 31), (7, 9), (3, 4), (1, 1), (14, 3)])
def test_smooth_is_bilinear_with_antialiasing_as_torch_has_it(size):
    values = noise(7, 9)
    expected = functional.interpolate(torch.tensor(values)[None, None], size, mode="bilinear", antialias=True)[0, 0]
    np.testing.assert_allclose(smooth(values, size), expected.numpy(), atol=1e-5)


def test_colors_are_resized_one_by_one():
    values = noise(5, 6, 3)
    made = smooth(values, (11, 4))
    for channel in range(3):
        np.testing.assert_allclose(made[..., channel], smooth(values[..., channel], (11, 4)), atol=1e-6)


def test_nothing_is_copied_where_the_size_stays():
    values = noise(5, 6)
    assert smooth(values, (5, 6)) is values
    assert nearest(values, (5, 6)) is values


def test_unblurred_values_keep_their_edges_when_they_grow():
    values = noise(2, 3)
    np.testing.assert_array_equal(unblurred(values, (6, 9)), values.repeat(3, axis=0).repeat(3, axis=1))


def test_unblurred_values_are_averaged_when_they_shrink():
    stripes = np.tile(np.array([0, 1], np.float32), (8, 8))
    np.testing.assert_allclose(unblurred(stripes, (4, 4))[:, 1:3], 0.5, atol=1e-6)


@pytest.mark.parametrize("size", [(5, 7), (3, 3), (8, 2)])
def test_nearest_takes_the_pixel_that_each_center_lies_in(size):
    values = noise(4, 4)
    expected = functional.interpolate(torch.tensor(values)[None, None], size, mode="nearest-exact")[0, 0]
    np.testing.assert_array_equal(nearest(values, size), expected.numpy())
