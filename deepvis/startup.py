"""What must be settled before Qt and torch are imported: threads, the display, the libraries of the system."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis.options import RunOptions

OFFSCREEN_SECONDS = 10.0
SCREENSHOT = Path("deepvis-screenshot.png")
STATS = Path("deepvis-stats.json")
KEPT_BLOCK_BYTES = 32 << 20
"""Larger blocks come from the system each time; glibc allows no more."""
KEPT_BYTES = 256 << 20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_WINDOWLESS = {"offscreen", "minimal"}


class StartError(Exception):
    """The window cannot start here; the message says why and what to do."""


def prepare(options: RunOptions) -> tuple[RunOptions, str]:
    """Set the environment for Qt and torch, and settle where the window goes.

    Returns:
        The options of the run that will happen, and a sentence for the person where it is not the run asked for;
        empty otherwise.

    Raises:
        StartError: where libraries are missing: Qt would end the process without a word that helps.
    """
    prepare_torch()
    if options.scale_factor is not None:
        os.environ["QT_SCALE_FACTOR"] = str(options.scale_factor)
    options, said = _settle_display(options)
    if options.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _check_libraries(_platforms(options))
    return options, said


def prepare_torch() -> None:
    """Settle what holds for torch from its import on: threads that wait do not spin, freed memory is kept."""
    # spinning OpenMP threads take the cores that the window needs
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    keep_freed_memory()


def prepare_exact_torch() -> None:
    """The same for a job whose shards must give what a single run gives."""
    # read once, when torch is imported: matrix products whose last bits do not depend on the number of threads
    os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
    keep_freed_memory()


def keep_freed_memory() -> None:
    """Let the C library keep what is freed between two frames.

    glibc gives the inference thread's freed activations back to the system after every frame, and takes them again page
    by page for the next: thousands of page faults, a fifth of a small network's time. Does nothing elsewhere.
    """
    tune = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if tune is not None:
        tune(_M_MMAP_THRESHOLD, KEPT_BLOCK_BYTES)
        tune(_M_TRIM_THRESHOLD, KEPT_BYTES)


def display_problem() -> str:
    """Why no window can appear here, as the first half of a sentence; empty where one can."""
    if not sys.platform.startswith("linux") or os.environ.get("WAYLAND_DISPLAY") or _named_platform():
        return ""
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    if not _answers(display):
        return f"The display '{display}' named by DISPLAY does not answer"
    return ""


def _settle_display(options: RunOptions) -> tuple[RunOptions, str]:
    if options.serve is not None:
        return _settle_served(options)
    if options.offscreen or _named_platform() in _WINDOWLESS:
        seconds = options.seconds or OFFSCREEN_SECONDS
        said = "" if options.seconds else f"Offscreen nobody can close the window: it closes after {seconds:g} seconds."
        return replace(options, offscreen=True, seconds=seconds), said
    problem = display_problem()
    if not problem:
        return options, ""
    options = replace(
        options,
        offscreen=True,
        seconds=options.seconds or OFFSCREEN_SECONDS,
        screenshot=options.screenshot or SCREENSHOT,
        stats=options.stats or STATS,
    )
    return options, (
        f"{problem}: the window runs offscreen for {options.seconds:g} seconds and leaves "
        f"{options.screenshot} and {options.stats}."
    )


def _settle_served(options: RunOptions) -> tuple[RunOptions, str]:
    """A window that is served has people in front of it also offscreen: it stays until it is told to end."""
    if options.offscreen or _named_platform() in _WINDOWLESS:
        return replace(options, offscreen=True), ""
    problem = display_problem()
    return replace(options, offscreen=bool(problem)), f"{problem}: the window runs offscreen." if problem else ""


def _named_platform() -> str:
    """The platform that the person chose by Qt's own variable; `xcb:...` and `wayland;xcb` are possible forms."""
    return re.split(r"[:;]", os.environ.get("QT_QPA_PLATFORM", ""))[0]


def _platforms(options: RunOptions) -> tuple[str, ...]:
    """Qt platforms any of which will do."""
    if options.offscreen:
        return ("offscreen",)
    if named := _named_platform():
        return (named,)
    if os.environ.get("WAYLAND_DISPLAY"):
        return ("wayland", "xcb") if os.environ.get("DISPLAY") else ("wayland",)
    return ("xcb",)


def _check_libraries(platforms: tuple[str, ...]) -> None:
    if not sys.platform.startswith("linux"):
        return
    from deepvis.system_libraries import missing_libraries, opencv_files, qt_files, remedy

    missing = {name: missing_libraries((*qt_files(name), *opencv_files())) for name in platforms}
    if all(missing.values()):
        lacking = missing[platforms[-1]]
        raise StartError(
            f"The window cannot start: this system lacks {', '.join(lacking)}. Install with:\n  {remedy(lacking)}"
        )


def _answers(display: str) -> bool:
    """Whether an X server listens at `:0`, `unix:0`, `host:0` or `host:0.0`."""
    found = re.fullmatch(r"(?P<host>[^:]*):(?P<number>\d+)(\.\d+)?", display)
    if found is None:
        return True  # a form we do not know: Qt may
    host, number = found["host"], int(found["number"])
    if host in {"", "unix"}:
        path = f"/tmp/.X11-unix/X{number}"
        return any(_connects(socket.AF_UNIX, address) for address in (path, "\0" + path))
    return _connects(socket.AF_INET, (host, 6000 + number))


def _connects(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.settimeout(3.0)
        try:
            probe.connect(address)
        except OSError:
            return False
    return True
