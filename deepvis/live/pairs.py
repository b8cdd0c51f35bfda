"""How a network of two pictures is looked at: whose maps a view shows, and where a place in them is. No torch here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from deepvis.models.pair_calls import calls_of
from deepvis.records import Frame, LayerInfo, ModelInfo, Pair, SeedKind, Target

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.imaging.tiling import GridLayout
    from deepvis.records import GridView

    Color = tuple[int, int, int]

ORDINALS = ("first", "second")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is that a view shows.

    Attributes:
        layer: name of the layer that made it.
        position: `(row, column)` in that layer's map.
        picture: 1 or 2 where it depends on this one of two pictures alone, else 0.
    """

    layer: str
    position: tuple[int, int]
    picture: int = 0


@lru_cache(maxsize=4096)
def shown_layer(info: LayerInfo, pair: Pair) -> LayerInfo:
    """A layer as it is shown: the maps of both pictures side by side are twice as wide."""
    if not info.pair or pair is Pair.SECOND:
        return info
    if pair is Pair.FIRST:
        return replace(info, of_picture=1)
    return replace(info, of_picture=0, width=2 * info.width, side_by_side=True)


def layers_of(info: LayerInfo, pair: Pair) -> tuple[str, str]:
    """The layer whose maps are shown, and the one whose maps are shown at the left of them; empty for none."""
    *beside, layer = calls_of(info, pair)
    return layer, beside[0] if beside else ""


def place_of(info: LayerInfo, pair: Pair, position: tuple[int, int]) -> Place:
    """What a position in the map of a layer, as `shown_layer` has it, is the position of.

    Args:
        info: the layer as the model has it.
        pair: of the view.
        position: `(row, column)` in the map that is shown.
    """
    layer, beside = layers_of(info, pair)
    if not beside:
        return Place(layer, position, shown_layer(info, pair).of_picture)
    right, column = divmod(position[1], info.width)
    return Place((beside, layer)[right], (position[0], column), right + 1)


def unit_layer(info: ModelInfo | None, layer: str) -> str:
    """The layer under whose name units of a layer are changed: the second of a pair for the first, too."""
    layers = () if info is None else info.layers
    return next((each.name for each in layers if each.pair == layer), layer)


def aimed(target: Target, info: LayerInfo, pair: Pair) -> Target:
    """A target as it was selected in a view, and in whose maps it is.

    Args:
        target: its position is one in the map that is shown.
        info: its layer as the model has it.
        pair: of the view.
    """
    if not info.pair:
        return target
    if target.position is None:
        return replace(target, pair=pair)
    place = place_of(info, pair, target.position)
    if target.seed is SeedKind.POSITION:
        pair = Pair.FIRST if place.picture == 1 else Pair.SECOND
    return replace(target, pair=pair, position=place.position)


def place_text(layer: LayerInfo, position: tuple[int, int]) -> str:
    """A position for people; `layer` as `shown_layer` gives it."""
    row, column = position
    if not layer.side_by_side:
        return f"row {row}, column {column}"
    right, column = divmod(column, layer.width // 2)
    return f"row {row}, column {column} ({ORDINALS[right]})"


def remark(model: str, pictures: int, frame: Frame) -> tuple[str, str] | None:
    """What the person should know once of a network and frames that do not go together: a matter and a sentence."""
    if pictures > 1 and frame.second_rgb is None:
        return "one picture", (
            f"{model} takes two pictures at once and gets the same one twice. Give a second source: "
            "--source A --second B, or a list of images with two to a line."
        )
    if pictures == 1 and frame.second_rgb is not None:
        return "second picture", f"{model} takes one picture: the second of each pair is left out."
    return None


def seam_color(view: GridView) -> Color:
    """Of the line between the maps of two pictures: it stands out from the lines between tiles."""
    red, green, blue = (
        min(255, max(0, 2 * gap - ground)) for gap, ground in zip(view.gap, view.background, strict=True)
    )
    return red, green, blue


def draw_seams(bgrx: NDArray[np.uint8], layout: GridLayout, color: Color) -> None:
    """Draw a line between the maps of the first and of the second picture, in every tile.

    Args:
        bgrx: uint8 `(height, width, 4)`, blue, green, red; written to.
        layout: where the tiles are.
        color: red, green, blue.
    """
    rows, columns = layout.visible()
    for column in columns:
        tiles = [row * layout.columns + column for row in rows if row * layout.columns + column < len(layout.units)]
        if not tiles:
            continue
        first, last = layout.rect_of_index(tiles[0]), layout.rect_of_index(tiles[-1])
        at = round(first.left + first.width / 2)
        if 0 <= at < bgrx.shape[1]:
            bgrx[max(0, int(first.top)) : max(0, int(last.bottom)), at, :3] = color[::-1]
