"""What the person's changes do to a frame's answer, what feeds the selected unit, and what it does itself."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from deepvis.attribution.feeding import Feeding
from deepvis.attribution.unit_value import UnitValue
from deepvis.causes import Intervention, in_force
from deepvis.live.cause_result import Baseline, Causes, ClassMove, Does, Feed, Feeds
from deepvis.live.pairs import layers_of, place_of
from deepvis.models.errors import ModelError
from deepvis.models.intervention import Changed
from deepvis.models.pair_calls import calls_of, listed_name
from deepvis.records import SOFTMAX, Pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from deepvis.live.backward_view import Seen
    from deepvis.live.result import UnitReading
    from deepvis.models.engine import Engine, EngineAnswer
    from deepvis.records import View

log = logging.getLogger(__name__)

MOVERS = 8
"""Classes told of a change."""

ROWS = 48
"""Units told of an earlier layer."""

MOST_ANSWERS = 4
"""Answers to one frame that are remembered, by the changes they are of."""

NO_CLASSES = "This network's output is not a list of classes."
NOTHING_BEFORE = "No layer of the list comes before this one: it looks at the picture itself."
NOTHING_MOVES = "Muting it changes nothing in this frame."


@dataclass(slots=True, eq=False)
class _Job:
    """What is known of what feeds one unit in one frame."""

    key: object
    feeds: Feeds
    feeding: Feeding | None = None
    changes: frozenset[Intervention] = frozenset()
    effects: dict[int, float] = field(default_factory=dict)
    wanted: int = 0
    begun: bool = False
    rest: Iterator[list[tuple[int, float]]] | None = None


def changed(engine: Engine, changes: frozenset[Intervention] | tuple[Intervention, ...]) -> Changed:
    """While it lasts the engine's network runs with these changes, in this thread.

    Raises:
        ModelError: one of them cannot be made in this network.
    """
    return Changed(engine.loaded.network, engine.taps, changes)


def earlier_layers(engine: Engine, layer: str) -> tuple[str, ...]:
    """Layers of the default list that come before another, in order of execution, and whose units can be muted.

    Of layers that run once for each of two pictures the calls for the same picture are compared; what looks at the
    other picture only is left out.
    """
    order = {name: index for index, name in enumerate(engine.taps)}
    picture, found = engine.taps[layer].info.of_picture, []
    for tap in engine.taps.values():
        info = tap.info
        call = calls_of(info)[0] if picture == 1 else info.name
        apart = picture and not info.pair and info.of_picture not in (0, picture)
        # probabilities do not depend on the classes before them in any way that would be worth telling
        told = info.worth_showing and not info.why_fixed and not (layer == SOFTMAX and info.is_classes)
        if told and not apart and order[call] < order[layer]:
            found.append(tap.name)
    return tuple(found)


class CauseView:
    """Asks the network what it would answer with other changes, as far as somebody looks; remembers one frame."""

    def __init__(self) -> None:
        self._frame: tuple[object, ...] = ()
        self._answers: dict[tuple[str, Pair, frozenset[Intervention]], EngineAnswer] = {}
        self._job: _Job | None = None
        self._asked: tuple[Engine, Seen, View] | None = None
        self._told: Causes | None = None

    def forget(self) -> None:
        """Let go of everything: another network runs."""
        self._frame, self._job, self._asked, self._told = (), None, None, None
        self._answers.clear()

    def follow(self, engine: Engine, seen: Seen, view: View, present: EngineAnswer) -> None:
        """Get ready for a frame and a view.

        Args:
            engine: the network.
            seen: the frame; its key knows nothing of changes.
            view: what the person looks at.
            present: the answer with the view's changes.
        """
        frame = (engine, seen.key)
        if frame != self._frame:
            self._answers.clear()
            self._frame = frame
        if not view.causes.feeds:
            self._job = None
        self._asked = engine, seen, view
        self._answers[view.layer, view.pair, in_force(view.changes)] = present

    def baseline(self, present: EngineAnswer, reading: UnitReading | None) -> Baseline | None:
        """The answer without changes; None where there are none."""
        if self._asked is None or reading is None:
            return None
        engine, _, view = self._asked
        if not in_force(view.changes):
            return None
        plain = self._ask(frozenset(), to_the_end=view.predictions)
        unit_map = plain.activations.maps[reading.unit]
        probabilities = plain.probabilities if view.predictions else None
        shown = present.predictions if probabilities is not None else ()
        return Baseline(
            plain.predictions if view.predictions else (),
            tuple(float(probabilities[item.index]) for item in shown) if probabilities is not None else (),
            float(unit_map[reading.position]),
            float(unit_map.max()),
            class_moves(engine, plain, present) if view.predictions else (),
        )

    def causes(self) -> Causes | None:
        """What is asked about the selected unit's causes; None where nothing is."""
        if self._asked is None:
            return None
        engine, seen, view = self._asked
        if not view.causes.feeds and not view.causes.does:
            return None
        unit = min(view.unit, engine.taps[view.layer].info.units - 1)
        feeds = self._feeds(engine, seen, view, unit) if view.causes.feeds else None
        does = self._does(engine, view, unit) if view.causes.does else None
        self._told = Causes(view.layer, unit, feeds, does)
        return self._told

    @property
    def pending(self) -> bool:
        """Whether units of the earlier layer are still to be muted in turn."""
        return self._job is not None and self._job.rest is not None

    def go_on(self) -> Causes | None:
        """Mute some more; None where nothing is to be told."""
        job, told = self._job, self._told
        if job is None or job.rest is None or told is None or self._asked is None:
            return None
        engine = self._asked[0]
        try:
            with changed(engine, job.changes):
                found = next(job.rest, None)
        except Exception:  # the network is the person's own code: anything may come out of it
            log.info("Muting units of %s in turn failed", job.feeds.layer, exc_info=True)
            found = None
        job.effects.update(found or [])
        if found is None or len(job.effects) >= job.wanted:
            job.rest, job.wanted = None, len(job.effects)
        self._told = Causes(told.layer, told.unit, _told(engine, job), told.does)
        return self._told

    def _ask(self, changes: frozenset[Intervention], *, to_the_end: bool) -> EngineAnswer:
        if self._asked is None:
            raise ModelError("There is no picture yet.")
        engine, seen, view = self._asked
        key = (view.layer, view.pair, changes)
        known = self._answers.pop(key, None)
        if known is None or (to_the_end and not known.complete):
            layer, beside = layers_of(engine.taps[view.layer].info, view.pair)
            with changed(engine, changes):
                known = engine.ask(seen.picture, layer, to_the_end=to_the_end, beside=beside)
        self._answers[key] = known
        while len(self._answers) > MOST_ANSWERS:
            del self._answers[next(iter(self._answers))]
        return known

    def _does(self, engine: Engine, view: View, unit: int) -> Does:
        info = engine.taps[view.layer].info
        if info.why_fixed or not engine.classes:
            return Does(reason=info.why_fixed or NO_CLASSES)
        taps, mine = engine.taps, (listed_name(engine.taps, view.layer), unit)
        others = frozenset(
            change for change in in_force(view.changes) if (listed_name(taps, change.layer), change.unit) != mine
        )
        before = self._ask(others, to_the_end=True)
        after = self._ask(others | {Intervention(view.layer, unit)}, to_the_end=True)
        moves = class_moves(engine, before, after)
        return Does(moves, "" if moves else NOTHING_MOVES)

    def _feeds(self, engine: Engine, seen: Seen, view: View, unit: int) -> Feeds:
        offered = earlier_layers(engine, layers_of(engine.taps[view.layer].info, view.pair)[0])
        if not offered:
            return Feeds("", (), reason=NOTHING_BEFORE)
        wish = view.causes
        inputs = wish.inputs if wish.inputs in offered else offered[-1]
        # what is done to the unit itself, and to others of its layer, comes after what feeds it
        mine = listed_name(engine.taps, view.layer)
        changes = frozenset(
            change for change in in_force(view.changes) if listed_name(engine.taps, change.layer) != mine
        )
        key = (self._frame, changes, view.layer, view.pair, unit, view.position, wish.whole, inputs)
        if self._job is None or self._job.key != key:
            value = _value(engine, view, unit)
            job = _Job(key, Feeds(inputs, offered), changes=changes)
            _estimate(engine, seen.picture, job, value, follow=not wish.whole and value.position is None)
            self._job = job
        job = self._job
        if job.feeding is not None and seen.still and not job.begun:
            job.begun, job.wanted = True, len(job.feeding.candidates())
            job.rest = job.feeding.exact() if job.wanted else None
        return _told(engine, job)


