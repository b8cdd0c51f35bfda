"""What the middle of the window shows of a layer's weights, and the unit page of a unit's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from deepvis.gui.figures import number, percent
from deepvis.records import Stage, WeightTiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.gui.controller import Controller
    from deepvis.gui.grid_panel import GridPanel
    from deepvis.live.pages import PatternPicture
    from deepvis.live.weight_records import LayerWeightsPage, WeightCorrelationPage

_TILE_WORDS = {
    WeightTiles.HISTOGRAMS: "zero in the middle, ends at plus and minus each unit's largest",
    WeightTiles.KERNELS: "zero is mid gray, each unit over its own range",
}
_REACH_WORDS = "mean magnitude over inputs, each unit over its own range"


class WeightStages(QObject):
    """Fills the grid panel where it is about weights.

    Args:
        panel: the middle of the window.
        controller: brings what is to be shown.
        arrived: called before something is shown: nobody has to be asked for patience any more.
        parent: owns it.
    """

    def __init__(self, panel: GridPanel, controller: Controller, arrived: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._panel = panel
        self._controller = controller
        self._arrived = arrived
        news = controller.weights
        news.grid_arrived.connect(self._show_grid)
        news.layer_arrived.connect(self._show_layer)

    def begin(self, stage: Stage) -> bool:
        """Show what is there already of another stage or layer; whether there was something."""
        news = self._controller.weights
        if stage is Stage.WEIGHTS:
            layer, grid = news.present_layer(), news.present_grid()
            self._panel.weight_strip.set_page(None)
            if layer is not None:
                self._show_layer(layer)
            if grid is not None:
                self._show_grid(grid)
            return grid is not None
        correlation = news.present_correlation()
        if correlation is not None:
            news.correlation_arrived.emit(correlation)
        return correlation is not None

    def _show_layer(self, page: LayerWeightsPage) -> None:
        if self._controller.view.stage is not Stage.WEIGHTS:
            return
        self._panel.weight_strip.set_page(None if page.problem else page)
        self._panel.show_weight_tiles(page.tiles(self._controller.view.weight_tiles), page.choices)
        self._panel.set_words(self.words())

    def _show_grid(self, picture: PatternPicture) -> None:
        self._arrived()
        if picture.problem or picture.layout is None:
            self._panel.show_empty(picture.problem, offer=False)
            return
        page = self._controller.weights.present_layer()
        if page is not None:
            self._panel.show_weight_tiles(page.tiles(self._controller.view.weight_tiles), page.choices)
        self._panel.show_pattern(picture, self._controller.view.unit, self.words())

    def show_correlation(self, page: WeightCorrelationPage, name: Callable[[int], str], *, again: bool) -> None:
        """Show the matrix, or why there is none; `again` keeps the zoom."""
        self._arrived()
        if page.correlation is None:
            self._panel.show_empty(page.problem, offer=False)
            return
        self._panel.correlation().set_correlation(page.correlation, page.order, name, keep_zoom=again)
        self._panel.show_page(f"{_capital(page.words)}  ·  kernels compared as lists of numbers")

    def words(self) -> str:
        """What the grid of weights is made of, in one line."""
        page = self._controller.weights.present_layer()
        if page is None or page.problem:
            return ""
        tiles = page.tiles(self._controller.view.weight_tiles)
        what = _REACH_WORDS if tiles is WeightTiles.KERNELS and page.suited is not tiles else _TILE_WORDS[tiles]
        return f"{_capital(page.words)}  ·  {what}"

    def hover_lines(self, unit: int) -> list[str]:
        """What the tooltip of a tile says of a unit's weights."""
        page = self._controller.weights.present_layer()
        if page is None or page.figures is None or unit >= len(page.figures.norm):
            return []
        found = page.figures
        lines = [
            f"norm {number(float(found.norm[unit]))}, {int(found.rank[unit]):,} of {len(found.rank):,}",
            f"largest {number(float(found.largest[unit]))}, mean {number(float(found.mean[unit]))}",
            f"{percent(float(found.near_zero[unit]))} near zero",
        ]
        return lines if page.bias is None else [*lines, f"bias {number(float(page.bias[unit]))}"]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
