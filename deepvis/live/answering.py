"""From a frame and a view to a `LiveResult`: prepare, ask the network, draw. No threads here."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.causes import in_force
from deepvis.imaging.tiling import lay_out
from deepvis.live.back_wish import back_wish
from deepvis.live.backward_view import BackwardView, Seen
from deepvis.live.causes import CauseView, changed
from deepvis.live.gradient_grid import GradientGrid
from deepvis.live.mosaic import compose_grid
from deepvis.live.pair_pictures import Prepared, draw_seam, preparation_key, prepare
from deepvis.live.pairs import draw_seams, layers_of, place_of, seam_color, shown_layer
from deepvis.live.result import GridPicture, LiveResult, UnitReading
from deepvis.live.summary import ColorScale, UnitSummary, color_scale, gradient_scale, summarize
from deepvis.live.tile_order import LayerTrack
from deepvis.live.unit_picture import compose_unit
from deepvis.models.receptive_field import field_text
from deepvis.records import Frame, LayerInfo, Rect, Scaling, Stage, View

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from deepvis.live.back_wish import BackWish
    from deepvis.live.frame_graph import Fault
    from deepvis.live.pairs import Place
    from deepvis.models.engine import Engine, EngineAnswer


@dataclass(frozen=True, eq=False)
class _Asked:
    key: tuple[object, ...]
    answer: EngineAnswer
    summary: UnitSummary
    extent: tuple[float, float]


@dataclass(frozen=True, eq=False)
class _Shown:
    """What grid and unit pane draw: a layer's activations, or the gradients of its units."""

    maps: torch.Tensor
    summary: UnitSummary
    scale: ColorScale
    gradients: bool


class Answering:
    """Remembers the last preparation, forward pass and layer: a new look at an old frame costs a drawing only."""

    def __init__(self, hurries: Callable[[], bool] = lambda: False) -> None:
        self._prepared: Prepared | None = None
        self._asked: _Asked | None = None
        self._track = LayerTrack()
        self._track_key: tuple[object, ...] = ()
        self._backward = BackwardView(hurries)
        self._gradients = GradientGrid()
        self._causes = CauseView()
        self._last: tuple[Engine, LiveResult] | None = None

    def forget(self) -> None:
        """Drop everything remembered: the network changed."""
        self._prepared = self._asked = self._last = None
        self._track_key = ()
        self._backward.forget()
        self._gradients.forget()
        self._causes.forget()

    def answer(self, engine: Engine, frame: Frame, view: View, *, frozen: bool = False) -> LiveResult:
        """Answer a view of a frame.

        Args:
            engine: the network.
            frame: the frame.
            view: what the person looks at.
            frozen: no other frame follows, although its source would have one.

        Raises:
            KeyError: where the engine has no such layer.
            Exception: whatever the network's own code raises.
        """
        started_s = time.perf_counter()
        info = shown_layer(engine.taps[view.layer].info, view.pair)
        prepared = self._prepare(engine, frame, view)
        seen = Seen(prepared.key, prepared.network_picture, frame.still or frozen)
        wish = back_wish(view, engine.taps[view.layer].info)
        self._backward.follow(engine, replace(seen, key=(prepared.key, in_force(view.changes))), wish)
        with changed(engine, view.changes):
            asked = self._ask(engine, prepared, frame, view)
            shown = self._graded(wish, engine, view, still=seen.still) or self._active(asked, view)
            back = self._backward.result(engine, view, asked.answer.predictions)
        reading = _reading(engine, asked, prepared, shown, view)
        self._causes.follow(engine, seen, view, asked.answer)
        baseline, causes = self._causes.baseline(asked.answer, reading), self._causes.causes()
        seen_rects = prepared.seen(engine)
        result = LiveResult(
            frame,
            view,
            engine.loaded.name,
            prepared.picture_rgb,
            seen_rects[0],
            info,
            self._grid(shown, info, view),
            reading,
            asked.answer.predictions if view.predictions else (),
            forward_ms=asked.answer.forward_ms,
            summary=asked.summary,
            back=back,
            baseline=baseline,
            causes=causes,
            also_seen=seen_rects[1] if len(seen_rects) > 1 else None,
        )
        self._last = engine, replace(result, total_ms=(time.perf_counter() - started_s) * 1000)
        return self._last[1]

    def pending(self, frame: Frame | None, view: View) -> bool:
        """Whether the answer to this was the last one and has a better one to come: `go_on` works on it."""
        result = None if self._last is None else self._last[1]
        same = result is not None and result.frame is frame and result.view == view
        return same and (self._backward.pending or self._causes.pending)

    def go_on(self) -> LiveResult | None:
        """Do one step for a better answer; the last answer as far as it is better now, if it should be told at once."""
        # a drawing that fails is not tried for ever
        last, self._last = self._last, None
        if last is None:
            return None
        engine, result = last
        if self._backward.pending:
            told, result = self._go_on_backward(engine, result)
        else:
            causes = self._causes.go_on()
            told = causes is not None
            result = replace(result, causes=causes, fresh=False) if told else result
        self._last = engine, result
        return result if told else None

    def _go_on_backward(self, engine: Engine, result: LiveResult) -> tuple[bool, LiveResult]:
        # a check copies the network, and copies would keep what makes the changes
        with changed(engine, result.view.changes if self._backward.refining else ()):
            if not self._backward.go_on():
                return False, result
        with changed(engine, result.view.changes):
            back = self._backward.result(engine, result.view, result.predictions)
        return True, replace(result, back=back, fresh=False)

    def take_faults(self) -> list[Fault]:
        """What went wrong beside the answers since the last call."""
        return self._backward.take_faults()

    @property
    def network_picture(self) -> torch.Tensor | None:
        """What the network saw last: uint8 `(1 or 3, height, width)` on the host.

        None before the first picture, and where the network takes two.
        """
        prepared = self._prepared
        return None if prepared is None or prepared.pictures > 1 else prepared.network_picture

    def _prepare(self, engine: Engine, frame: Frame, view: View) -> Prepared:
        if self._prepared is None or self._prepared.key != preparation_key(engine, frame, view):
            self._prepared = prepare(engine, frame, view)
        return self._prepared

    def _ask(self, engine: Engine, prepared: Prepared, frame: Frame, view: View) -> _Asked:
        layer, beside = layers_of(engine.taps[view.layer].info, view.pair)
        key = (prepared.key, layer, beside, in_force(view.changes))
        known = self._asked is not None and self._asked.key == key
        if self._asked is not None and known and (self._asked.answer.complete or not view.predictions):
            return self._asked
        answer = self._backward.answer()
        if answer is None:
            answer = engine.ask(prepared.network_picture, layer, to_the_end=view.predictions, beside=beside)
        summary = summarize(answer.activations.maps)
        self._follow(engine, view)
        if not known:
            self._track.see(summary)
        extent = self._track.range.follow(summary.extent(), still=frame.still)
        self._asked = _Asked(key, answer, summary, extent)
        return self._asked

    def _follow(self, engine: Engine, view: View) -> None:
        key = (engine, *layers_of(engine.taps[view.layer].info, view.pair))
        if key != self._track_key:
            self._track, self._track_key = LayerTrack(), key

    def _active(self, asked: _Asked, view: View) -> _Shown:
        scale = color_scale(asked.extent, view.grid.colormap, per_unit=view.grid.scaling is Scaling.UNIT)
        return _Shown(asked.answer.activations.maps, asked.summary, scale, gradients=False)

    def _graded(self, wish: BackWish | None, engine: Engine, view: View, *, still: bool) -> _Shown | None:
        gradients = None if wish is None else self._backward.gradients()
        if wish is None or gradients is None:
            self._gradients.forget()
            return None
        graded = self._gradients.see(gradients, (engine, wish.layer, wish.beside), wish.about, still=still)
        scale = gradient_scale(graded.extent, view.grid.colormap, per_unit=view.grid.scaling is Scaling.UNIT)
        return _Shown(gradients, graded.summary, scale, gradients=True)

    def _grid(self, shown: _Shown, info: LayerInfo, view: View) -> GridPicture | None:
        if view.grid.height < 1 or view.grid.width < 1 or view.stage is not Stage.ACTIVATIONS:
            return None
        if shown.gradients:
            # a unit without a gradient is not dead: it may lie above the target
            units = self._gradients.track.tiles(shown.summary, view.grid, dead=self._track.dead())
        else:
            units = self._track.tiles(shown.summary, view.grid)
        layout = lay_out(units, info.height, info.width, view.grid)
        bgrx = compose_grid(shown.maps, layout, shown.scale, shown.summary, view.grid)
        if info.side_by_side:
            draw_seams(bgrx, layout, seam_color(view.grid))
        nan_units = len(shown.summary.nan_units)
        hidden = info.units - len(units)
        return GridPicture(bgrx, layout, shown.scale, shown.summary, hidden, info.units, nan_units, shown.gradients)


