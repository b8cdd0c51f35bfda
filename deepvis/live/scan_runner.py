"""The thread that runs a scan in a process of its own: the window stays quick, and a crash takes nothing along."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.live.events import Event, Notice, ScanChanged, ScanStatus
from deepvis.live.mailbox import Outbox
from deepvis.live.scan_child import KILL_AFTER_S, ScanChild
from deepvis.live.scan_wish import ScanWish, python_command, scan_arguments
from deepvis.live.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TELL_EVERY_S = 0.2
COUNTING = "scanning"
STORING = "storing pictures of the winners"
"""Names of a scan's first and second pass, as `deepvis scan --progress json` writes them."""
STOP_WITHIN_S = 60.0
"""So long a scan may take to save what it did after a person stopped it."""
CLOSE_WITHIN_S = 3.0
"""So long when the window closes: the scan goes on from its last checkpoint another time."""


@dataclass(frozen=True, slots=True)
class _Begin:
    wish: ScanWish
    gallery: Path | None


class ScanRunner(Worker):
    """Starts `deepvis scan`, reads how far it is, passes on what the person wants.

    Args:
        report: gets `ScanChanged` and `Notice`.
        published: called when the scan may have written to the gallery.
        command: what to start instead of this program, for tests.
    """

    name = "deepvis-scan"

    def __init__(
        self,
        report: Callable[[Event], None],
        published: Callable[[], None] = lambda: None,
        command: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(report)
        self._published = published
        self._command = command or python_command()
        self._orders: Outbox[_Begin | str] = Outbox(self.bell.ring)
        self._child: ScanChild | None = None
        self._status = ScanStatus("running")
        self._told: ScanStatus | None = None
        self._told_s = 0.0
        self._end_by_s: float | None = None
        self._counted = 0

    def begin(self, wish: ScanWish, gallery: Path | None) -> None:
        """Start a scan; any thread may call this, as the methods below."""
        self._orders.put(_Begin(wish, gallery))

    def pause(self) -> None:
        """Let the scan rest."""
        self._orders.put("pause")

    def resume(self) -> None:
        """Let it go on."""
        self._orders.put("go")

    def end(self) -> None:
        """Let it save what it did and end."""
        self._orders.put("stop")

    def step(self) -> None:
        """Follow the orders, read what the scan said, tell it, sleep until somebody rings."""
        for order in self._orders.take_all():
            if isinstance(order, _Begin):
                self._begin(order)
            else:
                self._command_child(order)
        if self._child is not None:
            self._read(self._child)
        self.bell.wait(self._delay_s())

    def close(self) -> None:
        """End the scan: it is asked, then told, then killed."""
        if self._child is not None:
            self._child.say("stop")
            self._child.end(CLOSE_WITHIN_S)
            self._child = None

    def _begin(self, order: _Begin) -> None:
        if self._child is not None:
            self.report(Notice("A scan is running already: stop it first, or wait until it is done.", "warning"))
            return
        command = (*self._command, *scan_arguments(order.wish, order.gallery))
        try:
            self._child = ScanChild(command, self.bell.ring)
        except OSError as error:
            reason = error.strerror or str(error)
            self._tell(ScanStatus("failed", text=f"The scan could not be started: {reason}."))
            return
        self._end_by_s, self._counted = None, 0
        self._tell(ScanStatus("running", text=f"Scanning {order.wish.images}."))

    def _command_child(self, order: str) -> None:
        if self._child is None or self._status.state == "stopping":
            return
        self._child.say(order)
        if order == "stop":
            # one that rests could not save
            self._end_by_s = time.monotonic() + STOP_WITHIN_S
            self._tell(replace(self._status, state="stopping", text="The scan saves what it did."))
        else:
            self._tell(replace(self._status, state="paused" if order == "pause" else "running"))

    def _read(self, child: ScanChild) -> None:
        # before the lines are taken: what comes after this look is read in the next round
        code = child.code()
        self._take_lines(child)
        if code is not None:
            self._finish(child, code)
        elif self._end_by_s is not None and time.monotonic() >= self._end_by_s:
            child.end(0.0)
            self.bell.ring()
        elif self._status != self._told and time.monotonic() - self._told_s >= TELL_EVERY_S:
            self._tell(self._status)
            self._published()

    def _finish(self, child: ScanChild, code: int) -> None:
        last_words = child.end(KILL_AFTER_S)
        self._take_lines(child)
        stopped, self._child, self._end_by_s = self._status.state == "stopping", None, None
        self._published()
        self._tell(ended(self._status, code, last_words, stopped=stopped, counted=self._counted))

    def _take_lines(self, child: ScanChild) -> None:
        for line in child.lines.take_all():
            self._status = read_line(line, self._status)
            if self._status.phase == COUNTING:
                self._counted = self._status.total or 0

    def _tell(self, status: ScanStatus) -> None:
        self._status, self._told, self._told_s = status, status, time.monotonic()
        self.report(ScanChanged(status))

    def _delay_s(self) -> float | None:
        """When to look again although nobody rings."""
        if self._child is None:
            return None
        now_s = time.monotonic()
        due_s = [] if self._status == self._told else [self._told_s + TELL_EVERY_S]
        due_s += [] if self._end_by_s is None else [self._end_by_s]
        return max(0.0, min(due_s) - now_s) if due_s else None


def read_line(line: str, status: ScanStatus) -> ScanStatus:
    """A status with what a line of the scan says; a line that is no JSON object is a sentence.

    What state the scan is in follows from what was asked of it: a line may have been on its way when it was paused.
    """
    try:
        said = json.loads(line)
    except ValueError:
        said = line.strip()
    if not isinstance(said, dict):
        return replace(status, text=str(said)) if said else status
    return replace(
        status,
        phase=str(said.get("phase") or ""),
        done=int(_number(said.get("done")) or 0),
        total=int(_number(said.get("total")) or 0) or None,
        per_second=_number(said.get("per_second")) or None,
        left_s=_number(said.get("left_s")),
        skipped=int(_number(said.get("skipped")) or 0),
        text=str(said.get("text") or ""),
    )


def ended(status: ScanStatus, code: int, last_words: str, *, stopped: bool, counted: int = 0) -> ScanStatus:
    """The last status: why the scan is over.

    Args:
        status: the one before.
        code: exit code of the process.
        last_words: what it complained about last.
        stopped: a person stopped it.
        counted: images of the first pass; 0 while unknown.
    """
    if stopped and status.phase == STORING:
        images = f"all {counted:,} images are" if counted > 1 else "every image is"
        text = f"Stopped while storing pictures; {images} counted. The same scan goes on from there."
        return replace(status, state="stopped", left_s=None, text=text)
    if stopped:
        # what a command line would do next is not for the window
        said = status.text.partition(". ")[0].rstrip(".") if code == 0 else ""
        text = f"{said or 'The scan was stopped'}. The same scan goes on from there."
        return replace(status, state="stopped", left_s=None, text=text)
    if code == 0:
        return replace(status, state="done", left_s=None, text=status.text)
    if code < 0:
        why = f"The scan was ended from outside (signal {-code}). The same scan goes on from its last checkpoint."
        return replace(status, state="failed", left_s=None, text=why)
    why = last_words or f"The scan failed with exit code {code} and said nothing."
    return replace(status, state="failed", left_s=None, text=why)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
