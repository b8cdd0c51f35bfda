"""What the weights thread sends: kept, and passed on where it is about what is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from deepvis.records import Stage, UnitId

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.live.pages import PatternPicture
    from deepvis.live.session import LiveSession
    from deepvis.live.weight_records import LayerWeightsPage, UnitWeightsPage, WeightCorrelationPage
    from deepvis.records import View


class WeightNews(QObject):
    """The latest of each kind; it may be about another unit or layer.

    Args:
        session: brings it.
        view: what is looked at now.
        parent: owns it.

    Attributes:
        unit: weights of a unit.
        layer: weights of a layer.
        grid: a tile per unit of a layer.
        correlation: how similar the units of a layer are.

    Signals:
        unit_arrived: the weights of the selected unit.
        layer_arrived: those of the viewed layer.
        grid_arrived: the grid of the viewed layer.
        correlation_arrived: how similar the viewed layer's units are.
    """

    unit_arrived = pyqtSignal(object)
    layer_arrived = pyqtSignal(object)
    grid_arrived = pyqtSignal(object)
    correlation_arrived = pyqtSignal(object)

    def __init__(self, session: LiveSession, view: Callable[[], View], parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._asked = view
        self.forget()

    @property
    def _view(self) -> View:
        return self._asked()

    def forget(self) -> None:
        """Another network runs."""
        self.unit: UnitWeightsPage | None = None
        self.layer: LayerWeightsPage | None = None
        self.grid: PatternPicture | None = None
        self.correlation: WeightCorrelationPage | None = None

    def pass_on(self) -> None:
        """Another unit is selected; what was kept may be about it."""
        if self.unit is not None and self.unit.unit == _unit(self._view):
            self.unit_arrived.emit(self.unit)

    def fetch(self) -> None:
        """Take everything there is."""
        unit, layer = self._session.take_unit_weights(), self._session.take_layer_weights()
        grid, correlation = self._session.take_weight_grid(), self._session.take_weight_correlation()
        self.unit, self.layer = unit or self.unit, layer or self.layer
        self.grid, self.correlation = grid or self.grid, correlation or self.correlation
        if unit is not None and unit.unit == _unit(self._view):
            self.unit_arrived.emit(unit)
        if layer is not None and self.present_layer() is layer:
            self.layer_arrived.emit(layer)
        if grid is not None and self.present_grid() is grid:
            self.grid_arrived.emit(grid)
        if correlation is not None and self.present_correlation() is correlation:
            self.correlation_arrived.emit(correlation)

    def present_layer(self) -> LayerWeightsPage | None:
        """The page of the viewed layer, where it is there."""
        found = self.layer
        return found if found is not None and (found.model, found.layer) == _layer(self._view) else None

    def present_grid(self) -> PatternPicture | None:
        """The grid that is asked for, its zoom and the size of the pane apart, where it is there."""
        found, view = self.grid, self._view
        if found is None or view.stage is not Stage.WEIGHTS:
            return None
        same = (*_layer(found.view), found.view.weight_tiles) == (*_layer(view), view.weight_tiles)
        return found if same else None

    def present_correlation(self) -> WeightCorrelationPage | None:
        """The correlation of the viewed layer, where it is there."""
        found = self.correlation
        return found if found is not None and (found.model, found.layer) == _layer(self._view) else None


def _layer(view: View) -> tuple[str, str]:
    return view.model, view.layer


def _unit(view: View) -> UnitId:
    return UnitId(view.model, view.layer, view.unit)
