"""The one place that imports OpenCV: quiet, with short waits, and without its Qt in the way of ours.

OpenCV reads these variables once, when it is loaded, so they are set before the import; what a person has set stays.
Works with OpenCV 4 and 5.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

_BEFORE_IMPORT = {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",  # FFmpeg's AV_LOG_QUIET
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "3",  # seconds one read of a dead camera may block; 10 otherwise
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",  # on, opening a camera on Windows takes many seconds
}
_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")

for _name, _value in _BEFORE_IMPORT.items():
    os.environ.setdefault(_name, _value)
_qt_before = {name: os.environ.get(name) for name in _QT_VARIABLES}

import cv2  # noqa: E402  (the variables above must be set first)

__all__ = ["Capture", "cv2", "open_capture", "to_rgb"]


def _forget_bundled_qt(before: dict[str, str | None], folder: Path) -> None:
    """Undo the wheel's Qt 5 paths, with which our Qt 6 would look for plugins and fonts in the wrong place."""
    for name in _QT_VARIABLES:
        now = os.environ.get(name)
        if now is None or not Path(now).is_relative_to(folder):
            continue
        was = before.get(name)
        if was is None or Path(was).is_relative_to(folder):
            del os.environ[name]
        else:
            os.environ[name] = was


_forget_bundled_qt(_qt_before, Path(cv2.__file__).parent)


class Capture(Protocol):
    """What we use of `cv2.VideoCapture`."""

    def isOpened(self) -> bool:  # noqa: N802
        """Whether there is a device or file behind it."""
        ...

    def grab(self) -> bool:
        """Take the next frame without handing it out."""
        ...

    def retrieve(self) -> tuple[bool, Any]:
        """Hand out the frame that was grabbed, BGR."""
        ...

    def get(self, propId: int) -> float:  # noqa: N803
        """Value of a property, 0 where unknown."""
        ...

    def set(self, propId: int, value: float) -> bool:  # noqa: N803
        """Ask for a value of a property."""
        ...

    def release(self) -> None:
        """Let go of the device or file."""
        ...


def open_capture(source: int | str, backend: int = cv2.CAP_ANY, options: Sequence[int] = ()) -> Capture:
    """A video capture of a camera index, a file or a URL; ask `isOpened()` whether it worked.

    Args:
        source: camera index, path or URL.
        backend: one of `cv2.CAP_*`.
        options: `cv2.CAP_PROP_*` and value in turn, set while opening.
    """
    return cv2.VideoCapture(source, backend, list(options))


def to_rgb(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A captured frame, gray, BGR or BGRA, 8 or 16 bit, as uint8 `(height, width, 3)` RGB, C-contiguous."""
    if frame.dtype.itemsize == 2:
        frame = (frame >> 8).astype("uint8")
    channels = 1 if frame.ndim == 2 else frame.shape[2]
    conversion = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}[channels]
    return cv2.cvtColor(frame, conversion).astype("uint8", copy=False)
