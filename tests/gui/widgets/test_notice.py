"""What stands in the middle of an empty page."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication

from deepvis.gui.widgets.notice import Notice, command_in


@pytest.mark.parametrize(
    ("sentence", "command"),
    [
        ("Nothing yet.", ""),
        ("Make them in a terminal: deepvis synthesize --layers blocks.4.1.", "deepvis synthesize --layers blocks.4.1"),
        ("Run deepvis scan --images DIR. Others can be read in: deepvis import.", "deepvis scan --images DIR"),
    ],
)
def test_the_command_of_a_sentence_is_found_without_the_words_around_it(sentence, command):
    assert command_in(sentence) == command


def test_a_command_can_be_copied_as_it_is_typed(shown, qtbot):
    notice = shown(Notice("Do it"), 400, 300)
    notice.set_words("Nothing yet. Run deepvis synthesize --layers blocks.0.")
    with qtbot.waitSignal(notice.copied):
        qtbot.mouseClick(notice._copy, Qt.MouseButton.LeftButton)
    clipboard = QGuiApplication.clipboard()
    assert clipboard.text() == "deepvis synthesize --layers blocks.0"
    notice.set_words("Nothing yet. Run deepvis synthesize --layers blocks.0.", offer=False)
    assert not notice._copy.isVisible()