def class_moves(engine: Engine, before: EngineAnswer, after: EngineAnswer) -> tuple[ClassMove, ...]:
    """Classes whose probability differs most between two answers, the largest move first; none where none differs."""
    if before.probabilities is None or after.probabilities is None or before.logits is None or after.logits is None:
        return ()
    first, second = _host(before.probabilities), _host(after.probabilities)
    logits = _host(after.logits) - _host(before.logits)
    order = np.argsort(-np.abs(np.nan_to_num(second - first)), kind="stable")[:MOVERS]
    labels = _labels(engine)
    return tuple(
        ClassMove(
            int(index), _label(labels, int(index)), float(first[index]), float(second[index]), float(logits[index])
        )
        for index in order
        if first[index] != second[index]
    )


def _value(engine: Engine, view: View, unit: int) -> UnitValue:
    """What is read of the unit in whose map; where its maximum is followed, that is found later."""
    if view.causes.whole or view.position is None:
        return UnitValue(view.layer, unit, None, view.pair)
    place = place_of(engine.taps[view.layer].info, view.pair, view.position)
    return UnitValue(view.layer, unit, place.position, (view.pair, Pair.FIRST, Pair.SECOND)[place.picture])


def _estimate(engine: Engine, picture: torch.Tensor, job: _Job, value: UnitValue, *, follow: bool) -> None:
    started_s = time.perf_counter()
    inputs, offered = job.feeds.layer, job.feeds.offered
    try:
        feeding = Feeding(engine, picture, value, inputs, follow=follow)
        with changed(engine, job.changes):
            found = feeding.estimate()
    except ModelError as error:
        job.feeds = Feeds(inputs, offered, reason=str(error))
        return
    except Exception as error:  # the network is the person's own code: anything may come out of it
        log.info("What feeds %s could not be estimated", value.layer, exc_info=True)
        text = f"It cannot be estimated here: {type(error).__name__}: {error}. Choose another earlier layer."
        job.feeds = Feeds(inputs, offered, reason=text)
        return
    job.feeding = feeding
    milliseconds = (time.perf_counter() - started_s) * 1000
    info = engine.taps[value.layer].info
    job.feeds = Feeds(
        inputs,
        offered,
        found.value,
        found.position,
        total=len(found.effects),
        mapped=info.height * info.width > 1,
        rectified=found.rectified,
        milliseconds=milliseconds,
        whose=found.pair if info.pair else None,
    )


