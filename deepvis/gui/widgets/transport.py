"""Play, pause, step and seek, as far as the source can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSlider, QStyle, QToolButton, QVBoxLayout, QWidget

from deepvis.gui.icons import SIZE, icon
from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.compact_combo import CompactCombo

if TYPE_CHECKING:
    from PyQt6.QtGui import QMouseEvent, QPaintEvent

    from deepvis.records import SourceState

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)

_CONTROLS = {
    "video": ("step back", "pause", "step", "seek", "speed", "loop"),
    "folder": ("previous", "next", "seek"),
    "list": ("previous", "next", "seek"),
    "demo": ("previous", "pause", "next"),
}
"""What each kind of source can do; other kinds can do nothing."""

_TIPS = {
    "previous": "Previous picture",
    "step back": "One frame back",
    "pause": "Pause or play",
    "step": "One frame on",
    "next": "Next picture",
    "loop": "Begin again at the end",
}


class Transport(QWidget):
    """Buttons and a slider for videos, folders and the demo reel; hidden for sources that have none of these.

    Signals:
        pause_toggled: the play or pause button was clicked.
        next_clicked: go to the next picture.
        previous_clicked: go to the previous picture.
        stepped: by how many frames, -1 or 1.
        seeked: the position wanted.
        speed_chosen: playback speed, 1.0 = as recorded.
        loop_toggled: whether to begin again at the end.
    """

    pause_toggled = pyqtSignal()
    next_clicked = pyqtSignal()
    previous_clicked = pyqtSignal()
    stepped = pyqtSignal(int)
    seeked = pyqtSignal(int)
    speed_chosen = pyqtSignal(float)
    loop_toggled = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paused = False
        self._buttons = {name: self._button(name) for name in _TIPS}
        self._slider = SeekSlider()
        self._position = QLabel()
        self._speed = CompactCombo()
        self._build()
        self.hide()

    def set_state(self, state: SourceState | None) -> None:
        """Show what this source can do and where it stands; None hides everything."""
        controls = () if state is None else _CONTROLS.get(state.lead or state.kind, ())
        can_seek = state is not None and state.seekable and state.length is not None and "seek" in controls
        for name, button in self._buttons.items():
            button.setVisible(name in controls)
        self._slider.setVisible(can_seek)
        self._position.setVisible(can_seek)
        self._speed.setVisible("speed" in controls)
        self.setVisible(bool(controls))
        if state is not None:
            self._show_state(state)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), QColor(theme_of(self.palette()).panel))

    def position_text(self) -> str:
        """What it says about the position."""
        return self._position.text()

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colors of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "_speed"):
            self._draw_icons()

    def _build(self) -> None:
        for speed in SPEEDS:
            self._speed.addItem(f"{speed:g}×", speed)
        self._speed.setToolTip("Speed")
        self._speed.activated.connect(lambda row: self.speed_chosen.emit(self._speed.itemData(row)))
        self._slider.seeked.connect(self.seeked)
        self._slider.setToolTip("Position")
        self._position.setProperty("muted", True)
        self._buttons["loop"].setCheckable(True)
        self._connect()
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        column.setSpacing(SPACE // 2)
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addWidget(self._slider, 1)
        line.addWidget(self._position)
        column.addLayout(line)
        column.addLayout(self._button_line())
        self._draw_icons()

    def _button_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(2)
        for name in ("previous", "step back", "pause", "step", "next"):
            line.addWidget(self._buttons[name])
        line.addStretch(1)
        line.addWidget(self._speed)
        line.addSpacing(2)
        line.addWidget(self._buttons["loop"])
        return line

    def _connect(self) -> None:
        self._buttons["previous"].clicked.connect(lambda: self.previous_clicked.emit())
        self._buttons["next"].clicked.connect(lambda: self.next_clicked.emit())
        self._buttons["pause"].clicked.connect(lambda: self.pause_toggled.emit())
        self._buttons["step back"].clicked.connect(lambda: self.stepped.emit(-1))
        self._buttons["step"].clicked.connect(lambda: self.stepped.emit(1))
        self._buttons["loop"].clicked.connect(lambda on: self.loop_toggled.emit(on))

    def _button(self, name: str) -> QToolButton:
        button = QToolButton()
        button.setToolTip(_TIPS[name])
        button.setAccessibleName(_TIPS[name])
        button.setIconSize(QSize(SIZE, SIZE))
        button.setFixedSize(26, 24)
        button.setProperty("flat", True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    def _show_state(self, state: SourceState) -> None:
        if state.paused != self._paused:
            self._paused = state.paused
            self._draw_icons()
        self._buttons["loop"].setChecked(state.looping)
        row = self._speed.findData(state.speed)
        if row >= 0 and not self._speed.hasFocus():
            self._speed.setCurrentIndex(row)
        if state.length is not None:
            self._slider.set_position(state.position, state.length)
            digits = len(f"{state.length:,}")
            self._position.setText(f"{min(state.position + 1, state.length):{digits},} / {state.length:,}")

    def _draw_icons(self) -> None:
        theme = theme_of(self.palette())
        for name, button in self._buttons.items():
            button.setIcon(icon("play" if name == "pause" and self._paused else name, theme))


class SeekSlider(QSlider):
    """A slider that jumps to where it is clicked and does not move under the person's hand.

    Signals:
        seeked: the position wanted.
    """

    seeked = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.sliderMoved.connect(self.seeked)
        self.setMinimumHeight(16)

    def set_position(self, position: int, length: int) -> None:
        """Show where the source stands, unless the slider is being dragged."""
        if not self.isSliderDown():
            self.setRange(0, max(0, length - 1))
            self.setValue(position)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Jump to the click, then drag from there."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            handle = 12
            wanted = QStyle.sliderValueFromPosition(
                self.minimum(), self.maximum(), round(event.position().x()) - handle // 2, self.width() - handle
            )
            self.setValue(wanted)
            self.seeked.emit(wanted)
        super().mousePressEvent(event)
