"""A display to show the window on: the one there is, else a virtual one of our own, else none (offscreen)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deepvis.startup import display_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

SCREEN = "1920x1080x24"
START_WITHIN_S = 20.0
NO_SERVER = "offscreen (no display, and Xvfb is not installed)"


@contextmanager
def display() -> Iterator[str]:
    """Set the environment so that Qt finds a place for windows.

    Yields:
        What the window is shown on, for the report.
    """
    named = os.environ.get("QT_QPA_PLATFORM")
    if named:
        yield named
    elif not display_problem():
        yield "the display"
    elif shutil.which("Xvfb") is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        yield NO_SERVER
    else:
        yield from _virtual()


def _virtual() -> Iterator[str]:
    with tempfile.TemporaryFile() as log, _server(log.fileno()) as number:
        os.environ.update(DISPLAY=f":{number}", QT_QPA_PLATFORM="xcb")
        yield f"xcb on a virtual display (Xvfb {SCREEN})"


@contextmanager
def _server(log: int) -> Iterator[int]:
    """Run Xvfb on a free display number, which it chooses itself and writes to a pipe when it is ready."""
    near, far = os.pipe()
    command = ["Xvfb", "-displayfd", str(far), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[far], stdout=log, stderr=log)
    os.close(far)
    try:
        with os.fdopen(near) as ready:
            yield int(ready.readline())
    finally:
        server.terminate()
        server.wait(START_WITHIN_S)
