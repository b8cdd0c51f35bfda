"""What the window remembers from one run to the next: its layout, and the last choices."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from PyQt6.QtCore import QByteArray, QSettings

from deepvis.config import Settings, SettingsError
from deepvis.places import config_dir

if TYPE_CHECKING:
    from collections.abc import Collection

    from PyQt6.QtWidgets import QMainWindow

    from deepvis.gui.controller import Controller

CHOICES = ("theme", "colormap", "scaling", "sort", "overlay", "opacity", "fit", "source", "model", "layer")
"""Settings whose last value is taken up again where neither the settings file nor the command line names one."""


class Remembered:
    """A small file in the person's configuration folder."""

    def __init__(self) -> None:
        self._store = QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)

    def forget(self) -> None:
        """Forget everything."""
        self._store.clear()
        self._store.sync()

    def apply(self, settings: Settings, given: Collection[str]) -> Settings:
        """Last choices in place of settings that nobody gave; a choice that is no longer allowed is passed over.

        Args:
            settings: from file and command line; a value other than the default was given by the file.
            given: names that the command line gives, also where it gives the default.
        """
        defaults = Settings()
        for name in CHOICES:
            value = self._store.value(f"choice/{name}")
            if value is None or name in given or getattr(settings, name) != getattr(defaults, name):
                continue
            kind = type(getattr(defaults, name))
            try:
                settings = settings.with_changes({name: kind(value) if kind is float else str(value)})
            except (SettingsError, ValueError):
                self._store.remove(f"choice/{name}")
        return settings

    def note(self, choices: dict[str, object]) -> None:
        """Keep these choices."""
        known = {field.name for field in fields(Settings)}
        for name, value in choices.items():
            if name in known and value is not None:
                self._store.setValue(f"choice/{name}", str(value))

    def restore(self, window: QMainWindow) -> bool:
        """Give a window its last geometry and docks; False where there is none."""
        geometry, state = self._store.value("geometry"), self._store.value("state")
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray):
            return False
        return window.restoreGeometry(geometry) and window.restoreState(state)

    def keep(self, window: QMainWindow) -> None:
        """Keep a window's geometry and docks."""
        self._store.setValue("geometry", window.saveGeometry())
        self._store.setValue("state", window.saveState())
        self._store.sync()


def last_choices(controller: Controller, theme: str, model: str | None) -> dict[str, object]:
    """What to take up again next time; pictures from the clipboard and vanished devices are not."""
    view, source = controller.view, controller.source
    reopenable = source is not None and not source.lost and source.spec
    return {
        "theme": theme,
        "colormap": view.grid.colormap,
        "scaling": view.grid.scaling,
        "sort": view.grid.sort,
        "overlay": view.pane.overlay,
        "opacity": view.pane.opacity,
        "fit": view.fit,
        "source": source.spec if reopenable and source is not None and source.kind in _REOPENED else None,
        "model": model,
        "layer": view.layer or None,
    }


_REOPENED = ("video", "folder", "image", "stream", "camera")
