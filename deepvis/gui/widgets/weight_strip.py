"""Below the grid of weights: how the weights and the biases of the whole layer are distributed, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from deepvis.gui.figures import number
from deepvis.gui.theme import SPACE
from deepvis.gui.widgets.bar_histogram import BarHistogram

if TYPE_CHECKING:
    from deepvis.live.weight_records import LayerWeightsPage

_BARS = 84
NO_BIAS = "These units have no bias of their own."


class WeightStrip(QWidget):
    """Two histograms."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.weights = BarHistogram("Weights", _BARS)
        self.biases = BarHistogram("Biases", _BARS)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, SPACE, SPACE, 0)
        row.setSpacing(3 * SPACE)
        row.addWidget(self.weights, 1)
        row.addWidget(self.biases, 1)

    def set_page(self, page: LayerWeightsPage | None) -> None:
        """Show a layer; None takes away what was shown."""
        if page is None:
            self.weights.set_histogram(None)
            self.biases.set_histogram(None)
            return
        self.weights.set_histogram(page.weights, f"{page.count:,} of the layer")
        if page.bias is None:
            self.biases.set_histogram(None, sentence=NO_BIAS)
        else:
            mean = number(float(np.nan_to_num(page.bias).mean()))
            self.biases.set_histogram(page.biases, f"{len(page.bias):,} of the layer, mean {mean}")
