"""A synthesis that goes on, or has just ended: growing pictures, progress, the curve of the objective."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE, small
from deepvis.gui.widgets.ascent_words import (
    curve_tip,
    expected_pictures,
    fraction,
    pictures_of,
    progress_tip,
    progress_words,
    reasons,
    shows_activation,
)
from deepvis.gui.widgets.curve_plot import CurvePlot
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.exemplar_strip import LARGE, ExemplarStrip
from deepvis.gui.widgets.paragraph import Paragraph
from deepvis.live.studio_news import StudioPhase

if TYPE_CHECKING:
    from PyQt6.QtGui import QResizeEvent

    from deepvis.live.pages import PagePicture
    from deepvis.live.studio_news import StudioState


_WIDE = 204
"""Logical pixels from which on all words of the line fit beside each other."""

_LINE = 24
"""Height of the line of words, also while it has no buttons."""


class AscentView(QWidget):
    """One place for a synthesis from its first step to its end, so that nothing jumps when it is finished.

    Signals:
        discard_asked: its pictures leave the gallery, all of them.
        back_asked: its pictures go into the gallery again.
    """

    discard_asked = pyqtSignal()
    back_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strip = ExemplarStrip("Pictures being synthesized", LARGE)
        self.curve = CurvePlot()
        self._state: StudioState | None = None
        self._doing = ElidedLabel("text")
        self._rest = ElidedLabel("muted")
        self._bar = QProgressBar()
        self._reason = Paragraph()
        self.stored = QLabel("In the gallery")
        self.discard = _small("discard", "Take it out of the gallery again")
        self.back = _small("put back", "Put it into the gallery again")
        self._build()

    @property
    def state(self) -> StudioState | None:
        """What it shows; None while a synthesis is only expected."""
        return self._state

    @property
    def pictures(self) -> tuple[PagePicture, ...]:
        """The pictures as they are now."""
        return self.strip.pictures

    def expect(self, pictures: int = 1) -> None:
        """Keep the place of a synthesis that is about to begin."""
        self._state = None
        self._doing.set_text("Starting…")
        self._rest.set_text("")
        self._reason.hide()
        self._bar.setRange(0, 0)
        self.strip.set_pictures(("", expected_pictures(pictures)))
        self.strip.blank()
        self.curve.set_curve(None, 0)
        self._offer(running=True)

    def blank(self) -> None:
        """Take away what was about another unit, and keep the places."""
        self._state = None
        for words in (self._doing, self._rest):
            words.set_text(" ")
        self.strip.blank()
        self.curve.set_curve(None, 0)

    def show_state(self, state: StudioState, natural: float = math.nan) -> None:
        """Show how far it is.

        Args:
            state: of a wish about the unit of the page.
            natural: the unit's largest activation in the scanned data; NaN where unknown.
        """
        self._state = state
        doing, rest = progress_words(state)
        self._doing.set_text(doing)
        self._rest.set_text(rest)
        said = reasons(state)
        self._reason.set_words(said)
        self._reason.setVisible(bool(said))
        self._bar.setToolTip(progress_tip(state))
        self._show_bar(state)
        self.curve.setToolTip(curve_tip(state))
        self.strip.set_pictures(("", pictures_of(state)))
        if state.images is None:
            self.strip.blank()
        self.curve.set_curve(state.curve, state.steps, natural if shows_activation(state) else math.nan)
        self._offer(running=not state.over)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        """In a narrow page one word says where the pictures are."""
        self.stored.setText("In the gallery" if self.width() >= _WIDE else "stored")

    def _show_bar(self, state: StudioState) -> None:
        part = fraction(state)
        self._bar.setVisible(not state.over)
        self._bar.setRange(0, 1000 if part is not None or state.phase is not StudioPhase.RUNNING else 0)
        self._bar.setValue(round(1000 * (part or 0.0)))

    def _offer(self, *, running: bool) -> None:
        made = () if self._state is None else self._state.made
        stored = any(each.key for each in made)
        self.stored.setVisible(not running and stored)
        self.discard.setVisible(not running and stored)
        self.back.setVisible(not running and bool(made) and not stored)
        self._rest.setVisible(running)

    def _build(self) -> None:
        for quiet in (self._doing, self._rest, self.stored, self._reason):
            quiet.setFont(small(self.font()))
        self._rest.set_alignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar.setTextVisible(False)
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(policy)
        self.discard.clicked.connect(lambda: self.discard_asked.emit())
        self.back.clicked.connect(lambda: self.back_asked.emit())
        # the right words take what they need, the left ones are cut where both do not fit
        self._rest.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._rest.text_changed.connect(lambda: self._rest.setFixedWidth(self._rest.sizeHint().width()))
        self.stored.setProperty("muted", True)
        self.stored.setToolTip("Finished pictures are stored by themselves: they are still here next time")
        line = QHBoxLayout()
        line.setSpacing(SPACE // 2)
        line.addWidget(self._doing, 1)
        for widget in (self._rest, self.stored, self.discard, self.back):
            line.addWidget(widget)
        line.addStrut(_LINE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SPACE)
        column.setSpacing(SPACE // 2)
        column.addWidget(self.strip)
        column.addLayout(line)
        column.addWidget(self._bar)
        column.addWidget(self._reason)
        column.addWidget(self.curve)


def _small(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setProperty("compact", True)
    button.setProperty("flat", True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
