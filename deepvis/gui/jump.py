"""What a person types to get somewhere: `#151`, `blocks.4.1/37`, `model/layer/unit`, a layer, a class name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis.records import ModelInfo, View


class JumpError(ValueError):
    """Text that leads nowhere; the message says what can be typed."""


@dataclass(frozen=True, slots=True)
class Target:
    """A unit to go to, and how it reads in a list."""

    layer: str
    unit: int
    text: str


FORMS = "Type #151, blocks.4.1/37, a layer or a class."


def find(text: str, info: ModelInfo, view: View) -> Target:
    """The best place for a text.

    Raises:
        JumpError: naming what does not exist.
    """
    text = text.strip()
    if not text:
        raise JumpError(FORMS)
    number = text.removeprefix("#")
    if _is_number(number):
        return _unit(info, view.layer, int(number))
    if "/" in text:
        layer, _, unit = text.removeprefix(info.name + "/").rpartition("/")
        if layer and _is_number(unit.removeprefix("#")):
            return _unit(info, layer, int(unit.removeprefix("#")))
    matches = suggestions(text, info, limit=1)
    if not matches:
        raise JumpError(f"No layer or class is called '{text}'. {FORMS}")
    return matches[0]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def suggestions(text: str, info: ModelInfo, limit: int = 12) -> list[Target]:
    """Layers and classes whose name holds the text; exact and leading matches first."""
    wanted = text.strip().lower()
    if not wanted:
        return []
    layers = [Target(layer.name, 0, layer.name) for layer in info.layers if not layer.reason]
    classes = _classes(info)
    found = [(rank, target) for target in (*layers, *classes) if (rank := _rank(wanted, target)) is not None]
    return [target for _, target in sorted(found, key=lambda pair: pair[0])[:limit]]


def _classes(info: ModelInfo) -> list[Target]:
    class_layers = [layer for layer in info.layers if layer.is_classes and not layer.reason]
    if not class_layers:
        return []
    # the logits, not their softmax: a class far from winning still shows a value there
    layer = class_layers[0].name
    return [Target(layer, index, label) for index, label in enumerate(info.labels[: class_layers[0].units])]


def _rank(wanted: str, target: Target) -> tuple[int, int] | None:
    name = target.text.lower()
    if wanted == name:
        return 0, len(name)
    if name.startswith(wanted):
        return 1, len(name)
    words = name.replace(",", " ").replace(".", " ").split()
    if any(word.startswith(wanted) for word in words):
        return 2, len(name)
    return (3, len(name)) if wanted in name else None


def _unit(info: ModelInfo, layer_name: str, unit: int) -> Target:
    try:
        layer = info.layer(layer_name)
    except KeyError as error:
        raise JumpError(str(error.args[0])) from None
    if layer.reason:
        raise JumpError(f"{layer.name} cannot be shown: {layer.reason}")
    if unit >= layer.units:
        raise JumpError(f"{layer.name} has units 0 to {layer.units - 1}, no #{unit}.")
    label = info.label(layer, unit)
    return Target(layer.name, unit, f"{layer.name}/{unit}" + (f"  {label}" if label else ""))
