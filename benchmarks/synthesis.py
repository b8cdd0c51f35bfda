"""How good the pictures of the recipes are and how long they take, beside what people use today and beside 2015.

    python -m benchmarks.synthesis [--classes N] [--recipes NAME,...] [--seed N] [--quick] [--json FILE]

Two baselines run in the same process: Lucent's defaults in a plain loop, and set 3 of the 2015 paper, one picture at a
time. Transfer is judged by two networks that are never used while a picture is made. Processor time is that of the
whole process; it hardly depends on what else the machine does, which is why ratios are of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.startup import prepare_torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis.evaluation.making import Maker
    from deepvis.evaluation.workshop import Progress
    from deepvis.models.engine import Engine
    from deepvis.synthesis.recipe import Recipe

Values = dict[str, Any]

SET_3 = "2015, set 3"
QUICK = {"classes": 2, "divide": 100}
LEAST_STEPS = 4
_TELL_EVERY_S = 10.0


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print tables with ratios against the baselines.

    Args:
        words: the command line; None takes the process's own.
    """
    given = _arguments(words)
    prepare_torch()
    from benchmarks.synthesis_report import compared, show
    from deepvis.evaluation.report import to_json
    from deepvis.evaluation.running import run_evaluation
    from deepvis.evaluation.saving import save

    outcome = run_evaluation(_request(given), _teller(), lambda engine: _makers(engine, given))
    show(outcome.report)
    if given.save is not None:
        save(outcome.report, outcome.pictures, given.save)
    if given.json is not None:
        results = {**to_json(outcome.report), "compared": compared(outcome.report.measurements)}
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.synthesis", description="Measure recipes.")
    parser.add_argument("--network", default="efficientnet_lite0", help="any name that --model knows")
    parser.add_argument("--recipes", default="clear,bn-prior,maco,distill", help="recipes beside the two baselines")
    parser.add_argument("--classes", type=int, default=24, help="random classes (24)")
    parser.add_argument("--layers", default="", help="hidden layers; not given: eight, spread over the network")
    parser.add_argument("--units-per-layer", type=int, default=0, help="random units of hidden layers (0: none)")
    parser.add_argument("--judge", action="append", metavar="NAME", help="network that judges; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="draws other classes and units (0)")
    parser.add_argument("--batch-size", type=int, default=8, help="pictures of a recipe made at once (8)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads of torch (all cores)")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="contact sheets; pictures there are used again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the steps: whether it runs, not how well")
    given = parser.parse_args(words)
    given.divide = 1
    if given.quick:
        vars(given).update(QUICK)
    return given


def _request(given: argparse.Namespace) -> Any:  # noqa: ANN401  (its class imports nothing heavy, but lies behind one)
    from deepvis.evaluation.request import EvaluationRequest
    from deepvis.gallery.files import packaged_gallery
    from deepvis.models.zoo import model_key
    from deepvis.places import images_dir
    from deepvis.records import ModelRequest

    gallery = packaged_gallery(model_key(given.network))
    return EvaluationRequest(
        model=ModelRequest(given.network),
        images=images_dir(),
        recipes=(),
        layers=tuple(name for name in given.layers.split(",") if name),
        units_per_layer=given.units_per_layer,
        classes=given.classes,
        judges=tuple(given.judge) if given.judge else None,
        seed=given.seed,
        galleries=() if gallery is None else (gallery,),
        folder=given.save,
        device="cpu",
        threads=given.threads,
    )


def _makers(engine: Engine, given: argparse.Namespace) -> list[Maker]:
    from benchmarks.plain_ascent import PlainMaker
    from deepvis.evaluation.making import RecipeMaker
    from deepvis.synthesis.recipes import recipe_named
    from deepvis.synthesis.synthesis import Materials

    materials = Materials()
    named = [recipe_named(name) for name in given.recipes.split(",") if name]
    makers: list[Maker] = [
        RecipeMaker(engine, _shortened(recipe, given.divide), materials, batch_size=given.batch_size)
        for recipe in named
    ]
    steps = recipe_named("distill").steps
    makers.append(PlainMaker(engine, _divided(steps, given.divide)))
    set_3 = replace(recipe_named("yosinski-3"), name=SET_3)
    return [*makers, RecipeMaker(engine, _shortened(set_3, given.divide), materials, batch_size=1)]


def _shortened(recipe: Recipe, divide: int) -> Recipe:
    alternative = None if recipe.for_classes is None else _shortened(recipe.for_classes, divide)
    return replace(recipe, steps=_divided(recipe.steps, divide), for_classes=alternative)


def _divided(steps: int, divide: int) -> int:
    return steps if divide == 1 else max(LEAST_STEPS, steps // divide)


def _teller() -> Callable[[Progress], None]:
    told_s = 0.0

    def tell(progress: Progress) -> None:
        nonlocal told_s
        if time.monotonic() - told_s < _TELL_EVERY_S:
            return
        told_s = time.monotonic()
        left = "" if progress.left_s is None else f", about {progress.left_s:.0f} s left"
        sys.stderr.write(f"{progress.phase}: {progress.done} of {progress.total} pictures{left}\n")

    return tell


if __name__ == "__main__":
    main()
