"""Color maps: what a person may read off them."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.imaging.colormap import COLORMAPS, DIVERGING, NAN_COLOR, SEQUENTIAL, resolve, table

PERCEPTUAL = ("viridis", "magma", "inferno", "plasma", "cividis", "gray")
NAMES = (*SEQUENTIAL, *DIVERGING)


def linear(colors):
    srgb = colors / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lightness_cielab(colors):
    luminance = linear(colors) @ [0.2126, 0.7152, 0.0722]
    return np.where(luminance > 216 / 24389, 116 * np.cbrt(luminance) - 16, luminance * 24389 / 27)


def lightness_oklab(colors):
    to_lms = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    return np.cbrt(linear(colors) @ np.transpose(to_lms)) @ [0.2104542553, 0.7936177850, -0.0040720468]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_has_256_colors_and_cannot_be_written_to(name):
    colors = table(name)
    assert colors.shape == (256, 3)
    assert colors.dtype == np.uint8
    assert table(name) is colors
    with pytest.raises(ValueError, match="read-only"):
        colors[0, 0] = 1


def test_auto_takes_magma_without_a_sign_and_frost_with_one():
    assert resolve("auto", signed=False) == "magma"
    assert resolve("auto", signed=True) == "frost"


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_was_chosen_stays(name, signed):
    assert resolve(name, signed=signed) == name


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(KeyError, match=r"no color map 'parula'.*magma.*frost"):
        resolve("parula", signed=False)


def test_every_name_that_can_be_chosen_has_a_table():
    assert set(COLORMAPS) == {"auto", *NAMES}


@pytest.mark.parametrize("name", PERCEPTUAL)
def test_a_perceptual_map_gets_lighter_with_every_step(name):
    lightness = lightness_cielab(table(name))
    assert np.diff(lightness).min() > -0.25, "8 bits may round a step down by a quarter of a unit, not more"
    assert (lightness[8:] > lightness[:-8]).all()
    # no long flat and no steep part: values far apart look far apart wherever they are
    thirds = np.diff(lightness[[0, 85, 170, 255]])
    assert thirds.min() > 0.5 * thirds.mean()


def test_jet_is_known_not_to_be_perceptual():
    assert np.diff(lightness_cielab(table("jet"))).min() < -0.25


def test_the_published_ends_of_the_published_maps_are_kept():
    ends = {"viridis": ((68, 1, 84), (253, 231, 37)), "magma": ((0, 0, 4), (252, 253, 191))}
    for name, (first, last) in ends.items():
        assert tuple(table(name)[0]) == first
        assert tuple(table(name)[255]) == last


@pytest.mark.parametrize("name", DIVERGING)
def test_a_diverging_map_is_equally_light_at_equal_distances_from_zero(name):
    lightness = lightness_oklab(table(name))
    assert np.abs(lightness - lightness[::-1]).max() < 0.05


@pytest.mark.parametrize(("name", "direction"), [("frost", 1), ("day", -1)])
def test_a_diverging_map_changes_its_lightness_with_every_step_away_from_zero(name, direction):
    lightness = lightness_oklab(table(name))
    for side in (lightness[128:], lightness[127::-1]):
        assert (direction * np.diff(side)).min() > -0.004
        assert direction * (side[-1] - side[0]) > 0.45


def test_frost_is_almost_black_and_day_almost_white_at_zero():
    assert table("frost")[127:129].max() < 16
    assert table("day")[127:129].min() > 240


@pytest.mark.parametrize("name", DIVERGING)
def test_the_two_signs_of_a_diverging_map_are_told_apart_by_blue_and_red(name):
    colors = table(name).astype(int)
    assert (colors[:100, 2] > colors[:100, 0]).all()
    assert (colors[156:, 0] > colors[156:, 2]).all()


@pytest.mark.parametrize("name", NAMES)
def test_no_map_comes_near_the_color_of_what_is_not_a_number(name):
    distance = np.abs(table(name).astype(int) - NAN_COLOR).sum(axis=1)
    assert distance.min() > 60
