"""The one class behind every worker thread: open, repeat a step, close, report."""

from __future__ import annotations

import logging
import os
import sys
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from deepvis.live.events import Event, Notice
from deepvis.live.mailbox import Bell

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

REST_AFTER_FAULT_S = 0.5
BEHIND = 5
"""Niceness of a thread that works beside live pictures: those, and the window, go first."""


class Worker(ABC):
    """A named thread that calls `step` until it is asked to stop.

    `open`, `step` and `close` run in the thread; everything else may be called from any thread. A step must return soon
    after `bell` rings or `stopping` becomes true, so that `join` does not hang.

    Attributes:
        name: of the thread.
        niceness: of the thread, above the process's own, on systems where each thread has one; threads that it starts,
            as OpenMP's, inherit it.
    """

    name = "deepvis-worker"
    niceness = 0

    def __init__(self, report: Callable[[Event], None]) -> None:
        self.report = report
        self.bell = Bell()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        """Start the thread; once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stop.set()
        self.bell.ring()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; True if the thread has ended (or was never started)."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether the thread was asked to end."""
        return self._stop.is_set()

    def open(self) -> None:  # noqa: B027  (optional)
        """Acquire what the thread owns."""

    @abstractmethod
    def step(self) -> None:
        """Do one piece of work, or wait for one."""

    def close(self) -> None:  # noqa: B027  (optional)
        """Release what the thread owns; called in any case."""

    def _run(self) -> None:
        try:
            _stand_back(self.niceness)
            self.open()
            while not self.stopping:
                self._guarded_step()
        except Exception as error:  # noqa: BLE001  (a thread's last words must reach the person)
            self._report_fault(error)
        finally:
            self.close()

    def _guarded_step(self) -> None:
        try:
            self.step()
        except Exception as error:  # noqa: BLE001  (one bad step must not end a live session)
            self._report_fault(error)
            self._stop.wait(REST_AFTER_FAULT_S)

    def _report_fault(self, error: Exception) -> None:
        log.error("%s failed", self.name, exc_info=error)
        self.report(Notice(f"{self.name} met an unexpected {type(error).__name__}: {error}", "error"))


def _stand_back(niceness: int) -> None:
    """Lower the priority of the calling thread, for good: to raise it again takes rights that a person rarely has."""
    if niceness and sys.platform == "linux":
        own = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, own) + niceness)
