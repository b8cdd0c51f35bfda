"""Between controller and unit page."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from deepvis.gui.page_presenter import PagePresenter
from deepvis.gui.widgets.unit_page import UnitPage
from deepvis.live.events import ModelFailed, ModelReady
from deepvis.live.pages import PagePicture, SessionPage, UnitPageData
from deepvis.records import ModelRequest, UnitId


@pytest.fixture
def controller(make_controller):
    return make_controller()


@pytest.fixture
def page(qtbot, themed, controller):
    widget = UnitPage()
    qtbot.addWidget(widget)
    widget.presenter = PagePresenter(widget, controller)
    return widget


@pytest.fixture
def running(controller, page, info):
    controller.take(ModelReady(info))
    controller.go("blocks.0", 7)
    return info


def data(unit=7, layer="blocks.0") -> UnitPageData:
    return UnitPageData(UnitId("toynet", layer, unit), notes={"exemplars": "Not scanned."})


def test_the_unit_is_named_as_soon_as_it_is_chosen(controller, page, running):
    assert page.address == "toynet/blocks.0/7"
    controller.select_unit(9)
    assert page.address == "toynet/blocks.0/9"
    controller.go("classifier", 2)
    assert page._title.text == "Unit 2 · espresso"


def test_without_a_network_there_is_no_unit(controller, page):
    assert page.address == ""
    controller.take(ModelFailed(ModelRequest(), "It could not be loaded."))
    assert page.address == ""


def test_pages_that_arrive_are_shown_and_late_ones_are_not(controller, page, running):
    controller.page_arrived.emit(data(8))
    assert page.data is None
    shown = data()
    controller.page_arrived.emit(shown)
    assert page.data is shown
    picture = PagePicture(np.zeros((4, 4, 3), np.uint8), 1.0, "camera 0")
    controller.session_page_arrived.emit(SessionPage(shown.unit, (picture,), 2.0))
    assert page.section("session").filled


def test_other_weights_of_the_same_name_make_the_page_wait_for_new_results(controller, page, running):
    controller.page_arrived.emit(data())
    controller.take(ModelReady(replace(running, device="cuda:0"), moved=True))
    assert page.data is not None, "another device changes nothing"
    controller.take(ModelReady(replace(running, weights_sha256="other")))
    assert page.data is None
    assert page.address == "toynet/blocks.0/7"


def test_clicks_go_to_the_session_and_the_view(controller, page, running, fake_session):
    picture = PagePicture(np.zeros((4, 4, 3), np.uint8), 1.0, "cat.jpg")
    page.picture_opened.emit(picture)
    assert fake_session.asked("open_exemplar") == [(picture,)]
    page.keep_asked.emit()
    assert fake_session.asked("keep_session_exemplars") == [()]
    page.unit_clicked.emit(11)
    assert controller.view.unit == 11


def test_what_the_page_tells_is_told_by_the_controller(controller, page, qtbot):
    with qtbot.waitSignal(controller.told) as signal:
        page.told.emit("Saved crop.png.", "info")
    assert signal.args == ["Saved crop.png.", "info"]


def test_the_plotting_library_is_fetched_aside_once_pictures_flow(controller, page, running, answer):
    before = set(threading.enumerate())
    for _ in range(3):
        controller.result_arrived.emit(answer(controller.view, running))
    started = set(threading.enumerate()) - before
    assert len(started) <= 1
    for thread in started:
        thread.join(10)
    assert "pyqtgraph" in sys.modules


def test_figures_of_the_window_reach_the_page_of_the_same_unit(window, show):
    window.controller.go("blocks.0", 5)
    show(window)
    assert dict(window.page._facts._facts)["maximum"] == "5.00"
    assert window.page.address == "toynet/blocks.0/5"
