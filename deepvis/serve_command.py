"""The command `deepvis serve`. Nothing heavy is imported before it runs."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from deepvis.command_options import check_colormap, run_options, serve_options, settings_given, takes
from deepvis.command_settings import CommandError, SettingsFile, chosen_settings
from deepvis.startup import prepare

if TYPE_CHECKING:
    from deepvis.options import ServeOptions


@takes("Serving", "Model", "Source", "What is shown", "This run")
def serve(context: typer.Context, settings: SettingsFile = None, **given: object) -> int:
    """Show the window's panes in browsers, live and read-only.

    The real window runs, offscreen where there is no display, until it is closed or Ctrl+C. By default only this
    machine can watch; from elsewhere: ssh -L 8017:127.0.0.1:8017 MACHINE, and http://127.0.0.1:8017/ there.
    """
    chosen = chosen_settings(settings, context.obj, given)
    check_colormap(chosen, given)
    if given.get("token") is None:
        given["token"] = os.environ.get("DEEPVIS_TOKEN") or None
    served = _with_token(serve_options(given))
    wanted = replace(run_options(given), given=frozenset(settings_given(given)), serve=served)
    options, said = prepare(wanted)
    if said:
        typer.echo(said, err=True)
    from deepvis.gui.app import run  # noqa: PLC0415  (imports Qt and torch)
    from deepvis.serving.errors import ServingError  # noqa: PLC0415  (see the module)

    try:
        return run(chosen, options)
    except ServingError as error:
        raise CommandError(str(error)) from error


def _with_token(options: ServeOptions) -> ServeOptions:
    """Nobody but this machine's users watches without a token."""
    from deepvis.serving.access import is_loopback  # noqa: PLC0415  (the help page needs it not)

    if options.token or is_loopback(options.host):
        return options
    import secrets  # noqa: PLC0415  (as above)

    return replace(options, token=secrets.token_urlsafe(24))
