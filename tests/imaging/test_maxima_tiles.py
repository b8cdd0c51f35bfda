"""Small pictures of histograms of maxima."""

from __future__ import annotations

import numpy as np

from deepvis.imaging.maxima_tiles import AXIS, BARS, GROUND, SILENT, maxima_tiles

EDGES = np.array([-8.0, -4, -2, -0.1, 0.1, 2, 4, 8])
ZERO = 3


def drawn(counts, shape=(10, 8)):
    (tile,) = maxima_tiles(np.array([counts]), EDGES, ZERO, shape)
    return tile


def heights(tile, value):
    return (tile == value).sum(axis=0).tolist()


def test_columns_go_from_zero_to_the_highest_filled_bin():
    tile = drawn([0, 0, 0, 0, 0, 0, 6])
    # two thirds of 0..8 are below 4, and nothing is there
    assert heights(tile, BARS) == [0, 0, 0, 0, 10, 10, 10, 10]
    assert heights(tile, AXIS)[0] == 10


def test_the_silent_images_have_a_bar_of_their_own_color_as_tall_as_their_share():
    tile = drawn([0, 0, 0, 90, 0, 0, 10])
    assert heights(tile, SILENT) == [9, 0, 0, 0, 0, 0, 0, 0]
    assert max(heights(tile, BARS)) == 10


def test_a_unit_that_is_always_silent_is_one_full_bar():
    tile = drawn([0, 0, 0, 5, 0, 0, 0])
    assert heights(tile, SILENT) == [10, 0, 0, 0, 0, 0, 0, 0]
    assert heights(tile, BARS) == [0] * 8


def test_of_values_of_both_signs_zero_lies_where_it_belongs():
    tile = drawn([4, 0, 0, 8, 0, 0, 4])
    assert heights(tile, SILENT) == [0, 0, 0, 0, 5, 0, 0, 0]
    assert heights(tile, BARS) == [10, 10, 0, 0, 0, 0, 10, 10]


def test_of_negative_values_alone_zero_is_the_last_column():
    tile = drawn([4, 0, 0, 0, 0, 0, 0])
    assert heights(tile, BARS)[:4] == [10] * 4
    assert (tile[:, -1] == AXIS).all()


def test_nothing_counted_is_an_empty_tile():
    assert (drawn([0] * 7) == GROUND).all()
