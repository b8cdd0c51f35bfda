"""Pages of a network's weights: of one unit, of a layer, and how similar its units' weights are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.imaging.kernels import kernel_pictures, signed_pictures
from deepvis.live.layer_order import side_by_side
from deepvis.live.recent import Recent
from deepvis.live.weight_records import (
    InputKernel,
    LayerWeightsPage,
    UnitWeightsFigures,
    UnitWeightsPage,
    WeightCorrelationPage,
)
from deepvis.records import UnitId, WeightTiles
from deepvis.statistics.weight_figures import correlation, figures, histogram

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import TypeVar

    from numpy.typing import NDArray

    from deepvis.live.errand import Errand
    from deepvis.models.unit_weights import UnitWeights, WeightSource
    from deepvis.statistics.weight_figures import WeightFigures

    T = TypeVar("T")

REMEMBERED_BYTES = 256 << 20
"""Of figures and correlations of the layers looked at last."""

MOST_KERNELS = 24
"""Of one unit's inputs that get a picture."""
NOTHING = 1e-3
"""A unit whose weights are all below this part of the layer's largest has no kernel to speak of."""
MOST_CORRELATED = 4096
"""Units of a layer whose correlation is computed: its size goes with their square."""

TOO_MANY = (
    "The correlation of the weights of {layer} is left out: its {units:,} units would make a matrix of {size:,.0f} MB. "
    "It is computed for layers of up to {most:,} units."
)


