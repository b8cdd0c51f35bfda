"""What a picture really shows beside what the network answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.records import SOFTMAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.records import ModelInfo, Prediction

AGREES, DIFFERS = "✓", "✗"
_SEPARATORS = re.compile(r"[\s_-]+")


@dataclass(frozen=True, slots=True)
class Truth:
    """What is said of a label.

    Attributes:
        note: a few words and a mark; empty where nobody said what the picture shows.
        tip: the same as a sentence.
    """

    note: str = ""
    tip: str = ""


def truth_of(label: str, model: ModelInfo | None, answers: Sequence[Prediction]) -> Truth:
    """What to say of a picture's label.

    Args:
        label: of the frame: the name of a class, or its number.
        model: the running one; None before there is one.
        answers: of the network, best first; none where they were not asked for.
    """
    if not label:
        return Truth()
    classes = () if model is None else classes_of(label, model)
    name = label
    if model is not None and classes and len(model.labels) == _class_count(model):
        name = model.labels[classes[0]]
    note, tip = f"truth: {name}", f"What the picture shows, as its source says: {name}."
    if not classes or not answers:
        return Truth(note, tip)
    agrees = answers[0].index in classes
    said = "The first answer is the same." if agrees else f"The first answer is {answers[0].label}."
    return Truth(f"{note} {AGREES if agrees else DIFFERS}", f"{tip} {said}")


def classes_of(label: str, model: ModelInfo) -> tuple[int, ...]:
    """The classes of a network that a label may mean; several where they have the same name, none where it fits none.

    A number is that of a class. A name is compared without regard to case, spaces, `_` and `-`, with the whole name of
    a class, and where that gives several names, with each of them.
    """
    count = _class_count(model)
    if label.isascii() and label.isdigit():
        return (int(label),) if int(label) < count else ()
    if len(model.labels) != count:
        return ()
    wanted = _plain(label)
    whole = tuple(index for index, name in enumerate(model.labels) if _plain(name) == wanted)
    return whole or tuple(
        index for index, name in enumerate(model.labels) if wanted in {_plain(part) for part in name.split(",")}
    )


def _class_count(model: ModelInfo) -> int:
    return next((layer.units for layer in model.layers if layer.name == SOFTMAX and layer.is_classes), 0)


def _plain(name: str) -> str:
    return _SEPARATORS.sub(" ", name).strip().casefold()
