"""Finding frames again, whatever the container makes of seeking."""

from __future__ import annotations

import random

import numpy as np
import pytest

from deepvis.sources import opencv
from deepvis.sources.frame_reader import FrameReader
from deepvis.sources.opencv import cv2


def reader_of(path):
    return FrameReader(lambda: opencv.open_capture(str(path), cv2.CAP_FFMPEG))


def test_every_frame_is_found_again_in_any_order(video, number_in):
    reader = reader_of(video)
    sequential = []
    while reader.go_to(len(sequential)):
        sequential.append(reader.rgb())
    assert [number_in(rgb) for rgb in sequential] == list(range(60))
    assert reader.length == 60
    order = random.Random(0)
    for wanted in [59, 0, 58, 1] + [order.randrange(60) for _ in range(40)]:
        assert reader.go_to(wanted)
        np.testing.assert_array_equal(reader.rgb(), sequential[wanted])
    reader.close()


def test_a_jump_into_the_unknown_and_steps_back_from_there_are_exact(tmp_path, write_numbers, number_in):
    reader = reader_of(write_numbers(tmp_path / "long.mp4", 250))
    reader.go_to(0)
    seen = []
    for wanted in (200, 199, 198, 190, 240, 130, 129, 3):
        assert reader.go_to(wanted)
        seen.append(number_in(reader.rgb()))
    assert seen == [200, 199, 198, 190, 240, 130, 129, 3]
    reader.close()


class Wandering:
    """A capture with a varying frame rate whose own seeking lands at the wrong frames, as for phone videos."""

    def __init__(self, times_ms, *, timed=True):
        self.times_ms, self.timed, self.at = times_ms, timed, -1

    def isOpened(self):
        return True

    def grab(self):
        self.at = min(self.at + 1, len(self.times_ms))
        return self.at < len(self.times_ms)

    def retrieve(self):
        return True, np.full((2, 2, 3), self.at, np.uint8)

    def get(self, prop):
        known = {cv2.CAP_PROP_FPS: 25.0, cv2.CAP_PROP_FRAME_COUNT: len(self.times_ms)}
        if prop == cv2.CAP_PROP_POS_MSEC:
            return self.times_ms[self.at] if self.timed and 0 <= self.at < len(self.times_ms) else 0.0
        return known.get(prop, 0.0)

    def set(self, prop, value):
        if prop == cv2.CAP_PROP_POS_FRAMES:  # takes time x rate for the number, and comes out a little late
            wanted_ms = value / 25.0 * 1000
            self.at = next((i for i, ms in enumerate(self.times_ms) if ms >= wanted_ms), len(self.times_ms)) - 1
            self.at = min(self.at + 3, len(self.times_ms)) if value > 3 else self.at
        return True

    def release(self):
        pass


@pytest.mark.parametrize("timed", [True, False])
def test_frames_that_were_seen_are_found_again_where_the_container_seeks_wrongly(timed):
    steps = random.Random(1)
    times_ms = list(np.cumsum([steps.choice((20.0, 33.0, 40.0, 250.0)) for _ in range(200)]))
    reader = FrameReader(lambda: Wandering(times_ms, timed=timed))
    for number in range(181):
        assert reader.go_to(number)
    for wanted in (179, 178, 20, 19, 150, 0, 199, 1):
        assert reader.go_to(wanted)
        assert reader.rgb()[0, 0, 0] == wanted
    assert not reader.go_to(200)
    assert reader.length == 200
    assert reader.go_to(199)
    assert reader.rgb()[0, 0, 0] == 199


def test_steps_back_from_a_jump_are_consecutive_where_the_container_seeks_wrongly():
    steps = random.Random(2)
    times_ms = list(np.cumsum([steps.choice((20.0, 33.0, 40.0, 60.0)) for _ in range(250)]))
    reader = FrameReader(lambda: Wandering(times_ms))
    reader.go_to(0)
    assert reader.go_to(180)
    landed = int(reader.rgb()[0, 0, 0])
    for back in range(1, 30):
        assert reader.go_to(180 - back)
        assert reader.rgb()[0, 0, 0] == landed - back
