"""Numbers in the window's panels: their keys are their own, and Enter or Esc gives the keys back to the window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QLocale, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QValidator, QWheelEvent
from PyQt6.QtWidgets import QDoubleSpinBox, QSlider, QSpinBox, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

PLACES = 1000
"""Steps of a slider."""

_DIGITS = 12
_MANY_DECADES = 100
"""A range that reaches this many times beyond the usual value is laid out by powers of ten."""

_DEPTH = 1e-4
"""A range by powers of ten that begins at zero shows this part of the usual value as its first step."""

_SLIDER_KEYS = frozenset(
    (
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
    )
)


@dataclass(frozen=True, slots=True)
class Scale:
    """From places on a slider to values and back.

    Attributes:
        low: smallest value.
        high: largest value.
        floor: smallest value above zero where the range is laid out by powers of ten; 0 where it is not.
        whole: whole numbers only.
    """

    low: float
    high: float
    floor: float = 0.0
    whole: bool = False

    @classmethod
    def around(cls, low: float, high: float, usual: float, *, whole: bool) -> Scale:
        """By powers of ten where the range spans decades above the usual value, even elsewhere."""
        if low > 0:
            return cls(low, high, low if high / low >= _MANY_DECADES else 0.0, whole)
        wide = low == 0 and usual > 0 and high / usual >= _MANY_DECADES
        return cls(low, high, max(usual * _DEPTH, 1.0 if whole else 0.0) if wide else 0.0, whole)

    def value(self, place: int) -> float:
        """The value at a place in 0..`PLACES`, with three digits."""
        part = place / PLACES
        if not self.floor:
            value = self.low + part * (self.high - self.low)
        elif place == 0:
            return self.low
        else:
            value = self.floor * (self.high / self.floor) ** part
        return float(round(value)) if self.whole else float(f"{value:.3g}")

    def place(self, value: float) -> int:
        """The place of a value, 0..`PLACES`."""
        if self.high <= self.low:
            return 0
        if not self.floor:
            return round(PLACES * (value - self.low) / (self.high - self.low))
        if value <= self.floor:
            return 0 if value <= self.low else 1
        return round(PLACES * math.log(value / self.floor) / math.log(self.high / self.floor))


class WholeField(QSpinBox):
    """A whole number; any may be typed, and one out of range becomes the nearest that is in range.

    Signals:
        limited: a number out of range was typed.
    """

    limited = pyqtSignal()

    def __init__(self, low: int, high: int, value: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(low, high)
        self.setValue(value)
        self.setLocale(QLocale.c())
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        _take_no_drops(self)

    def validate(self, text: str | None, place: int) -> tuple[QValidator.State, str, int]:
        """Let digits be typed, also of a number that is too large: a field that swallows keys says nothing."""
        typed = text or ""
        if typed and not (typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS):
            return QValidator.State.Invalid, typed, place
        inside = bool(typed) and self.minimum() <= int(typed) <= self.maximum()
        return QValidator.State.Acceptable if inside else QValidator.State.Intermediate, typed, place

    def fixup(self, text: str | None) -> str:
        """The nearest number in range; what was there before where nothing was typed."""
        if not text:
            return str(self.value())
        self.limited.emit()
        return str(min(max(int(text), self.minimum()), self.maximum()))

    def event(self, event: QEvent | None) -> bool:
        """Keep Enter and Esc from the window: they end the typing."""
        return _ends_typing(self, event) or super().event(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """The panel scrolls; a number changes only where it is being typed."""
        _turn(self, event, super().wheelEvent)


class DecimalField(QDoubleSpinBox):
    """A number of any size, written with as few digits as it has."""

    def __init__(self, low: float, high: float, value: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDecimals(_DIGITS)
        self.setRange(low, high)
        self.setValue(value)
        self.setLocale(QLocale.c())
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        _take_no_drops(self)

    def textFromValue(self, value: float) -> str:
        """`0.0001` and not `0.000100000000`."""
        return f"{value:.6g}"

    def event(self, event: QEvent | None) -> bool:
        """Keep Enter and Esc from the window: they end the typing."""
        return _ends_typing(self, event) or super().event(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """The panel scrolls; a number changes only where it is being typed."""
        _turn(self, event, super().wheelEvent)


class PlainSlider(QSlider):
    """A slider whose arrow keys move it and not the selected unit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, PLACES)
        self.setSingleStep(PLACES // 100)
        self.setPageStep(PLACES // 10)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def event(self, event: QEvent | None) -> bool:
        """Claim the keys that move it."""
        asked = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and event.key() in _SLIDER_KEYS and not event.modifiers():
            event.accept()
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """The panel scrolls."""
        if event is not None:
            event.ignore()


def _ends_typing(field: QSpinBox | QDoubleSpinBox, event: QEvent | None) -> bool:
    if not isinstance(event, QKeyEvent) or event.key() not in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
        return False
    if event.type() == QEvent.Type.ShortcutOverride:
        event.accept()
        return True
    if event.type() == QEvent.Type.KeyPress:
        field.interpretText()
        field.clearFocus()
        return True
    return False


def _take_no_drops(field: QSpinBox | QDoubleSpinBox) -> None:
    """The path of a file that is dropped on the panel is no number."""
    editor = field.lineEdit()
    if editor is not None:
        editor.setAcceptDrops(False)


def _turn(field: QWidget, event: QWheelEvent | None, turn: Callable[[QWheelEvent | None], None]) -> None:
    if field.hasFocus():
        turn(event)
    elif event is not None:
        event.ignore()
