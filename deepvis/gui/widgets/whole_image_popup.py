"""The whole image behind a crop, beside the page while the pointer rests on it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from deepvis.gui.figures import band_text, number
from deepvis.gui.theme import SPACE, elided, small, theme_of
from deepvis.gui.widgets.fitted_picture import draw_box, fitted_rect, picture_at
from deepvis.gui.widgets.made_words import WRAPPED_AT, figures_of, in_lines
from deepvis.gui.widgets.painting import draw_frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.live.pages import PagePicture, Why

SIDE = 288
"""Longer side of the image in logical pixels."""

_LEAST_WIDTH = 208
_LINE = 17


class WholeImagePopup(QWidget):
    """A small window without focus that the pointer passes through."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._picture: PagePicture | None = None

    @property
    def picture(self) -> PagePicture | None:
        """What it shows; None while it is hidden."""
        return self._picture if self.isVisible() else None

    def show_picture(self, picture: PagePicture, beside: QRect) -> None:
        """Show the image that a crop was cut from, or the crop where that is all there is.

        Args:
            picture: the crop.
            beside: what must not be covered, in pixels of the screen; the popup lies left of it, or right of it where
                there is no room.
        """
        self._picture = picture
        image = fitted_rect(_whole(picture), QRectF(0, 0, SIDE, SIDE), 1.0).size().toSize()
        width = max(image.width(), _LEAST_WIDTH) + 2 * SPACE
        self.resize(width, image.height() + len(words_of(picture)) * _LINE + 2 * SPACE + SPACE // 2)
        self.move(place_beside(beside, self.size(), self._screen(beside)))
        self.setAccessibleName(", ".join(words_of(picture)))
        self.show()
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint image, box and words."""
        picture = self._picture
        if picture is None:
            return
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.panel))
        draw_frame(painter, self.rect().adjusted(1, 1, -1, -1), 1, QColor(theme.border))
        words = words_of(picture)
        area = self.rect().adjusted(SPACE, SPACE, -SPACE, -SPACE - SPACE // 2 - len(words) * _LINE)
        painter.fillRect(area, QColor(theme.window))
        whole, ratio = _whole(picture), self.devicePixelRatioF()
        shown = fitted_rect(whole, QRectF(area), ratio)
        painter.drawImage(shown.topLeft(), picture_at(whole, shown.size(), ratio))
        if picture.box is not None and picture.whole_rgb is not None:
            draw_box(painter, picture.box, whole, shown, theme)
        painter.setFont(small(self.font()))
        for row, text in enumerate(words):
            line = QRect(SPACE, area.bottom() + 1 + SPACE // 2 + row * _LINE, self.width() - 2 * SPACE, _LINE)
            painter.setPen(QColor(theme.muted if row else theme.text))
            fitting = elided(text, painter.font(), line.width(), Qt.TextElideMode.ElideMiddle)
            painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), fitting)

    def _screen(self, beside: QRect) -> QRect:
        screen = QGuiApplication.screenAt(beside.center()) or self.screen() or QGuiApplication.primaryScreen()
        return beside if screen is None else screen.availableGeometry()


def words_of(picture: PagePicture, letters: int | None = WRAPPED_AT) -> tuple[str, ...]:
    """What is known of a picture, a line each: name; class; value and band; place. Other pictures have their own.

    Args:
        picture: of any kind.
        letters: of a line at most where sentences are long; None leaves every sentence in one line.
    """
    if picture.made is not None:
        return figures_of(picture.value, picture.made, letters)
    if picture.why is not None:
        return why_lines(picture, picture.why, letters)
    known = [] if math.isnan(picture.value) else [f"value {number(picture.value)}"]
    if picture.band is not None:
        known.append(band_text(picture.band))
    place = "" if picture.position is None else f"row {picture.position[0]}, column {picture.position[1]}"
    lines = (picture.title, picture.label, "  ·  ".join(known), place)
    return tuple(line for line in lines if line)


def why_lines(picture: PagePicture, why: Why, letters: int | None = WRAPPED_AT) -> tuple[str, ...]:
    """What is known of an attribution: what of, the value, how to read it, what is wrong with it."""
    place = "" if picture.position is None else f"row {picture.position[0]}, column {picture.position[1]}"
    value = "" if math.isnan(picture.value) else f"value {number(picture.value)}"
    facts = "  ·  ".join(part for part in (value, place) if part)
    shown = "" if why.reason else why.drawn
    below = "Below zero here: shown is what would raise it." if picture.value < 0 and not why.reason else ""
    said = (text for text in (shown, below, why.reason, why.coverage, why.caveat) if text)
    return (picture.title, facts, *(line for text in said for line in in_lines(text, letters)))


def place_beside(beside: QRect, size: QSize, screen: QRect) -> QPoint:
    """The upper left corner of a popup beside a rectangle, inside the screen."""
    left = beside.left() - SPACE - size.width()
    if left < screen.left():
        left = beside.right() + 1 + SPACE
    left = max(screen.left(), min(left, screen.right() + 1 - size.width()))
    top = max(screen.top(), min(beside.center().y() - size.height() // 2, screen.bottom() + 1 - size.height()))
    return QPoint(left, top)


def _whole(picture: PagePicture) -> NDArray[np.uint8]:
    return picture.rgb if picture.whole_rgb is None else picture.whole_rgb
