"""Numbers in words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.gui.figures import band_text, number, percent, rough_span, span_text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.5, "50 %"),
        (0.905, "90.5 %"),
        (0.9996, "99.96 %"),
        (0.999999, "> 99.999 %"),
        (0.05, "5.0 %"),
        (0.0004, "0.04 %"),
        (1e-7, "< 0.001 %"),
    ],
)
def test_shares_are_told_in_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (12.34, "12.3"),
        (0.0042, "0.00420"),
        (4096.2, "4,096"),
        (-3.1, "−3.10"),
        (1e-5, "1.0e−05"),
        (7e6, "7.0e+06"),
        (512.3, "512"),
        (math.nan, "not a number"),
        (math.inf, "infinite"),
        (-math.inf, "−infinite"),
    ],
)
def test_values_are_written_with_about_three_digits(value, text):
    assert number(value) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_neither_all_nor_nothing_is_said_where_it_is_not_so(share):
    assert percent(share) not in {"0 %", "100 %", "0.0 %", "100.0 %"}


def test_bands_and_times():
    assert band_text((0.75, 0.95)) == "75–95 % of images"
    assert [span_text(seconds) for seconds in (3, 200, 7300)] == ["3 s", "3 min", "2 h"]


def test_an_estimate_is_no_finer_than_it_can_be():
    words = ["under 10 s", "about 10 s", "about 45 s", "about 1 min", "about 5 min", "about 2 h"]
    assert [rough_span(seconds) for seconds in (0.0, 9, 48, 55, 290, 7300)] == words
