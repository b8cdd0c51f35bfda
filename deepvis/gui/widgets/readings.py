"""The numbers at the right end of the status line: how fast everything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QHelpEvent, QPainter
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis.gui.theme import SPACE, small, theme_of

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

_HEIGHT = 26


@dataclass(frozen=True, slots=True)
class Readings:
    """What the status line shows; None where it is not known.

    Attributes:
        capture_fps: frames per second from the source.
        inference_fps: frames per second through the network.
        paint_fps: frames per second on the screen.
        latency_ms: from capture to paint.
        dropped: frames replaced by newer ones before inference.
        device: device and precision, such as `cpu float32`.
    """

    capture_fps: float | None = None
    inference_fps: float | None = None
    paint_fps: float | None = None
    latency_ms: float | None = None
    dropped: int = 0
    device: str = ""


class ReadingsStrip(QWidget):
    """The numbers at the right, each in a field of fixed width, so that nothing jumps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._readings = Readings()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(small(self.font()))

    def set_readings(self, readings: Readings) -> None:
        """Show these."""
        if readings != self._readings:
            before = self.sizeHint()
            self._readings = readings
            if self.sizeHint() != before:
                self.updateGeometry()
            self.update()

    def fields(self) -> list[tuple[str, str, str, str]]:
        """Per field: its name, what it says, the widest it may say, and what it means."""
        now = self._readings
        return [
            ("capture", _fps(now.capture_fps), "888.8", "Frames per second from the source"),
            ("inference", _fps(now.inference_fps), "888.8", "Frames per second through the network"),
            ("paint", _fps(now.paint_fps, " fps"), "888.8 fps", "Frames per second on the screen"),
            ("latency", _milliseconds(now.latency_ms), "8888 ms", "From capture to paint"),
            ("dropped", f"{now.dropped:,}", "88,888", "Frames replaced by newer ones before the network took them"),
            ("", now.device, now.device, "Device and number format the network runs in"),
        ]

    def sizeHint(self) -> QSize:
        """All fields at their widest."""
        return QSize(sum(width for _, width in self._places()), _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The same: nothing is cut."""
        return self.sizeHint()

    def event(self, event: QEvent | None) -> bool:
        """Tell what the field under the pointer means."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for field, (left, width) in zip(self.fields(), self._places(), strict=True):
                if left <= event.pos().x() < left + width:
                    QToolTip.showText(event.globalPos(), field[3], self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint names quietly and numbers clearly."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        center = Qt.AlignmentFlag.AlignVCenter
        for (name, value, _, _), (left, width) in zip(self.fields(), self._places(), strict=True):
            area = QRect(left, 0, width, self.height())
            painter.setPen(QColor(theme.muted))
            painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | center), name)
            painter.setPen(QColor(theme.text))
            painter.drawText(
                area.adjusted(self._label_width(name), 0, 0, 0), int(Qt.AlignmentFlag.AlignLeft | center), value
            )

    def _places(self) -> list[tuple[int, int]]:
        metrics = self.fontMetrics()
        places, left = [], 0
        for name, value, widest, _ in self.fields():
            widest_value = max(metrics.horizontalAdvance(text) for text in (value, widest))
            width = self._label_width(name) + widest_value + (SPACE if name else 0)
            places.append((left, width))
            left += width
        return places

    def _label_width(self, name: str) -> int:
        return self.fontMetrics().horizontalAdvance(name) + SPACE * 3 // 4 if name else 0


def _fps(value: float | None, suffix: str = "") -> str:
    return "–" if value is None else f"{value:.1f}{suffix}"


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} ms"
