"""Words that wrap at any width."""

from __future__ import annotations

from PyQt6.QtGui import QGuiApplication

from deepvis.gui.widgets.paragraph import Paragraph, breakable

COMMAND = "Use: deepvis scan --weights /home/someone/a_folder/with/weights.safetensors " + "x" * 60


def test_long_words_break_and_short_ones_do_not():
    pieces = breakable(COMMAND).replace("\u200b", " ").split()
    assert max(len(piece) for piece in pieces) <= 21
    assert "deepvis scan --weights " in breakable(COMMAND)
    assert "efficientnet_lite0." in breakable("weights of efficientnet_lite0.")


def test_what_is_copied_is_what_was_written(shown):
    paragraph = shown(Paragraph(), 120, 200)
    paragraph.set_words(COMMAND)
    assert paragraph.words == COMMAND
    assert paragraph.heightForWidth(120) > paragraph.heightForWidth(400)
    paragraph._copy()
    assert QGuiApplication.clipboard().text() == COMMAND
