"""What the views of an attribution show."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.imaging.attribution_views import BLUR, bars, draw, heat, histogram, overlaid
from deepvis.imaging.colormap import NAN_COLOR, table
from deepvis.imaging.filters import blurred
from deepvis.kinds import BackView, Overlay

HEATS = (BackView.NORM, BackView.NORM_BLUR, BackView.SUM)
PICTURES = tuple(view for view in BackView if view is not BackView.HISTOGRAM)


def noise(*shape):
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


def test_raw_puts_zero_at_mid_gray_and_the_largest_of_few_magnitudes_at_an_end():
    values = np.zeros((3, 2, 2), np.float32)
    values[:, 0, 1] = (-4, 2, 0)
    shown = draw(values, BackView.RAW, "auto")
    assert shown.tolist() == [[[128] * 3, [0, 191, 128]], [[128] * 3] * 2]


@pytest.mark.parametrize("view", [BackView.RAW, BackView.GRAY])
def test_one_value_that_is_far_stronger_than_all_others_does_not_make_the_rest_gray(view):
    plain = noise(3, 40, 40)
    before = draw(plain, view, "auto").astype(int)
    struck = plain.copy()
    struck[:, 7, 9] = 1e4
    shown = draw(struck, view, "auto").astype(int)
    assert (shown[7, 9] == 255).all()
    shown[7, 9] = before[7, 9]
    # a pixel more in the percentile moves the range a little
    assert np.abs(shown - before).max() <= 4


def test_the_range_of_raw_is_that_of_the_values_that_are_not_zero_and_the_same_for_both_signs():
    sparse = np.zeros((3, 100, 100), np.float32)
    magnitudes = np.arange(1, 401, dtype=np.float32)
    sparse[0].flat[:400] = -magnitudes
    shown = draw(sparse, BackView.RAW, "auto")[..., 0].ravel()
    assert (shown[400:] == 128).all()
    # the 399th of 400 is at the end
    assert (shown[[398, 399]] == 0).all()
    other = 255 - draw(-sparse, BackView.RAW, "auto")[..., 0].ravel()[:398].astype(int)
    np.testing.assert_allclose(other, shown[:398], atol=1)


def test_gray_shows_the_mean_over_colors_by_its_own_largest_magnitude():
    values = np.zeros((3, 1, 3), np.float32)
    values[:, 0, 0] = (3, -3, 3)
    values[:, 0, 1] = (0, 0, -1.5)
    shown = draw(values, BackView.GRAY, "auto")
    assert shown.tolist() == [[[255] * 3, [64] * 3, [128] * 3]]


def test_norm_is_the_length_over_colors_from_its_smallest_to_its_largest():
    values = np.zeros((3, 1, 3), np.float32)
    values[:, 0] = np.array([[1, 3, 0], [0, 4, 0], [0, 0, 3]])
    expected = (np.array([1, 5, 3]) - 1) / 4
    np.testing.assert_allclose(heat(values, BackView.NORM), [expected], atol=1e-6)
    np.testing.assert_array_equal(draw(values, BackView.NORM, "viridis")[0], table("viridis")[[0, 255, 128]])


def test_norm_blur_is_the_blurred_norm_from_its_smallest_to_its_largest():
    values = noise(3, 40, 30)
    expected = blurred(np.linalg.norm(values, axis=0), BLUR)
    expected = (expected - expected.min()) / (expected.max() - expected.min())
    np.testing.assert_allclose(heat(values, BackView.NORM_BLUR), expected, atol=1e-4)


def test_sum_shows_where_the_sum_over_colors_is_positive():
    values = np.zeros((3, 1, 3), np.float32)
    values[:, 0] = np.array([[1, -3, 4], [1, 0, 0], [0, 1, 0]])
    np.testing.assert_allclose(heat(values, BackView.SUM), [[0.5, 0, 1]], atol=1e-6)


@pytest.mark.parametrize("view", list(BackView))
@pytest.mark.parametrize("shape", [(3, 9, 7), (1, 9, 7), (9, 7), (3, 1, 1)])
def test_every_view_draws_colors_gray_networks_and_maps(view, shape):
    shown = draw(noise(*shape), view, "auto")
    assert shown.shape == (*shape[-2:], 3)
    assert shown.dtype == np.uint8


def test_a_gray_networks_raw_view_is_gray():
    shown = draw(noise(1, 6, 6), BackView.RAW, "auto")
    assert (shown == shown[..., :1]).all()
    assert len(np.unique(shown)) > 10


def test_auto_draws_a_map_with_two_signs_in_a_diverging_color_map_and_one_without_in_a_sequential_one():
    signed = np.array([[-2, 0, 1]], np.float32)
    np.testing.assert_array_equal(draw(signed, BackView.RAW, "auto")[0], table("frost")[[0, 128, 191]])
    np.testing.assert_array_equal(draw(signed + 2, BackView.RAW, "auto")[0], table("magma")[[0, 170, 255]])


def test_a_chosen_color_map_is_used_for_maps_of_any_sign():
    signed = np.array([[-2, 0, 2]], np.float32)
    np.testing.assert_array_equal(draw(signed, BackView.RAW, "day")[0], table("day")[[0, 128, 255]])
    np.testing.assert_array_equal(draw(signed, BackView.RAW, "jet")[0], table("jet")[[0, 128, 255]])
    np.testing.assert_array_equal(draw(np.abs(signed), BackView.RAW, "day")[0], table("day")[[255, 128, 255]])


def test_sum_of_a_map_shows_only_what_speaks_for_the_unit_and_norm_shows_both():
    signed = np.array([[-2, 0, 1]], np.float32)
    np.testing.assert_allclose(heat(signed, BackView.SUM), [[0, 0, 1]])
    np.testing.assert_allclose(heat(signed, BackView.NORM), [[1, 0, 0.5]])


@pytest.mark.parametrize("view", HEATS)
@pytest.mark.parametrize("shape", [(3, 5, 5), (5, 5)])
def test_an_attribution_of_zeros_is_cold_everywhere(view, shape):
    zeros = np.zeros(shape, np.float32)
    assert not heat(zeros, view).any()
    assert (draw(zeros, view, "magma") == table("magma")[0]).all()


@pytest.mark.parametrize("view", [BackView.RAW, BackView.GRAY])
def test_an_attribution_of_zeros_is_mid_gray(view):
    assert (draw(np.zeros((3, 4, 4), np.float32), view, "auto") == 128).all()


@pytest.mark.parametrize("factor", [1e-42, 1e-20, 1e30])
@pytest.mark.parametrize("view", PICTURES)
def test_the_size_of_the_values_does_not_matter(view, factor):
    values = np.round(noise(3, 6, 6) * 100) / 100
    shown = draw(values * np.float32(factor), view, "auto").astype(int)
    # the smallest floats have few digits
    assert np.abs(shown - draw(values, view, "auto")).max() <= (30 if factor == 1e-42 else 1)


@pytest.mark.parametrize("view", PICTURES)
@pytest.mark.parametrize("fault", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(3, 5, 5), (5, 5)])
def test_what_is_not_finite_is_marked_and_the_rest_is_shown_as_without_it(view, fault, shape):
    values = noise(*shape)
    values[..., 2, 3] = 0
    without = draw(values, view, "auto")
    values[(0, 2, 3) if len(shape) == 3 else (2, 3)] = fault
    shown = draw(values, view, "auto")
    assert tuple(shown[2, 3]) == NAN_COLOR
    shown[2, 3] = without[2, 3]
    np.testing.assert_array_equal(shown, without)
    assert np.isfinite(heat(values, view)).all()


def test_nothing_but_nan_is_marked_everywhere():
    broken = np.full((3, 4, 4), np.nan, np.float32)
    assert (overlaid(picture(), broken, BackView.NORM, "auto", Overlay.OFF, 0.7, (8, 8)) == NAN_COLOR).all()
    counts, extent = histogram(broken)
    assert not counts.any()
    assert extent == (-0.5, 0.5)


def picture(height=10, width=12):
    return np.random.default_rng(2).integers(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("view", list(BackView))
@pytest.mark.parametrize("overlay", list(Overlay))
@pytest.mark.parametrize("size", [(5, 4), (33, 47), (1, 1)])
def test_an_overlay_has_the_size_wanted(view, overlay, size):
    for values in (noise(3, 10, 12), noise(4, 4), noise(1, 10, 12)):
        shown = overlaid(picture(), values, view, "auto", overlay, 0.7, size)
        assert shown.shape == (*size, 3)
        assert shown.dtype == np.uint8


@pytest.mark.parametrize("view", HEATS)
def test_over_active_weighs_the_picture_by_the_heat_to_the_power_of_point_eight_and_over_inactive_the_color(view):
    values = noise(3, 10, 12)
    weight = heat(values, view)[..., None] ** 0.8
    colors = table("jet")[np.rint(heat(values, view) * 255).astype(int)]
    size = (10, 12)
    active = overlaid(picture(), values, view, "jet", Overlay.ACTIVE, 1.0, size)
    inactive = overlaid(picture(), values, view, "jet", Overlay.INACTIVE, 1.0, size)
    np.testing.assert_allclose(active, weight * picture() + (1 - weight) * colors, atol=1)
    np.testing.assert_allclose(inactive, (1 - weight) * picture() + weight * colors, atol=1)


def test_opacity_is_that_of_what_lies_over_the_picture():
    values = noise(3, 10, 12)
    for overlay in (Overlay.ACTIVE, Overlay.INACTIVE):
        np.testing.assert_array_equal(
            overlaid(picture(), values, BackView.NORM, "jet", overlay, 0, (10, 12)), picture()
        )
        full = overlaid(picture(), values, BackView.NORM, "jet", overlay, 1, (10, 12)).astype(float)
        half = overlaid(picture(), values, BackView.NORM, "jet", overlay, 0.5, (10, 12))
        np.testing.assert_allclose(half, (full + picture()) / 2, atol=1)


def test_without_an_overlay_the_picture_does_not_matter():
    values = noise(3, 10, 12)
    shown = overlaid(picture(), values, BackView.NORM, "jet", Overlay.OFF, 0.2, (10, 12))
    np.testing.assert_array_equal(shown, draw(values, BackView.NORM, "jet"))


@pytest.mark.parametrize("overlay", Overlay)
@pytest.mark.parametrize("view", PICTURES)
@pytest.mark.parametrize("size", [(60, 120), (20, 41), (30, 60)])
def test_pictures_side_by_side_are_drawn_as_each_is_alone_in_their_common_range(view, overlay, size):
    # turned by half a circle, so that the range of either alone is the common one
    first = noise(3, 30, 30)
    second = first[:, ::-1, ::-1]
    seen = [np.full((10, 10, 3), shade, np.uint8) for shade in (0, 255)]

    def drawn(values, picture, width, pictures):
        return overlaid(picture, values, view, "auto", overlay, 0.5, (size[0], width), pictures).astype(int)

    both = drawn(np.concatenate([first, second], axis=2), np.concatenate(seen, axis=1), size[1], 2)
    half = size[1] // 2
    alone = np.concatenate([drawn(first, seen[0], half, 1), drawn(second, seen[1], size[1] - half, 1)], axis=1)
    # the percentile of twice as many values lies between two others
    assert np.abs(both - alone).max() <= 4


def test_two_pictures_in_a_single_column_are_still_drawn():
    seen = np.zeros((4, 8, 3), np.uint8)
    assert overlaid(seen, noise(3, 4, 8), BackView.NORM, "auto", Overlay.ACTIVE, 1, (2, 1), 2).shape == (2, 1, 3)


def test_nothing_that_was_given_is_written_to():
    values, below = noise(3, 10, 12), picture()
    values[0, 0, 0] = np.nan
    before = values.copy(), below.copy()
    for view in BackView:
        overlaid(below, values, view, "auto", Overlay.ACTIVE, 0.7, (10, 12))
    np.testing.assert_array_equal(values, before[0])
    np.testing.assert_array_equal(below, before[1])


def test_enlarged_pixels_keep_their_edges_and_enlarged_heats_do_not():
    values = noise(3, 4, 4)
    raw = overlaid(picture(), values, BackView.RAW, "auto", Overlay.OFF, 1, (16, 16))
    np.testing.assert_array_equal(raw, draw(values, BackView.RAW, "auto").repeat(4, axis=0).repeat(4, axis=1))
    warm = overlaid(picture(), values, BackView.NORM, "gray", Overlay.OFF, 1, (16, 16)).astype(int)
    assert np.abs(np.diff(warm, axis=0)).max() < 80 < np.abs(np.diff(draw(values, BackView.NORM, "gray"), axis=0)).max()


def test_a_histogram_counts_every_value_between_the_lowest_and_the_highest():
    values = noise(3, 20, 20)
    counts, (low, high) = histogram(values)
    assert counts.shape == (50,)
    assert counts.dtype == np.int64
    assert counts.sum() == values.size
    assert (low, high) == (values.min(), values.max())
    assert counts[0] >= 1
    assert counts[-1] >= 1


@pytest.mark.parametrize("value", [0.0, 1e30, -3.5])
def test_a_histogram_of_equal_values_has_a_width(value):
    counts, (low, high) = histogram(np.full((3, 4, 4), value, np.float32))
    assert counts.sum() == 48
    assert low < high


def test_bars_are_as_tall_as_their_counts_and_none_that_counts_vanishes():
    drawn = bars(np.array([0, 1, 1000, 500]), (1.0, 2.0), (100, 40))
    filled = (drawn != drawn[0, 0]).any(axis=2).sum(axis=0)
    assert filled[::10].tolist() == [0, 1, 100, 50]


def test_bars_tell_where_zero_is():
    silent = bars(np.zeros(4, np.int64), (-1.0, 3.0), (10, 40))
    assert (silent[:, 10] != silent[:, 0]).all()
    assert (silent[:, 11:] == silent[0, 0]).all()


def test_an_unknown_color_map_is_answered_with_the_known_ones():
    with pytest.raises(KeyError, match=r"no color map 'parula'"):
        draw(noise(3, 4, 4), BackView.RAW, "parula")
