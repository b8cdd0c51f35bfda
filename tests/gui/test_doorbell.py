from __future__ import annotations

import threading

from PyQt6.QtCore import QThread

from deepvis.gui.doorbell import Doorbell


def test_many_rings_before_an_answer_are_one(qtbot):
    bell, rung = Doorbell(), []
    bell.rung.connect(lambda: rung.append(1))
    for _ in range(1000):
        bell.ring()
    assert rung == []
    qtbot.waitUntil(lambda: bool(rung))
    qtbot.wait(20)
    assert rung == [1]


def test_a_ring_while_it_is_answered_rings_again(qtbot):
    bell, rung = Doorbell(), []

    def answer():
        rung.append(1)
        if len(rung) < 3:
            bell.ring()

    bell.rung.connect(answer)
    bell.ring()
    qtbot.waitUntil(lambda: len(rung) == 3)


def test_a_ring_of_another_thread_arrives_in_the_windows_thread(qtbot):
    bell, threads = Doorbell(), []
    bell.rung.connect(lambda: threads.append(QThread.currentThread()))
    here = QThread.currentThread()
    thread = threading.Thread(target=bell.ring)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [here]
