"""What stands in the middle of an empty page: why it is empty, what to do, and a button that does it."""

from __future__ import annotations

import re

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.paragraph import unbroken

_WIDTH = 360
_COMMAND = re.compile(r"deepvis \S.*?(?=\. |\.?$)")
_NARROWEST = 120


class Notice(QWidget):
    """A sentence, centered, and a button below it.

    Args:
        action: text of the button.
        parent: the widget it lies in.

    Signals:
        action_clicked: its button was clicked.
        copied: the command that it names is on the clipboard.
    """

    action_clicked = pyqtSignal()
    copied = pyqtSignal(str)

    def __init__(self, action: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QLabel()
        self._sentence = ""
        self._button = QPushButton(action)
        self._copy = QPushButton("Copy the command")
        self._build()

    def set_words(self, sentence: str, *, offer: bool = True) -> None:
        """Say why there is nothing; the button is shown where `offer` says so."""
        self._sentence = sentence
        self._words.setText(unbroken(sentence))
        self._fit()
        self._button.setVisible(offer)
        self._copy.setVisible(offer and bool(command_in(sentence)))

    def set_action(self, action: str) -> None:
        """Say what the button does."""
        self._button.setText(action)

    def words(self) -> str:
        """What it says."""
        return self._sentence

    @property
    def offers(self) -> bool:
        """Whether the button is there."""
        return not self._button.isHidden()

    def sizeHint(self) -> QSize:
        """As large as the pane it stands in for."""
        return QSize(600, 600)

    def minimumSizeHint(self) -> QSize:
        """Small enough for any window."""
        return QSize(160, 120)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        """Wrap the sentence for another width."""
        self._fit()

    def _fit(self) -> None:
        # a layout asks a wrapped label for its height before it knows the width
        width = max(_NARROWEST, min(_WIDTH, self.width() - 4 * SPACE))
        self._words.setFixedSize(width, max(1, self._words.heightForWidth(width)))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the ground of pictures."""
        QPainter(self).fillRect(self.rect(), QColor(theme_of(self.palette()).window))

    def _copy_command(self) -> None:
        clipboard, command = QGuiApplication.clipboard(), command_in(self._sentence)
        if clipboard is not None:
            clipboard.setText(command)
            self.copied.emit(command)

    def _build(self) -> None:
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setProperty("muted", True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        for button in (self._button, self._copy):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._copy.hide()
        self._copy.clicked.connect(self._copy_command)
        self._button.clicked.connect(lambda: self.action_clicked.emit())
        column = QVBoxLayout(self)
        column.setSpacing(SPACE + SPACE // 2)
        column.addStretch(1)
        column.addWidget(self._words, 0, Qt.AlignmentFlag.AlignHCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE)
        buttons.addStretch(1)
        buttons.addWidget(self._button)
        buttons.addWidget(self._copy)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(1)


def command_in(sentence: str) -> str:
    """The first command of this program that a sentence names; empty where it names none."""
    found = _COMMAND.search(sentence)
    return "" if found is None else found.group()
