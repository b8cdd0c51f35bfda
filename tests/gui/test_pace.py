"""Words that wait for their turn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject

from deepvis.gui.pace import Pace


@pytest.fixture
def said():
    return []


@pytest.fixture
def owner(qtbot):
    return QObject()


def test_the_first_is_passed_on_at_once_and_of_the_rest_the_newest(qtbot, said, owner):
    pace = Pace(40, said.append, owner)
    for number in range(5):
        pace.offer(number, at_once=False)
    assert said == [0]
    qtbot.waitUntil(lambda: said == [0, 4], timeout=2000)


def test_what_cannot_wait_replaces_what_waits(qtbot, said, owner):
    pace = Pace(40, said.append, owner)
    pace.offer("first", at_once=False)
    pace.offer("waiting", at_once=False)
    pace.offer("now", at_once=True)
    assert said == ["first", "now"]
    qtbot.wait(120)
    assert said == ["first", "now"]


def test_what_was_dropped_is_not_said(qtbot, said, owner):
    pace = Pace(40, said.append, owner)
    pace.offer("first", at_once=False)
    pace.offer("waiting", at_once=False)
    pace.drop()
    qtbot.wait(120)
    assert said == ["first"]


def test_what_waits_is_not_said_once_its_owner_is_gone(qtbot, said, owner):
    pace = Pace(40, said.append, owner)
    pace.offer("first", at_once=False)
    pace.offer("waiting", at_once=False)
    sip.delete(owner)
    qtbot.wait(120)
    assert said == ["first"]


def test_figures_of_moving_pictures_are_paced_and_end_with_the_last(qtbot, window, show, answer, info):
    still = answer(window.controller.view, info)
    moving = replace(still.frame, still=False)
    show(window, frame=moving)
    for value in (1.0, 2.0, 3.0):
        show(window, frame=moving, unit=replace(still.unit, maximum=value))
    assert ("maximum", "3.00") not in window.page._facts._facts
    qtbot.waitUntil(lambda: ("maximum", "3.00") in window.page._facts._facts, timeout=2000)


def test_another_unit_does_not_wait(window, show, answer, info):
    still = answer(window.controller.view, info)
    moving = replace(still.frame, still=False)
    show(window, frame=moving)
    window.controller.select_unit(3)
    show(window, frame=moving)
    assert window.page._title.text.startswith("Unit 3")
