"""What the command lines of measurements in turns have in common: how long, how often, and where the figures go."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Values = dict[str, Any]


def options(name: str, about: str, seconds: float) -> argparse.ArgumentParser:
    """A command line with the options that all of them have.

    Args:
        name: of the module in `benchmarks`.
        about: what it measures, a sentence.
        seconds: length of a stretch where nobody says.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=about)
    stretch = f"length of one stretch of one measurement ({seconds:g})"
    parser.add_argument("--seconds", type=float, default=seconds, help=stretch)
    parser.add_argument("--repetitions", type=int, default=5, help="stretches of each measurement (5)")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0 leaves one core free")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--quick", action="store_true", help="a look in seconds; nothing to quote")
    return parser


def read(parser: argparse.ArgumentParser, words: Sequence[str] | None, quick_seconds: float) -> argparse.Namespace:
    """What was asked for, with the number of threads in place of 0.

    Args:
        parser: from `options`.
        words: the command line; None takes the process's own.
        quick_seconds: length of the one stretch of a look.
    """
    given = parser.parse_args(words)
    given.threads = given.threads or max(1, (os.cpu_count() or 2) - 1)
    if given.quick:
        given.seconds, given.repetitions = quick_seconds, 1
    return given


def listed(names: str) -> tuple[str, ...]:
    """Names that were given with commas between them."""
    return tuple(name.strip() for name in names.split(",") if name.strip())


def setting(given: argparse.Namespace) -> Values:
    """How it was measured, for the report; torch is imported."""
    import torch

    return {
        "torch": torch.__version__,
        "cores": os.cpu_count(),
        "threads": given.threads,
        "seconds": given.seconds,
        "repetitions": given.repetitions,
    }


def say(text: str) -> None:
    """What happens now."""
    print(text, file=sys.stderr, flush=True)


def keep(results: Values, file: Path | None) -> None:
    """Write the figures where somebody asked for that."""
    if file is not None:
        file.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
