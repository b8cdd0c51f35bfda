"""Quiet words that wrap at any width: paths and commands break too, and can be copied."""

from __future__ import annotations

import re

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QAction, QContextMenuEvent, QGuiApplication
from PyQt6.QtWidgets import QLabel, QMenu, QSizePolicy, QWidget

_LONG_WORD = re.compile(r"\S{22,}")
_BREAK_AFTER = re.compile(r"(?<=[/\\_.,=-])(?=\w)|(?<=\w{20})(?=\w)")
_OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")
_ZERO_WIDTH_SPACE = "\u200b"
_WORD_JOINER = "\u2060"


class Paragraph(QLabel):
    """A label that never widens its page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self.setWordWrap(True)
        self.setProperty("muted", True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def words(self) -> str:
        """What it says, without the places where it may break."""
        return self._words

    def set_words(self, words: str) -> None:
        """Say something else."""
        if words != self._words:
            self._words = words
            self.setText(breakable(words))
            self.setAccessibleName(words)

    def minimumSizeHint(self) -> QSize:
        """Any width, a line."""
        return QSize(1, self.fontMetrics().height())

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Offer the words: a command that is told can be run."""
        if event is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = QAction("Copy text", menu)
        copy.triggered.connect(lambda: self._copy())
        menu.addAction(copy)
        menu.popup(event.globalPos())

    def _copy(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._words)


def breakable(text: str) -> str:
    """The text with places to break inside its long words, and none inside the options of commands."""
    return unbroken(_LONG_WORD.sub(lambda word: _BREAK_AFTER.sub(_ZERO_WIDTH_SPACE, word.group()), text))


def unbroken(text: str) -> str:
    """The text for display, its options (`--images`) held together: lines end at any other hyphen."""
    return _OPTION.sub(lambda option: option.group().replace("-", f"-{_WORD_JOINER}"), text)
