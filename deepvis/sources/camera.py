"""Cameras: listed quickly and quietly, opened by index or by name, reported when they go away."""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.records import SourceState
from deepvis.sources import opencv
from deepvis.sources.base import FrameSource, Picture, SourceError, SourceLost
from deepvis.sources.natural import natural_key
from deepvis.sources.opencv import cv2, to_rgb

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.sources.base import Clock
    from deepvis.sources.opencv import Capture

_log = logging.getLogger(__name__)

_BACKENDS = {"linux": (cv2.CAP_V4L2,), "darwin": (cv2.CAP_AVFOUNDATION,), "win32": (cv2.CAP_DSHOW, cv2.CAP_MSMF)}
_WARM_UP_S = 3.0
"""How long a camera may take to its first frame."""
_SILENCE_S = 3.0
"""How long a camera may fail before it counts as lost."""
_FAILURES = 5
_RETRY_S = 0.05


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera that OpenCV can open: its index there, its name, and the backend the index belongs to."""

    index: int
    name: str
    backend: int


def list_cameras() -> list[CameraInfo]:
    """The cameras of this machine by index; none is opened or switched on by asking."""
    try:
        from cv2_enumerate_cameras import enumerate_cameras  # optional; it imports cv2, so ours must be first

        for backend in _BACKENDS.get(sys.platform, (cv2.CAP_ANY,)):
            found = {camera.index: camera.name for camera in enumerate_cameras(backend)}
            if found:
                return [CameraInfo(index, name or f"camera {index}", backend) for index, name in sorted(found.items())]
    except (ImportError, OSError, NotImplementedError, RuntimeError) as error:
        _log.info("Cameras cannot be enumerated (%s); looking at the device files instead.", error)
        return _list_device_files()
    return []


def _list_device_files(devices: Path = Path("/dev"), names: Path = Path("/sys/class/video4linux")) -> list[CameraInfo]:
    """What Linux tells without help; elsewhere nothing."""
    found = []
    for device in sorted(devices.glob("video[0-9]*"), key=lambda path: natural_key(path.name)):
        name_file = names / device.name / "name"
        name = name_file.read_text(errors="replace").strip() if name_file.is_file() else device.name
        found.append(CameraInfo(int(device.name.removeprefix("video")), name, cv2.CAP_V4L2))
    return found


class CameraSource(FrameSource):
    """A camera, by index, by part of its name, or the first there is."""

    mirrored = True

    def __init__(
        self,
        which: int | str | None = None,
        size: tuple[int, int] = (640, 480),
        *,
        clock: Clock = time.monotonic,
        cameras: Callable[[], list[CameraInfo]] | None = None,
    ) -> None:
        """Nothing is opened yet; a name is looked up when the camera is opened, each time anew.

        Args:
            which: OpenCV's index, part of the name in any case, or None for the first.
            size: `(width, height)` to ask for; the camera may give another.
            clock: seconds that only grow.
            cameras: gives the cameras there are; `list_cameras` by default.
        """
        super().__init__()
        self._which = which
        self._size = size
        self._clock = clock
        self._cameras = cameras
        self._capture: Capture | None = None
        self._title = "camera" if which is None else f"camera {which}"
        self._first: NDArray[np.uint8] | None = None
        self._failures = 0
        self._good_s = 0.0

    def open(self) -> None:
        """Find the camera, open it, and wait for its first frame.

        Raises:
            SourceError: there is no such camera, or it gives no picture.
        """
        self.close()
        info = self._find()
        self._title = info.name
        capture = opencv.open_capture(info.index, info.backend)
        try:
            self._configure(capture)
            self._first = self._warm_up(capture)
        except BaseException:
            capture.release()
            raise
        self._capture, self._failures, self._good_s = capture, 0, self._clock()

    def read(self) -> Picture | None:
        """The next frame; None where one frame failed.

        Raises:
            SourceLost: several frames in a row failed, or none came for some seconds.
        """
        if self._capture is None:
            return None
        rgb, self._first = self._first, None
        if rgb is None:
            rgb = _read_frame(self._capture)
        if rgb is None:
            self._failures += 1
            if self._failures >= _FAILURES or self._clock() - self._good_s >= _SILENCE_S:
                raise SourceLost(f"{self._title} gives no more pictures; plug it in again, or choose another source.")
            return None
        self._failures, self._good_s = 0, self._clock()
        return Picture(rgb, self._title)

    def delay_s(self) -> float | None:
        """0, as reading waits for the camera itself; a moment after a failure."""
        if self._capture is None:
            return None
        return _RETRY_S if self._failures else 0.0

    def state(self) -> SourceState:
        """The camera's name and what it says of its frame rate."""
        fps = self._capture.get(cv2.CAP_PROP_FPS) if self._capture else 0.0
        spec = "camera" if self._which is None else f"camera:{self._which}"
        return SourceState("camera", self._title, spec, looping=False, fps=fps if 0 < fps <= 1000 else None)

    def close(self) -> None:
        """Switch the camera off."""
        if self._capture is not None:
            self._capture.release()
        self._capture = self._first = None

    def _find(self) -> CameraInfo:
        found = (self._cameras or list_cameras)()
        if isinstance(self._which, int):
            by_index = {camera.index: camera for camera in found}
            return by_index.get(self._which, CameraInfo(self._which, f"camera {self._which}", cv2.CAP_ANY))
        wanted = (self._which or "").casefold()
        matches = [camera for camera in found if wanted in camera.name.casefold()]
        if matches:
            return matches[0]
        if not found:
            raise SourceError("No camera was found. Plug one in, or choose the demo reel, a video or a picture.")
        names = ", ".join(f"'{camera.name}' ({camera.index})" for camera in found)
        raise SourceError(f"There is no camera named '{self._which}'. There are: {names}.")

    def _configure(self, capture: Capture) -> None:
        if not capture.isOpened():
            raise SourceError(f"{self._title} cannot be opened: another program uses it, or you lack the permission.")
        width, height = self._size
        if width * height > 640 * 480:  # uncompressed, larger pictures come slowly over USB 2
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def _warm_up(self, capture: Capture) -> NDArray[np.uint8]:
        until_s = time.monotonic() + _WARM_UP_S
        while True:
            rgb = _read_frame(capture)
            if rgb is not None:
                return rgb
            if time.monotonic() > until_s:
                break
            time.sleep(_RETRY_S)
        raise SourceError(f"{self._title} was opened but gives no picture: another program may be using it.")


def _read_frame(capture: Capture) -> NDArray[np.uint8] | None:
    try:
        if not capture.grab():
            return None
        ok, frame = capture.retrieve()
    except cv2.error as error:
        _log.info("The camera's driver failed: %s", error)
        return None
    return to_rgb(frame) if ok and frame is not None and frame.size else None
