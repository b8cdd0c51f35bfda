"""Video files, played in real time, and moved through frame by frame."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.records import SourceState
from deepvis.sources import opencv
from deepvis.sources.base import FrameSource, Picture, Seek, SourceCommand, SourceError, SourceLost
from deepvis.sources.download import without_password
from deepvis.sources.frame_reader import FrameReader
from deepvis.sources.opencv import cv2
from deepvis.sources.playhead import Playhead

if TYPE_CHECKING:
    from deepvis.sources.base import Clock
    from deepvis.sources.opencv import Capture

_PATIENCE_S = 0.1
"""How long one read may skip frames when the reader is late; then it shows where it got to."""
_MISSING_SHARE = 0.05
OPEN_TIMEOUT_S = 8.0
READ_TIMEOUT_S = 5.0


class VideoSource(FrameSource):
    """A video file, or a video of finite length behind a URL.

    Plays at the file's frame rate times `speed`; frames are skipped where the reader is late. Rotation that a phone
    noted in the file is applied.
    """

    def __init__(self, location: Path | str, *, clock: Clock = time.monotonic) -> None:
        """Nothing is opened yet.

        Args:
            location: a path, or a URL as text.
            clock: seconds that only grow.
        """
        super().__init__()
        self._path = location if isinstance(location, Path) else None
        self._location = str(location)
        self._title = self._path.name if self._path else without_password(self._location)
        self._clock = clock
        self._head = Playhead(25.0, clock)
        self._reader: FrameReader | None = None
        self._failed_ends = 0

    def open(self) -> None:
        """Open the file and check that its first frame can be decoded.

        Raises:
            SourceError: it is missing, empty, or nothing in it can be decoded as video.
        """
        self.close()
        self._check_file()
        reader = FrameReader(self._open_file, self._clock)
        if not reader.go_to(0) or reader.rgb() is None:
            reader.close()
            raise SourceError(
                f"{self._title} cannot be played: it is damaged, or of a kind that this machine's FFmpeg cannot decode."
            )
        self._reader = reader
        self._failed_ends = 0
        self._head = Playhead(reader.fps, self._clock, length=reader.claimed_length, looping=self._head.looping)

    def read(self) -> Picture | None:
        """The frame that is due.

        Raises:
            SourceLost: the file can no longer be read.
        """
        reader, number = self._reader, self._head.due()
        if reader is None or number is None:
            return None
        if not reader.go_to(number, None if self._head.asked else _PATIENCE_S):
            self._end(reader)
            return None
        rgb = reader.rgb()
        self._head.shown(reader.at)
        if rgb is None:
            return None
        self._failed_ends = 0
        return Picture(rgb, self._title, self._path)

    def delay_s(self) -> float | None:
        """Seconds until the next frame is due; None while paused and after the end."""
        return self._head.delay_s() if self._reader else None

    def control(self, command: SourceCommand) -> None:
        """Pause, step, seek, loop, speed."""
        if isinstance(command, Seek):
            self._head.go_to(command.position)
        else:
            self._head.control(command)

    def state(self) -> SourceState:
        """Position and length in frames."""
        head = self._head
        return SourceState(
            "video",
            self._title,
            self._location,
            position=max(head.current, 0),
            length=head.length,
            seekable=True,
            paused=head.paused,
            looping=head.looping,
            speed=head.speed,
            fps=head.fps,
        )

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _open_file(self) -> Capture:
        options = network_options() if self._path is None else []
        capture = opencv.open_capture(self._location, cv2.CAP_FFMPEG, options)
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        return capture

    def _check_file(self) -> None:
        if self._path is None:
            return
        if not self._path.is_file():
            raise SourceError(f"There is no video file {self._path}.")
        if self._path.stat().st_size == 0:
            raise SourceError(f"{self._path} is empty (0 bytes).")

    def _end(self, reader: FrameReader) -> None:
        """The file ended before the frame that was due: only now its true length is known."""
        self._failed_ends += 1
        if not reader.length or self._failed_ends > 3:
            raise SourceLost(f"{self._title} can no longer be read.")
        claimed = reader.claimed_length or 0
        if reader.length < claimed * (1 - _MISSING_SHARE) - 1 and self._head.length != reader.length:
            self._note(f"{self._title} ends after {reader.length} of {claimed} frames: the file seems to be cut off.")
        self._head.length = reader.length
        self._head.go_to(0 if self._head.looping and not self._head.paused else reader.length - 1)


def network_options() -> list[int]:
    """Options for `open_capture` that keep a dead server from blocking the thread for long."""
    return [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        int(OPEN_TIMEOUT_S * 1000),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        int(READ_TIMEOUT_S * 1000),
    ]
