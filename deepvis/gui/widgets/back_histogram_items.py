"""What is drawn in a gradient's histogram. Imports pyqtgraph: import this only where one is about to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.gui.widgets.step_items import HEADROOM, StepItems

if TYPE_CHECKING:
    from numpy.typing import NDArray


class BackHistogramItems(StepItems):
    """The pyqtgraph items.

    Heights are logarithmic: most of a gradient is near zero, and what is seen of it is the rest.
    """

    def __init__(self) -> None:
        super().__init__("values (log heights)")
        self.edges: NDArray[np.float64] = np.array([0.0, 1.0])

    def draw(self, counts: NDArray[np.int64], extent: tuple[float, float]) -> None:
        """Draw the steps: int64 `(bins,)` from the lowest to the highest value."""
        low, high = extent if extent[1] > extent[0] else (extent[0] - 0.5, extent[0] + 0.5)
        self.edges = np.linspace(low, high, len(counts) + 1)
        heights = np.log10(1.0 + counts)
        self._curve.setFillLevel(0.0)
        self._curve.setData(self.edges, heights, stepMode="center")
        self._zero.setVisible(low <= 0 <= high)
        self._item.setXRange(low, high, padding=0.025)
        self._item.setYRange(0, max(1.0, float(heights.max())) * HEADROOM, padding=0)

    def bin_at(self, x: int) -> int:
        """The bin at a column of the plot, cut to the range."""
        place = np.searchsorted(self.edges, self._value_at(x), side="right") - 1
        return int(np.clip(place, 0, len(self.edges) - 2))
