"""The measurements as tables for people, ratios and budgets beside the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.tables import empty_table, figure_text, wide_console

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

Values = dict[str, Any]

WORKER_BUDGET = 0.9
PAINT_BUDGET_MS = 3.0
STALL_BUDGET_MS = 20.0
WIDTH = 150


def show(results: Values) -> None:
    """Print everything that was measured."""
    console = wide_console(WIDTH)
    setting = results["setting"]
    console.print(
        f"torch {setting['torch']}, {setting['threads']} torch thread(s) of {setting['cores']} cores, "
        f"window {setting['window']} on {setting['shown_on']}; {setting['repetitions']} repetitions of "
        f"{setting['seconds']:g} s each, interleaved. Median (lowest-highest); ratios within each repetition."
    )
    for table in (
        _speed(results["views"]),
        _cpu(results["views"]),
        _window(results["views"]),
        _today(results["views"]),
    ):
        console.print(table)
    console.print(_paint(results["paint"]))
    if "memory" in results:
        console.print(_memory(results["memory"]))


def _speed(views: list[Values]) -> Table:
    table = _table(
        "Frames per second",
        ["network", "layer", "bare", "bare, channels-last", "worker", "worker / bare", "budget", "worker / bare c.-l."],
    )
    for view in views:
        arms = view["worker"]
        table.add_row(
            *_named(view),
            figure_text(arms["fps"]["bare"]),
            figure_text(arms["fps"]["bare_channels_last"]),
            figure_text(arms["fps"]["worker"]),
            figure_text(arms["worker_over_bare"], 2),
            _judged(arms["worker_over_bare"], WORKER_BUDGET, at_least=True),
            figure_text(arms["worker_over_channels_last"], 2),
        )
    return table


def _cpu(views: list[Values]) -> Table:
    columns = ["network", "layer", "bare", "bare, channels-last", "worker, all threads", "bare / worker"]
    table = _table("Processor time per frame, ms: hardly depends on what else the machine does", columns)
    for view in views:
        arms = view["worker"]
        times = [figure_text(arms["cpu_ms"][arm]) for arm in ("bare", "bare_channels_last", "worker")]
        table.add_row(*_named(view), *times, figure_text(arms["bare_cpu_over_worker_cpu"], 2))
    return table


def _window(views: list[Values]) -> Table:
    columns = ["network", "layer", "inferred/s", "painted/s", "window / bare", "latency p50 ms", "p95 ms"]
    table = _table("The real window", [*columns, "stall p99 ms", "budget", "longest ms"])
    for view in views:
        arm = view["window"]
        figures = arm["figures"]
        table.add_row(
            *_named(view),
            figure_text(figures["fps"]),
            figure_text(figures["painted_fps"]),
            figure_text(arm["window_over_bare"], 2),
            figure_text(figures["latency_p50_ms"], 0),
            figure_text(figures["latency_p95_ms"], 0),
            figure_text(figures["stall_p99_ms"]),
            _judged(figures["stall_p99_ms"], STALL_BUDGET_MS, at_least=False),
            figure_text(figures["stall_longest_ms"], 0),
        )
    return table


def _today(views: list[Values]) -> Table:
    columns = ["network", "layer", "units", "painted/s", "of bare", "DeepVis window, of bare", "times faster"]
    table = _table("Hooks on every module, one ImageItem per unit", [*columns, "stall p99 ms", "longest ms"])
    for view in views:
        arm = view["hooks"]
        table.add_row(
            *_named(view),
            str(view["units"]),
            figure_text(arm["figures"]["fps"], 2),
            figure_text(arm["hooks_over_bare"], 2),
            figure_text(view["window"]["window_over_bare"], 2),
            f"{view['window']['window_over_bare']['median'] / arm['hooks_over_bare']['median']:.1f}",
            figure_text(arm["figures"]["stall_p99_ms"], 0),
            figure_text(arm["figures"]["stall_longest_ms"], 0),
        )
    return table


def _paint(paint: Values) -> Table:
    table = _table("One mosaic of 900 x 900 on the screen", ["widget", "paint ms", "p95 ms", "budget"])
    for name, title in (("pane", "GridPane"), ("image_item", "pyqtgraph ImageItem")):
        median = paint[name]["paint_ms"]
        budget = _judged(median, PAINT_BUDGET_MS, at_least=False) if name == "pane" else ""
        table.add_row(title, figure_text(median, 2), figure_text(paint[name]["paint_p95_ms"], 2), budget)
    table.add_row("ImageItem / GridPane", figure_text(paint["image_item_over_pane"], 1), "", "")
    return table


def _memory(memory: Values) -> Table:
    table = _table("Resident memory of the worker, MiB", ["frames", "before", "after", "highest"])
    table.add_row(str(memory["frames"]), *(f"{memory[name]:.0f}" for name in ("before", "after", "highest")))
    return table


def _table(title: str, columns: list[str]) -> Table:
    return empty_table(title, columns, left=(0, 1))


def _named(view: Values) -> tuple[str, str]:
    return view["network"], f"{view['layer']} ({view['which']}, {view['shape']})"


def _judged(figure: Mapping[str, float], budget: float, *, at_least: bool) -> str:
    held = figure["median"] >= budget if at_least else figure["median"] <= budget
    return f"{'>=' if at_least else '<='} {budget:g} {'held' if held else 'MISSED'}"
