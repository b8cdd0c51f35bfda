"""The selected unit, large."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from deepvis.imaging.colormap import NAN_COLOR, table
from deepvis.live.summary import ColorScale
from deepvis.live.unit_picture import SHARPNESS, compose_unit, fitted
from deepvis.records import GridView, Overlay, Scaling, UnitPane

GRAY = ColorScale(0.0, 1.0, "gray")
FROST = ColorScale(-1.0, 1.0, "frost")
PANE = UnitPane(height=40, width=40)
PICTURE = torch.randint(0, 256, (3, 20, 20), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def shown_picture(size=(40, 40), picture=PICTURE):
    enlarged = functional.interpolate(picture[None].float(), size=size, mode="bilinear", antialias=True)[0]
    return enlarged.expand(3, -1, -1).permute(1, 2, 0).numpy()


@given(
    st.tuples(st.integers(1, 600), st.integers(1, 600)),
    st.tuples(st.integers(1, 1500), st.integers(1, 1500)),
)
def test_the_picture_fits_into_the_pane_touches_it_and_keeps_its_aspect(shape, pane):
    height, width = fitted(shape, pane)
    assert 1 <= height <= pane[0]
    assert 1 <= width <= pane[1]
    assert height == pane[0] or width == pane[1]
    scale = min(pane[0] / shape[0], pane[1] / shape[1])
    assert abs(height - shape[0] * scale) <= 1
    assert abs(width - shape[1] * scale) <= 1


@pytest.mark.parametrize("overlay", Overlay)
@pytest.mark.parametrize("size", [(30, 80), (80, 30), (1, 1), (7, 7)])
@pytest.mark.parametrize("map_shape", [(1, 1), (5, 7), (100, 100)])
def test_any_map_is_drawn_at_the_pane_size_in_the_aspect_of_the_network_input(map_shape, size, overlay):
    pane = UnitPane(size[0], size[1], overlay)
    picture = torch.zeros(3, 20, 40, dtype=torch.uint8)
    drawn = compose_unit(torch.rand(*map_shape), picture, GRAY, GridView(), pane)
    assert drawn.shape == (*fitted((20, 40), size), 3)
    assert drawn.dtype == np.uint8


def test_without_an_overlay_every_position_is_a_rectangle_of_its_color():
    unit_map = torch.tensor([[0.0, 1.0], [0.25, 0.5]])
    drawn = compose_unit(unit_map, PICTURE, GRAY, GridView(), PANE)
    expected = np.kron(np.floor(unit_map.numpy() * 255 + 0.5), np.ones((20, 20)))
    np.testing.assert_array_equal(drawn, np.repeat(expected[..., None], 3, axis=2))


def test_boosts_are_those_of_the_grid():
    unit_map = torch.tensor([[0.04, 0.25]])
    wide = torch.zeros(3, 10, 20, dtype=torch.uint8)
    pane = UnitPane(10, 20)

    def values(grid):
        return compose_unit(unit_map, wide, GRAY, grid, pane)[0, [0, -1], 0].tolist()

    assert values(GridView()) == [10, 64]
    assert values(GridView(gamma=0.5)) == [51, 128]
    assert values(GridView(individual=0.5)) == [20, 128]
    assert values(GridView(individual=1.0)) == [41, 255]
    assert values(GridView(scaling=Scaling.UNIT)) == [41, 255]
    assert values(GridView(individual=0.5, gamma=0.5)) == [72, 180]


@pytest.mark.parametrize("scale", [GRAY, FROST])
@pytest.mark.parametrize("overlay", [Overlay.ACTIVE, Overlay.INACTIVE])
def test_at_opacity_zero_an_overlay_shows_the_picture_alone(overlay, scale):
    pane = replace(PANE, overlay=overlay, opacity=0.0)
    drawn = compose_unit(torch.rand(6, 6), PICTURE, scale, GridView(), pane)
    np.testing.assert_allclose(drawn, shown_picture(), atol=1)


@pytest.mark.parametrize(("overlay", "hidden"), [(Overlay.ACTIVE, 0.0), (Overlay.INACTIVE, 1.0)])
def test_at_opacity_one_an_overlay_hides_the_picture_where_it_is_not_to_be_seen(overlay, hidden):
    pane = replace(PANE, overlay=overlay, opacity=1.0)
    drawn = compose_unit(torch.full((4, 4), hidden), PICTURE, GRAY, GridView(), pane)
    np.testing.assert_array_equal(drawn, np.full((40, 40, 3), int(hidden * 255)))
    drawn = compose_unit(torch.full((4, 4), 1 - hidden), PICTURE, GRAY, GridView(), pane)
    np.testing.assert_allclose(drawn, shown_picture(), atol=1)


@pytest.mark.parametrize("opacity", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("value", [0.0, 0.2, 0.6, 1.0])
def test_between_the_two_the_mask_is_the_activation_to_a_power(value, opacity):
    index = np.floor(value * 255 + 0.5)
    mask = (index / 255) ** SHARPNESS
    color = table("gray")[int(index)].astype(float)
    picture = shown_picture()
    for overlay, keep in ((Overlay.ACTIVE, mask), (Overlay.INACTIVE, 1 - mask)):
        pane = replace(PANE, overlay=overlay, opacity=opacity)
        drawn = compose_unit(torch.full((3, 3), value), PICTURE, GRAY, GridView(), pane)
        full = keep * picture + (1 - keep) * color
        np.testing.assert_allclose(drawn, opacity * full + (1 - opacity) * picture, atol=1.01)


@pytest.mark.parametrize("value", [-1.0, 1.0])
def test_a_strong_negative_activation_counts_as_active_in_signed_layers(value):
    pane = replace(PANE, overlay=Overlay.ACTIVE, opacity=1.0)
    drawn = compose_unit(torch.full((4, 4), value), PICTURE, FROST, GridView(), pane)
    np.testing.assert_allclose(drawn, shown_picture(), atol=3)


def test_a_gray_network_input_is_shown_gray():
    picture = PICTURE[:1]
    pane = replace(PANE, overlay=Overlay.ACTIVE, opacity=0.0)
    drawn = compose_unit(torch.rand(6, 6), picture, GRAY, GridView(), pane)
    np.testing.assert_allclose(drawn, shown_picture(picture=picture), atol=1)
    assert (drawn[..., 0] == drawn[..., 2]).all()


@pytest.mark.parametrize("scaling", Scaling)
def test_what_is_not_a_number_is_magenta(scaling):
    unit_map = torch.tensor([[0.5, torch.nan]])
    drawn = compose_unit(unit_map, torch.zeros(3, 10, 20, dtype=torch.uint8), GRAY, GridView(scaling=scaling), PANE)
    assert (drawn[:, 20:] == NAN_COLOR).all()
    assert (drawn[:, :20] == 128).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_other_number_formats_are_drawn(dtype):
    unit_map = torch.rand(5, 5).to(dtype)
    for overlay in Overlay:
        pane = replace(PANE, overlay=overlay)
        drawn = compose_unit(unit_map, PICTURE, GRAY, GridView(), pane)
        np.testing.assert_array_equal(drawn, compose_unit(unit_map.float(), PICTURE, GRAY, GridView(), pane))
