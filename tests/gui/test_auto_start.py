"""When a synthesis begins by itself."""

from __future__ import annotations

import pytest

from deepvis.gui.auto_start import SETTLE_MS, AutoStart
from deepvis.records import UnitId

FIRST, SECOND = UnitId("net", "layer", 1), UnitId("net", "layer", 2)


@pytest.fixture
def auto(qapp):
    made = AutoStart()
    made.begun = []
    made.due.connect(made.begun.append)
    return made


def test_a_unit_that_is_chosen_and_has_no_picture_is_begun_after_a_moment(auto, qtbot):
    auto.select(FIRST)
    auto.learn(FIRST, has_picture=False)
    assert auto.expected == FIRST
    assert auto.begun == []
    qtbot.waitUntil(lambda: auto.begun == [FIRST], timeout=10 * SETTLE_MS)


def test_a_page_that_comes_late_begins_it_then(auto, qtbot):
    auto.select(FIRST)
    qtbot.wait(SETTLE_MS + 60)
    assert auto.begun == []
    auto.learn(FIRST, has_picture=False)
    assert auto.begun == [FIRST]


def test_who_walks_over_units_begins_only_the_last_one(auto, qtbot):
    for unit in (FIRST, SECOND, FIRST, SECOND):
        auto.select(unit)
        auto.learn(unit, has_picture=False)
        qtbot.wait(SETTLE_MS // 8)
    qtbot.waitUntil(lambda: bool(auto.begun), timeout=10 * SETTLE_MS)
    assert auto.begun == [SECOND]


def test_what_has_a_picture_or_was_forbidden_does_not_begin(auto, qtbot):
    auto.select(FIRST)
    auto.learn(FIRST, has_picture=True)
    qtbot.wait(SETTLE_MS + 60)
    auto.forbid(SECOND)
    auto.select(SECOND)
    auto.learn(SECOND, has_picture=False)
    assert auto.expected is None
    qtbot.wait(SETTLE_MS + 60)
    assert auto.begun == []


def test_it_begins_once(auto, qtbot):
    auto.select(FIRST)
    auto.learn(FIRST, has_picture=False)
    qtbot.waitUntil(lambda: bool(auto.begun), timeout=10 * SETTLE_MS)
    auto.learn(FIRST, has_picture=True)
    auto.learn(FIRST, has_picture=True)
    assert auto.begun == [FIRST]


def test_switched_off_or_left_nothing_begins(auto, qtbot):
    auto.on = False
    auto.select(FIRST)
    auto.learn(FIRST, has_picture=False)
    assert auto.expected is None
    qtbot.wait(SETTLE_MS + 60)
    auto.on = True
    auto.select(SECOND)
    auto.leave()
    auto.learn(SECOND, has_picture=False)
    qtbot.wait(SETTLE_MS + 60)
    assert auto.begun == []


def test_what_a_page_says_of_another_unit_does_not_count(auto, qtbot):
    auto.select(FIRST)
    auto.learn(SECOND, has_picture=False)
    qtbot.wait(SETTLE_MS + 60)
    assert auto.begun == []
