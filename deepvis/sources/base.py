"""What every source of frames can do, what it may be told, and how it fails."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.records import SourceState

Clock = Callable[[], float]
"""Seconds that only grow, as `time.monotonic` gives them; tests hand in their own."""


class SourceError(Exception):
    """The source cannot be opened at all; the message is a sentence for a person."""


class SourceLost(Exception):  # noqa: N818  (nothing is wrong with the request: the device went away)
    """The device or stream went away while reading: close, wait, open again; the message is a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture a source gave.

    Attributes:
        rgb: uint8, `(height, width, 3)`, C-contiguous, sRGB; the receiver may keep it.
        title: what it is, for people.
        path: the file whose pixels these are, if they are exactly one file's.
        scene: the same for all that show one and the same picture; empty where the source does not know.
        mixed: two pictures at once: a cross-fade.
        label: what it really shows, a class's name or number; empty where nobody said.
        second_rgb: a second picture that belongs to it, as `rgb`; None where there is none.
    """

    rgb: NDArray[np.uint8]
    title: str
    path: Path | None = None
    scene: str = ""
    mixed: bool = False
    label: str = ""
    second_rgb: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """Show the next picture of a folder or reel."""


@dataclass(frozen=True, slots=True)
class Previous:
    """Show the previous picture of a folder or reel."""


@dataclass(frozen=True, slots=True)
class TogglePause:
    """Stop a video or reel, or let it go on."""


@dataclass(frozen=True, slots=True)
class Step:
    """Pause and move by a number of frames; negative is back."""

    frames: int


@dataclass(frozen=True, slots=True)
class Seek:
    """Go to a frame of a video or to a file of a folder; positions outside are moved to the nearest end."""

    position: int


@dataclass(frozen=True, slots=True)
class SetSpeed:
    """Play at this multiple of the recorded speed, 0.1 to 8."""

    factor: float


@dataclass(frozen=True, slots=True)
class SetLoop:
    """Begin again at the end, or stay on the last frame."""

    on: bool


SourceCommand = Next | Previous | TogglePause | Step | Seek | SetSpeed | SetLoop


class FrameSource(ABC):
    """A source of pictures. One thread opens, reads, controls and closes it; a closed source may be opened again."""

    mirrored: bool = False
    """Whether this kind is shown mirrored unless the person says otherwise."""

    def __init__(self) -> None:
        self._notes: list[str] = []

    @abstractmethod
    def open(self) -> None:
        """Take hold of the device or file.

        Raises:
            SourceError: it cannot be opened; nothing is held then.
        """

    @abstractmethod
    def read(self) -> Picture | None:
        """The next picture, or None where nothing is new. Blocks at most as long as a device needs for one frame.

        Raises:
            SourceLost: the device or stream went away.
        """

    @abstractmethod
    def delay_s(self) -> float | None:
        """Seconds to wait before the next read, 0 for at once; None: nothing comes before a command does."""

    def stands_still(self) -> bool:
        """Whether the picture read last stays until a command comes."""
        return self.delay_s() is None

    @abstractmethod
    def state(self) -> SourceState:
        """What the source does now; works at any time, also before `open` and after `close`."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything; may be called any number of times. A read after it gives None."""

    def control(self, command: SourceCommand) -> None:  # noqa: B027  (most kinds have nothing to control)
        """Obey a command; one that means nothing to this kind is ignored."""

    def take_notes(self) -> list[str]:
        """Sentences for the status line since the last call: files that were skipped, and why."""
        notes, self._notes = self._notes, []
        return notes

    def _note(self, sentence: str) -> None:
        self._notes.append(sentence)
