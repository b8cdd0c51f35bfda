"""What the commands of the command line share: the settings that hold for a command, and how it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepvis.command_options import with_options
from deepvis.config import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

SettingsFile = Annotated[
    str | None,
    typer.Option("--settings", metavar="FILE", help="Settings file; not given: settings.py in your configuration."),
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
