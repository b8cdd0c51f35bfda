"""From a frame and a view to a `LiveResult`: prepare, ask the network, draw. No threads here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.imaging.tiling import lay_out
from deepvis.live.mosaic import compose_grid
from deepvis.live.pair_pictures import Prepared, draw_seam, preparation_key, prepare
from deepvis.live.pairs import draw_seams, layers_of, place_of, seam_color, shown_layer
from deepvis.live.result import GridPicture, LiveResult, UnitReading
from deepvis.live.summary import ColorScale, UnitSummary, color_scale, summarize
from deepvis.live.tile_order import LayerTrack
from deepvis.live.unit_picture import compose_unit
from deepvis.models.receptive_field import field_text
from deepvis.records import Frame, LayerInfo, Rect, Scaling, Stage, View

if TYPE_CHECKING:
    import torch

    from deepvis.live.pairs import Place
    from deepvis.models.engine import Engine, EngineAnswer


@dataclass(frozen=True, eq=False)
class _Asked:
    key: tuple[object, ...]
    answer: EngineAnswer
    summary: UnitSummary
    extent: tuple[float, float]


class Answering:
    """Remembers the last preparation, forward pass and layer: a new look at an old frame costs a drawing only."""

    def __init__(self) -> None:
        self._prepared: Prepared | None = None
        self._asked: _Asked | None = None
        self._track = LayerTrack()
        self._track_key: tuple[object, ...] = ()

    def forget(self) -> None:
        """Drop everything remembered: the network changed."""
        self._prepared = self._asked = None
        self._track_key = ()

    def answer(self, engine: Engine, frame: Frame, view: View) -> LiveResult:
        """Answer a view of a frame.

        Raises:
            KeyError: where the engine has no such layer.
            Exception: whatever the network's own code raises.
        """
        started_s = time.perf_counter()
        info = shown_layer(engine.taps[view.layer].info, view.pair)
        prepared = self._prepare(engine, frame, view)
        asked = self._ask(engine, prepared, frame, view)
        seen = prepared.seen(engine)
        scale = color_scale(asked.extent, view.grid.colormap, per_unit=view.grid.scaling is Scaling.UNIT)
        return LiveResult(
            frame,
            view,
            engine.loaded.name,
            prepared.picture_rgb,
            seen[0],
            info,
            self._grid(asked, info, scale, view),
            _reading(engine, asked, prepared, scale, view),
            asked.answer.predictions if view.predictions else (),
            forward_ms=asked.answer.forward_ms,
            total_ms=(time.perf_counter() - started_s) * 1000,
            summary=asked.summary,
            also_seen=seen[1] if len(seen) > 1 else None,
        )

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
        key = (prepared.key, view.layer)
        known = self._asked is not None and self._asked.key == key
        if self._asked is not None and known and (self._asked.answer.complete or not view.predictions):
            return self._asked
        layer, beside = layers_of(engine.taps[view.layer].info, view.pair)
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

    def _grid(self, asked: _Asked, info: LayerInfo, scale: ColorScale, view: View) -> GridPicture | None:
        if view.grid.height < 1 or view.grid.width < 1 or view.stage is not Stage.ACTIVATIONS:
            return None
        units = self._track.tiles(asked.summary, view.grid)
        layout = lay_out(units, info.height, info.width, view.grid)
        bgrx = compose_grid(asked.answer.activations.maps, layout, scale, asked.summary, view.grid)
        if info.side_by_side:
            draw_seams(bgrx, layout, seam_color(view.grid))
        hidden = info.units - len(units)
        return GridPicture(bgrx, layout, scale, asked.summary, hidden, info.units, len(asked.summary.nan_units))


def _reading(engine: Engine, asked: _Asked, prepared: Prepared, scale: ColorScale, view: View) -> UnitReading | None:
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
        picture = compose_unit(unit_map, beneath, scale, view.grid, pane)
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
