"""Strokes shared by the widgets that paint themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPolygonF

from deepvis.gui.theme import SPACE, elided, small
from deepvis.gui.widgets.paragraph import unbroken

if TYPE_CHECKING:
    from PyQt6.QtGui import QPainter

    from deepvis.gui.theme import Theme

_MESSAGE_WIDTH = 360
_BADGE_ALPHA = 200


def cell_rect(picture: QRect | QRectF, position: tuple[int, int], map_size: tuple[int, int]) -> QRect:
    """Where the cell `(row, column)` of a map of `(rows, columns)` lies in the rectangle that shows the whole map."""
    height, width = picture.height() / map_size[0], picture.width() / map_size[1]
    cell = QRectF(picture.left() + position[1] * width, picture.top() + position[0] * height, width, height)
    return cell.toAlignedRect()


def draw_frame(painter: QPainter, rect: QRect, thickness: int, color: QColor) -> None:
    """Four filled strips around the outside of `rect`: crisp at every scale, unlike a pen."""
    outer = rect.adjusted(-thickness, -thickness, thickness, thickness)
    painter.fillRect(QRect(outer.left(), outer.top(), outer.width(), thickness), color)
    painter.fillRect(QRect(outer.left(), rect.bottom() + 1, outer.width(), thickness), color)
    painter.fillRect(QRect(outer.left(), rect.top(), thickness, rect.height()), color)
    painter.fillRect(QRect(rect.right() + 1, rect.top(), thickness, rect.height()), color)


def draw_outlined_frame(
    painter: QPainter, rect: QRect, thickness: int, theme: Theme, color: QColor | None = None
) -> None:
    """A selection frame with a dark line on both sides, so that it stands out from any picture."""
    line = max(1, thickness // 2)
    draw_frame(painter, rect.adjusted(-thickness, -thickness, thickness, thickness), line, QColor(theme.outline))
    draw_frame(painter, rect, thickness, color or QColor(theme.selection))


def draw_corner(painter: QPainter, rect: QRect, thickness: int, theme: Theme) -> None:
    """A dog-ear in the upper right corner of a tile: its unit is changed."""
    side = max(5 * thickness, min(14 * thickness, min(rect.width(), rect.height()) // 3))
    right, top = rect.right() + 1.0, float(rect.top())
    painter.save()
    painter.setRenderHint(painter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for reach, color in ((side + 1.5 * thickness, theme.outline), (side, theme.warning)):
        painter.setBrush(QColor(color))
        painter.drawPolygon(QPolygonF([QPointF(right - reach, top), QPointF(right, top), QPointF(right, top + reach)]))
    painter.restore()


def wrapped(text: str, font: QFont, width: int, most: int) -> list[str]:
    """The words in at most so many lines of `width` logical pixels; what does not fit is elided in the last one."""
    metrics, lines = QFontMetrics(font), [""]
    if metrics.horizontalAdvance(text) <= width:
        return [text]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if metrics.horizontalAdvance(longer) <= width or not lines[-1] or len(lines) == most:
            lines[-1] = longer
        else:
            lines.append(word)
    return [elided(line, font, width) for line in lines]


def draw_message(painter: QPainter, rect: QRect, text: str, font: QFont, theme: Theme) -> None:
    """The sentence of an empty panel: centered, wrapped, quiet."""
    width = max(40, min(_MESSAGE_WIDTH, rect.width() - 4 * SPACE))
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    box = QRect(0, 0, width, rect.height())
    box.moveCenter(rect.center())
    painter.setFont(font)
    painter.setPen(QColor(theme.muted))
    painter.drawText(box, int(flags), unbroken(text))


def draw_pill(painter: QPainter, rect: QRect, text: str, font: QFont, theme: Theme) -> None:
    """A sentence over a picture, on a rounded ground, centered in `rect`."""
    text = unbroken(text)
    painter.setFont(font)
    metrics = QFontMetrics(font)
    limit = QRect(0, 0, max(40, min(_MESSAGE_WIDTH, rect.width() - 8 * SPACE)), rect.height())
    flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
    ground = metrics.boundingRect(limit, flags, text).adjusted(-2 * SPACE, -SPACE, 2 * SPACE, SPACE)
    ground.moveCenter(rect.center())
    draw_round_rect(painter, QRectF(ground), 6, QColor(theme.panel), QColor(theme.border))
    painter.setPen(QColor(theme.text))
    painter.drawText(ground.adjusted(2 * SPACE, 0, -2 * SPACE, 0), flags, text)


def draw_badges(painter: QPainter, rect: QRect, words: tuple[str, ...], theme: Theme) -> None:
    """Short words in the upper left corner of a picture, side by side; what does not fit is left out."""
    if not words:
        return
    font = small(painter.font())
    metrics = QFontMetrics(font)
    ground, left = QColor(theme.outline), rect.left() + 4
    ground.setAlpha(_BADGE_ALPHA)
    painter.save()
    painter.setFont(font)
    for word in words:
        badge = QRect(left, rect.top() + 4, metrics.horizontalAdvance(word) + 10, 16)
        if badge.right() > rect.right() - 4:
            break
        draw_round_rect(painter, QRectF(badge), 3, ground)
        painter.setPen(QColor(theme.highlight))
        painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), word)
        left = badge.right() + 5
    painter.restore()


def draw_round_rect(painter: QPainter, rect: QRectF, radius: float, fill: QColor, border: QColor | None = None) -> None:
    """A rounded rectangle with an optional hairline."""
    painter.save()
    painter.setRenderHint(painter.RenderHint.Antialiasing)
    painter.setBrush(fill)
    if border is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(rect, radius, radius)
    else:
        painter.setPen(border)
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    painter.restore()


def draw_key_caps(painter: QPainter, right: int, rect: QRect, keys: str, theme: Theme) -> int:
    """Keys as small caps that end at x = `right`, vertically centered in `rect`; several are separated by `, `.

    Returns:
        the x where the first one begins.
    """
    font = small(painter.font())
    metrics = QFontMetrics(font)
    painter.setFont(font)
    for key in reversed(split_keys(keys)):
        width = max(metrics.horizontalAdvance(key) + 10, 18)
        cap = QRect(right - width, rect.center().y() - 8, width, 17)
        draw_round_rect(painter, QRectF(cap), 3, QColor(theme.raised), QColor(theme.border))
        painter.setPen(QColor(theme.muted))
        painter.drawText(cap, int(Qt.AlignmentFlag.AlignCenter), key)
        right -= width + 4
    return right


def key_caps_width(font: QFont, keys: str) -> int:
    """Width in logical pixels that `draw_key_caps` needs."""
    metrics = QFontMetrics(small(font))
    return sum(max(metrics.horizontalAdvance(key) + 10, 18) + 4 for key in split_keys(keys))


def split_keys(keys: str) -> list[str]:
    """`"J, Ctrl+,"` as `["J", "Ctrl+,"]`."""
    return [key for key in keys.split(", ") if key]
