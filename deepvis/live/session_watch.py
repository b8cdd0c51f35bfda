"""When the selected unit's frames of this session go to the page: at once for another unit, else now and then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deepvis.live.session_exemplars import SessionExemplars
from deepvis.live.session_frames import SessionFrames
from deepvis.records import UnitId

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from deepvis.live.session_frames import KeptPicture
    from deepvis.live.summary import UnitSummary
    from deepvis.models.engine import Engine
    from deepvis.records import Frame, View

TELL_EVERY_S = 0.5


class SessionWatch:
    """Follows the live frames for the session's exemplars, and the view for what is to be told of them.

    Args:
        deliver: gets the frames of the selected unit.
        compress: as in `SessionExemplars`.
    """

    def __init__(self, deliver: Callable[[SessionFrames], None], compress: Callable[[KeptPicture], None]) -> None:
        self._deliver = deliver
        self._exemplars = SessionExemplars(compress)
        self._told_of: tuple[object, ...] = ()
        self._told: tuple[object, ...] = ()
        self._told_s = 0.0
        self._seen_since = False

    def forget(self) -> None:
        """Another model runs."""
        self._exemplars.forget()
        self._told_of = ()

    def see(self, engine: Engine, frame: Frame, layer: str, summary: UnitSummary, picture: torch.Tensor) -> None:
        """Take in a new frame; `picture` as in `SessionExemplars.see`."""
        self._exemplars.see(frame, engine.taps[layer].info, summary, picture)
        self._seen_since = True

    def tell(self, engine: Engine, view: View) -> None:
        """Hand over what the page should show now, if it differs from what it shows and its time has come."""
        layer = engine.taps[view.layer].info
        about = (engine, view.layer, view.unit, engine.boxes.get(view.layer) is not None)
        now_s = time.monotonic()
        if view.unit >= layer.units or (about == self._told_of and not self._due(now_s)):
            return
        state = self._exemplars.state(view.layer, view.unit)
        self._seen_since = False
        if about != self._told_of or state != self._told:
            self._told_of, self._told, self._told_s = about, state, now_s
            self._deliver(self._frames(engine, view, keep=False))

    def keep(self, engine: Engine, view: View) -> None:
        """Hand over the frames of the selected unit, to be written to the gallery."""
        if view.unit < engine.taps[view.layer].info.units:
            self._deliver(self._frames(engine, view, keep=True))

    def delay_s(self) -> float | None:
        """When `tell` is to be asked again although no frame comes; None for never."""
        left_s = self._told_s + TELL_EVERY_S - time.monotonic()
        # where the time has come, `tell` was asked in this very round
        return left_s if self._seen_since and left_s > 0 else None

    def _due(self, now_s: float) -> bool:
        return self._seen_since and now_s - self._told_s >= TELL_EVERY_S

    def _frames(self, engine: Engine, view: View, *, keep: bool) -> SessionFrames:
        found = self._exemplars.frames(engine, view.layer, view.unit, keep=keep)
        if found is not None:
            return found
        unit = UnitId(engine.loaded.name, view.layer, view.unit)
        return SessionFrames(unit, engine.taps[view.layer].info, (), 0.0, keep)
