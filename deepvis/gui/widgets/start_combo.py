"""What a synthesis begins with: noise, the current frame, or one of the page's pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, QSizeF, Qt
from PyQt6.QtGui import QIcon, QPixmap
from PyQt6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from deepvis.gui.figures import number
from deepvis.gui.theme import elided
from deepvis.gui.widgets.fitted_picture import picture_at
from deepvis.gui.widgets.made_words import key_of, name_of
from deepvis.live.studio_news import Start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    from deepvis.live.pages import PagePicture

_SIDE = 20
_ICON_SPACE = 4
"""Logical pixels that the style leaves between the icon and the words."""

MOST_BROUGHT = 6
"""So many pictures that were dropped are offered, the newest first."""

TIP = (
    "What the ascent begins with. Drop a picture on this panel, or right click one of the unit page, to start from it."
)


class StartCombo(QComboBox):
    """A list of what there is to begin with; pictures stand in it with a small copy of themselves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: tuple[PagePicture, ...] = ()
        self._brought: tuple[PagePicture, ...] = ()
        self._own: PagePicture | None = None
        self.setIconSize(QSize(_SIDE, _SIDE))
        self.setMaxVisibleItems(14)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.currentIndexChanged.connect(self._tell)
        self._fill()
        self._tell()

    def set_pictures(self, pictures: Sequence[PagePicture]) -> None:
        """Offer these; the one that was chosen stays, also where it is of another unit."""
        start, picture = self.chosen()
        self._pictures = tuple(pictures)
        self._own = picture
        self._fill()
        self.choose(start, picture)

    def bring(self, picture: PagePicture) -> None:
        """Offer a picture from outside as long as the session lasts; it takes the place of one of the same name."""
        others = [each for each in self._brought if key_of(each) != key_of(picture)]
        self._brought = (picture, *others)[:MOST_BROUGHT]
        self.set_pictures(self._pictures)

    def choose(self, start: Start, picture: PagePicture | None = None) -> None:
        """Choose it; a picture that is not offered yet is added. Nothing is emitted where that is chosen already."""
        if (start, picture) == self.chosen():
            return
        if start is not Start.PICTURE or picture is None:
            self.setCurrentIndex(self.findData(start if start is not Start.PICTURE else Start.NOISE))
            return
        if self._place(picture) < 0:
            self._own = picture
            self._fill()
        self.setCurrentIndex(self._place(picture))

    def chosen(self) -> tuple[Start, PagePicture | None]:
        """What is chosen."""
        data = self.currentData()
        return (data, None) if isinstance(data, Start) else (Start.PICTURE if data is not None else Start.NOISE, data)

    def shown_text(self) -> str:
        """What is read while the list is closed: of a name that is too long the middle is cut."""
        option, style = QStyleOptionComboBox(), self.style()
        self.initStyleOption(option)
        if style is None:
            return self.currentText()
        complex_control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        field = style.subControlRect(complex_control, option, part, self)
        icon = 0 if option.currentIcon.isNull() else _SIDE + _ICON_SPACE
        # what kind of file it is stays to be read
        return elided(self.currentText(), self.font(), field.width() - icon - _ICON_SPACE, Qt.TextElideMode.ElideMiddle)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the list as it is while it is closed."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown_text()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _place(self, picture: PagePicture) -> int:
        places = (place for place in range(self.count()) if not isinstance(self.itemData(place), Start))
        return next((place for place in places if key_of(self.itemData(place)) == key_of(picture)), -1)

    def _fill(self) -> None:
        self.blockSignals(True)
        self.clear()
        self.addItem("noise", Start.NOISE)
        self.addItem("the current frame", Start.FRAME)
        shown = [*self._brought, *self._pictures]
        if self._own is not None and all(key_of(self._own) != key_of(picture) for picture in shown):
            shown.insert(0, self._own)
        for picture in shown:
            self.addItem(_icon(picture), _title(picture), picture)
            self.setItemData(self.count() - 1, _origin(picture), Qt.ItemDataRole.ToolTipRole)
        self.blockSignals(False)

    def _tell(self) -> None:
        """The tooltip has what may be cut in the list."""
        picture = self.chosen()[1]
        self.setToolTip(TIP if picture is None else f"{_origin(picture)}\n{TIP}")


def _title(picture: PagePicture) -> str:
    if picture.made is not None:
        return name_of(picture.made)
    value = "" if math.isnan(picture.value) else f" · {number(picture.value)}"
    return f"{picture.title}{value}"


def _origin(picture: PagePicture) -> str:
    """Where it comes from: its name, whole, and its file."""
    title = _title(picture)
    return title if picture.path is None else f"{title}\n{picture.path}"


def _icon(picture: PagePicture) -> QIcon:
    height, width = picture.rgb.shape[:2]
    scale = _SIDE / max(height, width)
    return QIcon(QPixmap.fromImage(picture_at(picture.rgb, QSizeF(width * scale, height * scale), 1.0)))
