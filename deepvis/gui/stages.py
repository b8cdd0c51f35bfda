"""What the middle of the window shows of a layer besides its live maps: exemplars, activity, correlation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

from deepvis.gui.figures import number, percent
from deepvis.gui.weight_stages import WeightStages
from deepvis.gui.widgets.made_words import figures_of, name_of, value_text
from deepvis.live.pages import WEIGHT_STAGES, asks_for_tiles
from deepvis.records import Stage

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow
    from deepvis.gui.widgets.activity_page import ActivityPage
    from deepvis.gui.widgets.correlation_page import CorrelationPage
    from deepvis.live.pages import LayerPageData, PatternPicture, UnitPageData
    from deepvis.live.weight_records import WeightCorrelationPage
    from deepvis.records import View

WAIT_MS = 300
"""So long nothing is said of a page that is on its way: most are there by then."""

WITHOUT_CORRELATION = (
    "The correlation of {layer} was not computed: it is left out of layers with very many units. Scan this layer alone "
    "with 'deepvis scan --covariance-up-to UNITS' to have it all the same."
)

NONE_YET = "no synthesized picture that excites it yet"

_PATIENCE = {
    Stage.EXEMPLARS: "The exemplars of {layer} are being read.",
    Stage.MINIMA: "The minimum images of {layer} are being read.",
    Stage.SYNTHESIZED: "The synthesized pictures of {layer} are being read.",
    Stage.WEIGHTS: "The weights of {layer} are being read.",
    Stage.WEIGHT_CORRELATION: "The correlation of the weights of {layer} is being computed.",
}

_PATTERN_WORDS = {
    Stage.EXEMPLARS: ("The best image of each unit", "The best images of each unit"),
    Stage.MINIMA: ("The lowest image of each unit", "The lowest images of each unit"),
    Stage.SYNTHESIZED: ("The synthesized picture of each unit", "The synthesized pictures of each unit"),
}
"""For one picture per unit, and for all."""

LEVEL = ": many images are equally low"
"""Why there may be no minimum image."""
HISTOGRAM_WORDS = "Largest value per image, each unit over its own range  ·  red: share of images that give zero"


class StagePages(QObject):
    """Fills the grid panel with what the gallery knows of the viewed layer, and follows clicks on it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._panel = window.grid_panel
        self._controller = window.controller
        self._about: tuple[Stage, str, str, bool] = (Stage.ACTIVATIONS, "", "", False)
        self._shown: LayerPageData | WeightCorrelationPage | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(WAIT_MS)
        self._patience.timeout.connect(self._ask_for_patience)
        self._weights = WeightStages(self._panel, self._controller, self._patience.stop, self)
        self._connect()

    def _connect(self) -> None:
        panel, controller = self._panel, self._controller
        panel.grid.set_hover_text(self.hover_text)
        panel.stage_chosen.connect(controller.set_stage)
        panel.all_chosen.connect(lambda on: controller.set_view(replace(controller.view, all_patterns=on)))
        panel.each_chosen.connect(lambda on: controller.set_view(replace(controller.view, unit_histograms=on)))
        panel.page_made.connect(self._connect_page)
        controller.pattern_arrived.connect(self._show_pattern)
        controller.layer_page_arrived.connect(self._show_layer_page)
        controller.page_arrived.connect(self._show_origin)
        controller.weights.correlation_arrived.connect(self._show_weight_correlation)
        panel.tiles_chosen.connect(lambda tiles: controller.set_view(replace(controller.view, weight_tiles=tiles)))

    def _connect_page(self, _stage: Stage, page: ActivityPage | CorrelationPage) -> None:
        page.unit_clicked.connect(self._controller.select_unit)
        page.order_changed.connect(self._note_order)

    # following

    def follow(self, view: View) -> None:
        """Show the page of another view."""
        about = (view.stage, view.model, view.layer, asks_for_tiles(view))
        if about != self._about:
            turned = about[0] is not self._about[0]
            self._about = about
            self._begin(view.stage, turned=turned)
        self._mark(view.unit)

    def _begin(self, stage: Stage, *, turned: bool) -> None:
        controller = self._controller
        controller.unit_order = None
        self._shown = None
        self._patience.stop()
        if stage is Stage.ACTIVATIONS:
            result = controller.result
            if turned and result is not None and controller.is_present(result):
                # a still picture has no next frame that would bring the maps back
                self._window.presenter.show(result)
            return
        pattern, layer_page = controller.pattern, controller.layer_page
        if stage in WEIGHT_STAGES:
            if not self._weights.begin(stage):
                self._panel.show_waiting("")
                self._patience.start()
        elif pattern is not None and controller.shows_pattern(pattern):
            self._show_pattern(pattern)
        elif (
            not asks_for_tiles(controller.view)
            and layer_page is not None
            and controller.is_viewed(layer_page)
            and _suffices(layer_page, stage)
        ):
            self._show_layer_page(layer_page)
        else:
            self._panel.show_waiting("")
            self._patience.start()

    def _ask_for_patience(self) -> None:
        if self._controller.info is None:
            self._panel.show_waiting(self._controller.failure or "The network is being loaded.")
            return
        said = _PATIENCE.get(self._about[0], "The figures of {layer} are being read.")
        self._panel.show_waiting(said.format(layer=self._about[2]))

    # exemplars

    def _show_pattern(self, picture: PatternPicture) -> None:
        self._patience.stop()
        if picture.problem or picture.layout is None:
            # a picture without tiles and without a reason is on its way
            self._panel.show_empty(picture.problem, offer=bool(picture.problem) and self._may_offer())
            return
        self._panel.show_pattern(picture, self._controller.view.unit, self._pattern_words(picture))

    def _pattern_words(self, picture: PatternPicture) -> str:
        page, view = self._controller.page, self._controller.view
        known = page is not None and (page.unit.model, page.unit.layer) == (view.model, view.layer)
        histograms = view.stage is Stage.ACTIVITY
        parts = [HISTOGRAM_WORDS if histograms else _PATTERN_WORDS[view.stage][view.all_patterns]]
        if picture.missing and picture.complete:
            none = "1 unit has none" if picture.missing == 1 else f"{picture.missing:,} units have none"
            parts.append(none + LEVEL * (view.stage is Stage.MINIMA))
        if page is not None and known and view.stage in (Stage.EXEMPLARS, Stage.MINIMA):
            parts += [part for part in (page.stale, page.origin) if part]
        layer_page = self._controller.layer_page
        if histograms and layer_page is not None and layer_page.record is not None and layer_page.layer == view.layer:
            parts += [part for part in (layer_page.record.stale, layer_page.origin) if part]
        return "  ·  ".join(parts)

    def _show_origin(self, _page: UnitPageData | LayerPageData) -> None:
        pattern = self._controller.pattern
        if pattern is not None and pattern.layout is not None and self._controller.shows_pattern(pattern):
            self._panel.set_words(self._pattern_words(pattern))

    def hover_line(self, unit: int) -> str:
        """What is said of a tile in the status line; empty where the pointer is on none."""
        if unit < 0:
            return ""
        live = not asks_for_tiles(self._controller.view)
        lines = self.hover_text(unit, None).splitlines() if live else self._tile_lines(unit, brief=True)
        return "  ·  ".join(lines)

    def hover_text(self, unit: int, position: tuple[int, int] | None) -> str:
        """What the tooltip of a tile says: on a live map its values, on a picture the unit and what it does now."""
        view = self._controller.view
        if not asks_for_tiles(view) and view.stage is not Stage.WEIGHTS:
            return self._window.presenter.hover_text(unit, position)
        return "\n".join(self._tile_lines(unit, brief=False))

    def _tile_lines(self, unit: int, *, brief: bool) -> list[str]:
        controller = self._controller
        layer = controller.layer()
        if layer is None or unit >= layer.units:
            return []
        lines = [f"{layer.name}/{unit}"]
        label = "" if controller.info is None else controller.info.label(layer, unit)
        lines += [label] if label else []
        if controller.view.stage is Stage.WEIGHTS:
            return [*lines, *self._weights.hover_lines(unit)]
        if controller.view.stage is Stage.SYNTHESIZED:
            lines += self._made_text(unit, brief=brief)
        else:
            listed = controller.view.stage in (Stage.EXEMPLARS, Stage.MINIMA)
            lines += self._best_text(unit) if listed else self._activity_text(unit)
        result = controller.result
        if result is not None and result.grid is not None and controller.is_present(result):
            lines.append(f"maximum in this frame {number(float(result.grid.summary.maxima[unit]))}")
        return lines

    def _made_text(self, unit: int, *, brief: bool) -> list[str]:
        """The best synthesized picture of any unit of the layer; the status line has room for recipe and value."""
        pattern = self._controller.pattern
        if pattern is None or not self._controller.shows_pattern(pattern):
            return []
        tile = pattern.told(unit)
        if tile is None:
            return [NONE_YET]
        if brief:
            return [line for line in (name_of(tile.made), value_text(tile.value, tile.made)) if line]
        lines = list(figures_of(tile.value, tile.made))
        if tile.pictures > 1:
            lines[0] += f"  ·  best of {tile.pictures}"
        return lines

    def _best_text(self, unit: int) -> list[str]:
        """The first picture of the selected unit; of the others only the layer's page knows a value, once read."""
        page, layer_page, view = self._controller.page, self._controller.layer_page, self._controller.view
        mine = page is not None and (page.unit.model, page.unit.layer, page.unit.unit) == (view.model, view.layer, unit)
        lowest = view.stage is Stage.MINIMA
        word = "lowest" if lowest else "best"
        pictures = () if page is None or not mine else page.minima if lowest else page.exemplars
        if pictures:
            return [f"{word} {number(pictures[0].value)}: {pictures[0].title}"]
        if layer_page is not None and layer_page.record is not None and self._controller.is_viewed(layer_page):
            record = layer_page.record
            return [f"{word} {number(float((record.minimum if lowest else record.maximum)[unit]))}"]
        return []

    def _activity_text(self, unit: int) -> list[str]:
        """The figures of any unit of the layer, once they are read."""
        layer_page = self._controller.layer_page
        if layer_page is None or layer_page.record is None or not self._controller.is_viewed(layer_page):
            return []
        record = layer_page.record
        active = f"active in {percent(float(record.active_fraction[unit]))}"
        dead = ["dead"] if record.dead[unit] else []
        return [active, f"maximum in the data set {number(float(record.maximum[unit]))}", *dead]

    # activity and correlation

    def _show_layer_page(self, data: LayerPageData) -> None:
        stage = self._controller.view.stage
        if asks_for_tiles(self._controller.view):
            self._show_origin(data)
            return
        if not _suffices(data, stage):
            return
        self._patience.stop()
        if data.problem or data.record is None:
            self._panel.show_empty(data.problem or f"Nothing is known of {data.layer} yet.", offer=self._may_offer())
            return
        correlation = data.record.correlation
        if stage is Stage.CORRELATION and correlation is None:
            self._panel.show_empty(WITHOUT_CORRELATION.format(layer=data.layer), offer=False)
            return
        again, self._shown = self._shown is not None, data
        if stage is Stage.ACTIVITY:
            self._panel.activity().set_record(data.record, self._name)
        elif correlation is not None:
            self._panel.correlation().set_correlation(correlation, data.order, self._name, keep_zoom=again)
        self._panel.show_page("  ·  ".join(part for part in (data.record.stale, data.origin) if part))
        self._mark(self._controller.view.unit)

    def _show_weight_correlation(self, page: WeightCorrelationPage) -> None:
        if self._controller.view.stage is not Stage.WEIGHT_CORRELATION:
            return
        again, self._shown = self._shown is not None, None if page.correlation is None else page
        self._weights.show_correlation(page, self._name, again=again)
        self._mark(self._controller.view.unit)

    def _may_offer(self) -> bool:
        """Whether a scan or a synthesis can fill an empty page: not with networks of two pictures."""
        info = self._controller.info
        return info is None or info.pictures == 1

    def _mark(self, unit: int) -> None:
        page = self._page()
        if page is not None:
            page.set_selected(unit)

    def _page(self) -> ActivityPage | CorrelationPage | None:
        """The page of a layer that is shown, where it is about the viewed layer."""
        if self._shown is None:
            return None
        return self._panel.activity() if self._about[0] is Stage.ACTIVITY else self._panel.correlation()

    def _note_order(self) -> None:
        page = self._page()
        self._controller.unit_order = None if page is None else page.order

    def _name(self, unit: int) -> str:
        layer, info = self._controller.layer(), self._controller.info
        label = info.label(layer, unit) if info is not None and layer is not None else ""
        return f"#{unit} {label}" if label else f"#{unit}"


def _suffices(data: LayerPageData, stage: Stage) -> bool:
    """Whether figures are enough for a page: a matrix waits for the order of its units, which takes longer."""
    if stage is Stage.CORRELATION:
        return data.record is None or data.record.correlation is None or data.order is not None
    return stage is Stage.ACTIVITY
