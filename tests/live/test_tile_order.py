"""The order of the tiles while activations change all the time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.live.summary import summarize
from deepvis.live.tile_order import REORDER_EVERY_S, LayerTrack
from deepvis.records import GridView, Sort


def summary_of(*maxima):
    return summarize(torch.tensor(maxima, dtype=torch.float32)[:, None, None])


BY_MAXIMUM = GridView(sort=Sort.MAXIMUM)


def test_by_index_the_units_keep_their_numbers_whatever_they_do():
    assert LayerTrack().tiles(summary_of(3, 1, 2), GridView()).tolist() == [0, 1, 2]


def test_the_strongest_unit_comes_first_and_equal_ones_keep_their_order():
    summary = summary_of(1, 5, 3, 5, 1, 3, 5)
    assert LayerTrack().tiles(summary, BY_MAXIMUM).tolist() == [1, 3, 6, 2, 5, 0, 4]


def test_sorting_by_mean_and_by_maximum_differ_where_the_map_does():
    maps = torch.zeros(3, 1, 4)
    maps[0] = 1.0
    maps[1, 0, 0] = 3.0
    maps[2] = torch.tensor([2.0, 2.0, 0.0, 0.0])
    maps[2] *= 1.2
    summary = summarize(maps)
    assert LayerTrack().tiles(summary, BY_MAXIMUM).tolist() == [1, 2, 0]
    assert LayerTrack().tiles(summary, GridView(sort=Sort.MEAN)).tolist() == [2, 0, 1]


def test_a_unit_that_is_not_a_number_comes_last():
    assert LayerTrack().tiles(summary_of(1, np.nan, 2), BY_MAXIMUM).tolist() == [2, 0, 1]


def test_tiles_change_their_order_at_most_once_a_second():
    track = LayerTrack()
    assert track.tiles(summary_of(1, 2), BY_MAXIMUM, now_s=100).tolist() == [1, 0]
    assert track.tiles(summary_of(2, 1), BY_MAXIMUM, now_s=100 + REORDER_EVERY_S - 0.01).tolist() == [1, 0]
    assert track.tiles(summary_of(2, 1), BY_MAXIMUM, now_s=100 + REORDER_EVERY_S).tolist() == [0, 1]
    assert track.tiles(summary_of(1, 2), BY_MAXIMUM, now_s=100.5 + REORDER_EVERY_S).tolist() == [0, 1]


def test_under_the_pointer_tiles_stay_where_they_are_however_long():
    track = LayerTrack()
    held = GridView(sort=Sort.MAXIMUM, hold_order=True)
    track.tiles(summary_of(1, 2), BY_MAXIMUM, now_s=100)
    assert track.tiles(summary_of(2, 1), held, now_s=900).tolist() == [1, 0]
    assert track.tiles(summary_of(2, 1), BY_MAXIMUM, now_s=901).tolist() == [0, 1]


def test_another_sort_is_obeyed_at_once_also_under_the_pointer():
    track = LayerTrack()
    summary = summary_of(1, 2)
    track.tiles(summary, BY_MAXIMUM, now_s=100)
    assert track.tiles(summary, GridView(hold_order=True), now_s=100.01).tolist() == [0, 1]


def seen(*frames):
    track = LayerTrack()
    for frame in frames:
        track.see(summarize(torch.tensor(frame, dtype=torch.float32)))
    return track.dead().tolist()


FLAT = [[0.0, 0.0], [0.0, 0.0]]
FIVES = [[5.0, 5.0], [5.0, 5.0]]
ALIVE = [[0.0, 0.0], [0.0, 1.0]]


def test_a_unit_that_is_the_same_everywhere_and_always_is_dead():
    assert seen([FLAT, FIVES, ALIVE]) == [True, True, False]
    assert seen([FLAT, FIVES, ALIVE], [FLAT, FIVES, FLAT]) == [True, True, False]


def test_a_unit_that_answered_once_lives_on():
    assert seen([FLAT, FIVES, ALIVE], [ALIVE, FLAT, FLAT]) == [False, False, False]


def test_with_one_value_per_unit_one_frame_tells_only_that_a_zero_is_dead():
    assert seen([[[0.0]], [[0.5]], [[-0.5]]]) == [True, False, False]
    assert seen([[[0.0]], [[0.5]], [[0.5]]], [[[0.0]], [[0.5]], [[0.6]]]) == [True, True, False]


def test_a_unit_that_is_not_a_number_is_not_dead():
    track = LayerTrack()
    track.see(summary_of(np.nan, 0, 1))
    track.see(summary_of(np.nan, 0, 2))
    assert track.dead().tolist() == [False, True, False]


def test_dead_units_are_left_out_when_asked_for_and_the_order_stays():
    track = LayerTrack()
    summary = summarize(torch.tensor([FLAT, ALIVE, FIVES, [[0.0, 9.0], [0, 0]]]))
    track.see(summary)
    assert track.tiles(summary, GridView(hide_dead=True)).tolist() == [1, 3]
    assert track.tiles(summary, GridView(hide_dead=True, sort=Sort.MAXIMUM)).tolist() == [3, 1]
    assert track.tiles(summary, GridView()).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("sort", Sort)
def test_where_all_units_are_dead_one_is_still_shown(sort):
    track = LayerTrack()
    summary = summarize(torch.zeros(4, 2, 2))
    track.see(summary)
    assert track.tiles(summary, GridView(hide_dead=True, sort=sort)).tolist() == [0]
