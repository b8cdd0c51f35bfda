"""One viewer's requests: fixed addresses, read-only, and nothing that a browser would keep or run."""

from __future__ import annotations

import json
import logging
import time
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from deepvis.serving.access import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis.serving.server import Server

log = logging.getLogger(__name__)

FRAME_S = 1 / 15
"""The least time between two pieces of news for one viewer."""
HEARTBEAT_S = 1.0
"""Something is sent at least this often, so that both sides notice when the other is gone."""
PICTURE_WITHIN_S = 5.0
FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
"""What the page is made of; there are no other files."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    # no other page may show these pictures, also where it has no need to read them
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
WRONG_HOST = (
    "This is DeepVis on loopback: it answers to localhost and 127.0.0.1 only. From another machine use a tunnel: "
    "ssh -L {port}:127.0.0.1:{port} THIS-MACHINE, then http://127.0.0.1:{port}/ there."
)
NO_TOKEN = (
    "DeepVis needs its token here: open the address that 'deepvis serve' printed, with ?token=... at its end, or send "
    "it as 'Authorization: Bearer TOKEN'."
)
TEXT = "text/plain; charset=utf-8"


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 10.0  # of every read and write: whoever takes nothing for so long is gone

    def do_GET(self) -> None:
        """Answer."""
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        verdict = self.server.access.judge(self.headers, query.get("token", ()))
        if verdict is Verdict.WRONG_HOST:
            self._say(421, WRONG_HOST.format(port=self.server.port))
        elif verdict is Verdict.NO_TOKEN:
            self._say(401, NO_TOKEN, {"WWW-Authenticate": "Bearer"})
        elif address.path == "/" and "token" in query:
            # the token leaves the address: it is seen over shoulders, and kept in histories
            cookie = {"Set-Cookie": self.server.access.cookie()} if verdict is Verdict.NEW else {}
            self._say(303, "", {"Location": "/", **cookie})
        else:
            self._route(address.path, query)

    do_HEAD = do_GET  # noqa: N815  (the name http.server looks for)

    def parse_request(self) -> bool:
        """Refuse whatever could change something."""
        if not super().parse_request():
            return False
        if self.command not in ("GET", "HEAD"):
            self.close_connection = True
            self._say(405, "DeepVis can be watched here, not operated: only GET and HEAD.", {"Allow": "GET, HEAD"})
            return False
        if "Transfer-Encoding" in self.headers or self.headers.get("Content-Length", "0") != "0":
            self.close_connection = True
            self._say(400, "A request to watch has no body.")
            return False
        return True

    def _route(self, path: str, query: Mapping[str, list[str]]) -> None:
        if path in FILES:
            name, kind = FILES[path]
            self._send(200, kind, files("deepvis.serving").joinpath(name).read_bytes())
        elif path == "/status":
            self._send(200, "application/json", json.dumps(self.server.board.status, ensure_ascii=False).encode())
        elif path == "/events":
            self._tell_events(query.get("panes", [""])[0].split(","))
        elif path.startswith("/panes/") and path.endswith(".jpg"):
            self._send_pane(path[len("/panes/") : -len(".jpg")])
        else:
            self._say(404, "There is no such address here: / is the page, /status the figures, /panes/window.jpg all.")

    def _send_pane(self, name: str) -> None:
        board = self.server.board
        picture = board.picture(name, PICTURE_WITHIN_S)
        if picture is not None:
            self._send(200, "image/jpeg", picture.jpeg)
        elif board.can_show(name):
            self._say(503, "The window has not shown this pane yet; try again.", {"Retry-After": "1"})
        else:
            self._say(404, "No such pane can be seen in the window now.")

    def _tell_events(self, names: list[str]) -> None:
        """Server-sent events: what is seen in the window, whenever it changes; the viewer fetches what it wants."""
        with self.server.seats.one() as seat:
            if not seat:
                most = self.server.seats.most
                self._say(503, f"{most} people are watching already, and that is the limit.", {"Retry-After": "5"})
                return
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.send_header("Connection", "close")
            self.send_header("X-Accel-Buffering", "no")  # proxies are told to pass it on at once
            self.end_headers()
            if self.command == "GET":
                with self.server.board.watching(names):
                    self._follow()

    def _follow(self) -> None:
        board, last = self.server.board, 0
        while not board.closed:
            begun_s = time.monotonic()
            news = board.news(last, HEARTBEAT_S)
            last = news.number
            self.wfile.write(f"data: {news.text}\n\n".encode())
            board.wait_closed(FRAME_S - (time.monotonic() - begun_s))
        self.wfile.write(b"event: closed\ndata: {}\n\n")

    def _say(self, code: int, sentence: str, more: Mapping[str, str] | None = None) -> None:
        self._send(code, TEXT, f"{sentence}\n".encode() if sentence else b"", more)

    def _send(self, code: int, kind: str, body: bytes, more: Mapping[str, str] | None = None) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        """Every answer has the headers that keep it where it belongs, errors of http.server as well."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def version_string(self) -> str:
        """No version numbers for strangers."""
        return "DeepVis"

    def log_message(self, template: str, *values: object) -> None:
        """Requests hold tokens: they are not written down."""

    def log_error(self, template: str, *values: object) -> None:
        """What http.server could not understand."""
        log.debug("a request was refused: %s", template % values)
