"""Choices beside a picture that is low."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QComboBox

from deepvis.gui.widgets.back_controls import STACKED_WIDTH
from deepvis.gui.widgets.back_panel import BackPanel
from deepvis.records import BackView, Backward, Method, Overlay, SeedKind

MOST = Backward(Method.GRADIENT, view=BackView.NORM, seed=SeedKind.DIFFERENCE, overlay=Overlay.ACTIVE)
"""The view with the most choices: two classes, a color map, and how it lies over the input."""


@pytest.fixture
def panel(qtbot, themed):
    made = BackPanel()
    qtbot.addWidget(made)
    made.setFixedSize(280, 120)
    made.show()
    made.show_back(MOST)
    QTest.qWait(50)
    return made


def shown_choices(panel):
    controls = panel.controls
    rows = (controls._view, controls._seed, controls.first, controls.other, controls._colormap, controls._overlay)
    return [row.geometry() for row in (*rows, controls._opacity)]


def wheel(widget, by):
    center = QPointF(widget.rect().center())
    turned = QWheelEvent(
        center,
        QPointF(widget.mapToGlobal(widget.rect().center())),
        QPoint(),
        QPoint(0, by),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, turned)
    return turned.isAccepted()


def test_no_choice_covers_another_however_low_the_panel_is(panel):
    places = shown_choices(panel)
    assert all(not one.intersects(other) for number, one in enumerate(places) for other in places[:number])
    assert panel._choices.scrolls


def test_the_wheel_is_left_to_the_area_and_leaves_the_choices_as_they_are(panel):
    chosen = []
    panel.controls.chosen.connect(lambda name, value: chosen.append((name, value)))
    view = panel.controls.findChildren(QComboBox)[0]
    index = view.currentIndex()
    # Qt hands what is not accepted to the area around it, as it does not with the events of a test
    assert not wheel(view, -120)
    assert (view.currentIndex(), chosen) == (index, [])


def test_the_bar_takes_no_width_from_the_choices(panel):
    assert panel.controls.width() == STACKED_WIDTH


def test_a_high_panel_has_its_choices_in_rows_that_need_no_scrolling(panel):
    panel.setFixedSize(280, 500)
    QTest.qWait(50)
    assert not panel._choices.scrolls
    assert panel._choices.height() >= panel.controls.minimumSizeHint().height()
