"""The main job on real input, headless: source, session, grid, click, unit page; every step by mouse and keyboard."""

from __future__ import annotations

import logging

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt, QTimer
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from deepvis.config import Settings
from deepvis.gui import app as application
from deepvis.gui.theme import theme_of
from deepvis.options import RunOptions
from deepvis.places import images_dir

WAIT_MS = 30_000
CATS = ("tabby", "tiger cat", "Egyptian cat", "Persian cat", "Siamese cat", "lynx")


class Person:
    """Looks at the window and uses mouse and keyboard; waits for what was asked for, never for a time."""

    def __init__(self, qtbot, app) -> None:
        self.qtbot = qtbot
        self.window = app.window
        self.controller = app.controller

    @property
    def view(self):
        return self.controller.view

    @property
    def result(self):
        return self.controller.result

    def wait(self, condition) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)

    def wait_for_answer(self) -> None:
        """Until the picture on screen answers the view asked for."""
        self.wait(lambda: self.result is not None and self.result.view == self.view and self.result.unit is not None)

    def type(self, text: str) -> None:
        for letter in text:
            QTest.keyClick(QApplication.focusWidget() or self.window, letter)

    def press(self, key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def jump(self, text: str) -> None:
        self.type("g")
        self.type(text)
        self.press(Qt.Key.Key_Return)
        self.wait_for_answer()

    def point(self, unit: int, down: float = 0.5, across: float = 0.5) -> QPoint:
        """A point of a tile in logical pixels of the grid, by the layout that drew it."""
        rect = self.result.grid.layout.rect_of(unit)
        ratio = self.window.grid_panel.grid.devicePixelRatioF()
        return QPoint(int((rect.left + across * rect.width) / ratio), int((rect.top + down * rect.height) / ratio))

    def click(self, unit: int, down: float = 0.5, across: float = 0.5) -> None:
        grid = self.window.grid_panel.grid
        self.qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=self.point(unit, down, across))

    def turn_wheel(self, point: QPoint, notches: int) -> None:
        grid = self.window.grid_panel.grid
        at = QPointF(point)
        event = QWheelEvent(
            at,
            grid.mapToGlobal(at),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(grid, event)

    def address(self) -> str:
        return self.window.page._layer.toolTip()

    def color_at(self, unit: int, down: int) -> str:
        """The color on screen so many device pixels below the upper left corner of a tile's frame."""
        grid = self.window.grid_panel.grid
        rect = self.result.grid.layout.rect_of(unit)
        image = grid.grab().toImage()
        return image.pixelColor(int(rect.left + rect.width / 2), int(rect.top) + down).name()


@pytest.fixture
def undressed(qapp):
    """The application takes its clothes off again."""
    before = (qapp.palette(), qapp.font(), qapp.styleSheet())
    yield qapp
    qapp.setStyleSheet(before[2])
    qapp.setPalette(before[0])
    qapp.setFont(before[1])


@pytest.fixture
def app(undressed, qtbot):
    settings = Settings(source=str(images_dir() / "chelsea.jpg"))
    made = application.App(settings, RunOptions(offscreen=True, size=(1280, 800)))
    made.start()
    made.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made.window)
    yield made
    made.window.close()
    made.window.deleteLater()


@pytest.fixture
def person(qtbot, app):
    looking = Person(qtbot, app)
    looking.wait(lambda: looking.controller.info is not None)
    looking.wait_for_answer()
    return looking


