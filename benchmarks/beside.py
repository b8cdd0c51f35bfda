"""What live video costs while the window does something else besides: backward views, causes, viewers in browsers.

    python -m benchmarks.beside [--only NAME,NAME] [--seconds S] [--repetitions N] [--quick] [--json FILE]

The real window, alone and with one thing more, in turns within one process, so that ratios can be trusted on a busy
machine. Frames come faster than the network takes them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from benchmarks import command_line
from deepvis.startup import prepare_torch

if TYPE_CHECKING:
    import argparse
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
    command_line.keep(results, given.json)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = command_line.options("beside", "Measure live video beside what else the window does.", 3.0)
    parser.add_argument("--network", default=NETWORK, help=f"by name ({NETWORK})")
    parser.add_argument("--only", default="", metavar="NAMES", help="comma-separated rows of the table; not given: all")
    given = command_line.read(parser, words, QUICK_SECONDS)
    given.only = command_line.listed(given.only) or (QUICK_ARMS if given.quick else ())
    return given


def _measured(given: argparse.Namespace) -> Values:
    from PyQt6.QtWidgets import QApplication

    from benchmarks.beside_arms import BesidePlan, measure
    from benchmarks.display import display

    plan = BesidePlan(given.network, given.seconds, given.repetitions, given.threads, given.only)
    with display() as shown_on:
        application = QApplication(sys.argv[:1])
        measured = measure(plan, command_line.say)
        application.quit()
    setting = {"network": given.network, **command_line.setting(given), "shown_on": shown_on}
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
