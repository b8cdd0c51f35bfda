"""Weight files from the network, kept where torch hub keeps them.

A file grows as `NAME.part`. Whatever breaks it off (a lost connection, a cancel, a kill), the next try goes on from
there if the server can; the finished file is checked against its hash and then renamed, so that a file under its own
name is always whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import logging
import time
import urllib.error
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from deepvis.models.loading import ModelError, Watch
from deepvis.models.transport import Patience, open_url

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 18
SILENCE_S = 30.0
"""A server that says nothing for this long is given up."""
TRIES = 3
"""Connections in a row that may bring no new byte."""
PAUSE_S = 1.0
"""Between two of them."""
_PROGRESS_INTERVAL_S = 0.1
_MEGABYTE = 1 << 20
_RETRY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


def checkpoints_dir() -> Path:
    """Torch hub's folder for weight files (`$TORCH_HOME/hub/checkpoints`); it need not exist."""
    import torch.hub  # noqa: PLC0415  (keeps this module light)

    return Path(torch.hub.get_dir()) / "checkpoints"


def file_name(url: str) -> str:
    """The name torch hub gives the file of an address."""
    return Path(unquote(urlsplit(url).path)).name


def promised_hash(name: str) -> str:
    """Beginning of the file's SHA-256 as torch hub writes it into names, `resnet50-11ad3fa6.pth`; "" if there is none.

    The hub asks for eight digits or more; shorter ones mean something else (`vit-384.pth`).
    """
    from torch.hub import HASH_REGEX  # noqa: PLC0415

    match = HASH_REGEX.search(name)
    return match.group(1) if match and len(match.group(1)) >= 8 else ""


def sha256_of(path: Path, watch: Watch | None = None) -> str:
    """SHA-256 of a file, 64 hexadecimal digits.

    Raises:
        Canceled: the watch said so.
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 22):
            digest.update(chunk)
            if watch:
                watch.check()
    return digest.hexdigest()


def fetch(
    url: str, target: Path, watch: Watch, *, sha256: str | None = None, headers: Mapping[str, str] | None = None
) -> Path:
    """Have the file of an address at `target`, downloading what is missing of it.

    Args:
        url: `http`, `https` or `file` address.
        target: where it belongs; a file that is there and fits its hash is used as it is.
        watch: told `Downloading NAME: 34 of 98 MB`; may cancel at any moment.
        sha256: the hash's beginning; None takes it from the target's name, "" checks nothing.
        headers: sent to the server.

    Returns:
        `target`.

    Raises:
        ModelError: no connection, a refusal, a wrong hash, no space.
        Canceled: the watch said so; what has arrived is kept for the next time.
    """
    wanted = promised_hash(target.name) if sha256 is None else sha256
    if target.exists():
        if not wanted or sha256_of(target, watch).startswith(wanted):
            return target
        _log.warning("%s does not fit its hash %s and is loaded again.", target, wanted)
        target.unlink()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        download = _Download(url, target, watch, wanted, dict(headers or {}))
        download.run()
    except (OSError, http.client.HTTPException) as error:
        raise ModelError(_failure(url, target, error)) from error
    return target


@dataclass(slots=True)
class _Download:
    url: str
    target: Path
    watch: Watch
    wanted: str
    headers: dict[str, str]
    part: Path = field(init=False)

    def __post_init__(self) -> None:
        self.part = self.target.with_name(self.target.name + ".part")

    def run(self) -> None:
        """Connect, until the file is whole or nothing more comes."""
        self.watch.say(f"Downloading {self.target.name}: connecting")
        failures = 0
        while True:
            before = self._arrived()
            try:
                self._connect()
                break
            except (OSError, http.client.HTTPException) as error:
                failures = 1 if self._arrived() > before else failures + 1
                if failures >= TRIES or not _is_passing(error):
                    raise
                _log.info("%s broke off (%s); going on from %d bytes.", self.url, error, self._arrived())
            self._pause()
        self._accept()

    def _arrived(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _pause(self) -> None:
        end_s = time.monotonic() + PAUSE_S
        while (left_s := end_s - time.monotonic()) > 0:
            self.watch.check()
            time.sleep(min(0.1, left_s))

    def _connect(self) -> None:
        """One connection: everything that is missing, or an error."""
        start = self._arrived()
        patience = Patience(self.watch.check, SILENCE_S)
        headers = self.headers | ({"Range": f"bytes={start}-"} if start else {})
        try:
            answer = open_url(self.url, headers, patience)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self.part.unlink(missing_ok=True)  # longer than the file: it belongs to another version
            raise
        self.wanted = self.wanted or patience.sha256
        with contextlib.closing(answer):
            self._receive(answer, start)

    def _receive(self, answer: IO[bytes], start: int) -> None:
        """Append the answer to the part, or begin the part anew where the server sends everything."""
        resumed = getattr(answer, "status", None) == http.HTTPStatus.PARTIAL_CONTENT
        arrived = start if resumed else 0
        length = getattr(answer, "headers", {}).get("Content-Length")
        total = arrived + int(length) if length else None
        with self.part.open("ab" if resumed else "wb") as stream:
            shown_s = 0.0
            while chunk := answer.read1(CHUNK_BYTES) if hasattr(answer, "read1") else answer.read(CHUNK_BYTES):
                stream.write(chunk)
                arrived += len(chunk)
                self.watch.check()
                if time.monotonic() - shown_s > _PROGRESS_INTERVAL_S or arrived == total:
                    shown_s = time.monotonic()
                    self._tell(arrived, total)
        if total is not None and arrived < total:
            raise ConnectionError(f"the connection ended after {arrived} of {total} bytes")

    def _tell(self, arrived: int, total: int | None) -> None:
        done = f"{arrived / _MEGABYTE:.0f}"
        amount = f"{done} of {total / _MEGABYTE:.0f} MB" if total else f"{done} MB"
        self.watch.say(f"Downloading {self.target.name}: {amount}", arrived / total if total else None)

    def _accept(self) -> None:
        """Check the hash and give the file its name."""
        if self.wanted:
            self.watch.say(f"Checking {self.target.name}")
            found = sha256_of(self.part, self.watch)
            if not found.startswith(self.wanted):
                self.part.unlink()
                raise ModelError(
                    f"{self.target.name} from {self.url} arrived damaged: its SHA-256 begins with"
                    f" {found[: len(self.wanted)]}, not {self.wanted}. It was removed; try again."
                )
        self.part.replace(self.target)


def _is_passing(error: Exception) -> bool:
    """Whether trying again may help."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code in _RETRY_STATUS or error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    if isinstance(error, urllib.error.URLError):
        return not isinstance(error.reason, FileNotFoundError | PermissionError | str)
    return isinstance(error, ConnectionError | TimeoutError | http.client.HTTPException)


def _failure(url: str, target: Path, error: Exception) -> str:
    """The sentence for a download that came to nothing."""
    remedy = f"Download it elsewhere and give it with --weights FILE, or put it at {target}."
    host = urlsplit(url).netloc
    if isinstance(error, urllib.error.HTTPError):
        return f"{host} refused {target.name} ({error.code} {error.reason}, {url}). {remedy}"
    if not isinstance(error, urllib.error.URLError | ConnectionError | TimeoutError | http.client.HTTPException):
        return f"{target.name} cannot be stored: {error}."
    reason = getattr(error, "reason", None) or error
    if urlsplit(url).scheme == "file":
        return f"{target.name} cannot be read from {url}: {reason}."
    return f"{host} could not be reached over the network ({reason}), so {target.name} is missing ({url}). {remedy}"
