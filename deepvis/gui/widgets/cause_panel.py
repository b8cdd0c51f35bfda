"""The panel of causes: which units are changed, what that does to the answer, what feeds a unit and what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from deepvis.causes import ChangeKind
from deepvis.gui.theme import SPACE, small
from deepvis.gui.widgets.change_row import ChangeRow
from deepvis.gui.widgets.compact_combo import CompactCombo
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.paragraph import Paragraph
from deepvis.gui.widgets.section_header import SectionHeader
from deepvis.gui.widgets.signed_bars import SignedBars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.causes import CauseWish, Intervention
    from deepvis.gui.widgets.signed_bars import SignedRow

NO_CHANGES = "The network is as it is. Mute the selected unit, or right-click a tile of the grid."
MEAN_TIP = "Follow the mean of the unit's map instead of its value at the maximum or at the chosen position"
INPUTS_TIP = "The earlier layer whose units are muted"


class CausePanel(QWidget):
    """Shows changes and causes, and tells what the person does with them.

    Signals:
        kind_asked: do this to the selected unit, a `ChangeKind`; the same again takes it back.
        change_made: an `Intervention` has other numbers, or is on or off.
        kind_chosen: layer, unit and the `ChangeKind` that its change shall become.
        change_removed: layer and unit.
        clear_asked: take all changes back.
        unit_clicked: layer and unit to go to.
        class_clicked: index of a class to go to.
        wish_changed: something else is to be seen: `wish` tells what.
        inputs_chosen: name of the earlier layer.
    """

    kind_asked = pyqtSignal(object)
    change_made = pyqtSignal(object)
    kind_chosen = pyqtSignal(str, int, object)
    change_removed = pyqtSignal(str, int)
    clear_asked = pyqtSignal()
    unit_clicked = pyqtSignal(str, int)
    class_clicked = pyqtSignal(int)
    wish_changed = pyqtSignal()
    inputs_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit = ElidedLabel("muted", Qt.TextElideMode.ElideLeft)
        self.kinds = {kind: QToolButton() for kind in ChangeKind}
        self.fixed = Paragraph()
        self.changes_header = SectionHeader("Changed units")
        self.none = Paragraph()
        self.clear = QToolButton()
        self.moved_words = Paragraph()
        self.moved = SignedBars()
        self.feeds_header = SectionHeader("What feeds it")
        self.inputs = CompactCombo()
        self.mean = QToolButton()
        self.feeds_words = Paragraph()
        self.feeds = SignedBars()
        self.does_header = SectionHeader("What it does")
        self.does_words = Paragraph()
        self.does = SignedBars()
        self._rows: dict[tuple[str, int], ChangeRow] = {}
        self._feeds_layer = ""
        self._build()
        self._connect()
        self.set_changes(())

    @property
    def open_sections(self) -> tuple[bool, bool]:
        """Whether what feeds the unit is to be seen, and what it does."""
        return self.feeds_header.isChecked(), self.does_header.isChecked()

    def set_unit(self, address: str, present: ChangeKind | None, fixed: str) -> None:
        """The selected unit, what is done to it now, and why nothing can be done to it, a sentence."""
        self.unit.set_text(address)
        for kind, button in self.kinds.items():
            button.setChecked(kind is present)
            button.setEnabled(bool(address) and not fixed)
        self.fixed.set_words(fixed)
        self.fixed.setVisible(bool(fixed))

    def set_wish(self, wish: CauseWish) -> None:
        """Bring the choices in line with what is asked."""
        self.mean.setChecked(wish.whole)

    def set_changes(self, changes: Sequence[Intervention]) -> None:
        """List these changes; rows that stay keep what is being done with them."""
        keys = [(change.layer, change.unit) for change in changes]
        for key in [key for key in self._rows if key not in keys]:
            row = self._rows.pop(key)
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        for change in changes:
            known = self._rows.get((change.layer, change.unit))
            if known is None:
                self._add(change)
            elif known.change != change:
                known.set_change(change)
        on = sum(change.on for change in changes)
        self.changes_header.set_note(
            "" if not changes else f"{on} of {len(changes)} on" if on < len(changes) else str(on)
        )
        self._arrange_changes()

    def rows(self) -> list[ChangeRow]:
        """Rows of the changes, in order."""
        return list(self._rows.values())

    def set_moved(self, words: str, rows: Sequence[SignedRow]) -> None:
        """What all changes together do to the answer; a sentence, and classes."""
        self.moved_words.set_words(words)
        self.moved.set_rows(rows)
        self._arrange_changes()

    def set_feeds(self, layer: str, offered: Sequence[str], words: str, rows: Sequence[SignedRow]) -> None:
        """What feeds the unit: the earlier layer, those that can be chosen, a sentence, units."""
        self._feeds_layer = layer
        if [self.inputs.itemText(place) for place in range(self.inputs.count())] != list(offered):
            self.inputs.clear()
            self.inputs.addItems(list(offered))
        self.inputs.setCurrentText(layer)
        self.inputs.setEnabled(bool(offered))
        # a list of nothing, and a choice about nothing, would be riddles
        self.inputs.setVisible(bool(offered))
        self.mean.setVisible(bool(offered))
        self.feeds_words.set_words(words)
        self.feeds.set_rows(rows)

    def wait(self, words: str) -> None:
        """Say that both are awaited; the list of layers keeps its place, or the panel would jump."""
        self.inputs.clear()
        self.inputs.setEnabled(False)
        self.feeds_words.set_words(words)
        self.feeds.set_rows(())
        self.set_does(words, ())

    def set_does(self, words: str, rows: Sequence[SignedRow]) -> None:
        """What the unit does: a sentence, and classes."""
        self.does_words.set_words(words)
        self.does.set_rows(rows)

    def sizeHint(self) -> QSize:
        """A column as wide as the unit page."""
        return QSize(250, 560)

    def minimumSizeHint(self) -> QSize:
        """Narrower, no number could be read."""
        return QSize(200, 200)

    def _add(self, change: Intervention) -> None:
        key = (change.layer, change.unit)
        row = ChangeRow(change)
        row.changed.connect(self.change_made)
        row.kind_chosen.connect(lambda kind: self.kind_chosen.emit(*key, kind))
        row.removed.connect(lambda: self.change_removed.emit(*key))
        row.clicked.connect(lambda: self.unit_clicked.emit(*key))
        self._rows[key] = row
        self._list.addWidget(row)

    def _arrange_changes(self) -> None:
        shown, any_change = self.changes_header.isChecked(), bool(self._rows)
        self._changes_body.setVisible(shown)
        self._change_list.setVisible(any_change)
        self.changes_header.show_tools(any_change)
        self.none.setVisible(not any_change)
        self.moved_words.setVisible(any_change and bool(self.moved_words.words))
        self.moved.setVisible(any_change and bool(self.moved.rows))

    def _arrange_causes(self) -> None:
        feeds, does = self.open_sections
        self._feeds_body.setVisible(feeds)
        self._does_body.setVisible(does)
        self.wish_changed.emit()

    def _connect(self) -> None:
        for kind, button in self.kinds.items():
            button.clicked.connect(lambda _on, kind=kind: self.kind_asked.emit(kind))
        self.clear.clicked.connect(lambda: self.clear_asked.emit())
        self.changes_header.toggled.connect(self._arrange_changes)
        self.feeds_header.toggled.connect(self._arrange_causes)
        self.does_header.toggled.connect(self._arrange_causes)
        self.mean.clicked.connect(lambda: self.wish_changed.emit())
        self.inputs.activated.connect(lambda _place: self.inputs_chosen.emit(self.inputs.currentText()))
        self.feeds.row_clicked.connect(lambda unit: self.unit_clicked.emit(self._feeds_layer, unit))
        for bars in (self.moved, self.does):
            bars.row_clicked.connect(self.class_clicked)

    # building

    def _build(self) -> None:
        self.setObjectName("cause_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        tips = {
            ChangeKind.MUTE: "Mute: the selected unit gives zero everywhere (Del)",
            ChangeKind.SCALE: "Scale: the selected unit's activations are multiplied",
            ChangeKind.CLAMP: "Clamp: the selected unit's activations stay within bounds",
        }
        for kind, button in self.kinds.items():
            button.setText(f"{kind[0].upper()}{kind[1:]}")
            button.setToolTip(tips[kind])
            button.setCheckable(True)
            button.setFixedHeight(26)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for words in (self.fixed, self.none, self.moved_words, self.feeds_words, self.does_words):
            words.setFont(small(self.font()))
        self.none.set_words(NO_CHANGES)
        self.mean.setText("mean")
        self.mean.setCheckable(True)
        self.mean.setProperty("compact", True)
        self.mean.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.mean.setToolTip(MEAN_TIP)
        self.inputs.setToolTip(INPUTS_TIP)
        self.inputs.setAccessibleName(INPUTS_TIP)
        self.clear.setText("clear all")
        self.clear.setProperty("compact", True)
        self.clear.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.changes_header.add_tool(self.clear)
        self.clear.setToolTip("Take all changes back (Shift+Del)")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(_scrolled(self._body()))

    def _body(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(SPACE + 4, SPACE, SPACE + 4, SPACE)
        column.setSpacing(SPACE // 2)
        column.addWidget(self.unit)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE // 2)
        for button in self.kinds.values():
            buttons.addWidget(button)
        column.addLayout(buttons)
        column.addWidget(self.fixed)
        column.addSpacing(SPACE // 2)
        self._fill_changes()
        self._fill_causes()
        headers = (self.changes_header, self.feeds_header, self.does_header)
        for header, below in zip(headers, (self._changes_body, self._feeds_body, self._does_body), strict=True):
            column.addWidget(header)
            column.addWidget(below)
        column.addStretch(1)
        return body

    def _fill_changes(self) -> None:
        self._changes_body, self._change_list = QWidget(), QWidget()
        self._list = QVBoxLayout()
        self._list.setSpacing(SPACE // 2)
        _column(self._change_list).addLayout(self._list)
        changes = _column(self._changes_body)
        for widget in (self.none, self._change_list, self.moved_words, self.moved):
            changes.addWidget(widget)

    def _fill_causes(self) -> None:
        self._feeds_body, self._does_body = QWidget(), QWidget()
        choices = QHBoxLayout()
        choices.setSpacing(SPACE // 2)
        choices.addWidget(self.inputs, 1)
        choices.addWidget(self.mean)
        feeds = _column(self._feeds_body)
        feeds.addLayout(choices)
        feeds.addWidget(self.feeds_words)
        feeds.addWidget(self.feeds)
        does = _column(self._does_body)
        does.addWidget(self.does_words)
        does.addWidget(self.does)


def _column(holder: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, SPACE)
    column.setSpacing(SPACE // 2)
    return column


def _scrolled(body: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(body)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
