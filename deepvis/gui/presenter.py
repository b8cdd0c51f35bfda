"""From records to widgets: what each part of the window shows of a result, a view, a model."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.gui.figures import number
from deepvis.gui.pace import Pace
from deepvis.gui.truth import truth_of
from deepvis.gui.widgets.status_line import Readings
from deepvis.live.pairs import ORDINALS, place_text

if TYPE_CHECKING:
    from deepvis.gui.grid_panel import GridPanel
    from deepvis.gui.side_panels import InputPanel, UnitPanel
    from deepvis.gui.widgets.unit_page import UnitPage
    from deepvis.live.cause_result import Baseline
    from deepvis.live.meter import Counts
    from deepvis.live.result import GridPicture, LiveResult, UnitReading
    from deepvis.live.summary import ColorScale
    from deepvis.records import LayerInfo, ModelInfo, Rect, SourceState, View

RECEPTIVE_FIELD = "receptive field"
"""What the box on the input picture stands for."""

WORDS_EVERY_MS = 100
"""Predictions and figures of moving pictures change this often: faster nobody reads, and text is dear to draw."""


class Presenter:
    """Fills the panels. It keeps the last grid for the tooltips, and words that wait for their turn."""

    def __init__(self, inputs: InputPanel, units: UnitPanel, grid: GridPanel, page: UnitPage) -> None:
        self._inputs = inputs
        self._units = units
        self._grid = grid
        self._page = page
        self._model: ModelInfo | None = None
        self._layer: LayerInfo | None = None
        self._last: GridPicture | None = None
        self._failure = ""
        self._note = ""
        self._words: Pace[LiveResult] = Pace(WORDS_EVERY_MS, self._show_words, inputs)
        self._said_of: tuple[object, ...] = ()
        grid.grid.set_hover_text(self.hover_text)

    def show_model(self, model: ModelInfo) -> None:
        """Forget the last model's grid and answers."""
        self._model, self._last, self._failure = model, None, ""
        self._inputs.predictions.set_predictions(())
        if not any(layer.is_classes and layer.name == "softmax" for layer in model.layers):
            self._inputs.predictions.set_message("This network's output is not a list of classes.")

    def show_failure(self, text: str) -> None:
        """Say why there is no network, in place of the words that one is being loaded."""
        self._failure = text
        self._inputs.predictions.set_message("There is no network.")
        self._show_problem(text, "There is no network.")

    def show_source(self, state: SourceState) -> None:
        """Remember to say, for as long as it holds, that this is not what was asked for."""
        name = state.instead_of.replace("\\", "/").rstrip("/").rpartition("/")[2]
        self._note = f"in place of {name}" if name else ""

    def show_layer(self, layer: LayerInfo | None) -> None:
        """Name the viewed layer."""
        if layer is not self._layer:
            self._words.drop()
        self._layer = layer
        self._grid.show_layer(layer, layer_text(layer))
        if layer is not None:
            self._units.unit.set_map_size(layer.height, layer.width)

    def show(self, result: LiveResult) -> None:
        """Show everything a result holds."""
        boxes: list[tuple[Rect, str]] = []
        if result.unit is not None:
            found = (result.unit.box, result.unit.also_box)
            boxes += [(box, RECEPTIVE_FIELD) for box in found if box is not None]
        self._inputs.picture.set_message("")
        self._show_picture(result)
        self._inputs.picture.set_overlays(result.seen, boxes, also=result.also_seen)
        about = (result.model, result.view.layer, result.view.unit, result.view.position, result.view.predictions)
        at_once = not result.fresh or result.frame.still or bool(result.problem) or about != self._said_of
        self._said_of = about
        self._words.offer(result, at_once=at_once)
        if result.problem or result.unit is None:
            if self._model is None and self._failure:
                self.show_failure(self._failure)
            else:
                self._show_problem(result.problem)
            return
        self._show_grid(result)
        self._show_unit(result.unit)

    def hover_line(self, unit: int) -> str:
        """The same in one line, for the status line; empty where the pointer is on no tile."""
        return "" if unit < 0 else "  ·  ".join(self.hover_text(unit, None).splitlines())

    def hover_text(self, unit: int, position: tuple[int, int] | None) -> str:
        """What the tooltip of a tile says: address, class, values, place of the maximum."""
        if self._last is None or self._layer is None or self._model is None or unit >= self._last.total:
            return ""
        summary = self._last.summary
        lines = [f"{self._layer.name}/{unit}"]
        label = self._model.label(self._layer, unit)
        if label:
            lines.append(label)
        kind = "gradient, " if self._last.gradients else ""
        if self._layer.height * self._layer.width == 1:
            lines.append(f"{kind}value {number(float(summary.maxima[unit]))}")
            return "\n".join(lines)
        place = place_text(self._layer, summary.peak_position(unit))
        lines.append(f"{kind}maximum {number(float(summary.maxima[unit]))} at {place}")
        lines.append(f"{kind}mean {number(float(summary.means[unit]))}")
        if position is not None:
            lines.append(f"pointer at {place_text(self._layer, position)}")
        return "\n".join(lines)

    def _show_picture(self, result: LiveResult) -> None:
        truth = truth_of(result.frame.label, self._model, result.predictions)
        note = "  ·  ".join(part for part in (self._note, truth.note) if part)
        self._inputs.picture.set_picture(result.picture_rgb, result.frame.title, note)
        self._inputs.picture.setToolTip(truth.tip)

    def _show_words(self, result: LiveResult) -> None:
        self._show_predictions(result)
        if result.unit is not None and not result.problem:
            self._show_figures(result.unit, result.baseline)

    def _show_predictions(self, result: LiveResult) -> None:
        shown = result.view.predictions
        self._inputs.predictions.setVisible(shown)
        if shown:
            before = () if result.baseline is None else result.baseline.present
            self._inputs.predictions.set_predictions(result.predictions, before)

    def _show_problem(self, problem: str, brief: str = "") -> None:
        """The whole reason stands in the middle of the window, once; the small pane says only that there is nothing."""
        self._last = None
        self._grid.show_problem(problem)
        for view, text in ((self._grid.enlarged, problem), (self._units.unit, brief or "Nothing to show.")):
            view.set_picture(None)
            view.set_message(text)

    def _show_grid(self, result: LiveResult) -> None:
        if result.grid is None:
            return
        self._last = result.grid
        own = unit_scale(result.grid, result.view, result.unit.unit) if result.unit is not None else result.grid.scale
        self._grid.show_grid(result.grid, own, result.view.unit, result.view.position)
        if result.unit is not None:
            value = result.unit.gradient if result.grid.gradients else result.unit.value
            marked = None if value is None else marked_value(value, own, result.view.grid.gamma)
            self._grid.color_bar.set_mark(marked)
        nan = f"  ·  NaN in {result.grid.nan_units} units" if result.grid.nan_units else ""
        of = f"gradients of {gradient_source(result)}  ·  " if result.grid.gradients else ""
        self._grid.show_layer(self._layer, of + layer_text(self._layer, result.grid.hidden) + nan)

    def _show_unit(self, unit: UnitReading) -> None:
        for view in (self._units.unit, self._grid.enlarged):
            view.set_message("")
            view.set_picture(unit.picture_rgb)
            view.set_position(unit.position, chosen=unit.chosen)

    def _show_figures(self, unit: UnitReading, baseline: Baseline | None) -> None:
        label = self._label(unit.unit)
        caption = f"#{unit.unit}" + (f"  {label}" if label else "")
        for view in (self._units.unit, self._grid.enlarged):
            # it is the number of what the picture shows
            view.set_caption(caption, number(unit.value) if unit.gradient is None else gradient_text(unit.gradient))
        if self._layer is not None:
            facts = unit_facts(unit, self._layer) + unchanged_facts(unit, baseline)
            self._page.show_reading(unit.unit, facts, unit.maximum)

    def _label(self, unit: int) -> str:
        if self._model is None or self._layer is None:
            return ""
        return self._model.label(self._layer, unit)


