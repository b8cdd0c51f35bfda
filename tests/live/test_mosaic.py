"""The activation grid, against a slow drawing that computes one pixel after another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepvis.imaging.colormap import NAN_COLOR, table
from deepvis.imaging.tiling import GAP, GridLayout, lay_out
from deepvis.live.mosaic import compose_grid
from deepvis.live.summary import ColorScale, color_scale, summarize
from deepvis.records import GridView, Scaling

VIEW = GridView(height=40, width=50, background=(1, 2, 3), gap=(9, 8, 7), colormap="gray")


def draw(maps, view=VIEW, scale=None, units=None):
    units = np.arange(len(maps)) if units is None else np.asarray(units)
    layout = lay_out(units, maps.shape[1], maps.shape[2], view)
    summary = summarize(maps)
    if scale is None:
        scale = color_scale(summary.extent(), view.colormap, per_unit=view.scaling is Scaling.UNIT)
    return compose_grid(maps, layout, scale, summary, view), layout, scale


def area_mean(values, first, last):
    """Mean of values over the half-open stretch [first, last) of their axis, fractions counted."""
    places = np.arange(len(values))
    weights = np.clip(np.minimum(last, places + 1) - np.maximum(first, places), 0, None)
    used = weights > 1e-12
    return np.tensordot(weights[used], values[used], axes=(0, 0)) / weights.sum()


def value_of(unit_map, layout, row, column):
    """What a pixel of a tile shows: one position, or the mean of those that share it."""
    height, width = unit_map.shape
    rows = unit_map[row * height // layout.tile_height]
    if layout.tile_height < height:
        rows = area_mean(unit_map, row * height / layout.tile_height, (row + 1) * height / layout.tile_height)
    if layout.tile_width < width:
        return area_mean(rows, column * width / layout.tile_width, (column + 1) * width / layout.tile_width)
    return rows[column * width // layout.tile_width]


def boosted(value, unit_map, scale, view):
    """The toolbox of 2015: range to 0..1, times (tile's maximum)^-individual, to the power of gamma."""
    exponent = 1.0 if view.scaling is Scaling.UNIT else view.individual
    start, span = (0.0, scale.high) if scale.symmetric else (scale.low, scale.high - scale.low)
    peak = (np.abs(unit_map).max() if scale.symmetric else unit_map.max() - start) / span
    scaled = (value - start) / span
    if np.isfinite(peak) and peak > 0:
        scaled = scaled * peak**-exponent
    return np.sign(scaled) * np.abs(scaled) ** view.gamma


def allowed_colors(value, unit_map, scale, view):
    """The color, or the two neighbors between which rounding may choose."""
    if np.isnan(value):
        return [NAN_COLOR]
    scaled = boosted(value, unit_map, scale, view)
    place = scaled * 127.5 + 128 if scale.symmetric else scaled * 255 + 0.5
    indices = {int(np.clip(np.floor(place + nudge), 0, 255)) for nudge in (-2e-3, 0, 2e-3)}
    return [tuple(int(part) for part in table(scale.colormap)[index]) for index in indices]


def assert_is_reference(bgrx, maps, layout, scale, view):
    maps = maps.double().numpy()
    assert bgrx.shape == (view.height, view.width, 4)
    assert bgrx.dtype == np.uint8
    assert (bgrx[..., 3] == 255).all()
    canvas, last = layout.canvas, layout.rect_of_index(len(layout.units) - 1)
    row_is_full = len(layout.units) % layout.columns == 0
    for row, column in np.ndindex(view.height, view.width):
        got = tuple(int(part) for part in bgrx[row, column, 2::-1])
        inside = (row - layout.top - GAP, column - layout.left - GAP)
        cell = (inside[0] // layout.cell_height, inside[1] // layout.cell_width)
        offset = (inside[0] % layout.cell_height, inside[1] % layout.cell_width)
        index = cell[0] * layout.columns + cell[1]
        after_the_last = not row_is_full and row >= last.top and column >= last.right + GAP
        if after_the_last or not canvas.contains(row, column):
            assert got == view.background, (row, column)
        elif min(inside) < 0 or offset[0] >= layout.tile_height or offset[1] >= layout.tile_width:
            assert got == view.gap, (row, column)
        else:
            unit_map = maps[layout.units[index]]
            value = value_of(unit_map, layout, *offset)
            assert got in allowed_colors(value, unit_map, scale, view), (row, column, value)


def random_maps(count, height, width, seed=0, *, signed=True):
    generator = torch.Generator().manual_seed(seed)
    maps = torch.randn(count, height, width, generator=generator)
    return maps if signed else maps.relu()


VIEWS = st.builds(
    lambda pane, zoom, center, boosts, scaling, colormap: GridView(
        height=pane[0],
        width=pane[1],
        zoom=zoom,
        center_row=center[0],
        center_column=center[1],
        individual=boosts[0],
        gamma=boosts[1],
        scaling=scaling,
        colormap=colormap,
        background=(1, 2, 3),
        gap=(9, 8, 7),
    ),
    st.tuples(st.integers(2, 36), st.integers(2, 36)),
    st.floats(1, 12),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.tuples(st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0]), st.sampled_from([1.0, 0.7, 0.5, 0.3])),
    st.sampled_from(Scaling),
    st.sampled_from(["auto", "viridis", "day", "gray"]),
)


