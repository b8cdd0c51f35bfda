"""Browsers without a screen: `python -m benchmarks.viewers ADDRESS N` watches a served window as its page does.

Each viewer follows the news and fetches a pane's picture whenever it has a new number and the one before has arrived.
The process ends when the window is closed, or when its standard input is.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import urllib.request
from contextlib import suppress
from http.client import HTTPException

TIMEOUT_S = 10.0


def watch(address: str, fetched: list[int]) -> None:
    """Watch all panes until the window goes.

    Args:
        address: of the page.
        fetched: gets the length of every picture, in bytes.
    """
    seen: dict[str, int] = {}
    with urllib.request.urlopen(f"{address}events?panes=all", timeout=TIMEOUT_S) as news:
        for line in news:
            if not line.startswith(b"data: "):
                continue
            for pane in json.loads(line[6:]).get("panes", ()):
                name, number = pane["name"], pane["number"]
                if number > 0 and seen.get(name) != number:
                    seen[name] = number
                    with urllib.request.urlopen(f"{address}panes/{name}.jpg?n={number}", timeout=TIMEOUT_S) as picture:
                        fetched.append(len(picture.read()))


def _quietly(address: str) -> None:
    # the window was closed
    with suppress(OSError, HTTPException):
        watch(address, [])


def main() -> None:
    """Watch until standard input ends."""
    address, count = sys.argv[1], int(sys.argv[2])
    for _ in range(count):
        threading.Thread(target=_quietly, args=(address,), daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
