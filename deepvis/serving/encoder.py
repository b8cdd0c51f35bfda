"""The thread that makes JPEG files of the window's pixels: the newest pixels win, equal ones cost a comparison."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import numpy as np

from deepvis.sources.live_jpeg import encode_bgrx

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from deepvis.serving.board import Board

    Pixels = Mapping[str, NDArray[np.uint8]]

log = logging.getLogger(__name__)


class Encoder:
    """Takes pixels of panes from the window and puts files on the board.

    Args:
        board: where the files go.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._changed = threading.Condition()
        self._waiting: dict[str, NDArray[np.uint8]] = {}
        self._last: dict[str, NDArray[np.uint8]] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="deepvis-serving", daemon=True)

    def start(self) -> None:
        """Start the thread; once."""
        self._thread.start()

    def offer(self, pixels: Pixels) -> None:
        """Leave pixels, uint8 `(height, width, 4)` per pane, not written to any more; those that wait are replaced."""
        with self._changed:
            self._waiting.update(pixels)
            self._changed.notify()

    def close(self) -> None:
        """End the thread and wait for it."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                if self._stopping:
                    return
                pixels, self._waiting = self._waiting, {}
            for name, pane in pixels.items():
                self._take(name, pane)

    def _take(self, name: str, pane: NDArray[np.uint8]) -> None:
        last = self._last.get(name)
        if last is not None and np.array_equal(last, pane) and self._board.holds(name):
            self._board.confirm({name})
            return
        try:
            self._board.put(name, encode_bgrx(pane))
        except ValueError:
            # a pane dragged to no size at all: the next one is a picture again
            log.debug("no picture of %s", name, exc_info=True)
        else:
            self._last[name] = pane
