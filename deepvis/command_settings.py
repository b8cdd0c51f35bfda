"""What the commands of the command line share: options, the settings that hold for a command, how it answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepvis.command_options import with_options
from deepvis.config import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

SettingsFile = Annotated[
    str | None,
    typer.Option("--settings", metavar="FILE", help="Settings file; not given: settings.py in your configuration."),
]

Gallery = Annotated[
    Path | None,
    typer.Option("--gallery", metavar="FILE", help="Gallery file; not given: your own of the model."),
]
Progress = Annotated[
    str, typer.Option("--progress", metavar="FORM", help="auto, bar, lines, json (for programs) or none.")
]
Layers = Annotated[
    list[str] | None,
    typer.Option("--layers", metavar="NAME ...", help="Layers; not given: those that 'deepvis layers' lists."),
]
Units = Annotated[str | None, typer.Option("--units", metavar="0-99,151", help="Units of each layer; not given: all.")]
ShardPart = Annotated[
    str | None,
    typer.Option("--shard", metavar="I/N", help="Do part I of N; not given: what torchrun or SLURM says."),
]
LaunchPlace = Annotated[
    str | None,
    typer.Option("--launch", metavar="WHERE", help="Start the shards as jobs: slurm, or local processes."),
]
Jobs = Annotated[int, typer.Option("--jobs", metavar="N", help="Shards to launch.")]
Cluster = Annotated[
    list[str] | None,
    typer.Option("--cluster", metavar="NAME=VALUE", help="For submitit, as in slurm_partition=gpu; may be repeated."),
]


class CommandError(Exception):
    """What was asked for cannot be done; the message says why and what to do."""


def chosen_settings(named: str | None, beside: Path | None, given: Mapping[str, object]) -> Settings:
    """Defaults, then a settings file, then the command line.

    Args:
        named: the file that `--settings` names.
        beside: read where none is named, instead of the one in the person's configuration folder.
        given: the command's options.

    Raises:
        SettingsError: the file or an option cannot be read.
    """
    from deepvis.places import user_settings_file  # noqa: PLC0415  (the help page needs it not)

    if named is not None:
        start = load_settings(Path(named).expanduser())
    else:
        file = beside or user_settings_file()
        start = load_settings(file) if file.is_file() else Settings()
    return with_options(start, given)


def with_gathered_layers(arguments: Sequence[str]) -> list[str]:
    """`--layers a b c` as `--layers a,b,c`, which is how options with several values are read."""
    gathered: list[str] = []
    names: list[str] | None = None
    for word in arguments:
        if names is not None and not word.startswith("-"):
            names.append(word)
            continue
        gathered += [",".join(names)] if names else []
        gathered.append(word)
        names = [] if word == "--layers" else None
    return gathered + ([",".join(names)] if names else [])


def layer_names(given: Sequence[str] | None) -> tuple[str, ...]:
    """What `--layers` named: `a,b` and repeated options alike; empty where it was not given."""
    return tuple(name for text in given or () for name in text.split(",") if name)


def model_words(settings: str | None, given: Mapping[str, object]) -> list[str]:
    """What of the command line chooses the model, for the same command in another process."""
    words = [word for name, value in given.items() if value is not None for word in (_flag(name), str(value))]
    return [*words, "--settings", str(Path(settings).expanduser().resolve())] if settings else words


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def said(work: Callable[[], str], form: str = "") -> int:
    """Do it and say what came of it: plainly, as one JSON text (`json`), or beside what a program reads (`aside`)."""
    try:
        sentences = work()
    except tuple(_refusals()) as error:
        raise CommandError(str(error)) from error
    except tuple(_known([_INTERRUPTED])) as interrupted:
        typer.echo(str(interrupted), err=True)
        return int(getattr(interrupted, "code", 1))
    except KeyboardInterrupt:
        typer.echo("Ended at once. The same command goes on from what was saved last.", err=True)
        return 130
    if sentences and form == "json":
        typer.echo(json.dumps(sentences.splitlines()[0]))
    elif sentences:
        typer.echo(sentences, err=form == "aside")
    return 0


def _refusals() -> Iterator[type[Exception]]:
    """Errors whose message is a sentence for the person; of the modules that this command has imported."""
    return _known(_SENTENCES)


def _known(errors: Sequence[tuple[str, str]]) -> Iterator[type[Exception]]:
    for module, name in errors:
        if module in sys.modules:
            yield getattr(sys.modules[module], name)


_SENTENCES = (
    ("deepvis.gallery.errors", "GalleryError"),
    ("deepvis.models.errors", "ModelError"),
    ("deepvis.models.devices", "DeviceError"),
    ("deepvis.precompute.launch", "LaunchError"),
    ("deepvis.precompute.picture_request", "PicturesError"),
    ("deepvis.precompute.request", "ScanError"),
    ("deepvis.precompute.shards", "ShardError"),
)
_INTERRUPTED = ("deepvis.job_command", "Interrupted")
