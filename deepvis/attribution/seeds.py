"""Where a backward pass starts, and with what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis.attribution.forward_pass import known_tap
from deepvis.kinds import SeedKind
from deepvis.models.errors import ModelError

if TYPE_CHECKING:
    from deepvis.attribution.forward_pass import ForwardPass, Met
    from deepvis.models.engine import Engine
    from deepvis.records import Target

_CLASS_SEEDS = (SeedKind.CLASS, SeedKind.DIFFERENCE)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where a backward pass starts, found in one picture.

    Attributes:
        target: with class and position filled in.
        layer: name of the layer; empty: the logits.
        seed: `(1, units, height, width)` of the layer, or `(1, classes)`: what each number there counts.
        activation: as in `Attribution`.
        reason: why nothing can be seen, a sentence; empty where something can.
    """

    target: Target
    layer: str
    seed: torch.Tensor
    activation: float
    reason: str = ""


def starts_at_logits(engine: Engine, target: Target) -> bool:
    """The target is a class: by its seed, or because its layer is the softmax. Its logit then counts.

    Raises:
        ModelError: there is no such layer, or it cannot be shown.
    """
    if target.seed in _CLASS_SEEDS:
        return True
    tap = known_tap(engine, target.layer)
    if not tap.module:
        return True
    softmax = isinstance(engine.loaded.network.get_submodule(tap.module), nn.Softmax | nn.LogSoftmax)
    return softmax and tap.info.is_classes


def find_start(run: ForwardPass, engine: Engine, target: Target) -> Start:
    """Where the backward pass of a target starts in a picture.

    A channel seed gives every position of the channel its own activation (Yosinski et al. 2015); the other seeds give
    one number 1.

    Args:
        run: a pass that reached the target; its first picture counts.
        engine: whose pass it is.
        target: as the person wants it.

    Raises:
        ModelError: there is no such unit, position or class, a sentence.
    """
    if starts_at_logits(engine, target):
        return _class_start(run, engine, target)
    maps = run.layers[target.layer].maps[:1].detach()
    check_unit(target, maps.shape[1])
    channel = maps[0, target.unit]
    seed = torch.zeros_like(maps)
    if target.seed is SeedKind.CHANNEL:
        seed[0, target.unit] = channel
        lowest, highest = (float(value) for value in channel.float().aminmax())
        return Start(target, target.layer, seed, highest, _off(target, lowest, highest))
    row, column = _position(target, channel)
    seed[0, target.unit, row, column] = 1
    lowest, highest = (float(value) for value in channel.float().aminmax())
    activation = float(channel[row, column])
    target = replace(target, position=(row, column))
    return Start(target, target.layer, seed, activation, _off(target, lowest, highest))


def root_of(run: ForwardPass, start: Start) -> tuple[torch.Tensor, torch.Tensor]:
    """What the seed belongs to in a pass, and the tensor that it is a view of."""
    if start.layer:
        reached = run.layers[start.layer]
        return reached.maps, reached.output
    if run.logits is None:
        raise _no_classes()
    return run.logits, run.logits


def met_below(run: ForwardPass, start: Start) -> Met:
    """What the gradient meets between the picture and the start."""
    return run.layers[start.layer].met if start.layer else run.met


def check_unit(target: Target, units: int) -> None:
    """Refuse a unit that is not there."""
    if not 0 <= target.unit < units:
        raise ModelError(f"There is no unit {target.unit} in {target.layer}: it has units 0 to {units - 1}.")


def _class_start(run: ForwardPass, engine: Engine, target: Target) -> Start:
    if run.logits is None or not engine.classes:
        raise _no_classes()
    logits = run.logits[0].detach().float()
    seed = torch.zeros_like(run.logits[:1].detach())
    if target.seed not in _CLASS_SEEDS:
        check_unit(target, logits.numel())
        seed[0, target.unit] = 1
        position = target.position if target.seed is SeedKind.CHANNEL else (0, 0)
        return Start(replace(target, position=position), "", seed, float(logits[target.unit]))
    first, second = _classes(logits, target)
    seed[0, first] = 1
    worth = float(logits[first])
    if target.seed is SeedKind.CLASS:
        return Start(replace(target, class_index=first), "", seed, worth)
    seed[0, second] -= 1
    same = f"Class {first} is taken from itself: choose another one." if first == second else ""
    target = replace(target, class_index=first, other_class=second)
    return Start(target, "", seed, worth - float(logits[second]), same)


def _classes(logits: torch.Tensor, target: Target) -> tuple[int, int]:
    """The class, and the one that would be taken from it."""
    for wanted in (target.class_index, target.other_class):
        if wanted is not None and not 0 <= wanted < logits.numel():
            raise ModelError(f"There is no class {wanted}: this network has classes 0 to {logits.numel() - 1}.")
    best = [int(index) for index in logits.topk(min(3, logits.numel())).indices]
    first = target.class_index
    if first is None:
        first = next((index for index in best if index != target.other_class), best[0])
    second = target.other_class
    if second is None:
        second = next((index for index in best if index != first), first)
    return first, second


def _position(target: Target, channel: torch.Tensor) -> tuple[int, int]:
    height, width = channel.shape
    if target.seed is SeedKind.POSITION and target.position is not None:
        row, column = target.position
        if not (0 <= row < height and 0 <= column < width):
            raise ModelError(f"There is no position {row}, {column} in {target.layer}: its maps are {height}×{width}.")
        return row, column
    index = int(channel.float().argmax())
    return index // width, index % width


def _off(target: Target, lowest: float, highest: float) -> str:
    if lowest or highest:
        return ""
    return f"Unit {target.unit} of {target.layer} is off in this picture: its largest activation is 0."


def _no_classes() -> ModelError:
    return ModelError("This network's output is not one number per class, so it has no class to look for.")