def _told(engine: Engine, job: _Job) -> Feeds:
    """The record of a job as far as it is."""
    if job.feeding is None:
        return job.feeds
    estimates = np.nan_to_num(job.feeding.estimate().effects)
    effects = estimates.copy()
    if job.effects:
        effects[list(job.effects)] = list(job.effects.values())
    order = np.argsort(-np.abs(np.nan_to_num(effects)), kind="stable")[:ROWS]
    labels = _labels(engine) if engine.taps[job.feeds.layer].info.is_classes else ()
    rows = tuple(
        Feed(unit, labels[unit] if unit < len(labels) else "", float(estimates[unit]), job.effects.get(unit))
        for unit in map(int, order)
        if effects[unit] != 0
    )
    feeds = job.feeds
    nothing = "" if rows else f"No unit of {feeds.layer} matters to it in this frame."
    return replace(feeds, rows=rows, measured=len(job.effects), wanted=job.wanted, reason=nothing)


def _labels(engine: Engine) -> tuple[str, ...]:
    return engine.loaded.labels if len(engine.loaded.labels) == engine.classes else ()


def _label(labels: tuple[str, ...], index: int) -> str:
    return labels[index] if index < len(labels) else f"class {index}"


def _host(values: torch.Tensor) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    found: np.ndarray[tuple[int], np.dtype[np.float32]] = values.detach().float().cpu().numpy()
    return found
