"""What the weights thread makes for the window: figures and pictures of a layer's weights, ready to be painted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis.records import WeightTiles

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.records import UnitId
    from deepvis.statistics.weight_figures import WeightFigures, WeightHistogram


@dataclass(frozen=True, slots=True, eq=False)
class InputKernel:
    """The part of a unit's weights that meets one input: its number, its length, uint8 `(height, width, 3)`."""

    input: int
    norm: float
    rgb: NDArray[np.uint8]
    value: float
    """Its only weight where it has one, else the one of largest magnitude."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitWeightsFigures:
    """Figures of one unit's weights.

    Attributes:
        histogram: of its weights.
        bias: None where the layer has none.
        norm: Euclidean length.
        rank: place of the norm in the layer, 1 for the largest.
        units: of the layer.
        mean: of its weights.
        near_zero: share of weights smaller than a hundredth of its largest, 0..1.
        count: how many weights it has.
    """

    histogram: WeightHistogram
    bias: float | None
    norm: float
    rank: int
    units: int
    mean: float
    near_zero: float
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class UnitWeightsPage:
    """The weights of one unit.

    Attributes:
        unit: whose they are; a late page can be told by it.
        problem: why there are none, a sentence; empty where there are some.
        words: `weights of conv_stem, before normalization`.
        figures: None where there are none.
        whole_rgb: the unit's kernel as one picture, uint8 `(height, width, 3)`; None where it has more inputs than the
            colors of the network's input.
        kernels: by input, strongest first, not all where there are many; none where `whole_rgb` is there.
        inputs: how many inputs there are.
        kernel_size: rows and columns of a kernel.
    """

    unit: UnitId
    problem: str = ""
    words: str = ""
    figures: UnitWeightsFigures | None = None
    whole_rgb: NDArray[np.uint8] | None = None
    kernels: tuple[InputKernel, ...] = ()
    inputs: int = 0
    kernel_size: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class LayerWeightsPage:
    """The weights of a whole layer.

    Attributes:
        model: key of the model.
        layer: name of the layer.
        problem: why there are none, a sentence; empty where there are some.
        words: as in `UnitWeightsPage`, with the shape of the weights.
        weights: histogram of all weights; None where there are none.
        biases: histogram of the biases; None where there are none.
        count: how many weights there are.
        figures: of every unit; None where there are none.
        bias: float32 `(units,)`; None where there is none.
        suited: what the grid shows where nobody chose.
        choices: what it can show: kernels of one weight make no picture.
    """

    model: str
    layer: str
    problem: str = ""
    words: str = ""
    weights: WeightHistogram | None = None
    biases: WeightHistogram | None = None
    count: int = 0
    figures: WeightFigures | None = None
    bias: NDArray[np.float32] | None = None
    suited: WeightTiles = WeightTiles.HISTOGRAMS
    choices: frozenset[WeightTiles] = field(default_factory=lambda: frozenset({WeightTiles.HISTOGRAMS}))

    def tiles(self, wanted: WeightTiles | None) -> WeightTiles:
        """What the grid shows where this is wanted."""
        return wanted if wanted in self.choices and wanted is not None else self.suited


@dataclass(frozen=True, slots=True, eq=False)
class WeightCorrelationPage:
    """How similar the weights of a layer's units are.

    Attributes:
        model: key of the model.
        layer: name of the layer.
        correlation: float32 `(units, units)`, -1..1; None where there is none.
        order: int64 `(units,)`: units in an order that puts similar ones side by side.
        problem: why there is none, a sentence; empty where there is one.
        words: as in `UnitWeightsPage`.
    """

    model: str
    layer: str
    correlation: NDArray[np.float32] | None = None
    order: NDArray[np.int64] | None = None
    problem: str = ""
    words: str = ""
