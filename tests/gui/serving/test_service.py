from __future__ import annotations

import io
import json
import threading
import time

import numpy as np
import pytest
from PIL import Image

from deepvis.gui.qimage import qimage_to_rgb
from deepvis.gui.serving import service as module
from deepvis.gui.serving.service import PACE_MS, WindowService
from deepvis.kinds import BackView, Method
from deepvis.live.back_result import BackResult
from deepvis.options import ServeOptions
from deepvis.records import Target
from deepvis.serving.service import Service

WAIT_MS = 10_000


@pytest.fixture
def service():
    return Service(ServeOptions(port=0))


@pytest.fixture
def served(window, service):
    served = WindowService(window, service)
    served.start()
    yield served
    served.close()


@pytest.fixture
def board(served, service):
    return service.board


def figures(board) -> dict:
    return json.loads(board.news(0, 1.0).text)["status"]


def test_the_figures_say_where_one_looks_and_what_the_network_answers(board):
    told = figures(board)
    assert (told["model"], told["layer"], told["unit"], told["label"]) == ("toynet", "blocks.0", 0, "")
    assert (told["device"], told["precision"], told["source"]) == ("cpu", "float32", "cat.jpg")
    assert told["top5"][0] == {"label": "tiger cat", "probability": 0.75}
    assert (told["frozen"], told["problem"], told["theme"], told["viewers"]) == (False, "", "dark", 0)
    assert told["fps"].keys() == {"capture", "inference", "paint"}


def test_the_figures_follow_the_window(qtbot, window, board, show):
    window.controller.go("classifier", 2)
    show(window)
    window.controller.set_frozen(True)
    qtbot.waitUntil(lambda: figures(board)["layer"] == "classifier", timeout=WAIT_MS)
    assert (figures(board)["label"], figures(board)["frozen"]) == ("espresso", True)


def test_the_figures_tell_of_the_backward_view_while_it_is_on(qtbot, window, board, show):
    assert figures(board)["backward"] is None
    window.controller.change_back(method=Method.DECONVNET, view=BackView.NORM_BLUR)
    back = BackResult(Method.DECONVNET, Target("blocks.0", 0), "blocks.0/0", False, None, caveat="It may lie.")
    show(window, back=back)
    qtbot.waitUntil(lambda: figures(board)["backward"] is not None, timeout=WAIT_MS)
    told = figures(board)["backward"]
    assert (told["method"], told["view"], told["overlay"]) == ("deconvnet", "norm-blur", "off")
    assert (told["of"], told["caveat"], told["problem"]) == ("blocks.0/0", "It may lie.", "")
    assert (told["frozen"], told["randomized_check"]) == (False, False)


def test_before_there_is_a_network_the_figures_say_so(make_window, service):
    window = make_window()
    served = WindowService(window, service)
    served.start()
    told = figures(service.board)
    served.close()
    assert (told["model"], told["layer"], told["device"], told["top5"]) == (None, None, None, [])


def wait_for_picture(qtbot, board, name) -> np.ndarray:
    """Ask for a pane as a viewer does, from another thread."""
    pictures = []
    viewer = threading.Thread(target=lambda: pictures.append(board.picture(name, 5.0)))
    viewer.start()
    qtbot.waitUntil(lambda: not viewer.is_alive(), timeout=WAIT_MS)
    viewer.join()
    with Image.open(io.BytesIO(pictures[0].jpeg)) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


@pytest.mark.parametrize("name", ["input", "unit", "grid", "page", "window"])
def test_every_pane_is_seen_as_it_is_in_the_window(qtbot, window, board, name):
    widgets = {"input": window.input_panel, "unit": window.unit_panel, "grid": window.grid_panel, "page": window.page}
    seen = wait_for_picture(qtbot, board, name)
    widget = widgets.get(name, window)
    corner = widget.mapTo(window, widget.rect().topLeft())
    whole = qimage_to_rgb(window.grab().toImage()).astype(int)
    there = whole[corner.y() : corner.y() + widget.height(), corner.x() : corner.x() + widget.width()]
    assert seen.shape == there.shape
    # what JPEG makes of it; the rest of the window would differ by far more
    assert np.abs(seen - there).mean() < 3


def test_nothing_is_looked_at_while_nobody_watches(qtbot, window, served, board, monkeypatch):
    looks = []
    monkeypatch.setattr(module, "pixels_of", lambda picture, rect: looks.append(rect) or np.zeros((1, 1, 4), np.uint8))
    qtbot.wait(3 * PACE_MS)
    assert looks == []
    with board.watching(["grid"]):
        qtbot.waitUntil(lambda: len(looks) > 2, timeout=WAIT_MS)
    assert len(set(map(tuple, (rect.getRect() for rect in looks)))) == 1
    qtbot.waitUntil(lambda: not served._pictures, timeout=WAIT_MS)
    seen = len(looks)
    qtbot.wait(3 * PACE_MS)
    assert len(looks) == seen


def test_the_window_is_looked_at_no_more_than_fifteen_times_a_second(qtbot, served, board, monkeypatch):
    looks = []
    monkeypatch.setattr(served, "_pixels", lambda panes: looks.append(time.monotonic()) or {})
    with board.watching(["all"]):
        qtbot.waitUntil(lambda: len(looks) > 5, timeout=WAIT_MS)
    assert np.diff(looks).min() > 0.9 * PACE_MS / 1000


def test_looks_that_are_dear_come_less_often(qtbot, served, board, monkeypatch):
    begun, ended = [], []

    def slow(_panes) -> dict:
        begun.append(time.monotonic())
        time.sleep(0.06)
        ended.append(time.monotonic())
        return {}

    monkeypatch.setattr(served, "_pixels", slow)
    with board.watching(["all"]):
        qtbot.waitUntil(lambda: len(ended) > 2, timeout=WAIT_MS)
    rests = [later - earlier for later, earlier in zip(begun[1:], ended[:-1], strict=False)]
    assert min(rests) >= 0.06 / module.SHARE * 0.9


def test_a_pane_that_is_hidden_is_forgotten(qtbot, window, board):
    wait_for_picture(qtbot, board, "page")
    window.page_dock.hide()
    qtbot.waitUntil(lambda: not board.can_show("page"), timeout=WAIT_MS)
    assert board.picture("page", 0.0) is None


def test_the_person_at_the_window_is_told_who_watches_and_never_the_token(qtbot, make_window, monkeypatch):
    window = make_window()
    service = Service(ServeOptions(port=0, token="a-secret-token"))
    served = WindowService(window, service)
    served.start()
    with service._server.seats.one(), service._server.seats.one():
        qtbot.waitUntil(lambda: "2 browsers watch" in window.status.message(), timeout=WAIT_MS)
        assert service.address in window.status.message()
        assert "a-secret-token" not in window.status.message()
    qtbot.waitUntil(lambda: "Nobody watches" in window.status.message(), timeout=WAIT_MS)
    served.close()
