"""A window over a session that runs no thread, and small records to show in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication

from deepvis.config import Settings
from deepvis.gallery.records import LayerRecord
from deepvis.gui.controller import Controller
from deepvis.gui.main_window import MainWindow
from deepvis.gui.theme import apply_theme, kept_widgets
from deepvis.imaging.tiling import lay_out
from deepvis.live.events import ModelReady, SourceChanged
from deepvis.live.meter import Meters
from deepvis.live.pages import LayerPageData, PagePicture, PatternPicture, SessionPage, UnitPageData
from deepvis.live.result import GridPicture, LiveResult, UnitReading
from deepvis.live.summary import ColorScale, UnitSummary
from deepvis.records import Frame, LayerInfo, ModelInfo, ModelRequest, Prediction, Rect, SourceState, UnitId, View

LABELS = ("tabby", "tiger cat", "espresso", "coffee mug")


class FakeStudio:
    """Takes wishes for pictures and hands out the states that a test puts in."""

    def __init__(self) -> None:
        self.wishes, self.canceled, self.discarded, self.kept, self.states = [], [], [], [], []
        self.brought, self.pictures = [], []

    def synthesize(self, wish):
        self.wishes.append(wish)
        return len(self.wishes)

    def cancel(self, number=None):
        self.canceled.append(number)

    def discard(self, key):
        self.discarded.append(key)

    def keep(self, state, index):
        self.kept.append((state, index))

    def take(self):
        return self.states.pop(0) if self.states else None

    def bring(self, brought):
        self.brought.append(brought)

    def take_picture(self):
        return self.pictures.pop(0) if self.pictures else None


class FakeSession:
    """Takes the window's wishes and hands out what a test puts in; no thread, no torch."""

    def __init__(self) -> None:
        self.view = View()
        self.meters = Meters()
        self.calls: list[tuple] = []
        self.events: list[object] = []
        self.result: LiveResult | None = None
        self.whys: list[object] = []
        self.studio = FakeStudio()

    def set_view(self, view):
        self.view = view

    def take_events(self):
        events, self.events = self.events, []
        return events

    def take_result(self):
        result, self.result = self.result, None
        return result

    def take_whys(self):
        whys, self.whys = self.whys, []
        return whys

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
    with kept_widgets():
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


class MadePages:
    """Made-up pages of a gallery about a window's present view, as the loader thread would hand them out."""

    origin = "1,234 images of photos, 2026-11-20"

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    @property
    def _view(self) -> View:
        return self._window.controller.view

    @property
    def units(self) -> int:
        return self._window.controller.layer().units

    def unit(self, **changes) -> UnitPageData:
        """The page of the selected unit, with one exemplar."""
        best = PagePicture(np.zeros((8, 8, 3), np.uint8), 7.5, "owl.jpg")
        unit = UnitId(self._view.model, self._view.layer, self._view.unit)
        return replace(UnitPageData(unit, exemplars=(best,), origin=self.origin), **changes)

    def session(self) -> SessionPage:
        return SessionPage(UnitId(self._view.model, self._view.layer, self._view.unit), (), 3.0)

    def pattern(self, **changes) -> PatternPicture:
        """A gray grid of exemplars."""
        layout = lay_out(np.arange(self.units), 1, 1, self._view.grid)
        bgrx = np.full((self._view.grid.height, self._view.grid.width, 4), 90, np.uint8)
        return replace(PatternPicture(self._view, bgrx, layout), **changes)

    def figures(self, **changes) -> LayerPageData:
        """Figures of the viewed layer; its units lie backwards in the matrix."""
        backwards = np.arange(self.units)[::-1].copy()
        made = make_layer_record(self._view.layer, self.units)
        return replace(
            LayerPageData(self._view.model, self._view.layer, made, backwards, origin=self.origin), **changes
        )

    def send(self, **pages) -> None:
        """Let the session hand these out once: `page`, `session_page`, `pattern`, `layer_page`."""
        for name, made in pages.items():
            waiting = [made]
            take = lambda waiting=waiting: waiting.pop() if waiting else None  # noqa: E731
            setattr(self._window.controller.session, f"take_{name}", take)
        self._window.controller.fetch()


def make_layer_record(name: str, units: int, dead: int = 3) -> LayerRecord:
    """Unit i is active in i of `units` positions and has the larger maximum the smaller i is; the first are dead."""
    fraction = np.arange(units) / units
    fraction[:dead] = 0
    maximum = np.where(np.arange(units) < dead, 0.0, 100.0 - np.arange(units) / 10)
    places = np.arange(units)
    correlation = (1 - 2 * np.abs(places[:, None] - places) / units).astype(np.float32)
    correlation[:dead] = correlation[:, :dead] = np.nan
    return LayerRecord(name, units, 1234, fraction, fraction, fraction, np.zeros(units), maximum, correlation)


@pytest.fixture
def made(window) -> MadePages:
    return MadePages(window)


@pytest.fixture
def layer_record():
    return make_layer_record
