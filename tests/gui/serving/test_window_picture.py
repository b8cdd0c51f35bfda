from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QRegion
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QWidget

from deepvis.gui.qimage import qimage_to_rgb
from deepvis.gui.serving.window_picture import OffscreenPicture, RepaintedPicture, picture_of, pixels_of


class Patch(QWidget):
    """One color; counts how often it is painted."""

    def __init__(self, color) -> None:
        super().__init__()
        self.color, self.painted = color, 0

    def paintEvent(self, _event) -> None:
        self.painted += 1
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.color))
        painter.end()

    def turn(self, color) -> None:
        self.color = color
        self.update()


@pytest.fixture
def window(qtbot):
    """Two patches side by side."""
    window = QWidget()
    window.left, window.right = Patch("red"), Patch("lime")
    row = QHBoxLayout(window)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    row.addWidget(window.left)
    row.addWidget(window.right)
    qtbot.addWidget(window)
    window.resize(80, 40)
    window.show()
    qtbot.waitUntil(lambda: window.right.painted > 0)
    return window


@pytest.fixture(params=[OffscreenPicture, RepaintedPicture])
def picture(request, window):
    picture = request.param(window)
    yield picture
    picture.close()


def everything(window) -> QRegion:
    return QRegion(window.rect())


def test_a_picture_is_what_is_seen_of_the_window_pixel_for_pixel(window, picture):
    taken, new = picture.take(everything(window))
    assert new
    assert np.array_equal(qimage_to_rgb(taken), qimage_to_rgb(window.grab().toImage()))


def test_what_the_window_paints_is_in_the_next_picture(qtbot, window, picture):
    picture.take(everything(window))
    window.left.turn("blue")
    seen = window.left.painted
    qtbot.waitUntil(lambda: window.left.painted > seen)
    taken, new = picture.take(everything(window))
    assert new
    assert [taken.pixelColor(x, 20).name() for x in (10, 70)] == ["#0000ff", "#00ff00"]


def test_only_what_was_painted_is_painted_again(qtbot, window):
    picture = RepaintedPicture(window)
    picture.take(everything(window))
    assert picture.take(everything(window))[1] is False
    window.left.turn("blue")
    seen = window.left.painted
    qtbot.waitUntil(lambda: window.left.painted > seen)
    before = window.right.painted
    assert picture.take(everything(window))[1] is True
    assert window.right.painted == before
    picture.close()


def test_what_nobody_wants_is_painted_again_when_somebody_does(window):
    picture = RepaintedPicture(window)
    before = window.right.painted
    picture.take(QRegion(window.left.geometry()))
    assert window.right.painted == before
    taken, new = picture.take(QRegion(window.right.geometry()))
    assert new
    assert taken.pixelColor(70, 20).name() == "#00ff00"
    picture.close()


def test_a_window_that_changes_its_size_has_a_picture_of_that_size(qtbot, window, picture):
    picture.take(everything(window))
    window.resize(120, 60)
    qtbot.waitUntil(lambda: window.right.width() == 60)
    QApplication.processEvents()
    taken, _ = picture.take(everything(window))
    assert (taken.width(), taken.height()) == (120, 60)
    assert taken.pixelColor(100, 50).name() == "#00ff00"


def test_a_minimized_window_paints_nothing_and_is_seen_all_the_same(window, monkeypatch):
    picture = RepaintedPicture(window)
    picture.take(everything(window))
    monkeypatch.setattr("deepvis.gui.serving.window_picture._is_painted", lambda _window: False)
    window.left.color = "blue"  # and no paint event comes of it
    taken, new = picture.take(everything(window))
    assert new
    assert taken.pixelColor(10, 20).name() == "#0000ff"
    picture.close()


def test_offscreen_the_window_is_not_painted_again(window):
    picture = picture_of(window)
    assert isinstance(picture, OffscreenPicture)
    before = (window.left.painted, window.right.painted)
    picture.take(everything(window))
    assert (window.left.painted, window.right.painted) == before


def test_a_scaled_window_is_painted_again_because_qt_cuts_what_it_gives(window, monkeypatch):
    monkeypatch.setattr(window, "devicePixelRatioF", lambda: 1.5)
    picture = picture_of(window)
    assert isinstance(picture, RepaintedPicture)
    taken, _ = picture.take(everything(window))
    assert (taken.width(), taken.height(), taken.devicePixelRatio()) == (120, 60, 1.5)
    pixels = pixels_of(taken, window.right.geometry())
    assert pixels.shape == (60, 60, 4)
    assert pixels[30, 30, :3].tolist() == [0, 255, 0]
    picture.close()


def test_pixels_are_a_copy_of_a_part_in_blue_green_red():
    image = QImage(7, 5, QImage.Format.Format_RGB32)
    image.fill(QColor("#102030"))
    image.setPixelColor(3, 2, QColor(Qt.GlobalColor.red))
    pixels = pixels_of(image, QRect(2, 1, 3, 4))
    image.fill(0)
    assert pixels.shape == (4, 3, 4)
    assert pixels[1, 1, :3].tolist() == [0, 0, 255]
    assert pixels[0, 0, :3].tolist() == [0x30, 0x20, 0x10]
    assert not pixels.flags.writeable


def test_what_lies_beside_the_picture_is_left_out_and_no_picture_is_one_black_pixel():
    image = QImage(7, 5, QImage.Format.Format_RGB32)
    image.fill(0)
    assert pixels_of(image, QRect(5, 3, 10, 10)).shape == (2, 2, 4)
    assert pixels_of(QImage(), QRect(0, 0, 4, 4)).tolist() == [[[0, 0, 0, 0]]]