def gradient_text(value: float) -> str:
    """Which of its numbers stands at a unit while gradients are shown."""
    return f"gradient {number(value)}"


def gradient_source(result: LiveResult) -> str:
    """Of what a grid of gradients shows gradients."""
    if result.back is not None:
        return result.back.title
    target = result.view.back.target(result.view.layer, result.view.unit, result.view.position)
    return f"{target.layer}/{target.unit}"


def unit_scale(grid: GridPicture, view: View, unit: int) -> ColorScale:
    """What the colors of the selected unit's tile mean: boosts give each tile a range of its own.

    A tile whose largest scaled magnitude is m is multiplied by m to the power of -b, so its last color stands for m to
    the power of b of the layer's range.
    """
    scale, summary = grid.scale, grid.summary
    low_side = abs(float(summary.minima[unit])) if scale.symmetric else 0.0
    magnitude = max(float(summary.maxima[unit]) - scale.start, low_side) / scale.span
    if view.grid.exponent == 0 or not magnitude > 0 or not math.isfinite(magnitude):
        return scale
    reach = scale.span * magnitude**view.grid.exponent
    return replace(scale, low=-reach if scale.symmetric else scale.low, high=scale.start + reach, per_unit=True)


def marked_value(value: float, scale: ColorScale, gamma: float) -> float:
    """Where on a linear bar the color of a value is, as a value: gamma moves colors, not numbers."""
    part = (value - scale.start) / scale.span
    return scale.start + math.copysign(abs(part) ** gamma, part) * scale.span


