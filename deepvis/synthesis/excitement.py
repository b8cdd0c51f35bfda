"""Whether a unit was excited at all, and the reason where it was not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis.synthesis.climb import ranks_of
from deepvis.synthesis.objectives import Reading

if TYPE_CHECKING:
    from deepvis.synthesis.forward import LayerValues
    from deepvis.synthesis.gradient_flow import GradientFlow
    from deepvis.synthesis.objectives import Objective
    from deepvis.synthesis.subject import Subject

_WEIGHTS = (nn.Linear, nn.modules.conv._ConvNd)


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What finished pictures do to their units; all on the host.

    Attributes:
        objectives: float32 `(batch,)`.
        peaks: float32 `(batch,)`: the unit's largest activation.
        ranks: int64 `(batch,)`.
        inputs: float32 `(batch,)`: the largest value that went into the rectifier; the peak where there is none.
        excited: bool `(batch,)`: the unit is above what a gray picture gives, and above 0 where a rectifier ends the
            layer.
    """

    objectives: torch.Tensor
    peaks: torch.Tensor
    ranks: torch.Tensor
    inputs: torch.Tensor
    excited: torch.Tensor


@torch.no_grad()
def judge(
    subject: Subject, pictures: torch.Tensor, units: torch.Tensor, objective: Objective, flow: GradientFlow
) -> Verdict:
    """Look at pictures as they are, `(batch, 3, size, size)` in 0..1, without transforms."""
    values = subject.read(subject.resized(pictures), flow)
    reading = Reading({name: layer.maps for name, layer in values.items()}, subject.tap.name, units)
    layer = values[subject.tap.name]
    peaks = reading.own().amax((1, 2))
    resting = _gray(subject, flow).maps[0].amax((1, 2))[units]
    excited = peaks > resting
    if layer.rectified:
        excited &= peaks > 0
    inputs = Reading({subject.tap.name: layer.before}, subject.tap.name, units).own().amax((1, 2))
    figures = (objective(reading), peaks, ranks_of(layer.maps, units), inputs, excited)
    return Verdict(*(figure.cpu() for figure in figures))


def reason(subject: Subject, verdict: Verdict, place: int, unit: int, tries: int) -> str:
    """Why a unit could not be excited, as a sentence."""
    peak, entered = verdict.peaks[place].item(), verdict.inputs[place].item()
    times = "1 ascent" if tries == 1 else f"{tries} ascents"
    if math.isnan(peak):
        return f"Unit {unit} of {subject.tap.name} gives values that are not numbers."
    if _has_no_weights(subject, unit):
        return (
            f"Unit {unit} of {subject.tap.name} gives {peak:.4g} for every picture: all weights that lead to it are 0."
        )
    if entered <= 0 and peak == 0:
        return (
            f"Unit {unit} of {subject.tap.name} stayed off in {times}: what enters its rectifier reached {entered:.4g},"
            " and it passes only what is above 0."
        )
    return f"Unit {unit} of {subject.tap.name} stayed at {peak:.4g}, as for a gray picture, in {times}."


def _gray(subject: Subject, flow: GradientFlow) -> LayerValues:
    mean = torch.tensor(subject.mean, device=subject.device).view(1, 3, 1, 1)
    return subject.read(mean.expand(1, 3, *subject.input_size), flow)[subject.tap.name]


def _has_no_weights(subject: Subject, unit: int) -> bool:
    """The unit's own weights are all 0: of the layer itself, or of one right before it.

    Looked for in the layer's module and, for a rectifier or a normalization, in the module before it in the network.
    """
    modules = [(name, module) for name, module in subject.network.named_modules() if not any(module.children())]
    own = [module for name, module in modules if _is_within(name, subject.tap.module)]
    if not own:
        return False
    first = next(index for index, (_, module) in enumerate(modules) if module is own[0])
    candidates = [*(module for _, module in modules[max(0, first - 2) : first]), *own]
    return any(_is_zero(module, unit, subject.units) for module in candidates)


def _is_within(name: str, module: str) -> bool:
    return bool(module) and (name == module or name.startswith(f"{module}."))


def _is_zero(module: nn.Module, unit: int, units: int) -> bool:
    weight = getattr(module, "weight", None)
    if not isinstance(weight, torch.Tensor) or weight.shape[0] != units:
        return False
    if not isinstance(module, (*_WEIGHTS, nn.modules.batchnorm._BatchNorm)):
        return False
    return not bool(weight[unit].any())
