"""Crops of images, with their values, the images they were cut from, and what can be done with them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QRect, QTimer, pyqtSignal

from deepvis.gui.figures import number
from deepvis.gui.widgets.made_words import badges, caption, key_of, name_of
from deepvis.gui.widgets.tile_grid import Tile, TileGrid
from deepvis.gui.widgets.tile_layout import TileStyle
from deepvis.gui.widgets.whole_image_popup import WholeImagePopup

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from PyQt6.QtGui import QHideEvent, QMouseEvent, QResizeEvent, QWheelEvent
    from PyQt6.QtWidgets import QWidget

    from deepvis.live.pages import Made, PagePicture

_REST_MS = 120
"""The pointer rests on a crop for this long before the whole image appears: it may only be passing."""

_ONE_LINE = 196
"""Logical pixels from which on recipe, seed, value and ratio fit into one line."""

CROPS = TileStyle(columns=3, largest=160)
BANDS = TileStyle(columns=3, largest=160, abreast=True)
LARGE = TileStyle(columns=2, largest=200, alone=240)
SMALL = TileStyle(columns=2, largest=200)


class ExemplarStrip(TileGrid):
    """Pictures of a unit page in groups.

    Args:
        name: what they are, for people who hear the window instead of seeing it.
        style: how the width is divided.
        titled: captions begin with the picture's title.
        parent: the widget it lies in.

    Signals:
        picture_clicked: the `PagePicture`.
        picture_chosen: the `PagePicture`, clicked with Ctrl held: one of several.
        picture_double_clicked: the `PagePicture`; it was clicked before.
        picture_menu_asked: the `PagePicture`, and where on the screen.
    """

    picture_clicked = pyqtSignal(object)
    picture_chosen = pyqtSignal(object)
    picture_double_clicked = pyqtSignal(object)
    picture_menu_asked = pyqtSignal(object, QPoint)

    def __init__(
        self, name: str, style: TileStyle = CROPS, *, titled: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(style, parent)
        self._name = name
        self._titled = titled
        self._shown: tuple[tuple[str, tuple[PagePicture, ...]], ...] = ()
        self._pictures: tuple[PagePicture, ...] = ()
        self._chosen: frozenset[Hashable] = frozenset()
        self._scores = True
        self._whole = self._narrow = False
        self._popup = WholeImagePopup(self)
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(_REST_MS)
        self._resting.timeout.connect(self._show_popup)
        self._pointed = -1
        self.tile_clicked.connect(lambda index: self.picture_clicked.emit(self._pictures[index]))
        self.tile_chosen.connect(lambda index: self.picture_chosen.emit(self._pictures[index]))
        self.tile_double_clicked.connect(lambda index: self.picture_double_clicked.emit(self._pictures[index]))
        self.menu_asked.connect(self._ask_menu)
        self.tile_hovered.connect(self._follow_pointer)

    @property
    def pictures(self) -> tuple[PagePicture, ...]:
        """What is shown, groups one after the other; empty while it is blank."""
        return self._pictures if self.tiles else ()

    @property
    def popup(self) -> WholeImagePopup:
        """The window with the whole image."""
        return self._popup

    def set_pictures(self, *groups: tuple[str, Sequence[PagePicture]]) -> None:
        """Show groups of pictures, each with its label (empty for none). Those that are shown already cost nothing."""
        shown = tuple((label, tuple(pictures)) for label, pictures in groups if pictures)
        if shown == self._shown and not self.is_blank:
            return
        self._shown = shown
        self._pictures = tuple(picture for _, pictures in self._shown for picture in pictures)
        count = len(self._pictures)
        self.setAccessibleName(f"{self._name}: {count} picture{'' if count == 1 else 's'}")
        self._refresh()

    def set_scores_shown(self, shown: bool) -> None:
        """Write the values below the pictures, or not."""
        if shown != self._scores:
            self._scores = shown
            self._refresh_in_place()

    def set_chosen(self, keys: frozenset[Hashable]) -> None:
        """Frame the pictures with these keys, as `key_of` gives them."""
        if keys != self._chosen:
            self._chosen = keys
            self._refresh_in_place()

    def set_whole_shown(self, whole: bool) -> None:
        """Show whole images with the box of the crop in place of crops."""
        if whole != self._whole:
            self._whole = whole
            self._refresh_in_place()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Captions of one line give way to captions of two."""
        super().resizeEvent(event)
        if (self.width() < _ONE_LINE) != self._narrow:
            self._narrow = not self._narrow
            self._refresh_in_place()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """The page scrolls away below the popup."""
        self._hide_popup()
        if event is not None:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """What happens next is not a look."""
        self._hide_popup()
        if event is not None:
            event.accept()

    def hideEvent(self, _event: QHideEvent | None) -> None:
        """The popup goes with the pictures."""
        self._hide_popup()

    def event(self, event: QEvent | None) -> bool:
        """The popup stands in for tooltips, and goes when another window comes to the front."""
        if event is not None and event.type() == QEvent.Type.WindowDeactivate:
            self._hide_popup()
        if event is not None and event.type() == QEvent.Type.ToolTip:
            return True
        return super().event(event)

    def _refresh(self) -> None:
        self.set_tiles([(label, [self._tile(picture) for picture in pictures]) for label, pictures in self._shown])
        if self._popup.isVisible():
            self._show_popup()

    def _refresh_in_place(self) -> None:
        """The same pictures in another way; a blank strip stays blank."""
        blank = self.is_blank
        self._refresh()
        if blank:
            self.blank()

    def _tile(self, picture: PagePicture) -> Tile:
        chosen = key_of(picture) in self._chosen
        if picture.made is not None:
            return self._made_tile(picture, picture.made, chosen=chosen)
        whole = self._whole and picture.whole_rgb is not None
        value = number(picture.value) if self._scores and not math.isnan(picture.value) else ""
        title = picture.title if self._titled else ""
        # a lone value stands at the left, where the picture begins
        left, right = (title, value) if title else (value, "")
        if whole:
            return Tile(picture.whole_rgb, picture.box, left, right, chosen=chosen)
        if picture.why is not None and picture.why.reason:
            # one that is still to come has no method yet
            return Tile(None, None, left, right, chosen=chosen, badges=("none",) if picture.why.method else ())
        return Tile(picture.rgb, None, left, right, chosen=chosen)

    def _made_tile(self, picture: PagePicture, made: Made, *, chosen: bool) -> Tile:
        first, second = caption(picture, made)
        if len(self._pictures) == 1 and self._style.alone and not self._narrow:
            # there is room for everything on one line
            ends = (name_of(made), "  ·  ".join(part for part in second if part) if self._scores else "")
            return Tile(picture.rgb, None, *ends, badges=badges(made), chosen=chosen)
        below = second if self._scores else None
        return Tile(picture.rgb, None, *first, second=below, badges=badges(made), chosen=chosen)

    def _ask_menu(self, index: int, where: QPoint) -> None:
        self._hide_popup()
        self.picture_menu_asked.emit(self._pictures[index], where)

    def _follow_pointer(self, index: int) -> None:
        self._pointed = index
        if index < 0:
            self._hide_popup()
        elif self._popup.isVisible():
            self._show_popup()
        else:
            self._resting.start()

    def _show_popup(self) -> None:
        if self._pointed < 0 or not self.isVisible():
            return
        # the whole strip stays free, so that the pointer can go on to the next crop
        strip = QRect(self.mapToGlobal(QPoint(0, 0)), self.size())
        tile = self.tile_rect(self._pointed)
        strip.setTop(self.mapToGlobal(tile.topLeft()).y())
        strip.setHeight(tile.height())
        self._popup.show_picture(self._pictures[self._pointed], strip)

    def _hide_popup(self) -> None:
        self._resting.stop()
        self._popup.hide()
