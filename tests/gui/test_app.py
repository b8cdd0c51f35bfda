"""The whole application with its threads, over a small network of the person's own."""

from __future__ import annotations

import json
import logging
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QPixmap
from PyQt6.QtWidgets import QApplication

from deepvis.config import Settings
from deepvis.gui.app import App, _served
from deepvis.gui.recipe_choice import RecipeChoice
from deepvis.gui.remembered import Remembered
from deepvis.options import RunOptions, ServeOptions
from deepvis.places import config_dir, images_dir
from deepvis.records import ModelRequest, Precision
from deepvis.serving.service import Service

if TYPE_CHECKING:
    from pathlib import Path

WAIT_MS = 20_000
OFFSCREEN = RunOptions(offscreen=True, size=(1100, 700))
CAT = images_dir() / "chelsea.jpg"
NETWORK = """
from torch import nn

def small(widths=(6, 9)):
    return nn.Sequential(
        nn.Conv2d(3, widths[0], 3, padding=1), nn.ReLU(),
        nn.Conv2d(widths[0], widths[1], 3, stride=2), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[1], 4),
    )

def shallow():
    return nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 3))

def broken():
    raise RuntimeError("the cable is out")
"""


@pytest.fixture
def network_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(NETWORK)
    return path


@pytest.fixture
def make_settings(network_file):
    def make(**changes) -> Settings:
        return Settings(**{"model": f"{network_file}:small", "input_size": (32, 32), "source": str(CAT), **changes})

    return make


@pytest.fixture
def start(qtbot, themed, make_settings):
    """Start the application as `run` does, without the hooks that belong to a process of its own."""
    apps = []

    def started(options: RunOptions = OFFSCREEN, settings: Settings | None = None) -> App:
        app = App(settings or make_settings(), options)
        apps.append(app)
        app.start()
        return app

    yield started
    for app in apps:
        app.window.close()
        app.window.deleteLater()
        app.deleteLater()


@pytest.fixture
def running(start, qtbot):
    app = start()
    wait_for_answer(qtbot, app)
    return app


def wait_for_answer(qtbot, app) -> None:
    """Until the present view is answered with a grid."""
    controller = app.controller

    def answered() -> bool:
        result = controller.result
        return result is not None and result.grid is not None and result.view == controller.view

    qtbot.waitUntil(answered, timeout=WAIT_MS)


def wait_for_message(qtbot, app, words: str) -> str:
    qtbot.waitUntil(lambda: words in app.window.status.message(), timeout=WAIT_MS)
    return app.window.status.message()


def test_a_picture_and_a_network_become_a_grid(running):
    controller = running.controller
    assert controller.info.name == "mine:small"
    assert controller.result.frame.title == "chelsea.jpg"
    assert controller.result.grid.total == controller.layer().units
    assert sum(answer.probability for answer in controller.result.predictions) == pytest.approx(1, abs=1e-5)


def test_another_network_keeps_the_layer_where_it_has_it(qtbot, running, network_file):
    controller = running.controller
    controller.go("0", 5)
    controller.load_model(ModelRequest(f"{network_file}:shallow", input_size=(32, 32)))
    qtbot.waitUntil(lambda: controller.info.name == "mine:shallow", timeout=WAIT_MS)
    wait_for_answer(qtbot, running)
    assert (controller.view.layer, controller.view.unit) == ("0", 0)
    assert controller.result.grid.total == 5
    assert len(controller.result.predictions) == 3
    assert running.window.windowTitle().endswith("mine:shallow")
    assert running.window.layer_bar.shown_names() == [layer.name for layer in controller.info.shown_layers()]


