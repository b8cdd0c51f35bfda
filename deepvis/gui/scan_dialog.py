"""Scanning a folder of images: what to scan, how far it is, and what came of it. The window goes on beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from deepvis.gui.figures import span_text
from deepvis.gui.scan_form import ScanForm
from deepvis.gui.theme import SPACE
from deepvis.gui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QShowEvent

    from deepvis.live.events import ScanStatus
    from deepvis.records import ModelInfo, ModelRequest

HINT = (
    "Every image goes through the network once. For each unit the images it answers to most are kept, with the place "
    "in them, and how often it is active. Results appear in the window while the scan runs."
)
KEPT = "Stopping keeps what is done: the same scan, started again, goes on from there."
CLOSED = "You can close this: the scan goes on, its progress is in the status line."
WORD_LINES = 2
"""So many lines of words have room without moving anything."""


class ScanDialog(QDialog):
    """Asks for a `ScanWish` and shows how its scan goes on; it stays open, and closing it stops nothing.

    Signals:
        scan_asked: the wish.
        pause_asked: let the scan rest.
        continue_asked: let it go on.
        stop_asked: end it.
    """

    scan_asked = pyqtSignal(object)
    pause_asked = pyqtSignal()
    continue_asked = pyqtSignal()
    stop_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Scan a folder of images")
        self.setModal(False)
        self.setMinimumWidth(560)
        self._state = ""
        self._failure = ""
        self._form = ScanForm()
        self._problem = QLabel()
        self._doing = ElidedLabel("text")
        self._figures = ElidedLabel("muted")
        self._line = _row(((self._doing, 1), (self._figures, 4)))
        self._bar = QProgressBar()
        self._words = QLabel(KEPT)
        self._start = QPushButton("Start")
        self._pause = QPushButton("Pause")
        self._stop = QPushButton("Stop")
        self._close = QPushButton("Close")
        self._build()
        self._show_state("")

    @property
    def form(self) -> ScanForm:
        """The fields."""
        return self._form

    def set_network(self, info: ModelInfo | None, request: ModelRequest | None, layer: str) -> None:
        """The network that would be scanned, how it was asked for, and the viewed layer."""
        self._form.set_network(info, request, layer)
        self._enable_start()

    def set_devices(self, names: Sequence[str]) -> None:
        """Offer these devices."""
        self._form.set_devices(names)

    def accept(self) -> None:
        """Ask for the scan where the fields can be read; the dialog stays."""
        if not self._start.isEnabled():
            return
        try:
            wish = self._form.wish()
        except ValueError as error:
            self._tell(str(error))
            return
        self._tell("")
        self._start.setEnabled(False)
        self.scan_asked.emit(wish)

    def show_status(self, status: ScanStatus) -> None:
        """Show how far the scan is, or how it ended."""
        if status.over:
            self._doing.set_text({"done": "Done", "stopped": "Stopped", "failed": "Failed"}[status.state])
            self._figures.set_text("" if status.state == "failed" else figures(status))
            self._words.setText(status.text)
        else:
            self._doing.set_text(doing(status))
            self._figures.set_text(figures(status))
            self._words.setText("The scan saves what it did." if status.state == "stopping" else f"{KEPT} {CLOSED}")
        self._failure = status.text if status.state == "failed" else ""
        self._tell(self._failure)
        # neither line is cut while the other has nothing to say
        self._line.setStretch(1, 4 if self._figures.text else 0)
        fraction = 1.0 if status.state == "done" else status.fraction
        known = fraction is not None or status.over
        self._bar.setRange(0, 1000 if known else 0)
        if known:
            self._bar.setValue(round(1000 * (fraction or 0.0)))
        self._show_state(status.state)

    def _show_state(self, state: str) -> None:
        if state == self._state and state:
            return
        self._state = state
        going = state in ("running", "paused", "stopping")
        for widget in (self._doing, self._figures):
            widget.setVisible(bool(state))
        self._show_words()
        self._bar.setVisible(going or state == "done")
        self._form.setEnabled(not going)
        self._start.setVisible(not going)
        self._pause.setVisible(going)
        self._stop.setVisible(going)
        self._pause.setText("Continue" if state == "paused" else "Pause")
        for button in (self._pause, self._stop):
            button.setEnabled(state != "stopping")
        self._enable_start()
        self._fit_height()

    def _enable_start(self) -> None:
        going = self._state in ("running", "paused", "stopping")
        self._start.setEnabled(not going and self._form.ready)

    def showEvent(self, event: QShowEvent | None) -> None:
        """What was wrong with the fields last time is forgotten; why a scan failed is not."""
        self._tell(self._failure)
        super().showEvent(event)

    def _tell(self, problem: str) -> None:
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._show_words()
        self._fit_height()

    def _forget_complaint(self) -> None:
        if not self._problem.isHidden():
            self._tell("")

    def _show_words(self) -> None:
        """What is wrong stands where else the other words are."""
        speaks = self._state in ("running", "paused", "stopping", "done", "stopped")
        self._words.setVisible(speaks and self._problem.isHidden())

    def _fit_height(self) -> None:
        """Room for a wrapped sentence is not taken from the fields: Qt asks no window for more height by itself."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def _press_pause(self) -> None:
        (self.continue_asked if self._state == "paused" else self.pause_asked).emit()

    def _build(self) -> None:
        hint = QLabel(HINT)
        for label in (hint, self._words, self._problem):
            label.setWordWrap(True)
        for label in (hint, self._words):
            label.setProperty("muted", True)
        self._problem.setProperty("failed", True)
        self._problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._problem.hide()
        self._bar.setTextVisible(False)
        self._start.setDefault(True)
        self._start.clicked.connect(self.accept)
        self._pause.clicked.connect(self._press_pause)
        self._stop.clicked.connect(self.stop_asked)
        self._close.clicked.connect(self.close)
        self._form.changed.connect(self._enable_start)
        self._form.folded.connect(self._fit_height)
        self._form.edited.connect(self._forget_complaint)
        for button in (self._pause, self._stop, self._close):
            button.setAutoDefault(False)
        self._figures.set_alignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE + SPACE // 2)
        column.addWidget(hint)
        column.addWidget(self._form)
        column.addLayout(self._line)
        column.addWidget(self._bar)
        column.addWidget(self._keep_places())
        buttons = _row(((self._pause, 0), (self._stop, 0), (self._start, 0), (self._close, 0)))
        buttons.insertStretch(0, 1)
        column.addLayout(buttons)

    def _keep_places(self) -> QWidget:
        """Room for what is said, also while nothing is: the buttons do not move as a scan begins and ends."""
        for widget in (self._doing, self._bar):
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
        holder = QWidget()
        holder.setMinimumHeight(WORD_LINES * self.fontMetrics().lineSpacing())
        said = QVBoxLayout(holder)
        said.setContentsMargins(0, 0, 0, 0)
        said.setSpacing(0)
        said.addWidget(self._problem)
        said.addWidget(self._words)
        said.addStretch(1)
        return holder


def _row(widgets: Sequence[tuple[QWidget, int]]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(SPACE)
    for widget, stretch in widgets:
        row.addWidget(widget, stretch)
    return row


def doing(status: ScanStatus) -> str:
    """What a running scan does, in a few words."""
    if status.state == "paused":
        return "Paused"
    if status.state == "stopping":
        return "Stopping"
    return (status.phase[:1].upper() + status.phase[1:]) or "Starting"


def figures(status: ScanStatus) -> str:
    """`1,234 of 5,000 images · 56 images/s · 1 min left · 3 files skipped`."""
    parts = []
    if status.total:
        parts.append(f"{status.done:,} of {status.total:,}")
    if status.per_second and not status.over:
        parts.append(f"{status.per_second:,.3g} per second")
    if status.left_s is not None and status.state == "running":
        parts.append(f"{span_text(status.left_s)} left")
    if status.skipped:
        parts.append("1 file skipped" if status.skipped == 1 else f"{status.skipped:,} files skipped")
    return "  ·  ".join(parts)
