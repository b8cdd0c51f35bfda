"""How one run of the window goes: what is asked for this time only, unlike the settings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class ServeOptions:
    """Where the window's panes are shown to others.

    Attributes:
        host: address of this machine to listen on; a loopback one is for this machine alone.
        port: 0 takes a free one.
        token: what viewers must know; empty for nothing.

    Raises:
        ValueError: a sentence that names what is wrong, by the attribute's name.
    """

    host: str = "127.0.0.1"
    port: int = 8017
    token: str = field(default="", repr=False)  # whatever shows these options to somebody does not show it

    def __post_init__(self) -> None:
        """Check it."""
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port must be from 0 to 65535, not {self.port}.")
        if not self.host.strip():
            raise ValueError("host must be an address of this machine, such as 127.0.0.1 or 0.0.0.0.")
        if self.token and not re.fullmatch(r"[A-Za-z0-9._~-]{8,200}", self.token):
            raise ValueError("token must have 8 to 200 letters, digits or any of . _ ~ -, so that it fits an address.")


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
        serve: show the panes in browsers; None does not.
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
    serve: ServeOptions | None = None
    given: frozenset[str] = frozenset()
