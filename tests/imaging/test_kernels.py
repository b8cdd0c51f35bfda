"""Weights as pictures."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.imaging.colormap import table
from deepvis.imaging.kernels import (
    BARS,
    GROUND,
    MIDDLE,
    histogram_tiles,
    kernel_pictures,
    reach_pictures,
    sheet,
    signed_pictures,
)


def test_zero_is_mid_gray_and_the_largest_magnitude_is_at_an_end():
    kernels = np.zeros((2, 3, 1, 2), np.float32)
    kernels[0, 0, 0, 0], kernels[0, 2, 0, 1], kernels[1, 1, 0, 0] = 0.5, -1.0, 20.0
    pictures = kernel_pictures(kernels)
    assert pictures.shape == (2, 1, 2, 3)
    assert pictures[0, 0].tolist() == [[192, 128, 128], [128, 128, 1]]
    assert pictures[1, 0].tolist() == [[128, 255, 128], [128, 128, 128]]


def test_kernels_over_gray_pictures_are_gray_and_a_kernel_of_nothing_is_mid_gray():
    pictures = kernel_pictures(np.array([[[[1.0, -1.0]]], [[[0.0, 0.0]]]], np.float32))
    assert pictures[:, 0].tolist() == [[[255] * 3, [1] * 3], [[128] * 3, [128] * 3]]


def test_a_kernel_of_next_to_nothing_is_not_blown_up():
    faint = np.full((1, 1, 1, 1), 1e-9, np.float32)
    assert kernel_pictures(faint, least=1e-3).max() == 128
    assert kernel_pictures(faint).max() == 255


def test_kernels_of_several_inputs_share_the_range_they_are_given():
    kernels = np.array([[[1.0]], [[2.0]], [[np.nan]]], np.float32)
    assert signed_pictures(kernels, 2.0)[:, 0, 0, 0].tolist() == [192, 255, 128]


def test_reach_is_the_mean_magnitude_over_inputs():
    kernels = np.array([[[[1.0, -4.0]], [[-1.0, 0.0]]]], np.float32)
    colors = table("magma")
    assert reach_pictures(kernels, "magma")[0, 0].tolist() == [colors[128].tolist(), colors[255].tolist()]


def test_bars_stand_on_the_ground_and_the_tallest_reaches_the_top():
    tiles = histogram_tiles(np.array([[0, 4, 2, 1]]), 4, 4)
    columns = [(tiles[0, :, column] == BARS).sum() for column in range(4)]
    assert columns == [0, 4, 2, 1]
    assert (tiles[0, -1, 1:] == BARS).all()
    assert tiles[0, 0].tolist() == [GROUND, BARS, MIDDLE, GROUND]


@pytest.mark.parametrize("width", [7, 20, 50, 64, 130])
def test_equal_bins_make_equal_columns_at_every_width(width):
    tiles = histogram_tiles(np.full((1, 50), 3), 10, width)
    assert (tiles == BARS).all()


def test_pictures_of_one_kind_lie_in_rows_with_gaps_and_are_enlarged_by_whole_numbers():
    tiles = np.stack([np.full((2, 2, 3), level, np.uint8) for level in (10, 20, 30)])
    whole = sheet(tiles, 4, gap=1, ground=99)
    assert whole.shape == (11, 11, 3)
    assert (whole[1:5, 1:5] == 10).all()
    assert (whole[1:5, 6:10] == 20).all()
    assert (whole[6:10, 1:5] == 30).all()
    assert (whole[6:10, 6:10] == 99).all()
