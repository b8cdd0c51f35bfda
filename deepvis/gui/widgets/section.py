"""One section of the unit page: a title, and pictures or the reason why there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE
from deepvis.gui.widgets.placeholder import Placeholder
from deepvis.gui.widgets.section_header import SectionHeader

if TYPE_CHECKING:
    from deepvis.gui.widgets.page_parts import Words


class Section(QWidget):
    """A titled part of a page that a click on its title folds up; it stays so until the next click.

    Args:
        title: its heading.
        body: what it shows where there is something to show; the section owns it.
        parent: the widget it lies in.

    Signals:
        action_clicked: the button of the words was clicked.
    """

    action_clicked = pyqtSignal()

    def __init__(self, title: str, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = SectionHeader(title, self)
        self.header.toggled.connect(self._arrange)
        self._body = body
        self._words = Placeholder(self)
        self._words.action_clicked.connect(self.action_clicked)
        self._filled = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SPACE)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(body)
        column.addWidget(self._words)
        self._arrange()

    @property
    def filled(self) -> bool:
        """It shows its body and not words, folded up or not."""
        return self._filled

    @property
    def is_open(self) -> bool:
        """It is not folded up."""
        return self.header.isChecked()

    def show_body(self, note: str = "") -> None:
        """Show what there is; `note` is a quiet word behind the title."""
        self._filled = True
        self.header.set_note(note)
        self._arrange()

    def show_words(self, words: Words) -> None:
        """Say why there is nothing, and what to do."""
        self._filled = False
        self.header.set_note("")
        self._words.set_words(words.sentence, words.remedy, words.action, words.brief)
        self._arrange()

    def words(self) -> str:
        """What it says where there is nothing; empty where there is something."""
        return "" if self._filled else self._words.words()

    def _arrange(self) -> None:
        self._body.setVisible(self._filled and self.is_open)
        self._words.setVisible(not self._filled and self.is_open)
        self.header.show_tools(self._filled and self.is_open)
