"""Sentences in a few lines."""

from __future__ import annotations

import pytest

from deepvis.gui.widgets.back_panel import BackPanel
from deepvis.gui.widgets.caveat_label import LINE_HEIGHT, CaveatLabel
from tests.gui.back_made_up import make_back

SENTENCE = "It is close to an edge detector, and looks alike for a network whose weights were randomized, so beware."


@pytest.fixture
def label(qtbot):
    made = CaveatLabel()
    qtbot.addWidget(made)
    made.set_text(SENTENCE)
    return made


def test_a_line_is_elided_and_more_lines_hold_the_whole_sentence(label):
    (line,) = label.lines(260)
    assert line.endswith("…")
    label.set_most_lines(4)
    lines = label.lines(260)
    assert " ".join(lines) == SENTENCE
    assert label.height_at(260) == len(lines) * LINE_HEIGHT


def test_the_last_line_is_elided_where_even_they_do_not_suffice(label):
    label.set_most_lines(2)
    lines = label.lines(160)
    assert len(lines) == 2
    assert lines[1].endswith("…")


def test_a_high_dock_shows_the_caveat_whole_and_a_low_one_on_hover(qtbot):
    panel = BackPanel()
    qtbot.addWidget(panel)
    panel.resize(280, 520)
    panel.show()
    panel.show_result(make_back(caveat=SENTENCE))
    assert panel._caveat.shown_text() == SENTENCE
    assert panel._caveat.height() == len(panel._caveat.lines(panel._caveat.width())) * LINE_HEIGHT > LINE_HEIGHT
    panel.resize(280, 200)
    assert panel._caveat.height() == LINE_HEIGHT
    assert panel._caveat.shown_text() != SENTENCE
    # also after the width changed once more
    panel.resize(270, 200)
    assert panel._caveat.toolTip() == SENTENCE
