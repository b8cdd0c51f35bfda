"""What excited the units most since the session began, against a plain loop."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from deepvis.live import session_exemplars
from deepvis.live.session_exemplars import PLACES, SessionExemplars
from deepvis.live.session_watch import SessionWatch
from deepvis.live.summary import UnitSummary
from deepvis.records import Frame, LayerInfo, View

LAYER = LayerInfo("conv", "Conv2d", 5, 3, 4)
BOXES = np.zeros((4, 3, 4), np.int32)
BOXES[0], BOXES[1] = np.arange(3)[:, None] * 10 - 5, np.arange(4) * 10
BOXES[2], BOXES[3] = BOXES[0] + 20, BOXES[1] + 20
RGB = np.zeros((2, 2, 3), np.uint8)


class Scene:
    """Frames with activations made up; picture `number` can be told by its color."""

    def __init__(self, seed=0, units=5):
        self.random = np.random.default_rng(seed)
        self.layer = LayerInfo("conv", "Conv2d", units, 3, 4)
        self.seen = []

    def frame(self, captured_s, maxima=None, path=None):
        number = len(self.seen)
        units = self.layer.units
        values = self.random.normal(size=units) if maxima is None else np.broadcast_to(maxima, units)
        values = values.astype(np.float32)
        places = self.random.integers(0, 12, units)
        tone = self.random.integers(0, 256, (3, 2, 2), dtype=np.uint8).repeat(12, 1).repeat(20, 2)
        tone[0, 0, 0], tone[1, 0, 0] = number % 256, number // 256
        self.seen.append((captured_s, values, places))
        frame = Frame(RGB, number, captured_s, "camera 0", path)
        return frame, self.layer, UnitSummary(values, values, values, places, 4), torch.from_numpy(tone)

    def best(self, unit, moment_of=int):
        """The best frame of each moment, best nine moments: `(value, place, number)`."""
        best = {}
        for number, (captured_s, values, places) in enumerate(self.seen):
            moment, value = moment_of(captured_s), float(values[unit])
            if not np.isnan(value) and (moment not in best or value > best[moment][0]):
                best[moment] = (value, int(places[unit]), number)
        return sorted(best.values(), key=lambda entry: -entry[0])[:PLACES]


def engine(boxes=BOXES):
    return SimpleNamespace(
        loaded=SimpleNamespace(name="net"),
        taps={"conv": SimpleNamespace(info=LAYER)},
        boxes={} if boxes is None else {"conv": boxes},
    )


def entries(exemplars, unit, boxes=None):
    found = exemplars.frames(engine(boxes), "conv", unit)
    made = []
    for entry in found.frames:
        rgb = entry.picture._picture if not isinstance(entry.picture._picture, bytes) else None
        number = None if rgb is None else int(rgb[0, 0, 0]) + 256 * int(rgb[1, 0, 0])
        made.append((entry.value, entry.position[0] * 4 + entry.position[1], number))
    return made


def test_every_unit_has_the_best_frame_of_its_nine_best_moments():
    scene, exemplars = Scene(), SessionExemplars([].append)
    for number in range(700):
        exemplars.see(*scene.frame(number / 20))
    for unit in range(5):
        assert entries(exemplars, unit) == scene.best(unit)


def test_the_answer_is_the_same_when_somebody_asks_all_the_time():
    scene, exemplars = Scene(3), SessionExemplars([].append)
    for number in range(200):
        exemplars.see(*scene.frame(number / 20))
        exemplars.state("conv", number % 5)
        if number % 17 == 0:
            assert entries(exemplars, 2) == scene.best(2)


def test_a_frame_that_excites_nobody_changes_nothing():
    scene, exemplars = Scene(), SessionExemplars([].append)
    for second in range(12):
        exemplars.see(*scene.frame(second, maxima=10.0 + second))
    before = exemplars.state("conv", 0)
    exemplars.see(*scene.frame(13, maxima=1.0))
    assert exemplars.state("conv", 0) == before
    exemplars.see(*scene.frame(14, maxima=100.0))
    assert exemplars.state("conv", 0) != before


def test_values_that_are_no_numbers_count_for_nothing():
    scene, exemplars = Scene(), SessionExemplars([].append)
    for second in range(5):
        exemplars.see(*scene.frame(second, maxima=np.array([np.nan, 1, 2, 3, 4])))
    assert entries(exemplars, 0) == []
    assert len(entries(exemplars, 1)) == 5


def test_a_cross_fade_of_two_pictures_counts_for_nothing():
    scene, exemplars = Scene(), SessionExemplars([].append)
    exemplars.see(*scene.frame(0.0, maxima=1.0))
    frame, *others = scene.frame(5.0, maxima=9.0)
    exemplars.see(replace(frame, mixed=True), *others)
    assert [entry[0] for entry in entries(exemplars, 0)] == [1.0]


def test_what_a_position_sees_is_clipped_to_the_picture():
    scene, exemplars = Scene(), SessionExemplars([].append)
    exemplars.see(*scene.frame(0.0))
    (entry,) = exemplars.frames(engine(), "conv", 1).frames
    top, left, bottom, right = (int(side) for side in BOXES[:, entry.position[0], entry.position[1]])
    assert entry.box == (max(0, top), left, min(24, bottom), min(40, right))
    (entry,) = exemplars.frames(engine(None), "conv", 1).frames
    assert entry.box is None
    assert entry.picture.rgb().shape == (24, 40, 3)


def test_pictures_nobody_refers_to_are_given_up():
    scene, exemplars = Scene(units=2), SessionExemplars([].append)
    for number in range(2000):
        exemplars.see(*scene.frame(number / 10))
    kept = exemplars._layers["conv"]._kept
    assert len(kept) < 100  # 2 units refer to 18 at most
    assert exemplars._layers["conv"].bytes == sum(one.nbytes for one in kept.values())


def test_too_many_plain_pictures_are_handed_over_to_become_small(monkeypatch):
    monkeypatch.setattr(session_exemplars, "PLAIN_BYTES", 10 * 24 * 40 * 3)
    handed = []
    scene, exemplars = Scene(), SessionExemplars(handed.append)
    for number in range(300):
        exemplars.see(*scene.frame(number / 5))
        for picture in handed:
            picture.compress()
    assert handed
    plain = [one for one in exemplars._layers["conv"]._kept.values() if not one.compressing]
    assert len(plain) <= 10 + 10  # and those of the last seconds
    for unit in range(5):
        assert [entry[:2] for entry in entries(exemplars, unit)] == [entry[:2] for entry in scene.best(unit)]


def test_memory_stays_bounded_and_the_least_wanted_pictures_go_first(monkeypatch):
    monkeypatch.setattr(session_exemplars, "MOST_BYTES", 12 * 24 * 40 * 3)
    scene, exemplars = Scene(units=8), SessionExemplars([].append)
    for number in range(300):
        exemplars.see(*scene.frame(number / 5))
        assert exemplars._layers["conv"].bytes <= 13 * 24 * 40 * 3
    assert entries(exemplars, 0)
    assert set(entries(exemplars, 0)) <= set(scene.best(0))


def test_only_the_layers_viewed_last_are_remembered():
    scene, exemplars = Scene(), SessionExemplars([].append)
    for number in range(session_exemplars.MOST_LAYERS + 3):
        frame, _, summary, picture = scene.frame(float(number))
        exemplars.see(frame, LayerInfo(f"layer{number}", "Conv2d", 5, 3, 4), summary, picture)
    assert exemplars.frames(engine(), "layer2", 0) is None
    assert exemplars.frames(engine(), "layer3", 0) is not None
    exemplars.forget()
    assert exemplars.frames(engine(), "layer3", 0) is None


def test_a_moment_of_more_frames_than_positions_can_number_begins_anew(monkeypatch):
    monkeypatch.setattr(session_exemplars, "_LARGEST_POSITION", 12 * 5)
    scene, exemplars = Scene(), SessionExemplars([].append)
    for number in range(30):
        exemplars.see(*scene.frame(number / 100, maxima=float(number)))
    assert entries(exemplars, 0)[0][::2] == (29.0, 29)


# ---------------------------------------------------------------------------------------------------- when it is told


@pytest.fixture
def told():
    return []


@pytest.fixture
def watch(told):
    return SessionWatch(told.append, [].append)


def look(watch, net, unit=0):
    watch.tell(net, View("net", "conv", unit))


def test_another_unit_is_told_at_once_and_the_same_one_only_when_it_changed(watch, told):
    net, scene = engine(), Scene()
    look(watch, net)
    assert [len(frames.frames) for frames in told] == [0]
    watch.see(net, *arguments(scene.frame(0.0, maxima=1.0)))
    look(watch, net, unit=1)
    look(watch, net, unit=1)
    assert [(frames.unit.unit, len(frames.frames)) for frames in told] == [(0, 0), (1, 1)]


def test_changes_are_told_now_and_then_and_never_lost(watch, told, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("deepvis.live.session_watch.time.monotonic", lambda: now[0])
    net, scene = engine(), Scene()
    look(watch, net)
    for number in range(10):
        watch.see(net, *arguments(scene.frame(float(number), maxima=number + 1.0)))
        look(watch, net)
    assert len(told) == 1
    assert watch.delay_s() == pytest.approx(0.5)
    now[0] += 0.5
    look(watch, net)
    assert len(told[1].frames) == 9
    assert told[1].since_s == 9.0
    assert watch.delay_s() is None


def test_what_is_to_be_kept_is_handed_over_as_it_is_now(watch, told):
    net, scene = engine(), Scene()
    watch.see(net, *arguments(scene.frame(0.0)))
    watch.keep(net, View("net", "conv", 2))
    assert told[0].keep
    assert told[0].unit.unit == 2
    assert len(told[0].frames) == 1


def arguments(seen):
    frame, layer, summary, picture = seen
    return frame, layer.name, summary, picture
