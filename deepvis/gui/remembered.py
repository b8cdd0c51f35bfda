"""What the window remembers from one run to the next: its layout, and the last choices."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QByteArray, QSettings

from deepvis.config import Settings, SettingsError
from deepvis.imaging.colormap import COLORMAPS
from deepvis.places import config_dir
from deepvis.records import ModelRequest

if TYPE_CHECKING:
    from collections.abc import Collection

    from PyQt6.QtWidgets import QMainWindow

    from deepvis.gui.controller import Controller
    from deepvis.records import SourceState

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
        last_model = str(self._store.value("choice/model") or defaults.model)
        for name in CHOICES:
            value = self._store.value(f"choice/{name}")
            if value is None or name in given or getattr(settings, name) != getattr(defaults, name):
                continue
            if name == "model" and (settings.weights is not None or "weights" in given):
                continue  # these weights are for the network that was named
            if name == "layer" and settings.model != last_model:
                continue
            try:
                settings = settings.with_changes({name: _read(name, value)})
            except (SettingsError, ValueError):
                self._store.remove(f"choice/{name}")
        return settings

    def note(self, choices: dict[str, object]) -> None:
        """Keep these choices; None forgets the one before, a choice left out stays what it was."""
        known = {field.name for field in fields(Settings)}
        for name, value in choices.items():
            if value is None:
                self._store.remove(f"choice/{name}")
            elif name in known:
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


def _read(name: str, value: object) -> object:
    """A choice as its setting wants it; Qt reads a damaged line as a list or worse."""
    if not isinstance(value, str) or (name == "colormap" and value not in COLORMAPS):
        raise ValueError(f"{name} cannot be {value!r}.")
    return float(value) if isinstance(getattr(Settings(), name), float) else value


def last_choices(controller: Controller, theme: str) -> dict[str, object]:
    """What to take up again next time; pictures from the clipboard and vanished devices are not."""
    view = controller.view
    choices: dict[str, object] = {
        "theme": theme,
        "colormap": view.grid.colormap,
        "scaling": view.grid.scaling,
        "sort": view.grid.sort,
        "overlay": view.pane.overlay,
        "opacity": view.pane.opacity,
        "fit": view.fit,
    }
    if controller.source is not None:
        choices["source"] = _reopening(controller.source)
    if controller.request is not None:
        choices["model"] = _renaming(controller.request)
        choices["layer"] = view.layer if choices["model"] and view.layer else None
    return choices


def _reopening(source: SourceState) -> str | None:
    if source.lost or not source.spec or source.kind not in (*_FILES, "stream", "camera"):
        return None
    if source.kind not in _FILES or "://" in source.spec:
        return source.spec
    return str(Path(source.spec).expanduser().absolute())  # the next run may start in another folder


def _renaming(request: ModelRequest) -> str | None:
    """The name that loads the same network again; None where it takes more than a name."""
    if request != ModelRequest(request.name):
        return None
    place, colon, factory = request.name.rpartition(":")
    return f"{Path(place).expanduser().absolute()}{colon}{factory}" if place.endswith(".py") else request.name


_FILES = ("video", "folder", "image")
