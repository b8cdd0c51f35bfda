"""What live video and a synthesis on demand cost each other.

    python -m benchmarks.studio [--seconds S] [--repetitions N] [--quick] [--json FILE]

Live alone and live beside a synthesis run in turns within one process, so that ratios can be trusted on a busy machine.
Frames come faster than the network takes them: what the synthesis takes is missing.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import command_line
from deepvis.startup import prepare_torch

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

Values = dict[str, Any]

NETWORK = "efficientnet_lite0"
QUICK_SECONDS = 0.3
QUICK_STEPS = 8


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print tables with ratios and budgets.

    Args:
        words: the command line; None takes the process's own.
    """
    given = _arguments(words)
    prepare_torch()
    from benchmarks.studio_report import show

    results = _measured(given)
    show(results)
    command_line.keep(results, given.json)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = command_line.options("studio", "Measure live video and a synthesis side by side.", 4.0)
    parser.add_argument("--network", default=NETWORK, help=f"by name ({NETWORK})")
    parser.add_argument("--seeds", type=int, default=1, help="pictures that are made at a time (1)")
    return command_line.read(parser, words, QUICK_SECONDS)


def _measured(given: argparse.Namespace) -> Values:
    from PyQt6.QtWidgets import QApplication

    from benchmarks.display import display
    from benchmarks.studio_arms import StudioPlan, measure

    picture_steps = QUICK_STEPS if given.quick else None
    plan = StudioPlan(given.network, given.seconds, given.repetitions, given.threads, given.seeds, picture_steps)
    with display() as shown_on, tempfile.TemporaryDirectory() as folder:
        application = QApplication(sys.argv[:1])
        measured = measure(plan, Path(folder), command_line.say)
        application.quit()
    setting = {"network": given.network, **command_line.setting(given), "seeds": given.seeds, "shown_on": shown_on}
    return {"setting": setting, **measured}


if __name__ == "__main__":
    main()
