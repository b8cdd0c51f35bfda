"""Attributions of a page's pictures that somebody asks for: seen large, or of minimum images and live frames, too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from deepvis.gui.widgets.made_words import key_of
from deepvis.gui.widgets.page_parts import COMING
from deepvis.live.pages import Why
from deepvis.live.why import WhyWish
from deepvis.records import UnitId

if TYPE_CHECKING:
    from collections.abc import Hashable

    from deepvis.gui.main_window import MainWindow
    from deepvis.live.pages import PagePicture
    from deepvis.live.why import WhyAnswer


class WhyPresenter(QObject):
    """Asks the session, and puts what comes beside what was asked about."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._controller = window.controller
        self._large: WhyWish | None = None
        self._small: WhyWish | None = None
        self._all = False
        self._found: dict[Hashable, PagePicture] = {}
        page = window.page
        page.picture_enlarged.connect(self.enlarge)
        page.more_whys_asked.connect(self.explain_all)
        self._controller.why_arrived.connect(self.take)
        # after the page has them
        self._controller.page_arrived.connect(lambda _page: self._ask_for_others())
        self._controller.session_page_arrived.connect(lambda _page: self._ask_for_others())

    def enlarge(self, picture: PagePicture) -> None:
        """Show a picture of the page large, beside what speaks for the unit in it, drawn as the backward view is."""
        crop = self._crop_of(picture)
        if crop is None:
            self._window.studio.comparison.enlarge(picture)
            return
        known = picture if picture.why is not None else replace(crop, title="", why=COMING)
        self._large = WhyWish(self._unit, (crop,), self._controller.view.back)
        self._window.overlays.show_pictures(self._title(), (crop, known))
        self._controller.session.ask_why(self._large)

    def explain_all(self, on: bool) -> None:
        """Explain minimum images and live frames of every unit, too, or no longer."""
        self._all = on
        self._ask_for_others()

    def take(self, answer: WhyAnswer) -> None:
        """Something was found."""
        if answer.wish is self._large:
            self._show_large(answer)
        elif answer.wish is self._small:
            self._found.update({key_of(crop): made for crop, made in zip(answer.wish.pictures, answer.made)})  # noqa: B905  (the rest is to come)
            self._show_others(answer.problem)

    def _show_large(self, answer: WhyAnswer) -> None:
        compare = self._window.overlays.compare
        if not compare.isVisible():
            self._large = None
            return
        (crop,) = answer.wish.pictures
        made = answer.made[0] if answer.made else None
        if made is None and answer.problem:
            made = replace(crop, title="no attribution", why=Why("no attribution", reason=answer.problem))
        if made is not None:
            compare.set_pictures(self._title(), (crop, made))

    def _ask_for_others(self) -> None:
        others = self._window.page.others_to_explain() if self._all else ()
        pictures = tuple(picture for _, group in others for picture in group)
        keys = {key_of(picture) for picture in pictures}
        if self._small is not None and self._small.unit != self._unit:
            self._found = {}
        self._found = {key: made for key, made in self._found.items() if key in keys}
        self._small = None
        if pictures:
            self._small = WhyWish(self._unit, pictures)
            if len(self._found) < len(keys):
                self._controller.session.ask_why(self._small)
        self._show_others()

    def _show_others(self, problem: str = "") -> None:
        others = self._window.page.others_to_explain() if self._all else ()
        groups = [(label, [self._found.get(key_of(one)) or _coming(one) for one in group]) for label, group in others]
        self._window.page.show_more_whys([] if problem and not self._found else groups, problem)

    def _crop_of(self, picture: PagePicture) -> PagePicture | None:
        """The exemplar or frame that an attribution is of; None where it is not known where to follow back from."""
        if picture.why is None:
            return picture if picture.position is not None else None
        data = self._window.page.data
        exemplars = () if data is None else data.exemplars
        others = (one for _, group in self._window.page.others_to_explain() for one in group)
        place = (picture.path, picture.value, picture.position)
        return next((one for one in (*exemplars, *others) if (one.path, one.value, one.position) == place), None)

    @property
    def _unit(self) -> UnitId:
        view = self._controller.view
        return UnitId(view.model, view.layer, view.unit)

    def _title(self) -> str:
        return self._window.page.address.partition("/")[2]


def _coming(crop: PagePicture) -> PagePicture:
    return replace(crop, title="", why=COMING)
