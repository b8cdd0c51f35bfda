"""What the window says to the person: bad news stays longer than good news, and reaches the terminal too."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from deepvis.gui.widgets.status_line import StatusLine
    from deepvis.gui.widgets.toast import Toast

HOLD_S = 8.0
"""Good news does not cover bad news that is younger than this."""

FORGET_MS = 30_000
"""After this time a complaint, and whatever is of the moment, leaves the status line: it is over, or said elsewhere."""


class Voice(QObject):
    """Says sentences in the status line; warnings and errors also over the window and in the terminal.

    Attributes:
        complaints: warnings and errors of this run, in order, each once.
        failed: at least one of them was an error: something that was asked for was not done.
    """

    def __init__(self, status: StatusLine, toast: Toast, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._status = status
        self._toast = toast
        self._complained_s: float | None = None
        self.complaints: list[str] = []
        self.failed = False
        self._forget = QTimer(self)
        self._forget.setSingleShot(True)
        self._forget.setInterval(FORGET_MS)
        self._forget.timeout.connect(lambda: self._status.set_message(""))

    def say(self, text: str, level: str, *, passing: bool = False) -> None:
        """Say a sentence; `level` is `info`, `good`, `warning` or `error`; good news that is `passing` leaves again."""
        if level in ("warning", "error"):
            self._complain(text, level)
        elif self._complained_s is None or time.monotonic() - self._complained_s > HOLD_S:
            self._forget.stop()
            if passing:
                self._forget.start()
            self._status.set_message(text, level)

    def _complain(self, text: str, level: str) -> None:
        self._complained_s = time.monotonic()
        self._forget.start()
        self._status.set_message(text, level)
        self._toast.show_text(text, max(4000, 60 * len(text)))
        self.failed = self.failed or level == "error"
        if text not in self.complaints:
            self.complaints.append(text)
            if sys.stderr is not None:
                sys.stderr.write(f"deepvis: {text}\n")
