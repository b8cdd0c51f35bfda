"""The list of layers at the left of the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from deepvis.gui.icons import icon
from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.layer_row import INFO_ROLE, NAME_ROLE, LayerDelegate
from deepvis.gui.widgets.layer_tree import LayerNode, describe, layer_tree, listed_layers

if TYPE_CHECKING:
    from deepvis.records import LayerInfo, ModelInfo


class LayerBar(QWidget):
    """The layers worth showing, or every module as a tree, with a filter; the current one is highlighted.

    Keys stay with the window; only the filter takes them while it has the focus.

    Signals:
        layer_clicked: name of the layer.
    """

    layer_clicked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: ModelInfo | None = None
        self._current = ""
        self._filter = _FilterEdit(self)
        self._all_button = QToolButton(self)
        self._tree = QTreeWidget(self)
        self._rows = LayerDelegate(self._tree)
        self._empty = ElidedLabel("muted", parent=self)
        self._build()

    def set_layers(self, model: ModelInfo | None) -> None:
        """Show the layers of a model; None for no model."""
        self._model = model
        self._rebuild()

    def set_current(self, name: str) -> None:
        """Highlight a layer and bring it into sight."""
        if name == self._current:
            return
        self._current = name
        self._rows.current = name
        if self._item(name) is None:
            self._rebuild()
        else:
            self._show_current()

    def set_origin(self, name: str) -> None:
        """Mark the layer where the backward view is frozen; empty for none."""
        if name != self._rows.origin:
            self._rows.origin = name
            viewport = self._tree.viewport()
            if viewport is not None:
                viewport.update()

    def shown_names(self) -> list[str]:
        """Names of the layers that have a row now, from top to bottom."""
        return [item.data(0, NAME_ROLE) for item in self._items() if item.data(0, INFO_ROLE) is not None]

    def sizeHint(self) -> QSize:
        """A narrow column."""
        return QSize(190, 400)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), QColor(theme_of(self.palette()).panel))

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colors of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "_all_button"):
            self._all_button.setIcon(icon("tree", theme_of(self.palette())))

    def _build(self) -> None:
        self._filter.setPlaceholderText("Filter layers")
        self._filter.setClearButtonEnabled(True)
        # no focus at start: the letters typed there would not reach the window
        self._filter.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._filter.textChanged.connect(self._rebuild)
        self._filter.returnPressed.connect(self._choose_first)
        self._all_button.setCheckable(True)
        self._all_button.setIcon(icon("tree", theme_of(self.palette())))
        self._all_button.setToolTip("All modules, as a tree")
        self._all_button.setAccessibleName("All modules")
        self._all_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._all_button.toggled.connect(self._rebuild)
        self._build_tree()
        top = QHBoxLayout()
        top.setContentsMargins(SPACE, SPACE, SPACE, SPACE // 2)
        top.setSpacing(SPACE // 2)
        top.addWidget(self._filter)
        top.addWidget(self._all_button)
        self._empty.setContentsMargins(SPACE, 0, SPACE, 0)
        self._empty.set_alignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._empty)
        column.addWidget(self._tree, 1)
        self.setMinimumWidth(140)
        self._rebuild()

    def _build_tree(self) -> None:
        self._tree.setHeaderHidden(True)
        self._tree.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._tree.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._tree.setUniformRowHeights(True)
        self._tree.setIndentation(10)
        self._tree.setMouseTracking(True)
        self._tree.setItemDelegate(self._rows)
        self._tree.itemClicked.connect(self._clicked)

    def _rebuild(self) -> None:
        self._tree.clear()
        needle = self._filter.text()
        everything = self._all_button.isChecked()
        self._tree.setRootIsDecorated(everything)
        if self._model is not None and everything:
            self._add(None, layer_tree(self._model.layers, needle))
            self._tree.expandAll()
        elif self._model is not None:
            rows = listed_layers(self._model, self._current, needle)
            self._add(None, [LayerNode(info.name, info) for info in rows])
        self._tell_if_empty(needle)
        self._show_current()

    def _tell_if_empty(self, needle: str) -> None:
        empty = self._tree.topLevelItemCount() == 0
        if self._model is None:
            self._empty.set_text("No model yet.")
        elif not needle:
            self._empty.set_text("This model shows no layers.")
        else:
            more = "" if self._all_button.isChecked() else " Try all modules."
            self._empty.set_text(f"Nothing matches.{more}")
        self._empty.setVisible(empty)

    def _add(self, parent: QTreeWidgetItem | None, nodes: list[LayerNode], prefix: str = "") -> None:
        for node in nodes:
            item = QTreeWidgetItem([node.text])
            name = f"{prefix}{node.text}"
            item.setData(0, NAME_ROLE, node.info.name if node.info else name)
            item.setData(0, INFO_ROLE, node.info)
            item.setToolTip(0, describe(node.info) if node.info else name)
            if parent is None:
                self._tree.addTopLevelItem(item)
            else:
                parent.addChild(item)
            self._add(item, node.children, f"{name}.")

    def _items(self) -> list[QTreeWidgetItem]:
        found: list[QTreeWidgetItem] = []
        waiting = [self._tree.topLevelItem(row) for row in reversed(range(self._tree.topLevelItemCount()))]
        while waiting:
            item = waiting.pop()
            if item is not None:
                found.append(item)
                waiting.extend(item.child(row) for row in reversed(range(item.childCount())))
        return found

    def _item(self, name: str) -> QTreeWidgetItem | None:
        return next((item for item in self._items() if item.data(0, NAME_ROLE) == name), None)

    def _show_current(self) -> None:
        item = self._item(self._current)
        if item is not None:
            self._tree.scrollToItem(item)
        viewport = self._tree.viewport()
        if viewport is not None:
            viewport.update()

    def _clicked(self, item: QTreeWidgetItem) -> None:
        info: LayerInfo | None = item.data(0, INFO_ROLE)
        if info is None:
            item.setExpanded(not item.isExpanded())
        elif not info.reason:
            self.layer_clicked.emit(info.name)

    def _choose_first(self) -> None:
        usable = [info for item in self._items() if (info := item.data(0, INFO_ROLE)) is not None and not info.reason]
        if usable:
            self.layer_clicked.emit(usable[0].name)


class _FilterEdit(QLineEdit):
    def event(self, event: QEvent | None) -> bool:
        # Qt asks first whether the key is the window's: Esc belongs to the filter while one types there
        is_asked = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
        if is_asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.clearFocus()
        else:
            super().keyPressEvent(event)
