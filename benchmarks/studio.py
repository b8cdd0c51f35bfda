"""What live video and a synthesis on demand cost each other.

    python -m benchmarks.studio [--seconds S] [--repetitions N] [--quick] [--json FILE]

Live alone and live beside a synthesis run in turns within one process, so that ratios can be trusted on a busy machine.
Frames come faster than the network takes them: what the synthesis takes is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.startup import prepare_torch

if TYPE_CHECKING:
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
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.studio", description="Measure live video and a synthesis side by side."
    )
    parser.add_argument("--network", default=NETWORK, help=f"by name ({NETWORK})")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one stretch of one measurement (4)")
    parser.add_argument("--repetitions", type=int, default=5, help="stretches of each measurement (5)")
    parser.add_argument("--threads", type=int, default=0, help="torch threads of live video; 0 leaves one core free")
    parser.add_argument("--seeds", type=int, default=1, help="pictures that are made at a time (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--quick", action="store_true", help="a look in seconds; nothing to quote")
    return parser.parse_args(words)


def _measured(given: argparse.Namespace) -> Values:
    import torch
    from PyQt6.QtWidgets import QApplication

    from benchmarks.display import display
    from benchmarks.studio_arms import StudioPlan, measure

    threads = given.threads or max(1, (os.cpu_count() or 2) - 1)
    seconds, repetitions = (QUICK_SECONDS, 1) if given.quick else (given.seconds, given.repetitions)
    picture_steps = QUICK_STEPS if given.quick else None
    plan = StudioPlan(given.network, seconds, repetitions, threads, given.seeds, picture_steps)
    with display() as shown_on, tempfile.TemporaryDirectory() as folder:
        application = QApplication(sys.argv[:1])
        measured = measure(plan, Path(folder), lambda text: print(text, file=sys.stderr, flush=True))
        application.quit()
    setting = {
        "network": given.network,
        "torch": torch.__version__,
        "cores": os.cpu_count(),
        "threads": threads,
        "seeds": given.seeds,
        "seconds": seconds,
        "repetitions": repetitions,
        "shown_on": shown_on,
    }
    return {"setting": setting, **measured}


if __name__ == "__main__":
    main()
