"""The input picture, with what the network sees of it and the boxes drawn on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QMimeData, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis.gui.qimage import rgb_to_qimage
from deepvis.gui.theme import SPACE, elided, small, theme_of
from deepvis.gui.widgets.painting import draw_frame, draw_message, draw_pill
from deepvis.records import Rect

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

_CAPTION_HEIGHT = 22
_UNSEEN_ALPHA = 150
_ARM, _OPEN = 6, 4
_BOX_COLORS = {"receptive field": "selection", "maximum": "highlight"}


class PictureView(QWidget):
    """A picture fitted into the widget, its aspect kept, with overlays in pixels of the picture.

    Signals:
        picture_clicked: row and column in pixels of the picture.
        file_dropped: paths or addresses that were dropped on it.
    """

    picture_clicked = pyqtSignal(float, float)
    file_dropped = pyqtSignal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rgb: NDArray[np.uint8] | None = None
        self._scaled: QImage | None = None
        self._caption = ""
        self._note = ""
        self._seen: tuple[Rect, ...] = ()
        self._boxes: tuple[tuple[Rect, str], ...] = ()
        self._pointer: tuple[float, float] | None = None
        self._message = ""
        self._drop_wanted = False
        self.setAcceptDrops(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_picture(self, rgb: NDArray[np.uint8] | None, caption: str = "", note: str = "") -> None:
        """Show another picture.

        Args:
            rgb: uint8 `(height, width, 3)`, kept, not copied; None for no picture.
            caption: what it is, left below it.
            note: right below it, such as its size.
        """
        if rgb is not self._rgb:
            self._scaled = None
        self._rgb = rgb
        self._caption = caption
        self._note = note
        self.update()

    def set_overlays(
        self, seen: Rect | None, boxes: Sequence[tuple[Rect, str]] = (), *, also: Rect | None = None
    ) -> None:
        """Draw on the picture.

        Args:
            seen: what the network sees; the rest is dimmed. None for all.
            boxes: rectangles with their role: `receptive field` or `maximum`.
            also: what it sees besides, of a second picture beside the first.

        Raises:
            ValueError: for another role.
        """
        unknown = {role for _, role in boxes} - _BOX_COLORS.keys()
        if unknown:
            raise ValueError(f"Boxes are for {' or '.join(_BOX_COLORS)}, not for {', '.join(sorted(unknown))}.")
        parts = tuple(part for part in (seen, also) if part is not None)
        if parts != self._seen or tuple(boxes) != self._boxes:
            self._seen = parts
            self._boxes = tuple(boxes)
            self.update()

    def set_pointer(self, at: tuple[float, float] | None) -> None:
        """Mark a place that is pointed at elsewhere: row and column in pixels of the picture; None for none."""
        if at != self._pointer:
            self._pointer = at
            self.update()

    def set_message(self, message: str) -> None:
        """A sentence why there is no picture, or what is wrong with it; an empty one takes it away."""
        self._message = message
        self.update()

    def picture_rect(self) -> QRectF:
        """Where the picture is, in logical pixels; empty where there is none."""
        if self._rgb is None:
            return QRectF()
        area = QRectF(self._picture_area())
        height, width = self._rgb.shape[:2]
        scale = min(area.width() / width, area.height() / height)
        ratio = self.devicePixelRatioF()
        columns, rows = max(1, round(width * scale * ratio)), max(1, round(height * scale * ratio))
        fitted = QRectF(0, 0, columns / ratio, rows / ratio)
        # on whole device pixels, or the picture is resampled twice
        fitted.moveLeft(round((area.center().x() - fitted.width() / 2) * ratio) / ratio)
        fitted.moveTop(round((area.center().y() - fitted.height() / 2) * ratio) / ratio)
        return fitted

    def sizeHint(self) -> QSize:
        """A landscape picture and its caption."""
        return QSize(300, 225 + _CAPTION_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Still recognizable."""
        return QSize(120, 90)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint picture, overlays, caption and message."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.panel))
        painter.fillRect(self._picture_area(), QColor(theme.window))
        if self._rgb is not None:
            self._paint_picture(painter)
            self._paint_overlays(painter)
        self._paint_caption(painter)
        message = "Drop to open." if self._drop_wanted else self._message
        if message and self._rgb is None:
            draw_message(painter, self._picture_area(), message, self.font(), theme)
        elif message:
            draw_pill(painter, self._picture_area(), message, self.font(), theme)
        if self._drop_wanted:
            draw_frame(painter, self.rect().adjusted(2, 2, -2, -2), 2, QColor(theme.accent))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Tell the pixel that was clicked."""
        if event is None or event.button() != Qt.MouseButton.LeftButton or self._rgb is None:
            return
        rect = self.picture_rect()
        if rect.contains(event.position()):
            row, column = self._to_picture(event.position())
            self.picture_clicked.emit(row, column)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Offer to take files and addresses."""
        if event is not None and dropped_specs(event.mimeData()):
            self._drop_wanted = True
            event.acceptProposedAction()
            self.update()

    def dragLeaveEvent(self, _event: QDragLeaveEvent | None) -> None:
        """Take the offer back."""
        self._drop_wanted = False
        self.update()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Tell what was dropped."""
        self._drop_wanted = False
        self.update()
        specs = [] if event is None else dropped_specs(event.mimeData())
        if event is not None and specs:
            event.acceptProposedAction()
            self.file_dropped.emit(specs)

    def _picture_area(self) -> QRect:
        bottom = _CAPTION_HEIGHT if self._caption or self._note else 0
        return self.rect().adjusted(0, 0, 0, -bottom)

    def _to_picture(self, point: QPointF) -> tuple[float, float]:
        rect = self.picture_rect()
        if self._rgb is None or rect.isEmpty():
            return 0.0, 0.0
        height, width = self._rgb.shape[:2]
        return (point.y() - rect.top()) / rect.height() * height, (point.x() - rect.left()) / rect.width() * width

    def _from_picture(self, rect: Rect) -> QRectF:
        shown = self.picture_rect()
        if self._rgb is None:
            return QRectF()
        rows, columns = shown.height() / self._rgb.shape[0], shown.width() / self._rgb.shape[1]
        return QRectF(
            shown.left() + rect.left * columns, shown.top() + rect.top * rows, rect.width * columns, rect.height * rows
        )

    def _paint_picture(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatioF()
        rect = self.picture_rect()
        wanted = QSize(max(1, round(rect.width() * ratio)), max(1, round(rect.height() * ratio)))
        if self._rgb is not None and (self._scaled is None or self._scaled.size() != wanted):
            self._scaled = scaled_picture(self._rgb, wanted)
        if self._scaled is not None:
            painter.drawImage(rect, self._scaled, QRectF(self._scaled.rect()))

    def _paint_overlays(self, painter: QPainter) -> None:
        theme = theme_of(self.palette())
        shown = self.picture_rect()
        painter.save()
        painter.setClipRect(shown)
        if self._seen:
            outside = QPainterPath()
            outside.addRect(shown)
            inside = QPainterPath()
            for part in self._seen:
                inside.addRect(self._from_picture(part).intersected(shown))
            dim = QColor(theme.outline)
            dim.setAlpha(_UNSEEN_ALPHA)
            painter.fillPath(outside.subtracted(inside), dim)
        for rect, role in self._boxes:
            box = self._from_picture(rect).toAlignedRect().intersected(shown.toAlignedRect())
            # the frame lies inside the box, so that a box as large as the picture stays visible
            box = box.adjusted(2, 2, -2, -2) if min(box.width(), box.height()) > 8 else box
            draw_frame(painter, box.adjusted(-1, -1, 1, 1), 1, QColor(theme.outline))
            draw_frame(painter, box, 1, QColor(getattr(theme, _BOX_COLORS[role])))
        if self._pointer is not None:
            self._paint_pointer(painter, self._from_picture(Rect(*self._pointer, 0, 0)).topLeft())
        painter.restore()

    def _paint_pointer(self, painter: QPainter, at: QPointF) -> None:
        """A small cross with an open middle, so that what it points at is seen."""
        theme = theme_of(self.palette())
        x, y = round(at.x()), round(at.y())
        arms = [QRect(x + near, y, _ARM, 1) for near in (-_OPEN - _ARM + 1, _OPEN)]
        arms += [QRect(x, y + near, 1, _ARM) for near in (-_OPEN - _ARM + 1, _OPEN)]
        for arm in arms:
            painter.fillRect(arm.adjusted(-1, -1, 1, 1), QColor(theme.outline))
        for arm in arms:
            painter.fillRect(arm, QColor(theme.highlight))

    def _paint_caption(self, painter: QPainter) -> None:
        theme = theme_of(self.palette())
        line = QRect(SPACE, self.height() - _CAPTION_HEIGHT, self.width() - 2 * SPACE, _CAPTION_HEIGHT)
        font = small(self.font())
        painter.setFont(font)
        painter.setPen(QColor(theme.muted))
        note = elided(self._note, font, line.width() // 2)
        note_width = painter.fontMetrics().horizontalAdvance(note)
        title = elided(self._caption, font, line.width() - note_width - SPACE, Qt.TextElideMode.ElideMiddle)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), title)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), note)


def scaled_picture(rgb: NDArray[np.uint8], size: QSize) -> QImage:
    """The picture at another size: area average where it shrinks, bilinear where it grows.

    Very large pictures lose whole rows and columns first, to at least three times the size wanted.
    """
    step = max(1, min(rgb.shape[0] // max(1, 3 * size.height()), rgb.shape[1] // max(1, 3 * size.width())))
    image = rgb_to_qimage(rgb[::step, ::step])
    if image.size() == size:
        return image
    keep, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(size, keep, smooth)


def dropped_specs(mime: QMimeData | None) -> list[str]:
    """The paths and addresses in what is dragged or pasted; an empty list where there are none."""
    if mime is None:
        return []
    if mime.hasUrls():
        return [url.toLocalFile() if url.isLocalFile() else url.toString() for url in mime.urls()]
    text = mime.text().strip() if mime.hasText() else ""
    return [text] if "://" in text and "\n" not in text else []
