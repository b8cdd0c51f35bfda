"""A window over a session that runs no thread, and small records to show in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication

from deepvis.config import Settings
from deepvis.gui.controller import Controller
from deepvis.gui.main_window import MainWindow
from deepvis.gui.theme import apply_theme
from deepvis.imaging.tiling import lay_out
from deepvis.live.events import ModelReady, SourceChanged
from deepvis.live.meter import Meters
from deepvis.live.result import GridPicture, LiveResult, UnitReading
from deepvis.live.summary import ColorScale, UnitSummary
from deepvis.records import Frame, LayerInfo, ModelInfo, ModelRequest, Prediction, Rect, SourceState, View

LABELS = ("tabby", "tiger cat", "espresso", "coffee mug")


class FakeSession:
    """Takes the window's wishes and hands out what a test puts in; no thread, no torch."""

    def __init__(self) -> None:
        self.view = View()
        self.meters = Meters()
        self.calls: list[tuple] = []
        self.events: list[object] = []
        self.result: LiveResult | None = None

    def set_view(self, view):
        self.view = view

    def take_events(self):
        events, self.events = self.events, []
        return events

    def take_result(self):
        result, self.result = self.result, None
        return result

    def counts(self, *, overall=False):
        return self.meters.counts(0, overall=overall)

    def __getattr__(self, name):
        def noted(*args, **kwargs):
            self.calls.append((name, *args, *kwargs.values()))

        if name.startswith("_"):
            raise AttributeError(name)
        return noted

    def asked(self, name: str) -> list[tuple]:
        """The arguments of every call of that name."""
        return [call[1:] for call in self.calls if call[0] == name]


def layer(name: str, units: int, side: int = 1, **changes) -> LayerInfo:
    return LayerInfo(name, "Conv2d", units, side, side, **{"worth_showing": True, **changes})


@pytest.fixture
def info() -> ModelInfo:
    """Two blocks with maps, a hidden layer, one that cannot be shown, classes and softmax."""
    layers = (
        layer("stem", 32, 8),
        layer("stem.act", 32, 8, worth_showing=False),
        layer("blocks.0", 200, 6),
        layer("blocks.1", 12, 4),
        layer("odd", 0, worth_showing=False, reason="Its output is a dictionary."),
        layer("classifier", 4, is_classes=True),
        layer("softmax", 4, is_classes=True),
    )
    return ModelInfo("toynet", layers, LABELS, (3, 32, 32), "made for a test", 1234)


@pytest.fixture
def fake_session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def make_controller(qapp, fake_session):
    def make(**settings) -> Controller:
        return Controller(fake_session, Settings(**settings))

    return make


def make_answer(view: View, info: ModelInfo, **changes) -> LiveResult:
    """What the session would answer to a view: every unit's map holds its number."""
    shown = info.layer(view.layer)
    numbers = np.arange(shown.units, dtype=np.float32)
    summary = UnitSummary(numbers, numbers, numbers, np.zeros(shown.units, np.int64), shown.width)
    scale = ColorScale(0.0, float(shown.units), "magma", per_unit=False)
    grid = None
    if view.grid.height and view.grid.width:
        layout = lay_out(np.arange(shown.units), shown.height, shown.width, view.grid)
        bgrx = np.zeros((view.grid.height, view.grid.width, 4), np.uint8)
        grid = GridPicture(bgrx, layout, scale, summary, 0, shown.units, 0)
    unit = UnitReading(
        view.unit,
        value=float(view.unit),
        maximum=float(view.unit),
        minimum=-1.5,
        mean=0.25,
        position=view.position or (0, 0),
        chosen=view.position is not None,
        box=Rect(2, 3, 10, 12),
        field_text="10 × 12 px",
        prefix=(),
        picture_rgb=np.zeros((40, 40, 3), np.uint8),
    )
    picture = np.full((24, 30, 3), 90, np.uint8)
    predictions = (Prediction(1, "tiger cat", 0.75), Prediction(2, "espresso", 0.25)) if view.predictions else ()
    result = LiveResult(
        Frame(picture, 0, 0.0, "cat.jpg", still=True),
        view,
        info.name,
        picture,
        Rect(0, 3, 24, 24),
        shown,
        grid,
        unit,
        predictions,
    )
    return replace(result, **changes)


@pytest.fixture
def answer():
    return make_answer


@pytest.fixture
def themed(qapp):
    """The dark theme, taken off again after the test."""
    before = (qapp.palette(), qapp.font(), qapp.styleSheet())
    yield apply_theme(qapp, "dark")
    qapp.setStyleSheet(before[2])
    qapp.setPalette(before[0])
    qapp.setFont(before[1])


@pytest.fixture
def make_window(qtbot, themed, fake_session, make_controller):
    """A shown, active window over the fake session."""

    def make(**settings) -> MainWindow:
        window = MainWindow(make_controller(**settings), ModelRequest())
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
        qtbot.waitUntil(lambda: window.controller.view.grid.height > 0)
        return window

    return make


@pytest.fixture
def window(make_window, info):
    """A window in which a model runs and a picture was answered."""
    window = make_window()
    window.controller.take(SourceChanged(SourceState("image", "cat.jpg", "/pictures/cat.jpg", length=1)))
    window.controller.take(ModelReady(info))
    show_answer(window)
    return window


def show_answer(window: MainWindow, **changes) -> LiveResult:
    """Let the fake session answer the present view."""
    controller = window.controller
    result = make_answer(controller.view, controller.info, **changes)
    controller.session.result = result
    controller.fetch()
    return result


@pytest.fixture
def show():
    return show_answer
