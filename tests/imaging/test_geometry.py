"""Turning pictures, and which pixel of one is which of the network's input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.imaging.geometry import InputGeometry, orient, resized_shape
from deepvis.records import Fit, Rect

PICTURE = np.random.default_rng(1).integers(0, 256, (3, 5, 3), dtype=np.uint8)

# clockwise turns written as transposes, so that np.rot90's direction is not taken on trust
TURNED = {
    0: PICTURE,
    1: PICTURE.transpose(1, 0, 2)[:, ::-1],
    2: PICTURE[::-1, ::-1],
    3: PICTURE.transpose(1, 0, 2)[::-1],
}


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_picture_is_turned_clockwise_and_then_mirrored(turns, mirror):
    expected = TURNED[turns][:, ::-1] if mirror else TURNED[turns]
    got = orient(PICTURE, mirror=mirror, quarter_turns=turns)
    np.testing.assert_array_equal(got, expected)
    assert got.flags.c_contiguous
    assert got.dtype == np.uint8


def test_one_turn_brings_the_top_left_corner_to_the_top_right():
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[0, 0] = 255
    assert orient(picture, mirror=False, quarter_turns=1)[0, -1].tolist() == [255, 255, 255]


def test_a_picture_that_stays_as_it_is_is_not_copied():
    assert orient(PICTURE, mirror=False, quarter_turns=0) is PICTURE
    assert orient(PICTURE, mirror=False, quarter_turns=4) is PICTURE


SCALES = st.floats(0.01, 100)
OFFSETS = st.floats(-1000, 1000)
RECTS = st.builds(Rect, OFFSETS, OFFSETS, st.floats(0, 1000), st.floats(0, 1000))


@given(st.builds(InputGeometry, SCALES, SCALES, OFFSETS, OFFSETS), RECTS)
def test_a_rectangle_comes_back_from_the_network_as_it_went(geometry, rect):
    there = geometry.to_network(rect)
    back = geometry.to_picture(there)
    for side in ("top", "left", "height", "width"):
        assert getattr(back, side) == pytest.approx(getattr(rect, side), abs=1e-3 / min(1, geometry.scale_row))
    # the edges go where the corners go
    assert there.bottom == pytest.approx(rect.bottom * geometry.scale_row + geometry.offset_row, abs=1e-6)
    assert there.right == pytest.approx(rect.right * geometry.scale_column + geometry.offset_column, abs=1e-6)


SIDES = st.integers(1, 3000)
TARGETS = st.tuples(st.integers(1, 600), st.integers(1, 600))
RATIOS = st.floats(0.3, 1.0)


@given(SIDES, SIDES, TARGETS, RATIOS)
def test_a_cropped_picture_covers_the_target_and_one_side_just_so(height, width, target, ratio):
    rows, columns = resized_shape(height, width, target, Fit.CROP, ratio)
    wanted = (int(target[0] / ratio + 1e-6), int(target[1] / ratio + 1e-6))
    assert rows >= wanted[0] >= target[0]
    assert columns >= wanted[1] >= target[1]
    assert rows == wanted[0] or columns == wanted[1]
    # the other side follows the picture's aspect, except where rounding down would uncover the target
    if rows == wanted[0]:
        assert columns in (int(width * rows / height), wanted[1])
    else:
        assert rows in (int(height * columns / width), wanted[0])


@given(SIDES, SIDES, TARGETS, RATIOS)
def test_a_letterboxed_picture_touches_the_target_from_within(height, width, target, ratio):
    rows, columns = resized_shape(height, width, target, Fit.LETTERBOX, ratio)
    assert 1 <= rows <= target[0]
    assert 1 <= columns <= target[1]
    assert rows == target[0] or columns == target[1]


@given(SIDES, SIDES, TARGETS, RATIOS)
def test_a_stretched_picture_is_the_target(height, width, target, ratio):
    assert resized_shape(height, width, target, Fit.STRETCH, ratio) == target


@pytest.mark.parametrize(
    ("picture", "ratio", "expected"),
    [((480, 640), 224 / 256, (256, 341)), ((640, 480), 224 / 256, (341, 256)), ((300, 300), 224 / 232, (232, 232))],
)
def test_a_square_crop_resizes_the_short_side_as_torchvision_does(picture, ratio, expected):
    assert resized_shape(*picture, (224, 224), Fit.CROP, ratio) == expected
