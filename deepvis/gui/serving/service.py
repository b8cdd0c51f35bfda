"""The window's side of being watched: pixels and figures go out, a few times a second and only while somebody looks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer
from PyQt6.QtGui import QRegion

from deepvis.gui.doorbell import Doorbell
from deepvis.gui.serving.figures import status_of
from deepvis.gui.serving.panes import visible_panes
from deepvis.gui.serving.window_picture import picture_of, pixels_of
from deepvis.gui.theme import theme_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtWidgets import QWidget

    from deepvis.gui.main_window import MainWindow
    from deepvis.gui.serving.panes import Pane
    from deepvis.gui.serving.window_picture import OffscreenPicture, RepaintedPicture
    from deepvis.serving.service import Service

PACE_MS = 67
"""The least time between two looks at the window: about 15 a second."""
SHARE = 0.2
"""The most of the window's time that looking at it may take: what costs more comes less often."""
FIGURES_EVERY_MS = 500


class WindowService(QObject):
    """Serves a window from `start` to `close`.

    Args:
        window: what is shown; its panes are those of `panes.ROWS`.
        service: those who watch.
    """

    def __init__(self, window: MainWindow, service: Service) -> None:
        super().__init__(window)
        self._window = window
        self._service = service
        self._pictures: dict[QWidget, OffscreenPicture | RepaintedPicture] = {}
        self._shown: frozenset[str] = frozenset()
        self._viewers = 0
        self._bell = Doorbell(self)
        self._bell.rung.connect(self._begin)
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setTimerType(Qt.TimerType.PreciseTimer)
        self._look.timeout.connect(self._take)
        self._figures = QTimer(self)
        self._figures.setInterval(FIGURES_EVERY_MS)
        self._figures.timeout.connect(self._tell)

    def start(self) -> None:
        """Let viewers in."""
        self._service.board.on_wanted = self._bell.ring
        self._tell()
        self._figures.start()
        self._service.start()

    def close(self) -> None:
        """Say goodbye to the viewers, end the threads."""
        self._look.stop()
        self._figures.stop()
        self._service.close()
        self._forget()

    def _begin(self) -> None:
        if not self._look.isActive():
            self._take()

    def _take(self) -> None:
        board = self._service.board
        if not board.watched or board.closed:
            self._forget()
            return
        begun_s = time.perf_counter()
        panes = visible_panes(self._window)
        board.show_panes(tuple(pane.facts for pane in panes))
        wanted = board.wanted(pane.facts for pane in panes)
        pixels = self._pixels([pane for pane in panes if pane.facts.name in wanted])
        self._service.encoder.offer(pixels)
        board.confirm(wanted - pixels.keys())
        cost_ms = (time.perf_counter() - begun_s) * 1000
        self._look.start(max(PACE_MS, round(cost_ms / SHARE)))

    def _pixels(self, panes: list[Pane]) -> dict[str, NDArray[np.uint8]]:
        """Of the panes that may have changed."""
        names = frozenset(pane.facts.name for pane in panes)
        new, self._shown = names - self._shown, names
        regions: dict[QWidget, QRegion] = {}
        for pane in panes:
            regions[pane.holder] = regions.get(pane.holder, QRegion()).united(QRegion(pane.rect))
        for gone in self._pictures.keys() - regions.keys():
            self._pictures.pop(gone).close()
        taken = {holder: self._picture(holder).take(region) for holder, region in regions.items()}
        return {
            pane.facts.name: pixels_of(taken[pane.holder][0], pane.rect)
            for pane in panes
            if taken[pane.holder][1] or pane.facts.name in new
        }

    def _picture(self, window: QWidget) -> OffscreenPicture | RepaintedPicture:
        if window not in self._pictures:
            self._pictures[window] = picture_of(window)
        return self._pictures[window]

    def _forget(self) -> None:
        """Nobody looks: nothing is held or listened to."""
        for picture in self._pictures.values():
            picture.close()
        self._pictures.clear()
        self._shown = frozenset()

    def _tell(self) -> None:
        service, viewers = self._service, self._service.viewers
        service.board.show_panes(tuple(pane.facts for pane in visible_panes(self._window)))
        theme = theme_of(self._window.palette()).name
        service.board.tell(status_of(self._window.controller, theme, viewers))
        if viewers != self._viewers:
            self._viewers = viewers
            who = f"{viewers} browsers watch" if viewers > 1 else "A browser watches" if viewers else "Nobody watches"
            self._window.voice.say(f"{who} this window at {service.address}", "info", passing=True)
