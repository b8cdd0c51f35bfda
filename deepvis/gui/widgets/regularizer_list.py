"""The regularizers of a recipe, each with its settings, and a menu that adds others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from deepvis.gui.icons import SIZE, icon
from deepvis.gui.theme import SPACE, small, strong, theme_of
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.paragraph import Paragraph
from deepvis.gui.widgets.setting_row import SettingRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.live.studio_news import RegularizerChoice, RegularizerInfo

NONE = "The recipe has no regularizers."


class RegularizerCard(QWidget):
    """A regularizer with its settings.

    Args:
        info: of the regularizer.
        choice: its settings; those it does not name have their usual values.
        parent: the widget it lies in.

    Signals:
        changed: a setting has another value.
        removed: it shall go.
    """

    changed = pyqtSignal()
    removed = pyqtSignal()

    def __init__(self, info: RegularizerInfo, choice: RegularizerChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        given = dict(choice[1])
        self.name = info.name
        self.rows = [SettingRow(setting, given.get(setting.name, setting.default)) for setting in info.settings]
        self._remove = tool("close", f"Do without {info.name}")
        self._remove.clicked.connect(lambda: self.removed.emit())
        title = ElidedLabel("text")
        title.set_text(info.name)
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(title, 1)
        head.addWidget(self._remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SPACE // 2)
        column.setSpacing(SPACE // 4)
        column.addLayout(head)
        for row in self.rows:
            row.changed.connect(self.changed)
            column.addWidget(row)
        title.set_tip(f"{info.about}\n{info.source}")

    @property
    def choice(self) -> RegularizerChoice:
        """Its name with all its settings."""
        return self.name, tuple((row.info.name, row.value) for row in self.rows)

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colors of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "_remove"):
            self._remove.setIcon(icon("close", theme_of(self.palette())))


class RegularizerList(QWidget):
    """Cards below one another, in the order in which they work.

    Signals:
        changed: another setting, one more or one less.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._infos: dict[str, RegularizerInfo] = {}
        self.cards: list[RegularizerCard] = []
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self._add = tool("plus", "Add a regularizer")
        self._add.setMenu(self.menu)
        self._add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._none = Paragraph()
        self._none.set_words(NONE)
        self._none.setFont(small(self.font()))
        title = ElidedLabel("text")
        title.setFont(strong(self.font()))
        title.set_text("Regularizers")
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(title, 1)
        head.addWidget(self._add)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE // 2)
        self._column.addLayout(head)
        self._column.addWidget(self._none)

    def set_infos(self, infos: Sequence[RegularizerInfo]) -> None:
        """What there is."""
        self._infos = {info.name: info for info in infos}
        self._fill_menu()

    def set_choices(self, choices: Sequence[RegularizerChoice]) -> None:
        """Show these; unknown ones are left out. Nothing is emitted."""
        if tuple(choices) == self.choices():
            return
        for card in self.cards:
            self._drop(card)
        self.cards = []
        for choice in choices:
            if choice[0] in self._infos:
                self._insert(choice)
        self._show()

    def choices(self) -> tuple[RegularizerChoice, ...]:
        """All that are shown, with all their settings."""
        return tuple(card.choice for card in self.cards)

    def add(self, name: str) -> None:
        """One more, with its usual settings.

        Raises:
            KeyError: there is none of that name.
        """
        self._insert((self._infos[name].name, ()))
        self._show()
        self.changed.emit()

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colors of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "_add"):
            self._add.setIcon(icon("plus", theme_of(self.palette())))

    def _insert(self, choice: RegularizerChoice) -> None:
        card = RegularizerCard(self._infos[choice[0]], choice)
        card.changed.connect(self.changed)
        card.removed.connect(lambda card=card: self._remove(card))
        self.cards.append(card)
        self._column.addWidget(card)

    def _remove(self, card: RegularizerCard) -> None:
        self.cards.remove(card)
        self._drop(card)
        self._show()
        self.changed.emit()

    def _drop(self, card: RegularizerCard) -> None:
        self._column.removeWidget(card)
        card.hide()
        card.deleteLater()

    def _show(self) -> None:
        self._none.setVisible(not self.cards)
        self._fill_menu()

    def _fill_menu(self) -> None:
        """What is there already or cannot be used stands in the menu with the reason."""
        present = {card.name for card in self.cards}
        self.menu.clear()
        slot = ""
        for info in self._infos.values():
            if slot and info.slot != slot:
                self.menu.addSeparator()
            slot = info.slot
            entry = QAction(info.name, self.menu)
            entry.setEnabled(info.name not in present and not info.needs)
            lines = ("It is there already." if info.name in present else info.needs, info.about, info.source)
            entry.setToolTip("\n".join(line for line in lines if line))
            entry.triggered.connect(lambda _on=False, name=info.name: self.add(name))
            self.menu.addAction(entry)


def tool(name: str, tip: str) -> QToolButton:
    """A small button with an icon."""
    button = QToolButton()
    button.setProperty("flat", True)
    button.setIcon(icon(name, theme_of(button.palette())))
    button.setIconSize(QSize(SIZE - 2, SIZE - 2))
    button.setFixedSize(22, 22)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
