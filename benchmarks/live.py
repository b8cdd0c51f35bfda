"""How fast the live route is beside a bare `network(batch)` loop, and beside what people write today.

    python -m benchmarks.live [--networks NAME,NAME] [--quick] [--json FILE]

What is compared always runs in turns within one run: a busy machine slows all of it alike, so that ratios can be
trusted where frames per second cannot.
"""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Any

from benchmarks import command_line
from deepvis.startup import prepare_torch

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from benchmarks.measurement import Plan

Values = dict[str, Any]

NETWORKS = "efficientnet_lite0,resnet50,vgg16"
QUICK_NETWORKS = "efficientnet_lite0"
QUICK_SECONDS = 0.3


def main(words: Sequence[str] | None = None) -> None:
    """Measure the live route and print tables with ratios and budgets.

    Args:
        words: the command line; None takes the process's own.
    """
    given = _arguments(words)
    prepare_torch()
    from benchmarks.report import show

    results = _measured(given)
    show(results)
    command_line.keep(results, given.json)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = command_line.options("live", "Measure the live route: tables with ratios and budgets.", 2.0)
    parser.add_argument("--networks", default="", help=f"comma-separated names; not given: {NETWORKS}")
    parser.add_argument("--memory", type=int, default=0, metavar="FRAMES", help="also watch memory over so many frames")
    return command_line.read(parser, words, QUICK_SECONDS)


def _plan(given: argparse.Namespace) -> Plan:
    from benchmarks.measurement import Plan

    networks = command_line.listed(given.networks or (QUICK_NETWORKS if given.quick else NETWORKS))
    layers = ("deepest",) if given.quick else ("widest", "deepest")
    return Plan(networks, layers, given.seconds, given.repetitions, given.threads)


def _measured(given: argparse.Namespace) -> Values:
    import torch
    from PyQt6.QtWidgets import QApplication

    from benchmarks.display import display
    from benchmarks.measurement import NetworkMeasurement, measure_paint
    from benchmarks.pictures import photographs

    plan, say = _plan(given), command_line.say
    torch.set_num_threads(plan.threads)
    pictures = photographs()
    memory = _memory(plan, given.memory) if given.memory else {}
    with display() as shown_on:
        application = QApplication(sys.argv[:1])
        views = [view for name in plan.networks for view in NetworkMeasurement(name, pictures, plan, say).views()]
        paint = measure_paint(plan)
        application.quit()
    return {"setting": _setting(given, shown_on), "views": views, "paint": paint, **memory}


def _memory(plan: Plan, frames: int) -> Values:
    from benchmarks.memory import memory_over
    from benchmarks.pictures import photographs

    command_line.say(f"{plan.networks[0]}: memory over {frames} frames")
    return {"memory": memory_over(frames, plan.networks[0], photographs(), plan.threads)}


def _setting(given: argparse.Namespace, shown_on: str) -> Values:
    from benchmarks.window import SIZE

    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        **command_line.setting(given),
        "shown_on": shown_on,
        "window": f"{SIZE[0]} x {SIZE[1]}",
    }


if __name__ == "__main__":
    main()