def test_a_network_that_cannot_be_loaded_leaves_the_running_one_and_says_why(qtbot, running, network_file):
    controller = running.controller
    info = controller.info
    controller.load_model(ModelRequest(f"{network_file}:broken"))
    assert "the cable is out" in wait_for_message(qtbot, running, "RuntimeError")
    controller.load_model(ModelRequest("resnet1800"))
    assert "Did you mean" in wait_for_message(qtbot, running, "No network is called 'resnet1800'")
    assert controller.info is info
    controller.select_layer("0")
    wait_for_answer(qtbot, running)
    assert not running.window.status._progress.isVisible()


def test_the_same_device_chosen_again_and_another_precision_go_on_answering(qtbot, running):
    controller, bar = running.controller, running.window.bar
    with qtbot.waitSignal(controller.model_changed, timeout=WAIT_MS):
        bar._device.activated.emit(bar._device.findText("cpu"))
    with qtbot.waitSignal(controller.model_changed, timeout=WAIT_MS):
        controller.place(precision=Precision.BFLOAT16)
    assert (controller.info.device, controller.info.precision) == ("cpu", Precision.BFLOAT16)
    assert bar._precision.currentData() is Precision.BFLOAT16
    controller.select_layer("0")
    wait_for_answer(qtbot, running)
    assert controller.result.problem == ""


def test_a_device_that_is_not_there_is_told_and_the_reason_stays(qtbot, running):
    running.controller.place(device="cuda:7")
    text = wait_for_message(qtbot, running, "cuda:7")
    assert "mine:small goes on on cpu" in text
    assert running.window.bar._device.currentText() == "cpu"


def test_a_source_that_does_not_exist_leaves_the_picture_and_says_why(qtbot, running, tmp_path):
    controller = running.controller
    controller.open_source(str(tmp_path / "nothing.jpg"))
    assert "There is no file or folder" in wait_for_message(qtbot, running, "nothing.jpg")
    controller.select_unit(1)
    wait_for_answer(qtbot, running)
    assert controller.source.title == "chelsea.jpg"
    assert controller.result.frame.title == "chelsea.jpg"


def test_at_the_start_a_source_that_does_not_exist_is_replaced_and_told(qtbot, start, make_settings, tmp_path):
    app = start(settings=make_settings(source=str(tmp_path / "nothing.jpg")))
    said = []
    app.controller.told.connect(lambda text, level: said.append((text, level)))
    qtbot.waitUntil(lambda: app.controller.source is not None, timeout=WAIT_MS)
    assert app.controller.source.kind in ("demo", "camera")
    assert any("nothing.jpg" in text and level == "error" for text, level in said)


def test_a_file_dropped_on_the_window_becomes_the_picture(qtbot, running, tmp_path):
    path = tmp_path / "a cup.jpg"
    shutil.copy(images_dir() / "coffee.jpg", path)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(running.window, QDragEnterEvent(QPoint(9, 9), *how))
    QApplication.sendEvent(running.window, QDropEvent(QPointF(9, 9), *how))
    qtbot.waitUntil(lambda: running.controller.result.frame.title == "a cup.jpg", timeout=WAIT_MS)
    assert running.window.bar._source.text() == "a cup.jpg"


def test_a_pasted_image_becomes_the_picture_pixel_for_pixel(qtbot, running):
    rgb = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    image = QImage(rgb.tobytes(), 30, 20, 90, QImage.Format.Format_RGB888).copy()
    QGuiApplication.clipboard().setImage(image)
    running.window.acts.trigger("paste")
    qtbot.waitUntil(lambda: running.controller.result.frame.title == "clipboard", timeout=WAIT_MS)
    assert (running.controller.result.picture_rgb == rgb).all()


def test_a_pasted_path_becomes_the_picture(qtbot, running, tmp_path):
    Image.fromarray(np.full((20, 20, 3), 70, np.uint8)).save(tmp_path / "gray.png")
    QGuiApplication.clipboard().setText(str(tmp_path / "gray.png"))
    running.window.acts.trigger("paste")
    qtbot.waitUntil(lambda: running.controller.result.frame.title == "gray.png", timeout=WAIT_MS)


