"""Attributions that somebody asks for on the unit page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from deepvis.gui.widgets.whole_image_popup import words_of
from deepvis.live.pages import PagePicture, SessionPage, UnitPageData, Why
from deepvis.live.why import WhyAnswer
from deepvis.records import BackView, UnitId


def picture(title, value=1.0, shade=0, **changes):
    rgb = np.full((8, 8, 3), shade, np.uint8)
    return replace(PagePicture(rgb, value, title, position=(1, 2)), **changes)


def explained(crop, shade=200):
    why = Why("deconvnet", "It may lie.")
    return replace(crop, rgb=np.full((8, 8, 3), shade, np.uint8), title=f"deconvnet of {crop.title}", why=why)


EXEMPLARS = (picture("owl.jpg", 9.0), picture("cat.jpg", 8.0))
MINIMA = (picture("sky.jpg", 0.5),)
LIVE = (picture("camera, 10:00:00", 3.0, cropped=True),)


@pytest.fixture
def page(window):
    view = window.controller.view
    unit = UnitId(view.model, view.layer, view.unit)
    data = UnitPageData(unit, EXEMPLARS, MINIMA, attributions=tuple(map(explained, EXEMPLARS)))
    window.controller.page_arrived.emit(data)
    window.controller.session_page_arrived.emit(SessionPage(unit, LIVE, 10.0))
    window.show()
    return window.page


def strip(page, name="attribution"):
    return page._body.strips[name]


def wishes(window):
    return [wish for (wish,) in window.controller.session.asked("ask_why")]


def double_click(qtbot, strip, index):
    where = strip.tile_rect(index).center()
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseDClick(strip, Qt.MouseButton.LeftButton, pos=where)


def test_a_double_click_shows_crop_and_attribution_large_as_the_backward_view_is_drawn(qtbot, window, page):
    window.controller.change_back(view=BackView.NORM, opacity=0.3)
    double_click(qtbot, strip(page), 1)
    compare = window.overlays.compare
    assert compare.isVisible()
    assert [one.title for one in compare.pictures] == ["cat.jpg", "deconvnet of cat.jpg"]
    (wish,) = wishes(window)
    assert (wish.pictures, wish.look) == (EXEMPLARS[1:], window.controller.view.back)
    large = replace(explained(EXEMPLARS[1]), rgb=np.full((64, 64, 3), 5, np.uint8))
    window.controller.session.whys = [WhyAnswer(wish, (large,))]
    window.controller.fetch()
    assert compare.pictures == (EXEMPLARS[1], large)


def test_the_second_click_of_two_opens_no_second_source(qtbot, window, page):
    double_click(qtbot, strip(page, "exemplars"), 0)
    assert len(window.controller.session.asked("open_exemplar")) == 1
    assert window.overlays.compare.pictures[0] is EXEMPLARS[0]


def test_what_cannot_be_computed_says_why_in_the_place_of_the_attribution(qtbot, window, page):
    double_click(qtbot, strip(page, "minima"), 0)
    (wish,) = wishes(window)
    assert window.overlays.compare.pictures[1].why.reason == "It is being computed."
    window.controller.session.whys = [WhyAnswer(wish, problem="The network cannot be copied.")]
    window.controller.fetch()
    assert window.overlays.compare.pictures[1].why.reason == "The network cannot be copied."


def test_nothing_more_is_computed_until_somebody_asks(window, page):
    assert wishes(window) == []
    assert [one.title for one in strip(page).pictures] == ["deconvnet of owl.jpg", "deconvnet of cat.jpg"]


def test_minimum_images_and_live_frames_are_explained_when_asked(window, page):
    page._body._all_whys.setChecked(True)
    (wish,) = wishes(window)
    assert wish.pictures == (*MINIMA, *LIVE)
    assert wish.look is None
    assert len(strip(page).pictures) == 4
    window.controller.session.whys = [WhyAnswer(wish, (explained(MINIMA[0]),))]
    window.controller.fetch()
    shown = strip(page).pictures
    assert [one.why.method for one in shown[2:]] == ["deconvnet", ""]
    page._body._all_whys.setChecked(False)
    assert len(strip(page).pictures) == 2


def test_frames_that_are_explained_already_are_not_asked_for_again(window, page):
    page._body._all_whys.setChecked(True)
    (wish,) = wishes(window)
    window.controller.session.whys = [WhyAnswer(wish, tuple(map(explained, wish.pictures)))]
    window.controller.fetch()
    window.controller.session_page_arrived.emit(SessionPage(page.data.unit, LIVE, 11.0))
    assert len(wishes(window)) == 1
    new = picture("camera, 10:00:05", 4.0, cropped=True)
    window.controller.session_page_arrived.emit(SessionPage(page.data.unit, (new, *LIVE), 12.0))
    assert wishes(window)[1].pictures == (*MINIMA, new, *LIVE)
    assert [bool(one.why.method) for one in strip(page).pictures[2:]] == [True, False, True]


def test_without_a_scan_the_section_offers_to_explain_live_frames(window):
    view = window.controller.view
    unit = UnitId(view.model, view.layer, view.unit)
    window.controller.page_arrived.emit(UnitPageData(unit, notes={"exemplars": "Nothing was scanned."}))
    section = window.page.section("attribution")
    assert section.isHidden()
    window.controller.session_page_arrived.emit(SessionPage(unit, LIVE, 10.0))
    assert not section.isHidden()
    assert "when you ask" in section.words()
    section.action_clicked.emit()
    assert wishes(window)[0].pictures == LIVE
    assert section.filled


def test_an_attribution_of_a_value_below_zero_says_what_it_shows():
    crop = picture("sky.jpg", -4.0)
    assert "Below zero here: shown is what would raise it." in words_of(explained(crop))
    assert "Below zero here: shown is what would raise it." not in words_of(explained(replace(crop, value=4.0)))
