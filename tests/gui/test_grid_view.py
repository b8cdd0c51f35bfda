"""The grid pane, through real mouse events."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QContextMenuEvent, QHelpEvent, QImage, QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication

from deepvis.gui.theme import theme_of
from deepvis.gui.widgets.grid_view import GridPane
from deepvis.imaging.tiling import lay_out
from deepvis.records import GridView

UNITS, MAP = 12, (7, 9)


def show_grid(pane: GridPane, view: GridView | None = None, units: int = UNITS):
    """Fill the pane with one gray per unit; returns the layout."""
    height, width = pane.device_size()
    view = view or GridView(height, width)
    order = np.arange(units)[::-1].copy()
    layout = lay_out(order, *MAP, view)
    bgrx = np.zeros((height, width, 4), np.uint8)
    for unit in range(units):
        rect = layout.rect_of(unit)
        top, left = int(rect.top), int(rect.left)
        rows, columns = slice(max(0, top), max(0, int(rect.bottom))), slice(max(0, left), max(0, int(rect.right)))
        bgrx[rows, columns, :3] = 20 * unit + 10
    pane.set_map_size(*MAP)
    pane.set_mosaic(bgrx, layout, None, None)
    return layout


def center_of(pane: GridPane, layout, unit: int) -> QPoint:
    rect = layout.rect_of(unit)
    ratio = pane.devicePixelRatioF()
    return QPoint(int((rect.left + rect.width / 2) / ratio), int((rect.top + rect.height / 2) / ratio))


@pytest.fixture
def pane(qtbot):
    widget = GridPane()
    qtbot.addWidget(widget)
    widget.resize(401, 303)
    widget.show()
    return widget


def drag(qtbot, pane, start: QPoint, end: QPoint, button=Qt.MouseButton.LeftButton):
    qtbot.mousePress(pane, button, pos=start)
    middle = (start + end) / 2
    for point in (middle, end):
        event = _move(pane, point, button)
        QApplication.sendEvent(pane, event)
    qtbot.mouseRelease(pane, button, pos=end)


def _move(pane, point: QPoint, button):
    local = QPointF(point)
    return QMouseEvent(
        QEvent.Type.MouseMove,
        local,
        pane.mapToGlobal(local),
        Qt.MouseButton.NoButton,
        button,
        Qt.KeyboardModifier.NoModifier,
    )


def test_a_click_in_the_middle_of_a_tile_names_its_unit(qtbot, pane):
    layout = show_grid(pane)
    clicked = []
    pane.unit_clicked.connect(clicked.append)
    for unit in range(UNITS):
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=center_of(pane, layout, unit))
    assert clicked == list(range(UNITS))


def test_a_click_beside_the_tiles_is_nothing(qtbot, pane):
    layout = show_grid(pane, units=5)
    last = layout.rect_of_index(4)
    beside = QPoint(int(last.right + last.width / 2), int(last.top + 5))
    with qtbot.assertNotEmitted(pane.unit_clicked):
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=beside)


def test_a_click_before_the_first_mosaic_is_nothing(qtbot, pane):
    with qtbot.assertNotEmitted(pane.unit_clicked):
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))


def test_a_click_on_the_selected_tile_picks_a_position(qtbot, pane):
    layout = show_grid(pane)
    pane.set_selection(3)
    rect = layout.rect_of(3)
    point = QPoint(int(rect.left + rect.width * 8.5 / 9), int(rect.top + rect.height * 2.5 / 7))
    with qtbot.assertNotEmitted(pane.unit_clicked), qtbot.waitSignal(pane.position_clicked) as signal:
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=point)
    assert signal.args == [3, 2, 8]


def test_a_click_with_ctrl_picks_a_position_of_any_tile(qtbot, pane):
    layout = show_grid(pane)
    ctrl = Qt.KeyboardModifier.ControlModifier
    with qtbot.waitSignal(pane.position_clicked) as signal:
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, ctrl, center_of(pane, layout, 5))
    assert signal.args == [5, 3, 4]


def test_single_values_have_no_positions(qtbot, pane):
    layout = show_grid(pane)
    pane.set_map_size(1, 1)
    pane.set_selection(3)
    with qtbot.assertNotEmitted(pane.position_clicked), qtbot.waitSignal(pane.unit_clicked):
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=center_of(pane, layout, 3))


def test_a_drag_is_no_click(qtbot, pane):
    layout = show_grid(pane)
    start = center_of(pane, layout, 4)
    with qtbot.assertNotEmitted(pane.unit_clicked), qtbot.assertNotEmitted(pane.panned):
        drag(qtbot, pane, start, start + QPoint(40, 20))


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton])
def test_a_drag_pans_a_zoomed_grid_by_what_the_pointer_moved(qtbot, pane, button):
    show_grid(pane, GridView(*pane.device_size(), zoom=3.0))
    moves = []
    pane.panned.connect(lambda rows, columns: moves.append((rows, columns)))
    drag(qtbot, pane, QPoint(100, 100), QPoint(140, 120), button)
    assert sum(rows for rows, _ in moves) == pytest.approx(20 / pane.height())
    assert sum(columns for _, columns in moves) == pytest.approx(40 / pane.width())


def test_a_double_click_tells_the_unit_and_clicks_only_once(qtbot, pane):
    layout = show_grid(pane)
    clicked, doubled = [], []
    pane.unit_clicked.connect(clicked.append)
    pane.unit_double_clicked.connect(doubled.append)
    point = center_of(pane, layout, 7)
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=point)
    qtbot.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=point)
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=point)
    assert (clicked, doubled) == ([7], [7])


def test_the_unit_under_the_pointer_is_told_once_and_minus_one_when_it_leaves(pane):
    layout = show_grid(pane)
    hovered = []
    pane.unit_hovered.connect(hovered.append)
    for offset in (0, 1, 2):
        point = center_of(pane, layout, 6) + QPoint(offset, 0)
        QApplication.sendEvent(pane, _move(pane, point, Qt.MouseButton.NoButton))
    QApplication.sendEvent(pane, QEvent(QEvent.Type.Leave))
    assert hovered == [6, -1]


def test_another_mosaic_under_a_resting_pointer_tells_its_unit(pane):
    layout = show_grid(pane)
    hovered = []
    pane.unit_hovered.connect(hovered.append)
    QApplication.sendEvent(pane, _move(pane, center_of(pane, layout, 6), Qt.MouseButton.NoButton))
    show_grid(pane, units=1)
    assert hovered == [6, 0]


def test_tiles_that_change_places_below_a_resting_pointer_take_the_outline_along(pane):
    layout = show_grid(pane)
    hovered = []
    point = center_of(pane, layout, 6)
    QApplication.sendEvent(pane, _move(pane, point, Qt.MouseButton.NoButton))
    pane.unit_hovered.connect(hovered.append)
    show_grid(pane, units=5)
    assert hovered == [pane.unit_at(QPointF(point))]


def test_a_pane_that_moves_below_a_resting_pointer_tells_its_unit(pane):
    layout = show_grid(pane)
    hovered = []
    one, other = center_of(pane, layout, 6), center_of(pane, layout, 7)
    QApplication.sendEvent(pane, _move(pane, one, Qt.MouseButton.NoButton))
    pane.unit_hovered.connect(hovered.append)
    pane.move(pane.pos() + one - other)
    show_grid(pane)
    assert hovered == [7]


def test_nothing_is_hovered_once_the_pane_is_hidden(pane):
    layout = show_grid(pane)
    hovered = []
    QApplication.sendEvent(pane, _move(pane, center_of(pane, layout, 6), Qt.MouseButton.NoButton))
    pane.unit_hovered.connect(hovered.append)
    pane.hide()
    pane.show()
    show_grid(pane)
    assert hovered == [-1]


def test_the_wheel_zooms_around_the_pointer(qtbot, pane):
    show_grid(pane)
    zooms = []
    pane.zoomed.connect(lambda *args: zooms.append(args))
    for notches in (1, -1):
        local = QPointF(pane.width() / 4, pane.height() / 2)
        event = QWheelEvent(
            local,
            pane.mapToGlobal(local),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(pane, event)
    assert zooms[0] == pytest.approx((1.25, 0.5, 0.25))
    assert zooms[1] == pytest.approx((1 / 1.25, 0.5, 0.25))


def test_a_right_click_asks_for_the_menu_of_the_tile(qtbot, pane):
    layout = show_grid(pane)
    point = center_of(pane, layout, 2)
    with qtbot.waitSignal(pane.context_asked) as signal:
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(pane, QContextMenuEvent(reason, point, pane.mapToGlobal(point)))
    assert signal.args == [2, pane.mapToGlobal(point)]


def test_a_new_size_is_told_in_device_pixels(qtbot, pane):
    with qtbot.waitSignal(pane.resized) as signal:
        pane.resize(320, 240)
    ratio = pane.devicePixelRatioF()
    assert signal.args == [round(240 * ratio), round(320 * ratio)]


def test_the_mosaic_is_painted_pixel_for_pixel(pane):
    height, width = pane.device_size()
    layout = lay_out(np.arange(UNITS), *MAP, GridView(height, width))
    bgrx = np.random.default_rng(0).integers(0, 255, (height, width, 4), np.uint8)
    pane.set_mosaic(bgrx, layout, None, None)
    assert (_pixels(pane)[..., :3] == bgrx[..., :3]).all()


def test_the_selection_frame_is_crisp_around_the_tile(pane):
    layout = show_grid(pane)
    pane.set_selection(4)
    rect = layout.rect_of(4)
    shown = _pixels(pane)
    color = list(reversed(QColor(theme_of(pane.palette()).selection).getRgb()[:3]))
    middle = int(rect.top + rect.height / 2)
    left = int(rect.left)
    assert shown[middle, left - 1, :3].tolist() == color
    assert shown[middle, left - 2, :3].tolist() == color
    assert shown[middle, left, :3].tolist() == [20 * 4 + 10] * 3


def test_until_the_zoomed_mosaic_comes_the_old_one_is_enlarged_and_hit_where_it_is_shown(qtbot, pane):
    layout = show_grid(pane)
    corner = layout.units[0]
    pane.set_view(2.0, 0.25, 0.25)
    rect = layout.rect_of(int(corner))
    point = QPoint(int(2 * (rect.left - layout.left) + rect.width), int(2 * (rect.top - layout.top) + rect.height))
    with qtbot.waitSignal(pane.unit_clicked) as signal:
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=point)
    assert signal.args == [corner]
    assert _pixels(pane)[point.y(), point.x(), 0] == 20 * corner + 10


def test_the_view_of_the_present_mosaic_changes_no_pixel(pane):
    show_grid(pane)
    before = _pixels(pane)
    pane.set_view(1.0, 0.5, 0.5)
    assert (_pixels(pane) == before).all()


def test_a_paint_is_told_only_where_it_shows_a_mosaic(pane):
    painted = []
    pane.painted = lambda: painted.append(True)
    pane.grab()
    assert painted == []
    show_grid(pane)
    pane.grab()
    assert painted


def test_an_empty_grid_shows_its_sentence(pane):
    blank = _pixels(pane)
    pane.set_message("The model is being loaded.")
    assert (_pixels(pane) != blank).any()


def test_a_cleared_grid_has_no_units(qtbot, pane):
    layout = show_grid(pane)
    pane.clear()
    assert pane.unit_at(QPointF(center_of(pane, layout, 3))) == -1


def test_the_tooltip_is_asked_for_unit_and_position(qtbot, pane):
    layout = show_grid(pane)
    asked = []
    pane.set_hover_text(lambda unit, position: asked.append((unit, position)) or "")
    point = center_of(pane, layout, 9)
    QApplication.sendEvent(pane, QHelpEvent(QEvent.Type.ToolTip, point, pane.mapToGlobal(point)))
    assert asked == [(9, (3, 4))]


_AT_TWO = """
import numpy as np
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from deepvis.gui.widgets.grid_view import GridPane
from deepvis.imaging.tiling import lay_out
from deepvis.records import GridView

app = QApplication([])
pane = GridPane()
pane.resize(200, 150)
pane.show()
assert pane.devicePixelRatioF() == 2.0 and pane.device_size() == (300, 400)
layout = lay_out(np.arange(12), 7, 9, GridView(300, 400))
bgrx = np.random.default_rng(0).integers(0, 255, (300, 400, 4), np.uint8)
pane.set_mosaic(bgrx, layout, None, None)
clicked = []
pane.unit_clicked.connect(clicked.append)
for unit in range(12):
    rect = layout.rect_of(unit)
    QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(int(rect.left + 5) // 2, int(rect.top + 5) // 2))
assert clicked == list(range(12)), clicked
image = pane.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
shown = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8).reshape(300, 400, 4)
assert (shown[..., :3] == bgrx[..., :3]).all()
"""


def test_at_two_device_pixels_per_pixel_clicks_hit_and_no_pixel_is_blurred():
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "2"}
    done = subprocess.run(
        [sys.executable, "-c", _AT_TWO], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def _pixels(widget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8)
    return raw.reshape(image.height(), image.width(), 4).copy()