def test_a_pasted_picture_is_shown_also_while_the_frame_is_frozen(qtbot, running):
    running.controller.set_frozen(True)
    image = QImage(30, 20, QImage.Format.Format_RGB32)
    image.fill(0xFF336699)
    QGuiApplication.clipboard().setImage(image)
    running.window.acts.trigger("paste")
    qtbot.waitUntil(lambda: running.controller.result.frame.title == "clipboard", timeout=WAIT_MS)


def test_a_fault_of_any_thread_reaches_the_status_line(qtbot, running):
    running.report_fault("Something unexpected happened: ValueError: 17")
    wait_for_message(qtbot, running, "ValueError: 17")


# a run with an end


def test_a_timed_run_leaves_screenshot_and_figures_and_closes(qtbot, start, tmp_path):
    picture, figures = tmp_path / "out" / "window.png", tmp_path / "out" / "stats.json"
    app = start(RunOptions(offscreen=True, size=(1100, 700), seconds=0.3, screenshot=picture, stats=figures))
    qtbot.waitUntil(lambda: not app.window.isVisible(), timeout=WAIT_MS)
    shot = QPixmap(str(picture))
    assert (shot.width(), shot.height()) == (1100, 700)
    values = json.loads(figures.read_text())
    assert values["frames"]["inferred"] > 0
    assert values["frames"]["painted"] > 0
    assert values["model"] == "mine:small"
    assert len(values["top5"]) == 4
    assert values["gui_stall_ms"]["p99"] is not None


def test_a_timed_run_does_not_end_before_it_has_shown_a_picture(qtbot, start, tmp_path):
    figures = tmp_path / "stats.json"
    app = start(RunOptions(offscreen=True, seconds=0.0, stats=figures))
    qtbot.waitUntil(lambda: not app.window.isVisible(), timeout=WAIT_MS)
    assert json.loads(figures.read_text())["frames"]["painted"] > 0


def test_a_timed_run_whose_network_cannot_be_had_ends_soon_and_says_so(qtbot, start, make_settings, tmp_path):
    figures = tmp_path / "stats.json"
    options = RunOptions(offscreen=True, seconds=0.2, stats=figures)
    app = start(options, make_settings(model="resnet1800"))
    qtbot.waitUntil(lambda: not app.window.isVisible(), timeout=WAIT_MS)
    assert "No network is called 'resnet1800'" in app.window.status.message()
    assert "No network is called 'resnet1800'" in app.window.grid_panel.grid._message
    assert json.loads(figures.read_text())["model"] is None


def test_files_that_cannot_be_written_are_told_and_the_threads_end(qtbot, start, tmp_path, caplog):
    (tmp_path / "taken").write_text("a file where a folder should be")
    app = start(RunOptions(offscreen=True, stats=tmp_path / "taken" / "stats.json"))
    with caplog.at_level(logging.WARNING):
        app.window.close()
    assert "could not be written" in caplog.text
    assert app.session.close() == ()


def test_closing_at_once_while_everything_is_still_loading_leaves_no_thread(start):
    app = start()
    app.window.close()
    assert app.session.close(0.0) == ()


# what is remembered


def ini() -> Path:
    return config_dir() / "window.ini"


def test_the_next_run_takes_up_layout_and_choices_of_the_last(qtbot, start, make_settings):
    first = start(RunOptions())
    wait_for_answer(qtbot, first)
    first.controller.change_grid(colormap="viridis")
    first.window.page_dock.hide()
    first.window.close()
    second = start(RunOptions(), make_settings(source="auto"))
    assert second.controller.view.grid.colormap == "viridis"
    assert not second.window.page_dock.isVisible()
    qtbot.waitUntil(lambda: second.controller.source is not None, timeout=WAIT_MS)
    assert second.controller.source.spec == str(CAT)


