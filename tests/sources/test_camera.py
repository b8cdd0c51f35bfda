"""Cameras, by means of one that is not real."""

from __future__ import annotations

import builtins
import time

import numpy as np
import pytest

from deepvis.sources import camera as camera_module
from deepvis.sources.base import SourceError, SourceLost
from deepvis.sources.camera import CameraInfo, CameraSource, list_cameras
from deepvis.sources.opencv import cv2


@pytest.fixture
def source(cameras, clock):
    return CameraSource(clock=clock, cameras=cameras.list)


def read_often(source):
    for _ in range(10):
        source.read()


def test_the_first_camera_is_taken_with_its_own_backend(source, cameras):
    source.open()
    assert cameras.asked == [(0, 200)]
    assert source.state().title == "Integrated Webcam"
    assert source.state().spec == "camera"


@pytest.mark.parametrize("name", ["c920", "HD PRO", "hd pro c920"])
def test_a_camera_is_found_by_a_part_of_its_name_in_any_case(cameras, name):
    source = CameraSource(name, cameras=cameras.list)
    source.open()
    assert cameras.asked == [(2, 200)]
    assert source.state().title == "HD Pro C920"
    assert source.state().spec == f"camera:{name}"


def test_an_index_that_is_not_listed_is_tried_all_the_same(cameras):
    source = CameraSource(7, cameras=cameras.list)
    source.open()
    assert cameras.asked == [(7, cv2.CAP_ANY)]
    assert source.state().title == "camera 7"


def test_an_unknown_name_is_answered_with_the_names_there_are(cameras):
    with pytest.raises(SourceError, match=r"no camera named 'Sony'.*'Integrated Webcam' \(0\), 'HD Pro C920' \(2\)"):
        CameraSource("Sony", cameras=cameras.list).open()


def test_without_any_camera_the_sentence_says_what_to_do(cameras):
    with pytest.raises(SourceError, match=r"No camera was found\. Plug one in, or choose"):
        CameraSource(cameras=list).open()
    with pytest.raises(SourceError, match="No camera was found"):
        CameraSource("Sony", cameras=list).open()


def test_a_camera_is_mirrored_asked_for_its_size_and_keeps_no_old_frames(cameras, new_capture):
    capture = new_capture()
    cameras.captures = [capture]
    source = CameraSource(size=(1280, 720), cameras=cameras.list)
    source.open()
    assert source.mirrored
    assert capture.settings[cv2.CAP_PROP_BUFFERSIZE] == 1
    assert capture.settings[cv2.CAP_PROP_FRAME_WIDTH] == 1280
    assert capture.settings[cv2.CAP_PROP_FRAME_HEIGHT] == 720


def test_frames_are_rgb_and_none_is_left_out(source):
    source.open()
    pictures = [source.read() for _ in range(3)]
    assert [int(picture.rgb[0, 0, 0]) for picture in pictures] == [1, 2, 3]
    np.testing.assert_array_equal(pictures[0].rgb[0, 0], [1, 2, 1])
    assert source.delay_s() == 0


def test_a_single_failed_frame_is_forgiven(cameras, new_capture, source):
    capture = new_capture(good_frames=2)
    cameras.captures = [capture]
    source.open()
    source.read()
    source.read()
    assert source.read() is None
    assert source.delay_s() > 0
    capture.good_frames = 10
    assert source.read() is not None
    assert source.delay_s() == 0


@pytest.mark.parametrize("raises", [False, True])
def test_a_camera_whose_frames_fail_is_lost_and_named(cameras, new_capture, source, raises):
    cameras.captures = [new_capture(good_frames=1, raises=raises)]
    source.open()
    source.read()
    with pytest.raises(SourceLost, match="Integrated Webcam gives no more pictures"):
        read_often(source)


def test_a_camera_that_stays_silent_for_seconds_is_lost(cameras, new_capture, source, clock):
    cameras.captures = [new_capture(good_frames=1)]
    source.open()
    source.read()
    clock.advance(3.0)
    with pytest.raises(SourceLost):
        source.read()


def test_a_lost_camera_can_be_opened_again_also_at_another_index(cameras, new_capture, clock):
    first = new_capture(good_frames=1)
    cameras.captures = [first, new_capture()]
    source = CameraSource("C920", clock=clock, cameras=cameras.list)
    source.open()
    source.read()
    clock.advance(5.0)
    with pytest.raises(SourceLost):
        source.read()
    source.close()
    assert first.released
    cameras.infos = [CameraInfo(5, "HD Pro C920", 200)]
    source.open()
    assert cameras.asked[-1] == (5, 200)
    assert source.read() is not None


@pytest.mark.parametrize(
    ("options", "says"), [({"opened": False}, "cannot be opened"), ({"good_frames": 0}, "no picture")]
)
def test_a_camera_that_does_not_work_is_released_and_named(cameras, new_capture, source, monkeypatch, options, says):
    monkeypatch.setattr(camera_module, "_WARM_UP_S", 0.1)
    capture = new_capture(**options)
    cameras.captures = [capture]
    with pytest.raises(SourceError, match=f"Integrated Webcam.*{says}"):
        source.open()
    assert capture.released
    assert source.read() is None


def test_a_camera_may_take_some_frames_to_wake_up(cameras, new_capture, source):
    class Sleepy(new_capture):
        def grab(self):
            self.given += 1
            return self.given > 6

    cameras.captures = [Sleepy()]
    source.open()
    assert source.read() is not None


def test_closing_releases_the_device(cameras, new_capture, source):
    capture = new_capture()
    cameras.captures = [capture]
    source.open()
    source.close()
    assert capture.released


def test_listing_cameras_is_quick_and_quiet(capfd):
    started_s = time.perf_counter()
    found = list_cameras()
    assert time.perf_counter() - started_s < 1.0
    assert all(isinstance(camera, CameraInfo) for camera in found)
    assert capfd.readouterr() == ("", "")


def test_a_camera_that_does_not_exist_fails_quickly_and_quietly(capfd):
    started_s = time.perf_counter()
    with pytest.raises(SourceError):
        CameraSource(97, cameras=list).open()
    assert time.perf_counter() - started_s < 2.0
    assert capfd.readouterr() == ("", "")


def test_listed_cameras_are_sorted_named_and_unique(monkeypatch):
    import cv2_enumerate_cameras

    def enumerate_cameras(backend):
        return [Listed(4, "B"), Listed(0, ""), Listed(4, "B")]

    class Listed:
        def __init__(self, index, name):
            self.index, self.name = index, name

    monkeypatch.setattr(cv2_enumerate_cameras, "enumerate_cameras", enumerate_cameras)
    found = list_cameras()
    assert [(camera.index, camera.name) for camera in found] == [(0, "camera 0"), (4, "B")]


def test_without_the_enumerating_package_the_device_files_are_looked_at(monkeypatch):
    original = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "cv2_enumerate_cameras":
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(camera_module, "_list_device_files", lambda: [CameraInfo(3, "from files", 200)])
    assert list_cameras() == [CameraInfo(3, "from files", 200)]


def test_device_files_are_listed_in_order_with_the_names_the_system_knows(tmp_path):
    devices, names = tmp_path / "dev", tmp_path / "names"
    devices.mkdir()
    for device in ("video10", "video2", "video_other", "null"):
        (devices / device).touch()
    (names / "video2").mkdir(parents=True)
    (names / "video2" / "name").write_text("HD Pro C920\n")
    found = camera_module._list_device_files(devices, names)
    assert [(camera.index, camera.name) for camera in found] == [(2, "HD Pro C920"), (10, "video10")]
