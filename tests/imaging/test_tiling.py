"""Where tiles are, and that what is clicked is what is drawn there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from deepvis.imaging.tiling import GAP, LARGEST_TILE, best_columns, lay_out
from deepvis.records import GridView

SHAPES = st.tuples(st.integers(1, 24), st.integers(1, 24))
PANES = st.tuples(st.integers(1, 90), st.integers(1, 90))
CENTERS = st.tuples(st.floats(0, 1), st.floats(0, 1))
ZOOMS = st.floats(0.1, 40)


def make(count, shape, pane, zoom=1.0, center=(0.5, 0.5), seed=0):
    units = np.random.default_rng(seed).permutation(count).astype(np.int64)
    view = GridView(height=pane[0], width=pane[1], zoom=zoom, center_row=center[0], center_column=center[1])
    return lay_out(units, *shape, view)


def painted(layout):
    """Which tile each pane pixel belongs to, drawn tile by tile; -1 where there is none."""
    owner = np.full((layout.pane_height, layout.pane_width), -1)
    for index in range(len(layout.units)):
        rect = layout.rect_of_index(index)
        rows = slice(max(0, int(rect.top)), max(0, int(rect.bottom)))
        columns = slice(max(0, int(rect.left)), max(0, int(rect.right)))
        assert (owner[rows, columns] == -1).all(), "two tiles overlap"
        owner[rows, columns] = index
    return owner


@settings(max_examples=60)
@given(st.integers(1, 120), SHAPES, PANES, ZOOMS, CENTERS, st.integers(0, 9))
@example(1, (1, 1), (1, 1), 1.0, (0.5, 0.5), 0)
@example(120, (24, 1), (7, 90), 1.0, (0.0, 1.0), 3)
def test_every_pixel_of_every_tile_on_the_pane_hits_its_unit(count, shape, pane, zoom, center, seed):
    layout = make(count, shape, pane, zoom, center, seed)
    owner = painted(layout)
    for row, column in np.ndindex(owner.shape):
        index = owner[row, column]
        if index < 0:
            continue
        assert layout.index_at(row, column) == index
        assert layout.unit_at(row, column) == layout.units[index]
        unit, map_row, map_column = layout.position_at(row, column, *shape)
        assert unit == layout.units[index]
        assert 0 <= map_row < shape[0]
        assert 0 <= map_column < shape[1]


@settings(max_examples=60)
@given(st.integers(1, 200), SHAPES, PANES, ZOOMS, CENTERS)
def test_a_pixel_beside_the_tiles_hits_nothing_and_one_in_a_gap_the_tile_before_it(count, shape, pane, zoom, center):
    layout = make(count, shape, pane, zoom, center)
    owner = painted(layout)
    for row, column in np.argwhere(owner < 0):
        index = layout.index_at(row, column)
        if index is None:
            continue
        rect = layout.rect_of_index(index)
        assert rect.top <= row < rect.bottom + GAP
        assert rect.left <= column < rect.right + GAP
        assert layout.position_at(row, column, *shape)[1:] <= (shape[0] - 1, shape[1] - 1)


@settings(max_examples=80)
@given(st.integers(1, 40), SHAPES, PANES, ZOOMS, CENTERS)
def test_the_pixels_of_a_tile_cover_its_map_in_order(count, shape, pane, zoom, center):
    layout = make(count, shape, pane, zoom, center)
    for index in range(count):
        rect = layout.rect_of_index(index)
        whole = rect.top >= 0 and rect.left >= 0 and rect.bottom <= pane[0] and rect.right <= pane[1]
        if not whole:
            continue
        rows = [layout.position_at(rect.top + i, rect.left, *shape)[1] for i in range(layout.tile_height)]
        columns = [layout.position_at(rect.top, rect.left + i, *shape)[2] for i in range(layout.tile_width)]
        for places, size in ((rows, shape[0]), (columns, shape[1])):
            assert places[0] == 0
            steps = np.diff(places)
            assert (steps >= 0).all()
            if len(places) >= size:
                assert sorted(set(places)) == list(range(size)), "a position of the map has no pixel"
            else:
                assert (steps > 0).all(), "two pixels of a tile too small for its map are the same position"
                assert size - 1 - places[-1] <= -(-size // len(places))


@given(st.integers(1, 300), SHAPES, PANES, ZOOMS, CENTERS)
def test_a_canvas_larger_than_the_pane_fills_it_and_a_smaller_one_is_centered(count, shape, pane, zoom, center):
    layout = make(count, shape, pane, zoom, center)
    canvas = layout.canvas
    for start, length, free in ((canvas.top, canvas.height, pane[0]), (canvas.left, canvas.width, pane[1])):
        if length > free:
            assert start <= 0
            assert start + length >= free
        else:
            assert 0 <= free - (start + length) - start <= 1


@given(st.integers(1, 60), SHAPES, st.tuples(st.integers(40, 400), st.integers(40, 400)))
def test_at_zoom_one_all_tiles_lie_on_a_pane_that_has_room_for_them(count, shape, pane):
    layout = make(count, shape, pane)
    enough = (
        (pane[0] - GAP * (layout.rows + 1)) // layout.rows,
        (pane[1] - GAP * (layout.columns + 1)) // layout.columns,
    )
    assume(min(enough) >= max(shape))
    assert layout.zoom == 1
    assert sorted(set(painted(layout).ravel()) - {-1}) == list(range(count))
    assert layout.tile_height <= enough[0]
    assert layout.tile_width <= enough[1]
    assert layout.canvas.height <= pane[0]
    assert layout.canvas.width <= pane[1]


@given(st.integers(1, 300), st.integers(1, 64), st.tuples(st.integers(20, 900), st.integers(20, 900)))
def test_square_tiles_are_as_large_as_their_columns_allow(count, side, pane):
    layout = make(count, (side, side), pane)
    free = min(
        (pane[0] - GAP * (layout.rows + 1)) // layout.rows, (pane[1] - GAP * (layout.columns + 1)) // layout.columns
    )
    assert layout.tile_height == layout.tile_width == max(1, free)


@given(st.integers(1, 300), SHAPES, st.tuples(st.integers(60, 900), st.integers(60, 900)), st.floats(1, 40))
def test_tiles_keep_the_aspect_of_the_maps(count, shape, pane, zoom):
    layout = make(count, shape, pane, zoom)
    assume(min(layout.tile_height, layout.tile_width) > 1)
    scales = (layout.tile_height / shape[0], (layout.tile_height + 1) / shape[0])
    assert scales[0] - 1 / shape[1] <= layout.tile_width / shape[1] <= scales[1] + 1e-6


@given(
    st.integers(1, 400),
    st.floats(0.02, 50),
    st.integers(1, 2000),
    st.integers(1, 2000),
)
@example(100, 1.0, 10, 960)  # one long row beats two half empty ones
@example(100, 1.0, 50, 1000)
@example(1, 1.0, 1, 1)
def test_no_other_number_of_columns_makes_the_tiles_larger(count, aspect, pane_height, pane_width):
    def tile_width(columns):
        return min(pane_width / columns, pane_height / -(-count // columns) / aspect)

    chosen = best_columns(count, aspect, pane_height, pane_width)
    assert 1 <= chosen <= count
    assert tile_width(chosen) >= max(map(tile_width, range(1, count + 1))) * (1 - 1e-9)


@settings(max_examples=40)
@given(st.integers(1, 6000), SHAPES, st.tuples(st.integers(1, 12), st.integers(1, 12)), st.integers(0, 10**9))
@example(92, (1, 2), (1, 1), 0)
@example(102, (1, 1), (3, 1), 0)
def test_on_a_tiny_pane_every_unit_is_reached_by_panning(count, shape, pane, number):
    unit = number % count
    layout = make(count, shape, pane)
    rect, canvas = layout.rect_of(unit), layout.canvas
    center = (
        (rect.top + rect.height / 2 - canvas.top) / canvas.height,
        (rect.left + rect.width / 2 - canvas.left) / canvas.width,
    )
    panned = make(count, shape, pane, center=center)
    there = panned.rect_of(unit)
    row, column = int(max(0, there.top)), int(max(0, there.left))
    assert row < min(pane[0], there.bottom)
    assert column < min(pane[1], there.right)
    assert panned.unit_at(row, column) == unit


@settings(max_examples=60)
@given(st.integers(1, 200), SHAPES, PANES, ZOOMS, CENTERS)
def test_the_visible_tiles_are_those_that_a_pixel_of_the_pane_hits(count, shape, pane, zoom, center):
    layout = make(count, shape, pane, zoom, center)
    rows, columns = layout.visible()
    hit = {layout.index_at(row, column) for row, column in np.ndindex(*pane)} - {None}
    expected = {row * layout.columns + column for row in rows for column in columns}
    assert hit == {index for index in expected if index < count}


def test_a_unit_that_is_left_out_has_no_place():
    layout = lay_out(np.array([5, 2, 9]), 3, 3, GridView(height=30, width=30))
    assert layout.rect_of(4) is None
    assert layout.index_of(4) is None
    assert [layout.index_of(unit) for unit in (5, 2, 9)] == [0, 1, 2]


@pytest.mark.parametrize("point", [(-1, 5), (5, -1), (30, 5), (5, 30), (-0.5, 5)])
def test_outside_the_pane_there_is_no_unit(point):
    layout = lay_out(np.arange(4), 3, 3, GridView(height=30, width=30, zoom=4))
    assert layout.index_at(5, 5) is not None
    assert layout.index_at(*point) is None
    assert layout.position_at(*point, 3, 3) is None


def test_zoom_ends_where_a_tile_has_its_largest_side():
    layout = make(1, (2, 4), (100, 100), zoom=1e9)
    assert max(layout.tile_height, layout.tile_width) == LARGEST_TILE
    assert layout.zoom < 1e9


def test_zooming_keeps_the_point_in_the_middle_of_the_pane():
    for zoom in (2.0, 3.7, 11.0):
        layout = make(30, (8, 8), (300, 200), zoom=zoom, center=(0.4, 0.6))
        canvas = layout.canvas
        assert (150 - canvas.top) / canvas.height == pytest.approx(0.4, abs=0.01)
        assert (100 - canvas.left) / canvas.width == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize(("count", "pane"), [(0, (10, 10)), (3, (0, 10)), (3, (10, 0))])
def test_nothing_to_place_or_nowhere_to_place_it_is_an_error(count, pane):
    with pytest.raises(ValueError, match="needs units and a pane"):
        lay_out(np.arange(count), 2, 2, GridView(height=pane[0], width=pane[1]))
