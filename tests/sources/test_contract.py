"""What every source promises, whatever its kind."""

from __future__ import annotations

import time

import numpy as np
import pytest

from deepvis.records import SourceState
from deepvis.sources.base import Next, Previous, Seek, SetLoop, SetSpeed, Step, TogglePause
from deepvis.sources.camera import CameraInfo, CameraSource
from deepvis.sources.demo import DemoReel
from deepvis.sources.fallback import FallbackSource
from deepvis.sources.folder import FolderSource
from deepvis.sources.images import ArraySource, ImageSource
from deepvis.sources.stream import StreamSource
from deepvis.sources.synthetic import SyntheticPattern
from deepvis.sources.video import VideoSource

COMMANDS = (
    Next(),
    Previous(),
    TogglePause(),
    TogglePause(),
    Step(1),
    Step(-3),
    Step(10**6),
    Seek(0),
    Seek(-5),
    Seek(10**9),
    SetSpeed(0.0),
    SetSpeed(100.0),
    SetLoop(False),
    SetLoop(True),
)
KINDS = {
    "camera": "camera",
    "video": "video",
    "image": "image",
    "array": "image",
    "folder": "folder",
    "live stream": "stream",
    "picture behind a URL": "stream",
    "video behind a URL": "stream",
    "demo": "demo",
    "synthetic": "synthetic",
    "fallback": "demo",
}


@pytest.fixture(params=sorted(KINDS))
def source(request, tmp_path, png, rgb, images_dir, write_numbers):
    """A closed source of every kind."""
    kind = request.param

    def served():
        return request.getfixturevalue("server")

    def camera():
        request.getfixturevalue("cameras")
        return CameraSource(0, cameras=lambda: [CameraInfo(0, "Webcam", 200)])

    def remote_video():
        path = write_numbers(tmp_path / "remote.mp4", 20)
        served().files["/remote.mp4"] = ("video/mp4", path.read_bytes())
        return StreamSource(served().url + "/remote.mp4")

    makers = {
        "camera": camera,
        "video": lambda: VideoSource(write_numbers(tmp_path / "local.mp4", 20)),
        "image": lambda: ImageSource(png),
        "array": lambda: ArraySource(rgb, "clipboard"),
        "folder": lambda: FolderSource(png.parent),
        "live stream": lambda: StreamSource(served().url + "/live"),
        "picture behind a URL": lambda: StreamSource(served().url + "/picture.png"),
        "video behind a URL": remote_video,
        "demo": lambda: DemoReel(images_dir),
        "synthetic": SyntheticPattern,
        "fallback": lambda: FallbackSource(CameraSource(cameras=list), DemoReel(images_dir)),
    }
    made = makers[kind]()
    made.expected_kind = KINDS[kind]
    yield made
    made.close()


def read_some(source, wanted=1, patience_s=5.0):
    """Read as the capture thread does until `wanted` pictures came or nothing more comes by itself."""
    pictures, until = [], time.monotonic() + patience_s
    while len(pictures) < wanted and time.monotonic() < until:
        picture = source.read()
        if picture is not None:
            pictures.append(picture)
        delay_s = source.delay_s()
        if delay_s is None:
            break
        time.sleep(min(delay_s, 0.05))
    return pictures


def test_pictures_are_contiguous_rgb_bytes_with_a_title(source):
    source.open()
    (picture,) = read_some(source)
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.ndim == 3
    assert picture.rgb.shape[2] == 3
    assert picture.rgb.flags.c_contiguous
    assert picture.title


def test_the_state_can_be_asked_at_any_time(source):
    states = [source.state()]
    source.open()
    states.append(source.state())
    read_some(source)
    states.append(source.state())
    source.close()
    states.append(source.state())
    for state in states:
        assert isinstance(state, SourceState)
        assert state.title
    assert states[1].kind == source.expected_kind
    assert states[1].length is None or 0 <= states[1].position < states[1].length


def test_every_command_is_obeyed_or_ignored_in_every_state(source):
    for command in COMMANDS:
        source.control(command)
    source.open()
    for command in COMMANDS:
        source.control(command)
        source.read()
        assert source.delay_s() is None or source.delay_s() >= 0
    source.close()
    for command in COMMANDS:
        source.control(command)


def test_a_closed_source_gives_nothing_and_asks_for_no_more_reads(source):
    assert source.read() is None
    source.open()
    read_some(source)
    source.close()
    source.close()
    assert source.read() is None
    assert source.delay_s() is None


def test_a_closed_source_can_be_opened_again(source):
    source.open()
    first = read_some(source)
    source.close()
    source.open()
    again = read_some(source)
    assert first[0].rgb.shape == again[0].rgb.shape
    assert first[0].title == again[0].title


def test_pictures_do_not_change_after_they_were_given(source):
    source.open()
    pictures = read_some(source, wanted=1)
    before = pictures[0].rgb.copy()
    source.control(Next())
    read_some(source, wanted=2, patience_s=0.3)
    np.testing.assert_array_equal(pictures[0].rgb, before)


def test_a_source_in_order_has_nothing_to_note(source):
    source.open()
    read_some(source)
    notes = source.take_notes()
    assert all(note.endswith(".") for note in notes)
    assert len(notes) == (1 if isinstance(source, FallbackSource) else 0)
    assert source.take_notes() == []