def test_from_a_photograph_to_a_unit_and_back(person):
    window, controller = person.window, person.controller
    theme = theme_of(window.palette())

    # a trained network looks at a cat and says so
    assert controller.info.name == "efficientnet_lite0"
    best = person.result.predictions[0]
    assert best.label in CATS
    assert window.input_panel.predictions._predictions[0].label == best.label
    assert sum(answer.probability for answer in person.result.predictions) <= 1.0 + 1e-5

    # a click on a tile selects its unit at once and fills its page
    assert person.view.layer == "blocks.4.0"
    person.click(37)
    assert (person.view.unit, person.view.position) == (37, None)
    assert window.grid_panel.grid._selected == 37
    person.wait_for_answer()
    assert person.address() == "efficientnet_lite0/blocks.4.0/37"
    assert window.page._title.text == "Unit 37"
    assert person.result.unit.value == pytest.approx(person.result.unit.maximum)
    assert theme.selection in {person.color_at(37, down) for down in range(-3, 3)}
    assert theme.selection not in {person.color_at(60, down) for down in range(-3, 3)}

    # a click into the selected tile chooses a position; its receptive field is drawn on the picture
    person.click(37, down=2.5 / 14, across=11.5 / 14)
    assert person.view.position == (2, 11)
    person.wait(lambda: person.result.unit is not None and person.result.unit.box is not None)
    person.wait_for_answer()
    assert (person.result.unit.position, person.result.unit.chosen) == ((2, 11), True)
    ((box, role),) = window.input_panel.picture._boxes
    assert role == "receptive field"
    height, width = person.result.picture_rgb.shape[:2]
    center_row, center_column = box.top + box.height / 2, box.left + box.width / 2
    assert center_row < height / 2
    assert center_column > width / 2
    assert ("chosen at", "row 2, column 11") in window.page._facts._facts

    # the same click again gives the position up
    person.click(37, down=2.5 / 14, across=11.5 / 14)
    assert person.view.position is None

    # another layer by key, the unit kept
    person.type("o")
    assert (person.view.layer, person.view.unit) == ("blocks.4.1", 37)
    person.wait_for_answer()
    assert person.address() == "efficientnet_lite0/blocks.4.1/37"
    assert window.grid_panel._title.text == "blocks.4.1"

    # the wheel enlarges around the pointer: what lay under it stays
    point = person.point(50)
    person.turn_wheel(point, 3)
    person.wait_for_answer()
    assert person.view.grid.zoom == pytest.approx(1.25**3)
    ratio = window.grid_panel.grid.devicePixelRatioF()
    assert person.result.grid.layout.unit_at(point.y() * ratio, point.x() * ratio) == 50

    # a frozen frame still answers
    person.type("f")
    assert controller.frozen
    frame = person.result.frame.number
    person.type("t")
    person.wait_for_answer()
    assert person.view.grid.gamma == 0.7
    assert person.result.frame.number == frame

    # jumps: a unit of a wider layer, an address, a class
    window.layer_bar.layer_clicked.emit("blocks.5.0")
    person.jump("#151")
    assert person.address() == "efficientnet_lite0/blocks.5.0/151"
    person.jump("blocks.4.1/37")
    assert person.address() == "efficientnet_lite0/blocks.4.1/37"
    person.jump("espresso")
    assert (person.view.layer, person.view.unit) == ("classifier", controller.info.labels.index("espresso"))
    assert window.page._title.text == f"Unit {person.view.unit} · espresso"

    # back and forward
    person.press(Qt.Key.Key_Backspace)
    person.wait_for_answer()
    assert person.address() == "efficientnet_lite0/blocks.4.1/37"
    person.press(Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    person.wait_for_answer()
    assert person.address() == "efficientnet_lite0/blocks.5.0/151"
    person.press(Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    person.wait_for_answer()
    assert person.address() == "efficientnet_lite0/blocks.4.1/37"

    # Esc
    person.press(Qt.Key.Key_Escape)
    person.wait_for_answer()
    first = controller.info.shown_layers()[0].name
    assert person.address() == f"efficientnet_lite0/{first}/0"
    assert (person.view.grid.zoom, person.view.grid.gamma) == (1.0, 1.0)


def test_every_default_layer_of_the_default_network_is_shown_without_a_problem(person):
    visited = []
    person.press(Qt.Key.Key_Escape)
    for _ in person.controller.info.shown_layers():
        person.wait_for_answer()
        result = person.result
        assert result.problem == ""
        assert result.grid.total == person.controller.layer().units == len(result.grid.layout.units)
        assert result.grid.bgrx.shape[:2] == person.window.grid_panel.grid.device_size()
        visited.append(person.view.layer)
        person.type("o")
    assert visited == [layer.name for layer in person.controller.info.shown_layers()]


def test_coffee_is_an_espresso(person):
    person.controller.open_source(str(images_dir() / "coffee.jpg"))
    person.wait(lambda: person.result.frame.title == "coffee.jpg")
    assert person.result.predictions[0].label == "espresso"


def test_a_whole_run_ends_with_exit_code_0_and_leaves_no_thread(undressed, monkeypatch, caplog):
    """`run` itself, with its hooks and signal handlers; the thread guard of the suite looks behind it."""
    import signal
    import sys
    import threading

    for owner, name in ((sys, "excepthook"), (threading, "excepthook")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(application, "qInstallMessageHandler", lambda _handler: None)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    apps = []

    class Watched(application.App):
        def start(self) -> None:
            super().start()
            apps.append(self)
            self.controller.result_arrived.connect(self.leave)

        def leave(self, result) -> None:
            if result.unit is not None:
                QTimer.singleShot(0, lambda: QTest.keyClick(self.window, Qt.Key.Key_Q))

    monkeypatch.setattr(application, "App", Watched)
    try:
        with caplog.at_level(logging.WARNING):
            code = application.run(Settings(source="demo"), RunOptions(offscreen=True))
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert code == 0
    assert caplog.text == ""
    assert apps[0].controller.result.unit is not None
