"""The studio's measurements as tables for people."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.figures import spread
from benchmarks.tables import empty_table, figure_text, wide_console

if TYPE_CHECKING:
    from rich.table import Table

Values = dict[str, Any]

LEAST_OF_LIVE = 2 / 3
STALL_BUDGET_MS = 20.0
PREVIEW_BUDGET_S = 1.0
WIDTH = 150


def show(results: Values) -> None:
    """Print everything that was measured."""
    console = wide_console(WIDTH)
    setting = results["setting"]
    console.print(
        f"{results['unit']}, {setting['seeds']} picture(s) at a time, torch {setting['torch']}, {setting['threads']} "
        f"torch thread(s) of {setting['cores']} cores for live video, window on {setting['shown_on']}; "
        f"{setting['repetitions']} repetitions of {setting['seconds']:g} s each, in turns. Median (lowest-highest); "
        "ratios within each repetition."
    )
    for table in (_live(results), _steps(results), _times(results["times"])):
        console.print(table)


def _live(results: Values) -> Table:
    columns = ["", "live alone, fps", "beside a synthesis, fps", "ratio", "budget"]
    table = empty_table("Live video", [*columns, "stall p99 alone, ms", "stall p99 beside, ms", "budget"])
    for name in ("worker", "window"):
        arms = results[name]
        ratio = arms["beside_over_alone"]
        row = [name, figure_text(arms["alone"]["fps"]), figure_text(arms["beside"]["fps"]), figure_text(ratio, 2)]
        row.append(_judged(LEAST_OF_LIVE, met=ratio["median"] > LEAST_OF_LIVE))
        if name == "window":
            stall = arms["beside"]["stall_p99_ms"]
            row += [figure_text(arms["alone"]["stall_p99_ms"]), figure_text(stall)]
            row.append(_judged(STALL_BUDGET_MS, met=stall["median"] <= STALL_BUDGET_MS))
        table.add_row(*row)
    return table


def _steps(results: Values) -> Table:
    columns = ["", "bare ascent", "beside a still picture", "of bare", "beside live video", "of still"]
    table = empty_table("The synthesis, steps per second", columns)
    for name in ("worker", "window"):
        arms = results[name]
        bare = figure_text(arms["bare"]["steps_per_s"]) if "bare" in arms else ""
        of_bare = figure_text(arms["still_over_bare"], 2) if "bare" in arms else ""
        still, beside = (figure_text(arms[arm]["steps_per_s"]) for arm in ("still", "beside"))
        table.add_row(name, bare, still, of_bare, beside, figure_text(arms["beside_over_still"], 2))
    return table


def _times(times: Values) -> Table:
    table = empty_table("Seconds from a wish, without a window", ["", "still picture", "live video", "budget"])
    previews = [times[f"first_preview_{kind}_s"] for kind in ("still", "live")]
    met = all(statistics.median(found) <= PREVIEW_BUDGET_S for found in previews)
    table.add_row("to the first preview", *map(_seconds, previews), _judged(PREVIEW_BUDGET_S, met=met))
    table.add_row("to the finished picture", *(_seconds(times[f"picture_{kind}_s"]) for kind in ("still", "live")), "")
    return table


def _seconds(found: list[float]) -> str:
    return spread(found).text(2)


def _judged(budget: float, *, met: bool) -> str:
    return f"{budget:.3g} {'met' if met else 'MISSED'}"
