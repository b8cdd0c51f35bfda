"""Which rows the layer bar has: the default list, or the whole module tree, filtered; no Qt here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis.live.pairs import ORDINALS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis.records import LayerInfo, ModelInfo


@dataclass
class LayerNode:
    """One row of the tree: a part of a dotted name, and the layer of that name if there is one.

    Attributes:
        text: the last part of the name.
        info: the layer; None for a module that only groups others.
        children: rows below it, in order of execution.
    """

    text: str
    info: LayerInfo | None = None
    children: list[LayerNode] = field(default_factory=list)


def listed_layers(model: ModelInfo, current: str, needle: str) -> list[LayerInfo]:
    """The default list that matches `needle`, in order of execution; the current layer always belongs to it."""
    shown = {info.name for info in model.shown_layers()} | {current}
    return [info for info in model.layers if info.name in shown and matches(info, needle)]


def layer_tree(layers: Iterable[LayerInfo], needle: str = "") -> list[LayerNode]:
    """Layers as a tree by their dotted names; branches stand where their first layer ran.

    Args:
        layers: in order of execution.
        needle: only layers that match, and the branches that lead to them.
    """
    root = LayerNode("")
    known: dict[str, LayerNode] = {"": root}
    for info in layers:
        if matches(info, needle):
            _node(known, info.name).info = info
    return root.children


def matches(info: LayerInfo, needle: str) -> bool:
    """Whether a layer's name or type holds every word of `needle`, whatever the case."""
    text = f"{info.name} {info.type_name}".lower()
    return all(word in text for word in needle.lower().split())


def describe(info: LayerInfo) -> str:
    """The tooltip of a layer: name, type, shape, and why it cannot be shown."""
    lines = [info.name, f"{info.type_name}, {info.shape_text}" if info.units else info.type_name]
    if info.prefix_tokens:
        lines.append(f"{info.prefix_tokens} token{'s' if info.prefix_tokens > 1 else ''} set apart from the map")
    if info.pair:
        lines.append("A pair: runs for each of the two pictures (V)")
    elif info.of_picture:
        lines.append(f"Looks at the {ORDINALS[info.of_picture - 1]} picture only")
    if info.reason:
        lines.append(info.reason)
    return "\n".join(lines)


def _node(known: dict[str, LayerNode], name: str) -> LayerNode:
    if name not in known:
        parent, _, text = name.rpartition(".")
        known[name] = LayerNode(text)
        _node(known, parent).children.append(known[name])
    return known[name]
