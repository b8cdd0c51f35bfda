"""What the window remembers from one run to the next: its layout, and the last choices."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QByteArray, QSettings

from deepvis.config import Settings, SettingsError
from deepvis.imaging.colormap import COLORMAPS
from deepvis.places import config_dir
from deepvis.records import ModelRequest
from deepvis.sources.pair_spec import PAIRS, join_pair, split_pair, unquoted

if TYPE_CHECKING:
    from collections.abc import Collection

    from PyQt6.QtWidgets import QMainWindow

    from deepvis.gui.controller import Controller
    from deepvis.records import SourceState

_BACK = ("view", "back_colormap", "back_overlay", "back_seed")
"""How the backward view is shown; that it is on is not taken up again."""

LOOKS = (
    "theme",
    "colormap",
    "scaling",
    "individual",
    "gamma",
    "sort",
    "hide_dead",
    "overlay",
    "opacity",
    "fit",
    *_BACK,
)
"""How things are shown."""

NETWORK = ("model", *(field.name for field in fields(ModelRequest) if field.name != "name"))
"""What makes a network, by the names of settings: taken up again as a whole or not at all."""

CHOICES = (*LOOKS, *NETWORK, "source", "layer")
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
        free = {name for name in CHOICES if name not in given and getattr(settings, name) == getattr(Settings(), name)}
        if free.issuperset(NETWORK):
            settings = self._with(settings, NETWORK)
        if settings.model != (self._read("model") or Settings().model):
            free.discard("layer")
        if settings.second is not None:
            # it was given to go with the source that was given
            free.discard("source")
        for name in (*LOOKS, "source", "layer"):
            settings = self._with(settings, (name,)) if name in free else settings
        return settings

    def note(self, choices: dict[str, object]) -> None:
        """Keep these choices; None forgets the one before, a choice left out stays what it was."""
        known = {field.name for field in fields(Settings)}
        for name, value in choices.items():
            if value is None:
                self._store.remove(f"choice/{name}")
            elif name in known:
                self._store.setValue(f"choice/{name}", json.dumps(value) if name in _AS_JSON else str(value))

    def _with(self, settings: Settings, names: tuple[str, ...]) -> Settings:
        """The settings with these choices; what is damaged or no longer allowed is forgotten."""
        try:
            last = {name: value for name in names if (value := self._read(name)) is not None}
            return settings.with_changes(last) if last else settings
        except (SettingsError, TypeError, ValueError):
            for name in names:
                self._store.remove(f"choice/{name}")
            return settings

    def _read(self, name: str) -> object:
        """A choice as its setting wants it, None where there is none.

        Raises:
            ValueError: for what Qt makes of a damaged line, and for a color map that is gone.
        """
        value = self._store.value(f"choice/{name}")
        if value is None:
            return None
        if not isinstance(value, str) or (name in _COLORMAPS and value not in COLORMAPS):
            raise ValueError(f"{name} cannot be {value!r}.")
        return json.loads(value) if name in _AS_JSON else value

    def studio(self) -> dict[str, object]:
        """What was last wanted of a synthesis; nothing where that is damaged."""
        value = self._store.value("studio")
        try:
            found = json.loads(value) if isinstance(value, str) else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def note_studio(self, choices: dict[str, object]) -> None:
        """Keep what is wanted of a synthesis."""
        self._store.setValue("studio", json.dumps(choices))

    def heights(self) -> list[int]:
        """How the column with the backward view was divided when that was open last; empty where it never was."""
        value = self._store.value("back_heights")
        try:
            found = json.loads(value) if isinstance(value, str) else []
        except ValueError:
            return []
        sound = isinstance(found, list) and len(found) == 3 and all(isinstance(one, int) and one > 0 for one in found)
        return found if sound else []

    def note_heights(self, heights: list[int]) -> None:
        """Keep how that column was divided."""
        if heights:
            self._store.setValue("back_heights", json.dumps(heights))

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


def last_choices(controller: Controller, theme: str) -> dict[str, object]:
    """What to take up again next time; exemplars, pictures from the clipboard and vanished devices are not."""
    view = controller.view
    choices: dict[str, object] = {
        "theme": theme,
        "colormap": view.grid.colormap,
        "scaling": view.grid.scaling,
        "sort": view.grid.sort,
        "overlay": view.pane.overlay,
        "opacity": view.pane.opacity,
        "individual": view.grid.individual,
        "gamma": view.grid.gamma,
        "hide_dead": view.grid.hide_dead,
        "fit": view.fit,
        "view": view.back.view,
        "back_colormap": view.back.colormap,
        "back_overlay": view.back.overlay,
        "back_seed": view.back.seed,
    }
    if controller.lasting_source is not None:
        choices["source"] = _reopening(controller.lasting_source)
    if controller.request is not None:
        choices |= _network(controller.request)
        choices["layer"] = view.layer or None
    return choices


def _network(request: ModelRequest) -> dict[str, object]:
    """The settings that load the same network again, also when the next run starts in another folder."""
    settings: dict[str, object] = {name: getattr(request, name) for name in NETWORK if name != "model"}
    for name in ("weights", "labels"):
        file = settings[name]
        if file is not None and Path(str(file)).expanduser().exists():
            settings[name] = str(Path(str(file)).expanduser().absolute())
    return {"model": _renaming(request.name), **settings}


def _reopening(source: SourceState) -> str | None:
    if source.lost or not source.spec or source.kind not in (*_FILES, "stream", "camera", "pair"):
        return None
    two = None if Path(source.spec).expanduser().exists() else split_pair(source.spec)
    if two is not None:
        first, second = (unquoted(part) for part in two)
        return join_pair(_if_file(first), _if_file(second))
    return _elsewhere(source.spec) if source.kind in _FILES else source.spec


def _if_file(spec: str) -> str:
    return _elsewhere(spec) if Path(spec.removeprefix(PAIRS)).expanduser().exists() else spec


def _elsewhere(spec: str) -> str:
    """A file's spec as it is in any folder: the next run may start in another one."""
    if "://" in spec:
        return spec
    prefix = PAIRS if spec.startswith(PAIRS) else ""
    return prefix + str(Path(spec.removeprefix(PAIRS)).expanduser().absolute())


def _renaming(name: str) -> str:
    place, colon, factory = name.rpartition(":")
    return f"{Path(place).expanduser().absolute()}{colon}{factory}" if place.endswith(".py") else name


_COLORMAPS = ("colormap", "back_colormap")
_FILES = ("video", "folder", "image", "list")
_AS_JSON = ("opacity", "individual", "gamma", "hide_dead", "mean", "std", "input_size", "crop_ratio")
