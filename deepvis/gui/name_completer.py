"""Completes names of networks while they are typed, also behind the prefix that says whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QModelIndex, QObject, QStringListModel, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QCompleter, QLineEdit, QStyledItemDelegate

if TYPE_CHECKING:
    from collections.abc import Sequence

FAMILIES = ("timm:", "torchvision:")
_MOST_ROWS = 12
_CONFIRMING = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NameCompleter(QObject):
    """Offers the names that hold what is typed.

    Args:
        field: where names are typed.
        names: what can be offered; a name may begin with its family.

    Signals:
        confirmed: Return was pressed while names were offered and none of them was picked.
    """

    confirmed = pyqtSignal()

    def __init__(self, field: QLineEdit, names: Sequence[str]) -> None:
        super().__init__(field)
        self._names = tuple(names)
        self._model = QStringListModel(list(names))
        self._completer = _Completer(self._model, field)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setMaxVisibleItems(_MOST_ROWS)
        popup = self._completer.popup()
        if popup is not None:
            popup.setObjectName("completions")
            # the completer's own delegate knows nothing of the stylesheet
            popup.setItemDelegate(QStyledItemDelegate(popup))
            popup.installEventFilter(self)
        field.setCompleter(self._completer)
        field.textEdited.connect(self._follow)

    def set_names(self, names: Sequence[str]) -> None:
        """Offer these names from now on."""
        self._names = tuple(names)
        self._model.setStringList(self.offered())

    def offered(self) -> list[str]:
        """What is searched: behind a family's prefix every name, once, without one."""
        if not self._completer.family:
            return list(self._names)
        return list(dict.fromkeys(name.rpartition(":")[2] for name in self._names))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Return on what was typed is meant for the dialog; Qt would only close the list with it."""
        popup = self._completer.popup()
        if popup is None or watched is not popup or not isinstance(event, QKeyEvent):
            return False
        pressed = event.type() == QEvent.Type.KeyPress and event.key() in _CONFIRMING
        if not pressed or popup.currentIndex().isValid():
            return False
        popup.hide()
        self.confirmed.emit()
        return True

    def _follow(self, text: str) -> None:
        family = next((family for family in FAMILIES if text.lower().startswith(family)), "")
        if family != self._completer.family:
            self._completer.family = family
            self._model.setStringList(self.offered())


class _Completer(QCompleter):
    """Searches for what stands behind the family, and puts the family before what was picked."""

    family = ""

    def splitPath(self, path: str | None) -> list[str]:
        return [(path or "")[len(self.family) :]]

    def pathFromIndex(self, index: QModelIndex) -> str:
        return self.family + super().pathFromIndex(index)
