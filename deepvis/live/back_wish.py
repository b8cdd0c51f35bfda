"""What a view asks for of the backward view, in plain values. No torch here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.kinds import Method, SeedKind
from deepvis.live.pairs import aimed, layers_of, shown_layer
from deepvis.records import SOFTMAX, LayerInfo, Stage, Target, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.records import Prediction

CLASS_SEEDS = (SeedKind.CLASS, SeedKind.DIFFERENCE)


@dataclass(frozen=True, slots=True)
class BackWish:
    """What is to be computed.

    Attributes:
        method: by which.
        target: where it starts; only what its seed needs is filled in, so that equal ones give equal attributions.
        frozen: the person froze it.
        layer: the viewed layer.
        beside: the one whose maps are shown at the left of its own; empty for none.
        to_the_end: the pass has to reach the network's output.
        picture: the pane is shown.
        gradients: the grid or the unit's pane shows gradients.
        checks: the same is asked of randomized copies.
    """

    method: Method
    target: Target
    frozen: bool
    layer: str
    to_the_end: bool
    picture: bool
    gradients: bool
    checks: bool
    beside: str = ""

    @property
    def viewed(self) -> frozenset[str]:
        """The viewed layers: one, or those of two pictures side by side."""
        return frozenset((self.layer, self.beside)) - {""}

    @property
    def about(self) -> tuple[Target, Method]:
        """What an attribution is of."""
        return self.target, self.method


def back_wish(view: View, info: LayerInfo) -> BackWish | None:
    """What the view asks for; None where nothing of it is shown.

    Args:
        view: what the person looks at.
        info: the viewed layer, as the model has it.
    """
    back = view.back
    picture = back.height > 0 and back.width > 0
    gradients = back.gradients and view.stage is Stage.ACTIVATIONS and _shows_maps(view)
    if back.method is None or not (picture or gradients):
        return None
    position = _inside(view.position, shown_layer(info, view.pair))
    target = _plain(
        back.origin or aimed(back.target(view.layer, min(view.unit, info.units - 1), position), info, view.pair)
    )
    to_the_end = view.predictions or target.seed in CLASS_SEEDS or target.layer == SOFTMAX
    frozen, checks = back.origin is not None, picture and back.checks
    layer, beside = layers_of(info, view.pair)
    return BackWish(back.method, target, frozen, layer, to_the_end, picture, gradients, checks, beside)


def title(target: Target, labels: Sequence[str], predictions: Sequence[Prediction]) -> str:
    """The target for people.

    Args:
        target: class filled in where it is known.
        labels: one per class; empty where they are not known.
        predictions: best first; stand for the classes that are not filled in.
    """
    if target.seed not in CLASS_SEEDS:
        return f"{target.layer}/{target.unit}"
    answers = [prediction.index for prediction in predictions]
    first = next(iter(answers), None) if target.class_index is None else target.class_index
    if target.seed is SeedKind.CLASS:
        return _class_name(first, labels, "first answer")
    rest = (answer for answer in answers if answer != first)
    other = next(rest, None) if target.other_class is None else target.other_class
    return f"{_class_name(first, labels, 'first answer')} − {_class_name(other, labels, 'next answer')}"


def _class_name(index: int | None, labels: Sequence[str], unknown: str) -> str:
    if index is None:
        return unknown
    return labels[index] if index < len(labels) else f"class {index}"


def _shows_maps(view: View) -> bool:
    return min(view.grid.height, view.grid.width) > 0 or min(view.pane.height, view.pane.width) > 0


def _inside(position: tuple[int, int] | None, info: LayerInfo) -> tuple[int, int] | None:
    return None if position is None else (min(position[0], info.height - 1), min(position[1], info.width - 1))


def _plain(target: Target) -> Target:
    """Without what its seed does not ask for: a click must not make an equal attribution anew."""
    by_class, both = target.seed in CLASS_SEEDS, target.seed is SeedKind.DIFFERENCE
    return replace(
        target,
        position=target.position if target.seed is SeedKind.POSITION else None,
        second_position=target.second_position if target.seed is SeedKind.POSITION else None,
        class_index=target.class_index if by_class else None,
        other_class=target.other_class if both else None,
    )
