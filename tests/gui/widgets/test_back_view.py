"""The picture of a backward pass."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QPointF

from deepvis.gui.widgets.back_panel import check_words
from deepvis.gui.widgets.back_view import BackView
from deepvis.live.back_result import RandomizedCheck


@pytest.fixture
def view(qtbot, themed):
    made = BackView()
    qtbot.addWidget(made)
    made.resize(200, 100)
    made.show()
    return made


def checkered(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def shown_pixels(view):
    image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB888)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    # the pixels go with the image
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


@pytest.mark.parametrize("size", [(100, 100), (99, 100), (100, 200)])
def test_a_picture_made_for_the_pane_is_shown_pixel_for_pixel(view, size):
    rgb = checkered(*size)
    view.set_pictures(rgb)
    rect = view.picture_rects()[0].toRect()
    pixels = shown_pixels(view)[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1]
    assert np.array_equal(pixels, rgb)


def test_a_picture_of_another_size_is_fitted(view):
    view.set_pictures(checkered(20, 20))
    rect = view.picture_rects()[0]
    assert (rect.height(), rect.width(), rect.left()) == (100, 100, 50)


def test_two_pictures_lie_beside_each_other_in_a_wide_pane_and_below_each_other_in_a_high_one(view):
    view.set_compared(True)
    first, second = view.cells()
    assert second.left() > first.right()
    view.resize(100, 300)
    first, second = view.cells()
    assert second.top() > first.bottom()
    assert view.device_size() == (first.height(), first.width())


def test_comparing_asks_for_pictures_of_another_size(view, qtbot):
    with qtbot.waitSignal(view.resized) as told:
        view.set_compared(True)
    assert tuple(told.args) == view.device_size()
    assert told.args[1] < 100


def test_a_stale_picture_is_darker_and_another_one_is_not_stale(view):
    rgb = np.full((100, 200, 3), 255, np.uint8)
    view.set_pictures(rgb)
    bright = shown_pixels(view).mean()
    view.set_stale(True)
    assert shown_pixels(view).mean() < bright / 2
    view.set_pictures(rgb)
    assert shown_pixels(view).mean() == bright


def test_a_place_is_told_as_fractions_of_the_picture_under_the_pointer(view):
    view.set_pictures(checkered(100, 100))
    assert view.fractions_at(QPointF(75, 50)) == (0.5, 0.25)
    assert view.fractions_at(QPointF(20, 50)) == (-1.0, -1.0)


def test_what_is_randomized_has_a_name_also_before_there_is_a_picture(view):
    view.set_pictures(checkered(98, 98))
    view.set_compared(True)
    waiting = shown_pixels(view).copy()
    view.set_pictures(checkered(98, 98), checkered(98, 98))
    right = np.s_[:, 110:190]
    assert not np.array_equal(shown_pixels(view)[right], waiting[right])


def test_a_correlation_has_the_minus_of_all_numbers_and_none_at_zero():
    def said(value):
        return check_words((RandomizedCheck("stem", value, np.zeros((1, 1, 3), np.uint8)),))

    assert said(-0.25).startswith("rank correlation −0.25,")
    assert said(-0.001).startswith("rank correlation 0.00,")
