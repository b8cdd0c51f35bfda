"""Pictures that left the gallery, and the way back for those of this session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox

from deepvis.gui.widgets.made_words import name_of
from deepvis.live.studio_news import StudioPhase

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow
    from deepvis.gui.widgets.synthesis_section import SynthesisSection
    from deepvis.live.pages import PagePicture
    from deepvis.live.studio_door import Studio
    from deepvis.live.studio_news import StudioState

REMEMBERED = 64
"""So many finished wishes of this session can give a picture back."""


class Discards:
    """Asks the studio to take pictures out of the gallery and to put them back."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._done: dict[int, StudioState] = {}
        self._last: list[tuple[int, int]] = []
        self._section: SynthesisSection | None = None

    def note(self, state: StudioState) -> None:
        """Remember what can be put back."""
        if state.phase is StudioPhase.DONE:
            self._done[state.number] = state
            while len(self._done) > REMEMBERED:
                del self._done[next(iter(self._done))]

    def discard(self, pictures: tuple[PagePicture, ...], section: SynthesisSection) -> None:
        """Remove these; one that this session cannot bring back is asked about first."""
        self._section = section
        for picture in pictures:
            if picture.made is None or not picture.made.key:
                continue
            place = self._place_of(picture.made.key)
            if place is None:
                self._ask_first(picture)
            else:
                self._remove(picture, place)

    def put_back(self, state: StudioState) -> None:
        """Store all pictures of a finished wish again that are not stored."""
        for index, made in enumerate(state.made):
            if not made.key:
                self._studio.keep(state, index)

    def put_last_back(self) -> None:
        """Store again what was discarded last."""
        for number, index in self._last:
            if number in self._done:
                self._studio.keep(self._done[number], index)
        self.forget()

    def forget(self) -> None:
        """Take the offer away."""
        self._last = []
        if self._section is not None:
            self._section.offer_back("")

    def _remove(self, picture: PagePicture, place: tuple[int, int]) -> None:
        section, made = self._section, picture.made
        if section is None or made is None:
            return
        self._studio.discard(made.key)
        shown = section.ascent.state
        if section.growing and shown is not None and shown.number == place[0]:
            # its own place offers the way back
            return
        self._last.append(place)
        section.offer_back(f"Discarded: {name_of(made)}" if len(self._last) == 1 else f"Discarded: {len(self._last)}")

    def _ask_first(self, picture: PagePicture) -> None:
        made = picture.made
        if made is None:
            return
        box = QMessageBox(
            QMessageBox.Icon.NoIcon,
            "Discard a picture",
            f"Discard {name_of(made)}? It leaves the gallery for good; it can only be synthesized again.",
            parent=self._window,
        )
        discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton("Keep", QMessageBox.ButtonRole.RejectRole))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        key = made.key
        box.buttonClicked.connect(lambda button: self._studio.discard(key) if button is discard else None)
        box.open()

    @property
    def _studio(self) -> Studio:
        return self._window.controller.session.studio

    def _place_of(self, key: int) -> tuple[int, int] | None:
        return next(
            (
                (number, index)
                for number, state in self._done.items()
                for index, made in enumerate(state.made)
                if made.key == key
            ),
            None,
        )
