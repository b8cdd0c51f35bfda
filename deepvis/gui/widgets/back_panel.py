"""The backward view: the picture, its choices, what it is of, and what is known to be wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from deepvis.gui.figures import number
from deepvis.gui.theme import SPACE, small
from deepvis.gui.widgets.back_controls import STACKED_WIDTH, BackControls
from deepvis.gui.widgets.back_picture import BackPicture
from deepvis.gui.widgets.caveat_label import CaveatLabel
from deepvis.gui.widgets.choices_area import ChoicesArea
from deepvis.gui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from PyQt6.QtGui import QResizeEvent

    from deepvis.live.back_result import BackResult, RandomizedCheck
    from deepvis.records import Backward

_LINE_HEIGHT = 18
_MOST_LINES = 3
_UNLIMITED = 16777215
_ROOMY = 300
"""Height from which on a sentence may take more than a line: below, it would take it from a picture that is small."""

ALIKE = 0.5
"""From this rank correlation on, the picture is said to depend little on the weights."""


class BackPanel(QWidget):
    """Choices above the picture, or beside it where that leaves the picture more room; words below both."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = BackPicture()
        self.controls = BackControls()
        self._choices = ChoicesArea(self.controls)
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._bar = QProgressBar()
        self._title = ElidedLabel("text", Qt.TextElideMode.ElideMiddle)
        self._value = QLabel()
        self._caveat = CaveatLabel()
        self._coverage = CaveatLabel()
        self._words = ("", "", "")
        self._compares = self._low = False
        self._build()

    def show_back(self, back: Backward) -> None:
        """Bring the choices in line with a view."""
        self.controls.show_back(back)
        self._compares = back.checks
        self.picture.view.set_compared(back.checks)
        self._arrange()

    def show_result(self, result: BackResult) -> None:
        """Show a result, its words included."""
        self.picture.show_result(result)
        self.show_words(result)

    def show_words(self, result: BackResult) -> None:
        """What it is of, and what is known of the method."""
        self._title.set_text(f"frozen at {result.title}" if result.frozen else result.title)
        self._title.set_role("origin_text" if result.frozen else "text")
        self._value.setText("" if result.reason else number(result.activation))
        self._value.setToolTip(f"What the start of the pass was worth; the pass took {result.milliseconds:.0f} ms")
        self._words = (check_words(result.checks), result.caveat, result.coverage)
        self._bar.setVisible(result.progress < 1)
        self._bar.setValue(round(1000 * result.progress))
        self._arrange_words()
        tip = check_tip(result.checks) if result.checks else self._caveat.toolTip()
        self._coverage.setToolTip(tip)

    def show_message(self, sentence: str) -> None:
        """Say why there is nothing to see."""
        self.picture.show_message(sentence)
        self._bar.hide()
        self._words = ("", "", "")
        self._title.set_text("")
        self._value.setText("")
        self._arrange_words()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Put the choices where they leave the picture more room."""
        super().resizeEvent(event)
        self._arrange()

    def sizeHint(self) -> QSize:
        """A picture, two rows of choices and three lines."""
        return QSize(280, 360)

    def minimumSizeHint(self) -> QSize:
        """A small picture and its choices beside it."""
        return QSize(200, 120)

    def _arrange(self) -> None:
        rest = self.height() - 2 * _LINE_HEIGHT - SPACE
        above = min(self.width(), rest - _LINE_HEIGHT - self.controls.rows_height())
        beside = min(self.width() - STACKED_WIDTH - 2 * SPACE, rest)
        low = beside > above
        # two pictures side by side need the whole width
        stacked = low and not self._compares
        self.controls.set_brief(low and self._compares)
        direction = QBoxLayout.Direction.LeftToRight if stacked else QBoxLayout.Direction.TopToBottom
        if self._body.direction() != direction:
            self._body.removeWidget(self._choices)
            self._body.setDirection(direction)
            self._body.insertWidget(1 if stacked else 0, self._choices)
        self.controls.set_stacked(stacked)
        # in rows they are always seen whole
        height = 0 if stacked else self.controls.minimumSizeHint().height()
        self._choices.setMinimumHeight(height)
        self._choices.setMaximumHeight(height or _UNLIMITED)
        self.controls.set_tight(False)
        self.controls.set_tight(stacked and self.controls.minimumSizeHint().height() > rest)
        # the bar of what scrolls takes its width from the picture, not from the choices
        bar = self._choices.bar_width if self.controls.minimumSizeHint().height() > rest else 0
        self._choices.setMinimumWidth(STACKED_WIDTH + bar if stacked else 0)
        self._choices.setMaximumWidth(STACKED_WIDTH + bar if stacked else _UNLIMITED)
        self._low = low
        self._arrange_words()

    def _arrange_words(self) -> None:
        """Where there is little height both sentences share a line; the tooltip has them whole, one below the other."""
        check, caveat, coverage = self._words
        second = check or coverage
        self._caveat.set_text("  ·  ".join(part for part in self._words if part) if self._low else caveat)
        self._caveat.setToolTip("\n".join(part for part in (caveat, coverage, check) if part))
        self._coverage.set_text("" if self._low else second)
        self._coverage.setVisible(bool(second) and not self._low)
        for label in (self._caveat, self._coverage):
            label.set_most_lines(_MOST_LINES if self.height() >= _ROOMY and not self._low else 1)
            label.setFixedHeight(label.height_at(self.width() - 2 * SPACE))

    def _build(self) -> None:
        self.setObjectName("back_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setFixedHeight(4)
        self._bar.hide()
        for label in (self._title, self._value, self._caveat, self._coverage):
            label.setFont(small(self.font()))
        self._title.setFixedHeight(_LINE_HEIGHT)
        self._body.setSpacing(SPACE // 2)
        self._body.addWidget(self._choices)
        self._body.addWidget(self.picture, 1)
        caption = QHBoxLayout()
        caption.setSpacing(SPACE)
        caption.addWidget(self._title, 1)
        caption.addWidget(self._value)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        column.setSpacing(0)
        column.addLayout(self._body, 1)
        column.addWidget(self._bar)
        column.addLayout(caption)
        column.addWidget(self._caveat)
        column.addWidget(self._coverage)
        self._coverage.hide()


def check_words(checks: tuple[RandomizedCheck, ...]) -> str:
    """What the comparison with randomized weights came to; empty where there is none."""
    if not checks:
        return ""
    last = checks[-1]
    verdict = ": hardly depends on the weights" if abs(last.correlation) >= ALIKE else ""
    return f"rank correlation {_correlation(last)}, randomized down to {last.depth}{verdict}"


def check_tip(checks: tuple[RandomizedCheck, ...]) -> str:
    """The same for each depth."""
    rows = [f"{check.depth}: {_correlation(check)}" for check in checks]
    return "\n".join(("Rank correlation with weights randomized from the top down to", *rows))


def _correlation(check: RandomizedCheck) -> str:
    """Two digits, with the minus of every other number of the window; what rounds to zero has none."""
    return f"{check.correlation:z.2f}".replace("-", "−")
