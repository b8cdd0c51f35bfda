"""What stands in the middle of an empty page: why it is empty, what to do, and a button that does it."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.paragraph import unbroken

_WIDTH = 360
_NARROWEST = 120


class Notice(QWidget):
    """A sentence, centered, and a button below it.

    Args:
        action: text of the button.
        parent: the widget it lies in.

    Signals:
        action_clicked: its button was clicked.
    """

    action_clicked = pyqtSignal()

    def __init__(self, action: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QLabel()
        self._sentence = ""
        self._button = QPushButton(action)
        self._build()

    def set_words(self, sentence: str, *, offer: bool = True) -> None:
        """Say why there is nothing; the button is shown where `offer` says so."""
        self._sentence = sentence
        self._words.setText(unbroken(sentence))
        self._fit()
        self._button.setVisible(offer)

    def words(self) -> str:
        """What it says."""
        return self._sentence

    @property
    def offers(self) -> bool:
        """Whether the button is there."""
        return not self._button.isHidden()

    def sizeHint(self) -> QSize:
        """As large as the pane it stands in for."""
        return QSize(600, 600)

    def minimumSizeHint(self) -> QSize:
        """Small enough for any window."""
        return QSize(160, 120)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        """Wrap the sentence for another width."""
        self._fit()

    def _fit(self) -> None:
        # a layout asks a wrapped label for its height before it knows the width
        width = max(_NARROWEST, min(_WIDTH, self.width() - 4 * SPACE))
        self._words.setFixedSize(width, max(1, self._words.heightForWidth(width)))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the ground of pictures."""
        QPainter(self).fillRect(self.rect(), QColor(theme_of(self.palette()).window))

    def _build(self) -> None:
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setProperty("muted", True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.clicked.connect(lambda: self.action_clicked.emit())
        column = QVBoxLayout(self)
        column.setSpacing(SPACE + SPACE // 2)
        column.addStretch(1)
        column.addWidget(self._words, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
