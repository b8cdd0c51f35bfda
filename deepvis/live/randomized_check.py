"""The same attribution in copies of the network whose weights were randomized from the top, a step at a time.

What a method shows of a network that has learned nothing cannot be what the network has learned (Adebayo et al. 2018,
arXiv 1810.03292).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.attribution.methods import METHODS
from deepvis.attribution.occlusion import refine
from deepvis.attribution.randomized import randomized, rank_correlation
from deepvis.attribution.seeds import layers_of_target
from deepvis.attribution.subject import Subject
from deepvis.kinds import SeedKind
from deepvis.live.back_drawing import Drawable
from deepvis.live.back_result import RandomizedCheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from deepvis.attribution.attribution import Attribution
    from deepvis.live.back_drawing import Look
    from deepvis.models.engine import Engine
    from deepvis.records import Target


@dataclass(frozen=True, slots=True, eq=False)
class _Checked:
    depth: str
    correlation: float
    drawable: Drawable


@dataclass(slots=True, eq=False)
class _Job:
    """One attribution that is compared.

    Attributes:
        truth: of the network as it is.
        picture: that it is of, uint8 `(channels, height, width)`.
        copies: the network, further randomized with each step; the same ones for every job.
        copy: the present one, and its depth; None: the next one is to be made.
        stage: its index.
        rest: of a method that refines itself, what is left for this copy.
    """

    truth: Attribution
    picture: torch.Tensor
    copies: Iterator[tuple[str, Engine]]
    copy: tuple[str, Engine] | None = None
    stage: int = 0
    rest: Iterator[Attribution] | None = None


class RandomizedChecks:
    """Compares the present attribution with those of a randomized copy, which lives as long as the comparison.

    Moving pictures keep their last comparison until the next one replaces it, depth by depth.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Let go of everything, also of what went wrong."""
        self._about: tuple[object, ...] = ()
        self._newest: tuple[Attribution, torch.Tensor] | None = None
        self._engine: Engine | None = None
        self._job: _Job | None = None
        self._checked: list[_Checked] = []
        self._broken = False

    def follow(self, engine: Engine, about: object, truth: Attribution, picture: torch.Tensor) -> None:
        """Compare an attribution; what is being compared is finished first if it differs by its picture only.

        Args:
            engine: the network as it is.
            about: tells attributions apart by all but their picture.
            truth: the attribution.
            picture: that it is of, uint8 `(channels, height, width)`.
        """
        if (engine, about) != self._about:
            self.forget()
            self._about = engine, about
        if self._broken or (self._newest is not None and self._newest[0] is truth):
            return
        self._engine, self._newest = engine, (truth, picture)
        self._job = self._job or _Job(truth, picture, randomized(engine))

    @property
    def pending(self) -> bool:
        """Whether something is left to do."""
        return self._job is not None

    def go_on(self) -> None:
        """Do one step: randomize the copy further and ask it.

        Raises:
            Exception: whatever comes out of the network's own code; nothing more is tried then until `forget`.
        """
        job = self._job
        if job is None:
            return
        try:
            self._step(job)
        except Exception:
            self._job, self._broken = None, True
            raise

    def results(self, look: Look) -> tuple[RandomizedCheck, ...]:
        """What was compared last, drawn; deepest randomization last."""
        return tuple(
            RandomizedCheck(one.depth, one.correlation, one.drawable.picture(look), *one.drawable.figures(look))
            for one in self._checked
        )

    def _step(self, job: _Job) -> None:
        job.copy = job.copy or next(job.copies, None)
        if job.copy is None:
            self._finish(job)
            return
        depth, engine = job.copy
        attribution = _asked(job, engine)
        if not attribution.complete:
            return
        correlation = rank_correlation(job.truth.values, attribution.values)
        pictures = engine.loaded.preprocessing.pictures
        checked = _Checked(depth, correlation, Drawable(attribution, job.picture, pictures))
        self._checked[job.stage : job.stage + 1] = [checked]
        job.copy, job.rest, job.stage = None, None, job.stage + 1

    def _finish(self, job: _Job) -> None:
        """Begin with the newest picture, if there is another one."""
        newest, engine = self._newest, self._engine
        moved = newest is not None and newest[0] is not job.truth
        self._job = _Job(*newest, randomized(engine)) if moved and newest is not None and engine is not None else None


def _asked(job: _Job, engine: Engine) -> Attribution:
    target, method = _fixed(job.truth.target), job.truth.method
    subject = Subject(engine, job.picture, layers=layers_of_target(engine, target))
    if METHODS[method].refines:
        job.rest = job.rest or refine(subject, target)
        return next(job.rest)
    return subject.attribute(target, method)


def _fixed(target: Target) -> Target:
    """At the same position: where a randomized network has its maximum is another question."""
    return replace(target, seed=SeedKind.POSITION) if target.seed is SeedKind.MAXIMUM else target
