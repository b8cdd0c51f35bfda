"""A line that says what happened or what is chosen, and a button for what can be done about it."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from deepvis.gui.theme import SPACE, small
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.placeholder import FittingButton


class OfferRow(QWidget):
    """Words at the left, a button at the right; hidden while there is nothing to say.

    Args:
        action: text of the button.
        parent: the widget it lies in.

    Signals:
        clicked: its button was clicked.
    """

    clicked = pyqtSignal()

    def __init__(self, action: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ElidedLabel("muted")
        self._words.setFont(small(self.font()))
        self._button = FittingButton(action)
        self._button.clicked.connect(lambda: self.clicked.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE // 2, 0, SPACE // 2)
        row.setSpacing(SPACE)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        self.hide()

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text

    def set_words(self, words: str) -> None:
        """Say something, or nothing and be gone."""
        self._words.set_text(words)
        self.setVisible(bool(words))
