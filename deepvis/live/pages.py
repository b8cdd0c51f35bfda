"""What the loader thread makes of the gallery for the window: pictures cut and decoded, ready to be painted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis.records import Stage

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gallery.histogram import UnitHistogram
    from deepvis.gallery.records import ClassMean, LayerRecord, SimilarUnit, UnitStatistics
    from deepvis.imaging.tiling import GridLayout
    from deepvis.records import Rect, UnitId, View

PATTERN_STAGES = frozenset({Stage.EXEMPLARS, Stage.MINIMA, Stage.SYNTHESIZED})
"""Those that are a grid of the gallery's pictures, with a tile per unit."""
WEIGHT_STAGES = frozenset({Stage.WEIGHTS, Stage.WEIGHT_CORRELATION})
"""Those that are about the network's weights: no gallery is needed."""


def asks_for_tiles(view: View) -> bool:
    """Whether the middle shows a grid made from the gallery, with a tile per unit: pictures, or histograms."""
    return view.stage in PATTERN_STAGES or (view.stage is Stage.ACTIVITY and view.unit_histograms)


@dataclass(frozen=True, slots=True)
class Made:
    """How a picture was synthesized, and how good it is.

    Attributes:
        recipe: name of the recipe.
        seed: as people see it.
        key: of the row in its gallery.
        removable: it lies in the person's own gallery.
        negative: it turns the unit off.
        natural_ratio: value over the unit's largest activation in the scanned data; None where nothing was scanned.
        layer_rank: units of the layer with a larger peak; 0 is the paper's "majority"; None where unknown.
        majority: first step at which the rank was 0, counted from 1; 0: never; None where unknown.
        steps: forward passes; None where unknown.
        reason: why the unit could not be excited, a sentence; empty where it was.
        start: what the ascent began with where that was no noise, for people.
        stale: why it does not belong to the running model, a sentence; empty where it does.
        changes: what of the recipe was changed, `steps 60 instead of 125, ...`; empty where nothing was, or it is not
            known any more.
        how: what another one like it is made from, see `replay`; empty where that is not known.
    """

    recipe: str
    seed: int
    key: int
    removable: bool = False
    negative: bool = False
    natural_ratio: float | None = None
    layer_rank: int | None = None
    majority: int | None = None
    steps: int | None = None
    reason: str = ""
    start: str = ""
    stale: str = ""
    changes: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """How an attribution was found.

    Attributes:
        method: for people.
        caveat: what is known to be wrong with the method, one line; empty where nothing was computed.
        coverage: why it is the plain gradient instead of what was asked for, a sentence; empty elsewhere.
        reason: why there is nothing to see, a sentence; empty where there is.
        drawn: how it is drawn, a sentence.
    """

    method: str
    caveat: str = ""
    coverage: str = ""
    reason: str = ""
    drawn: str = "Raw view: mid gray is zero."


