"""The left column: what comes in, what the network answers, and the selected unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QBoxLayout, QSlider, QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE, small
from deepvis.gui.widgets.back_controls import STACKED_WIDTH
from deepvis.gui.widgets.compact_combo import CompactCombo
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.picture_view import PictureView
from deepvis.gui.widgets.predictions import Predictions
from deepvis.gui.widgets.transport import Transport
from deepvis.gui.widgets.unit_view import UnitView
from deepvis.records import Overlay

if TYPE_CHECKING:
    from PyQt6.QtGui import QResizeEvent

    from deepvis.records import View

LOWEST_PICTURE, LOW_PICTURE = 80, 120
"""Logical pixels of the input picture: the least, and what it has before the rows of answers become lower."""

LOWEST_UNIT_PANEL, LOW_UNIT_PANEL = 84, 150
"""The same for the panel of the selected unit."""


class InputPanel(QWidget):
    """The picture with what the network sees of it, the controls of the source, and the top-5 answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = PictureView()
        self.transport = Transport()
        self.predictions = Predictions()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.picture, 1)
        column.addWidget(self.transport)
        column.addWidget(self.predictions)
        # what its layout asks for follows from its height, so that must not keep it from becoming lower
        self.setMinimumHeight(self._height(LOWEST_PICTURE, low=True))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Lower rows of answers, where the picture would be left with too little."""
        super().resizeEvent(event)
        self.predictions.set_low(self.height() < self._height(LOW_PICTURE, low=False))

    def _height(self, picture: int, *, low: bool) -> int:
        return picture + self.transport.sizeHint().height() + self.predictions.height_of_rows(low=low)


class UnitPanel(QWidget):
    """The selected unit's map, and how it is laid over the input.

    Signals:
        overlay_chosen: another `Overlay`.
        opacity_chosen: 0..1.
    """

    overlay_chosen = pyqtSignal(object)
    opacity_chosen = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit = UnitView()
        self._overlay = CompactCombo()
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._name, self._value = ElidedLabel("muted"), ElidedLabel("text")
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._choices = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._build()

    def show_view(self, view: View) -> None:
        """Bring the choices in line with a view."""
        self._overlay.setCurrentIndex(self._overlay.findData(view.pane.overlay))
        self._opacity.setEnabled(view.pane.overlay is not Overlay.OFF)
        if not self._opacity.isSliderDown():
            self._opacity.setValue(round(view.pane.opacity * 100))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Where there is little height the words and the choices stand beside the map."""
        super().resizeEvent(event)
        low = self.height() < LOW_UNIT_PANEL
        down, right = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._body.setDirection(right if low else down)
        self._choices.setDirection(down if low else right)
        self._choices.setContentsMargins(SPACE // 2 if low else SPACE, SPACE // 2, SPACE, SPACE // 2)
        self._choices.setSpacing(SPACE // 2 if low else SPACE)
        self._overlay.setFixedWidth(STACKED_WIDTH if low else self._overlay.sizeHint().width())
        self.unit.set_captioned(not low)
        for label in (self._name, self._value):
            label.setVisible(low)

    def sizeHint(self) -> QSize:
        """A map with its caption and the choices."""
        return QSize(280, 280)

    def _show_caption(self, caption: str, value: str) -> None:
        self._name.set_text(caption)
        self._value.set_text(value)

    def _build(self) -> None:
        self.setObjectName("unit_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        for overlay in Overlay:
            text = "activation" if overlay is Overlay.OFF else f"input {overlay}"
            self._overlay.addItem(text, overlay)
        self._overlay.setToolTip("The map alone, or laid over the input (Y)")
        self._overlay.activated.connect(lambda _index: self.overlay_chosen.emit(self._overlay.currentData()))
        self._opacity.setRange(0, 100)
        self._opacity.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._opacity.setToolTip("Opacity of the map over the input")
        self._opacity.valueChanged.connect(lambda value: self.opacity_chosen.emit(value / 100))
        self._opacity.setMinimumWidth(56)
        self._opacity.setAccessibleName("Opacity")
        self.unit.caption_changed.connect(self._show_caption)
        row = self._choices
        row.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        row.setSpacing(SPACE)
        for label in (self._name, self._value):
            label.setFont(small(self.font()))
            label.hide()
            row.addWidget(label)
        row.addWidget(self._overlay)
        row.addWidget(self._opacity, 1)
        row.addStretch(0)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(0)
        self._body.addWidget(self.unit, 1)
        self._body.addLayout(row)
        self.setLayout(self._body)
        self.setMinimumHeight(LOWEST_UNIT_PANEL)
