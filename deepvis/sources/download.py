"""Fetching a still picture from the web, with a limit on size and time."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deepvis import __version__
from deepvis.sources.base import SourceError
from deepvis.sources.decode import is_image

if TYPE_CHECKING:
    from http.client import HTTPResponse

MAX_BYTES = 64 * 1024 * 1024
_TIMEOUT_S = 8.0
_TOTAL_S = 30.0
_CHUNK = 64 * 1024


def fetch_image(url: str) -> bytes | None:
    """The file behind a URL (http or https) if it is one picture; None where it is something that plays.

    Raises:
        SourceError: a sentence: no answer, an error, a web page, or too much or too slow.
    """
    request = urllib.request.Request(url, headers={"User-Agent": f"DeepVis/{__version__}"})
    shown = without_password(url)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            content_type = response.headers.get_content_type()
            if content_type in ("text/html", "application/xhtml+xml"):
                raise SourceError(f"{shown} is a web page. Give the address of the picture or video itself.")
            return _body(response, shown) if _is_still(content_type, url) else None
    except urllib.error.HTTPError as error:
        error.close()
        raise SourceError(f"{shown} cannot be fetched: the server answered {error.code} {error.reason}.") from error
    except urllib.error.URLError as error:
        raise SourceError(f"{shown} cannot be fetched: {error.reason}.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise SourceError(f"{shown} cannot be fetched: {str(error) or type(error).__name__}.") from error


def without_password(url: str) -> str:
    """The URL as it may be shown: no user, no password, no query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _is_still(content_type: str, url: str) -> bool:
    if content_type.startswith("image/"):
        return True
    return content_type in ("application/octet-stream", "binary/octet-stream") and is_image(urlsplit(url).path)


def _body(response: HTTPResponse, shown: str) -> bytes:
    started_s = time.monotonic()
    chunks, size = [], 0
    while chunk := response.read(_CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            raise SourceError(f"{shown} is larger than {MAX_BYTES // 1024**2} MiB; download it and open the file.")
        if time.monotonic() - started_s > _TOTAL_S:
            raise SourceError(f"{shown} comes too slowly; download it and open the file.")
        chunks.append(chunk)
    return b"".join(chunks)
