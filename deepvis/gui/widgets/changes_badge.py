"""What keeps a person from forgetting that the network is not as it is."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QToolButton, QWidget


class ChangesBadge(QWidget):
    """How many units are changed, and a way back; there only while some are.

    Signals:
        clicked: the changes shall be shown.
        clear_clicked: they shall be taken back.
    """

    clicked = pyqtSignal()
    clear_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words, self._clear = QToolButton(), QToolButton()
        for button, tip in (
            (self._words, "Show the changed units"),
            (self._clear, "Take all changes back (Shift+Del)"),
        ):
            button.setProperty("alert", True)
            button.setToolTip(tip)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clear.setText("clear")
        self._words.clicked.connect(lambda: self.clicked.emit())
        self._clear.clicked.connect(lambda: self.clear_clicked.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._words)
        row.addWidget(self._clear)

    def set_words(self, words: str) -> None:
        """Say how many units are changed."""
        self._words.setText(words)

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()
