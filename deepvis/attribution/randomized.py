"""Randomized networks: what a method shows of them it does not show of what the network has learned.

Cascading randomization from the top (Adebayo et al. 2018, arXiv 1810.03292, section 3).
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis.kinds import Precision
from deepvis.models.twin import separate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis.models.engine import Engine


def randomized(engine: Engine, stages: int = 4, seed: int = 0) -> Iterator[tuple[str, Engine]]:
    """The network with its weights drawn anew, from the classes down.

    It is a copy with weights of its own, which is randomized further for every stage: an engine must not be used after
    the next one was taken. Modules that can, draw as they did before training, with zero means and unit variances in
    normalizations; others get normal numbers of the deviation they had.

    Args:
        engine: stays as it is.
        stages: how many, at equal distances; the last one is random to the bottom.
        seed: of the weights.

    Yields:
        The name of the lowest module that is random, and the engine.

    Raises:
        Exception: as `structural_copy`.
    """
    copy = separate(engine)
    if copy.precision is Precision.FLOAT16:
        # signals of fresh weights fade from layer to layer, soon below what half precision holds
        copy.move(copy.device, Precision.FLOAT32)
    modules = _from_the_top(copy)
    generator_devices = [] if engine.device.type == "cpu" else [engine.device]
    done = 0
    for stage in range(1, stages + 1):
        wanted = max(done, round(stage * len(modules) / stages))
        if wanted == done:
            continue
        with torch.random.fork_rng(generator_devices, device_type=engine.device.type):
            torch.manual_seed(seed + stage)
            with torch.inference_mode(mode=False), torch.no_grad():
                for _, module in modules[done:wanted]:
                    _draw_anew(module)
        done = wanted
        yield modules[done - 1][0], copy


def rank_correlation(first: torch.Tensor, second: torch.Tensor) -> float:
    """Spearman's rank correlation of absolute values, -1..1; 0 where one of them is the same everywhere.

    Ties have their mean rank.

    Raises:
        ValueError: they have different numbers of values.
    """
    if first.numel() != second.numel():
        raise ValueError(f"Only as many values as there are others can be compared: {first.numel()}, {second.numel()}.")
    one, other = (_ranks(values) for values in (first, second))
    scale = float(one.norm() * other.norm())
    return max(-1.0, min(1.0, float(one @ other) / scale)) if scale else 0.0


def _ranks(values: torch.Tensor) -> torch.Tensor:
    """Centered ranks, float64, flat."""
    flat = values.detach().abs().flatten().cpu().double()
    _, inverse, counts = torch.unique(flat, return_inverse=True, return_counts=True)
    ranks: torch.Tensor = (counts.cumsum(0).double() - (counts.double() - 1) / 2)[inverse]
    return ranks - ranks.mean()


def _from_the_top(engine: Engine) -> list[tuple[str, nn.Module]]:
    """Modules with weights of their own, in the reverse order of execution."""
    order = {tap.module: index for index, tap in enumerate(engine.taps.values())}
    named = [(name, module) for name, module in engine.loaded.network.named_modules() if _has_weights(module)]
    # what did not run by itself goes where its neighbors in the list are
    places: list[float] = []
    for name, _ in named:
        places.append(order.get(name, places[-1] + 0.5 if places else -1))
    by_place = sorted(range(len(named)), key=lambda index: (places[index], index), reverse=True)
    return [named[index] for index in by_place]


def _has_weights(module: nn.Module) -> bool:
    return any(True for _ in module.parameters(recurse=False))


def _draw_anew(module: nn.Module) -> None:
    """As the module draws its weights itself, or normal ones with the same deviation."""
    reset = getattr(module, "reset_parameters", None)
    if callable(reset):
        with contextlib.suppress(TypeError):  # the person's own one may want arguments
            reset()
            return
    for parameter in module.parameters(recurse=False):
        deviation = float(parameter.float().std()) if parameter.numel() > 1 else math.nan
        parameter.normal_(0, deviation if deviation > 0 else float(parameter.float().abs().mean()))
