"""The thread that reads the galleries, so that neither disk nor decoder ever holds up the window."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deepvis.gallery.errors import GalleryError
from deepvis.live.attribution_errands import AttributionErrands
from deepvis.live.crop_pictures import CropPictures
from deepvis.live.errand import Errand, Superseded
from deepvis.live.events import Event, Notice
from deepvis.live.gallery_desk import GalleryDesk
from deepvis.live.gallery_shelf import GalleryShelf
from deepvis.live.mailbox import Mailbox, Outbox
from deepvis.live.page_attributions import is_waiting
from deepvis.live.pages import (
    LayerPageData,
    PatternPicture,
    SessionPage,
    UnitPageData,
    asks_for_tiles,
)
from deepvis.live.session_frames import KeptPicture, SessionFrames, keep_frames, session_page
from deepvis.live.why import Pace
from deepvis.live.worker import BEHIND, Worker
from deepvis.records import Stage, UnitId, View

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis.live.loan import Loan
    from deepvis.live.running_model import RunningModel
    from deepvis.live.turns import Turns
    from deepvis.live.why import WhyAnswer, WhyWish
    from deepvis.records import LayerInfo

RELOAD_EVERY_S = 1.0
"""While a scan writes, pages are made anew this often."""


class GalleryLoader(Worker):
    """Answers what is selected and viewed from the galleries of the running model; the newest wish wins.

    Args:
        report: gets `Notice`.
        notify: a page can be fetched.
        gallery_dir: folder of the person's galleries; None for the one in the person's data folder.
    """

    name = "deepvis-gallery"
    niceness = BEHIND

    def __init__(self, report: Callable[[Event], None], notify: Callable[[], None], gallery_dir: Path | None) -> None:
        super().__init__(report)
        self._gallery_dir = gallery_dir
        self.views: Mailbox[View] = Mailbox(self.bell.ring)
        self.models: Mailbox[RunningModel] = Mailbox(self.bell.ring)
        self.pages: Mailbox[UnitPageData] = Mailbox(notify)
        self.patterns: Mailbox[PatternPicture] = Mailbox(notify)
        self.layer_pages: Mailbox[LayerPageData] = Mailbox(notify)
        self.session_pages: Mailbox[SessionPage] = Mailbox(notify)
        self.loans: Mailbox[Loan] = Mailbox(self.bell.ring)
        self.why_wishes: Outbox[WhyWish] = Outbox(self.bell.ring)
        self.whys: Outbox[WhyAnswer] = Outbox(notify)
        self._unexplained: dict[bool, WhyWish] = {}
        self._attributions: AttributionErrands | None = None
        self._refreshes: Mailbox[bool] = Mailbox(self.bell.ring)
        self._session_frames: Mailbox[SessionFrames] = Mailbox(self.bell.ring)
        self._keeps: Outbox[SessionFrames] = Outbox(self.bell.ring)
        self._plain: Outbox[KeptPicture] = Outbox(self.bell.ring)
        self._pictures = CropPictures()
        self._desk: GalleryDesk | None = None
        self._view = View()
        self._rang = False
        self._look_s: float | None = None
        self._looked_s = 0.0
        self._answered: dict[str, object] = {}

    def tell_network(self, lend: Callable[[int], None], turns: Turns | None = None) -> None:
        """Who lends the running network, into `loans`, and when to rest; to be said before the start.

        Without it nothing is computed.
        """
        self._attributions = AttributionErrands(lend, Pace(turns, self._rest))

    def refresh(self) -> None:
        """Look at the galleries again: somebody may have written to them; any thread may call this."""
        self._refreshes.put(True)

    def take_session_frames(self, frames: SessionFrames) -> None:
        """Frames of this session to show or to keep; any thread may call this."""
        if frames.keep:
            self._keeps.put(frames)
        else:
            self._session_frames.put(frames)

    def take_picture(self, picture: KeptPicture) -> None:
        """A picture of this session that is to become a JPEG when there is time; any thread may call this."""
        self._plain.put(picture)

    def step(self) -> None:
        """Wait until something is asked, then answer it until something newer is asked."""
        self.bell.wait(None if self._look_s is None else max(0.0, self._look_s - time.monotonic()))
        self._take_orders()
        try:
            self._look()
            self._work()
            self._compress()
        except Superseded:
            self._rang = True
        if self._rang:
            self._rang = False
            self.bell.ring()

    def close(self) -> None:
        """Close the files."""
        if self._desk is not None:
            self._desk.shelf.close()
            self._desk = None

    def _take_orders(self) -> None:
        running, view, refresh = self.models.take(), self.views.take(), self._refreshes.take()
        if self._attributions is not None:
            if running is not None:
                self._attributions.forget()
            if (loan := self.loans.take()) is not None:
                self._attributions.take(loan)
        if running is not None and (self._desk is None or not running.same_results(self._desk.running)):
            self._open_desk(running)
        self._view = view or self._view
        for wish in self.why_wishes.take_all():
            # of each kind the newest: what is seen large, and what stands in the section
            self._unexplained[wish.look is not None] = wish
        # no look is due before there is a model to look for: an alarm nobody answers would keep this thread awake, and
        # the thread that loads the model would get the interpreter only every 5 ms
        if self._desk is not None and (refresh or running is not None or view is not None):
            due_s = self._looked_s + RELOAD_EVERY_S if view is None else 0.0
            self._look_s = due_s if self._look_s is None else min(self._look_s, due_s)

    def _open_desk(self, running: RunningModel) -> None:
        self.close()
        self._pictures.clear()
        self._answered.clear()
        shelf = GalleryShelf(running.info.name, self._gallery_dir, lambda text: self.report(Notice(text, "error")))
        self._desk = GalleryDesk(running, shelf, self._pictures)
        self._look_s = 0.0

    def _look(self) -> None:
        """Whether the galleries changed; a second look within a second waits, or a scan would keep the thread busy."""
        now_s = time.monotonic()
        if self._desk is None or self._look_s is None or now_s < self._look_s:
            return
        if now_s < self._looked_s + RELOAD_EVERY_S and self._desk.generation:
            self._look_s = self._looked_s + RELOAD_EVERY_S
            return
        self._look_s = None
        if self._desk.shelf.look():
            self._looked_s = now_s
            self._pictures.forget_missing()
            self._desk.renew()

    def _work(self) -> None:
        desk = self._desk
        for frames in self._keeps.take_all():
            self._keep(frames)
        found = self._session_frames.take()
        if found is not None:
            self.session_pages.put(session_page(found))
        layer = self._layer()
        if desk is None or layer is None:
            return
        try:
            if self._view.unit < layer.units:
                self._answer_page(desk, layer)
            stage = self._view.stage
            if asks_for_tiles(self._view):
                self._answer_pattern(desk, layer)
            if stage in (Stage.ACTIVITY, Stage.CORRELATION):
                self._answer_layer(desk, layer)
            # what takes longest comes last
            if self._view.unit < layer.units and self._attributions is not None:
                self._attribute(desk, layer, self._attributions)
            if self._attributions is not None:
                self._explain(desk, self._attributions)
        except GalleryError as error:
            self._give_up(desk, error)

    def _compress(self) -> None:
        errand = self._errand()
        while (picture := self._plain.take()) is not None:
            picture.compress()
            errand.go_on()

    def _layer(self) -> LayerInfo | None:
        """The viewed layer; None where the view is not yet, or no longer, one of the running model."""
        if self._desk is None or self._view.model != self._desk.running.info.name:
            return None
        layers = self._desk.running.info.layers
        return next((info for info in layers if info.name == self._view.layer and not info.reason), None)

    def _answer_page(self, desk: GalleryDesk, layer: LayerInfo) -> None:
        key = (desk.generation, layer.name, self._view.unit)
        if self._answered.get("page") == key:
            return
        self.pages.put(desk.page(layer, self._view.unit, self._errand(), self.pages.put))
        self._answered["page"] = key

    def _attribute(self, desk: GalleryDesk, layer: LayerInfo, attributions: AttributionErrands) -> None:
        """Complete the page that was answered, one attribution after the other."""
        key = (desk.generation, layer.name, self._view.unit)
        if self._answered.get("attributions") == key:
            return
        errand = self._long_errand()

        def show(part: UnitPageData) -> None:
            desk.remember(layer, part)
            if errand.part_due():
                self.pages.put(part)

        before = desk.page(layer, self._view.unit, errand, lambda _: None)
        page = attributions.complete(desk.maker, before, errand, show)
        if page is not before:
            desk.remember(layer, page)
            self.pages.put(page)
        if not is_waiting(page):
            self._answered["attributions"] = key

    def _explain(self, desk: GalleryDesk, attributions: AttributionErrands) -> None:
        """What was asked besides; what is seen large comes first. A wish about another unit is over."""
        for large in (True, False):
            wish = self._unexplained.get(large)
            if wish is not None and wish.unit == UnitId(self._view.model, self._view.layer, self._view.unit):
                answer = attributions.explain(desk.maker, wish, self._long_errand(), self.whys.put)
                if answer is None:
                    continue
                self.whys.put(answer)
            self._unexplained.pop(large, None)

    def _rest(self, seconds: float) -> None:
        """Sleep, or until something is said; what of it is no reason to stop is heard after the step."""
        self._rang = self.bell.wait(seconds) or self._rang

    def _answer_pattern(self, desk: GalleryDesk, layer: LayerInfo) -> None:
        view = self._view
        if view.grid.height < 1 or view.grid.width < 1:
            return
        grid = view.grid
        asked = (grid.height, grid.width, grid.zoom, grid.center_row, grid.center_column, grid.sort, grid.hide_dead)
        key = (desk.generation, view.stage, layer.name, view.all_patterns, asked, grid.background, grid.gap)
        if self._answered.get("pattern") == key:
            return
        self.patterns.put(desk.pattern(view, layer, self._errand(), self.patterns.put))
        self._answered["pattern"] = key

    def _answer_layer(self, desk: GalleryDesk, layer: LayerInfo) -> None:
        ordered = self._view.stage is Stage.CORRELATION
        key = (desk.generation, layer.name, ordered)
        if self._answered.get("layer") == key:
            return
        self.layer_pages.put(desk.layers.make(layer, self._errand(), ordered=ordered))
        self._answered["layer"] = key

    def _long_errand(self) -> Errand:
        """One that rests for live pictures: what is quickly answered need not wait for its end."""
        return Errand(lambda: self._is_superseded() or self._session_frames.waiting or self.why_wishes.waiting)

    def _is_superseded(self) -> bool:
        return self.views.waiting or self.models.waiting or self.stopping

    def _errand(self) -> Errand:
        return Errand(self._is_superseded)

    def _give_up(self, desk: GalleryDesk, error: GalleryError) -> None:
        """The damaged gallery is closed; what the other one knows is shown, and why it is not more."""
        for gallery in desk.shelf.galleries:
            if str(gallery.path) in str(error):
                desk.shelf.give_up(gallery.path, error)
                break
        else:
            for gallery in desk.shelf.galleries[:1]:
                desk.shelf.give_up(gallery.path, error)
        desk.renew()
        self.bell.ring()

    def _keep(self, frames: SessionFrames) -> None:
        from deepvis.gallery.writer import GalleryWriter  # noqa: PLC0415  (only who keeps something writes)

        desk = self._desk
        if desk is None or desk.running.info.name != frames.unit.model:
            return
        if not frames.frames:
            self.report(Notice(f"There are no frames of this session for {frames.unit} yet.", "warning"))
            return
        try:
            with GalleryWriter(desk.shelf.own, frames.unit.model) as writer:
                count = keep_frames(frames, writer, desk.running)
        except GalleryError as error:
            self.report(Notice(f"The frames were not kept. {error}", "error"))
            return
        what = f"{count} frames" if count != 1 else "1 frame"
        self.report(Notice(f"Kept {what} of this session for {frames.unit} in {desk.shelf.own}."))
        self._looked_s = 0.0
        self.refresh()
