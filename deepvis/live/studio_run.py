"""One ascent of the studio: what it is asked, how far it is, and what is shown of it."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.live.studio_door import NumberedWish
from deepvis.live.studio_news import StudioPhase, StudioState
from deepvis.live.studio_order import passes
from deepvis.live.studio_pace import AscentPace
from deepvis.synthesis.ascent import ascend
from deepvis.synthesis.synthesis import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from deepvis.live.studio_order import Order
    from deepvis.models.engine import Engine
    from deepvis.records import ModelInfo
    from deepvis.synthesis.synthesis import Preview, Synthesis

PREVIEW_EVERY_S = 0.125
"""Between two previews, at least."""
NEARLY = 0.9
"""An ascent with so many of its steps done is finished before a newer wish ..."""
FINISH_S = 10.0
"""... unless that takes longer than this."""


class StudioRun:
    """An order that is worked on.

    Attributes:
        order: what is to be done.
        engine: works on it.
        home: the model as it ran when this began.

    Args:
        order: what is to be done.
        engine: nobody else runs its network in this thread.
        show: gets every state.
        must_end: asked at every step; True ends the ascent.
        waiting: how many other wishes wait.
    """

    def __init__(
        self,
        order: Order,
        engine: Engine,
        show: Callable[[StudioState], None],
        must_end: Callable[[StudioRun], bool],
        waiting: Callable[[], int],
    ) -> None:
        self.order = order
        self.engine = engine
        self.home = engine.info()
        self._show = show
        self._must_end = must_end
        self._waiting = waiting
        self._begun_s = time.monotonic()
        self._parked_s = 0.0
        self._pace = AscentPace()
        self._canceled = False
        self._shown_s = -PREVIEW_EVERY_S
        steps = passes(order.request.recipe, order.request, order.layer)
        begun = StudioState(order.number, order.wish, StudioPhase.RUNNING, order.recipe, changes=order.changes)
        self._state = replace(begun, steps=steps, how=order.how, objective=order.objective)

    @property
    def number(self) -> int:
        """Of the wish."""
        return self.order.number

    @property
    def begun(self) -> bool:
        """A step was done."""
        return self._state.step > 0

    @property
    def asked(self) -> NumberedWish:
        """What to begin again with."""
        return NumberedWish(self.order.number, self.order.wish)

    def is_moved(self, info: ModelInfo) -> bool:
        """The same model runs on another device or in another precision now."""
        return replace(info, device=self.home.device, precision=self.home.precision) == self.home

    def state(self, phase: StudioPhase, problem: str = "") -> StudioState:
        """How far it is."""
        seconds = time.monotonic() - self._begun_s - self._parked_s
        left_s = self._state.left_s if phase in (StudioPhase.RUNNING, StudioPhase.PARKED) else None
        return replace(
            self._state, phase=phase, problem=problem, seconds=seconds, left_s=left_s, waiting=self._waiting()
        )

    @property
    def nearly_done(self) -> bool:
        """So little is left of it that it is worth waiting for."""
        now = self._state
        soon = now.left_s is None or now.left_s <= FINISH_S
        return soon and self.begun and now.step >= NEARLY * now.steps

    def cancel(self) -> None:
        """Say that nothing will come of it, once: one that rests cannot end before those that run inside it."""
        if not self._canceled:
            self._canceled = True
            self._show(self.state(StudioPhase.CANCELED))

    def ascend(self) -> Synthesis:
        """All steps.

        Raises:
            Canceled: it had to end.
            Exception: whatever `synthesis.ascent.ascend` raises.
        """
        self._show(self.state(StudioPhase.RUNNING))
        watch = Watch(self._report, every=1, canceled=lambda: self._must_end(self), wanted=self._is_due)
        with _own_stream(self.engine.device):
            return ascend(self.engine, self.order.request, self.order.materials, watch)

    def parked(self, seconds: float) -> None:
        """It rested for so long, and goes on now."""
        self._parked_s += seconds
        self._pace.rested(seconds)
        if not self._canceled:
            self._show(self.state(StudioPhase.RUNNING))

    def _is_due(self) -> bool:
        return time.monotonic() >= self._shown_s + PREVIEW_EVERY_S

    def _report(self, preview: Preview) -> None:
        now_s = time.monotonic()
        if preview.attempt != self._state.attempt or not self.begun:
            self._pace.begin(now_s, preview.step)
        self._shown_s = now_s
        self._state = replace(
            self._state,
            step=preview.step,
            steps=preview.steps,
            attempt=preview.attempt,
            images=self._images(preview),
            curve=self._curve(preview),
            left_s=self._pace.left_s(now_s, preview.step, preview.steps),
        )
        self._show(self.state(StudioPhase.RUNNING))

    def _images(self, preview: Preview) -> NDArray[np.uint8]:
        if len(preview.places) == len(self.order.wish.seeds) or self._state.images is None:
            return preview.images
        images = self._state.images.copy()
        images[list(preview.places)] = preview.images
        return images

    def _curve(self, preview: Preview) -> NDArray[np.float32]:
        curve = np.full((len(preview.trajectory), len(self.order.wish.seeds)), np.nan, np.float32)
        curve[:, list(preview.places)] = preview.trajectory
        return curve


def _own_stream(device: torch.device) -> AbstractContextManager[object]:
    """On CUDA a stream beside that of the live pictures, so that their work does not queue up behind an ascent's."""
    if device.type != "cuda":
        return nullcontext()
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    # the weights may still be on their way
    stream.wait_stream(torch.cuda.current_stream(device))
    return torch.cuda.stream(stream)
