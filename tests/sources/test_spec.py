"""What a person may write for a source, and that the same picture is the same whichever way it comes in."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.sources import spec as spec_module
from deepvis.sources.base import SourceError, SourceLost
from deepvis.sources.camera import CameraInfo, CameraSource
from deepvis.sources.demo import DemoReel
from deepvis.sources.fallback import FallbackSource
from deepvis.sources.folder import FolderSource
from deepvis.sources.images import ArraySource, ImageSource
from deepvis.sources.spec import open_spec
from deepvis.sources.stream import StreamSource
from deepvis.sources.synthetic import SyntheticPattern
from deepvis.sources.video import VideoSource


@pytest.fixture
def made(images_dir):
    return lambda spec: open_spec(spec, images_dir=images_dir)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("demo", DemoReel),
        ("Demo ", DemoReel),
        ("synthetic", SyntheticPattern),
        ("camera", CameraSource),
        ("camera:1", CameraSource),
        ("camera:Logitech C920", CameraSource),
        ("http://example.org/x.mjpg", StreamSource),
        ("HTTPS://example.org", StreamSource),
        ("rtsp://user:word@10.0.0.1:554/live", StreamSource),
    ],
)
def test_words_and_urls_name_their_source(made, spec, kind):
    assert type(made(spec)) is kind


def test_the_camera_is_kept_as_written(made):
    assert made("camera").state().spec == "camera"
    assert made("camera:1").state().spec == "camera:1"
    assert made("CAMERA: HD Pro").state().spec == "camera:HD Pro"


def test_paths_name_images_folders_and_videos_also_without_an_extension(made, png, video, tmp_path):
    bare = tmp_path / "bare"
    bare.write_bytes(png.read_bytes())
    unknown = tmp_path / "unknown"
    unknown.write_bytes(video.read_bytes())
    assert type(made(str(png))) is ImageSource
    assert type(made(f'"{png}"')) is ImageSource
    assert type(made(str(png.parent))) is FolderSource
    assert type(made(str(video))) is VideoSource
    assert type(made(str(bare))) is ImageSource
    source = made(str(unknown))
    source.open()
    assert source.read() is not None
    source.close()


def test_a_spec_in_a_state_opens_the_same_source_again(made, png, video):
    for spec in ("demo", "synthetic", "camera:1", str(png), str(png.parent), str(video), "http://example.org/x"):
        source = made(spec)
        assert type(made(source.state().spec)) is type(source)


def test_a_home_folder_is_understood(made, png, monkeypatch):
    monkeypatch.setenv("HOME", str(png.parent))
    assert type(made(f"~/{png.name}")) is ImageSource


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("", "No source was named"),
        ("no/such/file.jpg", "no file or folder 'no/such/file.jpg'"),
        ("demmo", "Did you mean demo"),
        ("0", "write camera:0"),
        ("camera:", "Which camera"),
        ("gopher://x/y", "'gopher' URLs cannot be opened"),
        ("http:///x", "names no server"),
        ("file://elsewhere/x.png", "is on another machine"),
        ("file:///no/such.png", "no file or folder"),
        ("a\0b", "cannot be a file|no file"),
        ("x" * 5000, "cannot be a file"),
    ],
)
def test_what_cannot_be_a_source_is_answered_with_what_can(made, spec, says):
    with pytest.raises(SourceError, match=says) as caught:
        made(spec)
    assert str(caught.value).endswith(".")


def test_auto_is_the_demo_reel_where_there_is_no_camera(made, monkeypatch):
    monkeypatch.setattr(spec_module, "list_cameras", list)
    source = made("auto")
    assert type(source) is DemoReel
    assert not source.mirrored


def test_auto_is_the_first_camera_where_there_is_one(made, monkeypatch, cameras):
    monkeypatch.setattr(spec_module, "list_cameras", cameras.list)
    monkeypatch.setattr("deepvis.sources.camera.list_cameras", cameras.list)
    source = made("auto")
    assert source.mirrored
    source.open()
    assert source.state().kind == "camera"
    assert cameras.asked == [(0, 200)]
    source.close()


def busy_or_not(cameras, images_dir, clock):
    camera = CameraSource(cameras=lambda: [CameraInfo(0, "Webcam", 200)], clock=clock)
    return FallbackSource(camera, DemoReel(images_dir, clock=clock))


def test_auto_falls_back_to_the_reel_and_says_why_where_the_camera_is_busy(cameras, new_capture, images_dir, clock):
    cameras.captures = [new_capture(opened=False)]
    source = busy_or_not(cameras, images_dir, clock)
    source.open()
    assert source.state().kind == "demo"
    assert not source.mirrored
    assert source.read() is not None
    (note,) = source.take_notes()
    assert note.startswith("Webcam cannot be opened")
    source.close()


def test_a_camera_that_worked_is_waited_for_and_not_replaced(cameras, new_capture, images_dir, clock):
    cameras.captures = [new_capture(good_frames=1), new_capture(opened=False), new_capture()]
    source = busy_or_not(cameras, images_dir, clock)
    source.open()
    source.read()
    clock.advance(5)
    with pytest.raises(SourceLost):
        source.read()
    source.close()
    with pytest.raises(SourceError):
        source.open()
    source.open()
    assert source.state().kind == "camera"
    source.close()


def test_the_same_picture_is_the_same_whichever_way_it_comes_in(made, png, rgb, server):
    ways = {
        "file": made(str(png)),
        "folder": made(str(png.parent)),
        "array": ArraySource(rgb, "clipboard"),
        "file URL": made(png.as_uri()),
        "web": made(server.url + "/picture.png"),
    }
    for way, source in ways.items():
        source.open()
        np.testing.assert_array_equal(source.read().rgb, rgb, err_msg=way)
        source.close()


def test_a_file_url_may_hold_escaped_characters(made, png, tmp_path):
    path = tmp_path / "with space & ü.png"
    path.write_bytes(png.read_bytes())
    assert made(path.as_uri()).state().spec == str(path)
