from __future__ import annotations

import numpy as np
import pytest

from deepvis.evaluation.disturbances import DISTURBANCES, KINDS, blurred, compressed, scaled, shifted


@pytest.mark.parametrize("disturbance", DISTURBANCES, ids=lambda disturbance: disturbance.kind)
def test_every_disturbance_changes_a_picture_and_keeps_its_shape(disturbance, noise):
    for size in (24, 33):
        rgb = noise(size)
        before = rgb.copy()
        changed = disturbance.change(rgb)
        assert changed.shape == rgb.shape
        assert changed.dtype == np.uint8
        assert not np.array_equal(changed, rgb)
        assert np.array_equal(rgb, before)


@pytest.mark.parametrize("disturbance", DISTURBANCES, ids=lambda disturbance: disturbance.kind)
def test_a_flat_picture_stays_as_it_is(disturbance):
    flat = np.full((32, 32, 3), 90, np.uint8)
    assert np.abs(disturbance.change(flat).astype(int) - 90).max() <= 1


def test_what_is_meant_by_robustness_has_four_kinds():
    assert KINDS == ("shift", "scale", "blur", "jpeg")


def test_a_shift_moves_pixels_and_mirrors_what_comes_in(noise):
    rgb = noise(20)
    moved = shifted(rgb, 3, -2)
    assert np.array_equal(moved[3:, :-2], rgb[:-3, 2:])
    assert np.array_equal(moved[:3, :-2], rgb[2::-1, 2:])


def test_scaling_up_shows_the_middle_larger_and_down_the_whole():
    rgb = np.zeros((100, 100, 3), np.uint8)
    rgb[40:60, 40:60] = 255
    sizes = [int((scaled(rgb, factor)[50, :, 0] > 127).sum()) for factor in (0.9, 1.0, 1.1)]
    assert sizes == [18, 20, 22]


def test_blur_and_jpeg_take_away_fine_structure(noise):
    rgb = noise(64)
    for changed in (blurred(rgb, 1.0), compressed(rgb, 75)):
        assert np.abs(np.diff(changed.astype(float), axis=0)).mean() < np.abs(np.diff(rgb.astype(float), axis=0)).mean()
