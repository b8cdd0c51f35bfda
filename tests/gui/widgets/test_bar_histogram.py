"""Histograms of plain numbers: what is told of a bin, and what stands in place of none."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.gui.theme import theme_of
from deepvis.gui.widgets.bar_histogram import BarHistogram
from deepvis.statistics.weight_figures import WeightHistogram


@pytest.fixture
def bars(shown):
    return shown(BarHistogram("Weights", 80), 200, 116)


def pixels(widget, color):
    """Columns of the widget that hold a color."""
    image = widget.grab().toImage()
    return [
        column
        for column in range(image.width())
        if any(image.pixelColor(column, row).name() == color for row in range(18, image.height() - 18))
    ]


def test_the_bin_under_the_pointer_is_told_with_its_share(bars):
    bars.set_histogram(WeightHistogram(np.array([10, 0, 5, 1]), -2.0, 2.0))
    assert bars.tip_at(0) == "10 of 16 from −2.00 to −1.00"
    assert bars.tip_at(199) == "1 of 16 from 1.00 to 2.00"


def test_bars_stand_where_values_are_and_one_value_of_many_is_seen(bars):
    bars.set_histogram(WeightHistogram(np.array([1_000_000, 0, 0, 1]), 0.0, 4.0))
    found = pixels(bars, theme_of(bars.palette()).accent)
    assert {column // 50 for column in found} == {0, 3}


def test_without_a_histogram_nothing_is_told_of_bins_and_the_sentence_is_for_those_who_hear_it(bars):
    bars.set_histogram(None, sentence="These units have no bias of their own.")
    assert bars.tip_at(20) == ""
    assert bars.accessibleName() == "These units have no bias of their own."
