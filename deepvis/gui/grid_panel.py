"""The middle of the window: what is shown, how it is colored, the grid itself, and what the colors mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from deepvis.config import GAMMA_STEPS, INDIVIDUAL_STEPS
from deepvis.gui.theme import SPACE, strong
from deepvis.gui.widgets.color_bar import ColorBar
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.grid_view import GridPane
from deepvis.gui.widgets.unit_view import UnitView
from deepvis.imaging.colormap import COLORMAPS, table
from deepvis.records import Scaling, Sort

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis.live.result import GridPicture
    from deepvis.records import LayerInfo, View


class GridPanel(QWidget):
    """Header with choices, the grid or the enlarged unit, and the color bar.

    Signals:
        grid_choice_made: name of a `GridView` field and its new value.
        enlarged_changed: the selected unit took the grid's place, or gave it back.
    """

    grid_choice_made = pyqtSignal(str, object)
    enlarged_changed = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = GridPane()
        self.enlarged = UnitView()
        self.color_bar = ColorBar()
        self._title = QLabel()
        self._title.setFont(strong(self.font()))
        self._detail = ElidedLabel("muted")
        self._stack = QStackedWidget()
        self._choices = {
            "scaling": self._combo("scaling", [(f"per {kind}", kind) for kind in Scaling], "Range of the colors (P)"),
            "individual": self._combo(
                "individual", [(f"boost {step:g}", step) for step in INDIVIDUAL_STEPS], "Individual boost (Shift+T)"
            ),
            "gamma": self._combo("gamma", [(f"γ {step:g}", step) for step in GAMMA_STEPS], "Gamma boost (T)"),
            "colormap": self._combo("colormap", [(name, name) for name in COLORMAPS], "Color map (M)"),
            "sort": self._combo("sort", [(str(kind), kind) for kind in Sort], "Order of the units (Shift+P)"),
        }
        self._hide_dead = QToolButton()
        self._build()

    def show_layer(self, layer: LayerInfo | None, detail: str) -> None:
        """Name the layer above the grid."""
        self._title.setText(layer.name if layer is not None else "")
        self._detail.set_text(detail)
        if layer is not None:
            self.grid.set_map_size(layer.height, layer.width)
            self.enlarged.set_map_size(layer.height, layer.width)

    def show_view(self, view: View) -> None:
        """Bring the choices in line with a view."""
        for name, combo in self._choices.items():
            place = combo.findData(getattr(view.grid, name))
            if place != combo.currentIndex():
                combo.setCurrentIndex(place)
        self._hide_dead.setChecked(view.grid.hide_dead)
        self.grid.set_view(view.grid.zoom, view.grid.center_row, view.grid.center_column)
        self.grid.set_selection(view.unit, view.position)

    def show_grid(self, picture: GridPicture, unit: int, position: tuple[int, int] | None) -> None:
        """Show another mosaic and its scale."""
        self.grid.set_message("")
        self.grid.set_mosaic(picture.bgrx, picture.layout, unit, position)
        note = "per unit" if picture.scale.per_unit else ""
        self.color_bar.set_scale(picture.scale.low, picture.scale.high, table(picture.scale.colormap), note)

    def show_problem(self, sentence: str) -> None:
        """Say why there is no grid."""
        self.grid.clear()
        self.grid.set_message(sentence)
        self.color_bar.set_mark(None)

    @property
    def is_enlarged(self) -> bool:
        """The selected unit is shown in place of the grid."""
        return self._stack.currentWidget() is self.enlarged

    def set_enlarged(self, on: bool) -> None:
        """Show the selected unit in place of the grid, or the grid again."""
        if on != self.is_enlarged:
            self._stack.setCurrentWidget(self.enlarged if on else self.grid)
            self.enlarged_changed.emit(on)

    def _build(self) -> None:
        self.setObjectName("grid_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._hide_dead.setText("hide dead")
        self._hide_dead.setCheckable(True)
        self._hide_dead.setToolTip("Leave out units that have not answered since the layer was chosen (Ctrl+D)")
        self._hide_dead.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._hide_dead.clicked.connect(lambda on: self.grid_choice_made.emit("hide_dead", on))
        header = QHBoxLayout()
        header.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        header.setSpacing(SPACE // 2)
        header.addWidget(self._title)
        header.addSpacing(SPACE // 2)
        header.addWidget(self._detail, 1)
        for widget in (*(self._choices[name] for name in ("individual", "gamma", "sort")), self._hide_dead):
            header.addWidget(widget)
        # what the colors mean and how they are chosen belong together
        footer = QHBoxLayout()
        footer.setContentsMargins(0, 0, SPACE, 0)
        footer.setSpacing(SPACE // 2)
        footer.addWidget(self.color_bar, 1)
        for name in ("scaling", "colormap"):
            footer.addWidget(self._choices[name])
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.enlarged)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(header)
        column.addWidget(self._stack, 1)
        column.addLayout(footer)

    def _combo(self, name: str, options: Iterable[tuple[str, object]], tip: str) -> QComboBox:
        combo = QComboBox()
        for text, value in options:
            combo.addItem(text, value)
        combo.setToolTip(tip)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        # letters are commands in this window: a focused list would swallow them
        combo.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        combo.activated.connect(lambda _index: self.grid_choice_made.emit(name, combo.currentData()))
        return combo
