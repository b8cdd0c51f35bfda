from __future__ import annotations

import threading

import pytest

from deepvis.models.engine import build_engine
from deepvis.precompute.picture_estimate import Estimate, Trial
from deepvis.precompute.picture_pace import PicturePace
from deepvis.precompute.progress import ScanControl
from deepvis.precompute.work_list import Block
from deepvis.records import LayerInfo
from deepvis.synthesis.synthesis import Materials

EARLY, DEEP = (Block(LayerInfo(name, "Conv2d", 4, 4, 4), (0, 1, 2, 3), (0,) * 4) for name in ("early", "deep"))


def test_nothing_is_estimated_before_anything_was_measured():
    estimate = Estimate({"early": 1.0, "deep": 3.0})
    assert estimate.per_picture_s("early") is None
    assert estimate.left_s({"early": 2, "deep": 2}) is None


def test_layers_not_begun_are_estimated_by_what_they_cost_beside_the_measured_ones():
    estimate = Estimate({"early": 1.0, "deep": 3.0})
    estimate.add("early", 4, 8.0)
    assert estimate.per_picture_s("early") == 2.0
    assert estimate.per_picture_s("deep") == 6.0
    assert estimate.left_s({"early": 1, "deep": 2}) == 14.0
    estimate.add("deep", 2, 20.0)
    assert estimate.per_picture_s("deep") == 10.0


def test_a_few_steps_of_each_layer_tell_what_it_costs(networks, quick):
    engine = build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)
    layers = [engine.info().layer("body"), LayerInfo("nowhere", "Conv2d", 4, 4, 4), engine.info().layer("head")]
    found = Trial(engine, quick, Materials(), None, lambda: False).costs(layers)
    assert found["body"] > 0
    assert found["nowhere"] == pytest.approx((found["body"] + found["head"]) / 2)
    stopped = Trial(engine, quick, Materials(), None, lambda: True).costs(layers)
    assert set(stopped.values()) == {1.0}


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def run():
    """A pace over two blocks, its clock, and what it told."""
    told, clock, control = [], Clock(), ScanControl()
    pace = PicturePace([EARLY, DEEP], [EARLY, DEEP], told.append, control, clock=clock)
    pace.expect({"early": 1.0, "deep": 3.0})
    return pace, clock, told, control


def test_the_first_block_tells_how_long_all_will_take(run):
    pace, clock, told, _ = run
    early = pace.begin(EARLY, 10)
    for _ in range(5):
        early.step()
        clock.now_s += 1.0
    early.step()
    pace.tell()
    # half of the block took 5 s: another 5 s for it, and three times its 10 s for the deep one
    assert told[-1].left_s == pytest.approx(35.0)
    assert told[-1].done == 0
    deep = pace.begin(DEEP, 10)
    pace.end(early, stored=True)
    assert (told[-1].done, told[-1].left_s) == (4, pytest.approx(15.0))
    pace.end(deep, stored=False)
    assert pace.made == 4
    assert pace.seconds == pytest.approx(5.0)


def test_time_left_does_not_jump_back_when_a_block_ends(run):
    pace, clock, told, _ = run
    early = pace.begin(EARLY, 10)
    clock.now_s += 8.0
    pace.end(early, stored=True)
    pace.begin(DEEP, 10)
    before = told[-1].left_s
    clock.now_s += 23.0
    pace.tell()
    assert before == pytest.approx(24.0)
    assert told[-1].left_s == pytest.approx(1.0)
    clock.now_s += 9.0
    pace.tell()
    assert told[-1].left_s == 0.0


def test_blocks_made_at_the_same_time_share_the_time_that_is_left(run):
    pace, clock, told, _ = run
    pace.expect({"early": 1.0, "deep": 1.0}, at_once=2)
    early, deep = pace.begin(EARLY, 10), pace.begin(DEEP, 10)
    for _ in range(6):
        early.step()
        deep.step()
        clock.now_s += 1.0
    clock.now_s -= 1.0
    pace.tell()
    # half of both took 5 s
    assert told[-1].left_s == pytest.approx(5.0)
    assert told[-1].per_second == pytest.approx(2 * 4 / 10)
    clock.now_s += 5.0
    pace.end(early, stored=True)
    pace.end(deep, stored=True)
    assert pace.seconds == pytest.approx(10.0)  # 5 s until the half, and 5 s more


def test_a_pause_is_no_work(run):
    pace, clock, _, control = run
    early = pace.begin(EARLY, 10)
    clock.now_s += 4.0
    control.pause()

    def go():
        clock.now_s += 100.0
        assert early.spent_s == pytest.approx(4.0)
        control.go()

    waker = threading.Timer(0.1, go)
    waker.start()
    assert not early.step()
    waker.join()
    pace.end(early, stored=True)
    assert pace.seconds == pytest.approx(4.0)


def test_a_lane_without_work_makes_the_clock_go_no_slower(run):
    pace, clock, _, _ = run
    pace.expect({"early": 1.0, "deep": 1.0}, at_once=2)
    early, deep = pace.begin(EARLY, 10), pace.begin(DEEP, 10)
    clock.now_s += 5.0
    pace.end(early, stored=True)
    clock.now_s += 4.0
    assert pace.seconds == pytest.approx(9.0)
    pace.end(deep, stored=True)
    clock.now_s += 100.0
    assert pace.seconds == pytest.approx(9.0)


def test_a_stop_ends_the_ascent_at_the_next_step(run):
    pace, _, _, control = run
    early = pace.begin(EARLY, 10)
    assert not early.step()
    control.stop()
    assert early.step()


def test_a_run_that_is_given_up_ends_its_ascents_at_the_next_step(run):
    pace, _, _, _ = run
    early = pace.begin(EARLY, 10)
    assert not early.step()
    pace.give_up()
    assert early.step()
