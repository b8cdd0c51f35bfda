"""A scan that runs in a process of its own."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import tempfile
import threading
from typing import IO, TYPE_CHECKING

from deepvis.live.mailbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

KILL_AFTER_S = 2.0
NICENESS = 10


class ScanChild:
    """A running scan: its lines as they come, and its end.

    Args:
        command: what to start.
        notify: a line came, or the last one did; called from a thread of its own.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, command: tuple[str, ...], notify: Callable[[], None]) -> None:
        self.lines: Outbox[str] = Outbox(notify)
        self._notify = notify
        # a file, because a pipe that nobody empties would stop the scan
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed in `end`)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"},
                creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
            )
        except OSError:
            self._errors.close()
            raise
        self._yield_to_others()
        self._reader = threading.Thread(target=self._read, name="deepvis-scan-reader", daemon=True)
        self._reader.start()

    def say(self, order: str) -> None:
        """Send a line; one that is gone hears nothing."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.write(order.encode() + b"\n")
                self._process.stdin.flush()

    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def end(self, within_s: float) -> str:
        """Wait for its end, then terminate it, then kill it.

        Returns:
            The last line of what it complained about.
        """
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                # a scan whose orders end stops too, also one that did not hear "stop"
                self._process.stdin.close()
        for force in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(within_s)
                break
            except subprocess.TimeoutExpired:
                force()
                within_s = KILL_AFTER_S
        self._process.wait()
        self._reader.join(KILL_AFTER_S)
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()
        return self._last_words()

    def _last_words(self) -> str:
        if self._errors.closed:
            return ""
        with self._errors as errors:
            errors.seek(0)
            lines = errors.read().decode("utf-8", "replace").splitlines()
        said = [line.strip() for line in lines if line.strip()]
        for line in said:
            log.info("scan: %s", line)
        return said[-1] if said else ""

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.lines.put(line.decode("utf-8", "replace"))
        # the pipe closes a moment before the process is gone
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(KILL_AFTER_S)
        self._notify()

    def _yield_to_others(self) -> None:
        """The live picture goes first; processes it starts inherit this."""
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, NICENESS)
