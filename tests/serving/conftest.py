"""A service on a free port, a window made up for it, and requests as bytes go."""

from __future__ import annotations

import http.client
import json
import threading

import numpy as np
import pytest

from deepvis.options import ServeOptions
from deepvis.serving.board import PaneFacts
from deepvis.serving.service import Service

WITHIN_S = 10.0
GRID = PaneFacts("grid", "Layer", "Every unit", "center", 40, 30)
INPUT = PaneFacts("input", "Input", "The input picture", "left", 20, 30)
WHOLE = PaneFacts("window", "Whole window", "All of it", "window", 80, 60)
PANES = (INPUT, GRID, WHOLE)
STATUS = {"model": "toynet", "layer": "blocks.0", "unit": 7, "fps": {"inference": 12.5}, "theme": "dark"}


@pytest.fixture
def serve():
    """Start a service with three panes on a free port of this machine; closed after the test."""
    services = []

    def started(**options) -> Service:
        service = Service(ServeOptions(**{"port": 0, **options}))
        services.append(service)
        service.board.show_panes(PANES)
        service.board.tell(STATUS)
        service.start()
        return service

    yield started
    for service in services:
        service.close()


@pytest.fixture
def service(serve):
    return serve()


def port_of(service) -> int:
    return int(service.address.rstrip("/").rpartition(":")[2])


class Reply:
    def __init__(self, response) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(service, path="/", method="GET", body=None, **headers) -> Reply:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(service), timeout=WITHIN_S)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        return Reply(connection.getresponse())
    finally:
        connection.close()


class Viewer:
    """Listens to the news as a browser does."""

    def __init__(self, service, panes="all", **headers) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port_of(service), timeout=WITHIN_S)
        self._connection.request("GET", f"/events?panes={panes}", headers=headers)
        self.response = self._connection.getresponse()

    def next(self) -> dict:
        """The next piece of news, or the name of another event."""
        lines = []
        while (line := self.response.readline().decode().rstrip("\n")) != "":
            lines.append(line)
        if lines and lines[0].startswith("event: "):
            return {"event": lines[0].removeprefix("event: ")}
        return json.loads(lines[0].removeprefix("data: "))

    def close(self) -> None:
        self.response.close()
        self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class MovingWindow:
    """Gives the panes that are watched new pixels many times a second, as the window does."""

    def __init__(self, service) -> None:
        self.service = service
        self.panes = PANES
        self.given = 0
        self.status = dict(STATUS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deepvis-moving-window")
        self._thread.start()

    def _run(self) -> None:
        board = self.service.board
        while not self._stop.wait(0.03):
            board.show_panes(self.panes)
            board.tell(dict(self.status))
            wanted = board.wanted(self.panes)
            self.given += bool(wanted)
            pixels = {pane.name: self._pixels(pane) for pane in self.panes if pane.name in wanted}
            self.service.encoder.offer(pixels)

    def _pixels(self, pane) -> np.ndarray:
        pixels = np.full((pane.height, pane.width, 4), 30, np.uint8)
        # in this pane's own color, a bar that moves
        pixels[:, (self.given % pane.width) : (self.given % pane.width) + pane.width // 4, len(pane.name) % 3] = 250
        return pixels

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def moving():
    """Let a service's window move until the end of the test."""
    windows = []

    def started(service) -> MovingWindow:
        windows.append(MovingWindow(service))
        return windows[-1]

    yield started
    for window in windows:
        window.stop()