def test_the_last_network_and_its_layer_are_taken_up(qtbot, start, network_file):
    first = start(RunOptions(), Settings(model=f"{network_file}:shallow", source=str(CAT)))
    wait_for_answer(qtbot, first)
    first.controller.select_layer("3")
    first.window.close()
    second = start(RunOptions(), Settings(source=str(CAT)))
    wait_for_answer(qtbot, second)
    assert (second.controller.view.model, second.controller.view.layer) == ("mine:shallow", "3")


def test_what_the_command_line_gives_beats_what_is_remembered_and_resetting_forgets(qtbot, start, make_settings):
    store = Remembered()
    store.note({"colormap": "viridis", "scaling": "unit"})
    store._store.sync()
    app = start(RunOptions(given=frozenset({"colormap"})))
    assert (app.controller.view.grid.colormap, str(app.controller.view.grid.scaling)) == ("auto", "unit")
    app.window.close()
    app = start(RunOptions(reset_settings=True))
    assert str(app.controller.view.grid.scaling) == "layer"


def test_an_offscreen_run_neither_reads_nor_writes_what_is_remembered(qtbot, start):
    store = Remembered()
    store.note({"colormap": "viridis"})
    store._store.sync()
    before = ini().read_bytes()
    app = start(OFFSCREEN)
    assert app.controller.view.grid.colormap == "auto"
    app.controller.change_grid(colormap="jet")
    app.window.close()
    assert ini().read_bytes() == before


def test_a_run_that_closes_before_anything_came_keeps_the_last_choices(qtbot, start, make_settings, network_file):
    store = Remembered()
    store.note({"source": str(CAT), "model": f"{network_file}:shallow", "layer": "3"})
    store._store.sync()
    app = start(RunOptions(), make_settings(source="auto"))
    app.window.close()
    after = Remembered().apply(Settings(), ())
    assert (after.source, after.layer) == (str(CAT), "3")


def test_a_unit_that_is_clicked_grows_a_picture_that_is_still_there_after_a_restart(
    qtbot, start, make_settings, tmp_path
):
    settings = make_settings(gallery_dir=tmp_path / "galleries")
    app = start(settings=settings)
    wait_for_answer(qtbot, app)
    window, section = app.window, app.window.page.synthesis
    qtbot.waitUntil(lambda: window.recipe_panel.go.isEnabled(), timeout=WAIT_MS)
    window.recipe_panel.set_choice(RecipeChoice("distill", size=32, steps=6))
    app.controller.select_unit(2)
    qtbot.waitUntil(lambda: bool(section.pictures), timeout=WAIT_MS)
    (fresh,) = section.pictures
    assert fresh.rgb.shape == (32, 32, 3)
    assert fresh.made.seed == 0
    assert section.ascent.curve.curve.shape[0] >= 6
    window.studio.set_auto(False)
    for unit in (3, 2):
        app.controller.select_unit(unit)
    qtbot.waitUntil(lambda: bool(section.strip.pictures), timeout=WAIT_MS)
    window.close()
    again = start(settings=settings)
    wait_for_answer(qtbot, again)
    again.controller.select_unit(2)
    kept = again.window.page.synthesis.strip
    qtbot.waitUntil(lambda: bool(kept.pictures), timeout=WAIT_MS)
    # stored pictures are compressed
    difference = np.abs(kept.pictures[0].rgb.astype(int) - fresh.rgb)
    assert difference.mean() < 8
    assert kept.pictures[0].value == pytest.approx(fresh.value)
    assert not again.window.page.synthesis.growing


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (RunOptions(), "It ends with Ctrl+C here, or when the window is closed."),
        (RunOptions(offscreen=True), "It ends with Ctrl+C here."),
        (RunOptions(offscreen=True, seconds=90.0), "It ends with Ctrl+C here, or after 90 seconds."),
    ],
)
def test_whoever_serves_a_window_is_told_how_it_ends(qtbot, window, capsys, options, sentence):
    service = Service(ServeOptions(port=0))
    _served(window, service, options).close()
    assert capsys.readouterr().out.splitlines() == [service.invitation, sentence]
