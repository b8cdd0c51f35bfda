"""Words that wrap at any width."""

from __future__ import annotations

import pytest
from PyQt6.QtGui import QGuiApplication

from deepvis.gui.widgets.paragraph import Paragraph, breakable, unbroken

COMMAND = "Use: deepvis scan --weights /home/someone/a_folder/with/weights.safetensors " + "x" * 60


def test_long_words_break_and_short_ones_do_not():
    pieces = breakable(COMMAND).replace("\u200b", " ").split()
    assert max(len(piece) for piece in pieces) <= 21
    assert "deepvis scan --weights " in breakable(COMMAND).replace("\u2060", "")
    assert "efficientnet_lite0." in breakable("weights of efficientnet_lite0.")


@pytest.mark.parametrize("text", ["Use --images-of DIR.", "Use '--top 9'."])
def test_no_line_ends_inside_an_option(text):
    held = unbroken(text)
    assert held.count("-\u2060") == held.count("-") > 0
    assert held.replace("\u2060", "") == text


def test_other_hyphens_are_left_alone():
    assert unbroken("a well-known 3 - 2 image") == "a well-known 3 - 2 image"


def test_what_is_copied_is_what_was_written(shown):
    paragraph = shown(Paragraph(), 120, 200)
    paragraph.set_words(COMMAND)
    assert paragraph.words == COMMAND
    assert paragraph.heightForWidth(120) > paragraph.heightForWidth(400)
    paragraph._copy()
    assert QGuiApplication.clipboard().text() == COMMAND
