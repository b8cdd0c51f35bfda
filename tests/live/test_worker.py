"""The class behind every worker thread."""

from __future__ import annotations

import os
import sys
import threading
import time

import pytest

from deepvis.live import worker as worker_module
from deepvis.live.capture import CaptureWorker
from deepvis.live.events import Notice
from deepvis.live.gallery_loader import GalleryLoader
from deepvis.live.inference import InferenceWorker
from deepvis.live.mailbox import Outbox
from deepvis.live.studio import StudioWorker
from deepvis.live.weights import WeightWorker
from deepvis.live.worker import BEHIND, Worker

PATIENCE_S = 10


class Recording(Worker):
    """Notes what is called in which thread, and does what the test says."""

    name = "deepvis-recording"

    def __init__(self, events, *, step=None, opening=None):
        super().__init__(events.put)
        self.calls = []
        self.stepped = threading.Semaphore(0)
        self._do = step
        self._opening = opening

    def open(self):
        self._note("open")
        if self._opening:
            raise self._opening

    def step(self):
        self._note("step")
        self.stepped.release()
        if self._do:
            self._do(self.calls.count("step"))
        self.bell.wait(PATIENCE_S)

    def close(self):
        self._note("close")

    def _note(self, what):
        assert threading.current_thread().name == self.name
        self.calls.append(what)


@pytest.fixture
def events():
    return Outbox()


def ended(worker):
    worker.stop()
    return worker.join(PATIENCE_S)


def test_a_worker_opens_steps_and_closes_in_its_own_thread(events):
    worker = Recording(events)
    worker.start()
    assert worker.stepped.acquire(timeout=PATIENCE_S)
    assert not worker.stopping
    assert ended(worker)
    assert worker.calls[0] == "open"
    assert worker.calls[-1] == "close"
    assert worker.calls.count("close") == 1
    assert events.take_all() == []


def test_asking_to_stop_wakes_a_worker_that_waits(events):
    worker = Recording(events)
    worker.start()
    assert worker.stepped.acquire(timeout=PATIENCE_S)
    begun = time.monotonic()
    assert ended(worker)
    assert time.monotonic() - begun < PATIENCE_S / 2


def test_a_worker_that_still_works_is_told_from_one_that_ended(events):
    release = threading.Event()
    worker = Recording(events, step=lambda _count: release.wait(PATIENCE_S))
    worker.start()
    assert worker.stepped.acquire(timeout=PATIENCE_S)
    worker.stop()
    assert not worker.join(0.01)
    release.set()
    assert worker.join(PATIENCE_S)


def test_a_worker_that_was_never_started_has_ended(events):
    worker = Recording(events)
    worker.stop()
    assert worker.join(0)
    assert worker.calls == []


def test_a_step_that_fails_is_reported_and_the_thread_lives_on(events, monkeypatch):
    monkeypatch.setattr(worker_module, "REST_AFTER_FAULT_S", 0.01)

    def fail_twice(count):
        if count < 3:
            raise ValueError(f"step {count} went wrong")

    worker = Recording(events, step=fail_twice)
    worker.start()
    for _ in range(3):
        assert worker.stepped.acquire(timeout=PATIENCE_S)
    assert ended(worker)
    assert events.take_all() == [
        Notice(f"deepvis-recording met an unexpected ValueError: step {count} went wrong", "error") for count in (1, 2)
    ]


def test_a_worker_that_fails_all_the_time_rests_in_between_and_can_be_stopped(events):
    def fail(_count):
        raise ValueError("again")

    worker = Recording(events, step=fail)
    worker.start()
    assert worker.stepped.acquire(timeout=PATIENCE_S)
    assert worker.stepped.acquire(timeout=PATIENCE_S)
    assert ended(worker)
    assert worker.calls.count("step") < 5


def test_a_worker_that_cannot_open_says_so_closes_and_ends(events):
    worker = Recording(events, opening=OSError("the device is busy"))
    worker.start()
    assert worker.join(PATIENCE_S)
    assert worker.calls == ["open", "close"]
    assert events.take_all() == [
        Notice("deepvis-recording met an unexpected OSError: the device is busy", "error"),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a niceness per thread")
@pytest.mark.parametrize("niceness", [0, 3])
def test_a_worker_stands_back_behind_the_window_by_its_niceness_from_the_first_step_on(events, niceness):
    def niceness_here():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    found, own = [], niceness_here()
    worker = Recording(events, step=lambda _count: found.append(niceness_here()))
    worker.niceness = niceness
    worker.start()
    assert worker.stepped.acquire(timeout=PATIENCE_S)
    assert ended(worker)
    assert found[0] == min(19, own + niceness)
    assert niceness_here() == own


def test_what_works_beside_live_pictures_stands_back_and_what_makes_them_does_not():
    assert {worker.niceness for worker in (GalleryLoader, StudioWorker, WeightWorker)} == {BEHIND}
    assert {worker.niceness for worker in (CaptureWorker, InferenceWorker)} == {0}
    assert BEHIND > 0
