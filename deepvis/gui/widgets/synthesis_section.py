"""The section of synthesized pictures: those that are there, the one that grows, and the way to more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from deepvis.gui.icons import SIZE, icon
from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.ascent_view import AscentView
from deepvis.gui.widgets.ascent_words import percent_text
from deepvis.gui.widgets.exemplar_strip import LARGE, SMALL, ExemplarStrip
from deepvis.gui.widgets.made_words import same_picture
from deepvis.gui.widgets.offer_row import OfferRow
from deepvis.gui.widgets.page_parts import Words
from deepvis.gui.widgets.placeholder import Banner
from deepvis.gui.widgets.section import Section
from deepvis.live.studio_news import StudioPhase

if TYPE_CHECKING:
    from collections.abc import Hashable

    from PyQt6.QtGui import QResizeEvent

    from deepvis.live.pages import PagePicture
    from deepvis.live.studio_news import StudioState

SYNTHESIZE = "Synthesize"
_WIDE = 204
"""Logical pixels from which on the title and the button's long word fit beside each other."""

AGAIN = "Try again"
CANCELED = Words("Canceled. Nothing was kept.", action=SYNTHESIZE)


class SynthesisSection(Section):
    """Fresh pictures large, all others in a strip below; what was just made moves there when the page is left.

    Args:
        title: its heading.
        parent: the widget it lies in.

    Signals:
        synthesize_asked: make a picture.
        cancel_asked: stop what runs.
        settings_asked: show the panel of recipes.
        compare_asked: show the chosen pictures side by side.
        discard_asked: pictures (a tuple of `PagePicture`) shall leave the gallery.
        put_back_asked: those that left last shall come back.
        back_asked: the fresh pictures, which left it, shall come back.
        picture_clicked: the `PagePicture` that shall be seen large.
        picture_chosen: one of several, to be compared.
        picture_menu_asked: the `PagePicture`, and where on the screen.
    """

    synthesize_asked = pyqtSignal()
    cancel_asked = pyqtSignal()
    settings_asked = pyqtSignal()
    compare_asked = pyqtSignal()
    discard_asked = pyqtSignal(object)
    put_back_asked = pyqtSignal()
    back_asked = pyqtSignal()
    picture_clicked = pyqtSignal(object)
    picture_chosen = pyqtSignal(object)
    picture_menu_asked = pyqtSignal(object, QPoint)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        self.ascent = AscentView()
        self.strip = ExemplarStrip("Synthesized pictures", LARGE, titled=True)
        self._trouble = Banner()
        self._discarded = OfferRow("Put back")
        self._compare = OfferRow("Compare")
        self._start = QToolButton()
        self._settings = QToolButton()
        self._pictures: tuple[PagePicture, ...] = ()
        self._why = Words("", action=SYNTHESIZE)
        self._word, self._cancel_word = "synthesize", "cancel"
        self._growing = False
        self._stale = False
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self._trouble, self.ascent, self.strip, self._discarded, self._compare):
            column.addWidget(part)
        super().__init__(title, body, parent)
        self._build()
        self._refresh()

    # what is shown

    @property
    def pictures(self) -> tuple[PagePicture, ...]:
        """Finished pictures, those of the growing place first."""
        state = self.ascent.state if self._growing else None
        fresh = self.ascent.pictures if state is not None and state.phase is StudioPhase.DONE else ()
        return (*fresh, *self.strip.pictures)

    @property
    def growing(self) -> bool:
        """The place of the growing picture is shown: one is expected, grows, or has just been finished."""
        return self._growing

    @property
    def running(self) -> bool:
        """A synthesis is expected or goes on."""
        state = self.ascent.state
        return self._growing and not self._stale and (state is None or not state.over)

    def set_pictures(self, pictures: tuple[PagePicture, ...], why: Words) -> None:
        """Show what the gallery has of the unit; `why` says why that is nothing."""
        self._pictures, self._why = pictures, why
        if self._stale:
            self._growing = self._stale = False
        self._fill_strip()
        self._refresh()

    def expect(self, pictures: int = 1) -> None:
        """Keep the place of pictures that are about to be begun."""
        self._trouble.hide()
        self._growing, self._stale = True, False
        self.ascent.expect(pictures)
        self._fill_strip()
        self._refresh()

    def show_state(self, state: StudioState | None, natural: float = math.nan) -> None:
        """Show how far a synthesis of this unit is; None where there is none to show.

        Args:
            state: of a wish about the unit of the page.
            natural: the unit's largest activation in the scanned data; NaN where unknown.
        """
        self._stale = False
        self._growing = state is not None and state.phase not in (StudioPhase.FAILED, StudioPhase.CANCELED)
        self._trouble.setVisible(state is not None and bool(state.problem))
        if state is not None and state.problem:
            # finished pictures that were not stored have a button of their own
            self._trouble.set_words(state.problem, "", AGAIN if state.phase is StudioPhase.FAILED else "")
        if state is not None and state.phase is StudioPhase.CANCELED and not self._pictures:
            self._why = CANCELED
        if state is not None and self._growing:
            self.ascent.show_state(state, natural)
        self._fill_strip()
        self._refresh()

    def offer_back(self, words: str) -> None:
        """Say what was discarded and offer to put it back; empty words take the offer away."""
        self._discarded.set_words(words)
        self._refresh()

    def set_chosen(self, keys: frozenset[Hashable]) -> None:
        """Frame what is chosen, and offer to compare it."""
        self.strip.set_chosen(keys)
        self.ascent.strip.set_chosen(keys)
        self._compare.set_words(f"{len(keys)} pictures chosen" if len(keys) > 1 else "1 picture chosen" if keys else "")
        self._refresh()

    def blank(self) -> None:
        """Take away what was about another unit; what comes next finds the places kept."""
        self._stale = True
        self.ascent.blank()
        if self.strip.pictures:
            self.strip.blank()
        self._discarded.set_words("")
        self._refresh()

    def set_scores_shown(self, shown: bool) -> None:
        """Write values below the pictures, or not."""
        self.strip.set_scores_shown(shown)
        self.ascent.strip.set_scores_shown(shown)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        """The words of the button give way to the title; they change and nothing moves."""
        word, cancel = ("synthesize", "cancel") if self.width() >= _WIDE else ("+", "×")
        if word == self._word and self._start.minimumWidth() == self._start.maximumWidth():
            return
        self._word, self._cancel_word = word, cancel
        widths = []
        for words in (cancel, word):
            self._start.setText(words)
            self._start.ensurePolished()
            widths.append(self._start.sizeHint().width())
        self._start.setFixedWidth(max(widths))
        self.header.place_tools()
        self._refresh()

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colors of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._settings.setIcon(icon("settings", theme_of(self.palette())))

    # inside

    def _fill_strip(self) -> None:
        """What is shown large is not shown twice."""
        state = self.ascent.state if self._growing else None
        # beside a large picture the others are small
        self.strip.set_style(SMALL if self._growing else LARGE)
        large = () if state is None or state.phase is not StudioPhase.DONE else self.ascent.pictures
        rest = [picture for picture in self._pictures if not any(same_picture(picture, other) for other in large)]
        self.strip.set_pictures(("", rest))

    def _refresh(self) -> None:
        self.ascent.setVisible(self._growing)
        self.strip.setVisible(bool(self.strip.pictures) or self.strip.is_blank)
        offers = bool(self._discarded.words or self._compare.words) or not self._trouble.isHidden()
        running = self.running
        self._start.setText(self._cancel_word if running else self._word)
        self._start.setToolTip("Stop it at once (4)" if running else "Make a picture that excites this unit (2)")
        self._start.setAccessibleName(self._start.toolTip())
        if self._growing or self.strip.pictures or self.strip.is_blank or offers:
            state = self.ascent.state
            self.show_body(percent_text(state) if self._growing and state is not None else "")
        else:
            self.show_words(self._why)

    def _arrange(self) -> None:
        super()._arrange()
        # the way to a first picture is open, too
        self.header.show_tools(self.is_open)

    def _press(self) -> None:
        (self.cancel_asked if self.running else self.synthesize_asked).emit()

    def _build(self) -> None:
        for tool in (self._start, self._settings):
            tool.setProperty("compact", True)
            tool.setProperty("flat", True)
            tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            tool.setCursor(Qt.CursorShape.ArrowCursor)
            self.header.add_tool(tool)
        self._settings.setIcon(icon("settings", theme_of(self.palette())))
        self._settings.setFixedSize(SIZE + 6, SIZE + 6)
        self._settings.setToolTip("Recipe, seeds, regularizers… (Shift+R)")
        self._settings.setAccessibleName("Settings of the synthesis")
        self._start.clicked.connect(self._press)
        self._settings.clicked.connect(lambda: self.settings_asked.emit())
        for asking in (self.action_clicked, self._trouble.action_clicked):
            asking.connect(self.synthesize_asked)
        self._compare.clicked.connect(self.compare_asked)
        self._discarded.clicked.connect(self.put_back_asked)
        self.ascent.back_asked.connect(self.back_asked)
        self.ascent.discard_asked.connect(lambda: self.discard_asked.emit(self.ascent.pictures))
        for strip in (self.ascent.strip, self.strip):
            strip.picture_clicked.connect(self.picture_clicked)
            strip.picture_chosen.connect(self.picture_chosen)
            strip.picture_menu_asked.connect(self.picture_menu_asked)
        self._trouble.setContentsMargins(0, 0, 0, SPACE)
        self._trouble.hide()
