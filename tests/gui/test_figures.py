"""Numbers in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.gui.figures import band_text, percent, span_text


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


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_neither_all_nor_nothing_is_said_where_it_is_not_so(share):
    assert percent(share) not in {"0 %", "100 %", "0.0 %", "100.0 %"}


def test_bands_and_times():
    assert band_text((0.75, 0.95)) == "75–95 %"
    assert [span_text(seconds) for seconds in (3, 200, 7300)] == ["3 s", "3 min", "2 h"]
