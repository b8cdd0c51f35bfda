"""What the session tells the window, apart from pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from deepvis.live.studio_news import StudioOffer
    from deepvis.records import ModelInfo, SourceState

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person."""

    text: str
    level: Level = "info"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work is; `fraction` in 0..1, None where unknown; `done` ends it."""

    text: str
    fraction: float | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class ModelReady:
    """Another model runs now, or, where `moved`, the same one on another device or in another precision."""

    info: ModelInfo
    moved: bool = False


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """A wanted model could not be had; the present one, if any, goes on."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """The source, its position or its state changed."""

    state: SourceState


@dataclass(frozen=True, slots=True)
class DevicesFound:
    """Devices this machine has, best first."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelsListed:
    """Names of networks that can be loaded by name."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CamerasListed:
    """Cameras as `(spec, name)`."""

    cameras: tuple[tuple[str, str], ...]


ScanState = Literal["running", "paused", "stopping", "stopped", "done", "failed"]


@dataclass(frozen=True, slots=True)
class ScanStatus:
    """How far the scan is that was started from the window.

    Attributes:
        state: `running`, `paused` and `stopping` go on; `stopped`, `done` and `failed` are the end.
        phase: what it does now, for people: a word or two; empty before it said anything.
        done: images done in this phase.
        total: images of this phase; None while unknown.
        per_second: images per second; None while unknown.
        left_s: seconds left, estimated; None while unknown.
        skipped: files that could not be used.
        text: a sentence: what it works on, how it ended, why it failed.
    """

    state: ScanState
    phase: str = ""
    done: int = 0
    total: int | None = None
    per_second: float | None = None
    left_s: float | None = None
    skipped: int = 0
    text: str = ""

    @property
    def over(self) -> bool:
        """Nothing more will come of this scan; another one can be started."""
        return self.state in ("stopped", "done", "failed")

    @property
    def fraction(self) -> float | None:
        """Part of the phase that is done, 0..1; None while unknown."""
        return min(1.0, self.done / self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class ScanChanged:
    """The scan that was started from the window went on, was paused, or ended."""

    status: ScanStatus


@dataclass(frozen=True, slots=True)
class StudioOffered:
    """What can be synthesized with the running model; said again when another one runs."""

    offer: StudioOffer


Event = (
    Notice
    | Progress
    | ModelReady
    | ModelFailed
    | SourceChanged
    | DevicesFound
    | ModelsListed
    | CamerasListed
    | ScanChanged
    | StudioOffered
)