def _reading(engine: Engine, asked: _Asked, prepared: Prepared, shown: _Shown, view: View) -> UnitReading | None:
    activations = asked.answer.activations
    unit = min(view.unit, activations.maps.shape[0] - 1)
    unit_map = activations.maps[unit]
    summary = asked.summary
    position = _position(view, summary, unit, unit_map.shape[0], unit_map.shape[1])
    info = engine.taps[view.layer].info
    side_by_side, place = shown_layer(info, view.pair).side_by_side, place_of(info, view.pair, position)
    boxes, text = _field(engine, prepared, place)
    pane = view.pane
    picture = None
    if pane.height > 0 and pane.width > 0:
        beneath = prepared.beneath(place, side_by_side=side_by_side)
        picture = compose_unit(shown.maps[unit], beneath, shown.scale, view.grid, pane)
        if side_by_side:
            draw_seam(picture, seam_color(view.grid))
    prefix = () if activations.prefix is None else tuple(activations.prefix[unit].float().tolist())
    return UnitReading(
        unit,
        float(unit_map[position]),
        float(summary.maxima[unit]),
        float(summary.minima[unit]),
        float(summary.means[unit]),
        position,
        view.position is not None,
        boxes[0] if boxes else None,
        text,
        prefix,
        picture,
        boxes[1] if len(boxes) > 1 else None,
        float(shown.maps[unit][position]) if shown.gradients else None,
    )


def _position(view: View, summary: UnitSummary, unit: int, height: int, width: int) -> tuple[int, int]:
    if view.position is None:
        return summary.peak_position(unit)
    return min(view.position[0], height - 1), min(view.position[1], width - 1)


def _field(engine: Engine, prepared: Prepared, place: Place) -> tuple[tuple[Rect, ...], str]:
    """What a place can see in each picture that is shown, in pixels of what is shown, and its size for people."""
    boxes = engine.boxes.get(place.layer)
    if boxes is None:
        return (), ""
    top, left, bottom, right = (float(side) for side in boxes[:, place.position[0], place.position[1]])
    text = field_text(boxes, *place.position, engine.loaded.preprocessing.input_size)
    return prepared.boxes(Rect(top, left, bottom - top, right - left), place), text
