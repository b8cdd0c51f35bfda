"""The one loop: pictures go up the gradient of an objective, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.models.zoo import Canceled
from deepvis.synthesis.anchor import Anchor
from deepvis.synthesis.distribution_match import DistributionMatch
from deepvis.synthesis.draws import Draws
from deepvis.synthesis.gradient_flow import GradientFlow
from deepvis.synthesis.objectives import Reading, sign_of
from deepvis.synthesis.parametrizations.protocol import Canvas
from deepvis.synthesis.parametrizations.table import PARAMETRIZATIONS
from deepvis.synthesis.recipe import Keep
from deepvis.synthesis.regularizers.batch_norm_prior import StatisticsPrior
from deepvis.synthesis.regularizers.slots import Stepped
from deepvis.synthesis.regularizers.table import REGULARIZERS
from deepvis.synthesis.steps import STEPPERS
from deepvis.synthesis.synthesis import Preview
from deepvis.synthesis.transforms import TRANSFORMS, Chain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from deepvis.synthesis.forward import LayerValues
    from deepvis.synthesis.objectives import Objective
    from deepvis.synthesis.parametrizations.protocol import Parametrization
    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.regularizers.slots import GradientChange, Regularizer
    from deepvis.synthesis.steps import Stepper
    from deepvis.synthesis.subject import Subject
    from deepvis.synthesis.synthesis import Materials, Watch

WHITE = 255.0

_LEAST = 1 / 255
"""Of contrast that is stretched: what is one plain gray stays so."""

_JUDGED = 10
"""Steps whose views decide which start is the best."""


@dataclass(frozen=True, eq=False)
class Course:
    """One ascent of a batch.

    Attributes:
        recipe: how.
        objective: what is maximized.
        units: int64 `(batch,)`.
        seeds: one per entry of the batch.
        places: which pictures of the request these are; the batch holds them once for every start, one start after the
            other.
        size: height and width of the pictures.
        steps: forward passes.
        start: `(batch, 3, size, size)` in 0..1 to start from; None for noise.
        attempt: 0 for the first one.
    """

    recipe: Recipe
    objective: Objective
    units: torch.Tensor
    seeds: Sequence[int]
    places: tuple[int, ...]
    size: int
    steps: int
    start: torch.Tensor | None = None
    attempt: int = 0

    @property
    def starts(self) -> int:
        """How many times every picture is begun."""
        return len(self.seeds) // len(self.places)


@dataclass(eq=False)
class Reached:
    """What an ascent gave: pictures `(batch, 3, size, size)` in 0..1, and how it went."""

    pictures: torch.Tensor
    trajectory: list[torch.Tensor] = field(default_factory=list)
    majority: torch.Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.int64))


class Climb:
    """An ascent in progress. The network has hooks only while it runs, which heed this thread alone."""

    def __init__(self, subject: Subject, course: Course, materials: Materials) -> None:
        """Build everything the recipe names.

        Raises:
            ValueError: the recipe needs something that is not there; the message is a sentence.
        """
        recipe = course.recipe
        self._subject, self._course = subject, course
        self._draws = Draws(course.seeds, subject.device)
        canvas = Canvas(
            course.size, course.size, self._draws, subject.mean, materials.natural, subject.device, materials.generator
        )
        self._pictures: Parametrization = PARAMETRIZATIONS.build(recipe.parametrization, canvas=canvas)
        if course.start is not None:
            self._pictures.assign(course.start.to(subject.device))
        self._chain = Chain([TRANSFORMS.build(part) for part in recipe.transforms], str(recipe.fill))
        parts = [REGULARIZERS.build(part, patches=materials.patches) for part in recipe.regularizers]
        self._penalties = [part.penalty for part in parts if part.penalty is not None]
        self._operators = [part.operator for part in parts if part.operator is not None]
        self._gradients = [part.gradient for part in parts if part.gradient is not None]
        self._statistics_weight = sum(part.statistics for part in parts if part.statistics is not None)
        self._branch = min((part.branch for part in parts if part.branch is not None), default=1.0)
        self._scouting = max(1, round(recipe.scouting * course.steps)) if course.starts > 1 else 0
        self._pooling = next((part.pooling for part in parts if part.pooling is not None), None)
        self._anchor = Anchor(parts, None if course.start is None else course.start.to(subject.device))
        if self._anchor.is_wanted and course.start is None and course.attempt == 0:
            raise ValueError("An anchor keeps to the picture that a synthesis starts from: choose one to start from.")
        negative = sign_of(recipe.objective) < 0
        self._match = DistributionMatch(parts, subject, course.units, materials.references, negative=negative)
        self._prior = StatisticsPrior(_prior_network(subject, parts))
        self._stepper: Stepper = STEPPERS.build(recipe.stepper)(self._pictures.variables, course.steps)
        self._mean = torch.tensor(subject.mean, device=subject.device).view(3, 1, 1) * WHITE
        self._averages: list[torch.Tensor] = []
        self._best = torch.full((len(course.seeds),), -torch.inf, device=subject.device)
        self._kept: torch.Tensor | None = None

    def run(self, watch: Watch) -> Reached:
        """All steps.

        Raises:
            Canceled: the watch said so.
            ModelError: the network took another way than it did when its layers were described.
        """
        course = self._course
        reached = Reached(torch.zeros(0), majority=torch.zeros(len(course.seeds), dtype=torch.int64))
        flow = GradientFlow(redirects=False, branch=self._branch, pooling=self._pooling)
        with self._prior:
            for step in range(course.steps):
                if watch.canceled():
                    raise Canceled
                if step and step == self._scouting:
                    self._choose(reached)
                flow.redirects = step < course.recipe.redirect_steps
                self._step(step, flow, reached)
                if _is_due(watch, step, last=step == course.steps - 1):
                    watch.report(self._preview(step, reached.trajectory))
        if self._course.starts > 1:
            self._choose(reached)
        reached.pictures = self._result()
        return reached

    def _step(self, step: int, flow: GradientFlow, reached: Reached) -> None:
        course = self._course
        for variable in self._pictures.variables:
            variable.grad = None
        images = self._pictures.images()
        images.retain_grad()
        if self._gradients:
            images.register_hook(lambda gradient: _changed(gradient, self._gradients))  # type: ignore[no-untyped-call]
        start_maps = self._start_maps(step, flow)
        values = self._subject.read(self._chain(images, self._draws, self._seen_size(step)), flow)
        objective = course.objective(self._reading(values))
        reward = self._reward(objective, images)
        off_start = self._anchor.distance(images, values[self._subject.tap.name].maps, start_maps)
        for distance in (off_start, self._match.distance(values)):
            reward = reward if distance is None else reward - distance
        reward.sum().backward()  # type: ignore[no-untyped-call]
        now = objective.detach()
        reached.trajectory.append(now.cpu())
        self._note_majority(step, values, reached)
        self._keep_best(now, images.detach())
        # as in the 2015 paper, the last picture is looked at and not changed any more
        if step < course.steps - 1:
            self._move(step, now, images)

    def _start_maps(self, step: int, flow: GradientFlow) -> torch.Tensor | None:
        """The layer's maps of the start, seen as this step is about to see the pictures; None where nobody asks."""
        if self._anchor.start is None:
            return None
        with torch.no_grad():
            seen = self._chain(self._anchor.start, self._draws.ahead(), self._seen_size(step))
            maps = self._subject.read(seen, flow)[self._subject.tap.name].maps
        if self._statistics_weight:
            self._prior.take(len(maps))  # what the start's statistics are is nobody's fault
        return maps

    def _choose(self, reached: Reached) -> None:
        """Go on with the best start of every picture, as the last steps' views see them."""
        course, pictures = self._course, len(self._course.places)
        scores = torch.stack(reached.trajectory[-_JUDGED:]).float().mean(0).view(-1, pictures)
        # a start that gave values that are not numbers is the last to be taken
        index = scores.nan_to_num(-torch.inf).argmax(0) * pictures + torch.arange(pictures)
        there = index.to(self._subject.device)
        for variable in self._pictures.variables:
            variable.grad = None
            variable.data = variable.data[there]  # the same leaf, which the stepper knows
        self._stepper.keep(there)
        self._match.keep(there)
        self._averages = [average[there] for average in self._averages]
        self._best = self._best[there]
        self._kept = None if self._kept is None else self._kept[there]
        self._draws.keep(index.tolist())
        self._course = replace(course, units=course.units[there], seeds=[course.seeds[i] for i in index.tolist()])
        reached.trajectory[:] = [values[index] for values in reached.trajectory]
        reached.majority = reached.majority[index]

    def _seen_size(self, step: int) -> tuple[int, int]:
        """`(height, width)` at which the network sees the pictures at a step."""
        recipe, full = self._course.recipe, self._subject.input_size
        if not self._subject.any_size:
            return full
        if step < self._scouting:
            return self._subject.part_of(recipe.scout_size)
        coarse = step < recipe.coarse_part * self._course.steps
        return self._subject.part_of(recipe.coarse) if coarse else full

    def _reward(self, objective: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        """The objective less the penalties, `(batch,)`."""
        reward = objective
        if self._penalties:
            pixels = images * WHITE - self._mean
            for penalty in self._penalties:
                reward = reward - penalty(pixels)
        if self._statistics_weight:
            distances = self._prior.take(len(reward)).to(reward.device)
            reward = reward - self._statistics_weight * distances
        return reward

    def _move(self, step: int, reached: torch.Tensor, images: torch.Tensor) -> None:
        for variable in self._pictures.variables:
            if variable.grad is not None:
                # one unit that is not a number must not spoil the picture, and a picture not its optimizer
                variable.grad.nan_to_num_(0.0, 0.0, 0.0)
        self._stepper(step, reached)
        self._operate(step, images)
        self._pictures.project()
        self._average()

    def _operate(self, step: int, images: torch.Tensor) -> None:
        if not self._operators:
            return
        gradient = torch.zeros_like(images) if images.grad is None else images.grad / WHITE
        with torch.no_grad():
            before = pixels = self._pictures.images() * WHITE - self._mean
            for operator in self._operators:
                changed = operator(Stepped(pixels, gradient, step))
                pixels = pixels if changed is None else changed
            if pixels is not before:
                self._pictures.assign((pixels + self._mean) / WHITE)

    def _average(self) -> None:
        memory = self._course.recipe.average
        if not memory:
            return
        with torch.no_grad():
            if not self._averages:
                self._averages = [variable.detach().clone() for variable in self._pictures.variables]
            for average, variable in zip(self._averages, self._pictures.variables, strict=True):
                average.lerp_(variable, 1 - memory)

    def _keep_best(self, objective: torch.Tensor, images: torch.Tensor) -> None:
        if self._course.recipe.keep is not Keep.BEST:
            return
        better = objective > self._best
        self._best = torch.where(better, objective, self._best)
        kept = images if self._kept is None else self._kept
        self._kept = torch.where(better.view(-1, 1, 1, 1), images, kept)

    def _note_majority(self, step: int, values: Mapping[str, LayerValues], reached: Reached) -> None:
        missing = (reached.majority == 0).nonzero().flatten()
        if not len(missing):
            return
        ranks = ranks_of(values[self._subject.tap.name].maps.detach(), self._course.units).cpu()
        first = missing[ranks[missing] == 0]
        reached.majority[first] = step + 1

    def _reading(self, values: Mapping[str, LayerValues]) -> Reading:
        leak = self._course.recipe.leak
        layers = {name: leaky(layer, leak) for name, layer in values.items()}
        return Reading(layers, self._subject.tap.name, self._course.units)

    def _result(self) -> torch.Tensor:
        """The pictures, `(batch, 3, size, size)` in 0..1, as the network should see them."""
        return self._averaged() if self._kept is None else self._kept

    def _averaged(self) -> torch.Tensor:
        """What the running mean of the variables shows; the variables themselves where there is none."""
        with torch.no_grad():
            if not self._averages:
                return self._pictures.images().clamp(0, 1)
            current = [variable.detach().clone() for variable in self._pictures.variables]
            _copy(self._averages, self._pictures.variables)
            images = self._pictures.images().clamp(0, 1)
            _copy(current, self._pictures.variables)
            return images

    def shown(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures as people should see them: scaled to the full range where the recipe says so."""
        return stretched(pictures, self._mean / WHITE) if self._course.recipe.stretch else pictures

    def _preview(self, step: int, trajectory: Sequence[torch.Tensor]) -> Preview:
        course, count = self._course, len(self._course.places)
        images = as_bytes(self.shown(self._result()[:count]))
        so_far = torch.stack(list(trajectory)).float()[:, :count].numpy()
        return Preview(step + 1, course.steps, images, so_far[-1], course.places, so_far, course.attempt)


def leaky(values: LayerValues, leak: float) -> torch.Tensor:
    """A layer's maps, and where its rectifier is flat, or falls, also a part of what goes into it."""
    if not values.rectified or not leak:
        return values.maps
    if values.turn is not None:
        led = values.floor + leak * (values.before - values.turn)
        return torch.where(values.before > values.turn, values.maps, led)
    fixed = values.maps.detach()
    return torch.where(values.before == values.maps, values.maps, fixed + leak * (values.before - fixed))


def stretched(pictures: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """Pictures scaled about gray, each to the full range: the 2015 code saved its results so.

    Args:
        pictures: `(batch, 3, height, width)` in 0..1.
        mean: `(3, 1, 1)`, the network's gray; it becomes 0.5.
    """
    parts = pictures - mean
    largest = parts.abs().amax((1, 2, 3), keepdim=True).clamp_min(_LEAST)
    return 0.5 + 0.5 * parts / largest


def ranks_of(maps: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
    """How many units of the layer have a larger peak than each image's own: int64 `(batch,)`."""
    peaks = maps.amax((2, 3))
    own = peaks.gather(1, units[:, None])
    return (peaks > own).sum(1)


def as_bytes(pictures: torch.Tensor) -> NDArray[np.uint8]:
    """`(batch, 3, height, width)` in 0..1 to uint8 `(batch, height, width, 3)` on the host."""
    scaled = pictures.detach().clamp(0, 1).mul(WHITE).round().to(torch.uint8)
    return np.ascontiguousarray(scaled.permute(0, 2, 3, 1).cpu().numpy())


def _is_due(watch: Watch, step: int, *, last: bool) -> bool:
    return watch.every > 0 and (last or (step % watch.every == 0 and watch.wanted()))


def _changed(gradient: torch.Tensor, changes: Sequence[GradientChange]) -> torch.Tensor:
    # changes are defined for gray levels, pictures are in 0..1
    return reduce(lambda changed, change: change(changed), changes, gradient / WHITE) * WHITE


def _copy(sources: Sequence[torch.Tensor], targets: Sequence[torch.Tensor]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source)


def _prior_network(subject: Subject, parts: Sequence[Regularizer]) -> torch.nn.Module:
    """The network where its statistics are wanted; otherwise nothing, so that nothing is hooked."""
    wanted = any(part.statistics for part in parts)
    return subject.network if wanted else torch.nn.Identity()
