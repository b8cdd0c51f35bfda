"""The thread that shows weights: it reads what the network holds, and neither live pictures nor the window wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.live.errand import Errand, Superseded
from deepvis.live.mailbox import Mailbox
from deepvis.live.pages import PatternPicture
from deepvis.live.weight_grid import draw_grid
from deepvis.live.weight_pages import WeightPages
from deepvis.live.worker import BEHIND, Worker
from deepvis.records import Stage, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.live.events import Event
    from deepvis.live.weight_records import LayerWeightsPage, UnitWeightsPage, WeightCorrelationPage
    from deepvis.models.unit_weights import WeightSource


@dataclass(frozen=True, slots=True, eq=False)
class LentWeights:
    """The weights of the running model, by its key; they refer to the network's memory."""

    model: str
    source: WeightSource


class WeightWorker(Worker):
    """Answers what is selected and viewed from the weights of the running model; the newest wish wins.

    Args:
        report: gets `Notice`.
        notify: a page can be fetched.
    """

    name = "deepvis-weights"
    niceness = BEHIND

    def __init__(self, report: Callable[[Event], None], notify: Callable[[], None]) -> None:
        super().__init__(report)
        self.views: Mailbox[View] = Mailbox(self.bell.ring)
        self.sources: Mailbox[LentWeights] = Mailbox(self.bell.ring)
        self.units: Mailbox[UnitWeightsPage] = Mailbox(notify)
        self.layers: Mailbox[LayerWeightsPage] = Mailbox(notify)
        self.grids: Mailbox[PatternPicture] = Mailbox(notify)
        self.correlations: Mailbox[WeightCorrelationPage] = Mailbox(notify)
        self._pages: WeightPages | None = None
        self._view = View()
        self._next: View | None = None
        self._answered: dict[str, object] = {}

    def step(self) -> None:
        """Wait until something is asked, then answer it until something else is asked."""
        self.bell.wait()
        lent = self.sources.take()
        if lent is not None:
            self._pages = WeightPages(lent.model, lent.source)
            self._answered.clear()
        self._view = self.views.take() or self._next or self._view
        self._next = None
        pages = self._pages
        if pages is None or pages.model != self._view.model or not self._view.layer:
            return
        try:
            self._answer(pages, self._view)
        except Superseded:
            self.bell.ring()

    def close(self) -> None:
        """Let go of the weights."""
        self._pages = None

    def _answer(self, pages: WeightPages, view: View) -> None:
        errand = Errand(self._newer)
        weights = pages.weights(view.layer)
        if isinstance(weights, str) or view.unit < weights.units:
            key: object = (view.layer, view.unit)
            if self._answered.get("unit") != key:
                self.units.put(pages.unit(view.layer, view.unit, errand))
                self._answered["unit"] = key
        if view.stage is Stage.WEIGHTS:
            self._answer_layer(pages, view, errand)
        elif view.stage is Stage.WEIGHT_CORRELATION and self._answered.get("correlation") != view.layer:
            self.correlations.put(pages.correlation(view.layer, errand))
            self._answered["correlation"] = view.layer

    def _answer_layer(self, pages: WeightPages, view: View, errand: Errand) -> None:
        page = pages.layer(view.layer, errand)
        if self._answered.get("layer") != view.layer:
            self.layers.put(page)
            self._answered["layer"] = view.layer
        weights, grid = pages.weights(view.layer), view.grid
        if grid.height < 1 or grid.width < 1:
            return
        where = (grid.height, grid.width, grid.zoom, grid.center_row, grid.center_column)
        key = (view.layer, view.weight_tiles, where, grid.background, grid.gap)
        if self._answered.get("grid") == key:
            return
        if isinstance(weights, str) or page.figures is None:
            self.grids.put(PatternPicture(view, None, None, problem=page.problem))
        else:
            tiles = page.tiles(view.weight_tiles)
            self.grids.put(draw_grid(weights, page.figures.largest, view, tiles, errand))
        self._answered["grid"] = key

    def _newer(self) -> bool:
        """Whether what is worked on is not wanted any more; another unit of the same page can wait for its end."""
        self._next = self.views.take() or self._next
        return self.stopping or self.sources.waiting or (self._next is not None and _place(self._next) != self._here())

    def _here(self) -> tuple[object, ...]:
        return _place(self._view)


def _place(view: View) -> tuple[object, ...]:
    return view.model, view.layer, view.stage
