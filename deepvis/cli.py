"""The command line: `deepvis` opens the window, its sub-commands tell what there is.

Nothing heavy is imported before a command runs, so that `deepvis --help` answers at once.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from deepvis import (
    __version__,
    attribution_commands,
    data_commands,
    evaluation_commands,
    serve_command,
    synthesis_commands,
    weight_commands,
)
from deepvis.command_options import check_colormap, run_options, settings_given, takes
from deepvis.command_settings import CommandError, SettingsFile, chosen_settings, with_gathered_layers
from deepvis.config import SettingsError
from deepvis.startup import StartError, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deepvis.config import Settings
    from deepvis.options import RunOptions
    from deepvis.records import LayerInfo

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None, *, settings_file: Path | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; None takes the process's own.
        settings_file: read where no `--settings` is given, instead of the one in the person's configuration folder.

    Returns:
        The exit code: 0, or 2 for something that the person can put right, 1 for a defect or a failed check.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    debug = "--debug" in arguments
    _start_log(debug=debug)
    try:
        return app(args=_words(arguments), prog_name="deepvis", standalone_mode=False, obj=settings_file) or 0
    except (CommandError, SettingsError, StartError, typer.TyperException) as error:
        if debug:
            raise
        typer.echo(_sentence(error), err=True)
        return 2
    except Exception as error:
        if debug:
            raise
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        typer.echo(f"DeepVis failed ({what}). Run the same with --debug to see where, or 'deepvis doctor'.", err=True)
        return 1


def _words(arguments: list[str]) -> list[str]:
    """What the commands are given: `--debug` works behind every one of them, and lists of layers are one word."""
    if not arguments or arguments[0].startswith("-"):
        return arguments
    words = [word for word in arguments if word != "--debug"]
    return with_gathered_layers(words) if words[0] in _TAKING_LAYERS else words


def _sentence(error: Exception) -> str:
    if not isinstance(error, typer.TyperException):
        return str(error)
    said = error.format_message()
    hint = " To look at a picture, a video or a folder: deepvis --source PATH." if "No such command" in said else ""
    return said + hint


def _start_log(*, debug: bool) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if debug:
        logging.getLogger("deepvis").setLevel(logging.DEBUG)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"deepvis {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
@takes("Model", "Source", "What is shown", "This run")
def window(
    context: typer.Context,
    settings: SettingsFile = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, metavar="", help="Show the version.")
    ] = False,
    **given: object,
) -> int:
    """Look inside image networks while they run. Without a command this opens the window.

    An empty value, as in --weights '', goes back to the default. The command line beats the settings file.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context.invoked_subcommand, {**given, "settings": settings})
        return 0
    chosen = chosen_settings(settings, context.obj, given)
    check_colormap(chosen, given)
    wanted = replace(run_options(given), given=frozenset(settings_given(given)))
    options, said = prepare(wanted)
    if said:
        typer.echo(said, err=True)
    return _open_window(chosen, options)


def _refuse_options(command: str, given: dict[str, object]) -> None:
    names = ["--" + name.replace("_", "-") for name, value in given.items() if value is not None and name != "debug"]
    if names:
        raise CommandError(f"Write {', '.join(names)} after '{command}', if it takes that: deepvis {command} --help.")


def _open_window(settings: Settings, options: RunOptions) -> int:
    from deepvis.gui.app import run

    return run(settings, options)


@app.command()
def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print the checks as JSON.")] = False
) -> int:
    """Check this machine: versions, devices, display, libraries, cameras, weights."""
    from deepvis.doctor.checks import all_checks
    from deepvis.doctor.report import failed, show, to_json

    findings = all_checks()
    if as_json:
        typer.echo(to_json(findings))
    else:
        show(findings)
    return 1 if failed(findings) else 0


@app.command()
def models(
    part: Annotated[str, typer.Argument(metavar="[FILTER]", help="Only names that hold this text.")] = "",
) -> int:
    """List the networks that --model knows by name."""
    from deepvis.models.zoo import available_models

    names = [name for name in available_models() if part.lower() in name.lower()]
    if not names:
        raise CommandError(f"No model's name holds '{part}'. Your own network: --model package.module:factory.")
    typer.echo("\n".join(names))
    return 0


@app.command()
@takes("Model")
def layers(
    context: typer.Context,
    settings: SettingsFile = None,
    everything: Annotated[
        bool, typer.Option("--all", metavar="", help="Every module, not only what is worth showing.")
    ] = False,
    **given: object,
) -> int:
    """List a model's layers: name, type, units×height×width, receptive field."""
    request = chosen_settings(settings, context.obj, given).model_request()
    from rich.console import Console

    from deepvis.layer_listing import list_layers
    from deepvis.models.errors import ModelError

    try:
        with Console(stderr=True).status("Loading") as line:
            found = list_layers(request, everything=everything, progress=lambda text, _: line.update(text))
    except ModelError as error:
        raise CommandError(str(error)) from error
    _table([("LAYER", "TYPE", "SHAPE", "SEES"), *(_layer_row(info, sees) for info, sees in found)])
    return 0


def _layer_row(info: LayerInfo, sees: str) -> tuple[str, str, str, str]:
    type_name = f"{info.type_name} (pair)" if info.pair else info.type_name
    return info.name, type_name, info.reason or info.shape_text, sees


@app.command()
def sources() -> int:
    """List the cameras found and the other kinds of --source."""
    from deepvis.sources.camera import list_cameras

    cameras = [(f"camera:{camera.index}", camera.name) for camera in list_cameras()]
    _table([*(cameras or [("camera", "none found")]), *_KINDS])
    return 0


app.command()(data_commands.scan)
app.command()(synthesis_commands.synthesize)
app.command()(synthesis_commands.recipes)
app.command()(data_commands.merge)
app.command()(data_commands.show)
app.command()(data_commands.export)
app.command("import")(data_commands.import_gallery)
app.command()(evaluation_commands.evaluate)
app.command(help=attribution_commands.HELP)(attribution_commands.attribute)
app.command()(serve_command.serve)
app.command()(weight_commands.weights)

_TAKING_LAYERS = ("scan", "synthesize", "export", "evaluate")
"""Commands whose `--layers` may be followed by several names."""
_KINDS = (
    ("auto", "the first camera, else the demo reel"),
    ("demo", "photographs that come with DeepVis, moving"),
    ("synthetic", "a moving pattern"),
    ("FILE", "an image or a video"),
    ("FOLDER", "its images, one after the other"),
    ("FILE.txt", "the images it names, one to a line, a label behind it if you like"),
    ("pairs:FILE.txt", "the same with two images to a line, for networks that take two"),
    ("URL", "file://, http(s)://, rtsp://: an image, a video or a stream"),
    ("A + B", "two of these at once, for networks that take two pictures"),
)


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
