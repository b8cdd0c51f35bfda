"""A field for a class: its name is completed, its number will do, and empty means the network's own answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QStringListModel, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QCompleter, QLineEdit, QStyledItemDelegate, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_ROWS = 12
_WIDEST = 320
"""Logical pixels of the list of names at most."""


class ClassField(QLineEdit):
    """Letters are commands in this window: the field takes them only after it was clicked, and gives them back.

    Args:
        empty: what an empty field means, in words.
        parent: the widget it lies in.

    Signals:
        class_chosen: index of a class; None for the network's own answer.
    """

    class_chosen = pyqtSignal(object)

    def __init__(self, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: tuple[str, ...] = ()
        self._chosen: int | None = None
        self._tip = ""
        self._names = QStringListModel()
        completer = QCompleter(self._names, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(_MOST_ROWS)
        popup = completer.popup()
        if popup is not None:
            popup.setObjectName("completions")
            # the completer's own delegate knows nothing of the stylesheet
            popup.setItemDelegate(QStyledItemDelegate(popup))
        self.setCompleter(completer)
        completer.activated.connect(self._take)
        self.setPlaceholderText(empty)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setProperty("compact", True)
        self.setMinimumWidth(40)
        self.returnPressed.connect(lambda: self._take(self.text()))
        self.editingFinished.connect(self._restore)

    def set_labels(self, labels: Sequence[str]) -> None:
        """Offer these classes."""
        if tuple(labels) != self._labels:
            self._labels = tuple(labels)
            names = [self._name(index) for index in range(len(self._labels))]
            self._names.setStringList(names)
            self._widen(names)
            self._restore()

    def set_tip(self, tip: str) -> None:
        """Say what the field is for; where a class is chosen its name, which may not fit, stands above that."""
        self._tip = tip
        self._restore()

    def set_chosen(self, index: int | None) -> None:
        """Show what is chosen; what is being typed stays."""
        self._chosen = index
        if not self.hasFocus():
            self._restore()

    def index_of(self, text: str) -> int | None:
        """The class that is meant: by number, by name, or by the only name that holds the text; None for no such."""
        plain = text.strip().lower()
        number = plain.rpartition("#")[2] if "#" in plain else plain
        if number.isdigit():
            return int(number) if not self._labels or int(number) < len(self._labels) else None
        if not plain:
            return None
        same = [index for index, label in enumerate(self._labels) if label.lower() == plain]
        close = same or [index for index, label in enumerate(self._labels) if plain in label.lower()]
        return close[0] if same or len(close) == 1 else None

    def event(self, event: QEvent | None) -> bool:
        """Qt asks first whether a key is the window's: Esc belongs to the field while one types there."""
        asked = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Esc gives the keys back to the window."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
            self._restore()
        else:
            super().keyPressEvent(event)

    def _take(self, text: str) -> None:
        index = self.index_of(text)
        if index is not None or not text.strip():
            self._chosen = index
            self.class_chosen.emit(index)
        self.clearFocus()
        self._restore()

    def _restore(self) -> None:
        name = "" if self._chosen is None else self._name(self._chosen)
        self.setToolTip("\n".join(part for part in (name, self._tip) if part))
        if self.hasFocus():
            return
        self.setText(name)
        self.setCursorPosition(0)

    def _widen(self, names: list[str]) -> None:
        """The list is as wide as its names need, however narrow the field is."""
        completer = self.completer()
        popup = None if completer is None else completer.popup()
        if popup is not None:
            longest = max(names, key=len, default="")
            popup.setMinimumWidth(min(_WIDEST, self.fontMetrics().horizontalAdvance(longest) + 32))

    def _name(self, index: int) -> str:
        return f"{self._labels[index]}  #{index}" if index < len(self._labels) else f"#{index}"
