"""The end of the panel of recipes: how long it will take or what is wrong, and the buttons."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE, small
from deepvis.gui.widgets.paragraph import Paragraph


class RecipeFooter(QWidget):
    """Words above two buttons; it does not scroll away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = Paragraph()
        self.words.setFont(small(self.font()))
        self.go = QPushButton("Synthesize")
        self.cancel = QPushButton("Cancel")
        self.go.setDefault(True)
        self.cancel.setEnabled(False)
        self.setObjectName("recipe_footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE + 4, SPACE, SPACE + 4, SPACE + 4)
        column.setSpacing(SPACE)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE)
        buttons.addStretch(1)
        for button in (self.cancel, self.go):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            buttons.addWidget(button)
        column.addWidget(self.words)
        column.addLayout(buttons)

    def set_words(self, words: str, *, wrong: bool) -> None:
        """Say something; what is wrong has the color of errors, and keeps the button from being pressed."""
        self.words.set_words(words or " ")
        if bool(self.words.property("failed")) != wrong:
            self.words.setProperty("failed", wrong)
            style = self.words.style()
            if style is not None:
                style.polish(self.words)
