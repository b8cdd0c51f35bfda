"""Pictures reach the screen without a copy."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from deepvis.gui.qimage import bgrx_to_qimage, qimage_to_rgb, rgb_to_qimage


def test_colors_of_both_layouts_arrive_where_they_belong(qapp):
    rgb = np.zeros((4, 5, 3), np.uint8)
    rgb[1, 3] = (10, 20, 30)
    bgrx = np.zeros((4, 5, 4), np.uint8)
    bgrx[1, 3] = (30, 20, 10, 0)
    for image in (rgb_to_qimage(rgb), bgrx_to_qimage(bgrx)):
        assert (image.width(), image.height()) == (5, 4)
        assert image.pixelColor(3, 1).getRgb() == (10, 20, 30, 255)
        assert image.pixelColor(0, 0).getRgb() == (0, 0, 0, 255)


def test_an_image_shares_the_memory_of_its_array(qapp):
    bgrx = np.zeros((2, 2, 4), np.uint8)
    image = bgrx_to_qimage(bgrx)
    bgrx[0, 0, 2] = 200
    assert image.pixelColor(0, 0).red() == 200


def test_an_image_outlives_the_name_of_its_array(qapp):
    image = rgb_to_qimage(np.full((300, 301, 3), 77, np.uint8))
    gc.collect()
    others = [np.zeros((300, 301, 3), np.uint8) for _ in range(4)]
    assert image.pixelColor(300, 299).green() == 77
    assert len(others) == 4


def test_rows_that_are_not_a_multiple_of_four_bytes_are_not_sheared(qapp):
    rgb = np.random.default_rng(0).integers(0, 255, (7, 5, 3), np.uint8)
    image = rgb_to_qimage(rgb)
    assert [image.pixelColor(x, 6).getRgb()[:3] for x in range(5)] == [tuple(pixel) for pixel in rgb[6].tolist()]


def test_a_cut_out_picture_is_shown_right(qapp):
    rgb = np.random.default_rng(1).integers(0, 255, (8, 8, 3), np.uint8)
    image = rgb_to_qimage(rgb[::2, 1::2])
    assert image.pixelColor(2, 3).getRgb()[:3] == tuple(rgb[6, 5].tolist())


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 3)), np.zeros((0, 2, 3), np.uint8)],
)
def test_a_picture_of_another_shape_or_type_is_refused_with_its_shape(qapp, wrong):
    with pytest.raises(ValueError, match="3 bytes per pixel"):
        rgb_to_qimage(wrong)


def test_a_picture_comes_back_from_a_qimage_as_it_went_in(qapp):
    rgb = np.random.default_rng(2).integers(0, 255, (5, 7, 3), np.uint8)
    assert (qimage_to_rgb(rgb_to_qimage(rgb)) == rgb).all()
