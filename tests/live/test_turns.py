"""When a synthesis rests so that live frames keep their pace."""

from __future__ import annotations

import os

import pytest

from deepvis.live.turns import LOSS, MOST_WORK, Turns


class Machine:
    """A clock, frames that take `alone_s` (`disturbed_s` beside a step of the synthesis), and a synthesis."""

    def __init__(self, alone_s, disturbed_s, step_s=0.04):
        self.now_s = 0.0
        self.turns = Turns(1, lambda: self.now_s)
        self.frames = 0
        self.worked_s = 0.0
        self._per_s = {False: 1 / alone_s, True: 1 / disturbed_s}
        self._step_s = step_s
        self._progress = 0.0

    def pass_time(self, seconds, *, working, frames=True):
        """Small pieces of time, and frames as far as they get in them."""
        pieces = max(1, round(seconds / 0.001))
        for _ in range(pieces):
            self.now_s += seconds / pieces
            self._progress += self._per_s[working] * seconds / pieces * frames
            if self._progress >= 1:
                self._progress -= 1
                self.frames += 1
                self.turns.frame()

    def synthesize(self, seconds, *, frames=True):
        """Frames per second over the time, and the part of it that the synthesis worked."""
        begun_s, before, worked_s = self.now_s, self.frames, self.worked_s
        while self.now_s < begun_s + seconds:
            self.turns.begin_step()
            self.pass_time(self._step_s, working=True, frames=frames)
            self.worked_s += self._step_s
            self.turns.end_step()
            self.pass_time(self.turns.rest_s(), working=False, frames=frames)
        spent_s = self.now_s - begun_s
        return (self.frames - before) / spent_s, (self.worked_s - worked_s) / spent_s


@pytest.mark.parametrize("alone_s", [0.02, 0.08, 0.4])
@pytest.mark.parametrize("slower", [1.0, 1.15, 1.5, 2.0, 4.0])
@pytest.mark.parametrize("step_s", [0.03, 0.5])
def test_live_frames_lose_less_than_a_third_whatever_a_synthesis_does_to_them(alone_s, slower, step_s):
    machine = Machine(alone_s, alone_s * slower, step_s)
    machine.pass_time(20 * alone_s, working=False)
    machine.synthesize(10)
    fps, part = machine.synthesize(30)
    assert fps * alone_s > 0.7
    least = 0.9 * min(MOST_WORK, LOSS / (1 - 1 / slower) if slower > 1 else 1)
    assert part > least, "it rests more than it needs to"


def test_beside_a_still_picture_it_never_rests_and_takes_all_cores():
    machine = Machine(0.05, 0.1)
    machine.pass_time(2, working=False)
    assert machine.turns.threads == max(1, (os.cpu_count() or 1) - 2)
    machine.pass_time(2, working=False, frames=False)
    assert machine.turns.threads == (os.cpu_count() or 1)
    _, part = machine.synthesize(5, frames=False)
    assert part == pytest.approx(1)


def test_the_first_step_comes_at_once():
    machine = Machine(0.05, 0.1)
    machine.pass_time(2, working=False)
    assert machine.turns.rest_s() == 0


def test_it_finds_out_when_frames_become_slower_by_themselves():
    """Another layer is viewed: its frames take four times as long, and that is not the fault of the synthesis."""
    machine = Machine(0.05, 0.06)
    machine.pass_time(2, working=False)
    machine.synthesize(10)
    machine._per_s = {False: 1 / 0.2, True: 1 / 0.24}
    machine.synthesize(20)
    fps, part = machine.synthesize(20)
    assert fps > 0.7 / 0.2
    assert part > 0.8
