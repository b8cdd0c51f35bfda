"""One changed unit: on or off, what is done to it, and how much."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from deepvis.causes import ChangeKind
from deepvis.gui.icons import SIZE, icon
from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.compact_combo import CompactCombo
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.number_field import DecimalField, PlainSlider, Scale

if TYPE_CHECKING:
    from PyQt6.QtGui import QMouseEvent

    from deepvis.causes import Intervention

FACTORS = Scale(-2.0, 4.0)
"""What the slider of a factor spans; more can be typed."""

_FIELD_WIDTH = 58
_FIELD_HEIGHT = 24
_LARGEST = 1e6
_INDENT = 26


class ChangeRow(QWidget):
    """Shows an `Intervention` and changes it.

    Args:
        change: at first.
        parent: the widget it lies in.

    Signals:
        changed: another `Intervention` of the same unit.
        kind_chosen: another `ChangeKind` is wanted, with numbers to begin with.
        removed: it shall go.
        clicked: its unit shall be shown.
    """

    changed = pyqtSignal(object)
    kind_chosen = pyqtSignal(object)
    removed = pyqtSignal()
    clicked = pyqtSignal()

    def __init__(self, change: Intervention, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.change = change
        self._filling = False
        self.on = QToolButton()
        self.name = _Name()
        self.kind = CompactCombo()
        self.remove = QToolButton()
        self.factor_slider, self.factor = PlainSlider(), _field("Factor")
        self.low, self.high = _field("Lowest value"), _field("Highest value")
        self._factors, self._bounds = QWidget(), QWidget()
        self._build()
        self._connect()
        self.set_change(change)

    def set_change(self, change: Intervention) -> None:
        """Show another change of the same unit; nothing is emitted."""
        self.change = change
        self._filling = True
        self.on.setChecked(change.on)
        self.on.setText("on" if change.on else "off")
        self.name.set_text(f"{change.layer}/{change.unit}")
        self.name.set_role("text" if change.on else "muted")
        self.kind.setCurrentIndex(self.kind.findData(change.kind))
        self._factors.setVisible(change.kind is ChangeKind.SCALE)
        self._bounds.setVisible(change.kind is ChangeKind.CLAMP)
        if not self.factor_slider.isSliderDown():
            self.factor_slider.setValue(FACTORS.place(min(max(change.value, FACTORS.low), FACTORS.high)))
        self.factor.setValue(change.value)
        self.low.setValue(max(change.low, -_LARGEST))
        self.high.setValue(min(change.high, _LARGEST))
        self._filling = False

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colors of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "remove"):
            self.remove.setIcon(icon("close", theme_of(self.palette())))

    def _slide(self, place: int) -> None:
        if not self._filling:
            self._put(replace(self.change, value=FACTORS.value(place)))

    def _type_factor(self, value: float) -> None:
        if not self._filling:
            self._put(replace(self.change, value=value))

    def _type_bound(self) -> None:
        if self._filling:
            return
        low, high = self.low.value(), self.high.value()
        moved = self.low if low != self.change.low else self.high
        # the bound that was typed pushes the other one
        low, high = (low, max(low, high)) if moved is self.low else (min(low, high), high)
        self._put(replace(self.change, low=low, high=high))

    def _put(self, change: Intervention) -> None:
        if change != self.change:
            self.set_change(change)
            self.changed.emit(change)

    def _connect(self) -> None:
        self.on.clicked.connect(lambda on: self._put(replace(self.change, on=on)))
        self.kind.activated.connect(lambda _place: self.kind_chosen.emit(self.kind.currentData()))
        self.remove.clicked.connect(lambda: self.removed.emit())
        self.name.clicked.connect(self.clicked)
        self.factor_slider.valueChanged.connect(self._slide)
        self.factor.valueChanged.connect(self._type_factor)
        self.low.valueChanged.connect(lambda _value: self._type_bound())
        self.high.valueChanged.connect(lambda _value: self._type_bound())

    def _build(self) -> None:
        for kind in ChangeKind:
            self.kind.addItem(str(kind), kind)
        self.kind.setToolTip("What is done to the unit: mute, multiply, or keep within bounds")
        self.kind.setAccessibleName("What is done")
        self.on.setToolTip("In force, or remembered only")
        self.on.setAccessibleName("In force")
        self.on.setCheckable(True)
        self.on.setProperty("compact", True)
        self.on.setFixedSize(_INDENT + 4, 22)
        self.on.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.remove.setProperty("flat", True)
        self.remove.setIcon(icon("close", theme_of(self.palette())))
        self.remove.setIconSize(QSize(SIZE - 4, SIZE - 4))
        self.remove.setFixedSize(20, 20)
        self.remove.setToolTip("Take this change back")
        self.remove.setAccessibleName("Take this change back")
        self.remove.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.factor_slider.setToolTip("The unit's activations times this")
        self.factor_slider.setAccessibleName("Factor")
        head = _line((self.on, self.name, self.kind, self.remove), stretched=self.name)
        _line((_word("×"), self.factor_slider, self.factor), stretched=self.factor_slider, holder=self._factors)
        _line((_word("from"), self.low, _word("to"), self.high), stretched=None, holder=self._bounds)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self._factors)
        column.addWidget(self._bounds)


class _Name(ElidedLabel):
    """The unit's address, to be clicked."""

    clicked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__("text", Qt.TextElideMode.ElideMiddle)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.pos()):
            self.clicked.emit()


def _field(name: str) -> DecimalField:
    field = DecimalField(-_LARGEST, _LARGEST, 0.0)
    field.setFixedSize(_FIELD_WIDTH, _FIELD_HEIGHT)
    field.setAccessibleName(name)
    field.setToolTip(name)
    return field


def _word(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("muted", True)
    return label


def _line(widgets: tuple[QWidget, ...], *, stretched: QWidget | None, holder: QWidget | None = None) -> QHBoxLayout:
    line = QHBoxLayout() if holder is None else QHBoxLayout(holder)
    line.setContentsMargins(0 if holder is None else _INDENT, 0, 0, 0)
    line.setSpacing(SPACE // 2)
    for widget in widgets:
        line.addWidget(widget, 1 if widget is stretched else 0)
    if stretched is None:
        line.addStretch(1)
    return line
