"""How the docks of the left column share it."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from deepvis.gui.widgets.back_title import BackTitle
from deepvis.records import Backward, Method


def open_dock(window, on=True):
    window.controller.change_back(method=Method.GRADIENT if on else None)
    QTest.qWait(200)


def test_the_share_that_a_person_gave_it_comes_back(window):
    dock = window.back_dock
    open_dock(window)
    window.resizeDocks([dock], [dock.height() + 60], Qt.Orientation.Vertical)
    QTest.qWait(60)
    given = dock.height()
    open_dock(window, on=False)
    open_dock(window)
    assert abs(dock.height() - given) <= 4


def test_remembered_heights_are_fitted_to_another_window(window):
    window.back_dock.heights = [600, 200, 400]
    open_dock(window)
    column = (window.input_dock, window.unit_dock, window.back_dock)
    total = sum(dock.height() for dock in column)
    assert abs(window.back_dock.height() - total / 3) <= 8


def test_a_floating_dock_opens_and_closes_without_the_others(window):
    window.back_dock.setFloating(True)
    QTest.qWait(100)
    before = (window.input_dock.height(), window.unit_dock.height())
    open_dock(window)
    assert window.back_dock.height() > 100
    open_dock(window, on=False)
    assert window.back_dock.height() <= window.back_dock.title.sizeHint().height()
    assert (window.input_dock.height(), window.unit_dock.height()) == before


def test_the_hint_is_painted_where_the_method_leaves_room_for_it(qtbot):
    title = BackTitle()
    qtbot.addWidget(title)
    title.resize(280, title.sizeHint().height())
    title.show()
    qtbot.waitExposed(title)
    for method in (Method.LRP, None):
        title.show_back(Backward(method=method), "blocks.0/3")
        placed = title._method.geometry()
        QTest.qWait(60)
        assert title._method.geometry() == placed
