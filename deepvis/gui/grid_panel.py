"""The middle of the window: which page of the layer is shown, how it is colored, and what the colors mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from deepvis.config import GAMMA_STEPS, INDIVIDUAL_STEPS
from deepvis.gui.theme import SPACE, strong
from deepvis.gui.widgets.back_picture import BackPicture
from deepvis.gui.widgets.color_bar import ColorBar
from deepvis.gui.widgets.compact_combo import CompactCombo
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.grid_view import GridPane
from deepvis.gui.widgets.notice import Notice
from deepvis.gui.widgets.unit_view import UnitView
from deepvis.gui.widgets.weight_strip import WeightStrip
from deepvis.imaging.colormap import COLORMAPS, table
from deepvis.live.pages import PATTERN_STAGES, asks_for_tiles
from deepvis.records import Scaling, Sort, Stage, WeightTiles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PyQt6.QtGui import QResizeEvent

    from deepvis.gui.widgets.activity_page import ActivityPage
    from deepvis.gui.widgets.correlation_page import CorrelationPage
    from deepvis.live.pages import PatternPicture
    from deepvis.live.result import GridPicture
    from deepvis.live.summary import ColorScale
    from deepvis.records import LayerInfo, View

SCALING_TIP = "What one range of colors is for: all tiles of the layer together, or each tile alone (P)"
INDIVIDUAL_TIP = "Individual boost. 0: one range for all tiles; 1: each tile uses its own full range (Shift+T)"
SORT_TIP = "Order of the units, by their values now or, of exemplars, in the data set (Shift+P)"
HIDE_TIP = "Leave out units that have not answered since the layer was chosen, or in the whole data set (Ctrl+D)"
EMPTY_TIP = "Leave out units that have no synthesized picture yet (Ctrl+D)"
GAMMA_TIP = "Gamma boost. 1: colors follow the values; below 1, weak values become visible (T)"
TILES_TIP = "What is shown of each unit's weights: small pictures of its kernels, or how its weights are distributed"
STAGE_TIP = "What is shown of the layer (S)"
EACH_TIP = "A histogram for each unit, or the figures of the layer"
ALL_TIP = "All pictures of each unit in its tile, or the best alone (1)"
SCAN = "Scan a folder of images…"
SYNTHESIZE = "Synthesize this unit"
TITLE_WIDTH = 64
"""The least that a layer's name gets; where there is more room, it and not the detail is shown whole."""
LEGIBLE = 160
"""So many logical pixels tell of what the grid is, however long the rest would be."""
GRADIENTS = "gradients"
"""In the list of pages: the grid of maps, with gradients in it."""


