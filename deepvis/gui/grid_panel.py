"""The middle of the window: what is shown, how it is colored, the grid itself, and what the colors mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QStackedWidget, QToolButton, QVBoxLayout, QWidget

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

    from PyQt6.QtGui import QResizeEvent

    from deepvis.live.result import GridPicture
    from deepvis.live.summary import ColorScale
    from deepvis.records import LayerInfo, View

SCALING_TIP = "What one range of colors is for: all tiles of the layer together, or each tile alone (P)"
INDIVIDUAL_TIP = "Individual boost. 0: one range for all tiles; 1: each tile uses its own full range (Shift+T)"
GAMMA_TIP = "Gamma boost. 1: colors follow the values; below 1, weak values become visible (T)"
TITLE_WIDTH = 64
"""The least that a layer's name gets; where there is more room, it and not the detail is shown whole."""


class GridPanel(QWidget):
    """Header with choices, the grid or the enlarged unit on the `stage`, and the color bar.

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
        self.stage = QStackedWidget()
        self._title = ElidedLabel("text", Qt.TextElideMode.ElideMiddle)
        self._title.setFont(strong(self.font()))
        self._detail = ElidedLabel("muted")
        self._choices = {
            "scaling": self._combo("scaling", [(f"per {kind}", kind) for kind in Scaling], SCALING_TIP),
            "individual": self._combo(
                "individual", [(f"boost {step:g}", step) for step in INDIVIDUAL_STEPS], INDIVIDUAL_TIP
            ),
            "gamma": self._combo("gamma", [(f"γ {step:g}", step) for step in GAMMA_STEPS], GAMMA_TIP),
            "colormap": self._combo("colormap", [(name, name) for name in COLORMAPS], "Color map (M)"),
            "sort": self._combo("sort", [(f"by {kind}", kind) for kind in Sort], "Order of the units (Shift+P)"),
        }
        self._hide_dead = QToolButton()
        self._build()

    def show_layer(self, layer: LayerInfo | None, detail: str) -> None:
        """Name the layer above the grid."""
        self._title.set_text(layer.name if layer is not None else "")
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

    def show_grid(self, picture: GridPicture, scale: ColorScale, unit: int, position: tuple[int, int] | None) -> None:
        """Show another mosaic, and the scale of the selected unit's tile."""
        self.grid.set_message("")
        self.grid.set_mosaic(picture.bgrx, picture.layout, unit, position)
        note = f"unit {unit}" if scale.per_unit else ""
        self.color_bar.set_scale(scale.low, scale.high, table(scale.colormap), note)

    def show_problem(self, sentence: str) -> None:
        """Say why there is no grid."""
        self.grid.clear()
        self.grid.set_message(sentence)
        self.color_bar.set_mark(None)

    @property
    def is_enlarged(self) -> bool:
        """The selected unit is shown in place of the grid."""
        return self.stage.currentWidget() is self.enlarged

    def set_enlarged(self, on: bool) -> None:
        """Show the selected unit in place of the grid, or the grid again."""
        if on != self.is_enlarged:
            self.stage.setCurrentWidget(self.enlarged if on else self.grid)
            self.enlarged_changed.emit(on)

    def _build(self) -> None:
        self.setObjectName("grid_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._hide_dead.setText("hide dead")
        self._hide_dead.setProperty("compact", True)
        self._hide_dead.setCheckable(True)
        self._hide_dead.setToolTip("Leave out units that have not answered since the layer was chosen (Ctrl+D)")
        self._hide_dead.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._hide_dead.clicked.connect(lambda on: self.grid_choice_made.emit("hide_dead", on))
        header = QHBoxLayout()
        header.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        header.setSpacing(SPACE // 2)
        header.addWidget(_Heading(self._title, self._detail), 1)
        header.addWidget(self._choices["sort"])
        header.addWidget(self._hide_dead)
        # what the colors mean and how they are chosen belong together
        footer = QHBoxLayout()
        footer.setContentsMargins(0, 0, SPACE, 0)
        footer.setSpacing(SPACE // 2)
        footer.addWidget(self.color_bar, 1)
        for name in ("scaling", "individual", "gamma", "colormap"):
            footer.addWidget(self._choices[name])
        self.enlarged.double_clicked.connect(lambda: self.set_enlarged(False))
        self.stage.addWidget(self.grid)
        self.stage.addWidget(self.enlarged)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(header)
        column.addWidget(self.stage, 1)
        column.addLayout(footer)

    def _combo(self, name: str, options: Iterable[tuple[str, object]], tip: str) -> QComboBox:
        combo = QComboBox()
        for text, value in options:
            combo.addItem(text, value)
        combo.setToolTip(tip)
        combo.setProperty("compact", True)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        # letters are commands in this window: a focused list would swallow them
        combo.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        combo.activated.connect(lambda _index: self.grid_choice_made.emit(name, combo.currentData()))
        return combo


class _Heading(QWidget):
    """The layer's name, whole as long as there is room, and what is known of it in the room that is left."""

    def __init__(self, title: ElidedLabel, detail: ElidedLabel) -> None:
        super().__init__()
        self._title = title
        self._detail = detail
        for label in (title, detail):
            label.setParent(self)
        self.setMinimumWidth(TITLE_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        title.text_changed.connect(self._place)

    def sizeHint(self) -> QSize:
        return QSize(300, self._title.sizeHint().height())

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        self._place()

    def _place(self) -> None:
        wide = min(self._title.sizeHint().width(), self.width())
        left = wide + SPACE
        self._title.setGeometry(0, 0, wide, self.height())
        self._detail.setGeometry(left, 0, max(0, self.width() - left), self.height())
