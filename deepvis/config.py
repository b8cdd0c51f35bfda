"""The settings a person can make: frozen, checked once, every error names the setting and what is allowed."""

from __future__ import annotations

import runpy
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.records import BackView, Fit, Inputs, Method, ModelRequest, Overlay, Precision, Scaling, SeedKind, Sort

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

INDIVIDUAL_STEPS = (0.0, 0.3, 0.5, 0.8, 1.0)
GAMMA_STEPS = (1.0, 0.7, 0.5, 0.3)
THEMES = ("dark", "light", "system")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic")


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it and says what is allowed."""


@dataclass(frozen=True)
class Settings:
    """Everything the window can be set to at its start.

    `settings.py` in the project's root explains each value in a comment; the command line has an option per setting.

    Raises:
        SettingsError: where a value is outside what is allowed.
    """

    model: str = "efficientnet_lite0"
    weights: str | None = None
    labels: Path | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    input_size: tuple[int, int] | None = None
    interpolation: str | None = None
    crop_ratio: float | None = None
    inputs: str | None = None
    device: str = "auto"
    precision: Precision = Precision.FLOAT32
    threads: int = 0

    source: str = "auto"
    second: str | None = None
    mirror: bool | None = None
    quarter_turns: int = 0
    fit: Fit = Fit.CROP
    camera_size: tuple[int, int] = (640, 480)

    layer: str | None = None
    unit: int = 0
    predictions: bool = True
    sort: Sort = Sort.INDEX
    hide_dead: bool = False
    scaling: Scaling = Scaling.LAYER
    individual: float = 0.0
    gamma: float = 1.0
    colormap: str = "auto"
    overlay: Overlay = Overlay.OFF
    opacity: float = 0.7

    method: Method | None = None
    view: BackView = BackView.NORM
    back_colormap: str = "auto"
    back_overlay: Overlay = Overlay.OFF
    back_seed: SeedKind = SeedKind.CHANNEL

    theme: str = "dark"
    gallery_dir: Path | None = None

    def __post_init__(self) -> None:
        for name, kind in _ENUMS.items():
            object.__setattr__(self, name, _enum(name, kind, getattr(self, name)))
        object.__setattr__(self, "method", _method(self.method))
        object.__setattr__(self, "view", _back_view(self.view))
        for name in ("labels", "gallery_dir"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else Path(value).expanduser())
        for name in ("mean", "std", "input_size", "camera_size"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else tuple(value))
        self._check()

    def _check(self) -> None:
        _one_of("theme", self.theme, THEMES)
        _one_of("individual", self.individual, INDIVIDUAL_STEPS)
        _one_of("gamma", self.gamma, GAMMA_STEPS)
        _one_of("quarter_turns", self.quarter_turns, range(4))
        if self.interpolation is not None:
            _one_of("interpolation", self.interpolation, INTERPOLATIONS)
        if self.inputs is not None:
            _one_of("inputs", self.inputs, tuple(map(str, Inputs)))
        _between("opacity", self.opacity, 0.0, 1.0)
        if self.crop_ratio is not None:
            _between("crop_ratio", self.crop_ratio, 0.05, 1.0)
        _between("threads", self.threads, 0, 1024)
        _between("unit", self.unit, 0, 10_000_000)
        _size("camera_size", self.camera_size)
        if self.input_size is not None:
            _size("input_size", self.input_size)
        for name in ("model", "device", "source"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise SettingsError(f"{name} must be a non-empty text, not {getattr(self, name)!r}.")
        if self.second is not None and (not isinstance(self.second, str) or not self.second):
            raise SettingsError(f"second must be a non-empty text, or None for no second source, not {self.second!r}.")
        if self.std is not None and any(value <= 0 for value in self.std):
            raise SettingsError(f"std must be positive numbers, one per input channel, not {self.std}.")

    def model_request(self) -> ModelRequest:
        """The model these settings ask for."""
        return ModelRequest(
            self.model,
            self.weights,
            self.labels,
            self.mean,
            self.std,
            self.input_size,
            self.interpolation,
            self.crop_ratio,
            self.inputs,
        )

    def with_changes(self, changes: Mapping[str, Any]) -> Settings:
        """A copy with some settings replaced.

        Raises:
            SettingsError: naming an unknown setting, or a value that is not allowed.
        """
        known = {field.name for field in fields(self)}
        for name in changes:
            if name not in known:
                raise SettingsError(f"There is no setting '{name}'. Settings are: {', '.join(sorted(known))}.")
        return replace(self, **changes)


_ENUMS: dict[str, type[Any]] = {
    "precision": Precision,
    "fit": Fit,
    "sort": Sort,
    "scaling": Scaling,
    "overlay": Overlay,
    "back_overlay": Overlay,
    "back_seed": SeedKind,
}


def load_settings(path: Path) -> Settings:
    """Run a settings file and return the `SETTINGS` it makes.

    Raises:
        SettingsError: where the file is missing, does not run, or makes no `SETTINGS`.
    """
    if not path.is_file():
        raise SettingsError(f"There is no settings file {path}.")
    try:
        made = runpy.run_path(str(path)).get("SETTINGS")
    except SettingsError as error:
        raise SettingsError(f"In {path}: {error}") from error
    except Exception as error:
        raise SettingsError(f"{path} does not run: {type(error).__name__}: {error}") from error
    if not isinstance(made, Settings):
        raise SettingsError(f"{path} must end with SETTINGS = Settings(...), from deepvis.config import Settings.")
    return made


def _enum(name: str, kind: type[Any], value: object) -> object:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(repr(member.value) for member in kind)
        raise SettingsError(f"{name} must be one of {allowed}, not {value!r}.") from None


def _method(value: object) -> Method | None:
    """`off` and None are the same; the others are found in any spelling."""
    if value is None or (isinstance(value, str) and value.strip().lower() == "off"):
        return None
    try:
        return Method.parse(str(value))
    except ValueError:
        raise SettingsError(f"method must be off or one of {', '.join(Method)}, not {value!r}.") from None


def _back_view(value: object) -> BackView:
    try:
        return BackView.parse(str(value))
    except ValueError:
        raise SettingsError(f"view must be one of {', '.join(BackView)}, not {value!r}.") from None


def _one_of(name: str, value: object, allowed: Collection[object]) -> None:
    if value not in allowed:
        raise SettingsError(f"{name} must be one of {', '.join(map(repr, allowed))}, not {value!r}.")


def _between(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SettingsError(f"{name} must be a number from {low} to {high}, not {value!r}.")


def _size(name: str, value: tuple[int, ...]) -> None:
    if len(value) != 2 or any(not isinstance(side, int) or side < 1 for side in value):
        raise SettingsError(f"{name} must be two whole numbers above 0, not {value!r}.")
