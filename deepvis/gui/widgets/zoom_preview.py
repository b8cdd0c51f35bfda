"""What a mosaic looks like at a zoom it was not made for, until the one made for it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect, QRectF

if TYPE_CHECKING:
    from deepvis.imaging.tiling import GridLayout
    from deepvis.records import Rect


class ZoomPreview:
    """Maps pixels of the present mosaic to pixels of the pane under the view that was asked for last.

    A new layout answers the view asked for, so the map is the identity until the next `set_view`.
    """

    def __init__(self) -> None:
        self._layout: GridLayout | None = None
        self._asked_zoom = 1.0
        self._scale = 1.0
        self._shift = (0.0, 0.0)

    @property
    def zoomed(self) -> bool:
        """Whether there is something outside the pane to pan to."""
        return self._asked_zoom > 1.0 or (self._layout is not None and _overflows(self._layout))

    def set_layout(self, layout: GridLayout | None) -> None:
        """A mosaic came that answers the present view."""
        self._layout = layout
        self._asked_zoom = 1.0 if layout is None else layout.zoom
        self._scale = 1.0
        self._shift = (0.0, 0.0)

    def set_view(self, zoom: float, center_row: float, center_column: float) -> None:
        """Another view was asked for."""
        layout = self._layout
        self._asked_zoom = zoom
        if layout is None:
            return
        canvas = layout.canvas
        self._scale = zoom / layout.zoom
        top = _origin(canvas.height * self._scale, layout.pane_height, center_row)
        left = _origin(canvas.width * self._scale, layout.pane_width, center_column)
        self._shift = (top - canvas.top * self._scale, left - canvas.left * self._scale)
        if self._scale == 1.0 and max(abs(self._shift[0]), abs(self._shift[1])) < 1.0:
            # layouts place their canvas on whole pixels
            self._shift = (0.0, 0.0)

    def to_mosaic(self, row: float, column: float) -> tuple[float, float]:
        """The mosaic's pixel shown at a pixel of the pane."""
        return (row - self._shift[0]) / self._scale, (column - self._shift[1]) / self._scale

    def from_mosaic(self, rect: Rect) -> QRect:
        """Where a rectangle of the mosaic is shown."""
        left = round(rect.left * self._scale + self._shift[1])
        top = round(rect.top * self._scale + self._shift[0])
        return QRect(left, top, max(1, round(rect.width * self._scale)), max(1, round(rect.height * self._scale)))

    def shown_rect(self, height: int, width: int) -> QRectF | None:
        """Where the whole mosaic is shown; None where it is shown as it is."""
        if self._scale == 1.0 and self._shift == (0.0, 0.0):
            return None
        return QRectF(self._shift[1], self._shift[0], width * self._scale, height * self._scale)


def _overflows(layout: GridLayout) -> bool:
    return layout.canvas.height > layout.pane_height or layout.canvas.width > layout.pane_width


def _origin(canvas: float, pane: float, center: float) -> float:
    if canvas <= pane:
        return (pane - canvas) / 2
    return -min(max(center * canvas - pane / 2, 0.0), canvas - pane)
