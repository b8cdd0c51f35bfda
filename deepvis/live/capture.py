"""The thread that owns the source: opens it, reads it at its own pace, closes it, opens it again when it was lost."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.live.events import CamerasListed, Event, Notice, SourceChanged
from deepvis.live.mailbox import Mailbox, Outbox
from deepvis.live.worker import Worker
from deepvis.records import Frame, SourceState

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.live.meter import RateMeter
    from deepvis.sources.base import FrameSource, Picture, SourceCommand

RETRY_LOST_S = 2.0
STATE_EVERY_S = 0.2
"""A playing video tells its position this often, not with every frame."""


@dataclass(frozen=True, eq=False)
class OpenSource:
    """Order: switch to the source that `make` builds; `spec` is what the person wrote."""

    spec: str
    make: Callable[[], FrameSource]
    fallback: Callable[[], FrameSource] | None = None


@dataclass(frozen=True, slots=True)
class SetFrozen:
    """Order: hold the present frame, or go on."""

    frozen: bool


@dataclass(frozen=True, slots=True)
class ListCameras:
    """Order: look which cameras there are."""


Order = OpenSource | SetFrozen | ListCameras


class CaptureWorker(Worker):
    """Reads one source after another and leaves the newest frame in `frames`."""

    name = "deepvis-capture"

    def __init__(self, report: Callable[[Event], None], frames: Mailbox[Frame], captured: RateMeter) -> None:
        super().__init__(report)
        self._frames = frames
        self._captured = captured
        self._orders: Outbox[Order | SourceCommand] = Outbox(self.bell.ring)
        self._source: FrameSource | None = None
        self._instead_of = ""
        self._frozen = False
        self._one_more = False
        self._lost_until_s: float | None = None
        self._number = 0
        self._told: SourceState | None = None
        self._told_s = 0.0

    def send(self, order: Order | SourceCommand) -> None:
        """Give an order; any thread may call this."""
        self._orders.put(order)

    def step(self) -> None:
        """Follow the orders, read once, sleep until the next frame is due or somebody rings."""
        for order in self._orders.take_all():
            self._obey(order)
        if self._lost_until_s is not None:
            self._retry()
        self._tell()
        delay_s = self._read()
        self._tell(resting=delay_s is None or delay_s >= STATE_EVERY_S)
        self.bell.wait(delay_s)

    def close(self) -> None:
        """Close the source, in the thread that opened it."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def _obey(self, order: Order | SourceCommand) -> None:
        if isinstance(order, OpenSource):
            self._switch(order)
        elif isinstance(order, SetFrozen):
            self._frozen = order.frozen
        elif isinstance(order, ListCameras):
            self._list_cameras()
        elif self._source is not None:
            self._source.control(order)
            # "next file" means the next file, also while the picture is frozen
            self._one_more = True

    def _list_cameras(self) -> None:
        from deepvis.sources.camera import list_cameras  # noqa: PLC0415  (keeps cv2 out of the window's start)

        self.report(CamerasListed(tuple((f"camera:{camera.index}", camera.name) for camera in list_cameras())))

    def _switch(self, order: OpenSource) -> None:
        opened, instead_of = self._opened(order.make), ""
        if opened is None and self._source is None and order.fallback is not None:
            opened, instead_of = self._opened(order.fallback), order.spec
        if opened is None:
            return
        self._instead_of = instead_of
        self.close()
        self._source, self._lost_until_s, self._one_more, self._told = opened, None, True, None

    def _opened(self, make: Callable[[], FrameSource]) -> FrameSource | None:
        from deepvis.sources.base import SourceError  # noqa: PLC0415  (keeps cv2 and PIL out of the window's start)

        source: FrameSource | None = None
        try:
            source = make()
            source.open()
        except SourceError as error:
            self.report(Notice(str(error), "error"))
            if source is not None:
                source.close()
            return None
        return source

    def _read(self) -> float | None:
        """Read once and say how long to wait; None waits for the next order."""
        from deepvis.sources.base import SourceLost  # noqa: PLC0415  (as above)

        source = self._source
        if source is None or (self._frozen and not self._one_more):
            return None
        if self._lost_until_s is not None:
            return max(0.0, self._lost_until_s - time.monotonic())
        try:
            picture = source.read()
        except SourceLost as error:
            self._lose(str(error))
            return RETRY_LOST_S
        delay_s = source.delay_s()
        for note in source.take_notes():
            self.report(Notice(note, "warning"))
        if picture is not None:
            self._one_more = False
            self._deliver(picture, still=source.stands_still())
        return delay_s

    def _deliver(self, picture: Picture, *, still: bool) -> None:
        self._captured.tick()
        self._frames.put(
            Frame(
                picture.rgb,
                self._number,
                time.monotonic(),
                picture.title,
                picture.path,
                still,
                picture.scene,
                picture.mixed,
                picture.label,
                picture.second_rgb,
            )
        )
        self._number += 1

    def _lose(self, text: str) -> None:
        if self._source is not None:
            self._source.close()
        self._lost_until_s = time.monotonic() + RETRY_LOST_S
        self.report(Notice(f"{text} Trying again every {RETRY_LOST_S:g} seconds.", "warning"))

    def _retry(self) -> None:
        from deepvis.sources.base import SourceError  # noqa: PLC0415  (as above)

        if self._source is None or self._lost_until_s is None or time.monotonic() < self._lost_until_s:
            return
        try:
            self._source.open()
        except SourceError:
            self._lost_until_s = time.monotonic() + RETRY_LOST_S
            return
        self._lost_until_s = None
        self.report(Notice(f"{self._source.state().title} is back."))

    def _tell(self, *, resting: bool = False) -> None:
        """Report the source's state when it changed; a mere new position only now and then, unless it stays."""
        if self._source is None:
            return
        lost = self._lost_until_s is not None
        state = replace(self._source.state(), lost=lost, instead_of=self._instead_of)
        now_s = time.monotonic()
        moved_only = self._told is not None and replace(state, position=0) == replace(self._told, position=0)
        soon_again = not (state.paused or resting) and now_s - self._told_s < STATE_EVERY_S
        if state == self._told or (moved_only and soon_again):
            return
        self._told, self._told_s = state, now_s
        self.report(SourceChanged(state))
