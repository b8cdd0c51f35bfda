"""Stands for the window, so that the command line can be tested without one."""

from __future__ import annotations

import sys
from types import ModuleType


class FakeWindow:
    """Stands for deepvis.gui.app: keeps what it was started with, and fails as a test says."""

    def __init__(self) -> None:
        self.settings = self.options = self.error = None

    def run(self, settings, options):
        self.settings, self.options = settings, options
        if self.error is not None:
            raise self.error
        return 0


def put_in_place(monkeypatch) -> FakeWindow:
    """A window that the commands start until the end of the test, on any machine."""
    fake = FakeWindow()
    module = ModuleType("deepvis.gui.app")
    module.run = fake.run
    monkeypatch.setitem(sys.modules, "deepvis.gui.app", module)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr("deepvis.startup._check_libraries", lambda platforms: None)
    return fake
