"""A quiet card where there is nothing: why, and what to do about it."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.painting import draw_round_rect
from deepvis.gui.widgets.paragraph import Paragraph


class FittingButton(QPushButton):
    """A button that has a short text for narrow pages.

    Args:
        text: where there is room.
        brief: where there is none.
        parent: the widget it lies in.
    """

    def __init__(self, text: str = "", brief: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = ("", "")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.set_texts(text, brief)

    def set_texts(self, text: str, brief: str = "") -> None:
        """Change the texts; without a short one the long one stands for both."""
        if (text, brief or text) != self._texts:
            self._texts = (text, brief or text)
            self.setAccessibleName(text)
            self.setToolTip(text if brief else "")
            self._fit()
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """The long text."""
        return self._hint(self._texts[0])

    def minimumSizeHint(self) -> QSize:
        """The short text."""
        return self._hint(self._texts[1])

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Choose the text that fits."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        text = self._texts[0] if self.width() >= self.sizeHint().width() else self._texts[1]
        if text != self.text():
            self.setText(text)

    def _hint(self, text: str) -> QSize:
        hint = super().sizeHint()
        metrics = QFontMetrics(self.font())
        return QSize(
            hint.width() + metrics.horizontalAdvance(text) - metrics.horizontalAdvance(self.text()), hint.height()
        )


class Placeholder(QWidget):
    """Sentence, remedy, button.

    Signals:
        action_clicked: its button was clicked.
    """

    action_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = Paragraph()
        self._remedy = Paragraph()
        self._button = FittingButton()
        self._button.clicked.connect(lambda: self.action_clicked.emit())
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE + 2, SPACE, SPACE + 2, SPACE)
        column.setSpacing(SPACE // 2)
        column.addWidget(self._sentence)
        column.addWidget(self._remedy)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_words("", "")

    def set_words(self, sentence: str, remedy: str = "", action: str = "", brief: str = "") -> None:
        """Set why, what to do, and the button's long and short text; what is empty is not shown."""
        for label, text in ((self._sentence, sentence), (self._remedy, remedy)):
            label.set_words(text)
            label.setVisible(bool(text))
        self._button.set_texts(action, brief)
        self._button.setVisible(bool(action))

    def words(self) -> str:
        """Both sentences."""
        return f"{self._sentence.words} {self._remedy.words}".strip()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the card."""
        theme = theme_of(self.palette())
        painter = QPainter(self)
        draw_round_rect(painter, QRectF(self.contentsRect()), 6, QColor(theme.window))


class Banner(Placeholder):
    """A card that must not be overlooked: the same, with a bar in the color of warnings at its left edge."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setContentsMargins(0, 0, 0, SPACE)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the card and its bar."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.fillRect(0, 0, 3, self.contentsRect().height(), QColor(theme_of(self.palette()).warning))
