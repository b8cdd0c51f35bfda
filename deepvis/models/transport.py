"""HTTP that can be given up at any moment: while its sockets wait they ask whether anybody still wants the answer.

`urllib` by itself offers one timeout. A short one breaks off a slow server, and a broken-off response cannot be read
on; a long one keeps a person waiting who has already canceled. Here the timeout is short, and waiting goes on after it.
"""

from __future__ import annotations

import http.client
import io
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from functools import partial
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from typing_extensions import Buffer

CONNECT_TIMEOUT_S = 2.5
"""For each address a host name stands for; nobody can cancel in this time."""
POLL_S = 0.25
"""How often a waiting read asks whether it should go on."""


@dataclass(slots=True)
class Patience:
    """How long to wait for a server that says nothing.

    Attributes:
        check: called while waiting; raises to give up.
        silence_s: after this time without a byte the read fails with `TimeoutError`.
        sha256: hash of the file as told by the server that redirected to it (the Hugging Face hub does), else "".
    """

    check: Callable[[], None]
    silence_s: float = 30.0
    sha256: str = field(default="", init=False)


def open_url(url: str, headers: dict[str, str], patience: Patience) -> IO[bytes]:
    """Open a `http`, `https` or `file` address; proxies are taken from the environment, redirects followed.

    Args:
        url: the address.
        headers: sent along; `Authorization` only to the first host.
        patience: governs the waiting, also in the reads of what is returned; learns the hash if the server tells it.

    Raises:
        OSError: no connection, or an answer that is no success (`urllib.error.HTTPError`).
        http.client.HTTPException: the answer is no HTTP.
    """
    opener = urllib.request.build_opener(_Http(patience), _Https(patience), _Redirects(patience))
    request = urllib.request.Request(url, headers={"User-Agent": "deepvis", **headers})
    answer: IO[bytes] = opener.open(request, timeout=CONNECT_TIMEOUT_S)
    return answer


class _PatientSocket(io.RawIOBase):
    """Reads a socket in short waits."""

    def __init__(self, connection: socket.socket, original: IO[bytes], patience: Patience) -> None:
        super().__init__()
        self._connection = connection
        self._original = original  # keeps the socket open until this is closed
        self._patience = patience
        connection.settimeout(POLL_S)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        end_s = time.monotonic() + self._patience.silence_s
        while True:
            self._patience.check()
            try:
                return self._connection.recv_into(buffer)
            except TimeoutError:
                if time.monotonic() >= end_s:
                    raise

    def close(self) -> None:
        self._original.close()
        super().close()


class _PatientResponse(http.client.HTTPResponse):
    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, *, patience: Patience
    ) -> None:
        super().__init__(sock, debuglevel, method)
        self.fp = io.BufferedReader(_PatientSocket(sock, self.fp, patience), 1 << 16)


def _patient(
    kind: type[http.client.HTTPConnection], patience: Patience, host: str, *, timeout: float
) -> http.client.HTTPConnection:
    connection = kind(host, timeout=timeout)
    connection.response_class = partial(_PatientResponse, patience=patience)  # type: ignore[assignment]
    return connection


class _Http(urllib.request.HTTPHandler):
    def __init__(self, patience: Patience) -> None:
        super().__init__()
        self._patience = patience

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_patient, http.client.HTTPConnection, self._patience), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, patience: Patience) -> None:
        super().__init__()
        self._patience = patience

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_patient, http.client.HTTPSConnection, self._patience), req)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Notes the hash that the hub sends with the redirect, and keeps credentials from the host it leads to."""

    def __init__(self, patience: Patience) -> None:
        super().__init__()
        self._patience = patience

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        tag = str(headers.get("X-Linked-Etag", "")).strip('"')
        if len(tag) == 64:  # large files; small ones carry another kind of hash
            self._patience.sha256 = tag
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following and urllib.parse.urlsplit(newurl).netloc != urllib.parse.urlsplit(req.full_url).netloc:
            following.remove_header("Authorization")
        return following
