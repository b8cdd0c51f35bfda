"""One line of text that never widens its panel: what does not fit is elided and told in the tooltip."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis.gui.theme import elided, theme_of


class ElidedLabel(QWidget):
    """A label that takes the width it is given.

    Args:
        role: name of the theme's color to paint with: `text`, `muted`, `warning`, ...
        mode: which end is cut.
        parent: the widget it lies in.

    Signals:
        text_changed: it wants another width.
    """

    text_changed = pyqtSignal()

    def __init__(
        self, role: str = "text", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._text = self._tip = ""
        self._role = role
        self._mode = mode
        self._alignment = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """The whole text, elided or not."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show another text."""
        if text != self._text:
            self._text = text
            self._update_tooltip()
            self.update()
            self.text_changed.emit()

    def set_tip(self, tip: str) -> None:
        """Say this in the tooltip, however wide the label is; empty: the whole text where it does not fit."""
        self._tip = tip
        self._update_tooltip()

    def set_role(self, role: str) -> None:
        """Paint with another of the theme's colors."""
        self._role = role
        self.update()

    def set_alignment(self, alignment: Qt.AlignmentFlag) -> None:
        """Align the text in its line."""
        self._alignment = alignment
        self.update()

    def shown_text(self) -> str:
        """What fits at the present width."""
        return elided(self._text, self.font(), self.width(), self._mode)

    def sizeHint(self) -> QSize:
        """The whole text on one line."""
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        """A line's height; any width."""
        return QSize(16, self.sizeHint().height())

    def resizeEvent(self, _event: object) -> None:
        """Tell the whole text in the tooltip as soon as it does not fit."""
        self._update_tooltip()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the text that fits."""
        painter = QPainter(self)
        color = self._role if self.isEnabled() else "faint"
        painter.setPen(QColor(getattr(theme_of(self.palette()), color)))
        painter.drawText(self.rect(), int(self._alignment), self.shown_text())

    def _update_tooltip(self) -> None:
        self.setToolTip(self._tip or (self._text if self.shown_text() != self._text else ""))
