"""What the session tells the window, apart from pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
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


Event = Notice | Progress | ModelReady | ModelFailed | SourceChanged | DevicesFound | ModelsListed | CamerasListed