class WeightPages:
    """Makes pages, and remembers what took time.

    Args:
        model: key of the model.
        source: its weights.
    """

    def __init__(self, model: str, source: WeightSource) -> None:
        self.model = model
        self._source = source
        self._weights: tuple[str, UnitWeights | str] | None = None
        self._kept: Recent[object] = Recent(REMEMBERED_BYTES)

    def weights(self, layer: str) -> UnitWeights | str:
        """The weights of a layer's units, or a sentence that says why it has none."""
        # of one layer at a time: they may share the network's memory, and may be a copy of 400 MB
        if self._weights is None or self._weights[0] != layer:
            self._weights = (layer, self._source.read(layer))
        return self._weights[1]

    def figures(self, weights: UnitWeights, errand: Errand) -> WeightFigures:
        """Figures of every unit of a layer."""
        make = lambda: figures(weights.kernels, errand.go_on)  # noqa: E731  (as short as a name for it)
        return self._remembered(("figures", weights.layer), make, lambda made: made.norm.nbytes * 6)

    def unit(self, layer: str, unit: int, errand: Errand) -> UnitWeightsPage:
        """The page of one unit.

        Raises:
            Superseded: the errand is over.
        """
        address = UnitId(self.model, layer, unit)
        weights = self.weights(layer)
        if isinstance(weights, str):
            return UnitWeightsPage(address, weights)
        kernel = weights.kernels[unit]
        whole = whole_pictures(weights, np.arange(unit, unit + 1)) if len(kernel) <= 1 or weights.sees_picture else None
        return UnitWeightsPage(
            address,
            words=_unit_words(weights, unit),
            figures=unit_figures(weights, self.figures(weights, errand), unit),
            whole_rgb=None if whole is None or weights.kernel_size == (1, 1) else whole[0],
            kernels=strongest(weights, unit) if whole is None or weights.kernel_size == (1, 1) else (),
            inputs=len(kernel),
            kernel_size=weights.kernel_size,
        )

    def layer(self, layer: str, errand: Errand) -> LayerWeightsPage:
        """The page of a layer.

        Raises:
            Superseded: the errand is over.
        """
        weights = self.weights(layer)
        if isinstance(weights, str):
            return LayerWeightsPage(self.model, layer, weights)
        return self._remembered(("layer", layer), lambda: self._layer(weights, errand), lambda _: 4096)

    def _layer(self, weights: UnitWeights, errand: Errand) -> LayerWeightsPage:
        suited, choices = tile_choices(weights)
        return LayerWeightsPage(
            self.model,
            weights.layer,
            words=layer_words(weights),
            weights=histogram(weights.kernels, errand.go_on),
            biases=None if weights.bias is None else histogram(weights.bias),
            count=weights.kernels.size,
            figures=self.figures(weights, errand),
            bias=weights.bias,
            suited=suited,
            choices=choices,
        )

    def correlation(self, layer: str, errand: Errand) -> WeightCorrelationPage:
        """How similar the weights of a layer's units are, in an order that shows it.

        Raises:
            Superseded: the errand is over.
        """
        weights = self.weights(layer)
        if isinstance(weights, str):
            return WeightCorrelationPage(self.model, layer, problem=weights)
        if weights.units > MOST_CORRELATED:
            size = weights.units**2 * 4 / 1e6
            told = TOO_MANY.format(layer=layer, units=weights.units, size=size, most=MOST_CORRELATED)
            return WeightCorrelationPage(self.model, layer, problem=told)
        matrix = self._remembered(
            ("matrix", layer), lambda: correlation(weights.kernels, errand.go_on), lambda made: made.nbytes
        )
        order = self._remembered(("order", layer), lambda: side_by_side(matrix, errand.go_on), lambda made: made.nbytes)
        return WeightCorrelationPage(self.model, layer, matrix, order, words=weights.words)

    def _remembered(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        known = self._kept.get(key)
        if known is None:
            made = make()
            self._kept.put(key, made, size(made))
            return made
        return known  # type: ignore[return-value]  # a key is only ever used for one kind


def unit_figures(weights: UnitWeights, of_layer: WeightFigures, unit: int) -> UnitWeightsFigures:
    """The figures of one unit."""
    return UnitWeightsFigures(
        histogram(weights.kernels[unit].reshape(-1)),
        None if weights.bias is None else float(weights.bias[unit]),
        float(of_layer.norm[unit]),
        int(of_layer.rank[unit]),
        weights.units,
        float(of_layer.mean[unit]),
        float(of_layer.near_zero[unit]),
        weights.kernels[unit].size,
    )


def tile_choices(weights: UnitWeights) -> tuple[WeightTiles, frozenset[WeightTiles]]:
    """What suits a grid of this layer's weights, and what it can show."""
    if weights.kernel_size == (1, 1):
        return WeightTiles.HISTOGRAMS, frozenset({WeightTiles.HISTOGRAMS})
    one_picture = weights.sees_picture or weights.kernels.shape[1] == 1
    return WeightTiles.KERNELS if one_picture else WeightTiles.HISTOGRAMS, frozenset(WeightTiles)


def whole_pictures(weights: UnitWeights, units: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Kernels that are one picture: over the colors of the network's input, or over a single input.

    Returns:
        uint8 `(units, height, width, 3)`, each over its own range; a kernel of next to nothing is gray.
    """
    reach = float(np.abs(np.nan_to_num(weights.kernels, nan=0, posinf=0, neginf=0)).max(initial=0))
    return kernel_pictures(np.asarray(weights.kernels[units]), NOTHING * reach)


def strongest(weights: UnitWeights, unit: int, most: int = MOST_KERNELS) -> tuple[InputKernel, ...]:
    """A unit's kernels by input, the longest first, all over one range of gray."""
    kernels = np.nan_to_num(weights.kernels[unit], nan=0, posinf=0, neginf=0)
    norms = np.sqrt((kernels.astype(np.float64) ** 2).sum(axis=(1, 2)))
    first = np.argsort(-norms, kind="stable")[:most]
    chosen = kernels[first]
    pictures = signed_pictures(chosen, float(np.abs(kernels).max(initial=0)))
    flat = chosen.reshape(len(chosen), -1)
    values = flat[np.arange(len(flat)), np.abs(flat).argmax(axis=1)]
    start = weights.first_input(unit)
    return tuple(
        InputKernel(start + int(number), float(norms[number]), picture, float(value))
        for number, picture, value in zip(first, pictures, values, strict=True)
    )


def layer_words(weights: UnitWeights) -> str:
    """`weights of conv_stem, before normalization: 32 units × 3 inputs × 3×3`."""
    units, inputs, height, width = weights.kernels.shape
    size = f" × {height}×{width}" if height * width > 1 else ""
    of = " of its group" if weights.groups > 1 and inputs > 1 else ""
    return f"{weights.words}: {units:,} units × {inputs:,} {'input' if inputs == 1 else 'inputs'}{of}{size}"


def _unit_words(weights: UnitWeights, unit: int) -> str:
    alone = weights.kernels.shape[1] == 1 and not weights.sees_picture
    return f"{weights.words}, on input {weights.first_input(unit)} alone" if alone else weights.words
