"""What the person wants of the backward view: from where, by which method, drawn how."""

from __future__ import annotations

from dataclasses import dataclass

from deepvis.kinds import BackView, Method, Overlay, Pair, SeedKind


@dataclass(frozen=True, slots=True)
class Target:
    """What a backward pass starts at.

    Attributes:
        layer: name of the layer; with a class seed it only says whose page is open.
        unit: of the layer.
        seed: where in the unit.
        position: chosen `(row, column)` in the unit's map; None: the maximum's.
        class_index: the class of a class seed; None: the network's first answer.
        other_class: the class taken away with `SeedKind.DIFFERENCE`; None: the network's next answer.
        pair: in whose maps, where the layer runs once for each of two pictures; then both maps start with seeds of
            their own.
        second_position: `(row, column)` in the map of the second picture, where it is another one than `position`.
    """

    layer: str
    unit: int
    seed: SeedKind = SeedKind.CHANNEL
    position: tuple[int, int] | None = None
    class_index: int | None = None
    other_class: int | None = None
    pair: Pair = Pair.BOTH
    second_position: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Backward:
    """What the person wants of the backward view; sizes in device pixels.

    Attributes:
        method: None: off, and nothing is computed.
        view: how it is drawn.
        colormap: of norm, norm-blur, sum>0 and the map methods; `auto` picks.
        overlay: whether the picture shows through.
        opacity: of what is laid over it, in 0..1.
        seed: where it starts.
        class_index: as in `Target`.
        other_class: as in `Target`.
        origin: where it was frozen; None follows the selected unit.
        gradients: the grid shows the gradients of the viewed layer's units instead of their activations.
        checks: the same is asked of a network with randomized weights, and shown beside it.
        height: rows of the pane; 0 while it has no size.
        width: columns of the pane.
    """

    method: Method | None = None
    view: BackView = BackView.RAW
    colormap: str = "auto"
    overlay: Overlay = Overlay.OFF
    opacity: float = 0.7
    seed: SeedKind = SeedKind.CHANNEL
    class_index: int | None = None
    other_class: int | None = None
    origin: Target | None = None
    gradients: bool = False
    checks: bool = False
    height: int = 0
    width: int = 0

    def target(self, layer: str, unit: int, position: tuple[int, int] | None) -> Target:
        """Where the pass starts while this layer, unit and position are selected."""
        return self.origin or Target(layer, unit, self.seed, position, self.class_index, self.other_class)
