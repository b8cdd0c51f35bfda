"""How worker threads wake the window: one queued signal, however often they ring before it is answered."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt, pyqtSignal


class Doorbell(QObject):
    """Rings cross to the GUI thread at most one at a time, so that a fast worker cannot flood the event queue.

    Signals:
        rung: something can be fetched; always in the GUI thread.
    """

    rung = pyqtSignal()
    _crossed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pending = False
        self._crossed.connect(self._answer, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def ring(self) -> None:
        """Wake the window; any thread may call this. Two threads at once may both post: that is harmless."""
        if not self._pending:
            self._pending = True
            self._crossed.emit()

    def _answer(self) -> None:
        # cleared before anybody fetches, so that what is put meanwhile rings again
        self._pending = False
        self.rung.emit()
