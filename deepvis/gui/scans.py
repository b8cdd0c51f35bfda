"""The scan that was started in the window: its dialog, its place in the status line, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from deepvis.gui.scan_dialog import ScanDialog
from deepvis.live.page_notes import NO_SCAN_OF_TWO

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow
    from deepvis.live.events import Progress, ScanStatus


class Scans(QObject):
    """Opens the dialog, once, and tells everybody how far the scan is."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._controller = window.controller
        self._dialog: ScanDialog | None = None
        self._status: ScanStatus | None = None
        self._controller.scan_changed.connect(self._take)
        self._controller.progressed.connect(self._take_progress)
        self._controller.model_changed.connect(lambda _info: self._tell_dialog())
        self._controller.view_changed.connect(lambda _view: self._tell_dialog())

    def open(self) -> None:
        """Show the dialog, of which there is only one, or say why this network cannot be scanned."""
        info = self._controller.info
        if info is not None and info.pictures > 1:
            self._controller.told.emit(NO_SCAN_OF_TWO, "warning")
            return
        if self._dialog is None:
            self._dialog = self._make()
        self._tell_dialog()
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    @property
    def dialog(self) -> ScanDialog | None:
        """The dialog, once it was opened."""
        return self._dialog

    def _make(self) -> ScanDialog:
        controller, session = self._controller, self._controller.session
        dialog = ScanDialog(self._window)
        dialog.scan_asked.connect(session.start_scan)
        dialog.pause_asked.connect(session.pause_scan)
        dialog.continue_asked.connect(session.resume_scan)
        dialog.stop_asked.connect(session.stop_scan)
        controller.devices_found.connect(dialog.set_devices)
        dialog.set_devices(self._window.bar.devices())
        self._window.closing.connect(dialog.close)
        if self._status is not None:
            dialog.show_status(self._status)
        return dialog

    def _tell_dialog(self) -> None:
        if self._dialog is not None:
            self._dialog.set_network(self._controller.info, self._controller.request, self._controller.view.layer)

    def _take(self, status: ScanStatus) -> None:
        self._status = status
        if self._dialog is not None:
            self._dialog.show_status(status)
        self._show_strip(status)
        if status.over:
            self._tell_end(status)

    def _tell_end(self, status: ScanStatus) -> None:
        """The dialog holds the sentence; the window says it too, and loudly only where nobody looks at the dialog."""
        seen = self._dialog is not None and self._dialog.isVisible()
        level = {"done": "good", "stopped": "info", "failed": "info" if seen else "error"}[status.state]
        fallback = {"done": "The scan is done.", "stopped": "The scan was stopped.", "failed": "The scan failed."}
        self._window.voice.say(status.text or fallback[status.state], level)

    def _take_progress(self, progress: Progress) -> None:
        work = self._window.long_work
        if progress.done:
            work.clear("loading")
        else:
            work.show("loading", progress.text, progress.fraction, self._controller.session.cancel_loading)

    def _show_strip(self, status: ScanStatus) -> None:
        work = self._window.long_work
        if status.over:
            work.clear("scan")
        else:
            stop = None if status.state == "stopping" else self._controller.session.stop_scan
            work.show("scan", strip_text(status), status.fraction, stop)


def strip_text(status: ScanStatus) -> str:
    """A scan in a few words."""
    if status.state != "running":
        return {"paused": "Scan paused", "stopping": "Stopping the scan"}.get(status.state, "Scan")
    return f"Scan: {status.phase}" if status.phase else "Scan"
