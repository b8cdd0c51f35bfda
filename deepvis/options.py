"""How one run of the window goes: what is asked for this time only, unlike the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class RunOptions:
    """What the command line asks of one run.

    Attributes:
        offscreen: no window appears; everything else is the same.
        seconds: close by itself after this time; None waits for the person.
        screenshot: PNG file that gets a picture of the window before it closes.
        stats: JSON file that gets the run's figures before it closes.
        size: width and height of the window in logical pixels; None remembers the last one.
        scale_factor: of the user interface; None leaves it to Qt.
        reset_settings: forget the remembered window layout and last choices first.
        debug: tracebacks and debug messages on the terminal.
        given: names of the settings that the command line gives: no last choice replaces them.
    """

    offscreen: bool = False
    seconds: float | None = None
    screenshot: Path | None = None
    stats: Path | None = None
    size: tuple[int, int] | None = None
    scale_factor: float | None = None
    reset_settings: bool = False
    debug: bool = False
    given: frozenset[str] = frozenset()
