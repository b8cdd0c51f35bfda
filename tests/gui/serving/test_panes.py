from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QLabel

from deepvis.gui.serving.panes import ROWS, visible_panes


def named(window) -> dict:
    return {pane.facts.name: pane for pane in visible_panes(window)}


def test_what_is_seen_of_the_window_is_a_pane_in_the_order_of_the_rows(window):
    assert [pane.facts.name for pane in visible_panes(window)] == ["input", "unit", "grid", "page", "window"]
    assert [row.name for row in ROWS if row.name in named(window)] == list(named(window))


def test_panes_have_the_titles_of_their_docks_and_their_places(window):
    told = {name: (pane.facts.title, pane.facts.place) for name, pane in named(window).items()}
    assert told == {
        "input": ("Input", "left"),
        "unit": ("Selected unit", "left"),
        "grid": ("Layer", "center"),
        "page": ("Unit page", "right"),
        "window": ("Whole window", "window"),
    }
    assert all(pane.facts.about for pane in named(window).values())


def test_a_pane_is_where_its_widget_is(window):
    panes = named(window)
    assert panes["window"].rect == window.rect()
    for name, widget in (("input", window.input_panel), ("grid", window.grid_panel), ("page", window.page)):
        assert panes[name].rect.size() == widget.size()
        assert panes[name].rect.topLeft() == widget.mapTo(window, widget.rect().topLeft())
        assert (panes[name].facts.width, panes[name].facts.height) == (widget.width(), widget.height())


def test_a_dock_that_is_closed_or_behind_another_ones_tab_is_no_pane(qtbot, window):
    window.page_dock.hide()
    window.recipe_dock.show()
    assert "page" not in named(window)
    assert "synthesis" in named(window)
    window.recipe_dock.hide()
    window.tabifyDockWidget(window.input_dock, window.unit_dock)
    for front, behind in (("unit", "input"), ("input", "unit")):
        getattr(window, f"{front}_dock").raise_()
        qtbot.waitUntil(lambda front=front, behind=behind: front in named(window) and behind not in named(window))


def test_a_floating_dock_is_a_pane_of_its_own_window(window):
    window.page_dock.setFloating(True)
    pane = named(window)["page"]
    assert pane.holder is window.page_dock
    assert pane.rect.size() == window.page.size()


@pytest.mark.parametrize(("area", "place"), [("LeftDockWidgetArea", "left"), ("RightDockWidgetArea", "right")])
def test_a_further_dock_needs_one_row(qtbot, window, monkeypatch, area, place):
    from deepvis.gui.serving import panes

    monkeypatch.setattr(panes, "ROWS", (*ROWS, panes.PaneRow("more", "", "Something more", "something_more")))
    assert "more" not in named(window)
    dock = QDockWidget("More", window)
    dock.setObjectName("something_more")
    dock.setWidget(QLabel("more"))
    window.addDockWidget(Qt.DockWidgetArea[area], dock)
    dock.show()
    qtbot.waitUntil(lambda: "more" in named(window))
    facts = named(window)["more"].facts
    assert (facts.title, facts.about, facts.place) == ("More", "Something more", place)


def test_a_window_that_is_not_open_has_no_panes(window):
    window.hide()
    assert visible_panes(window) == ()
