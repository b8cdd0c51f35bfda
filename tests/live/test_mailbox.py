"""Handing things from thread to thread."""

from __future__ import annotations

import threading
import time

import pytest

from deepvis.live.mailbox import Bell, Mailbox, Outbox


def run_together(*jobs):
    start = threading.Barrier(len(jobs))
    failures = []

    def run(job):
        start.wait(10)
        try:
            job()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    assert not failures


def test_the_newest_item_wins_and_replaced_ones_are_counted():
    box = Mailbox()
    assert box.take() is None
    for item in ("old", "older", "newest"):
        box.put(item)
    assert box.waiting
    assert box.take() == "newest"
    assert box.take() is None
    assert not box.waiting
    assert box.replaced == 2


def test_an_item_that_was_taken_is_not_replaced():
    box = Mailbox()
    for item in range(5):
        box.put(item)
        assert box.take() == item
    assert box.replaced == 0


@pytest.mark.parametrize("box_type", [Mailbox, Outbox])
def test_whoever_is_told_of_an_item_finds_it(box_type):
    found = []
    box = box_type(lambda: found.append(box.take() if box_type is Mailbox else box.take_all()))
    box.put("item")
    assert found == ["item" if box_type is Mailbox else ["item"]]


def test_an_outbox_loses_nothing_and_keeps_the_order():
    box = Outbox()
    for item in range(5):
        box.put(item)
    assert box.take_all() == [0, 1, 2, 3, 4]
    assert box.take_all() == []


def test_a_ring_before_the_wait_is_not_lost_and_wakes_once():
    bell = Bell()
    bell.ring()
    bell.ring()
    assert bell.wait(5)
    assert not bell.wait(0)


def test_a_wait_ends_when_its_time_is_over():
    begun = time.monotonic()
    assert not Bell().wait(0.05)
    assert 0.04 < time.monotonic() - begun < 5


def test_under_many_writers_every_item_is_taken_or_counted_as_replaced_and_time_never_runs_back():
    box, bell = None, Bell()
    box = Mailbox(bell.ring)
    each, writers = 3000, 3
    taken = []
    done = threading.Event()
    left = threading.Semaphore(0)

    def write(writer):
        for number in range(each):
            box.put((writer, number))
        left.release()

    def read():
        while True:
            bell.wait(0.5)
            last_round = done.is_set()
            while (item := box.take()) is not None:
                taken.append(item)
            if last_round:
                return

    def finish():
        for _ in range(writers):
            assert left.acquire(timeout=20)
        done.set()
        bell.ring()

    run_together(*(lambda writer=writer: write(writer) for writer in range(writers)), read, finish)
    assert len(taken) + box.replaced == each * writers
    for writer in range(writers):
        numbers = [number for who, number in taken if who == writer]
        assert numbers == sorted(set(numbers))


def test_under_many_writers_an_outbox_gives_everything_once():
    box = Outbox()
    taken = []
    writers, each = 3, 3000
    left = threading.Semaphore(0)

    def write(writer):
        for number in range(each):
            box.put((writer, number))
        left.release()

    def read():
        finished = 0
        while finished < writers:
            finished += left.acquire(blocking=False)
            taken.extend(box.take_all())
        taken.extend(box.take_all())

    run_together(*(lambda writer=writer: write(writer) for writer in range(writers)), read)
    assert len(taken) == writers * each
    for writer in range(writers):
        assert [number for who, number in taken if who == writer] == list(range(each))
