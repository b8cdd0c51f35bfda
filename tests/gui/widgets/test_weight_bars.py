"""Weights of one number each, as bars."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from deepvis.gui.qimage import qimage_to_rgb
from deepvis.gui.theme import theme_of
from deepvis.gui.widgets.weight_bars import LINE, MOST, WeightBars
from deepvis.gui.widgets.weight_section import WeightSection, section_words
from deepvis.live.weight_records import InputKernel, UnitWeightsPage
from deepvis.records import UnitId


def kernels(*values):
    return tuple(InputKernel(7 * place, abs(v), np.zeros((1, 1, 3), np.uint8), v) for place, v in enumerate(values))


@pytest.fixture
def bars(qtbot):
    widget = WeightBars()
    qtbot.addWidget(widget)
    return widget


def test_the_longest_reaches_the_end_and_the_sign_gives_the_side(bars):
    bars.set_kernels(kernels(-0.8, 0.4, 0.0))
    assert bars.shares() == (-1.0, 0.5, 0.0)
    assert bars.accessibleName() == "Weights by input: input 0 −0.800; input 7 0.400; input 14 0"


def test_what_is_no_number_has_no_bar(bars):
    bars.set_kernels(kernels(math.nan, 2.0))
    assert bars.shares() == (0.0, 1.0)


def test_only_so_many_are_shown_as_can_be_compared(bars):
    bars.set_kernels(kernels(*range(40, 0, -1)))
    assert len(bars.weights) == MOST
    assert bars.sizeHint().height() == MOST * LINE


def test_bars_of_both_signs_go_to_both_sides_of_the_axis(bars):
    bars.set_kernels(kernels(-0.8, 0.8))
    bars.resize(200, 2 * LINE)
    picture = qimage_to_rgb(bars.grab().toImage()).astype(int)
    theme = theme_of(bars.palette())
    for row, color in ((0, theme.warning), (1, theme.accent)):
        wanted = [int(color[place : place + 2], 16) for place in (1, 3, 5)]
        line = picture[row * LINE + LINE // 2]
        columns = np.flatnonzero((np.abs(line - wanted) <= 2).all(axis=1))
        assert len(columns) > 30
        places = columns.mean() - 100
        assert places < 0 if row == 0 else places > 0


def test_a_section_of_single_weights_has_bars_and_one_of_kernels_has_pictures(qtbot):
    section = WeightSection()
    qtbot.addWidget(section)
    unit = UnitId("net", "conv", 0)
    single = UnitWeightsPage(unit, words="weights", kernels=kernels(1.0, -2.0), inputs=2)
    section.set_page(single)
    assert (section.bars.isHidden(), section.kernels.isHidden()) == (False, True)
    assert section_words(single) == "Weights: inputs, strongest first."
    section.set_page(replace(single, kernel_size=(3, 3)))
    assert (section.bars.isHidden(), section.kernels.isHidden()) == (True, False)
    assert len(section.kernels.tiles) == 2
