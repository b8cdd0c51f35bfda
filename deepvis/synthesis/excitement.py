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
        excited: bool `(batch,)`: the unit is above what a gray picture gives, and above 0 where a rectifier, or a
            function like SiLU, ends the layer.
        distinctness: float32 `(batch,)`; NaN where it was not asked for.
        rectified: a rectifier, or a function like SiLU, ends the layer.
    """

    objectives: torch.Tensor
    peaks: torch.Tensor
    ranks: torch.Tensor
    inputs: torch.Tensor
    excited: torch.Tensor
    distinctness: torch.Tensor
    rectified: bool = False


@torch.no_grad()
def judge(
    subject: Subject,
    pictures: torch.Tensor,
    units: torch.Tensor,
    objective: Objective,
    flow: GradientFlow,
    *,
    doubts: bool = False,
) -> Verdict:
    """Look at pictures as they are, `(batch, 3, size, size)` in 0..1, without transforms.

    Args:
        subject: the network.
        pictures: to look at.
        units: int64 `(batch,)`.
        objective: what was maximized.
        flow: for the forward pass.
        doubts: the distinctness is wanted, too; the units are classes.
    """
    values = subject.read(subject.resized(pictures), flow)
    reading = Reading({name: layer.maps for name, layer in values.items()}, subject.tap.name, units)
    layer = values[subject.tap.name]
    peaks = reading.own().amax((1, 2))
    resting = _gray(subject, flow).maps[0].amax((1, 2))[units]
    excited = peaks > resting
    if layer.rectified:
        excited &= peaks > 0
    inputs = Reading({subject.tap.name: layer.before}, subject.tap.name, units).own().amax((1, 2))
    distinct = _distinct(subject, pictures, units, flow) if doubts else torch.full_like(peaks, torch.nan)
    ranks = ranks_of(layer.maps, units)
    return Verdict(
        objective(reading).cpu(),
        peaks.cpu(),
        ranks.cpu(),
        inputs.cpu(),
        excited.cpu(),
        distinct.cpu(),
        rectified=layer.rectified,
    )


def distinctness(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """How much an answer is about one class alone: its correlation with the answer that names only that class.

    The logit's distance from the mean of all, in their standard deviations, over the most that this can be. It tells a
    picture that shows a class from one that only brings the probability of 1 about, and has no scale of its own:
    of 96 pictures of classes it put the seven that other networks took for something else below all others, where the
    probability, the logit and the distance to the next class each put some of them above.

    Args:
        logits: `(batch, classes)`, before the softmax.
        classes: int64 `(batch,)`.

    Returns:
        `(batch,)` in -1..1; 0 where all logits are equal.
    """
    # on the host: not every device knows float64
    exact, classes = logits.cpu().double(), classes.cpu()
    centered = exact - exact.mean(1, keepdim=True)
    count = logits.shape[1]
    # the other vector is 1 for one class and 0 for all others, less its mean
    norms = centered.norm(dim=1) * math.sqrt(1 - 1 / count)
    own = centered.gather(1, classes[:, None])[:, 0]
    return torch.where(norms > 0, own / norms.clamp_min(torch.finfo(torch.float64).tiny), 0.0).float()


def _distinct(subject: Subject, pictures: torch.Tensor, units: torch.Tensor, flow: GradientFlow) -> torch.Tensor:
    """Of pictures at the size that the network is used to: an ascent may have seen them at others."""
    maps = subject.read(subject.at_usual_size(pictures), flow)[subject.tap.name].maps
    return distinctness(maps.mean((2, 3)), units)


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
    if verdict.rectified and entered <= 0:
        return (
            f"Unit {unit} of {subject.tap.name} stayed off in {times}: what enters its activation function reached"
            f" {entered:.4g}, and it passes only what is above 0."
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
