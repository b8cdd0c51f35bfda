"""What excited the units of the viewed layers most since the session began; lives in the inference thread."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.live.moments import Moments
from deepvis.live.session_frames import KeptPicture, SessionFrame, SessionFrames
from deepvis.records import UnitId
from deepvis.statistics.top import TopK

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from deepvis.live.summary import UnitSummary
    from deepvis.models.engine import Engine
    from deepvis.records import Frame, LayerInfo

PLACES = 9
MOST_LAYERS = 8
MOST_BYTES = 128 << 20
"""Of the pictures of one session; the layers looked at longest ago are forgotten first."""
PLAIN_BYTES = 48 << 20
"""Of pictures that are no JPEG yet: most are beaten before they have to become one, and each takes a millisecond."""
FLUSH_EVERY_S = 1.0
PRUNE_FROM = 64

_FrameKey = tuple[int, int]
"""A moment, and the number of the frame within it."""
_NONE = -1
_LARGEST_POSITION = np.iinfo(np.int32).max


class SessionExemplars:
    """The nine best moments of every unit of the layers that were viewed, with their pictures, bounded in bytes.

    Args:
        compress: gets pictures that are to become JPEGs, in another thread.
    """

    def __init__(self, compress: Callable[[KeptPicture], None]) -> None:
        self._compress = compress
        self._layers: OrderedDict[str, _LayerMemory] = OrderedDict()

    def forget(self) -> None:
        """Another model runs."""
        self._layers.clear()

    def see(self, frame: Frame, layer: LayerInfo, summary: UnitSummary, picture: torch.Tensor) -> None:
        """Take in a new frame; one that mixes two pictures counts for nothing.

        Args:
            frame: the frame.
            layer: the viewed layer.
            summary: of its activations.
            picture: what the network saw, uint8 `(1 or 3, height, width)`, on the host.
        """
        if frame.mixed:
            return
        memory = self._layers.get(layer.name)
        if memory is None:
            memory = self._layers[layer.name] = _LayerMemory(layer, frame.captured_s, self._compress)
            while len(self._layers) > MOST_LAYERS:
                self._layers.popitem(last=False)
        self._layers.move_to_end(layer.name)
        memory.see(frame, summary, picture.numpy())
        self._bound(memory)

    def frames(self, engine: Engine, layer: str, unit: int, *, keep: bool = False) -> SessionFrames | None:
        """The frames of one unit, best first; None where the layer was not seen."""
        memory = self._layers.get(layer)
        if memory is None:
            return None
        address = UnitId(engine.loaded.name, layer, unit)
        found = memory.frames(unit, engine.boxes.get(layer))
        return SessionFrames(address, memory.layer, found, memory.latest_s - memory.since_s, keep)

    def state(self, layer: str, unit: int) -> tuple[object, ...]:
        """Another value whenever `frames` of this unit would be others; cheap."""
        memory = self._layers.get(layer)
        return () if memory is None else memory.state(unit)

    def _bound(self, present: _LayerMemory) -> None:
        while len(self._layers) > 1 and sum(memory.bytes for memory in self._layers.values()) > MOST_BYTES:
            self._layers.popitem(last=False)
        if present.bytes > MOST_BYTES:
            present.drop_least_wanted(MOST_BYTES * 3 // 4)


class _LayerMemory:
    """One layer's ranking, and the pictures its entries refer to.

    A sample of the ranking is a moment; which of its frames an entry means stands in the entry's position: frame number
    within the moment x places of the map + place in the map. Within a moment a comparison per unit is all a frame
    costs; the ranking is brought up to date when the moment is over, or when somebody asks.
    """

    def __init__(self, layer: LayerInfo, since_s: float, compress: Callable[[KeptPicture], None]) -> None:
        self.layer = layer
        self._compress = compress
        self.since_s = self.latest_s = since_s
        self.bytes = 0
        self._cells = layer.height * layer.width
        self._top = TopK(layer.units, PLACES)
        self._ranked = self._top.ranked()
        self._moments = Moments()
        self._moment = -1
        self._next_number: dict[int, int] = {}
        self._kept: OrderedDict[_FrameKey, KeptPicture] = OrderedDict()
        self._fresh: list[_FrameKey] = []
        self._prune_at = PRUNE_FROM
        self._flushed_s = since_s
        # of the present moment, per unit: what a frame has to beat, and where the best since the last flush was seen
        self._to_beat: NDArray[np.float32] = np.full(layer.units, -np.inf, np.float32)
        self._numbers: NDArray[np.int64] = np.full(layer.units, _NONE)
        self._places: NDArray[np.int64] = np.zeros(layer.units, np.int64)

    def see(self, frame: Frame, summary: UnitSummary, picture: NDArray[np.uint8]) -> None:
        self.latest_s = max(self.latest_s, frame.captured_s)
        moment = self._moments.of(frame, picture)
        if moment != self._moment or frame.captured_s - self._flushed_s >= FLUSH_EVERY_S:
            self._flushed_s = frame.captured_s
            self.flush()
        if moment != self._moment or (self._next_number.get(moment, 0) + 1) * self._cells > _LARGEST_POSITION:
            self._begin(moment)
        better = summary.maxima > self._to_beat
        if better.any():
            number = self._next_number.get(self._moment, 0)
            self._next_number[self._moment] = number + 1
            self._to_beat[better] = summary.maxima[better]
            self._numbers[better], self._places[better] = number, summary.places[better]
            self._keep((self._moment, number), picture, frame)

    def flush(self) -> None:
        """Let the best of the present moment compete with those before."""
        waiting = self._numbers != _NONE
        if not waiting.any():
            return
        offered = np.where(waiting, self._to_beat, np.float32(-np.inf))
        used: set[int] = set()

        def find(_: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
            chosen = units.numpy()
            used.update(np.unique(self._numbers[chosen]).tolist())
            return torch.as_tensor(self._places[chosen] + self._numbers[chosen] * self._cells)

        self._top.update(torch.as_tensor(offered)[None], torch.tensor([self._moment]), find)
        self._ranked = self._top.ranked()
        for key in self._fresh:
            if key[1] not in used:
                self._drop(key)
        self._fresh = []
        self._numbers.fill(_NONE)
        self._to_beat = np.fmax(self._to_beat, self._ranked.values[:, -1])
        if len(self._kept) >= self._prune_at:
            self._prune()
        self._slim()

    def frames(self, unit: int, boxes: NDArray[np.int32] | None) -> tuple[SessionFrame, ...]:
        self.flush()
        ranked = self._ranked
        made = []
        entries = zip(ranked.values[unit], ranked.samples[unit], ranked.positions[unit], strict=True)
        for value, sample, position in entries:
            number, cell = divmod(int(position), self._cells)
            kept = self._kept.get((int(sample), number))
            if sample >= 0 and kept is not None:
                made.append(_frame(float(value), divmod(cell, self.layer.width), kept, boxes))
        return tuple(made)

    def state(self, unit: int) -> tuple[object, ...]:
        self.flush()
        ranked = self._ranked
        return ranked.samples[unit].tobytes(), ranked.positions[unit].tobytes(), ranked.values[unit].tobytes()

    def drop_least_wanted(self, most_bytes: int) -> None:
        """Give up the pictures that the fewest units refer to until at most `most_bytes` are left."""
        self.flush()
        counts = self._references()
        for key in sorted(self._kept, key=lambda key: counts.get(key, 0)):
            if self.bytes <= most_bytes:
                break
            self._drop(key)

    def _begin(self, moment: int) -> None:
        if moment == self._moment:
            # so many of its frames were kept that their numbers no longer fit into a position
            self.flush()
            moment = self._moments.begin_anew()
        self._moment = moment
        self._to_beat = self._ranked.values[:, -1].copy()

    def _keep(self, key: _FrameKey, picture: NDArray[np.uint8], frame: Frame) -> None:
        self._kept[key] = KeptPicture(picture, frame.title, frame.path)
        self._fresh.append(key)
        self.bytes += picture.nbytes

    def _slim(self) -> None:
        """Let the oldest pictures become JPEGs where there are too many plain ones; count what is left."""
        plain = [kept for kept in self._kept.values() if not kept.compressing]
        plain_bytes = sum(kept.nbytes for kept in plain)
        for kept in plain:
            if plain_bytes <= PLAIN_BYTES:
                break
            plain_bytes -= kept.nbytes
            kept.compressing = True
            self._compress(kept)
        self.bytes = sum(kept.nbytes for kept in self._kept.values())

    def _drop(self, key: _FrameKey) -> None:
        kept = self._kept.pop(key)
        kept.dropped = True
        self.bytes -= kept.nbytes

    def _prune(self) -> None:
        """Drop pictures nobody refers to any more; seldom, for it looks at every entry."""
        wanted = self._references()
        for key in [key for key in self._kept if key not in wanted]:
            self._drop(key)
        moments = {moment for moment, _ in wanted} | {self._moment}
        self._moments.keep_only(moments)
        self._next_number = {moment: count for moment, count in self._next_number.items() if moment in moments}
        self._prune_at = max(PRUNE_FROM, 2 * len(self._kept))

    def _references(self) -> dict[_FrameKey, int]:
        """How many entries refer to each frame."""
        taken = self._ranked.samples >= 0
        moments = self._ranked.samples[taken]
        numbers = self._ranked.positions[taken].astype(np.int64) // self._cells
        # both in one integer: sorting pairs takes many times longer
        packed, counts = np.unique((moments << 32) | numbers, return_counts=True)
        keys = zip((packed >> 32).tolist(), (packed & 0xFFFFFFFF).tolist(), strict=True)
        return dict(zip(keys, counts.tolist(), strict=True))


def _frame(value: float, position: tuple[int, int], kept: KeptPicture, boxes: NDArray[np.int32] | None) -> SessionFrame:
    box = None
    if boxes is not None:
        top, left, bottom, right = (int(side) for side in boxes[:, position[0], position[1]])
        box = _inside((top, left, bottom, right), kept.size)
    return SessionFrame(value, position, kept, box)


def _inside(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of a box `(top, left, bottom, right)` inside the picture, at least a pixel."""
    top, left = (min(max(0, start), side - 1) for start, side in zip(box[:2], size, strict=True))
    bottom, right = min(size[0], box[2]), min(size[1], box[3])
    return top, left, max(top + 1, bottom), max(left + 1, right)
