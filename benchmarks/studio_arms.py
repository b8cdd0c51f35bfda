"""The arms of the studio's benchmark: live alone, live beside a synthesis, a synthesis beside a still picture, bare."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Sample, interleaved, ratios, spreads
from benchmarks.pictures import photographs
from benchmarks.studio_bare import ENDLESS, Bare
from benchmarks.window import shown
from benchmarks.worker import PATIENCE_S, BenchmarkError, headless
from deepvis.gui.run_report import StallMeter
from deepvis.live.studio_news import StudioPhase, StudioWish
from deepvis.records import UnitId
from deepvis.synthesis.recipes import DEFAULT_RECIPE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis.live.session import LiveSession
    from deepvis.records import ModelInfo

Values = dict[str, Any]

SOURCE_FPS = 120.0
UNIT = 37
SETTLE_S = 0.3
LOOK_EVERY_S = 0.01
FIRST_PREVIEWS = 3
LEAST = 2
"""Frames, or steps, of a stretch: on a slow machine it lasts until there is something to compare."""


@dataclass(frozen=True)
class StudioPlan:
    """How to measure.

    Attributes:
        network: name.
        seconds: length of one stretch of one arm.
        repetitions: stretches per arm.
        threads: of torch, for live video.
        seeds: pictures of a wish.
        picture_steps: of the pictures that are timed as a whole; None: the recipe's.
    """

    network: str
    seconds: float
    repetitions: int
    threads: int
    seeds: int
    picture_steps: int | None = None


class StudioArms:
    """A session that is held between the stretches, with or without a window.

    Args:
        session: it has a network and a source.
        pause: lets the time pass; a window paints meanwhile.
        info: the network.
        plan: how to measure.
    """

    def __init__(self, session: LiveSession, pause: Callable[[float], None], info: ModelInfo, plan: StudioPlan) -> None:
        self._session = session
        self._pause = pause
        self._plan = plan
        layers = [layer for layer in info.shown_layers() if not layer.is_classes]
        layer = layers[len(layers) * 2 // 3]
        self.unit = UnitId(info.name, layer.name, min(UNIT, layer.units - 1))

    def beside(self, seconds: float) -> Sample:
        """Live video and a synthesis."""
        self._session.set_frozen(False)
        number = self._ask(ENDLESS)
        try:
            return self.live(seconds)
        finally:
            self._cancel(number)

    def still(self, seconds: float) -> Sample:
        """A synthesis beside a picture that stands still."""
        self._pause(1.5)
        number = self._ask(ENDLESS)
        try:
            begun_s, before = time.perf_counter(), self._session.studio.steps
            self._let_pass(seconds, lambda: self._session.studio.steps - before)
            return {"steps_per_s": (self._session.studio.steps - before) / (time.perf_counter() - begun_s)}
        finally:
            self._cancel(number)

    def first_preview_s(self, *, live: bool) -> float:
        """From a wish to its first picture."""
        self._session.set_frozen(not live)
        self._pause(1.5)
        begun_s = time.perf_counter()
        number = self._session.studio.synthesize(self._wish(ENDLESS))
        while (state := self._session.studio.take()) is None or state.images is None or state.number != number:
            self._pause(LOOK_EVERY_S)
            _give_up_after(begun_s, "No preview came")
        spent_s = time.perf_counter() - begun_s
        self._cancel(number)
        self._session.set_frozen(True)
        return spent_s

    def picture_s(self, *, live: bool) -> float:
        """From a wish to the finished picture, as it is asked for by default."""
        self._session.set_frozen(not live)
        self._pause(1.5)
        begun_s = time.perf_counter()
        number = self._session.studio.synthesize(self._wish(self._plan.picture_steps))
        while (state := self._session.studio.take()) is None or state.number != number or not state.over:
            self._pause(LOOK_EVERY_S)
            _give_up_after(begun_s, "No picture came")
        if state.phase is not StudioPhase.DONE:
            raise BenchmarkError(f"The synthesis failed: {state.problem}")
        self._session.set_frozen(True)
        return time.perf_counter() - begun_s

    def live(self, seconds: float) -> Sample:
        """Live video, alone or beside what else goes on."""
        meters, studio = self._session.meters, self._session.studio
        self._session.set_frozen(False)
        self._pause(SETTLE_S)
        stalls = StallMeter()
        stalls.start()
        begun_s, frames, steps = time.perf_counter(), meters.inferred.count, studio.steps
        self._let_pass(seconds, lambda: meters.inferred.count - frames)
        spent_s = time.perf_counter() - begun_s
        sample = {
            "fps": (meters.inferred.count - frames) / spent_s,
            "steps_per_s": (studio.steps - steps) / spent_s,
            "stall_p99_ms": stalls.percentile_ms(99) or 0.0,
        }
        stalls.deleteLater()
        self._session.set_frozen(True)
        self._pause(SETTLE_S)
        return sample

    def _let_pass(self, seconds: float, count: Callable[[], int]) -> None:
        """A stretch of time, and more of it until there is something to count."""
        self._pause(seconds)
        self._wait_for(lambda: count() >= LEAST, "Neither frames nor steps came")

    def _ask(self, steps: int) -> int:
        before = self._session.studio.steps
        number = self._session.studio.synthesize(self._wish(steps))
        self._wait_for(lambda: self._session.studio.steps >= before + 2, "No step was done")
        return number

    def _wait_for(self, met: Callable[[], bool], problem: str) -> None:
        begun_s = time.perf_counter()
        while not met():
            self._pause(LOOK_EVERY_S)
            _give_up_after(begun_s, problem)

    def _cancel(self, number: int) -> None:
        self._session.studio.cancel(number)
        self._pause(SETTLE_S)

    def _wish(self, steps: int | None) -> StudioWish:
        return StudioWish(self.unit, DEFAULT_RECIPE, steps=steps, seeds=tuple(range(self._plan.seeds)))


def measure(plan: StudioPlan, folder: Path, say: Callable[[str], None]) -> Values:
    """All arms, without a window and with it.

    Args:
        plan: how to measure.
        folder: for the galleries.
        say: gets what happens now.
    """
    pictures = photographs()
    say("without a window")
    with headless(plan.network, pictures, fps=SOURCE_FPS, threads=plan.threads, gallery_dir=folder) as run:
        arms = StudioArms(run.session, time.sleep, run.info, plan)
        run.view(arms.unit.layer)
        without = _compared(arms, plan, {"bare": Bare(arms.unit, plan)})
        say("first previews and whole pictures")
        times = {
            f"{what}_{'live' if live else 'still'}_s": [
                getattr(arms, f"{what}_s")(live=live) for _ in range(min(FIRST_PREVIEWS, plan.repetitions))
            ]
            for what in ("first_preview", "picture")
            for live in (False, True)
        }
    say("the real window")
    with shown(plan.network, pictures, fps=SOURCE_FPS, threads=plan.threads) as window:
        if window.info is None:
            raise BenchmarkError("No network is ready.")
        arms = StudioArms(window.session, window.pause, window.info, plan)
        window.view(arms.unit.layer)
        return {"unit": str(arms.unit), "worker": without, "window": _compared(arms, plan, {}), "times": times}


def _compared(arms: StudioArms, plan: StudioPlan, more: dict[str, Callable[[float], Sample]]) -> Values:
    samples = interleaved(
        {"alone": arms.live, "beside": arms.beside, "still": arms.still, **more}, plan.seconds, plan.repetitions
    )
    values: Values = {
        name: {figure: asdict(spread) for figure, spread in spreads(found).items()} for name, found in samples.items()
    }
    values["beside_over_alone"] = asdict(ratios(samples, "beside", "alone"))
    values["beside_over_still"] = asdict(ratios(samples, "beside", "still", "steps_per_s"))
    if more:
        values["still_over_bare"] = asdict(ratios(samples, "still", "bare", "steps_per_s"))
    return values


def _give_up_after(begun_s: float, problem: str) -> None:
    if time.perf_counter() - begun_s > PATIENCE_S:
        raise BenchmarkError(f"{problem} within {PATIENCE_S:g} s.")
