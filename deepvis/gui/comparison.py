"""Pictures of a unit page that were chosen to be seen side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.gui.widgets.made_words import key_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from deepvis.gui.main_window import MainWindow
    from deepvis.live.pages import PagePicture

MOST = 12
NOTHING = "There is nothing to compare yet: synthesize a second picture, or choose exemplars with Ctrl and a click."


class Comparison:
    """Chosen with Ctrl and a click, or in the menu of a picture; shown over the window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._chosen: dict[Hashable, PagePicture] = {}

    @property
    def chosen(self) -> tuple[PagePicture, ...]:
        """In the order in which they were chosen."""
        return tuple(self._chosen.values())

    def toggle(self, picture: PagePicture) -> None:
        """Choose a picture, or give the choice up."""
        key = key_of(picture)
        if self._chosen.pop(key, None) is None:
            self._chosen[key] = picture
        self._window.page.set_chosen(frozenset(self._chosen))

    def clear(self) -> None:
        """Nothing is chosen."""
        if self._chosen:
            self._chosen = {}
            self._window.page.set_chosen(frozenset())

    def renew(self, pictures: Iterable[PagePicture]) -> None:
        """The page was read again: what is not there any more is not chosen."""
        there = {key_of(picture): picture for picture in (*pictures, *self._window.page.synthesis.pictures)}
        kept = {key: there[key] for key in self._chosen if key in there}
        if kept.keys() != self._chosen.keys():
            self._window.page.set_chosen(frozenset(kept))
        self._chosen = kept

    def open(self) -> None:
        """Show what was chosen; where that is less than two, all synthesized pictures and the best exemplar."""
        pictures = list(self._chosen.values())
        if len(pictures) < 2:
            page = self._window.page
            exemplars = () if page.data is None else page.data.exemplars[:1]
            synthesized = [each for each in page.synthesis.pictures if key_of(each) not in self._chosen]
            pictures += [*synthesized, *exemplars]
        if len(pictures) < 2:
            self._window.controller.told.emit(NOTHING, "info")
            return
        self._window.overlays.show_pictures(self._title(), pictures[:MOST])

    def enlarge(self, picture: PagePicture) -> None:
        """Show one picture large."""
        self._window.overlays.show_pictures(self._title(), [picture])

    def _title(self) -> str:
        return self._window.page.address.partition("/")[2]
