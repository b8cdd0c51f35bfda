"""The forward pass of one frame with its graph, and the attributions that were found with it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from deepvis.attribution.methods import METHODS
from deepvis.attribution.occlusion import refine, rounds
from deepvis.attribution.options import Options, never
from deepvis.attribution.subject import Subject
from deepvis.live.back_drawing import Drawable
from deepvis.models.devices import is_out_of_memory
from deepvis.models.errors import Canceled, ModelError
from deepvis.models.pair_calls import calls_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deepvis.attribution.attribution import Attribution
    from deepvis.live.back_wish import BackWish
    from deepvis.models.engine import Engine, EngineAnswer
    from deepvis.records import Method, Target

INTERRUPTED = "Something newer came before this was found."

MOST_FINDINGS = 8
"""Attributions of a still picture that are remembered, for going back and forth between methods and units."""


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """What went wrong in a way nobody foresaw: a sentence, and `matter`, the same for faults that are told once."""

    matter: str
    text: str
    error: Exception


@dataclass(slots=True, eq=False)
class Finding:
    """An attribution of one frame, as far as it is known.

    Attributes:
        attribution: None where `reason` says why.
        drawable: its values.
        reason: why there is nothing to show, a sentence.
        milliseconds: what it took so far.
        rest: the finer ones, of a method that refines itself; None when it is complete.
        steps: so many were done.
        of_steps: and so many there are, of a method that refines itself.
    """

    attribution: Attribution | None = None
    drawable: Drawable | None = None
    reason: str = ""
    milliseconds: float = 0.0
    rest: Iterator[Attribution] | None = None
    steps: int = 0
    of_steps: int = 0

    @property
    def progress(self) -> float:
        """0..1; 1 when nothing is left to do."""
        return 1.0 if self.rest is None else min(self.steps / max(self.of_steps, 1), 1.0)


def fault_of(error: Exception, method: Method, target: Target) -> Fault | str:
    """What is said of an error: the sentence of a `ModelError`, of anything else a fault to be told."""
    if isinstance(error, ModelError):
        return str(error)
    name = method.label[0].upper() + method.label[1:]
    cause = "there is not enough memory" if is_out_of_memory(error) else f"{type(error).__name__}: {error}"
    text = f"{name} failed at {target.layer}: {cause}. Choose another method or another layer."
    return Fault(f"{type(error).__name__} of {method} at {target.layer}", text, error)


class FrameGraph:
    """One picture in one network. The pass is made when something is asked for first; it keeps its graph.

    Args:
        engine: the network.
        picture: uint8 `(channels, height, width)` on the host, from `Preprocessing.prepare`.
        key: tells the picture from others.
        wish: what is asked for first.
        hurries: something newer waits to be answered; methods of many passes then give up in between.

    Attributes:
        faults: what went wrong since somebody looked last.
    """

    def __init__(
        self, engine: Engine, picture: torch.Tensor, key: object, wish: BackWish, hurries: Callable[[], bool] = never
    ) -> None:
        self._options = Options(canceled=hurries)
        self.faults: list[Fault] = []
        self._picture = picture
        self._pictures = engine.loaded.preprocessing.pictures
        self._key = key
        self._taps = engine.taps
        self._subject = Subject(engine, picture, layers=self._known(wish), to_the_end=wish.to_the_end)
        self._broken: tuple[BackWish, str] | None = None
        self._found: dict[tuple[Target, Method], Finding] = {}
        self._gradient: tuple[tuple[object, ...], torch.Tensor | None, float] | None = None

    def serves(self, key: object, wish: BackWish) -> bool:
        """Whether the wish can be answered here."""
        return key == self._key and (self._broken is None or self._broken[0] == wish)

    def answer(self, wish: BackWish) -> EngineAnswer | None:
        """The viewed layer as `Engine.ask` would give it; None where the network does not run with a graph."""
        return self._subject.answer(wish.layer, wish.beside) if self._runs(wish) else None

    def find(self, wish: BackWish) -> Finding:
        """The attribution that is wished for; of a method that refines itself the first, coarse one."""
        found = self._found.pop(wish.about, None) or self._attributed(wish)
        if found.reason != INTERRUPTED:
            self._found[wish.about] = found
        while len(self._found) > MOST_FINDINGS:
            del self._found[next(iter(self._found))]
        return found

    def refine(self, finding: Finding, wish: BackWish) -> None:
        """One more step of a finding that is not complete."""
        if finding.rest is None:
            return
        started_s = time.perf_counter()
        try:
            # a step may begin where live pictures are answered and end elsewhere: both in the same mode
            with torch.inference_mode(mode=False):
                attribution = next(finding.rest, None)
        except Exception as error:  # noqa: BLE001  (as above)
            finding.rest, finding.reason = None, self._note(error, wish)
            return
        if attribution is None or attribution.complete:
            finding.rest = None
        if attribution is not None:
            self._take(finding, attribution)
        finding.steps += 1
        finding.milliseconds += (time.perf_counter() - started_s) * 1000

    def gradient(self, wish: BackWish) -> tuple[torch.Tensor | None, float]:
        """Gradients of the viewed layer's units, `(units, height, width)`, None where there are none; milliseconds."""
        key = (wish.about, wish.layer, wish.beside)
        if self._gradient is None or self._gradient[0] != key:
            self._gradient = key, *self._graded(wish)
        return self._gradient[1:]

    def _graded(self, wish: BackWish) -> tuple[torch.Tensor | None, float]:
        if not self._runs(wish):
            return None, 0.0
        started_s = time.perf_counter()
        try:
            gradient = self._subject.gradient_at(wish.target, wish.method, wish.layer, wish.beside)
        except Exception as error:  # noqa: BLE001  (as above)
            self._note(error, wish)
            return None, 0.0
        return gradient, (time.perf_counter() - started_s) * 1000

    def _attributed(self, wish: BackWish) -> Finding:
        if not self._runs(wish):
            return Finding(reason="" if self._broken is None else self._broken[1])
        finding = Finding()
        started_s = time.perf_counter()
        try:
            if METHODS[wish.method].refines:
                self._begin(finding, wish.target)
            else:
                self._take(finding, self._subject.attribute(wish.target, wish.method, self._options))
        except Canceled:
            finding.reason = INTERRUPTED
        except Exception as error:  # noqa: BLE001  (as above)
            finding.reason = self._note(error, wish)
        finding.milliseconds = (time.perf_counter() - started_s) * 1000
        if finding.rest is not None:
            self.refine(finding, wish)
        return finding

    def _begin(self, finding: Finding, target: Target) -> None:
        options = self._options
        finding.of_steps = rounds(options, self._subject.asked(target, options).chunk(), self._pictures)
        finding.rest = refine(self._subject, target, options)

    def _take(self, finding: Finding, attribution: Attribution) -> None:
        finding.attribution = attribution
        finding.reason = attribution.reason or (attribution.coverage if attribution.same_as_gradient else "")
        finding.drawable = None if finding.reason else Drawable(attribution, self._picture, self._pictures)

    def _runs(self, wish: BackWish) -> bool:
        """Makes the pass, so that its time is not counted to what is asked of it."""
        if self._broken is not None:
            return False
        try:
            self._subject.run(self._known(wish), to_the_end=wish.to_the_end)
        except Exception as error:  # noqa: BLE001  (the network is the person's own code: anything may come out of it)
            self._broken = wish, self._note(error, wish)
            return False
        return True

    def _known(self, wish: BackWish) -> tuple[str, ...]:
        """The layers to read; a target in a layer of another network is refused when it is asked for."""
        of_target = self._taps.get(wish.target.layer)
        targets = () if of_target is None else calls_of(of_target.info, wish.target.pair)
        return tuple(sorted(layer for layer in {*wish.viewed, *targets} if layer in self._taps))

    def _note(self, error: Exception, wish: BackWish) -> str:
        fault = fault_of(error, wish.method, wish.target)
        if isinstance(fault, str):
            return fault
        self.faults.append(fault)
        return fault.text
