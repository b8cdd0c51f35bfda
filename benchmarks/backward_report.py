"""The measurements of backward views as tables for people."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.backward_arms import THREE, expected_passes
from benchmarks.figures import Spread
from deepvis.kinds import Method

Values = dict[str, Any]

BUDGET = 1.15
WIDTH = 170


def show(results: Values) -> None:
    """Print everything that was measured."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    setting = results["setting"]
    console.print(
        f"torch {setting['torch']}, {setting['threads']} torch thread(s) of {setting['cores']} cores; "
        f"{setting['repetitions']} repetitions of {setting['seconds']:g} s each, interleaved. Median (lowest-highest); "
        "ratios within each repetition. Bare is one forward and one backward pass of the network as it is, in the same "
        "memory order; processor time hardly depends on what else the machine does."
    )
    for network in results["networks"]:
        console.print(_table(network))


def _table(network: Values) -> Table:
    table = Table(title=f"{network['network']}: a class, one frame after the other", title_justify="left")
    columns = ["method", "passes", "bare, fps", "DeepVis, fps", "times bare", "of CPU", "budget"]
    for number, column in enumerate([*columns, "captum, fps", "times faster", "of CPU"]):
        table.add_column(column, justify="right" if number else "left")
    for name, measured in network["methods"].items():
        method = Method(name)
        table.add_row(name, str(expected_passes(method)), *_figures(measured, judged=method in THREE))
    title = " + ".join(THREE)
    table.add_row(title, "1", *_figures(network["together"], judged=False))
    return table


def _figures(measured: Values, *, judged: bool) -> list[str]:
    fps, digits = measured["fps"], 2
    cells = [_text(fps["bare"], digits), _text(fps["deepvis"], digits)]
    cells += [_text(measured["times_bare"], digits), _text(measured["times_bare_cpu"], digits)]
    cells.append(_judged(measured["times_bare_cpu"]) if judged else "")
    if "captum" not in fps:
        return [*cells, "", "", ""]
    faster = [_text(measured[name], digits) for name in ("over_captum", "over_captum_cpu")]
    return [*cells, _text(fps["captum"], digits), *faster]


def _text(spread: Values, digits: int) -> str:
    return Spread(**spread).text(digits)


def _judged(spread: Values) -> str:
    return f"<= {BUDGET:g} {'held' if spread['median'] <= BUDGET else 'MISSED'}"
