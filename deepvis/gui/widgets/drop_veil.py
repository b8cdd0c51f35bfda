"""What is dragged onto the panel of recipes: whether it may be a picture, and what is shown meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from deepvis.gui.qimage import qimage_to_rgb
from deepvis.gui.theme import theme_of
from deepvis.gui.widgets.painting import draw_frame, draw_pill
from deepvis.gui.widgets.picture_view import dropped_specs
from deepvis.live.studio_picture import BroughtPicture

if TYPE_CHECKING:
    from PyQt6.QtCore import QMimeData

DROP = "Drop to start from it."

_ALPHA = 190
"""So much of what lies below is covered."""

_FORMATS = ("image/png", "image/tiff", "image/bmp", "image/webp", "image/jpeg")
"""Of image data, the first that is there is taken: those that lose nothing first."""


class DropVeil(QWidget):
    """Lies over a widget while something is dragged over it, and lets the mouse through.

    Args:
        over: what it covers.
    """

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def lay(self) -> None:
        """Cover the widget as it is now."""
        self.setGeometry(self._over.rect())
        self.raise_()
        self.show()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint a frame and what a drop does."""
        painter, theme = QPainter(self), theme_of(self.palette())
        ground = QColor(theme.panel)
        ground.setAlpha(_ALPHA)
        painter.fillRect(self.rect(), ground)
        draw_frame(painter, self.rect().adjusted(2, 2, -2, -2), 2, QColor(theme.accent))
        draw_pill(painter, self.rect(), DROP, self.font(), theme)


def may_be_picture(mime: QMimeData | None) -> bool:
    """A file, an address, or image data."""
    return mime is not None and (mime.hasImage() or bool(dropped_specs(mime)))


def brought_picture(mime: QMimeData | None) -> BroughtPicture | None:
    """What was dropped, to be read elsewhere; None where it can be no picture.

    A file has a name and all its pixels; an address beside image data may be that of a page that the picture links to.
    """
    if mime is None:
        return None
    files = [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]
    if files:
        return BroughtPicture(files[0])
    encoded = next((name for name in _FORMATS if name in mime.formats()), "")
    if encoded:
        return BroughtPicture(mime.data(encoded).data())
    image = QImage(mime.imageData()) if mime.hasImage() else QImage()
    if not image.isNull():
        return BroughtPicture(qimage_to_rgb(image))
    specs = dropped_specs(mime)
    return BroughtPicture(specs[0]) if specs else None
