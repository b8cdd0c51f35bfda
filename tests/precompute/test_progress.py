"""Rates, estimates, and being paused."""

from __future__ import annotations

import threading

from deepvis.precompute.progress import Pace, ScanControl


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_the_rate_is_that_of_the_last_seconds_and_the_estimate_follows():
    clock, told = Clock(), []
    pace = Pace(told.append, "scanning", 1000, clock=clock)
    pace.tell(0, 0)
    assert (told[-1].per_second, told[-1].left_s) == (0.0, None)
    for second in range(1, 101):
        clock.now = 100.0 + second
        pace.tell(second if second <= 60 else 60 + 5 * (second - 60), 3)
    last = told[-1]
    assert (last.done, last.total, last.skipped) == (260, 1000, 3)
    assert last.per_second == 5.0
    assert last.left_s == (1000 - 260) / 5


def test_it_is_told_a_few_times_a_second_at_most():
    clock, told = Clock(), []
    pace = Pace(told.append, "scanning", 1000, clock=clock)
    for step in range(1000):
        clock.now = 100.0 + step / 1000
        pace.tell(step, 0)
    assert 4 <= len(told) <= 6
    pace.tell(1000, 0, now=True)
    assert told[-1].done == 1000


def test_a_pause_is_no_work():
    clock, told = Clock(), []
    pace = Pace(told.append, "scanning", 100, clock=clock)
    pace.tell(0, 0)
    clock.now += 2
    pace.tell(20, 0)
    clock.now += 1000
    pace.leave_out(1000)
    clock.now += 2
    pace.tell(40, 0)
    assert told[-1].per_second == 10.0


def test_waiting_ends_with_going_on_or_stopping():
    for end in (ScanControl.go, ScanControl.stop):
        control = ScanControl()
        control.wait()
        control.pause()
        assert control.paused
        thread = threading.Thread(target=control.wait)
        thread.start()
        assert thread.is_alive()
        end(control)
        thread.join(10)
        assert not thread.is_alive()
        assert not control.paused
