"""What is behind a URL: a live stream, a video, or a picture."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from deepvis.records import SourceState
from deepvis.sources import opencv
from deepvis.sources.base import FrameSource, Picture, SourceCommand, SourceError, SourceLost
from deepvis.sources.decode import decode_image
from deepvis.sources.download import fetch_image, without_password
from deepvis.sources.images import ArraySource
from deepvis.sources.opencv import cv2, to_rgb
from deepvis.sources.video import VideoSource, network_options

if TYPE_CHECKING:
    from deepvis.sources.base import Clock
    from deepvis.sources.opencv import Capture

SCHEMES = frozenset(("http", "https", "mms", "mmsh", "rtmp", "rtmps", "rtp", "rtsp", "rtsps", "srt", "tcp", "udp"))


class StreamSource(FrameSource):
    """A URL. On opening it turns out to be a picture, a video of finite length, or a live stream."""

    def __init__(self, url: str, *, clock: Clock = time.monotonic) -> None:
        super().__init__()
        self._url = url
        self._clock = clock
        self._title = _title(url)
        self._inner: FrameSource | None = None

    def open(self) -> None:
        """Connect, and find out what it is.

        Raises:
            SourceError: the server does not answer, or with something that is no picture or video.
        """
        self.close()
        inner: FrameSource = self._still() or LiveStream(self._url, self._title)
        inner.open()
        if isinstance(inner, LiveStream) and inner.finite and self._over_http():
            inner.close()
            inner = VideoSource(self._url, clock=self._clock)
            inner.open()
        self._inner = inner

    def read(self) -> Picture | None:
        """The next picture.

        Raises:
            SourceLost: the connection broke, or nothing came for some seconds.
        """
        picture = self._inner.read() if self._inner else None
        return replace(picture, title=self._title) if picture else None

    def delay_s(self) -> float | None:
        """0 for a live stream, whose reading waits for it."""
        return self._inner.delay_s() if self._inner else None

    def control(self, command: SourceCommand) -> None:
        """Everything a video obeys, where the URL is one."""
        if self._inner:
            self._inner.control(command)

    def state(self) -> SourceState:
        """That of the picture, video or live stream behind the URL."""
        inner = self._inner.state() if self._inner else SourceState("stream", "", "", looping=False)
        return replace(inner, kind="stream", title=self._title, spec=self._url)

    def take_notes(self) -> list[str]:
        """Also those of the video behind the URL."""
        return super().take_notes() + (self._inner.take_notes() if self._inner else [])

    def close(self) -> None:
        """Hang up."""
        if self._inner is not None:
            self._inner.close()
            self._inner = None

    def _over_http(self) -> bool:
        return urlsplit(self._url).scheme.lower() in ("http", "https")

    def _still(self) -> ArraySource | None:
        if not self._over_http():
            return None
        data = fetch_image(self._url)
        return None if data is None else ArraySource(decode_image(data, without_password(self._url)), self._title)


class LiveStream(FrameSource):
    """A stream that goes at its own pace."""

    def __init__(self, url: str, title: str) -> None:
        super().__init__()
        self._url = url
        self._title = title
        self._capture: Capture | None = None

    @property
    def finite(self) -> bool:
        """Whether what was opened has a known number of frames, and is therefore a video."""
        return self._capture is not None and 0 < self._capture.get(cv2.CAP_PROP_FRAME_COUNT) < 1e9

    def open(self) -> None:
        """Connect.

        Raises:
            SourceError: nothing answers in time, or nothing that can be played.
        """
        self.close()
        capture = opencv.open_capture(self._url, cv2.CAP_FFMPEG, network_options())
        if not capture.isOpened():
            capture.release()
            raise SourceError(
                f"{without_password(self._url)} cannot be played: nothing answers there, or it is no video stream."
            )
        self._capture = capture

    def read(self) -> Picture | None:
        """The next frame; waits for it.

        Raises:
            SourceLost: the connection broke, or nothing came for some seconds.
        """
        if self._capture is None:
            return None
        ok = self._capture.grab()
        frame = self._capture.retrieve()[1] if ok else None
        if frame is None:
            raise SourceLost(f"{without_password(self._url)} sends no more pictures.")
        return Picture(to_rgb(frame), self._title)

    def delay_s(self) -> float | None:
        """0, as reading waits for the stream itself."""
        return 0.0 if self._capture else None

    def state(self) -> SourceState:
        """Endless."""
        fps = self._capture.get(cv2.CAP_PROP_FPS) if self._capture else 0.0
        return SourceState("stream", self._title, self._url, looping=False, fps=fps if 0 < fps <= 1000 else None)

    def close(self) -> None:
        """Hang up."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def _title(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or url
