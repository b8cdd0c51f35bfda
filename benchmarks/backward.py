"""How fast backward views are beside a bare forward and backward pass, and beside captum's way to the same picture.

    python -m benchmarks.backward [--networks NAME,NAME] [--methods NAME,...] [--quick] [--json FILE]

What is compared runs in turns within one run: a busy machine slows all of it alike, so that ratios can be trusted where
frames per second cannot. Every frame is a new picture: nothing is kept from one to the next.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.kinds import Method
from deepvis.startup import keep_freed_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

Values = dict[str, Any]

NETWORKS = "efficientnet_lite0,resnet50,vgg16"
QUICK_NETWORKS = "efficientnet_lite0"
QUICK_METHODS = (Method.GRADIENT, Method.GUIDED, Method.GRAD_CAM)
QUICK_SECONDS = 0.2


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print tables with ratios and budgets.

    Args:
        words: the command line; None takes the process's own.
    """
    given = _arguments(words)
    # both before torch is imported
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    keep_freed_memory()
    from benchmarks.backward_report import show

    results = _measured(given)
    show(results)
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.backward", description="Measure backward views: tables with ratios and budgets."
    )
    parser.add_argument("--networks", help=f"comma-separated names; not given: {NETWORKS}")
    parser.add_argument("--methods", help="comma-separated names; not given: all")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one stretch of one measurement (2)")
    parser.add_argument("--repetitions", type=int, default=5, help="stretches of each measurement (5)")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0 leaves one core free")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--quick", action="store_true", help="a look in seconds; nothing to quote")
    given = parser.parse_args(words)
    if given.quick:
        given.seconds, given.repetitions = QUICK_SECONDS, 1
    given.networks = (given.networks or (QUICK_NETWORKS if given.quick else NETWORKS)).split(",")
    named = tuple(Method.parse(name) for name in given.methods.split(",")) if given.methods else ()
    given.methods = named or (QUICK_METHODS if given.quick else tuple(Method))
    return given


def _measured(given: argparse.Namespace) -> Values:
    import torch

    from benchmarks.backward_arms import BackwardPlan, measure
    from benchmarks.pictures import photographs

    threads = given.threads or max(1, (os.cpu_count() or 2) - 1)
    torch.set_num_threads(threads)
    plan = BackwardPlan(given.methods, given.seconds, given.repetitions)
    pictures = photographs()
    setting = {
        "torch": torch.__version__,
        "cores": os.cpu_count(),
        "threads": threads,
        "seconds": given.seconds,
        "repetitions": given.repetitions,
    }
    return {"setting": setting, "networks": [measure(name, pictures, plan, _say) for name in given.networks]}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
