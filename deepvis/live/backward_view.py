"""The backward view of a frame: what is computed for it, when, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.attribution.methods import METHODS
from deepvis.attribution.options import never
from deepvis.live.back_drawing import look_of
from deepvis.live.back_result import BackResult
from deepvis.live.back_wish import title
from deepvis.live.frame_graph import Fault, Finding, FrameGraph
from deepvis.live.pairs import ORDINALS
from deepvis.live.randomized_check import RandomizedChecks
from deepvis.models.errors import ModelError
from deepvis.records import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from deepvis.live.back_drawing import Drawable
    from deepvis.live.back_wish import BackWish
    from deepvis.models.engine import Engine, EngineAnswer
    from deepvis.records import Prediction, View

NOT_SHOWN = "The pane of the backward view has no size."


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the network sees of one frame: `key` tells it from others, `still`: no other frame follows by itself."""

    key: object
    picture: torch.Tensor
    still: bool


class BackwardView:
    """Keeps the graph of one frame while somebody looks at a backward view of it."""

    def __init__(self, hurries: Callable[[], bool] = never) -> None:
        self._hurries = hurries
        self._graph: FrameGraph | None = None
        self._wish: BackWish | None = None
        self._seen: Seen | None = None
        self._finding: Finding | None = None
        self._refusal = ""
        self._checks = RandomizedChecks()
        self._faults: list[Fault] = []

    def forget(self) -> None:
        """Let go of everything: another network runs, or nobody looks."""
        self._graph = self._wish = self._seen = self._finding = None
        self._checks.forget()

    def follow(self, engine: Engine, seen: Seen, wish: BackWish | None) -> None:
        """Get ready for a frame and a view; nothing is computed yet."""
        if wish is None:
            self.forget()
            return
        if not wish.checks:
            self._checks.forget()
        self._wish, self._seen, self._finding = wish, seen, None
        self._refusal = _refusal(wish, still=seen.still)
        if self._refusal and not wish.gradients:
            self._graph = None
        elif self._graph is None or not self._graph.serves(seen.key, wish):
            # first let go of the last one: two graphs are twice the memory
            self._graph = None
            self._graph = FrameGraph(engine, seen.picture, seen.key, wish, self._hurries)

    def answer(self) -> EngineAnswer | None:
        """The viewed layer, from the pass that the backward view needs anyway; None where there is no such pass."""
        if self._graph is None or self._wish is None:
            return None
        return self._graph.answer(self._wish)

    def gradients(self) -> torch.Tensor | None:
        """What the grid shows instead of activations, float32 `(units, height, width)`; None for activations."""
        if self._graph is None or self._wish is None or not self._wish.gradients:
            return None
        return self._graph.gradient(self._wish)[0]

    def result(self, engine: Engine, view: View, predictions: Sequence[Prediction]) -> BackResult | None:
        """The backward view; None where nobody looks.

        Args:
            engine: the network.
            view: how it is drawn, and of which pictures.
            predictions: of the network; they name the classes of a target that was not reached.
        """
        wish, seen = self._wish, self._seen
        if wish is None or seen is None:
            return None
        finding = self._finding = self._found(wish)
        attribution = finding.attribution
        target = wish.target if attribution is None else attribution.target
        labels = engine.loaded.labels if len(engine.loaded.labels) == engine.classes else ()
        told = BackResult(
            wish.method,
            target,
            title(target, labels, predictions),
            wish.frozen,
            None,
            finding.reason,
            METHODS[wish.method].caveat,
            "" if attribution is None else attribution.coverage,
            0.0 if attribution is None else attribution.activation,
            milliseconds=finding.milliseconds + self._gradient_ms(wish),
            progress=finding.progress,
        )
        if attribution is None or finding.drawable is None:
            return told
        pictures = engine.loaded.preprocessing.pictures
        shown = pictures if view.pair is Pair.BOTH else 1
        blank = _blank(finding.drawable, view.pair) if pictures > 1 else ""
        if blank and shown == 1:
            return replace(told, reason=blank)
        look = look_of(view.back, (seen.picture.shape[1], seen.picture.shape[2] * shown), view.pair)
        extent, counts = finding.drawable.figures(look)
        if wish.checks and finding.rest is None:
            self._checks.follow(engine, wish.about, attribution, seen.picture)
        checks = self._checks.results(look) if wish.checks else ()
        # in front: of what does not fit the end is cut off
        told = replace(told, caveat=f"{blank} {told.caveat}".strip())
        return replace(told, picture_rgb=finding.drawable.picture(look), extent=extent, counts=counts, checks=checks)

    @property
    def pending(self) -> bool:
        """Whether something is left to do for what was told last."""
        return self.refining or self._checks.pending

    def go_on(self) -> bool:
        """Do one step of what is left to do; True if it should be told at once, False if the next frame is soon enough.

        Live pictures go first: each step is about as long as a frame.
        """
        wish, finding, seen = self._wish, self._finding, self._seen
        if wish is None or finding is None or seen is None:
            return False
        if finding.rest is not None and self._graph is not None:
            self._graph.refine(finding, wish)
            return True
        try:
            self._checks.go_on()
        except Exception as error:  # noqa: BLE001  (the network is the person's own code: anything may come out of it)
            self._note_check(error, wish)
        return seen.still

    def take_faults(self) -> list[Fault]:
        """What went wrong since the last call."""
        faults, self._faults = self._faults, []
        if self._graph is not None:
            faults += self._graph.faults
            self._graph.faults = []
        return faults

    @property
    def refining(self) -> bool:
        """Whether the next step makes the attribution finer; otherwise it is a check's."""
        return self._finding is not None and self._finding.rest is not None

    def _found(self, wish: BackWish) -> Finding:
        if self._refusal or self._graph is None:
            return Finding(reason=self._refusal)
        return self._graph.find(wish) if wish.picture else Finding(reason=NOT_SHOWN)

    def _gradient_ms(self, wish: BackWish) -> float:
        return self._graph.gradient(wish)[1] if self._graph is not None and wish.gradients else 0.0

    def _note_check(self, error: Exception, wish: BackWish) -> None:
        what = str(error) if isinstance(error, ModelError) else f"{type(error).__name__}: {error}"
        text = f"The check with randomized weights failed: {what.rstrip('.')}. Turn it off and on to try again."
        self._faults.append(Fault(f"check of {wish.method}", text, error))


def _blank(drawable: Drawable, pair: Pair) -> str:
    """What is said of a picture that is shown and does not matter; empty where all matter."""
    shown = ORDINALS if pair is Pair.BOTH else (str(pair),)
    found = [name for name in shown if drawable.is_blank(Pair(name))]
    if not found:
        return ""
    more = "" if pair is Pair.BOTH else ": V shows the other one"
    return f"The {found[0]} picture does not count here{more}."


def _refusal(wish: BackWish, *, still: bool) -> str:
    """Why nothing is attributed, a sentence; empty where something is."""
    method = METHODS[wish.method]
    if method.refines and not still:
        name = wish.method.label[0].upper() + wish.method.label[1:]
        return f"{name} takes a still picture: freeze the frame with F."
    return method.available()
