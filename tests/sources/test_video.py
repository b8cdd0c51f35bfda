"""Video files: every frame where it belongs, in real time."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from deepvis.sources import opencv, video
from deepvis.sources.base import Next, Seek, SetLoop, SetSpeed, SourceError, SourceLost, Step, TogglePause
from deepvis.sources.opencv import cv2
from deepvis.sources.video import VideoSource


@pytest.fixture
def source(video, clock):
    opened = VideoSource(video, clock=clock)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def number(source, number_in):
    """Reads once; the number the frame says, None where there was none."""

    def read():
        picture = source.read()
        return None if picture is None else number_in(picture.rgb)

    return read


def test_the_first_frame_comes_at_once_and_the_next_when_it_is_due(number, source, clock):
    assert number() == 0
    assert number() is None
    assert source.delay_s() == pytest.approx(0.04)
    clock.advance(0.03)
    assert number() is None
    clock.advance(0.011)
    assert number() == 1


def test_it_plays_in_real_time_for_a_reader_in_time(number, source, clock):
    seen = [number()]
    for _ in range(25):
        clock.advance(source.delay_s())
        seen.append(number())
    assert seen == list(range(26))
    assert clock.now_s == pytest.approx(101.0)


def test_a_late_reader_gets_the_frame_of_now(number, clock):
    number()
    clock.advance(0.5)
    assert number() == 12
    clock.advance(0.02)
    assert number() == 13


def test_a_reader_that_was_away_for_long_goes_on_where_it_was(number, clock):
    number()
    clock.advance(3600)
    assert number() == 1
    clock.advance(0.04)
    assert number() == 2


def test_skipping_gives_up_in_time_where_the_decoder_is_slow(video, clock, number_in, monkeypatch):
    source = VideoSource(video, clock=clock)
    source.open()
    source.read()
    grab = source._reader._capture.grab

    class Slow:
        def __getattr__(self, name):
            return getattr(capture, name)

        def grab(self):
            clock.advance(0.06)
            return grab()

    capture = source._reader._capture
    monkeypatch.setattr(source._reader, "_capture", Slow())
    clock.advance(0.8)
    assert number_in(source.read().rgb) == 2
    source.close()


@pytest.mark.parametrize(("factor", "step"), [(0.1, 0.4), (0.5, 0.08), (2.0, 0.02), (8.0, 0.005)])
def test_speed_changes_the_time_between_frames(number, source, clock, factor, step):
    number()
    source.control(SetSpeed(factor))
    assert source.state().speed == factor
    assert source.delay_s() == pytest.approx(step)
    clock.advance(step * 3)
    assert number() == 3


def test_speeds_beyond_the_range_are_moved_into_it(source):
    source.control(SetSpeed(100))
    assert source.state().speed == 8
    source.control(SetSpeed(0))
    assert source.state().speed == 0.1


def test_a_paused_video_waits_for_a_command_and_goes_on_where_it_was(number, source, clock):
    number()
    source.control(TogglePause())
    assert source.state().paused
    assert source.delay_s() is None
    clock.advance(1.0)
    assert number() is None
    source.control(TogglePause())
    assert number() is None
    clock.advance(0.04)
    assert number() == 1


def test_stepping_pauses_and_moves_in_both_directions(number, source):
    number()
    seen = []
    for frames in (1, 1, 5, -1, -3, 1):
        source.control(Step(frames))
        assert source.delay_s() == 0
        seen.append(number())
    assert seen == [1, 2, 7, 6, 3, 4]
    assert source.state().paused
    assert source.delay_s() is None


def test_stepping_goes_around_the_ends_of_a_looping_video_only(number, source):
    number()
    source.control(Step(-1))
    assert number() == 59
    source.control(Step(1))
    assert number() == 0
    source.control(SetLoop(False))
    source.control(Step(-1))
    assert number() == 0


def test_two_steps_before_a_read_add_up(number, source):
    number()
    source.control(Step(1))
    source.control(Step(1))
    assert number() == 2


def test_seeking_goes_to_the_frame_and_plays_on(number, source, clock):
    number()
    source.control(Seek(41))
    assert number() == 41
    assert source.state().position == 41
    clock.advance(0.04)
    assert number() == 42


def test_seeking_outside_goes_to_the_nearest_end(number, source):
    source.control(Seek(10**6))
    assert number() == 59
    source.control(Seek(-7))
    assert number() == 0


def test_a_looping_video_begins_again_without_a_pause(number, source, clock):
    source.control(Seek(58))
    seen = [number()]
    for _ in range(4):
        clock.advance(source.delay_s())
        seen.append(number())
    assert seen == [58, 59, 0, 1, 2]


def test_a_video_that_does_not_loop_stays_at_its_end_until_played_again(number, source, clock):
    source.control(SetLoop(False))
    source.control(Seek(58))
    number()
    clock.advance(0.5)
    assert number() == 59
    assert source.delay_s() is None
    clock.advance(0.5)
    assert number() is None
    source.control(TogglePause())
    assert number() == 0
    assert not source.state().paused


def test_turning_the_loop_on_at_the_end_goes_on(number, source, clock):
    source.control(SetLoop(False))
    source.control(Seek(59))
    number()
    source.control(SetLoop(True))
    clock.advance(0.04)
    assert number() == 0


def test_the_state_tells_length_rate_and_place(source, video):
    state = source.state()
    assert (state.kind, state.title, state.spec) == ("video", video.name, str(video))
    assert (state.length, state.fps, state.seekable, state.looping) == (60, 25.0, True, True)


def test_next_means_nothing_to_a_video(number, source):
    number()
    source.control(Next())
    assert number() is None


def test_rotation_that_a_phone_noted_is_applied(tmp_path, write_frames):
    frame = np.zeros((48, 96, 3), np.uint8)
    frame[:, :48] = 255
    path = write_frames(tmp_path / "phone.mp4", [frame] * 5)
    data = bytearray(path.read_bytes())
    header = data.index(b"tkhd")
    matrix = header + 4 + 4 + 5 * 4 + 8 + 8
    assert struct.unpack(">i", data[matrix : matrix + 4]) == (65536,)
    one, w = 65536, 1 << 30
    data[matrix : matrix + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 48 * one, 0, w)  # 90 degrees clockwise
    path.write_bytes(data)
    source = VideoSource(path)
    source.open()
    rgb = source.read().rgb
    source.close()
    assert rgb.shape == (96, 48, 3)
    assert rgb[10, 24].min() > 200
    assert rgb[-10, 24].max() < 60


def test_colors_are_rgb(tmp_path, write_frames):
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[:] = (0, 0, 255)
    source = VideoSource(write_frames(tmp_path / "red.avi", [frame] * 3))
    source.open()
    red, green, blue = source.read().rgb[24, 32]
    source.close()
    assert red > 240
    assert max(green, blue) < 15


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "is empty"), (b"no video at all", "cannot be played"), (None, "There is no video file")]
)
def test_a_file_that_cannot_be_played_is_named(tmp_path, content, says):
    path = tmp_path / "broken.mp4"
    if content is not None:
        path.write_bytes(content)
    source = VideoSource(path)
    with pytest.raises(SourceError, match=says) as caught:
        source.open()
    assert "broken.mp4" in str(caught.value)
    assert source.read() is None


def test_a_video_that_is_cut_off_plays_to_where_it_goes_and_loops_there(tmp_path, write_numbers, clock):
    path = write_numbers(tmp_path / "cut.avi", 60)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    source = VideoSource(path, clock=clock)
    source.open()
    seen = []
    for _ in range(80):
        if source.read() is not None:
            seen.append(source.state().position)
        clock.advance(source.delay_s())
    source.close()
    last = max(seen)
    assert 10 < last < 40
    assert seen[: last + 3] == [*range(last + 1), 0, 1]


def test_a_video_that_ends_before_its_claimed_length_says_so_once(video, clock, number_in, monkeypatch):
    claim = cv2.CAP_PROP_FRAME_COUNT
    open_capture = opencv.open_capture

    class Boasting:
        def __init__(self, *args):
            self.capture = open_capture(*args)

        def __getattr__(self, name):
            return getattr(self.capture, name)

        def get(self, prop):
            return 90.0 if prop == claim else self.capture.get(prop)

    monkeypatch.setattr(opencv, "open_capture", Boasting)
    source = VideoSource(video, clock=clock)
    source.open()
    seen, notes = [], []
    for _ in range(130):
        picture = source.read()
        if picture is not None:
            seen.append(number_in(picture.rgb))
        notes += source.take_notes()
        clock.advance(source.delay_s())
    source.close()
    assert seen[:122] == [*range(60), *range(60), 0, 1]
    assert notes == [f"{video.name} ends after 60 of 90 frames: the file seems to be cut off."]


def test_a_video_that_vanishes_while_it_plays_is_lost(source, clock, monkeypatch):
    source.read()
    monkeypatch.setattr(source._reader, "go_to", lambda number, patience_s=None: False)
    clock.advance(0.04)
    with pytest.raises(SourceLost, match="can no longer be read"):
        source.read()


def test_a_reopened_video_keeps_the_choice_of_looping(source):
    source.control(SetLoop(False))
    source.close()
    source.open()
    assert not source.state().looping


def test_options_for_the_network_are_whole_numbers():
    assert all(isinstance(value, int) for value in video.network_options())
