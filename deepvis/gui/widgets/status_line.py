"""The line at the bottom: the latest message, long work, and how fast everything runs."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from deepvis.gui.icons import SIZE, icon
from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.readings import Readings, ReadingsStrip

__all__ = ["LEVELS", "ProgressStrip", "Readings", "StatusLine"]

LEVELS = {"info": "muted", "good": "good", "warning": "warning", "error": "error"}
"""Level of a message and the theme's color for it."""

_HEIGHT = 28


class StatusLine(QWidget):
    """Message left, progress of long work beside it, readings right.

    Signals:
        cancel_clicked: stop the work in progress.
    """

    cancel_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said = self._role = self._hint = ""
        self._dot = _Dot()
        self._message = ElidedLabel("text")
        self._note = ElidedLabel("muted", Qt.TextElideMode.ElideMiddle)
        self._progress = ProgressStrip()
        self._readings = ReadingsStrip()
        self._progress.cancel_clicked.connect(self.cancel_clicked)
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE, 0, SPACE, 0)
        line.setSpacing(SPACE)
        line.addWidget(self._dot)
        line.addWidget(self._message, 3)
        line.addWidget(self._note, 2)
        line.addSpacing(SPACE)
        line.addWidget(self._progress)
        line.addWidget(self._readings)
        self._note.set_alignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._note.hide()
        self.setFixedHeight(_HEIGHT)
        self.clear_progress()

    def set_message(self, text: str, level: str = "info") -> None:
        """Show the latest message.

        Raises:
            KeyError: for a level that is not in `LEVELS`.
        """
        self._said, self._role = text, LEVELS[level] if text else ""
        self._show_words()

    def set_hint(self, hint: str) -> None:
        """Show what lies under the pointer in place of the message; an empty hint gives the message back."""
        if hint != self._hint:
            self._hint = hint
            self._show_words()

    def set_note(self, note: str) -> None:
        """Say what is on and stays on, beside the readings; empty for nothing."""
        self._note.set_text(note)
        self._note.setVisible(bool(note))

    def note(self) -> str:
        """What is on."""
        return self._note.text

    def message(self) -> str:
        """The latest message."""
        return self._said

    def shown(self) -> str:
        """What is read now: the hint, else the message."""
        return self._hint or self._said

    def set_progress(self, text: str, fraction: float | None, *, cancelable: bool = True) -> None:
        """Show long work; `fraction` in 0..1, None where it is not known."""
        self._progress.set_progress(text, fraction, cancelable=cancelable)
        self._progress.show()

    def clear_progress(self) -> None:
        """The long work is over."""
        self._progress.hide()

    def set_readings(self, readings: Readings) -> None:
        """Show how fast everything runs."""
        self._readings.set_readings(readings)

    def _show_words(self) -> None:
        self._dot.set_role("" if self._hint else self._role)
        self._message.set_text(self.shown())
        self._message.set_tip(self.shown())

    def sizeHint(self) -> QSize:
        """As wide as the window."""
        return QSize(900, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the ground and its upper hairline."""
        theme = theme_of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.panel))
        painter.fillRect(0, 0, self.width(), 1, QColor(theme.border))


class ProgressStrip(QWidget):
    """Text, a thin bar, percents, and a button that stops the work.

    Signals:
        cancel_clicked: stop it.
    """

    cancel_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ElidedLabel("muted")
        self._percent = ElidedLabel("text")
        self._bar = QProgressBar()
        self._cancel = QToolButton()
        self._cancel.clicked.connect(lambda: self.cancel_clicked.emit())
        self._build()

    def set_progress(self, text: str, fraction: float | None, *, cancelable: bool) -> None:
        """Show how far the work is; the bar runs back and forth where that is not known."""
        self._text.set_text(text)
        self._bar.setRange(0, 0 if fraction is None else 1000)
        if fraction is not None:
            self._bar.setValue(round(1000 * min(1.0, max(0.0, fraction))))
        self._percent.set_text("" if fraction is None else f"{100 * fraction:.0f} %")
        self._cancel.setVisible(cancelable)

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colors of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "_cancel"):
            self._cancel.setIcon(icon("close", theme_of(self.palette())))

    def _build(self) -> None:
        self._text.set_alignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._text.setFixedWidth(190)
        self._percent.set_alignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._percent.setFixedWidth(40)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(96)
        self._cancel.setIcon(icon("close", theme_of(self.palette())))
        self._cancel.setIconSize(QSize(SIZE - 4, SIZE - 4))
        self._cancel.setFixedSize(20, 20)
        self._cancel.setProperty("flat", True)
        self._cancel.setToolTip("Cancel")
        self._cancel.setAccessibleName("Cancel")
        self._cancel.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, SPACE, 0)
        line.setSpacing(SPACE)
        for widget in (self._text, self._bar, self._percent, self._cancel):
            line.addWidget(widget)


class _Dot(QWidget):
    """The color of a message's level; text is never the only sign, and never colored itself."""

    def __init__(self) -> None:
        super().__init__()
        self._role = ""
        self.setFixedSize(8, 8)

    def set_role(self, role: str) -> None:
        self._role = role
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        if not self._role:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(theme_of(self.palette()), self._role)))
        painter.drawEllipse(QPointF(4, 4), 3, 3)
