"""A small list whose popup is as wide as its longest row."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QWidget

from deepvis.gui.theme import SPACE


class CompactCombo(QComboBox):
    """A list of choices in a row of small controls. Letters are commands in this window: it takes no focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("compact", True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def showPopup(self) -> None:
        """Open the list; the rows are as long as their words, also where the closed list is narrower."""
        view = self.view()
        if view is not None:
            frame = 2 * view.frameWidth() + 2 * SPACE
            view.setMinimumWidth(max(self.width(), view.sizeHintForColumn(0) + frame))
        super().showPopup()
