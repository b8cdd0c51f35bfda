"""A headless Chromium, spoken to over two pipes in the DevTools protocol: no port, no further package."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import select
import shutil
import subprocess
import sys
import time

from PIL import Image

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WITHIN_S = 30.0
HAND_OVER = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads from descriptor 3 and writes to 4, whatever the pipes are here."""


def find_chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name)) is not None), None)


class Chromium:
    """One browser with one page.

    Args:
        program: the browser.
        folder: where it keeps its profile.
    """

    def __init__(self, program, folder) -> None:
        (its_read, self._write), (self._read, its_write) = os.pipe(), os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-c", HAND_OVER, str(its_read), str(its_write), program, *_options(folder)],
            pass_fds=(its_read, its_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(its_read)
        os.close(its_write)
        self._waiting = b""
        self._number = 0
        self._session: str | None = None
        self.complaints: list[str] = []
        try:
            self._attach()
        except BaseException:
            self.close()
            raise

    def _attach(self) -> None:
        target = self._do("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._do(f"{domain}.enable")

    def open(self, url, width=1280, height=720) -> None:
        """Show an address in a window of that size."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self._do("Emulation.setDeviceMetricsOverride", **metrics)
        self._do("Page.navigate", url=url)

    def value(self, expression):
        """What a piece of JavaScript gives on the page."""
        answer = self._do("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, expression, within_s=WITHIN_S):
        """Until a piece of JavaScript gives something; what it gives."""
        deadline_s = time.monotonic() + within_s
        while True:
            # between two pages there is nothing to ask
            with contextlib.suppress(AssertionError):
                if found := self.value(expression):
                    return found
            assert time.monotonic() < deadline_s, f"never so: {expression}; {self.value('document.body.innerText')!r}"
            time.sleep(0.05)

    def screenshot(self) -> Image.Image:
        """What is seen of the page."""
        data = self._do("Page.captureScreenshot", format="png")["data"]
        return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")

    def close(self) -> None:
        """End the browser."""
        self._session = None
        with contextlib.suppress(OSError, AssertionError):
            self._do("Browser.close")
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def _do(self, method, **parameters) -> dict:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline_s = time.monotonic() + WITHIN_S
        while True:
            answer = self._receive(deadline_s, method)
            self._note(answer)
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer}"
                return answer["result"]

    def _receive(self, deadline_s, method) -> dict:
        while b"\0" not in self._waiting:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline_s - time.monotonic()))
            received = os.read(self._read, 1 << 20) if ready else b""
            assert received, f"Chromium did not answer {method}; exit code {self._process.poll()}"
            self._waiting += received
        message, _, self._waiting = self._waiting.partition(b"\0")
        return json.loads(message)

    def _note(self, event) -> None:
        """Errors of scripts, and what the security policy refused."""
        if event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(event["params"]["exceptionDetails"]))
        if event.get("method") == "Log.entryAdded":
            entry = event["params"]["entry"]
            if entry["level"] == "error" and entry["source"] != "network":
                self.complaints.append(entry["text"])


def _options(folder) -> list[str]:
    return [
        "--headless=new",
        "--remote-debugging-pipe",
        f"--user-data-dir={folder}",
        "--no-sandbox",  # needs what containers do not allow
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--hide-scrollbars",
        "--no-first-run",
        "--no-proxy-server",
    ]