class GridPanel(QWidget):
    """Header with choices, the page, the grid or what is enlarged on the `stage`, and what the colors mean.

    Signals:
        grid_choice_made: name of a `GridView` field and its new value.
        enlarged_changed: something took the grid's place, or gave it back.
        stage_chosen: another `Stage`.
        gradients_chosen: gradients in the grid of maps, or activations.
        all_chosen: all exemplars of each unit, or its best.
        tiles_chosen: other `WeightTiles`.
        each_chosen: a histogram for each unit, or the figures of the layer.
        scan_asked: the button of an empty page was clicked.
        synthesize_asked: the same on the page of synthesized pictures.
        page_made: a page was made, for it was needed for the first time: its `Stage` and the widget.
    """

    grid_choice_made = pyqtSignal(str, object)
    enlarged_changed = pyqtSignal(bool)
    stage_chosen = pyqtSignal(object)
    gradients_chosen = pyqtSignal(bool)
    all_chosen = pyqtSignal(bool)
    tiles_chosen = pyqtSignal(object)
    each_chosen = pyqtSignal(bool)
    scan_asked = pyqtSignal()
    synthesize_asked = pyqtSignal()
    page_made = pyqtSignal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = GridPane()
        self.enlarged = UnitView()
        self.back = BackPicture()
        self.color_bar = ColorBar()
        self.stage = QStackedWidget()
        self.notice = Notice(SCAN)
        self.weight_strip = WeightStrip()
        self._shown, self._in_tiles = Stage.ACTIVATIONS, False
        self._large: UnitView | BackPicture | None = None
        self._is_empty = False
        self._activity: ActivityPage | None = None
        self._correlation: CorrelationPage | None = None
        self._footer = QStackedWidget()
        self._words = ElidedLabel("muted")
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
            "sort": self._combo("sort", [(f"by {kind}", kind) for kind in Sort], SORT_TIP),
        }
        self._stages, self._tiles = CompactCombo(), CompactCombo()
        self._hide_dead = self._toggle("hide dead", HIDE_TIP)
        self._all, self._each = self._toggle("all images", ALL_TIP), self._toggle("each unit", EACH_TIP)
        self._build()

    def show_layer(self, layer: LayerInfo | None, detail: str) -> None:
        """Name the layer above the grid."""
        self._title.set_text(layer.name if layer is not None else "")
        self._detail.set_text(detail)
        if layer is not None:
            # a place on an exemplar is no place in the map
            live = self._shown is Stage.ACTIVATIONS
            self.grid.set_map_size(*((layer.height, layer.width) if live else (1, 1)))
            self.enlarged.set_map_size(layer.height, layer.width)

    def show_view(self, view: View) -> None:
        """Bring page and choices in line with a view."""
        if (view.stage, asks_for_tiles(view)) != (self._shown, self._in_tiles):
            self._in_tiles = asks_for_tiles(view)
            self._turn_to(view.stage)
        shows_gradients = view.back.gradients and view.stage is Stage.ACTIVATIONS
        self._stages.setCurrentIndex(self._stages.findData(GRADIENTS if shows_gradients else view.stage))
        self._all.setChecked(view.all_patterns)
        self._each.setChecked(view.unit_histograms)
        for name, combo in self._choices.items():
            place = combo.findData(getattr(view.grid, name))
            if place != combo.currentIndex():
                combo.setCurrentIndex(place)
        self._hide_dead.setChecked(view.grid.hide_dead)
        self.grid.set_view(view.grid.zoom, view.grid.center_row, view.grid.center_column)
        self.grid.set_selection(view.unit, view.position if view.stage is Stage.ACTIVATIONS else None)

    def show_grid(self, picture: GridPicture, scale: ColorScale, unit: int, position: tuple[int, int] | None) -> None:
        """Show another mosaic of maps, and the scale of the selected unit's tile; nothing happens on other pages."""
        if self._shown is not Stage.ACTIVATIONS:
            return
        self.grid.set_message("")
        self.grid.set_mosaic(picture.bgrx, picture.layout, unit, position)
        note = f"unit {unit}" if scale.per_unit else ""
        self.color_bar.set_scale(scale.low, scale.high, table(scale.colormap), note)

    def show_problem(self, sentence: str) -> None:
        """Say why there is no grid of maps; nothing happens on other pages."""
        if self._shown is not Stage.ACTIVATIONS:
            return
        self.grid.clear()
        self.grid.set_message(sentence)
        self.color_bar.set_mark(None)

    # the pages made from the gallery

    def show_pattern(self, picture: PatternPicture, unit: int, words: str) -> None:
        """Show another grid of pictures, and what it is made of in one line; nothing happens on other pages."""
        wanted = self._in_tiles or self._shown is Stage.WEIGHTS
        if wanted and picture.bgrx is not None and picture.layout is not None:
            self.grid.set_mosaic(picture.bgrx, picture.layout, unit, None)
            self.show_page(words)

    def show_weight_tiles(self, tiles: WeightTiles, choices: frozenset[WeightTiles]) -> None:
        """Say what the tiles are, and what they can be."""
        self._tiles.setCurrentIndex(self._tiles.findData(tiles))
        self._tiles.setEnabled(len(choices) > 1)

    def show_page(self, words: str) -> None:
        """Show the page itself in place of the reason why it is empty, and a line below it."""
        self._is_empty = False
        self.set_words(words)
        self._place()

    def set_words(self, words: str) -> None:
        """Say in one line below the page what it is made of."""
        self._words.set_text(words)

    def show_waiting(self, sentence: str) -> None:
        """Take away what is about another layer; the sentence says what is awaited, empty for nothing yet."""
        self.grid.clear()
        self.show_empty(sentence, offer=False)

    def show_empty(self, sentence: str, *, offer: bool = True) -> None:
        """Say why the page is empty, and offer what fills it; nothing happens on the page of live maps."""
        if self._shown is Stage.ACTIVATIONS:
            return
        self.notice.set_action(SYNTHESIZE if self._shown is Stage.SYNTHESIZED else SCAN)
        self.notice.set_words(sentence, offer=offer)
        self._is_empty = True
        self.set_words("")
        self._place()

    def activity(self) -> ActivityPage:
        """The page of active fractions, made when it is first needed."""
        if self._activity is None:
            from deepvis.gui.widgets.activity_page import ActivityPage  # noqa: PLC0415  (imports pyqtgraph)

            self._activity = ActivityPage()
            self._add_page(Stage.ACTIVITY, self._activity)
        return self._activity

    def correlation(self) -> CorrelationPage:
        """The page of the correlation matrix, made when it is first needed."""
        if self._correlation is None:
            from deepvis.gui.widgets.correlation_page import CorrelationPage  # noqa: PLC0415  (imports pyqtgraph)

            self._correlation = CorrelationPage()
            self._add_page(Stage.CORRELATION, self._correlation)
        return self._correlation

    def _add_page(self, stage: Stage, page: QWidget) -> None:
        self.stage.addWidget(page)
        self.page_made.emit(stage, page)

    @property
    def large(self) -> UnitView | BackPicture | None:
        """What is shown in place of the page: `enlarged`, `back` or nothing."""
        return self._large

    @property
    def is_enlarged(self) -> bool:
        """Something is shown in place of the page."""
        return self._large is not None

    def set_enlarged(self, on: bool) -> None:
        """Show the selected unit in place of the page, or the page again."""
        self.enlarge(self.enlarged if on else None)

    def enlarge(self, pane: UnitView | BackPicture | None) -> None:
        """Show the selected unit or the backward view in place of the page; None for the page again."""
        if pane is not self._large:
            self._large = pane
            self._place()
            self.enlarged_changed.emit(pane is not None)

    def _turn_to(self, stage: Stage) -> None:
        """Another page: the mosaic of the one before is not shown under its name."""
        self._shown = stage
        live = stage is Stage.ACTIVATIONS
        self.grid.clear()
        self.grid.set_message("")
        self.set_words("")
        self._is_empty = not live and stage is not Stage.WEIGHTS and not self._in_tiles
        self.notice.set_words("", offer=False)
        for widget in (self._choices["sort"], self._hide_dead):
            widget.setVisible(live or self._in_tiles)
        self._tiles.setVisible(stage is Stage.WEIGHTS)
        self._each.setVisible(stage is Stage.ACTIVITY)
        made = stage is Stage.SYNTHESIZED
        self._hide_dead.setText("hide empty" if made else "hide dead")
        self._hide_dead.setToolTip(EMPTY_TIP if made else HIDE_TIP)
        self._footer.setCurrentIndex(0 if live else 1)
        self.set_enlarged(False)
        self._place()

    def _choose_page(self) -> None:
        page = self._stages.currentData()
        if page == GRADIENTS or page is Stage.ACTIVATIONS:
            self.gradients_chosen.emit(page == GRADIENTS)
        if page != GRADIENTS:
            self.stage_chosen.emit(page)

    def _ask(self) -> None:
        (self.synthesize_asked if self._shown is Stage.SYNTHESIZED else self.scan_asked).emit()

    def _place(self) -> None:
        """Bring the widget to the front that is to be seen."""
        matrix = self._correlation
        pages = {Stage.ACTIVITY: self._activity, Stage.CORRELATION: matrix, Stage.WEIGHT_CORRELATION: matrix}
        if self._large is not None:
            front: QWidget = self._large
        elif self._is_empty and self._shown is not Stage.ACTIVATIONS:
            front = self.notice
        else:
            front = self.grid if self._in_tiles else pages.get(self._shown) or self.grid
        self.stage.setCurrentWidget(front)
        self._all.setVisible(self._shown in PATTERN_STAGES and not self._is_empty)
        # already while the grid is awaited: it would have to be drawn again at another size
        said = self._is_empty and bool(self.notice.words())
        self.weight_strip.setVisible(self._shown is Stage.WEIGHTS and self._large is None and not said)

    def _build(self) -> None:
        self.setObjectName("grid_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._hide_dead.clicked.connect(lambda on: self.grid_choice_made.emit("hide_dead", on))
        self._all.clicked.connect(self.all_chosen)
        self._all.hide()
        for stage in Stage:
            self._stages.addItem(str(stage), stage)
        self._stages.insertItem(1, GRADIENTS, GRADIENTS)
        for tiles in WeightTiles:
            self._tiles.addItem(str(tiles), tiles)
        self._dress(self._tiles, TILES_TIP)
        self._tiles.activated.connect(lambda _index: self.tiles_chosen.emit(self._tiles.currentData()))
        self._each.clicked.connect(self.each_chosen)
        for hidden in (self._tiles, self._each, self.weight_strip):
            hidden.hide()
        self._dress(self._stages, STAGE_TIP)
        self._stages.activated.connect(lambda _index: self._choose_page())
        self.notice.action_clicked.connect(self._ask)
        self.enlarged.double_clicked.connect(lambda: self.set_enlarged(False))
        for widget in (self.grid, self.enlarged, self.back, self.notice):
            self.stage.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._header())
        column.addWidget(self.stage, 1)
        column.addWidget(self.weight_strip)
        column.addWidget(self._build_footer())

    def _header(self) -> QHBoxLayout:
        header = QHBoxLayout()
        header.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        header.setSpacing(SPACE // 2)
        header.addWidget(_Heading(self._title, self._detail), 1)
        for widget in (self._stages, self._tiles, self._each, self._choices["sort"], self._hide_dead):
            header.addWidget(widget)
        return header

    def _build_footer(self) -> QStackedWidget:
        """What the colors mean and how they are chosen belong together; other pages say in one line what they hold."""
        colors, words = QWidget(), QWidget()
        row = QHBoxLayout(colors)
        row.setContentsMargins(0, 0, SPACE, 0)
        row.setSpacing(SPACE // 2)
        row.addWidget(self.color_bar, 1)
        for name in ("scaling", "individual", "gamma", "colormap"):
            row.addWidget(self._choices[name])
        line = QHBoxLayout(words)
        line.setContentsMargins(SPACE, 0, SPACE, 0)
        line.setSpacing(SPACE)
        line.addWidget(self._words, 1)
        line.addWidget(self._all)
        for widget in (colors, words):
            self._footer.addWidget(widget)
        self._footer.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        return self._footer

    def _combo(self, name: str, options: Iterable[tuple[str, object]], tip: str) -> QComboBox:
        combo = CompactCombo()
        for text, value in options:
            combo.addItem(text, value)
        self._dress(combo, tip)
        combo.activated.connect(lambda _index: self.grid_choice_made.emit(name, combo.currentData()))
        return combo

    def _toggle(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setCheckable(True)
        self._dress(button, tip)
        return button

    def _dress(self, choice: QComboBox | QToolButton, tip: str) -> None:
        choice.setToolTip(tip)
        choice.setProperty("compact", True)
        # letters are commands in this window: a focused list would swallow them
        choice.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if isinstance(choice, QComboBox):
            choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)


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
        detail.text_changed.connect(self._place)

    def sizeHint(self) -> QSize:
        return QSize(300, self._title.sizeHint().height())

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        self._place()

    def _place(self) -> None:
        wide = min(self._title.sizeHint().width(), self.width())
        left = wide + SPACE
        self._title.setGeometry(0, 0, wide, self.height())
        self._detail.setGeometry(left, 0, max(0, self.width() - left), self.height())
        # a letter or two of it say nothing
        known = self._detail.text
        enough = min(QFontMetrics(self._detail.font()).horizontalAdvance(known) // 2, LEGIBLE)
        self._detail.setVisible(self.width() - left >= enough)
        self.setToolTip("" if self._detail.shown_text() == known else f"{self._title.text}  ·  {known}")
