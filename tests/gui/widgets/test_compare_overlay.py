"""Pictures seen large, and the words below them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QWidget

from deepvis.gui.theme import small
from deepvis.gui.widgets.compare_overlay import WHY_LINES, CompareOverlay
from deepvis.live.pages import PagePicture, Why

CAVEAT = "Shows the picture's structure and hardly depends on the unit (Mahendran & Vedaldi 2016, Nie et al. 2018)."


def explained(caveat=CAVEAT):
    return PagePicture(
        np.zeros((8, 8, 3), np.uint8), 21.0, "deconvnet of owl.jpg", why=Why("deconvnet", caveat, drawn="")
    )


@pytest.fixture
def overlay(qtbot, themed):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(1280, 720)
    made = CompareOverlay(parent)
    parent.show()
    made.set_pictures("blocks.4.1/42", (explained(), explained()))
    made.open_over()
    yield made
    parent.close()


def test_words_wrap_at_the_width_of_the_picture_and_no_earlier(overlay):
    (_, _, *said) = overlay.lines_of(explained(), 450)
    metrics = QFontMetrics(small(overlay.font()))
    assert " ".join(said) == CAVEAT
    for line, following in pairwise(said):
        first_word = following.split()[0]
        assert metrics.horizontalAdvance(line) <= 450 < metrics.horizontalAdvance(f"{line} {first_word}")


def test_figures_that_fit_keep_the_room_around_the_dot_between_them(overlay):
    placed = replace(explained(), position=(2, 3))
    assert "value 21.0  ·  row 2, column 3" in overlay.lines_of(placed, 450)


def test_words_that_need_more_lines_than_there_are_end_with_an_ellipsis(overlay):
    lines = overlay.lines_of(explained(CAVEAT * 9), 300)
    assert len(lines) == WHY_LINES
    assert lines[-1].endswith("…")


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (640, 480)])
def test_pictures_and_all_their_words_lie_on_the_card(overlay, size):
    overlay.parentWidget().resize(*size)
    card, rects = overlay.card_rect(), overlay.picture_rects()
    assert overlay.rect().contains(card)
    for rect in rects:
        lines = overlay.lines_of(explained(), rect.width())
        assert card.contains(rect.adjusted(0, 0, 0, 18 * len(lines)))
