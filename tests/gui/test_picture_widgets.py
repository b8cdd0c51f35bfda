"""The input picture and the selected unit's picture."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QColor, QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication

from deepvis.gui.theme import theme_of
from deepvis.gui.widgets.picture_view import PictureView, dropped_specs
from deepvis.gui.widgets.unit_view import UnitView
from deepvis.records import Rect


@pytest.fixture
def picture(qtbot):
    widget = PictureView()
    qtbot.addWidget(widget)
    widget.resize(300, 200)
    widget.show()
    return widget


@pytest.fixture
def unit(qtbot):
    widget = UnitView()
    qtbot.addWidget(widget)
    widget.resize(200, 222)
    widget.show()
    return widget


def _color(widget, x: float, y: float) -> tuple[int, int, int]:
    return widget.grab().toImage().pixelColor(int(x), int(y)).getRgb()[:3]


def test_a_picture_is_fitted_with_its_aspect_and_centered(picture):
    picture.set_picture(np.full((100, 100, 3), 200, np.uint8))
    rect = picture.picture_rect()
    assert (rect.left(), rect.top(), rect.width(), rect.height()) == (50, 0, 200, 200)
    assert _color(picture, 150, 100) == (200, 200, 200)
    assert _color(picture, 20, 100) == QColor(theme_of(picture.palette()).window).getRgb()[:3]


def test_a_click_names_the_pixel_of_the_picture(qtbot, picture):
    picture.set_picture(np.zeros((50, 50, 3), np.uint8))
    with qtbot.waitSignal(picture.picture_clicked) as signal:
        qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=QPoint(50 + 40, 20))
    assert signal.args == pytest.approx([5.0, 10.0])


def test_a_click_beside_the_picture_is_nothing(qtbot, picture):
    picture.set_picture(np.zeros((50, 50, 3), np.uint8))
    with qtbot.assertNotEmitted(picture.picture_clicked):
        qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))


def test_what_the_network_does_not_see_is_dimmed(picture):
    picture.set_picture(np.full((100, 150, 3), 200, np.uint8))
    picture.set_overlays(Rect(0, 25, 100, 100))
    assert _color(picture, 150, 100) == (200, 200, 200)
    assert max(_color(picture, 10, 100)) < 120


def test_a_receptive_field_larger_than_the_picture_is_framed_at_its_edges(picture):
    picture.set_picture(np.zeros((100, 150, 3), np.uint8))
    picture.set_overlays(None, [(Rect(-50, -50, 300, 300), "receptive field")])
    frame = QColor(theme_of(picture.palette()).selection).getRgb()[:3]
    assert frame in [_color(picture, x, 100) for x in range(4)]


def test_a_box_of_unknown_meaning_is_refused(picture):
    with pytest.raises(ValueError, match="receptive field or maximum, not for banana"):
        picture.set_overlays(None, [(Rect(0, 0, 1, 1), "banana")])


def test_a_picture_that_changed_is_shown_and_a_huge_one_too(picture):
    picture.set_picture(np.zeros((100, 150, 3), np.uint8))
    picture.grab()
    picture.set_picture(np.full((4000, 6000, 3), 90, np.uint8))
    assert _color(picture, 150, 100) == (90, 90, 90)


def test_dropped_files_and_addresses_are_told(qtbot, picture, tmp_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "cat.jpg")), QUrl("https://example.org/dog.jpg")])
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(10, 10), Qt.DropAction.CopyAction, mime, left, plain)
    QApplication.sendEvent(picture, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, mime, left, plain)
    with qtbot.waitSignal(picture.file_dropped) as signal:
        QApplication.sendEvent(picture, event)
    assert signal.args == [[str(tmp_path / "cat.jpg"), "https://example.org/dog.jpg"]]


def test_plain_text_is_no_file(qapp):
    mime = QMimeData()
    mime.setText("hello")
    assert dropped_specs(mime) == []
    mime.setText("rtsp://camera/1")
    assert dropped_specs(mime) == ["rtsp://camera/1"]


def test_a_click_on_a_units_picture_names_the_position_of_its_map(qtbot, unit):
    unit.set_picture(np.zeros((200, 200, 3), np.uint8))
    unit.set_map_size(4, 10)
    with qtbot.waitSignal(unit.position_clicked) as signal:
        qtbot.mouseClick(unit, Qt.MouseButton.LeftButton, pos=QPoint(199, 60))
    assert signal.args == [1, 9]


def test_a_single_value_has_no_position(qtbot, unit):
    unit.set_picture(np.zeros((200, 200, 3), np.uint8))
    with qtbot.assertNotEmitted(unit.position_clicked):
        qtbot.mouseClick(unit, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))


def test_a_units_picture_is_shown_pixel_for_pixel_and_a_larger_one_shrinks(unit):
    ratio = unit.devicePixelRatioF()
    unit.set_picture(np.full((100, 60, 3), 50, np.uint8))
    assert (unit.picture_rect().width() * ratio, unit.picture_rect().height() * ratio) == (60, 100)
    unit.set_picture(np.full((800, 400, 3), 50, np.uint8))
    assert (unit.picture_rect().width(), unit.picture_rect().height()) == (100, 200)


def test_the_chosen_position_is_boxed(unit):
    unit.set_picture(np.zeros((200, 200, 3), np.uint8))
    unit.set_map_size(4, 4)
    before = _color(unit, 99, 75)
    unit.set_position((1, 2), chosen=True)
    assert before == (0, 0, 0)
    assert _color(unit, 99, 75) == QColor(theme_of(unit.palette()).selection).getRgb()[:3]


@pytest.mark.parametrize("position", [(0, 0), (3, 3)])
def test_the_box_of_a_position_at_the_edge_is_whole(unit, position):
    unit.set_picture(np.zeros((200, 200, 3), np.uint8))
    unit.set_map_size(4, 4)
    unit.set_position(position)
    image, wanted = unit.grab().toImage(), QColor(theme_of(unit.palette()).highlight).getRgb()
    places = [(x, y) for y in range(200) for x in range(200) if QColor(image.pixel(x, y)).getRgb() == wanted]
    columns, rows = zip(*places, strict=True)
    for line, at in ((columns, min(columns)), (columns, max(columns)), (rows, min(rows)), (rows, max(rows))):
        assert line.count(at) > 30


def test_a_double_click_is_told_and_its_second_release_is_no_click(qtbot, unit):
    unit.set_picture(np.zeros((200, 200, 3), np.uint8))
    unit.set_map_size(4, 4)
    clicked = []
    unit.position_clicked.connect(lambda *position: clicked.append(position))
    point = QPoint(60, 60)
    qtbot.mouseClick(unit, Qt.MouseButton.LeftButton, pos=point)
    with qtbot.waitSignal(unit.double_clicked):
        qtbot.mouseDClick(unit, Qt.MouseButton.LeftButton, pos=point)
    qtbot.mouseRelease(unit, Qt.MouseButton.LeftButton, pos=point)
    assert clicked == [(1, 1)]


def test_the_size_told_leaves_room_for_the_caption(qtbot, unit):
    with qtbot.waitSignal(unit.resized) as signal:
        unit.resize(150, 122)
    ratio = unit.devicePixelRatioF()
    assert signal.args == [round(100 * ratio), round(150 * ratio)]
