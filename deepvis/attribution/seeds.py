"""Where a backward pass starts, and with what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis.attribution.forward_pass import Root, known_tap
from deepvis.kinds import SeedKind
from deepvis.models.errors import ModelError
from deepvis.models.pair_calls import calls_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.attribution.forward_pass import ForwardPass
    from deepvis.attribution.rectifier_rules import Rule
    from deepvis.models.engine import Engine
    from deepvis.records import Target

_CLASS_SEEDS = (SeedKind.CLASS, SeedKind.DIFFERENCE)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where a backward pass starts, found in one picture.

    Attributes:
        target: with class and position filled in.
        seeds: by name of the layer, empty for the logits: what each number there counts, `(1, units, height, width)` of
            the layer, or `(1, classes)`. A layer that runs once for each of two pictures starts in both calls, in order
            of execution.
        activation: as in `Attribution`.
        reason: why nothing can be seen, a sentence; empty where something can.
    """

    target: Target
    seeds: dict[str, torch.Tensor]
    activation: float
    reason: str = ""

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers; none where it starts at the logits."""
        return tuple(name for name in self.seeds if name)


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
    names = layers_of_target(engine, target)
    wanted = (target.position, target.second_position or target.position)
    found = [_in_map(run, name, target, position) for name, position in zip(names, wanted, strict=False)]
    if target.seed is not SeedKind.CHANNEL:
        first, second = found[0].position, found[-1].position
        target = replace(target, position=first, second_position=second if second != first else None)
    seeds = {name: each.seed for name, each in zip(names, found, strict=True)}
    silent = all(each.silent for each in found)
    return Start(target, seeds, max(each.activation for each in found), _off(target, len(names)) if silent else "")


def layers_of_target(engine: Engine, target: Target) -> tuple[str, ...]:
    """The layers in whose maps a unit counts, in order of execution.

    Raises:
        ModelError: there is no such layer, or it cannot be shown.
    """
    return calls_of(known_tap(engine, target.layer).info, target.pair)


def roots_of(run: ForwardPass, start: Start) -> list[Root]:
    """What the seeds belong to in a pass."""
    found = []
    for name, seed in start.seeds.items():
        if name:
            reached = run.layers[name]
            found.append(Root(reached.maps(), reached.output, seed))
        elif run.logits is None:
            raise _no_classes()
        else:
            found.append(Root(run.logits, run.logits, seed))
    return found


def pull(run: ForwardPass, start: Start, rule: Rule, inputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor | None, ...]:
    """Gradients of the target in a pass; one for each input, None for those that the target does not depend on."""
    return run.gradients(roots_of(run, start), rule, inputs)


def pull_input(run: ForwardPass, start: Start, rule: Rule) -> torch.Tensor | None:
    """The gradient of the pass's batch; those of the layers it was made for come on the way, and are remembered."""
    names = [name for name in run.reach.layers if name in run.layers]
    inputs = [run.batch, *(run.layers[name].output for name in names)]
    found, *others = pull(run, start, rule, inputs)
    run.latest = (start.target, rule, dict(zip(names, others, strict=True)))
    return found


def pull_layer(run: ForwardPass, start: Start, rule: Rule, layer: str) -> torch.Tensor | None:
    """The gradient of what a layer gave, remembered or new."""
    if run.latest is not None and run.latest[:2] == (start.target, rule) and layer in run.latest[2]:
        return run.latest[2][layer]
    (gradient,) = pull(run, start, rule, [run.layers[layer].output])
    return gradient


def met_below(run: ForwardPass, start: Start) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the rectifiers, and of the other nonlinearities, between the picture and the start."""
    if not start.layers:
        return run.ruled, run.others
    reached = run.layers[start.layers[-1]]
    return run.ruled[: reached.ruled], run.others[: reached.others]


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
        return Start(replace(target, position=position), {"": seed}, float(logits[target.unit]))
    first, second = _classes(logits, target)
    seed[0, first] = 1
    worth = float(logits[first])
    if target.seed is SeedKind.CLASS:
        return Start(replace(target, class_index=first), {"": seed}, worth)
    seed[0, second] -= 1
    same = f"Class {first} is taken from itself: choose another one." if first == second else ""
    target = replace(target, class_index=first, other_class=second)
    return Start(target, {"": seed}, worth - float(logits[second]), same)


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


@dataclass(frozen=True, slots=True, eq=False)
class _InMap:
    """The start in one map: what each number counts, what the unit is worth, where; whether it is off."""

    seed: torch.Tensor
    activation: float
    position: tuple[int, int] | None
    silent: bool


def _in_map(run: ForwardPass, layer: str, target: Target, position: tuple[int, int] | None) -> _InMap:
    maps = run.layers[layer].maps()[:1].detach()
    check_unit(target, maps.shape[1])
    channel = maps[0, target.unit]
    seed = torch.zeros_like(maps)
    lowest, highest = (float(value) for value in channel.float().aminmax())
    silent = not lowest and not highest
    if target.seed is SeedKind.CHANNEL:
        seed[0, target.unit] = channel
        return _InMap(seed, highest, None, silent)
    row, column = _position(target, channel, position)
    seed[0, target.unit, row, column] = 1
    return _InMap(seed, float(channel[row, column]), (row, column), silent)


def _position(target: Target, channel: torch.Tensor, wanted: tuple[int, int] | None) -> tuple[int, int]:
    height, width = channel.shape
    if target.seed is SeedKind.POSITION and wanted is not None:
        row, column = wanted
        if not (0 <= row < height and 0 <= column < width):
            raise ModelError(f"There is no position {row}, {column} in {target.layer}: its maps are {height}×{width}.")
        return row, column
    index = int(channel.float().argmax())
    return index // width, index % width


def _off(target: Target, maps: int) -> str:
    where = "both pictures" if maps > 1 else "this picture"
    return f"Unit {target.unit} of {target.layer} is off in {where}: its largest activation is 0."


def _no_classes() -> ModelError:
    return ModelError("This network's output is not one number per class, so it has no class to look for.")
