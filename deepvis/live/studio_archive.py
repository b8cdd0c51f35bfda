"""What the studio has finished: shown, stored, discarded, put back."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.gallery.errors import GalleryError
from deepvis.live.events import Event, Notice
from deepvis.live.studio_gallery import Finished, StudioGallery, made_pictures
from deepvis.live.studio_news import StudioPhase, StudioState

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.live.studio_door import StudioStates
    from deepvis.live.studio_order import Order

log = logging.getLogger(__name__)

MOST_REMEMBERED = 64
"""Finished wishes whose pictures can be put back."""


@dataclass(slots=True, eq=False)
class _Kept:
    """A finished wish: what is shown of it, and its pictures as they can be stored."""

    state: StudioState
    finished: Finished


class StudioArchive:
    """Finished pictures; belongs to the studio thread.

    Args:
        gallery: where they are stored.
        states: gets what becomes of them.
        refresh: the person's gallery was written to.
        report: gets `Notice`.
    """

    def __init__(
        self,
        gallery: StudioGallery,
        states: StudioStates,
        refresh: Callable[[], None],
        report: Callable[[Event], None],
    ) -> None:
        self._gallery = gallery
        self._states = states
        self._refresh = refresh
        self._report = report
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def show_known(self, order: Order, waiting: int) -> bool:
        """Show the pictures that a gallery has already; False where it has not all of them."""
        try:
            known = self._gallery.known(order)
        except GalleryError:
            # the loader thread says what is wrong with it
            return False
        if known is None:
            return False
        made, images, finished = known
        done = StudioState(order.number, order.wish, StudioPhase.DONE, order.recipe, images=images, made=made)
        done = replace(done, changes=order.changes, how=order.how, objective=order.objective)
        self._keep(replace(done, waiting=waiting), finished)
        return True

    def add(self, state: StudioState, finished: Finished) -> None:
        """Store pictures and show them; where they cannot be stored they are shown all the same, with the reason."""
        keys, problem = (0,) * len(finished.rows), ""
        try:
            keys = self._gallery.store(finished)
        except GalleryError as error:
            what = "The picture was" if len(keys) == 1 else "The pictures were"
            problem = f"{what} not kept. {error}"
            log.warning("%s: %s", state.wish.unit, problem)
        self._keep(replace(state, made=made_pictures(finished, keys), problem=problem), finished)
        if not problem:
            self._refresh()

    def discard(self, model: str, key: int) -> None:
        """Remove a picture from the person's gallery of a model; a state that shows it follows."""
        try:
            if not self._gallery.remove(model, key):
                self._report(Notice("That picture is not in the gallery any more.", "warning"))
        except GalleryError as error:
            self._report(Notice(f"The picture was not discarded. {error}", "error"))
            return
        for kept in self._kept.values():
            for index, picture in enumerate(kept.state.made):
                if picture.key == key and kept.finished.model == model:
                    self._show_key(kept, index, 0)
        self._refresh()

    def put_back(self, number: int, index: int) -> None:
        """Store a finished picture again; its state follows with the new key."""
        kept = self._kept.get(number)
        if kept is None or not 0 <= index < len(kept.state.made):
            self._report(Notice("That picture is no longer at hand. Ask for it again.", "warning"))
            return
        if kept.state.made[index].key:
            return
        try:
            (key,) = self._gallery.store(kept.finished, [index])
        except GalleryError as error:
            self._report(Notice(f"The picture was not kept. {error}", "error"))
            return
        self._show_key(kept, index, key)
        self._refresh()

    def _keep(self, state: StudioState, finished: Finished) -> None:
        self._kept[state.number] = _Kept(state, finished)
        while len(self._kept) > MOST_REMEMBERED:
            self._kept.popitem(last=False)
        self._states.put(state)

    def _show_key(self, kept: _Kept, index: int, key: int) -> None:
        made = list(kept.state.made)
        made[index] = replace(made[index], key=key)
        kept.state = replace(kept.state, made=tuple(made), problem="")
        self._states.put(kept.state)
