"""Choices that scroll where they have less height than they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QAbstractSlider, QComboBox, QFrame, QScrollArea, QScrollBar

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget


class ChoicesArea(QScrollArea):
    """Where there is something to scroll the wheel scrolls, and changes no choice that happens to lie below it.

    Args:
        choices: what is scrolled; all its lists and sliders are there already.
    """

    def __init__(self, choices: QWidget) -> None:
        super().__init__()
        self.setWidget(choices)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for kind in (QComboBox, QAbstractSlider):
            for choice in choices.findChildren(kind):
                if not isinstance(choice, QScrollBar):
                    choice.installEventFilter(self)

    @property
    def scrolls(self) -> bool:
        """Not all of it is seen at once."""
        bar = self.verticalScrollBar()
        return bar is not None and bar.maximum() > 0

    @property
    def bar_width(self) -> int:
        """What the bar takes where there is something to scroll, in logical pixels."""
        bar = self.verticalScrollBar()
        return 0 if bar is None else bar.sizeHint().width()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Leave the wheel to what lies around the choice, which scrolls."""
        if event is not None and event.type() == QEvent.Type.Wheel and self.scrolls:
            event.ignore()
            return True
        return super().eventFilter(watched, event)