@settings(max_examples=50)
@given(
    st.integers(1, 30),
    st.tuples(st.integers(1, 11), st.integers(1, 11)),
    st.booleans(),
    VIEWS,
    st.integers(0, 99),
)
def test_every_pixel_is_what_a_slow_drawing_makes_of_it(count, shape, signed, view, seed):
    maps = random_maps(count, *shape, seed, signed=signed)
    units = np.random.default_rng(seed).permutation(count)[: max(1, count - seed % 3)]
    bgrx, layout, scale = draw(maps, view, units=units)
    assert_is_reference(bgrx, maps, layout, scale, view)


@pytest.mark.parametrize("individual", [0.0, 0.3, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("gamma", [1.0, 0.7, 0.5, 0.3])
def test_boosts_follow_the_formula_of_2015_on_the_whole_range_of_the_layer(individual, gamma):
    maps = random_maps(6, 4, 4)
    view = replace(VIEW, individual=individual, gamma=gamma)
    low, high = summarize(maps).extent()
    bgrx, layout, _ = draw(maps, view, ColorScale(low, high, "gray"))
    normalized = (maps.numpy() - low) / (high - low)
    tiles = normalized * normalized.max(axis=(1, 2), keepdims=True) ** -individual
    expected = np.clip(tiles, 0, 1) ** gamma * 255
    for unit in range(6):
        rect = layout.rect_of(unit)
        rows = int(rect.top) + np.arange(4) * layout.tile_height // 4 + 1
        columns = int(rect.left) + np.arange(4) * layout.tile_width // 4 + 1
        np.testing.assert_allclose(bgrx[np.ix_(rows, columns)][..., 0], expected[unit], atol=0.51)


@pytest.mark.parametrize("signed", [False, True])
def test_with_a_scale_per_unit_every_tile_reaches_the_end_of_its_colors(signed):
    maps = random_maps(9, 5, 5, signed=signed) * torch.logspace(-3, 3, 9)[:, None, None]
    view = replace(VIEW, scaling=Scaling.UNIT, colormap="auto")
    bgrx, layout, scale = draw(maps, view)
    ends = {tuple(table(scale.colormap)[255]), *([tuple(table(scale.colormap)[0])] if signed else [])}
    for unit in range(9):
        rect = layout.rect_of(unit)
        tile = bgrx[int(rect.top) : int(rect.bottom), int(rect.left) : int(rect.right), 2::-1]
        assert ends & {tuple(color) for color in tile.reshape(-1, 3)}, f"unit {unit} uses a part of the colors only"


def test_a_silent_unit_stays_at_the_color_of_zero_under_every_boost():
    maps = random_maps(4, 3, 3)
    maps[2] = 0
    for view in (replace(VIEW, individual=1.0, gamma=0.3), replace(VIEW, scaling=Scaling.UNIT)):
        for colormap, zero in (("frost", 128), ("magma", 0)):
            bgrx, layout, scale = draw(maps if zero else maps.relu(), replace(view, colormap=colormap))
            rect = layout.rect_of(2)
            tile = bgrx[int(rect.top) : int(rect.bottom), int(rect.left) : int(rect.right), 2::-1]
            assert (tile == table(scale.colormap)[zero]).all()


@pytest.mark.parametrize("scaling", Scaling)
@pytest.mark.parametrize("side", [4, 200])
def test_what_is_not_a_number_is_magenta_and_the_others_keep_their_colors(side, scaling):
    maps = random_maps(5, side, side)
    view = replace(VIEW, scaling=scaling)
    clean, _, scale = draw(maps, view)
    broken = maps.clone()
    broken[3] = torch.nan
    bgrx, layout, _ = draw(broken, view, scale)
    rect = layout.rect_of(3)
    inside = np.zeros(clean.shape[:2], bool)
    inside[int(rect.top) : int(rect.bottom), int(rect.left) : int(rect.right)] = True
    assert (bgrx[inside][:, 2::-1] == NAN_COLOR).all()
    np.testing.assert_array_equal(bgrx[~inside], clean[~inside])


def test_one_value_that_is_not_a_number_is_seen_also_where_the_tile_is_smaller_than_the_map():
    maps = random_maps(2, 100, 100)
    maps[0, 71, 13] = torch.nan
    bgrx, layout, _ = draw(maps)
    rect = layout.rect_of(0)
    tile = bgrx[int(rect.top) : int(rect.bottom), int(rect.left) : int(rect.right), 2::-1]
    assert (tile == NAN_COLOR).all(axis=-1).any()


@pytest.mark.parametrize("side", [4, 200])
@pytest.mark.parametrize("individual", [0.0, 1.0])
def test_infinities_take_the_ends_of_the_colors(side, individual):
    maps = random_maps(4, side, side, signed=False)
    maps[1] = torch.inf
    maps[2] = -torch.inf
    bgrx, layout, _ = draw(maps, replace(VIEW, individual=individual), ColorScale(0.0, 1.0, "gray"))
    for unit, color in ((1, 255), (2, 0)):
        rect = layout.rect_of(unit)
        tile = bgrx[int(rect.top) : int(rect.bottom), int(rect.left) : int(rect.right), :3]
        assert (tile == color).all()


def test_a_single_infinity_does_not_spread_where_the_tile_is_smaller_than_the_map():
    maps = torch.zeros(1, 200, 200)
    maps[0, 100, 100] = torch.inf
    bgrx, _, _ = draw(maps, VIEW, ColorScale(0.0, 1.0, "gray"))
    assert (bgrx[..., 0] == 255).sum() == 1
    assert not (bgrx[..., 2::-1] == NAN_COLOR).all(axis=-1).any()


def test_shrunk_tiles_show_the_mean_of_the_positions_under_each_pixel():
    maps = random_maps(1, 23, 31, signed=False)
    bgrx, layout, scale = draw(maps, replace(VIEW, height=13, width=18))
    assert (layout.tile_height, layout.tile_width) < (23, 31)
    assert_is_reference(bgrx, maps, layout, scale, replace(VIEW, height=13, width=18))


@pytest.mark.parametrize("side", [11, 23, 79, 112])
def test_every_position_of_a_shrunk_map_weighs_the_same(side):
    view = replace(VIEW, height=12, width=12)
    total = np.zeros((side, side))
    for row, column in ((0, 0), (side // 2, side // 2), (side - 1, side - 1), (side - 1, 1), (side // 3, side - 2)):
        maps = torch.zeros(1, side, side)
        maps[0, row, column] = 1.0
        tile_share = (10 / side) ** 2
        bgrx, _, _ = draw(maps, view, ColorScale(0.0, tile_share, "gray"))
        total[row, column] = bgrx[1:11, 1:11, 0].sum() / 255
    weights = total[total > 0]
    assert len(weights) == 5, "a position is not seen at all"
    np.testing.assert_allclose(weights, 1, atol=0.01)


@settings(max_examples=50)
@given(
    st.integers(1, 40),
    st.tuples(st.integers(1, 16), st.integers(1, 16)),
    st.tuples(st.integers(2, 60), st.integers(2, 60)),
    st.floats(1, 30),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_zoomed_and_panned_pane_is_a_cut_of_the_whole_canvas(count, shape, pane, zoom, center):
    view = replace(VIEW, height=pane[0], width=pane[1], zoom=zoom, center_row=center[0], center_column=center[1])
    maps = random_maps(count, *shape)
    part, layout, scale = draw(maps, view)
    canvas = layout.canvas
    whole_layout = GridLayout(
        layout.units,
        layout.columns,
        layout.tile_height,
        layout.tile_width,
        max(0, layout.top),
        max(0, layout.left),
        max(int(canvas.height), pane[0]),
        max(int(canvas.width), pane[1]),
    )
    whole = compose_grid(maps, whole_layout, scale, summarize(maps), view)
    top, left = max(0, -layout.top), max(0, -layout.left)
    np.testing.assert_array_equal(part, whole[top : top + pane[0], left : left + pane[1]])


@settings(max_examples=60)
@given(
    st.integers(1, 30),
    st.tuples(st.integers(1, 14), st.integers(1, 14)),
    st.tuples(st.integers(8, 90), st.integers(8, 90)),
    st.floats(1, 10),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.integers(0, 99),
)
def test_the_brightest_pixel_of_a_tile_answers_the_unit_and_the_position_that_is_hot(
    count, shape, pane, zoom, center, seed
):
    chance = np.random.default_rng(seed)
    hot = [(int(chance.integers(shape[0])), int(chance.integers(shape[1]))) for _ in range(count)]
    maps = torch.zeros(count, *shape)
    for unit, place in enumerate(hot):
        maps[unit][place] = 1.0
    view = replace(VIEW, height=pane[0], width=pane[1], zoom=zoom, center_row=center[0], center_column=center[1])
    bgrx, layout, _ = draw(maps, view, units=chance.permutation(count))
    coarse = (-(-shape[0] // layout.tile_height), -(-shape[1] // layout.tile_width))
    for unit in range(count):
        rect = layout.rect_of(unit)
        if rect.top < 0 or rect.left < 0 or rect.bottom > pane[0] or rect.right > pane[1]:
            continue
        tile = bgrx[int(rect.top) : int(rect.bottom), int(rect.left) : int(rect.right), 0]
        row, column = np.unravel_index(int(tile.argmax()), tile.shape)
        found = layout.position_at(row + rect.top, column + rect.left, *shape)
        assert found[0] == unit
        if layout.tile_height >= shape[0] and layout.tile_width >= shape[1]:
            assert found[1:] == hot[unit]
        else:
            assert abs(found[1] - hot[unit][0]) <= coarse[0]
            assert abs(found[2] - hot[unit][1]) <= coarse[1]


def test_fully_connected_layers_are_drawn_one_pixel_map_per_tile():
    maps = torch.linspace(0, 1, 1000)[:, None, None]
    view = replace(VIEW, height=200, width=260)
    bgrx, layout, scale = draw(maps, view)
    assert_is_reference(bgrx, maps, layout, scale, view)


def test_thousands_of_units_on_a_pane_smaller_than_their_number_are_drawn_where_they_can_be():
    maps = random_maps(4096, 7, 7)
    view = replace(VIEW, height=40, width=50, center_row=0.7)
    bgrx, layout, scale = draw(maps, view)
    assert layout.tile_height == layout.tile_width == 1
    assert_is_reference(bgrx, maps, layout, scale, view)


def test_all_units_of_a_large_layer_appear():
    maps = torch.ones(4096, 3, 3)
    bgrx, layout, _ = draw(maps, replace(VIEW, height=640, width=640), ColorScale(0, 1, "gray"))
    assert layout.tile_height == layout.tile_width == 8
    assert (bgrx[..., :3] == 255).all(axis=-1).sum() == 4096 * 8 * 8


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("side", [5, 90])
def test_other_number_formats_draw_what_their_values_say(dtype, side):
    maps = random_maps(7, side, side).to(dtype)
    bgrx, _, scale = draw(maps)
    expected, _, same_scale = draw(maps.float())
    assert scale == same_scale
    np.testing.assert_array_equal(bgrx, expected)


@pytest.mark.parametrize("side", [5, 90])
def test_the_order_in_memory_does_not_matter(side):
    maps = random_maps(7, side, side)
    strided = maps[None].contiguous(memory_format=torch.channels_last)[0]
    assert not strided.is_contiguous()
    units = [3, 1, 6, 0]
    np.testing.assert_array_equal(draw(strided, units=units)[0], draw(maps, units=units)[0])


def test_drawing_leaves_the_activations_alone():
    maps = random_maps(7, 5, 5)
    before = maps.clone()
    for view in (VIEW, replace(VIEW, individual=1.0, gamma=0.5), replace(VIEW, scaling=Scaling.UNIT)):
        draw(maps, view)
        assert torch.equal(maps, before)
