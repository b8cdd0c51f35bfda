"""Pictures to another size."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.live.resample import centered_square, fitted, resized


def test_a_picture_of_one_color_keeps_it_at_every_size():
    rgb = np.full((37, 53, 3), (7, 130, 251), np.uint8)
    for size in ((5, 9), (37, 53), (80, 200), (1, 1)):
        made = resized(rgb, size)
        assert made.shape == (*size, 3)
        assert (made == (7, 130, 251)).all()


def test_shrinking_averages_instead_of_dropping_pixels():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    assert np.abs(resized(stripes, (16, 16)).astype(int) - 100).max() <= 13  # borders see an uneven number of stripes
    assert np.abs(resized(stripes, (16, 16))[:, 2:-2].astype(int) - 100).max() <= 1


def test_growing_is_linear_between_the_centers_of_pixels():
    rgb = np.repeat(np.array([[0, 100]], np.uint8)[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(resized(rgb, (1, 4))[0, :, 0], [0, 25, 75, 100])


def test_a_window_of_the_result_is_that_part_of_the_whole(make_picture):
    rgb = make_picture(40, 50)
    whole = resized(rgb, (90, 70))
    part = resized(rgb, (90, 70), slice(3, 20), slice(60, 70))
    np.testing.assert_allclose(part.astype(int), whole[3:20, 60:70], atol=1)


def test_many_pictures_at_once_are_what_each_is_alone(make_picture):
    pictures = np.stack([make_picture(20, 30, seed) for seed in range(3)])
    together = resized(pictures, (7, 8))
    for picture, made in zip(pictures, together, strict=True):
        np.testing.assert_array_equal(resized(picture, (7, 8)), made)


def test_a_very_large_picture_is_averaged_as_a_small_one_is():
    ramp = np.broadcast_to(np.linspace(0, 255, 4000).astype(np.uint8)[None, :, None], (3, 4000, 3))
    made = resized(ramp, (3, 100))[1, :, 0].astype(float)
    np.testing.assert_allclose(made, np.linspace(0, 255, 4000).reshape(100, 40).mean(1), atol=3)


@pytest.mark.parametrize(("shape", "expected"), [((100, 300), (53, 160)), ((400, 20), (160, 8)), ((30, 50), (30, 50))])
def test_a_picture_is_fitted_into_a_side_and_never_enlarged(shape, expected):
    assert fitted(np.zeros((*shape, 3), np.uint8), 160).shape[:2] == expected


def test_the_square_is_cut_from_the_middle():
    rgb = np.arange(5 * 9 * 3, dtype=np.uint8).reshape(5, 9, 3)
    np.testing.assert_array_equal(centered_square(rgb), rgb[:, 2:7])
