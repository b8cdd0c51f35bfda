"""The left column: what comes in, what the network answers, and the selected unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE
from deepvis.gui.widgets.compact_combo import CompactCombo
from deepvis.gui.widgets.picture_view import PictureView
from deepvis.gui.widgets.predictions import Predictions
from deepvis.gui.widgets.transport import Transport
from deepvis.gui.widgets.unit_view import UnitView
from deepvis.records import Overlay

if TYPE_CHECKING:
    from deepvis.records import View


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
        self._build()

    def show_view(self, view: View) -> None:
        """Bring the choices in line with a view."""
        self._overlay.setCurrentIndex(self._overlay.findData(view.pane.overlay))
        self._opacity.setEnabled(view.pane.overlay is not Overlay.OFF)
        if not self._opacity.isSliderDown():
            self._opacity.setValue(round(view.pane.opacity * 100))

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
        row = QHBoxLayout()
        row.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        row.setSpacing(SPACE)
        self._opacity.setMinimumWidth(56)
        self._opacity.setAccessibleName("Opacity")
        row.addWidget(self._overlay)
        row.addWidget(self._opacity, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.unit, 1)
        column.addLayout(row)