@dataclass(frozen=True, slots=True, eq=False)
class PagePicture:
    """One picture of a unit page.

    Attributes:
        rgb: the crop, uint8 `(height, width, 3)`, at most `PICTURE_SIDE` pixels a side.
        value: activation; NaN where unknown.
        title: what it is, for people: a file name, "camera 0, 3 min ago", a recipe.
        whole_rgb: the whole image, small; None where the crop is all there is.
        box: the crop in pixels of `whole_rgb`; None where the crop is the whole image or all there is.
        path: the image file; None where there is none.
        source_rgb: what to open as a picture where the file is gone; None where `path` will do.
        label: class of the image; empty where unknown.
        band: quantile band it was drawn from; None elsewhere.
        position: `(row, column)` in the layer's map; None where unknown.
        cropped: `source_rgb` is the part of a frame that the network saw: opened as a source it is cropped once more.
        made: how it was synthesized; None for every other picture.
        why: how it was found, of an attribution; None for every other picture, and for imported ones.
    """

    rgb: NDArray[np.uint8]
    value: float
    title: str
    whole_rgb: NDArray[np.uint8] | None = None
    box: Rect | None = None
    path: Path | None = None
    source_rgb: NDArray[np.uint8] | None = None
    label: str = ""
    band: tuple[float, float] | None = None
    position: tuple[int, int] | None = None
    cropped: bool = False
    made: Made | None = None
    why: Why | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SimilarPicture:
    """A similar unit, with its best exemplar (None where it has none) and its class name (empty where it has none)."""

    similar: SimilarUnit
    rgb: NDArray[np.uint8] | None
    label: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class UnitPageData:
    """Everything the unit page shows beside the live figures.

    Attributes:
        unit: whose page it is; a late page can be told by it.
        exemplars: best first.
        minima: smallest first.
        quantiles: by band.
        kept: crops of live frames that were kept, best first.
        synthesized: synthesized pictures, imported ones included.
        attributions: those of the exemplars, in their order; fewer while the others are computed. Imported ones where
            there are only such.
        statistics: None where the layer was not scanned.
        histogram: of per-sample maxima; None where the layer was not scanned.
        classes: largest mean first.
        similar: best first.
        notes: part name (`exemplars`, `minima`, `quantiles`, `histogram`, `classes`, `similar`, `synthesized`,
            `attribution`) to the sentence that says why it is empty and what to do; no entry where it is not empty.
        stale: why all this does not belong to the running model; empty where it does.
        origin: one line: how many images of which folder, when.
        offers: a scan or a synthesis can fill what is empty.
    """

    unit: UnitId
    exemplars: tuple[PagePicture, ...] = ()
    minima: tuple[PagePicture, ...] = ()
    quantiles: tuple[PagePicture, ...] = ()
    kept: tuple[PagePicture, ...] = ()
    synthesized: tuple[PagePicture, ...] = ()
    attributions: tuple[PagePicture, ...] = ()
    statistics: UnitStatistics | None = None
    histogram: UnitHistogram | None = None
    classes: tuple[ClassMean, ...] = ()
    similar: tuple[SimilarPicture, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    stale: str = ""
    origin: str = ""
    offers: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class SessionPage:
    """The frames of this session that excited a unit most.

    Attributes:
        unit: whose they are.
        pictures: best first.
        since_s: seconds since the first frame that counted.
    """

    unit: UnitId
    pictures: tuple[PagePicture, ...]
    since_s: float


@dataclass(frozen=True, slots=True)
class TileMade:
    """What is known of the best synthesized picture in a tile.

    Attributes:
        value: activation; NaN where unknown.
        made: how it was synthesized.
        pictures: how many share the tile.
    """

    value: float
    made: Made
    pictures: int = 1


TileTold = Callable[[int], TileMade | None]
"""What is known of a unit's tile; None where it has no synthesized picture. Any thread may ask."""


def nothing_told(_unit: int) -> TileMade | None:
    """For grids of other pictures."""
    return None


@dataclass(frozen=True, slots=True, eq=False)
class PatternPicture:
    """The pattern grid: one tile per unit with its best exemplar, or all of them.

    Attributes:
        view: the view that was answered; a late answer can be told by it.
        bgrx: uint8 `(height, width, 4)`, device pixels.
        layout: where the tiles are.
        missing: units without a picture.
        complete: every visible tile is drawn; otherwise a fuller picture follows.
        problem: why there is no picture at all, a sentence with what to do; empty where there is one.
        told: what is known of each tile, of synthesized pictures only.
    """

    view: View
    bgrx: NDArray[np.uint8] | None
    layout: GridLayout | None
    missing: int = 0
    complete: bool = True
    problem: str = ""
    told: TileTold = nothing_told


@dataclass(frozen=True, slots=True, eq=False)
class LayerPageData:
    """The pages of a whole layer: activity and correlation.

    Attributes:
        model: key of the model.
        layer: name of the layer.
        record: None where the layer was not scanned.
        order: int64 `(units,)`: the units in an order that puts correlated ones side by side; None without correlation.
        problem: why there is nothing, a sentence with what to do; empty where there is something.
        origin: as in `UnitPageData`.
    """

    model: str
    layer: str
    record: LayerRecord | None
    order: NDArray[np.int64] | None = None
    problem: str = ""
    origin: str = ""
