"""The histogram: steps, mark, words, theme."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from deepvis.gallery.histogram import UnitHistogram, edges
from deepvis.gui.theme import LIGHT, palette_for
from deepvis.gui.widgets.histogram_plot import HistogramPlot
from deepvis.gui.widgets.histogram_steps import STEPS, share_below, steps_of
from deepvis.gui.widgets.plot_style import tick_texts


def area(steps) -> float:
    return float((steps.heights * np.diff(steps.edges)).sum())


@pytest.fixture
def plot(shown, histogram):
    widget = shown(HistogramPlot(), 220, 150)
    widget.set_histogram(histogram([0.0] * 300 + list(np.linspace(1, 7, 700))))
    return widget


def test_steps_keep_all_of_the_area_and_are_few(histogram):
    values = np.random.default_rng(0).gamma(2.0, 1.0, 5000) + 0.01
    steps = steps_of(histogram(values))
    assert steps.zero_share == 0
    assert area(steps) == pytest.approx(1.0)
    assert len(steps.heights) <= STEPS + 1
    assert np.all(np.diff(steps.edges) > 0)


def test_steps_follow_the_density(histogram):
    steps = steps_of(histogram(np.random.default_rng(0).uniform(2, 4, 20_000)))
    inside = steps.heights[3:-3]
    assert inside.mean() == pytest.approx(0.5, rel=0.02)


def test_ticks_are_written_as_they_are_after_values_a_thousand_times_smaller(shown, histogram):
    widget = shown(HistogramPlot(), 260, 150)
    widget.set_histogram(histogram(np.linspace(0.0005, 0.004, 500)))
    widget.grab()
    widget.set_histogram(histogram(np.linspace(5, 30, 500)))
    widget.grab()
    axis = widget._plot.widget.getAxis("bottom")
    low, high = axis.range
    assert high < 40
    for spacing, values in axis.tickValues(low, high, 220):
        assert [float(text) for text in axis.tickStrings(values, axis.autoSIPrefixScale, spacing)] == list(values)
    assert "x0" not in axis.labelString()


@pytest.mark.parametrize(
    ("values", "spacing", "texts"),
    [
        ([0.0, 0.5, 1.0], 0.5, ["0", "0.5", "1.0"]),
        ([-10.0, 0.0, 10.0], 10.0, ["−10", "0", "10"]),
        ([0.0, 2e-5, 4e-5], 2e-5, ["0", "2e−05", "4e−05"]),
        ([0.0, 1e6, 1.5e6], 5e5, ["0", "1.0e+06", "1.5e+06"]),
        ([0.0], 1.0, ["0"]),
    ],
)
def test_ticks_have_the_digits_that_tell_them_apart(values, spacing, texts):
    assert tick_texts(values, spacing) == texts


def test_silent_images_are_told_apart_from_the_curve(histogram):
    steps = steps_of(histogram([0.0] * 30 + list(np.linspace(1, 2, 70))))
    assert steps.zero_share == pytest.approx(0.3)
    assert area(steps) == pytest.approx(0.7)
    assert (steps.low, steps.high) == (0.0, pytest.approx(2.0, rel=0.1))


def test_zero_is_nothing_special_in_the_middle_of_a_smooth_distribution(histogram):
    steps = steps_of(histogram(np.random.default_rng(0).normal(0, 0.01, 50_000)))
    assert steps.zero_share == 0
    assert area(steps) == pytest.approx(1.0)


@pytest.mark.parametrize(("values", "zero"), [([0.0] * 5, 1.0), ([3.0] * 5, 0.0), ([-2.0], 0.0)])
def test_a_unit_that_never_changes_can_be_drawn(shown, histogram, values, zero):
    widget = shown(HistogramPlot(), 220, 150)
    widget.set_histogram(histogram(values))
    widget.set_logarithmic(True)
    assert steps_of(histogram(values)).zero_share == zero
    assert not widget.grab().isNull()


def test_nothing_counted_is_nothing_to_draw():
    assert steps_of(UnitHistogram(np.zeros(len(edges()) - 1, np.int64))) is None


def test_zero_is_not_above_the_images_that_are_zero_too(histogram):
    counted = histogram([-1.0] * 10 + [0.0] * 60 + [2.0] * 30)
    assert share_below(counted, 0.0) == pytest.approx(0.1)
    assert share_below(counted, 1.0) == pytest.approx(0.7)


def test_the_mark_follows_the_live_value_and_stays_in_the_picture(plot):
    assert math.isnan(plot.mark)
    plot.set_live(4.0)
    assert plot.mark == 4.0
    assert plot.words()[0] == "now 4.00"
    assert plot.words()[1].startswith("above 6")
    plot.set_live(1e6)
    assert 6.9 < plot.mark < 7.5
    assert plot.words()[1] == "above every image"
    plot.set_live(-5.0)
    assert plot.mark == 0.0
    assert plot.words()[1] == "below every image"
    plot.set_live(math.nan)
    assert math.isnan(plot.mark)
    assert plot.words() == ("", "")


def test_a_silent_unit_is_compared_with_the_images_on_which_it_is_silent(plot):
    plot.set_live(0.0)
    assert plot.words() == ("now 0", "like 30 % of images")


def test_moving_the_mark_draws_nothing_else_anew(plot):
    plot.set_live(1.0)
    drawn = plot._plot._curve.getData()[1]
    plot.set_live(5.0)
    assert plot._plot._curve.getData()[1] is drawn


def test_the_mark_is_painted_where_its_value_is(plot, qtbot):
    def bright_columns() -> list[int]:
        image = plot.grab().toImage()
        return [x for x in range(image.width()) if image.pixelColor(x, 60).name() == plot_color]

    plot_color = "#ffc857"
    plot.set_live(1.5)
    left = bright_columns()
    plot.set_live(6.0)
    right = bright_columns()
    assert left
    assert right
    assert max(left) < min(right)
    assert plot.tip_at(left[0]).endswith("give zero.")


def test_another_unit_takes_the_mark_away(plot, histogram):
    plot.set_live(4.0)
    plot.set_histogram(histogram([1.0, 2.0]))
    assert math.isnan(plot.mark)
    plot.set_histogram(None)
    assert plot.words() == ("", "")
    assert plot.tip_at(50) == ""


def test_heights_on_a_logarithmic_scale_have_a_ground_below_the_rarest(plot):
    plot.set_logarithmic(True)
    _, heights = plot._plot._curve.getData()
    assert np.isfinite(heights).all()
    assert heights.min() >= plot._plot._curve.opts["fillLevel"]


def test_the_plot_follows_the_theme(plot):
    before = plot._plot._curve.opts["pen"].color().name()
    plot.setPalette(palette_for(LIGHT))
    after = plot._plot._curve.opts["pen"].color().name()
    assert (before, after) == ("#3ecfae", LIGHT.accent)


def test_a_plot_that_nobody_sees_is_not_made(qtbot, histogram, themed):
    plot = HistogramPlot()
    qtbot.addWidget(plot)
    plot.set_histogram(histogram([1.0, 2.0]))
    assert not plot.made
    plot.show()
    assert plot.made


def test_the_page_is_imported_without_pyqtgraph():
    code = "import sys, deepvis.gui.widgets.unit_page, deepvis.gui.page_presenter; print('pyqtgraph' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "False"
