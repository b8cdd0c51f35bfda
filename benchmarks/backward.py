"""How fast backward views are beside a bare forward and backward pass, and beside captum's way to the same picture.

    python -m benchmarks.backward [--networks NAME,NAME] [--methods NAME,...] [--quick] [--json FILE]

What is compared runs in turns within one run: a busy machine slows all of it alike, so that ratios can be trusted where
frames per second cannot. Every frame is a new picture: nothing is kept from one to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks import command_line
from deepvis.kinds import Method
from deepvis.startup import prepare_torch

if TYPE_CHECKING:
    import argparse
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
    prepare_torch()
    from benchmarks.backward_report import show

    results = _measured(given)
    show(results)
    command_line.keep(results, given.json)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = command_line.options("backward", "Measure backward views: tables with ratios and budgets.", 2.0)
    parser.add_argument("--networks", default="", help=f"comma-separated names; not given: {NETWORKS}")
    parser.add_argument("--methods", default="", help="comma-separated names; not given: all")
    given = command_line.read(parser, words, QUICK_SECONDS)
    given.networks = command_line.listed(given.networks or (QUICK_NETWORKS if given.quick else NETWORKS))
    named = tuple(Method.parse(name) for name in command_line.listed(given.methods))
    given.methods = named or (QUICK_METHODS if given.quick else tuple(Method))
    return given


def _measured(given: argparse.Namespace) -> Values:
    import torch

    from benchmarks.backward_arms import BackwardPlan, measure
    from benchmarks.pictures import photographs

    torch.set_num_threads(given.threads)
    plan = BackwardPlan(given.methods, given.seconds, given.repetitions)
    pictures = photographs()
    networks = [measure(name, pictures, plan, command_line.say) for name in given.networks]
    return {"setting": command_line.setting(given), "networks": networks}


if __name__ == "__main__":
    main()
