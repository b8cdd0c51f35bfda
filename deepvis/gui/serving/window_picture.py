"""The pixels of a window as they are on its screen, without painting it once more where that can be avoided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QEvent, QObject, QPoint
from PyQt6.QtGui import QGuiApplication, QImage, QRegion
from PyQt6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtCore import QRect


class OffscreenPicture:
    """Offscreen, Qt itself keeps what it painted: half a millisecond for a window.

    Args:
        window: a top-level widget.
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window

    def take(self, _wanted: QRegion) -> tuple[QImage, bool]:
        """The window now, a null image where it cannot be had; and whether it may be another than the last time."""
        screen = self._window.screen()
        return (QImage() if screen is None else screen.grabWindow(self._window.winId()).toImage()), True

    def close(self) -> None:
        """Nothing is held."""


class RepaintedPicture(QObject):
    """On a screen other windows may lie in front, so what the window paints is painted again into a picture.

    Only what it painted since the last time: a window is dear to paint as a whole.

    Args:
        window: a top-level widget.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._picture = QImage()
        self._stale = QRegion()
        self._own = False
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def take(self, wanted: QRegion) -> tuple[QImage, bool]:
        """The window now, painted into again by the next call; and whether it may be another than the last time.

        Args:
            wanted: what must be right, in logical pixels; the rest may be old.
        """
        window = self._window
        ratio = window.devicePixelRatioF()
        if self._picture.size() != window.size() * ratio:
            self._picture = QImage(window.size() * ratio, QImage.Format.Format_RGB32)
            self._picture.setDevicePixelRatio(ratio)
            self._stale = QRegion(window.rect())
        elif not _is_painted(window):
            # minimized, or behind everything: Qt paints nothing there, and nobody there waits for us
            self._stale = QRegion(window.rect())
        stale, self._stale = self._stale.intersected(wanted), self._stale.subtracted(wanted)
        if stale.isEmpty():
            return self._picture, False
        self._own = True
        try:
            window.render(self._picture, stale.boundingRect().topLeft(), stale)
        finally:
            self._own = False
        return self._picture, True

    def close(self) -> None:
        """Stop listening."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.deleteLater()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Note what the window paints."""
        if event is None or event.type() != QEvent.Type.Paint or self._own or not isinstance(watched, QWidget):
            return False
        if watched.window() is self._window:
            place = watched.mapTo(self._window, QPoint(0, 0))
            self._stale += event.region().translated(place)  # type: ignore[attr-defined]
        return False


def picture_of(window: QWidget) -> OffscreenPicture | RepaintedPicture:
    """The cheaper way that works for a window."""
    # Qt cuts what it gives of a window that is scaled
    plain = window.devicePixelRatioF() == 1
    return (OffscreenPicture if plain and QGuiApplication.platformName() == "offscreen" else RepaintedPicture)(window)


def pixels_of(picture: QImage, rect: QRect) -> NDArray[np.uint8]:
    """A copy of a part of a picture.

    Args:
        picture: of a window.
        rect: in logical pixels; what lies beside the picture is left out.

    Returns:
        uint8 `(height, width, 4)`: blue, green, red, unused; in device pixels, not written to any more. One black pixel
        where there is no picture.
    """
    ratio = picture.devicePixelRatio()
    memory = picture.constBits()
    if memory is None or picture.depth() != 32:
        return np.zeros((1, 1, 4), np.uint8)
    memory.setsize(picture.sizeInBytes())
    flat: NDArray[np.uint8] = np.frombuffer(memory, np.uint8)  # type: ignore[call-overload]
    everything = flat.reshape(picture.height(), picture.bytesPerLine() // 4, 4)
    top, bottom = round(rect.top() * ratio), round((rect.top() + rect.height()) * ratio)
    left, right = round(rect.left() * ratio), round((rect.left() + rect.width()) * ratio)
    pixels = everything[top:bottom, left : min(right, picture.width())].copy()
    pixels.flags.writeable = False
    return pixels


def _is_painted(window: QWidget) -> bool:
    handle = window.windowHandle()
    return handle is not None and handle.isExposed() and not window.isMinimized()