def layer_text(layer: LayerInfo | None, hidden: int = 0) -> str:
    """What is known of a layer, in one line."""
    if layer is None:
        return ""
    units = f"{layer.units} units" if layer.units != 1 else "1 unit"
    units = f"{layer.units - hidden} of {units}" if hidden else units
    width = layer.width // 2 if layer.side_by_side else layer.width
    size = f" of {layer.height}×{width}" if layer.height * width > 1 else ""
    tokens = f"  ·  {layer.prefix_tokens} tokens set apart" if layer.prefix_tokens else ""
    return f"{units}{size}{_pictures_text(layer)}  ·  {layer.type_name}{tokens}"


def _pictures_text(layer: LayerInfo) -> str:
    """Which of two pictures its maps are of; empty where there is one, or where both have come together."""
    if layer.side_by_side:
        return "  ·  both pictures"
    return f"  ·  {ORDINALS[layer.of_picture - 1]} picture" if layer.of_picture else ""


def unit_facts(unit: UnitReading, layer: LayerInfo) -> list[tuple[str, str]]:
    """The facts table of the unit page."""
    mapped = layer.height * layer.width > 1
    place = place_text(layer, unit.position)
    if not mapped:
        facts = [("value", number(unit.value))]
    else:
        # where the maximum is followed it is the value: one number is not told twice
        facts = [("value", number(unit.value)), ("chosen at", place)] if unit.chosen else []
        facts.append(("maximum", number(unit.maximum)))
        facts += [] if unit.chosen else [("maximum at", place)]
        facts += [
            ("mean", number(unit.mean)),
            ("minimum", number(unit.minimum)),
        ]
    if unit.prefix:
        names = ["class token", *(f"token {index}" for index in range(1, len(unit.prefix)))]
        facts += [(name, number(value)) for name, value in zip(names, unit.prefix, strict=True)][:3]
    return facts + field_facts(unit.field_text, always=mapped)


def unchanged_facts(unit: UnitReading, baseline: Baseline | None) -> list[tuple[str, str]]:
    """What the unit would be worth in the network as it is, while units are changed."""
    if baseline is None:
        return []
    return [("without changes", number(baseline.value if unit.chosen else baseline.maximum))]


def field_facts(text: str, *, always: bool = False) -> list[tuple[str, str]]:
    """The receptive field's size, and what the border of the picture leaves of it.

    Args:
        text: what is told of the field; empty while it is being computed.
        always: the second row is there also where nothing is cut, so that what lies below stays where it is.
    """
    size, cut, left = text.partition(", cut by the border")
    inside = left.removeprefix(" to ") if cut else "all of it" if size else "–"
    facts = [("sees", size or "being computed…")]
    return [*facts, ("in the image", inside)] if always or cut else facts


def readings(counts: Counts, device: str) -> Readings:
    """The figures of the status line."""
    return Readings(
        counts.capture_fps,
        counts.inference_fps,
        counts.paint_fps,
        counts.latency_p50_ms,
        counts.dropped,
        device,
    )
