"""The HTTP server: one thread per connection, as many as there are seats, and none left when it closes."""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from http.server import HTTPServer
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING
from urllib.parse import quote

from deepvis.serving.access import Access, is_loopback
from deepvis.serving.errors import ServingError
from deepvis.serving.handler import Handler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis.options import ServeOptions
    from deepvis.serving.board import Board

log = logging.getLogger(__name__)

MOST_VIEWERS = 16
MOST_CONNECTIONS = 8 * MOST_VIEWERS
"""A browser keeps six; the rest is for scripts."""
SEND_BUFFER_BYTES = 1 << 18
"""What a slow viewer has not taken yet waits here, and is old: so not much of it."""
GRACE_S = 1.0
"""So long a viewer may take for the last answer when the window closes."""


class Seats:
    """How many may watch at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[bool]:
        """Take a seat; False where all are taken."""
        with self._lock:
            free = self.taken < self.most
            self.taken += free
        try:
            yield free
        finally:
            with self._lock:
                self.taken -= free


class Server(ThreadingMixIn, HTTPServer):
    """Listens from the beginning, answers once it is started.

    Args:
        options: where, and the token.
        board: what there is to see.

    Raises:
        ServingError: the address cannot be had.
    """

    daemon_threads = False  # all are joined: `close` ends their connections first
    allow_reuse_address = os.name != "nt"  # there it would share the port with a stranger
    request_queue_size = 64

    def __init__(self, options: ServeOptions, board: Board) -> None:
        self.board = board
        self.seats = Seats(MOST_VIEWERS)
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._serve, name="deepvis-http", daemon=True)
        self.address_family, address = _resolved(options)
        self.loopback = is_loopback(address[0])
        if not self.loopback and not options.token:
            raise ServingError(f"Others can reach '{options.host}': give --token a secret that viewers must know.")
        try:
            super().__init__(address, Handler)
        except OSError as error:
            raise ServingError(_why_not(options, error)) from error
        host, self.port = self.socket.getsockname()[:2]
        self._host, self._token = host, options.token
        self.access = Access(options.token, loopback=self.loopback, port=self.port)

    @property
    def address(self) -> str:
        """Where the page is, without the token."""
        host = socket.gethostname() if self._host in {"0.0.0.0", "::"} else self._host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    @property
    def link(self) -> str:
        """What opens the page: the address with the token."""
        return self.address + (f"?token={quote(self._token, safe='')}" if self._token else "")

    def start(self) -> None:
        """Begin to answer; once."""
        self._thread.start()

    def close(self) -> None:
        """End every connection and every thread, and give the port back. The board must be closed before."""
        if self._thread.ident is not None:
            self.shutdown()
            self._thread.join()
        with self._changed:
            # no more is read; what is being written may be finished by those who take it
            self._shut(socket.SHUT_RD)
            self._changed.wait_for(lambda: not self._connections, GRACE_S)
            self._shut(socket.SHUT_RDWR)
        self.server_close()

    def _shut(self, how: int) -> None:
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(how)

    def _serve(self) -> None:
        self.serve_forever(poll_interval=0.1)

    # http.server's hooks

    def server_bind(self) -> None:
        """Without the look-up of this machine's name, which takes seconds where no name server answers."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def verify_request(self, request: socket.socket, client_address: object) -> bool:  # type: ignore[override]
        """Refuse more connections than any use has."""
        with self._changed:
            return len(self._connections) < MOST_CONNECTIONS

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Begin a connection."""
        request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        with self._changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        """End a connection."""
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A viewer who leaves in the middle of an answer is no error; anything else is one of ours."""
        error = sys.exception() if sys.version_info >= (3, 12) else sys.exc_info()[1]
        if isinstance(error, OSError):
            log.debug("a viewer left: %s", error)
        else:
            log.error("a request failed", exc_info=error)


def _resolved(options: ServeOptions) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ServingError(
            f"There is no machine '{options.host}' to serve on: give --host an address of this machine, or none."
        ) from error
    family, _, _, _, address = found[0]
    return family, (str(address[0]), int(address[1]))


def _why_not(options: ServeOptions, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {options.port} of {options.host} is in use already, perhaps by another DeepVis: close that, or give "
            f"--port another number (0 takes a free one)."
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Port {options.port} is reserved for the system: give --port a number from 1024 to 65535."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"'{options.host}' is no address of this machine: give --host one that is, or none."
    return f"{options.host}:{options.port} cannot be served on ({error.strerror}): give --host or --port another value."
