"""What live video costs while the window does something else besides: backward views, causes, viewers in browsers.

    python -m benchmarks.beside [--seconds S] [--repetitions N] [--quick] [--json FILE]

The real window, alone and with one thing more, in turns within one process, so that ratios can be trusted on a busy
machine. Frames come faster than the network takes them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.startup import prepare_torch

if TYPE_CHECKING:
    from collections.abc import Sequence

Values = dict[str, Any]

NETWORK = "efficientnet_lite0"
QUICK_SECONDS = 0.3
QUICK_ARMS = ("gradient", "muted", "1 viewer")
STALL_BUDGET_MS = 20.0
WIDTH = 150


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print a table.

    Args:
        words: the command line; None takes the process's own.
    """
    given = _arguments(words)
    prepare_torch()
    results = _measured(given)
    _show(results)
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.beside", description="Measure live video beside what else the window does."
    )
    parser.add_argument("--network", default=NETWORK, help=f"by name ({NETWORK})")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one stretch of one measurement (3)")
    parser.add_argument("--repetitions", type=int, default=5, help="stretches of each measurement (5)")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0 leaves one core free")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--quick", action="store_true", help="a look in seconds; nothing to quote")
    return parser.parse_args(words)


def _measured(given: argparse.Namespace) -> Values:
    import torch
    from PyQt6.QtWidgets import QApplication

    from benchmarks.beside_arms import BesidePlan, measure
    from benchmarks.display import display

    threads = given.threads or max(1, (os.cpu_count() or 2) - 1)
    seconds, repetitions = (QUICK_SECONDS, 1) if given.quick else (given.seconds, given.repetitions)
    plan = BesidePlan(given.network, seconds, repetitions, threads, QUICK_ARMS if given.quick else ())
    with display() as shown_on:
        application = QApplication(sys.argv[:1])
        measured = measure(plan, lambda text: print(text, file=sys.stderr, flush=True))
        application.quit()
    setting = {
        "network": given.network,
        "torch": torch.__version__,
        "cores": os.cpu_count(),
        "threads": threads,
        "seconds": seconds,
        "repetitions": repetitions,
        "shown_on": shown_on,
    }
    return {"setting": setting, **measured}


def _show(results: Values) -> None:
    from benchmarks.tables import empty_table, figure_text, wide_console

    console, setting = wide_console(WIDTH), results["setting"]
    console.print(
        f"{setting['network']} at {results['layer']}, torch {setting['torch']}, {setting['threads']} torch thread(s) "
        f"of {setting['cores']} cores, window on {setting['shown_on']}; {setting['repetitions']} repetitions of "
        f"{setting['seconds']:g} s each, in turns. Median (lowest-highest); ratios within each repetition."
    )
    columns = ["window and", "inferred/s", "of alone", "latency p50, ms", "stall p99, ms", "longest, ms", "budget"]
    table = empty_table("Live video beside", columns)
    for name, arm in results["arms"].items():
        stall = arm["figures"]["stall_p99_ms"]
        table.add_row(
            name,
            figure_text(arm["figures"]["fps"]),
            figure_text(arm["of_alone"], 2),
            figure_text(arm["figures"]["latency_p50_ms"], 0),
            figure_text(stall),
            figure_text(arm["figures"]["stall_longest_ms"], 0),
            f"<= {STALL_BUDGET_MS:g} {'held' if stall['median'] <= STALL_BUDGET_MS else 'MISSED'}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
