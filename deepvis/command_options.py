"""The command line's options: one row per setting, one per property of a run."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from deepvis.config import GAMMA_STEPS, INDIVIDUAL_STEPS, INTERPOLATIONS, THEMES, Settings, SettingsError
from deepvis.options import RunOptions, ServeOptions
from deepvis.records import BackView, Fit, Method, Overlay, Precision, Scaling, SeedKind, Sort

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Command = TypeVar("Command", bound="Callable[..., Any]")


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def _size(text: str) -> tuple[int, int]:
    first, _, second = text.lower().replace("×", "x").partition("x")
    return int(first), int(second or first)


def _choice(text: str) -> str:
    return text.strip().lower().replace("-", " ")


_OVERLAYS = tuple(str(overlay).replace(" ", "-") for overlay in Overlay)
"""As options are written; `_choice` reads them."""


@dataclass(frozen=True)
class Row:
    """One option.

    Attributes:
        name: field of `Settings` or `RunOptions`; `camera_size` becomes `--camera-size`.
        form: what to write, as the help shows it; empty for a yes-or-no option.
        help: a line for the help page.
        read: turns the text into the value; ValueError where it cannot.
    """

    name: str
    form: str
    help: str
    read: Callable[[str], Any] = str

    @property
    def flag(self) -> str:
        """`--camera-size`."""
        return "--" + self.name.replace("_", "-")

    @property
    def declaration(self) -> str:
        """`--mirror/--no-mirror` for a setting; a run is asked for something, never asked not to."""
        if self.form or self.name in _RUN_NAMES:
            return self.flag
        return f"{self.flag}/--no-{self.flag[2:]}"

    def value(self, given: object) -> object:
        """What was given, as the setting wants it; an empty text goes back to the default.

        Raises:
            SettingsError: naming the option and its form.
        """
        if not isinstance(given, str):
            return given
        if given == "":
            return _DEFAULTS[self.name]
        try:
            return self.read(given)
        except ValueError:
            raise SettingsError(f"{self.flag} must look like {self.form}, not '{given}'.") from None


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)


MODEL = (
    Row("model", "NAME", "torchvision or timm name, or package.module:factory for your own network."),
    Row("weights", "FILE", "State dict (.safetensors or torch file) for the model; 'random' for none."),
    Row("labels", "FILE", "Class names: text file with one per line, or a JSON list."),
    Row("mean", "M,M,M", "Mean per input channel, for inputs in 0..1.", _numbers),
    Row("std", "S,S,S", "Standard deviation per input channel.", _numbers),
    Row("input_size", "HEIGHTxWIDTH", "Size of the network's input.", _size),
    Row("interpolation", "NAME", f"How pictures are resized: {_listed(INTERPOLATIONS)}.", _choice),
    Row("crop_ratio", "RATIO", "Center crop over resized short side, 0.05 to 1.", float),
    Row("inputs", "N", "What your own network takes at once: 1, 2, or stacked (two pictures in one tensor)."),
    Row("device", "NAME", "auto, cpu, cuda, cuda:1, mps."),
    Row("precision", "FORMAT", f"{_listed(Precision)}.", _choice),
    Row("threads", "N", "CPU threads for the network; 0 leaves one core to the window.", int),
)
SOURCE = (
    Row(
        "source",
        "KIND|PATH|URL",
        "auto, camera, camera:1, camera:NAME, demo, synthetic, file, folder, image list, stream.",
    ),
    Row("second", "KIND|PATH|URL", "A second source, for networks that take two pictures at once."),
    Row("mirror", "", "Flip the picture left to right; not given: cameras only."),
    Row("quarter_turns", "0..3", "Turn the picture clockwise by this many times 90 degrees.", int),
    Row("fit", "HOW", f"How the picture becomes the network's input: {_listed(Fit)}.", _choice),
    Row("camera_size", "WIDTHxHEIGHT", "Picture size asked of the camera.", _size),
)
SHOWN = (
    Row("layer", "NAME", "Layer shown at the start, as 'deepvis layers' lists it."),
    Row("unit", "N", "Unit selected at the start.", int),
    Row("predictions", "", "The list of the five likeliest classes."),
    Row("sort", "ORDER", f"Order of the tiles: {_listed(Sort)}.", _choice),
    Row("hide_dead", "", "Leave out units that have shown nothing yet."),
    Row("scaling", "RANGE", f"One color range for each {' or each '.join(Scaling)}.", _choice),
    Row(
        "individual",
        "BOOST",
        f"Individual boost, 0 one range for all to 1 each its own: {_listed(INDIVIDUAL_STEPS)}.",
        float,
    ),
    Row("gamma", "BOOST", f"Gamma boost, below 1 shows weak values: {_listed(GAMMA_STEPS)}.", float),
    Row("colormap", "NAME", "Color map of the activations; auto picks by their sign."),
    Row("overlay", "HOW", f"Selected unit over the input: {_listed(_OVERLAYS)}.", _choice),
    Row("opacity", "0..1", "Opacity of the overlays.", float),
    Row("method", "NAME", f"Backward view: off, {_listed(Method)}."),
    Row("view", "NAME", f"How the backward view is drawn: {_listed(BackView)}."),
    Row("back_colormap", "NAME", "Color map of the backward view, where it has one."),
    Row(
        "back_overlay",
        "HOW",
        f"Backward view over the input: {_listed(_OVERLAYS)}.",
        _choice,
    ),
    Row("back_seed", "START", f"Where the backward pass starts: {_listed(SeedKind)}.", _choice),
    Row("theme", "NAME", f"{_listed(THEMES)}.", _choice),
    Row("gallery_dir", "FOLDER", "Where computed pictures are kept; not given: your data folder.", Path),
)
RUN = (
    Row("offscreen", "", "Run the real window without a display."),
    Row("seconds", "N", "Close by itself after N seconds; offscreen: 10.", float),
    Row("screenshot", "FILE.png", "Save a picture of the window before it closes.", Path),
    Row("stats", "FILE.json", "Save the run's figures before it closes.", Path),
    Row("size", "WIDTHxHEIGHT", "Size of the window.", _size),
    Row("scale_factor", "FACTOR", "Scale the whole user interface, as in 1.5.", float),
    Row("reset_settings", "", "Forget the remembered window layout and last choices."),
    Row("debug", "", "Show tracebacks and debug messages."),
)
SERVE = (
    Row("port", "N", "Port to listen on; 0 takes a free one.", int),
    Row("host", "ADDRESS", "Address to listen on; any but loopback needs a token, and gets one."),
    Row("token", "TEXT", "What viewers must know; or set DEEPVIS_TOKEN, which other users of the machine do not see."),
)
PANELS = {"Model": MODEL, "Source": SOURCE, "What is shown": SHOWN, "This run": RUN, "Serving": SERVE}
_RUN_NAMES = {row.name for row in RUN}
_DEFAULTS = {field.name: field.default for kind in (Settings, RunOptions, ServeOptions) for field in fields(kind)}


def takes(*panels: str) -> Callable[[Command], Command]:
    """Give a command that takes `**given` the options of these panels; those not given arrive as None."""

    def with_signature(command: Command) -> Command:
        own = [
            parameter
            for parameter in inspect.signature(command, eval_str=True).parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        made = [_parameter(row, panel) for panel in panels for row in PANELS[panel]]
        command.__signature__ = inspect.Signature([*own, *made])  # type: ignore[attr-defined]
        return command

    return with_signature


def _parameter(row: Row, panel: str) -> inspect.Parameter:
    option = typer.Option(
        None,
        row.declaration,
        metavar=row.form,
        help=f"{row.help} {_default_text(row)}".rstrip(),
        rich_help_panel=panel,
        show_default=False,
    )
    annotation = str | None if row.form else bool | None
    return inspect.Parameter(row.name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=annotation)


def _default_text(row: Row) -> str:
    default = _DEFAULTS[row.name]
    if row.name in _RUN_NAMES or default in (None, ""):
        return ""
    if not row.form:
        return f"Default: {'yes' if default else 'no'}."
    return f"Default: {'x'.join(map(str, default)) if isinstance(default, tuple) else default}."


def settings_given(given: Mapping[str, object]) -> dict[str, object]:
    """The settings among the options, read; those not given are left out.

    Raises:
        SettingsError: naming an option that cannot be read.
    """
    rows = (*MODEL, *SOURCE, *SHOWN)
    return {row.name: row.value(given[row.name]) for row in rows if given.get(row.name) is not None}


def with_options(settings: Settings, given: Mapping[str, object]) -> Settings:
    """The settings, changed by the options.

    Raises:
        SettingsError: naming an option that cannot be read or lies outside what is allowed.
    """
    changes = settings_given(given)
    try:
        return settings.with_changes(changes)
    except SettingsError as error:
        # the person wrote an option: the sentence names it, and what it may be, as it is written
        name, space, rest = str(error).partition(" ")
        flags = {row.name: row.flag for row in (*MODEL, *SOURCE, *SHOWN) if row.name in changes}
        if name in flags:
            rest = _as_options_are_written(rest)
        raise SettingsError(f"{flags.get(name, name)}{space}{rest}") from None


def _as_options_are_written(sentence: str) -> str:
    for setting, option in zip(Overlay, _OVERLAYS, strict=True):
        sentence = sentence.replace(repr(str(setting)), repr(option))
    return sentence


def check_colormap(settings: Settings, given: Mapping[str, object]) -> None:
    """Refuse a color map that does not exist.

    Raises:
        SettingsError: naming those that do.
    """
    from deepvis.imaging.colormap import COLORMAPS  # noqa: PLC0415  (NumPy, which the help page needs not)

    for name, flag in (("colormap", "--colormap"), ("back_colormap", "--back-colormap")):
        value = getattr(settings, name)
        if value not in COLORMAPS:
            raise SettingsError(
                f"{flag if given.get(name) else name} must be one of {_listed(COLORMAPS)}, not '{value}'."
            )


def run_options(given: Mapping[str, object]) -> RunOptions:
    """The properties of this run among the options.

    Raises:
        SettingsError: naming an option that cannot be read or lies outside what is allowed.
    """
    asked: dict[str, Any] = {row.name: row.value(given[row.name]) for row in RUN if given.get(row.name) is not None}
    options = RunOptions(**asked)
    _check_files(options)
    if options.seconds is not None and not options.seconds > 0:
        raise SettingsError(f"--seconds must be above 0, not {options.seconds}.")
    if options.size is not None and not all(200 <= side <= 16384 for side in options.size):
        raise SettingsError(f"--size must be from 200x200 to 16384x16384, not {options.size[0]}x{options.size[1]}.")
    if options.scale_factor is not None and not 0.25 <= options.scale_factor <= 8:
        raise SettingsError(f"--scale-factor must be a number from 0.25 to 8, not {options.scale_factor}.")
    return options


def serve_options(given: Mapping[str, object]) -> ServeOptions:
    """Where the window is served.

    Raises:
        SettingsError: naming an option that cannot be read or lies outside what is allowed.
    """
    asked: dict[str, Any] = {row.name: row.value(given[row.name]) for row in SERVE if given.get(row.name) is not None}
    try:
        return ServeOptions(**asked)
    except ValueError as error:
        raise SettingsError(f"--{error}") from None


def _check_files(options: RunOptions) -> None:
    """Before the window opens: what it could not write in the end is told at the start."""
    if options.screenshot is not None and options.screenshot.suffix.lower() != ".png":
        raise SettingsError(
            f"--screenshot writes PNG files: give a name that ends in .png, not '{options.screenshot}'."
        )
    for flag, path in (("--screenshot", options.screenshot), ("--stats", options.stats)):
        if path is not None and not path.parent.is_dir():
            raise SettingsError(f"{flag}: there is no folder '{path.parent}'. Make it first, or give another path.")
