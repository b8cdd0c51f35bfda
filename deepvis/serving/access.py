"""Who may see the window: whoever has the token, and, where there is none, whoever is at this machine.

A browser asks this machine for whatever any page tells it to. So on loopback the name in the address must be this
machine's: a page elsewhere whose name suddenly leads here (DNS rebinding) gets nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import Enum
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import Message


class Verdict(Enum):
    """What becomes of a request."""

    ALLOWED = "allowed"
    NEW = "allowed, and the browser should keep the token"
    WRONG_HOST = "the name in the address is not this machine's"
    NO_TOKEN = "the token is missing or wrong"


class Access:
    """Judges requests.

    Args:
        token: what must be known; empty for nothing.
        loopback: the server listens on this machine's own address only.
        port: of the server; cookies belong to a host and not to a port, so the cookie's name holds it.
    """

    def __init__(self, token: str, *, loopback: bool, port: int) -> None:
        self._token = token.encode()
        self._loopback = loopback
        self.cookie_name = f"deepvis_{port}"
        # not the token itself: it may hold what a cookie may not, and lies in the browser's profile
        self.cookie_value = hashlib.sha256(self._token).hexdigest()

    def judge(self, headers: Message, tokens: Sequence[str]) -> Verdict:
        """Whether a request may be answered.

        Args:
            headers: of the request.
            tokens: values of `token` in the address.
        """
        if not self._is_for_us(headers.get_all("Host") or []):
            return Verdict.WRONG_HOST
        if not self._token or self._has_cookie(headers) or self._bears_token(headers):
            return Verdict.ALLOWED
        return Verdict.NEW if any(self._is_token(token) for token in tokens) else Verdict.NO_TOKEN

    def cookie(self) -> str:
        """For `Set-Cookie`: kept until the browser closes, and out of reach of scripts.

        Lax, not Strict: the address with the token comes by mail or chat, and Strict cookies do not follow from there.
        """
        return f"{self.cookie_name}={self.cookie_value}; Path=/; HttpOnly; SameSite=Lax"

    def _is_for_us(self, hosts: Sequence[str]) -> bool:
        """Any port: a tunnel has one of its own."""
        return not self._loopback or (len(hosts) == 1 and is_loopback(host_of(hosts[0])))

    def _has_cookie(self, headers: Message) -> bool:
        pairs = (part.strip().partition("=") for text in headers.get_all("Cookie") or [] for part in text.split(";"))
        return any(name == self.cookie_name and _equal(value, self.cookie_value) for name, _, value in pairs)

    def _bears_token(self, headers: Message) -> bool:
        scheme, _, value = (headers.get("Authorization") or "").strip().partition(" ")
        return scheme.lower() == "bearer" and self._is_token(value.strip())

    def _is_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(errors="replace"), self._token)


def host_of(text: str) -> str:
    """The host in `host`, `host:port` or `[::1]:port`, in small letters; empty for what is none."""
    try:
        return urlsplit(f"//{text}").hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine and no other can be meant."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _equal(first: str, second: str) -> bool:
    return hmac.compare_digest(first.encode(errors="replace"), second.encode())
