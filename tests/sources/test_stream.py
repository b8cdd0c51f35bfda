"""URLs: live streams, videos and pictures, from a server on this machine."""

from __future__ import annotations

import itertools
import socket

import numpy as np
import pytest

from deepvis.sources import download, video
from deepvis.sources.base import Seek, SourceError, SourceLost, TogglePause
from deepvis.sources.download import without_password
from deepvis.sources.stream import StreamSource


@pytest.fixture
def opened(server):
    made = []

    def open_path(path):
        source = StreamSource(server.url + path)
        made.append(source)
        source.open()
        return source

    yield open_path
    for source in made:
        source.close()


def read_to_the_end(source):
    for _ in itertools.count():
        source.read()


def test_a_picture_behind_a_url_is_fetched_and_stands_still(opened, server, rgb):
    source = opened("/picture.png")
    picture = source.read()
    np.testing.assert_array_equal(picture.rgb, rgb)
    assert picture.title == "picture.png"
    assert source.delay_s() is None
    assert (source.state().kind, source.state().spec) == ("stream", server.url + "/picture.png")


def test_a_picture_that_the_server_calls_bytes_is_known_by_its_name(opened, server, rgb):
    server.files["/raw.png"] = ("application/octet-stream", server.files["/picture.png"][1])
    np.testing.assert_array_equal(opened("/raw.png").read().rgb, rgb)


def test_a_live_stream_gives_frame_after_frame(opened, number_in):
    source = opened("/live")
    numbers = [number_in(source.read().rgb) for _ in range(8)]
    assert numbers == sorted(set(numbers))
    assert source.delay_s() == 0
    assert source.state().length is None
    assert not source.state().seekable


def test_a_stream_that_ends_is_lost_and_can_be_opened_again(opened):
    source = opened("/short")
    with pytest.raises(SourceLost, match="sends no more pictures"):
        read_to_the_end(source)
    source.close()
    source.open()
    assert source.read() is not None


def test_a_stream_that_falls_silent_is_lost_in_time(opened, monkeypatch):
    monkeypatch.setattr(video, "READ_TIMEOUT_S", 0.4)
    source = opened("/silent")
    with pytest.raises(SourceLost):
        read_to_the_end(source)


def test_a_video_behind_a_url_is_played_as_a_file(opened, server, tmp_path, write_numbers, number_in):
    path = write_numbers(tmp_path / "remote.mp4", 40)
    server.files["/clips/remote.mp4"] = ("video/mp4", path.read_bytes())
    source = opened("/clips/remote.mp4")
    state = source.state()
    assert (state.kind, state.title, state.length, state.seekable) == ("stream", "remote.mp4", 40, True)
    assert number_in(source.read().rgb) == 0
    source.control(TogglePause())
    source.control(Seek(33))
    assert number_in(source.read().rgb) == 33
    assert source.delay_s() is None


@pytest.mark.parametrize(
    ("path", "says"), [("/none", "answered 404"), ("/page", "is a web page"), ("/text", "cannot be played")]
)
def test_what_is_no_picture_or_video_is_named(server, path, says):
    server.files["/text"] = ("text/plain", b"nothing to see here")
    with pytest.raises(SourceError, match=says) as caught:
        StreamSource(server.url + path).open()
    assert path in str(caught.value)


def test_a_damaged_picture_is_named(server):
    server.files["/bad.png"] = ("image/png", b"\x89PNG")
    with pytest.raises(SourceError, match=r"bad\.png"):
        StreamSource(server.url + "/bad.png").open()


def test_a_picture_beyond_the_size_limit_is_refused(server, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 1000)
    with pytest.raises(SourceError, match="is larger than"):
        StreamSource(server.url + "/picture.png").open()


def test_a_picture_that_comes_too_slowly_is_given_up(server, monkeypatch):
    monkeypatch.setattr(download, "_TOTAL_S", -1.0)
    with pytest.raises(SourceError, match="too slowly"):
        StreamSource(server.url + "/picture.png").open()


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_a_server_that_is_not_there_is_named(scheme):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SourceError, match=f"127.0.0.1:{port}/x cannot be"):
        StreamSource(f"{scheme}://127.0.0.1:{port}/x").open()


def test_passwords_do_not_show():
    assert without_password("rtsp://me:secret@cam:554/live?token=abc") == "rtsp://cam:554/live"
    source = StreamSource("rtsp://me:secret@cam:554/")
    assert source.state().title == "cam"
    assert source.state().spec == "rtsp://me:secret@cam:554/"
