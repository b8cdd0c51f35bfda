"""The thread that synthesizes pictures on demand, beside live video, with the weights of the running network."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from deepvis.live.events import Event, Notice, StudioOffered
from deepvis.live.mailbox import Mailbox, Outbox
from deepvis.live.studio_archive import StudioArchive
from deepvis.live.studio_gallery import StudioGallery
from deepvis.live.studio_news import Start, StudioPhase, StudioState
from deepvis.live.studio_picture import BroughtPicture, bring
from deepvis.live.studio_words import problem, replaced
from deepvis.live.worker import BEHIND, Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis.live.loan import Loan
    from deepvis.live.running_model import RunningModel
    from deepvis.live.studio_door import NumberedWish, StudioStates
    from deepvis.live.studio_order import Order
    from deepvis.live.studio_run import StudioRun
    from deepvis.live.turns import Turns
    from deepvis.models.engine import Engine
    from deepvis.synthesis.synthesis import Synthesis

MOST_PARKED = 8
"""Ascents that rest while a newer one runs; with so many a further wish waits."""
_NO_NETWORK = "No network runs yet. Wait until one is loaded, then ask again."


@dataclass(frozen=True, slots=True)
class _Discard:
    """A wish to remove a picture."""

    key: int


@dataclass(frozen=True, slots=True)
class _Keep:
    """A wish to put a picture back."""

    number: int
    index: int


class StudioWorker(Worker):
    """Works on the newest wish; older ones that have begun rest meanwhile, and go on when it is finished.

    A wish that interrupts is worked on inside the running one, between two of its steps: so there is one thread, and an
    ascent that rests keeps everything it has. Each has a copy of the network's structure over the same weights.

    Args:
        report: gets `Notice` and `StudioOffered`.
        states: gets how far each wish is.
        lend: asks the inference thread for a loan; `loans` gets it.
        refresh: the person's gallery was written to.
        turns: when to rest.
        gallery_dir: folder of the person's galleries; None for the one in the person's data folder.
    """

    name = "deepvis-studio"
    niceness = BEHIND

    def __init__(
        self,
        report: Callable[[Event], None],
        states: StudioStates,
        lend: Callable[[int], None],
        refresh: Callable[[], None],
        turns: Turns,
        gallery_dir: Path | None,
    ) -> None:
        super().__init__(report)
        self.models: Mailbox[RunningModel] = Mailbox(self.bell.ring)
        self.loans: Mailbox[Loan] = Mailbox(self.bell.ring)
        self._asked: Outbox[NumberedWish] = Outbox(self.bell.ring)
        self._cancels: Outbox[tuple[int, bool]] = Outbox(self.bell.ring)
        self._errands: Outbox[_Discard | _Keep | BroughtPicture] = Outbox(self.bell.ring)
        self._states = states
        self._lend = lend
        self._turns = turns
        self._gallery = StudioGallery(gallery_dir)
        self._archive = StudioArchive(self._gallery, states, refresh, report)
        self._threads = 0
        self._running: RunningModel | None = None
        self._loan: Loan | None = None
        self._engines: list[Engine] = []
        self._offered: tuple[RunningModel, bool] | None = None
        self._scans: Mailbox[bool] = Mailbox(self.bell.ring)
        self._newest: NumberedWish | None = None
        self._last = 0
        self._again: list[NumberedWish] = []
        self._runs: list[StudioRun] = []
        self._given_up: set[int] = set()

    @property
    def steps(self) -> int:
        """Steps that were begun; any thread may ask."""
        return self._turns.steps

    def ask(self, asked: NumberedWish) -> None:
        """Ask for pictures; any thread may call this."""
        self._asked.put(asked)

    def cancel(self, number: int, *, older: bool) -> None:
        """Give up a wish, and where `older` all that were asked before it; any thread may call this."""
        self._cancels.put((number, older))

    def discard(self, key: int) -> None:
        """Remove a picture from the person's gallery; any thread may call this."""
        self._errands.put(_Discard(key))

    def keep(self, number: int, index: int) -> None:
        """Put a picture of a finished wish back into the person's gallery; any thread may call this."""
        self._errands.put(_Keep(number, index))

    def bring(self, brought: BroughtPicture) -> None:
        """Read a picture to start from; any thread may call this."""
        self._errands.put(brought)

    def refresh(self) -> None:
        """A scan may have written into the person's gallery; any thread may call this."""
        self._scans.put(True)

    def step(self) -> None:
        """Wait for a wish, and work until there is none."""
        self.bell.wait()
        self._hear()
        while not self.stopping and (asked := self._ready()) is not None:
            self._work(asked)
            self._hear()

    def close(self) -> None:
        """Let go of the network."""
        self._loan = None
        self._engines.clear()

    # what was said since

    def _hear(self) -> None:
        running, loan = self.models.take(), self.loans.take()
        if running is not None:
            self._follow(running)
        if loan is not None:
            self._take_loan(loan)
        if self._scans.take():
            self._look_for_scans()
        for number, older in self._cancels.take_all():
            self._give_up(set(range(number + 1)) if older else {number})
        for asked in self._asked.take_all():
            self._take_over(asked)
        for errand in self._errands.take_all():
            if isinstance(errand, _Keep):
                self._archive.put_back(errand.number, errand.index)
            elif isinstance(errand, BroughtPicture):
                bring(errand, self._states.pictures.put, self.report)
            elif self._running is not None:
                self._archive.discard(self._running.info.name, errand.key)

    def _follow(self, running: RunningModel) -> None:
        """Another model runs, or the same one elsewhere: what was lent is of no use any more."""
        before, self._running = self._running, running
        if before is None or before.info != running.info:
            self._loan = None
            self._engines.clear()
            self._lend(self._last)

    def _take_loan(self, loan: Loan) -> None:
        older = self._loan is not None and self._loan.number > loan.number
        if older or self._running is None or loan.info != self._running.info:
            # made before the network was moved; the next one follows, for `_follow` asked for it
            return
        if not self._runs and self._loan is not None and loan.engine is not self._loan.engine:
            # the same model was loaded once more
            self._engines.clear()
        self._loan = loan
        if self._offered is None or self._offered[0] is not self._running:
            self._offer(self._running, loan.engine, scanned=self._gallery.has_references(loan.engine))

    def _look_for_scans(self) -> None:
        """A regularizer that needs a scan can be chosen as soon as there is one."""
        if self._loan is None or self._offered is None or self._offered[1]:
            return
        if self._gallery.has_references(self._loan.engine):
            self._offer(self._offered[0], self._loan.engine, scanned=True)

    def _offer(self, running: RunningModel, engine: Engine, *, scanned: bool) -> None:
        from deepvis.live.studio_offer import studio_offer  # noqa: PLC0415  (imports torch)

        self._offered = (running, scanned)
        self.report(StudioOffered(studio_offer(engine.loaded.network, scanned=scanned)))

    def _give_up(self, numbers: set[int]) -> None:
        """Whoever waits or rests is told at once; one that runs ends at its next step."""
        self._given_up |= numbers
        for run in self._runs:
            if run.number in numbers:
                run.cancel()
        waiting = [*self._again, *([] if self._newest is None else [self._newest])]
        self._again = [asked for asked in self._again if asked.number not in numbers]
        if self._newest is not None and self._newest.number in numbers:
            self._newest = None
        for asked in waiting:
            if asked.number in numbers:
                self._tell(asked, StudioPhase.CANCELED)

    def _take_over(self, asked: NumberedWish) -> None:
        """The newest wish; one before it that has not begun is given up."""
        if asked.number in self._given_up:
            self._tell(asked, StudioPhase.CANCELED)
            return
        if self._newest is not None:
            self._tell(self._newest, StudioPhase.CANCELED)
        self._newest, self._last = asked, asked.number
        if asked.wish.start is Start.FRAME:
            self._lend(self._last)

    # what is next

    def _ready(self) -> NumberedWish | None:
        """The next wish that can be worked on now; it is taken off the list."""
        asked = self._newest
        if asked is None and not self._runs and self._again:
            asked = self._again[-1]
        if asked is None or not self._can_begin(asked):
            return None
        if asked is self._newest:
            self._newest = None
        else:
            self._again.pop()
        return asked

    def _can_begin(self, asked: NumberedWish) -> bool:
        """Whether everything is there, or it is known that it will never be."""
        if self._running is None:
            return True
        if self._loan is None:
            return False
        return asked.wish.start is not Start.FRAME or self._loan.number >= asked.number

    # work

    def _work(self, asked: NumberedWish) -> None:
        """Bring a wish to its end, whatever that is."""
        try:
            todo = self._order(asked)
            if asked.wish.again or not self._archive.show_known(todo, self._waiting()):
                self._ascend(todo, self._engine())
        except Exception as error:  # noqa: BLE001  (the network is the person's own code: anything may come out of it)
            self._tell(asked, StudioPhase.FAILED, problem(asked.wish, error, begun=False))

    def _order(self, asked: NumberedWish) -> Order:
        from deepvis.live.studio_order import order  # noqa: PLC0415  (imports torch)

        if self._loan is None:
            raise ValueError(_NO_NETWORK)
        return order(asked, self._loan, self._gallery.materials(self._loan.engine))

    def _ascend(self, todo: Order, engine: Engine) -> None:
        from deepvis.live.studio_run import StudioRun  # noqa: PLC0415  (imports torch)
        from deepvis.models.errors import Canceled  # noqa: PLC0415  (imports torch)

        run = StudioRun(todo, engine, self._states.put, self._must_end, self._waiting)
        self._runs.append(run)
        self._turns.begin_step()
        end = self._end
        try:
            synthesis = run.ascend()
            end = partial(self._finish, synthesis=synthesis)
        except Canceled:
            pass
        except Exception as error:  # noqa: BLE001  (as above)
            self._hear()
            # a network that could not be copied may have been moved under the ascent
            end = self._end if self._is_over(run) else partial(self._fail, error=error)
        finally:
            self._turns.end_step()
            self._runs.pop()
        end(run)

    def _engine(self) -> Engine:
        """A network for the next ascent: one that rests may have hooks on its own."""
        from deepvis.models.twin import twin  # noqa: PLC0415  (imports torch)

        if self._loan is None:
            raise ValueError(_NO_NETWORK)
        if not self._loan.own:
            return self._loan.engine
        while len(self._engines) <= len(self._runs):
            self._engines.append(twin(self._loan.engine))
        return self._engines[len(self._runs)]

    def _must_end(self, run: StudioRun) -> bool:
        """Between two steps: hear what was said, let a newer wish go first, and live frames."""
        self._turns.end_step()
        until_s = time.monotonic() + self._turns.rest_s()
        while True:
            self._hear()
            if self._is_over(run):
                return True
            if self._may_interrupt(run) and (newer := self._ready()) is not None:
                self._interrupt(run, newer)
                continue
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                break
            self.bell.wait(left_s)
        self._use_threads()
        self._turns.begin_step()
        return False

    def _use_threads(self) -> None:
        import torch  # noqa: PLC0415  (imports for seconds)

        threads = self._turns.threads
        if threads != self._threads:
            self._threads = threads
            # of this thread: each has its own number
            torch.set_num_threads(threads)

    def _is_over(self, run: StudioRun) -> bool:
        return self.stopping or run.number in self._given_up or not self._is_at_home(run)

    def _is_at_home(self, run: StudioRun) -> bool:
        """The network still is the one this began with, where it was."""
        return self._running is not None and run.home == self._running.info

    def _may_interrupt(self, run: StudioRun) -> bool:
        """A network that cannot be copied cannot be in the middle of two ascents; one that is nearly done is done."""
        may = self._loan is not None and self._loan.own and len(self._runs) <= MOST_PARKED
        return may and not run.nearly_done

    def _interrupt(self, run: StudioRun, newer: NumberedWish) -> None:
        begun_s = time.monotonic()
        self._states.put(run.state(StudioPhase.PARKED))
        self._work(newer)
        run.parked(time.monotonic() - begun_s)

    # the end of it

    def _finish(self, run: StudioRun, synthesis: Synthesis) -> None:
        """Store the pictures and show them."""
        steps = len(synthesis.trajectory)
        state = replace(
            run.state(StudioPhase.DONE),
            step=steps,
            steps=steps,
            images=synthesis.images,
            curve=synthesis.trajectory,
        )
        self._archive.add(state, self._gallery.finished(run.order, synthesis))

    def _end(self, run: StudioRun) -> None:
        """What becomes of an ascent that ended early."""
        if self.stopping or run.number in self._given_up or self._running is None:
            run.cancel()
        elif run.is_moved(self._running.info):
            self._again.append(run.asked)
            self._states.put(run.state(StudioPhase.WAITING))
            where = f"{self._running.info.device} in {self._running.info.precision}"
            self.report(Notice(f"The network is on {where} now: the synthesis of {run.order.wish.unit} begins again."))
        else:
            self._states.put(run.state(StudioPhase.FAILED, replaced(run.order.wish, self._running.info.name)))

    def _fail(self, run: StudioRun, error: Exception) -> None:
        self._states.put(run.state(StudioPhase.FAILED, problem(run.order.wish, error, begun=run.begun)))

    def _tell(self, asked: NumberedWish, phase: StudioPhase, problem: str = "") -> None:
        """Say how a wish ended that no ascent speaks for."""
        self._states.put(StudioState(asked.number, asked.wish, phase, problem=problem, waiting=self._waiting()))

    def _waiting(self) -> int:
        resting = [run for run in self._runs[:-1] if run.number not in self._given_up]
        return len(resting) + (self._newest is not None) + len(self._again)
