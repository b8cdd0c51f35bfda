"""What the inference thread lends to the studio: the running network, and the newest frame as the network sees it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.imaging.geometry import orient

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.models.engine import Engine
    from deepvis.records import Frame, ModelInfo, View

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Loan:
    """A network to work with, beside the live pictures.

    Attributes:
        number: as it was asked with; whatever was asked before is answered, too.
        info: the model as it ran when this was made.
        engine: the model over the same weights.
        own: the engine's network is another module than the running one: a move of that leaves it where it is. Never
            run it, make copies: it is the same for all loans.
        rgb: uint8 `(height, width, 3)`, what the network sees of the newest frame; None where there is no frame.
        title: of that frame.
    """

    number: int
    info: ModelInfo
    engine: Engine
    own: bool
    rgb: NDArray[np.uint8] | None
    title: str


class Lender:
    """Makes loans; belongs to the inference thread, between two frames."""

    def __init__(self) -> None:
        self._twin: Engine | None = None
        self._twin_of: tuple[object, ...] = ()

    def forget(self) -> None:
        """Another network runs, or the same one elsewhere."""
        self._twin, self._twin_of = None, ()

    def lend(self, number: int, engine: Engine, frame: Frame | None, view: View) -> Loan:
        """A loan of the network as it is now; copying its structure takes tens of milliseconds, once per network."""
        if self._twin_of != (engine,):
            self._twin, self._twin_of = _twin(engine), (engine,)
        rgb = None if frame is None else _seen(engine, frame, view)
        title = "" if frame is None else frame.title
        return Loan(number, engine.info(), self._twin or engine, self._twin is not None, rgb, title)


def _twin(engine: Engine) -> Engine | None:
    from deepvis.models.twin import twin  # noqa: PLC0415  (imports torch)

    try:
        return twin(engine)
    except Exception:  # a person's network may hold anything: a lock, an open file, ...
        log.info("%s cannot be copied; the studio shares it", engine.loaded.name, exc_info=True)
        return None


def _seen(engine: Engine, frame: Frame, view: View) -> NDArray[np.uint8]:
    """The frame turned and cut as the network sees it; gray where it sees gray."""
    picture = orient(frame.rgb, mirror=view.mirror, quarter_turns=view.quarter_turns)
    prepared, _ = engine.loaded.preprocessing.prepare(picture, view.fit)
    return np.ascontiguousarray(prepared.expand(3, -1, -1).permute(1, 2, 0).numpy())
