"""Numbers per unit, the range of the colors, and how it moves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepvis.live.summary import RANGE_DECAY, ColorScale, SteadyRange, color_scale, summarize

FORMATS = [torch.float32, torch.float16, torch.bfloat16]


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 5, 9), (300, 1, 1)])
def test_a_summary_holds_what_numpy_finds(shape, dtype):
    maps = torch.randn(*shape, generator=torch.Generator().manual_seed(3)).to(dtype)
    flat = maps.float().numpy().reshape(shape[0], -1)
    summary = summarize(maps)
    np.testing.assert_array_equal(summary.maxima, flat.max(axis=1))
    np.testing.assert_array_equal(summary.minima, flat.min(axis=1))
    precise = {torch.float32: 1e-6, torch.float16: 1e-3, torch.bfloat16: 1e-2}[dtype]
    np.testing.assert_allclose(summary.means, flat.mean(axis=1), atol=precise)
    for unit in range(shape[0]):
        row, column = summary.peak_position(unit)
        assert maps[unit, row, column] == maps[unit].max()
    assert summary.extent() == (flat.min(), flat.max())


def test_the_mean_of_a_large_map_in_half_precision_does_not_overflow():
    assert summarize(torch.full((2, 300, 300), 100.0, dtype=torch.float16)).means.tolist() == [100, 100]


def test_a_unit_with_one_value_that_is_not_a_number_is_named_and_does_not_spoil_the_extent():
    maps = torch.arange(24.0).reshape(4, 2, 3)
    maps[2, 1, 1] = torch.nan
    summary = summarize(maps)
    assert summary.nan_units.tolist() == [2]
    assert np.isnan([summary.maxima[2], summary.minima[2], summary.means[2]]).all()
    assert summary.extent() == (0, 23)


def test_infinite_units_do_not_spoil_the_extent():
    maps = torch.stack([torch.full((2, 2), value) for value in (-torch.inf, -3.0, 4.0, torch.inf)])
    assert summarize(maps).extent() == (-3, 4)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_layer_without_any_finite_unit_has_an_extent_of_nothing(value):
    assert summarize(torch.full((3, 2, 2), value)).extent() == (0, 0)


BOUNDS = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(BOUNDS, BOUNDS, st.sampled_from(["auto", "magma", "frost", "day", "gray"]), st.booleans())
def test_a_scale_holds_the_whole_extent_and_has_a_span(first, second, colormap, per_unit):
    low, high = min(first, second), max(first, second)
    scale = color_scale((low, high), colormap, per_unit=per_unit)
    assert scale.per_unit is per_unit
    assert scale.colormap != "auto"
    assert scale.low < scale.high
    assert scale.low <= low + 1e-6 * max(abs(low), abs(high))
    assert scale.high >= high or high <= 0
    if scale.symmetric:
        assert scale.low == -scale.high


@pytest.mark.parametrize(
    ("extent", "colormap", "expected"),
    [
        ((0, 3), "auto", ColorScale(0, 3, "magma")),
        ((1, 3), "auto", ColorScale(0, 3, "magma")),
        ((-1, 3), "auto", ColorScale(-3, 3, "frost")),
        ((-4, 3), "day", ColorScale(-4, 4, "day")),
        ((0, 3), "frost", ColorScale(-3, 3, "frost")),
        ((-1, 3), "gray", ColorScale(-1, 3, "gray")),
        ((-1e-9, 3), "auto", ColorScale(0, 3, "magma")),
        ((0, 0), "auto", ColorScale(0, 1, "magma")),
        ((0, 0), "frost", ColorScale(-1, 1, "frost")),
        ((-2, -2), "gray", ColorScale(-2, -1, "gray")),
    ],
)
def test_data_without_a_sign_begins_at_zero_and_a_diverging_map_is_centered_there(extent, colormap, expected):
    assert color_scale(extent, colormap, per_unit=False) == expected


EXTENTS = st.lists(st.tuples(st.floats(-100, 0), st.floats(0, 100)), min_size=2, max_size=30)


@given(EXTENTS)
def test_the_range_of_moving_pictures_grows_at_once_and_shrinks_slowly(extents):
    steady = SteadyRange()
    assert steady.follow(extents[0], still=False) == extents[0]
    before = extents[0]
    for extent in extents[1:]:
        now = steady.follow(extent, still=False)
        assert now == (min(extent[0], before[0] * RANGE_DECAY), max(extent[1], before[1] * RANGE_DECAY))
        assert now[0] <= extent[0]
        assert now[1] >= extent[1]
        before = now


def test_after_a_flash_the_range_comes_back_to_what_is_there():
    steady = SteadyRange()
    steady.follow((-100, 100), still=False)
    for _ in range(200):
        extent = steady.follow((-1, 2), still=False)
    assert extent == (-1, 2)


def test_a_still_picture_gets_its_own_range_exactly():
    steady = SteadyRange()
    steady.follow((-100, 100), still=False)
    assert steady.follow((-1, 2), still=True) == (-1, 2)
    assert steady.follow((0, 1), still=False) == (-RANGE_DECAY, 2 * RANGE_DECAY)
