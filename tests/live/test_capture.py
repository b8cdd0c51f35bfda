"""The thread that owns the source."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from deepvis.live import capture as capture_module
from deepvis.live.capture import CaptureWorker, OpenSource, SetFrozen
from deepvis.live.events import Notice, SourceChanged
from deepvis.live.mailbox import Bell, Mailbox, Outbox
from deepvis.live.meter import RateMeter
from deepvis.sources.base import Next, SourceError, SourceLost, TogglePause
from deepvis.sources.folder import FolderSource
from deepvis.sources.images import ArraySource

PATIENCE_S = 15


class Capture:
    """A capture worker, everything it says, and every frame it gives."""

    def __init__(self):
        self._bell = Bell()
        self._events = Outbox(self._bell.ring)
        self._frames = Mailbox(self._note)
        self._waiting = Outbox()
        self.events, self.frames = [], []
        self.meter = RateMeter()
        self.worker = CaptureWorker(self._events.put, self._frames, self.meter)
        self.send = self.worker.send

    def _note(self):
        self._waiting.put(self._frames.take())
        self._bell.ring()

    def open(self, source, fallback=None):
        self.send(OpenSource("spec", lambda: source, None if fallback is None else lambda: fallback))

    def collect(self):
        self.events += self._events.take_all()
        self.frames += self._waiting.take_all()

    def until(self, condition):
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            self.collect()
            if condition():
                return
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"it did not come; said: {self.events}"
            self._bell.wait(left_s)

    def until_frames(self, count):
        self.until(lambda: len(self.frames) >= count)

    def until_said(self, text):
        self.until(lambda: any(text in said for said in self.said()))

    def said(self):
        return [event.text for event in self.events if isinstance(event, Notice)]

    def states(self):
        return [event.state for event in self.events if isinstance(event, SourceChanged)]

    def stays_at(self, frames, for_s=0.15):
        deadline_s = time.monotonic() + for_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            self._bell.wait(left_s)
            self.collect()
        return len(self.frames) == frames


@pytest.fixture
def capture():
    running = Capture()
    running.worker.start()
    yield running
    running.worker.stop()
    assert running.worker.join(5), "the capture thread hangs"


@pytest.fixture(autouse=True)
def _lost_sources_are_retried_soon(monkeypatch):
    monkeypatch.setattr(capture_module, "RETRY_LOST_S", 0.05)


def test_a_source_is_used_in_the_capture_thread_only_and_closed_at_the_end(capture, scripted):
    source = scripted()
    capture.open(source)
    capture.until_frames(3)
    capture.send(Next())
    capture.until(lambda: "Next" in source.calls)
    capture.worker.stop()
    assert capture.worker.join(PATIENCE_S)
    assert source.threads == {"deepvis-capture"}
    assert source.calls[0] == "open"
    assert source.calls[-1] == "close"
    assert not source.is_open


def test_frames_are_numbered_timed_and_counted(capture, scripted):
    begun_s = time.monotonic()
    capture.open(scripted())
    capture.until_frames(5)
    frames = capture.frames[:5]
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.title for frame in frames] == [f"picture {number}" for number in (1, 2, 3, 4, 5)]
    times = [frame.captured_s for frame in frames]
    assert begun_s < times[0]
    assert times == sorted(times)
    assert not any(frame.still for frame in frames)
    assert capture.meter.count >= 5


def test_pictures_are_read_at_the_pace_of_the_source(capture, scripted):
    capture.open(scripted(period_s=0.05))
    capture.until_frames(6)
    times = np.array([frame.captured_s for frame in capture.frames[:6]])
    assert np.diff(times).min() > 0.045
    assert times[5] - times[0] < 0.05 * 5 + 2, "a source is read far too slowly"


def test_a_still_picture_is_read_once_and_says_that_it_is_still(capture, make_picture):
    rgb = make_picture()
    capture.open(ArraySource(rgb, "from the clipboard"))
    capture.until_frames(1)
    assert capture.stays_at(1)
    np.testing.assert_array_equal(capture.frames[0].rgb, rgb)
    assert capture.frames[0].still
    assert capture.frames[0].title == "from the clipboard"


def test_while_frozen_nothing_is_read_until_it_goes_on(capture, scripted):
    source = scripted()
    capture.open(source)
    capture.until_frames(2)
    capture.send(SetFrozen(frozen=True))
    capture.send(TogglePause())
    capture.until(lambda: "TogglePause" in source.calls)
    capture.stays_at(0, for_s=0.1)
    reads, frames = source.calls.count("read"), len(capture.frames)
    assert capture.stays_at(frames)
    assert source.calls.count("read") == reads
    capture.send(SetFrozen(frozen=False))
    capture.until_frames(frames + 3)


def test_while_frozen_the_next_file_is_shown_and_only_that(capture, scripted):
    capture.open(scripted())
    capture.send(SetFrozen(frozen=True))
    capture.until_frames(1)
    assert capture.stays_at(1), "a new source shows its first picture, also while frozen, and no more"
    for count in (2, 3):
        capture.send(Next())
        capture.until_frames(count)
        assert capture.stays_at(count)


def test_the_next_picture_of_a_still_source_comes_with_the_command(capture, scripted):
    capture.open(scripted(moving=False))
    capture.until_frames(1)
    assert capture.stays_at(1)
    capture.send(Next())
    capture.until_frames(2)
    assert capture.stays_at(2)


def test_the_files_of_a_folder_are_still_pictures(capture, tmp_path, make_picture, monkeypatch):
    from PIL import Image

    # the clock stands still: the position of a picture that stays is told at once, not only now and then
    monkeypatch.setattr(capture_module, "time", SimpleNamespace(monotonic=lambda: 0.0))

    for number in range(3):
        Image.fromarray(make_picture(seed=number)).save(tmp_path / f"{number}.png")
    capture.open(FolderSource(tmp_path))
    capture.until_frames(1)
    capture.send(Next())
    capture.until_frames(2)
    assert [frame.path.name for frame in capture.frames] == ["0.png", "1.png"]
    assert all(frame.still for frame in capture.frames)
    capture.until(lambda: capture.states()[-1].position == 1)


def test_a_file_that_cannot_be_read_is_named_and_the_position_is_that_of_the_file_shown(
    capture, tmp_path, make_picture
):
    from PIL import Image

    Image.fromarray(make_picture()).save(tmp_path / "0.png")
    (tmp_path / "1.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    Image.fromarray(make_picture()).save(tmp_path / "2.png")
    capture.open(FolderSource(tmp_path))
    capture.until_frames(1)
    capture.send(Next())
    capture.until_frames(2)
    assert capture.frames[1].path.name == "2.png"
    capture.until_said("1.png")
    capture.until(lambda: capture.states()[-1].position == 2)


def test_a_source_tells_its_state_when_it_opens_and_its_last_position_when_it_ends(capture, scripted):
    capture.open(scripted(count=7, period_s=0.001))
    capture.until_frames(7)
    capture.until(lambda: capture.states()[-1].position == 7)
    assert capture.states()[0].position == 0
    assert not capture.frames[5].still
    assert capture.frames[6].still


def test_a_playing_source_does_not_tell_every_position(capture, scripted):
    capture.open(scripted(period_s=0.001))
    capture.until_frames(60)
    elapsed_s = capture.frames[-1].captured_s - capture.frames[0].captured_s
    assert len(capture.states()) <= 3 + elapsed_s / capture_module.STATE_EVERY_S


def test_a_lost_source_is_reported_closed_retried_and_comes_back(capture, scripted):
    source = scripted(title="the camera")
    source.failures = {"read": [SourceLost("The camera was unplugged.")]}
    capture.open(source)
    capture.until_said("The camera was unplugged. Trying again")
    capture.until_said("the camera is back")
    capture.until_frames(3)
    assert source.calls[:4] == ["open", "read", "close", "open"]
    lost = [state.lost for state in capture.states()]
    assert lost[:1] == [False]
    assert True in lost, "nobody was told that the source is lost"
    assert lost[-1] is False
    assert source.threads == {"deepvis-capture"}


def test_a_lost_source_is_tried_again_and_again_without_a_word_each_time(capture, scripted):
    source = scripted()
    source.failures = {"read": [SourceLost("It went away.")], "open": [None, *[SourceError("still away")] * 3]}
    capture.open(source)
    capture.until_frames(1)
    assert source.calls.count("open") == 5
    assert capture.said() == ["It went away. Trying again every 0.05 seconds.", "script is back."]


def test_a_lost_source_that_is_closed_for_good_is_not_opened_again(capture, scripted):
    lost, other = scripted(), scripted()
    lost.failures = {"read": [SourceLost("It went away.")] * 100}
    capture.open(lost)
    capture.until_said("It went away.")
    capture.open(other)
    capture.until_frames(5)
    assert not lost.is_open
    opened = lost.calls.count("open")
    count = len(capture.frames)
    capture.until_frames(count + 10)
    assert lost.calls.count("open") == opened


def test_switching_closes_the_present_source_after_the_new_one_is_open(capture, scripted):
    before, after = scripted(), scripted(title="second")
    capture.open(before)
    capture.until_frames(1)
    capture.open(after)
    capture.until(lambda: any(state.title == "second" for state in capture.states()))
    assert not before.is_open
    assert before.calls[-1] == "close"
    assert before.threads == {"deepvis-capture"}


def test_a_source_that_does_not_open_is_named_and_the_present_one_goes_on(capture, scripted):
    good, bad, fallback = scripted(), scripted(), scripted()
    bad.failures = {"open": [SourceError("There is no camera 7.")]}
    capture.open(good)
    capture.until_frames(2)
    capture.open(bad, fallback)
    capture.until_said("There is no camera 7.")
    count = len(capture.frames)
    capture.until_frames(count + 3)
    assert good.is_open
    assert not bad.is_open
    assert fallback.calls == [], "a fallback is for the case that there is nothing to stay with"


def test_where_there_is_no_present_source_the_fallback_is_opened(capture, scripted):
    bad, fallback = scripted(), scripted(title="the fallback")
    bad.failures = {"open": [SourceError("There is no camera 7.")]}
    capture.open(bad, fallback)
    capture.until_frames(2)
    assert "There is no camera 7." in capture.said()
    assert capture.states()[0].title == "the fallback"


def test_a_specification_that_means_nothing_is_named_and_nothing_breaks(capture, scripted):
    def make():
        raise SourceError("There is no file or folder 'nowhere'.")

    capture.send(OpenSource("nowhere", make))
    capture.until_said("There is no file or folder 'nowhere'.")
    capture.send(Next())
    capture.open(scripted())
    capture.until_frames(2)


def test_a_source_that_fails_in_an_unforeseen_way_is_reported_and_the_thread_lives(capture, scripted):
    source = scripted()
    source.failures = {"read": [ZeroDivisionError("an unforeseen fault")]}
    capture.open(source)
    capture.until_said("deepvis-capture met an unexpected ZeroDivisionError")
    capture.until_frames(2)


def test_what_a_picture_shows_and_its_second_picture_come_with_the_frame(capture, make_picture):
    class Pairs(ArraySource):
        def read(self):
            picture = super().read()
            return picture and replace(picture, label="cat", second_rgb=picture.rgb[:10])

    capture.open(Pairs(make_picture(), "two"))
    capture.until_frames(1)
    frame = capture.frames[0]
    assert (frame.label, frame.second_rgb.shape, frame.still) == ("cat", (10, 80, 3), True)
