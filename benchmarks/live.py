"""How fast the live route is beside a bare `network(batch)` loop, and beside what people write today.

    python -m benchmarks.live [--networks NAME,NAME] [--quick] [--json FILE]

What is compared always runs in turns within one run: a busy machine slows all of it alike, so that ratios can be
trusted where frames per second cannot.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.startup import prepare_torch

if TYPE_CHECKING:
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

    results = _measured(_plan(given), given.memory)
    show(results)
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live", description="Measure the live route: tables with ratios and budgets."
    )
    parser.add_argument("--networks", help=f"comma-separated names; not given: {NETWORKS}")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one stretch of one measurement (2)")
    parser.add_argument("--repetitions", type=int, default=5, help="stretches of each measurement (5)")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0 leaves one core free")
    parser.add_argument("--memory", type=int, default=0, metavar="FRAMES", help="also watch memory over so many frames")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--quick", action="store_true", help="a look in seconds; nothing to quote")
    return parser.parse_args(words)


def _plan(given: argparse.Namespace) -> Plan:
    from benchmarks.measurement import Plan

    threads = given.threads or max(1, (os.cpu_count() or 2) - 1)
    if given.quick:
        return Plan(tuple((given.networks or QUICK_NETWORKS).split(",")), ("deepest",), QUICK_SECONDS, 1, threads)
    networks = tuple((given.networks or NETWORKS).split(","))
    return Plan(networks, ("widest", "deepest"), given.seconds, given.repetitions, threads)


def _measured(plan: Plan, memory_frames: int) -> Values:
    import torch
    from PyQt6.QtWidgets import QApplication

    from benchmarks.display import display
    from benchmarks.measurement import NetworkMeasurement, measure_paint
    from benchmarks.pictures import photographs

    torch.set_num_threads(plan.threads)
    pictures = photographs()
    memory = _memory(plan, memory_frames) if memory_frames else {}
    with display() as shown_on:
        application = QApplication(sys.argv[:1])
        views = [view for name in plan.networks for view in NetworkMeasurement(name, pictures, plan, _say).views()]
        paint = measure_paint(plan)
        application.quit()
    return {"setting": _setting(plan, shown_on), "views": views, "paint": paint, **memory}


def _memory(plan: Plan, frames: int) -> Values:
    from benchmarks.memory import memory_over
    from benchmarks.pictures import photographs

    _say(f"{plan.networks[0]}: memory over {frames} frames")
    return {"memory": memory_over(frames, plan.networks[0], photographs(), plan.threads)}


def _setting(plan: Plan, shown_on: str) -> Values:
    import torch

    from benchmarks.window import SIZE

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": plan.threads,
        "seconds": plan.seconds,
        "repetitions": plan.repetitions,
        "shown_on": shown_on,
        "window": f"{SIZE[0]} x {SIZE[1]}",
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
