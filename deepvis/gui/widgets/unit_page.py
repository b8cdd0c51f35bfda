"""The unit page: everything known of one unit, and honest words where nothing is known yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE, small, strong
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.facts_table import FactsTable
from deepvis.gui.widgets.section import Section

if TYPE_CHECKING:
    from collections.abc import Sequence

SECTIONS = (
    (
        "synthesized",
        "Synthesized images",
        "This version cannot make images for a unit yet. Until then, watch the live value.",
        "",
    ),
    (
        "exemplars",
        "Exemplars",
        "This version cannot search a data set yet. Until then, step through a folder of images.",
        "",
    ),
    (
        "attribution",
        "What it looks for in this frame",
        "This version has no attribution yet. Until then, the frame on the input shows what it can see.",
        "",
    ),
)
"""Key, title, why it is empty, what to do."""


class UnitPage(QScrollArea):
    """Header, facts, and one section per kind of picture.

    Signals:
        action_clicked: key of the section whose button was clicked.
    """

    action_clicked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer = ElidedLabel("muted", Qt.TextElideMode.ElideLeft)
        self._title = ElidedLabel("text")
        self._facts = FactsTable()
        self._sections: dict[str, Section] = {}
        self._build()

    def set_unit(self, address: str, label: str = "") -> None:
        """Name the unit.

        Args:
            address: `model/layer/unit`; empty for no unit.
            label: the class it stands for, where it stands for one.
        """
        place, _, unit = address.rpartition("/")
        self._layer.set_text(place.replace("/", " / ") if address else "Click a tile of the grid.")
        for section in self._sections.values():
            section.setVisible(bool(address))
        self._layer.setToolTip(address)
        title = f"Unit {unit}" if address else "No unit selected"
        self._title.set_text(f"{title} · {label}" if label else title)

    def set_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show name and value, one row each; cheap enough for every frame."""
        self._facts.set_facts(facts)

    def set_section(self, key: str, sentence: str, remedy: str = "", action: str = "") -> None:
        """Say why a section is empty, what to do, and offer a button where `action` has a text.

        Raises:
            KeyError: for an unknown section.
        """
        self._sections[key].set_placeholder(sentence, remedy, action)

    def set_content(self, key: str, content: QWidget | None) -> None:
        """Put pictures into a section in place of its words; None brings the words back.

        Raises:
            KeyError: for an unknown section.
        """
        self._sections[key].set_content(content)

    def sizeHint(self) -> QSize:
        """A column that takes its height from the window."""
        return QSize(280, 480)

    def _build(self) -> None:
        self._title.setFont(strong(self.font()))
        self._layer.setFont(small(self.font()))
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(SPACE + 4, SPACE, SPACE + 4, SPACE + 4)
        column.setSpacing(2)
        column.addWidget(self._title)
        column.addWidget(self._layer)
        column.addSpacing(SPACE)
        column.addWidget(self._facts)
        for key, title, sentence, remedy in SECTIONS:
            column.addSpacing(SPACE)
            column.addWidget(self._add_section(key, title, sentence, remedy))
        column.addStretch(1)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(208)
        self.set_unit("")

    def _add_section(self, key: str, title: str, sentence: str, remedy: str) -> Section:
        section = Section(title)
        section.set_placeholder(sentence, remedy)
        section.action_clicked.connect(lambda: self.action_clicked.emit(key))
        self._sections[key] = section
        return section
