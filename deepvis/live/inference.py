"""The thread that owns the running network and every live tensor: newest frame and view in, `LiveResult` out."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.imaging.geometry import orient
from deepvis.live.events import DevicesFound, Event, ModelReady, Notice
from deepvis.live.loan import Lender, Loan
from deepvis.live.mailbox import Mailbox
from deepvis.live.pairs import remark
from deepvis.live.result import LiveResult
from deepvis.live.worker import Worker
from deepvis.records import Frame, Precision, View

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.live.answering import Answering
    from deepvis.live.meter import RateMeter
    from deepvis.live.session_frames import KeptPicture, SessionFrames
    from deepvis.live.session_watch import SessionWatch
    from deepvis.live.weights import LentWeights
    from deepvis.models.engine import Engine

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Placement:
    """Wish for a device (`auto`, `cpu`, `cuda:0`, ...) and a precision."""

    device: str = "auto"
    precision: Precision = Precision.FLOAT32


@dataclass(frozen=True, eq=False)
class Boxes:
    """Receptive boxes of an engine's layers, computed after it was handed over."""

    engine: Engine
    by_layer: dict[str, NDArray[np.int32] | None]


class InferenceWorker(Worker):
    """Answers the newest frame for the newest view; a still picture is answered again only when the view changes.

    What takes long is done a step at a time, and told as it becomes better.
    """

    name = "deepvis-inference"

    def __init__(
        self, report: Callable[[Event], None], results: Mailbox[LiveResult], inferred: RateMeter, threads: int
    ) -> None:
        super().__init__(report)
        self._results = results
        self._inferred = inferred
        self._threads = threads
        self.frames: Mailbox[Frame] = Mailbox(self.bell.ring)
        self.views: Mailbox[View] = Mailbox(self.bell.ring)
        self.engines: Mailbox[Engine] = Mailbox(self.bell.ring)
        self.placements: Mailbox[Placement] = Mailbox(self.bell.ring)
        self.boxes: Mailbox[Boxes] = Mailbox(self.bell.ring)
        self.keeps: Mailbox[bool] = Mailbox(self.bell.ring)
        self.freezes: Mailbox[bool] = Mailbox(self.bell.ring)
        self.loans: Mailbox[int] = Mailbox(self.bell.ring)
        self.page_loans: Mailbox[int] = Mailbox(self.bell.ring)
        self._lender = Lender()
        self._take_loan: Callable[[Loan], None] = lambda _: None
        self._take_page_loan: Callable[[Loan], None] = lambda _: None
        self._framed: Callable[[], None] = lambda: None
        self._take_weights: Callable[[LentWeights], None] | None = None
        self._answering: Answering | None = None
        self._engine: Engine | None = None
        self._receivers: tuple[Callable[[SessionFrames], None], Callable[[KeptPicture], None]] | None = None
        self._watch: SessionWatch | None = None
        self._placement = Placement()
        self._frame: Frame | None = None
        self._view = View()
        self._said: set[str] = set()
        self._again = False
        self._frozen = False

    def tell_session(self, deliver: Callable[[SessionFrames], None], compress: Callable[[KeptPicture], None]) -> None:
        """Who gets this session's exemplars of the selected unit, and their pictures; to be said before the start."""
        self._receivers = (deliver, compress)

    def tell_studio(self, deliver: Callable[[Loan], None], framed: Callable[[], None]) -> None:
        """Who gets what `loans` asks for, and hears of every live frame; to be said before the start."""
        self._take_loan, self._framed = deliver, framed

    def tell_weights(self, deliver: Callable[[LentWeights], None]) -> None:
        """Who gets the network's weights whenever it is another one or elsewhere; to be said before the start."""
        self._take_weights = deliver

    def tell_pages(self, deliver: Callable[[Loan], None]) -> None:
        """Who gets what `page_loans` asks for; to be said before the start."""
        self._take_page_loan = deliver

    def open(self) -> None:
        """Import torch here, beside the window instead of in front of it."""
        import torch  # noqa: PLC0415  (see above)

        from deepvis.live.answering import Answering  # noqa: PLC0415  (imports torch)
        from deepvis.live.session_watch import SessionWatch  # noqa: PLC0415  (imports torch)
        from deepvis.models.devices import available_devices  # noqa: PLC0415  (imports torch)

        if self._threads > 0:
            torch.set_num_threads(self._threads)
        self._answering = Answering(self._hurries)
        self._watch = None if self._receivers is None else SessionWatch(*self._receivers)
        self.report(DevicesFound(available_devices()))

    def step(self) -> None:
        """Wait until something is new, then answer it."""
        self.bell.wait(self._delay_s())
        changed = self._take_orders() or self._again
        self._again = False
        view, frame = self.views.take(), self.frames.take()
        if view is not None:
            changed = changed or view != self._view
            self._view = view
        self._frame = frame or self._frame
        if self._frame is not None and (changed or frame is not None) and not self.stopping:
            result = self._answer(self._frame, self._view)
            self._results.put(replace(result, fresh=frame is not None))
            self._inferred.tick()
            if frame is not None:
                self._framed()
                self._remember(result)
        self._go_on()
        self._tell_session()
        self._lend()

    def close(self) -> None:
        """Let go of every tensor."""
        self._engine = self._answering = self._watch = self._frame = None
        self._lender.forget()

    def _delay_s(self) -> float | None:
        if self._answering is not None and self._answering.pending(self._frame, self._view):
            return 0.0
        return None if self._watch is None else self._watch.delay_s()

    def _go_on(self) -> None:
        """One step for a better answer than the last one; whoever wants something else does not wait for it."""
        answering = self._answering
        if answering is None or self.views.waiting or self.stopping or not answering.pending(self._frame, self._view):
            return
        better = answering.go_on()
        if better is not None:
            self._results.put(better)
        self._tell_faults(answering)

    def _tell_faults(self, answering: Answering) -> None:
        for fault in answering.take_faults():
            if fault.matter not in self._said:
                log.warning("%s", fault.text, exc_info=fault.error)
            self._say(fault.matter, fault.text, "warning")

    def _hurries(self) -> bool:
        """Whether what takes long had better be given up: the person looks at something else already, or leaves."""
        return self.views.waiting or self.engines.waiting or self.stopping

    def _lend(self) -> None:
        # what is asked for before the first network is answered when it is there
        if self._engine is None:
            return
        if (number := self.loans.take()) is not None:
            self._take_loan(self._lender.lend(number, self._engine, self._frame, self._view))
        if (number := self.page_loans.take()) is not None:
            self._take_page_loan(self._lender.lend(number, self._engine, None, self._view))

    def _take_orders(self) -> bool:
        engine, placement, boxes = self.engines.take(), self.placements.take(), self.boxes.take()
        self._placement = placement or self._placement
        if engine is not None:
            self._engine = engine
            self._said.clear()
            if self._watch is not None:
                self._watch.forget()
        changed = self._engine is not None and (engine is not None or placement is not None)
        if changed:
            self._forget()
            self._place(self._placement, moved=engine is None)
        if boxes is not None and self._engine is not None and boxes.engine is self._engine:
            self._engine.boxes = boxes.by_layer
            changed = True
        frozen = self.freezes.take()
        if frozen is not None and frozen != self._frozen:
            self._frozen = frozen
            # some things are told of a picture that stands still
            changed = changed or self._view.back.method is not None or self._view.causes.feeds
        return changed

    def _place(self, placement: Placement, *, moved: bool) -> None:
        """Move the network and say where it runs; a device that cannot be had leaves it where it is and says so."""
        from deepvis.models.devices import DeviceError, resolve_device  # noqa: PLC0415  (imports torch)

        if self._engine is None:
            return
        trouble = ""
        try:
            self._engine.move(resolve_device(placement.device), placement.precision)
        except (DeviceError, RuntimeError) as error:
            where = f"{self._engine.device} in {self._engine.precision}"
            trouble = f"{error} {self._engine.loaded.name} goes on on {where}."
            # the next network is not sent after a device that is not there
            self._placement = Placement(str(self._engine.device), self._engine.precision)
        # the reason comes last, or the news of the model would cover it
        self.report(ModelReady(self._engine.info(), moved))
        if trouble:
            self.report(Notice(trouble, "error"))
        self._give_weights(self._engine)

    def _give_weights(self, engine: Engine) -> None:
        from deepvis.live.weights import LentWeights  # noqa: PLC0415  (imports torch)
        from deepvis.models.unit_weights import weight_source  # noqa: PLC0415  (imports torch)

        if self._take_weights is not None:
            self._take_weights(LentWeights(engine.loaded.name, weight_source(engine)))

    def _forget(self) -> None:
        self._lender.forget()
        if self._answering is not None:
            self._answering.forget()

    def _answer(self, frame: Frame, view: View) -> LiveResult:
        engine = self._engine
        if engine is None:
            return _picture_only(frame, view, "", "The network is being loaded.")
        if view.layer not in engine.taps or view.model != engine.loaded.name:
            return _picture_only(frame, view, engine.loaded.name, "Choose a layer.")
        tap = engine.taps[view.layer]
        if tap.info.reason:
            return _picture_only(frame, view, engine.loaded.name, tap.info.reason)
        try:
            return self._asked(engine, frame, view)
        except Exception as error:  # noqa: BLE001  (the network is the person's own code: anything may come out of it)
            return self._failed(engine, frame, view, error)

    def _asked(self, engine: Engine, frame: Frame, view: View) -> LiveResult:
        import torch  # noqa: PLC0415  (see open)

        from deepvis.live.answering import Answering  # noqa: PLC0415  (imports torch)

        self._answering = self._answering or Answering(self._hurries)
        with torch.inference_mode():
            result = self._answering.answer(engine, frame, view, frozen=self._frozen)
        self._tell_faults(self._answering)
        if (told := remark(engine.loaded.name, engine.loaded.preprocessing.pictures, frame)) is not None:
            self._say(*told, "warning")
        if result.grid is not None and result.grid.nan_units:
            self._say(
                f"numbers of {view.layer}",
                f"{view.layer} holds values that are not numbers in {result.grid.nan_units} of "
                f"{result.grid.total} units; they are drawn in magenta.",
                "warning",
            )
        return result

    def _remember(self, result: LiveResult) -> None:
        """Let a new frame compete for the exemplars of this session; after its result went out, so that none waits."""
        engine, watch, answering = self._engine, self._watch, self._answering
        picture = None if answering is None else answering.network_picture
        if result.baseline is not None:
            return  # what a changed network makes of a frame is no exemplar of the unit
        if engine is not None and watch is not None and result.summary is not None and picture is not None:
            watch.see(engine, result.frame, result.view.layer, result.summary, picture)

    def _tell_session(self) -> None:
        engine, watch, keep = self._engine, self._watch, self.keeps.take()
        if engine is None or watch is None or self._view.model != engine.loaded.name:
            return
        tap = engine.taps.get(self._view.layer)
        if tap is None or tap.info.reason:
            return
        if keep:
            watch.keep(engine, self._view)
        watch.tell(engine, self._view)

    def _failed(self, engine: Engine, frame: Frame, view: View, error: Exception) -> LiveResult:
        """Out of memory falls back to the CPU, a precision that does not run to float32; anything else is told."""
        from deepvis.models.devices import is_out_of_memory  # noqa: PLC0415  (imports torch)

        name = engine.loaded.name
        fault = f"{type(error).__name__} at {view.layer}"
        if fault not in self._said:
            log.warning("%s failed at %s", name, view.layer, exc_info=error)
        self._forget()
        if is_out_of_memory(error) and engine.device.type != "cpu":
            return self._fall_back(engine, Placement("cpu"), frame, f"{engine.device} ran out of memory with {name}")
        if engine.precision is not Precision.FLOAT32:
            wish = Placement(str(engine.device))
            return self._fall_back(engine, wish, frame, f"{name} does not run in {engine.precision} on {engine.device}")
        cause = "there is not enough memory" if is_out_of_memory(error) else f"{type(error).__name__}: {error}"
        text = f"{name} failed at {view.layer}: {cause}. Choose another layer or another network."
        self._say(fault, text, "error")
        return _picture_only(frame, view, name, text)

    def _fall_back(self, engine: Engine, placement: Placement, frame: Frame, why: str) -> LiveResult:
        view, before = self._view, (engine.device, engine.precision)
        self._placement = placement
        self._place(placement, moved=True)
        if (engine.device, engine.precision) == before:
            # it could not even be moved away, and _place said so: trying again would fail for ever
            return _picture_only(frame, view, view.model, f"{why}. Choose another network.")
        self.report(Notice(f"{why}; going on on {placement.device} in {placement.precision}.", "warning"))
        # the next round answers; the bell makes sure that there is one, also with a still picture
        self._again = True
        self.bell.ring()
        return _picture_only(frame, view, view.model, f"{why}; trying again.")

    def _say(self, matter: str, text: str, level: str) -> None:
        """One sentence for a matter and model, not one with every frame."""
        if matter not in self._said:
            self._said.add(matter)
            self.report(Notice(text, "warning" if level == "warning" else "error"))


def _picture_only(frame: Frame, view: View, model: str, problem: str) -> LiveResult:
    picture = orient(frame.rgb, mirror=view.mirror, quarter_turns=view.quarter_turns)
    return LiveResult(frame, view, model, picture, None, problem=problem)
