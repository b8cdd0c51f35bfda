"""What the tests of the sources share: a clock, cameras and a web server that are not real, and small files."""

from __future__ import annotations

import http.server
import io
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.sources import opencv
from deepvis.sources.camera import CameraInfo
from deepvis.sources.opencv import cv2

IMAGES_DIR = Path(__file__).parents[2] / "assets" / "images"
BITS = 8


class FakeClock:
    """A clock that goes when told."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s

    def advance(self, seconds):
        self.now_s += seconds


@dataclass
class FakeCapture:
    """A camera that gives gray frames 1, 2, 3, ... and fails from `good_frames` on."""

    good_frames: int = 10**9
    opened: bool = True
    raises: bool = False
    given: int = 0
    settings: dict = field(default_factory=dict)
    released: bool = False

    def isOpened(self):
        return self.opened

    def grab(self):
        if self.given >= self.good_frames:
            if self.raises:
                raise cv2.error("the driver is gone")
            return False
        self.given += 1
        return True

    def retrieve(self):
        frame = np.zeros((12, 16, 3), np.uint8)
        frame[:] = (1, 2, self.given % 256)
        return True, frame

    def get(self, prop):
        return 30.0 if prop == cv2.CAP_PROP_FPS else 0.0

    def set(self, prop, value):
        self.settings[prop] = value
        return True

    def release(self):
        self.released = True


@dataclass
class FakeCameras:
    """Replaces OpenCV's captures: `captures` are handed out in turn, `asked` is what was asked for."""

    captures: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    infos: list = field(
        default_factory=lambda: [CameraInfo(0, "Integrated Webcam", 200), CameraInfo(2, "HD Pro C920", 200)]
    )

    def open(self, source, backend=0, options=()):
        self.asked.append((source, backend))
        return self.captures.pop(0) if self.captures else FakeCapture()

    def list(self):
        return list(self.infos)


def bits_frame(number, height=64, width=128):
    """A BGR frame that says its number in black and white stripes."""
    frame = np.zeros((height, width, 3), np.uint8)
    stripe = width // BITS
    for bit in range(BITS):
        frame[:, bit * stripe : (bit + 1) * stripe] = 255 * (number >> bit & 1)
    return frame


def number_in(rgb):
    """The number a `bits_frame` says."""
    stripe = rgb.shape[1] // BITS
    row = rgb[rgb.shape[0] // 2, stripe // 2 :: stripe, 1]
    return sum(int(value > 128) << bit for bit, value in enumerate(row))


def write_video(path, frames, fps=25.0):
    """Write BGR frames; MJPG for .avi, MPEG-4 for others."""
    height, width = frames[0].shape[:2]
    code = "MJPG" if path.suffix == ".avi" else "mp4v"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), fps, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


class Handler(http.server.BaseHTTPRequestHandler):
    """Pictures, a video, and MJPEG streams."""

    def do_GET(self):
        name = self.path.partition("?")[0]
        try:
            if name in self.server.files:
                self.send_file(*self.server.files[name])
            elif name in self.server.streams:
                self.send_stream(*self.server.streams[name])
            else:
                self.send_error(404)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send_file(self, content_type, data):
        start, end = 0, len(data) - 1
        wanted = self.headers.get("Range")
        if wanted:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), int(last) if last else end
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Type", content_type)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start + 1))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(data)}")
        self.end_headers()
        self.wfile.write(data[start : end + 1])

    def send_stream(self, frames, stays_silent):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        number = 0
        while not self.server.stopping.is_set() and (frames is None or number < frames):
            _, jpeg = cv2.imencode(".jpg", bits_frame(number % 256))
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
            self.wfile.write(head + jpeg.tobytes() + b"\r\n")
            number += 1
            self.server.stopping.wait(0.01)
        if stays_silent:
            self.server.stopping.wait(20)

    def log_message(self, *args):
        pass


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def cameras(monkeypatch):
    fake = FakeCameras()
    monkeypatch.setattr(opencv, "open_capture", fake.open)
    return fake


@pytest.fixture
def new_capture():
    return FakeCapture


@pytest.fixture(name="number_in")
def number_in_fixture():
    return number_in


@pytest.fixture
def images_dir():
    return IMAGES_DIR


@pytest.fixture
def write_numbers():
    """Writes a video whose frames say their number."""
    return lambda path, count, **options: write_video(path, [bits_frame(number) for number in range(count)], **options)


@pytest.fixture
def write_frames():
    return write_video


@pytest.fixture
def rgb():
    """A picture without symmetry."""
    return np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


@pytest.fixture
def png(tmp_path, rgb):
    path = tmp_path / "picture.png"
    Image.fromarray(rgb).save(path)
    return path


@pytest.fixture(params=["avi", "mp4"])
def video(tmp_path, request, write_numbers):
    """60 frames at 25 fps that say their number, in a folder of its own."""
    folder = tmp_path / "videos"
    folder.mkdir()
    return write_numbers(folder / f"numbers.{request.param}", 60)


@pytest.fixture
def server(rgb):
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = False
    httpd.stopping = threading.Event()
    httpd.files = {"/picture.png": ("image/png", buffer.getvalue()), "/page": ("text/html", b"<html></html>")}
    httpd.streams = {"/live": (None, False), "/short": (5, False), "/silent": (5, True)}
    httpd.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield httpd
    httpd.stopping.set()
    httpd.shutdown()
    httpd.server_close()
    thread.join()
