"""Windows of an image."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deepvis.imaging.crops import Window, samples_per_file, window

SIDES = st.integers(1, 700)


def test_without_crops_the_sample_is_the_image():
    assert samples_per_file(0) == 1
    assert window(30, 40, 0, 0) == Window(0, 0, 30, 40)


def test_one_scale_is_the_middle_square():
    assert samples_per_file(1) == 1
    assert window(30, 40, 1, 0) == Window(0, 5, 30, 30)


def test_every_further_scale_adds_squares_that_reach_from_edge_to_edge():
    assert samples_per_file(3) == 1 + 9 + 25
    found = [window(60, 100, 2, index) for index in range(1, 10)]
    assert [part.top for part in found] == [0, 0, 0, 15, 15, 15, 30, 30, 30]
    assert [part.left for part in found] == [0, 35, 70] * 3
    assert {(part.height, part.width) for part in found} == {(30, 30)}


@given(height=SIDES, width=SIDES, crops=st.integers(1, 4))
def test_windows_lie_inside_and_are_placed_as_in_a_mirror(height, width, crops):
    parts = [window(height, width, crops, index) for index in range(samples_per_file(crops))]
    for part in parts:
        assert part.height == part.width >= 1
        assert 0 <= part.top <= height - part.height
        assert 0 <= part.left <= width - part.width
    last = parts[-((2 * crops - 1) ** 2) :]
    for one, other in zip(last, reversed(last), strict=True):
        assert abs(one.top - (height - other.top - other.height)) <= 1
        assert abs(one.left - (width - other.left - other.width)) <= 1
