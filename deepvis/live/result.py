"""The answer to one frame and one view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.imaging.tiling import GridLayout
    from deepvis.live.back_result import BackResult
    from deepvis.live.cause_result import Baseline, Causes
    from deepvis.live.summary import ColorScale, UnitSummary
    from deepvis.records import Frame, LayerInfo, Prediction, Rect, View


@dataclass(frozen=True, eq=False)
class UnitReading:
    """The selected unit in this frame.

    Attributes:
        unit: its number.
        value: activation at `position`.
        maximum: largest activation.
        minimum: smallest activation.
        mean: mean activation.
        position: `(row, column)` in the map: the chosen one, else the maximum's.
        chosen: the person chose the position.
        box: what this position can see, in pixels of the shown picture; None while not known.
        field_text: size of the receptive field for people; empty while not known.
        prefix: activations at class and register tokens; empty where the network has none.
        picture_rgb: uint8 `(height, width, 3)` for the unit's pane; None while the pane has no size. Its map is that of
            the grid: where the grid shows gradients, the gradients of this unit. All numbers but `gradient` are of
            activations.
        also_box: the same as `box` in the second of two pictures that are shown; None where there is none.
        gradient: at `position`, where the grid shows gradients; None elsewhere.
    """

    unit: int
    value: float
    maximum: float
    minimum: float
    mean: float
    position: tuple[int, int]
    chosen: bool
    box: Rect | None
    field_text: str
    prefix: tuple[float, ...]
    picture_rgb: NDArray[np.uint8] | None
    also_box: Rect | None = None
    gradient: float | None = None


@dataclass(frozen=True, eq=False)
class GridPicture:
    """The activation grid in this frame.

    Attributes:
        bgrx: uint8 `(height, width, 4)`.
        layout: where the tiles are.
        scale: what the colors mean.
        summary: numbers per unit.
        hidden: units left out because they are dead.
        total: units of the layer.
        nan_units: units that hold a NaN.
        gradients: the tiles show gradients with respect to the units, not activations; `summary` is of the gradients.
    """

    bgrx: NDArray[np.uint8]
    layout: GridLayout
    scale: ColorScale
    summary: UnitSummary
    hidden: int
    total: int
    nan_units: int
    gradients: bool = False


@dataclass(frozen=True, eq=False)
class LiveResult:
    """What the inference thread made of a frame for a view.

    Attributes:
        frame: the frame.
        view: the view that was answered; a late answer can be told by it.
        model: key of the model that ran.
        picture_rgb: the frame as shown, turned and mirrored, uint8 `(height, width, 3)`; of a network of two pictures
            one of them, or both side by side.
        seen: the part of the picture the network gets, in its pixels; larger than the picture where it was padded.
        layer: the viewed layer as it is shown; None where the network could not be asked.
        grid: None while the pane has no size or another stage than the activations is shown, or where `problem` says
            why.
        unit: None where `problem` says why.
        predictions: best first; empty where not asked for or not a classifier.
        problem: why there is no activation to show, a sentence; empty where there is one.
        forward_ms: time of the forward pass.
        total_ms: time from taking the frame to this record.
        fresh: the frame is new; otherwise an older one was looked at again.
        summary: numbers per unit, also where there is no grid; None where `problem` says why.
        back: the backward view; None where it is off, or where `problem` says why.
        baseline: the answer without the changes of the view; None where no change is on: then all this is that answer.
        causes: what was asked about the selected unit's causes; None where nothing was.
        also_seen: the same as `seen` in the second of two pictures that are shown; None where there is none.
    """

    frame: Frame
    view: View
    model: str
    picture_rgb: NDArray[np.uint8]
    seen: Rect | None
    layer: LayerInfo | None = None
    grid: GridPicture | None = None
    unit: UnitReading | None = None
    predictions: tuple[Prediction, ...] = ()
    problem: str = ""
    forward_ms: float = 0.0
    total_ms: float = 0.0
    fresh: bool = True
    summary: UnitSummary | None = None
    back: BackResult | None = None
    baseline: Baseline | None = None
    causes: Causes | None = None
    also_seen: Rect | None = None
