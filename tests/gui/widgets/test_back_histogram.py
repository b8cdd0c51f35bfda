"""The histogram of a gradient."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.gui.widgets.back_histogram import BackHistogram


@pytest.fixture
def histogram(qtbot, themed):
    made = BackHistogram()
    qtbot.addWidget(made)
    made.resize(240, 200)
    made.show()
    return made


def test_the_plot_is_made_with_the_first_histogram(histogram):
    assert histogram._plot is None
    assert histogram.words() == ""
    histogram.set_counts(np.ones(50, np.int64), (-1.0, 1.0))
    assert histogram._plot is not None


def test_the_words_tell_the_range(histogram):
    histogram.set_counts(np.ones(50, np.int64), (-0.5, 2.0))
    assert histogram.words() == "−0.500 to 2.00"


def test_the_bins_span_the_range_evenly_and_rare_values_stay_visible(histogram):
    counts = np.zeros(50, np.int64)
    counts[25], counts[0] = 100_000, 1
    histogram.set_counts(counts, (-1.0, 1.0))
    edges, heights = histogram._plot._curve.getData()
    assert (edges[0], edges[-1], len(edges)) == (-1.0, 1.0, 51)
    assert heights[0] > heights[25] / 20
    assert heights[1] == 0


def test_the_tooltip_counts_the_bin_under_the_pointer(histogram):
    counts = np.arange(50, dtype=np.int64)
    histogram.set_counts(counts, (0.0, 1.0))
    assert histogram.tip_at(0).startswith("0 values from 0 to ")
    assert histogram.tip_at(histogram.width()).startswith("49 values from 0.980 to 1.00")


def test_a_gradient_of_one_value_has_a_histogram_too(histogram):
    histogram.set_counts(np.array([7] + [0] * 49), (0.0, 0.0))
    assert np.isfinite(histogram._plot.edges).all()


def test_what_comes_while_it_is_hidden_is_drawn_when_it_is_shown(histogram):
    histogram.set_counts(np.ones(50, np.int64), (0.0, 1.0))
    histogram.hide()
    histogram.set_counts(np.ones(50, np.int64), (0.0, 5.0))
    assert histogram._plot.edges[-1] == 1.0
    histogram.show()
    assert histogram._plot.edges[-1] == 5.0
