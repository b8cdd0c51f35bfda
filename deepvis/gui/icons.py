"""Icons drawn as paths in the theme's colors: no file to ship, crisp at every scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.gui.theme import Theme

SIZE = 16
"""Side of an icon in logical pixels; paths are drawn on this grid."""

_SCALES = (1.0, 2.0, 3.0)


def icon(name: str, theme: Theme) -> QIcon:
    """An icon in the text color, with its disabled and its checked variant.

    Args:
        name: one of `NAMES`.
        theme: gives the colors.

    Raises:
        KeyError: for an unknown name.
    """
    result = QIcon()
    variants = (
        (theme.text, QIcon.Mode.Normal, QIcon.State.Off),
        (theme.accent, QIcon.Mode.Normal, QIcon.State.On),
        (theme.faint, QIcon.Mode.Disabled, QIcon.State.Off),
    )
    for color, mode, state in variants:
        for scale in _SCALES:
            result.addPixmap(_pixmap(name, QColor(color), scale), mode, state)
    return result


def _pixmap(name: str, color: QColor, scale: float) -> QPixmap:
    pixmap = QPixmap(round(SIZE * scale), round(SIZE * scale))
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    _DRAWINGS[name](painter, color)
    painter.end()
    return pixmap


def _triangle(painter: QPainter, left: float, right: float) -> None:
    painter.drawPolygon(QPolygonF([QPointF(left, 3), QPointF(right, 8), QPointF(left, 13)]))


def _play(painter: QPainter, _color: QColor) -> None:
    _triangle(painter, 4, 13)


def _pause(painter: QPainter, _color: QColor) -> None:
    painter.drawRect(QRectF(4, 3, 3, 10))
    painter.drawRect(QRectF(9, 3, 3, 10))


def _next(painter: QPainter, _color: QColor) -> None:
    _triangle(painter, 4, 11)
    painter.drawRect(QRectF(11, 3, 2, 10))


def _previous(painter: QPainter, color: QColor) -> None:
    _flipped(painter)
    _next(painter, color)


def _step(painter: QPainter, _color: QColor) -> None:
    painter.drawRect(QRectF(3, 3, 2, 10))
    _triangle(painter, 7, 13)


def _step_back(painter: QPainter, color: QColor) -> None:
    _flipped(painter)
    _step(painter, color)


def _loop(painter: QPainter, color: QColor) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, 1.4))
    path = QPainterPath()
    path.arcMoveTo(QRectF(3, 3, 10, 10), 40)
    path.arcTo(QRectF(3, 3, 10, 10), 40, 290)
    painter.drawPath(path)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([QPointF(13.8, 1.8), QPointF(13.8, 6.4), QPointF(9.4, 5.4)]))


def _close(painter: QPainter, color: QColor) -> None:
    _stroke(painter, color)
    painter.drawLine(QPointF(4.5, 4.5), QPointF(11.5, 11.5))
    painter.drawLine(QPointF(11.5, 4.5), QPointF(4.5, 11.5))


def _search(painter: QPainter, color: QColor) -> None:
    _stroke(painter, color)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QRectF(3, 3, 7.5, 7.5))
    painter.drawLine(QPointF(9.6, 9.6), QPointF(13, 13))


def _settings(painter: QPainter, color: QColor) -> None:
    _stroke(painter, color)
    for row, knob in ((4.0, 10.5), (8.0, 5.5), (12.0, 9.0)):
        painter.drawLine(QPointF(2.5, row), QPointF(13.5, row))
        painter.setBrush(color)
        painter.drawEllipse(QPointF(knob, row), 1.2, 1.2)


def _plus(painter: QPainter, color: QColor) -> None:
    _stroke(painter, color)
    painter.drawLine(QPointF(8, 3.5), QPointF(8, 12.5))
    painter.drawLine(QPointF(3.5, 8), QPointF(12.5, 8))


def _tree(painter: QPainter, _color: QColor) -> None:
    for x, y in ((2, 3), (5, 7), (5, 11)):
        painter.drawRect(QRectF(x, y, 2, 2))
        painter.drawRect(QRectF(x + 4, y, 10 - x, 2))


def _pin(painter: QPainter, color: QColor) -> None:
    painter.drawRoundedRect(QRectF(4.5, 2, 7, 2), 0.8, 0.8)
    painter.drawPolygon(QPolygonF([QPointF(5.8, 4), QPointF(10.2, 4), QPointF(12, 9.5), QPointF(4, 9.5)]))
    _stroke(painter, color)
    painter.drawLine(QPointF(8, 10), QPointF(8, 13.8))


def _stroke(painter: QPainter, color: QColor) -> None:
    painter.setPen(QPen(color, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))


def _flipped(painter: QPainter) -> None:
    painter.translate(SIZE, 0)
    painter.scale(-1, 1)


_DRAWINGS: dict[str, Callable[[QPainter, QColor], None]] = {
    "play": _play,
    "pause": _pause,
    "next": _next,
    "previous": _previous,
    "step": _step,
    "step back": _step_back,
    "loop": _loop,
    "close": _close,
    "search": _search,
    "tree": _tree,
    "settings": _settings,
    "plus": _plus,
    "pin": _pin,
}

NAMES = tuple(_DRAWINGS)
"""Every icon there is."""
