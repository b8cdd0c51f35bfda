"""One section of the unit page: a title, and pictures or the reason why there are none."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE, strong, theme_of
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.painting import draw_round_rect


class Section(QWidget):
    """A titled part of a page.

    Args:
        title: its heading.
        parent: the widget it lies in.

    Signals:
        action_clicked: the button of the placeholder was clicked.
    """

    action_clicked = pyqtSignal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = ElidedLabel("text")
        heading.setFont(strong(self.font()))
        heading.set_text(title)
        self._placeholder = Placeholder(self)
        self._placeholder.action_clicked.connect(self.action_clicked)
        self._content: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, SPACE // 2, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(heading)
        self._column.addWidget(self._placeholder)

    def set_placeholder(self, sentence: str, remedy: str = "", action: str = "") -> None:
        """Say why it is empty and what to do; `action` is the text of a button, empty for none."""
        self._placeholder.set_words(sentence, remedy, action)

    def set_content(self, content: QWidget | None) -> None:
        """Show a widget in place of the words; the section owns it from now on. None brings the words back."""
        if self._content is not None and self._content is not content:
            self._column.removeWidget(self._content)
            self._content.deleteLater()
        self._content = content
        if content is not None:
            self._column.addWidget(content)
            content.show()
        self._placeholder.setVisible(content is None)

    def words(self) -> str:
        """What the placeholder says."""
        return self._placeholder.words()


class Placeholder(QWidget):
    """A quiet card: why there is nothing here, and what to do about it.

    Signals:
        action_clicked: its button was clicked.
    """

    action_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = _paragraph()
        self._remedy = _paragraph()
        self._button = QPushButton()
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.clicked.connect(lambda: self.action_clicked.emit())
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE + 2, SPACE, SPACE + 2, SPACE)
        column.setSpacing(SPACE // 2)
        column.addWidget(self._sentence)
        column.addWidget(self._remedy)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_words("", "", "")

    def set_words(self, sentence: str, remedy: str, action: str) -> None:
        """Set why, what to do, and the button's text; what is empty is not shown."""
        self._sentence.setText(sentence)
        self._remedy.setText(remedy)
        self._remedy.setVisible(bool(remedy))
        self._button.setText(action)
        self._button.setVisible(bool(action))

    def words(self) -> str:
        """Both sentences."""
        return f"{self._sentence.text()} {self._remedy.text()}".strip()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the card."""
        theme = theme_of(self.palette())
        painter = QPainter(self)
        draw_round_rect(painter, QRectF(self.rect()), 6, QColor(theme.window))


def _paragraph() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setProperty("muted", True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
