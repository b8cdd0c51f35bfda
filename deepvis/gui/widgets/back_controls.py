"""The choices of the backward view: how it is drawn, where it starts, how it lies over the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from deepvis.gui.back_moves import BACK_COLORMAPS, CLASS_SEEDS, is_colored
from deepvis.gui.theme import SPACE
from deepvis.gui.widgets.class_field import ClassField
from deepvis.gui.widgets.compact_combo import CompactCombo
from deepvis.records import BackView, Overlay, SeedKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis.records import Backward, ModelInfo

STACKED_WIDTH = 132
"""Logical pixels that the choices take beside the picture."""

_TIGHT = 2
_LOWEST, _LOW, _UNLIMITED = 19, 20, 16777215
"""Height of a choice beside the picture, where it is tight and else, and of one that has the height it wants."""

VIEW_TIP = "How the gradient is drawn (N)"
VIEW_TIPS = {
    BackView.RAW: "The colors; zero is mid gray, the strongest 0.5 % are clipped",
    BackView.GRAY: "The mean over colors; zero is mid gray, the strongest 0.5 % are clipped",
    BackView.NORM: "The length over colors, from the smallest to the largest",
    BackView.NORM_BLUR: "The same, blurred by 4 pixels of the input",
    BackView.SUM: "The sum over colors where it is positive",
    BackView.HISTOGRAM: "How often each value occurs",
}
"""The sentence of each way of drawing."""
SEED_TIPS = {
    SeedKind.CHANNEL: ("whole channel", "Every position of the channel, times its own activation, as in 2015"),
    SeedKind.MAXIMUM: ("its maximum", "The position of the channel's maximum"),
    SeedKind.POSITION: ("chosen position", "The position that was clicked in the unit's map, else the maximum"),
    SeedKind.CLASS: ("a class", "The logit of a class, whatever unit is selected"),
    SeedKind.DIFFERENCE: ("class − class", "The logit of a class minus that of another: why this and not that"),
}
"""Words for a list, and the sentence of its tooltip."""

_OVERLAYS = {Overlay.OFF: "alone", Overlay.ACTIVE: "over active", Overlay.INACTIVE: "over inactive"}
OVERLAY_TIP = "The backward view alone, or the input where it is strong, or where it is weak (Y)"
CHECK_TIP = (
    "Check: the same view with randomized weights, and how alike the two are.\n"
    "A view that stays the same does not depend on what the network has learned (Adebayo et al. 2018)."
)


class BackControls(QWidget):
    """In rows above the picture, or stacked beside it.

    Signals:
        chosen: name of a `Backward` field and its new value.
        check_toggled: compare with randomized weights, or no longer.
    """

    chosen = pyqtSignal(str, object)
    check_toggled = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = self._combo("view", [(str(view), view) for view in BackView], VIEW_TIP)
        self._seed = self._combo("seed", [(words, seed) for seed, (words, _) in SEED_TIPS.items()], "")
        self._colormap = self._combo("colormap", [(name, name) for name in BACK_COLORMAPS], "Color map (M)")
        self._overlay = self._combo("overlay", [(text, overlay) for overlay, text in _OVERLAYS.items()], OVERLAY_TIP)
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._check = QToolButton()
        self.first = ClassField("first answer")
        self.other = ClassField("next answer")
        self._column = QVBoxLayout(self)
        self._top, self._bottom = QGridLayout(), QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._classes = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._stacked = self._brief = False
        self._laid_over = False
        self._colored = False
        self._build()

    def show_back(self, back: Backward) -> None:
        """Bring the choices in line with a view."""
        for name, combo in (("view", self._view), ("colormap", self._colormap), ("overlay", self._overlay)):
            combo.setCurrentIndex(combo.findData(getattr(back, name)))
        self._view.setToolTip(f"{VIEW_TIP}. {VIEW_TIPS[back.view]}")
        start = back if back.origin is None else back.origin
        self._seed.setCurrentIndex(self._seed.findData(start.seed))
        self._seed.setToolTip(f"Where the backward pass starts. {SEED_TIPS[start.seed][1]}")
        for field, shown, index in (
            (self.first, start.seed in CLASS_SEEDS, start.class_index),
            (self.other, start.seed is SeedKind.DIFFERENCE, start.other_class),
        ):
            field.setVisible(shown)
            field.set_chosen(index)
        self._colored, self._laid_over = is_colored(back), back.view is not BackView.HISTOGRAM
        self._check.setChecked(back.checks)
        if not self._opacity.isSliderDown():
            self._opacity.setValue(round(back.opacity * 100))
        self._opacity.setEnabled(self._laid_over and back.overlay is not Overlay.OFF)
        self._place()

    def show_model(self, info: ModelInfo) -> None:
        """Offer the classes of a network."""
        for field in (self.first, self.other):
            field.set_labels(info.labels)

    def set_stacked(self, on: bool) -> None:
        """One below the other, or in rows."""
        if on != self._stacked:
            self._stacked = on
            direction = QBoxLayout.Direction.TopToBottom if on else QBoxLayout.Direction.LeftToRight
            # of two names side by side nothing could be read
            for row in (self._bottom, self._classes):
                row.setDirection(direction)
            for widget in self._rows:
                widget.setMinimumHeight(_LOW if on else 0)
                widget.setMaximumHeight(_LOW if on else _UNLIMITED)
            self._place()

    def set_brief(self, on: bool) -> None:
        """Leave out how the view lies over the input, where there is no room for it."""
        if on != self._brief:
            self._brief = on
            self._place()

    def set_tight(self, on: bool) -> None:
        """Stand closer together beside the picture, where a little height is missing."""
        spacing, height = (_TIGHT, _LOWEST) if on else (SPACE // 2, _LOW)
        for layout in (self._column, self._top, self._classes, self._bottom):
            layout.setSpacing(spacing)
        if self._stacked:
            for widget in self._rows:
                widget.setFixedHeight(height)

    @property
    def _rows(self) -> tuple[QWidget, ...]:
        """All but the slider, which is as high as it is."""
        return (self._view, self._seed, self._check, self.first, self.other, self._colormap, self._overlay)

    def rows_height(self) -> int:
        """What they take above the picture."""
        lines = (1 if self._brief else 2) + (not self.first.isHidden())
        return lines * (self._view.sizeHint().height() + SPACE // 2) + SPACE // 2

    def sizeHint(self) -> QSize:
        """As its layout, but stacked of one width."""
        hint = super().sizeHint()
        return QSize(STACKED_WIDTH, hint.height()) if self._stacked else hint

    def minimumSizeHint(self) -> QSize:
        """Narrow; beside the picture all of them, one below the other."""
        height = super().minimumSizeHint().height() if self._stacked else self.rows_height() - SPACE // 2
        return QSize(60, height)

    def _place(self) -> None:
        """Beside the picture what plays no part is left out; in rows it keeps its place, or the picture would jump."""
        for widget in (self._seed, self._check):
            self._top.removeWidget(widget)
        self._top.addWidget(self._check, 0, 1 if self._stacked else 2)
        self._top.addWidget(
            self._seed, 1 if self._stacked else 0, 0 if self._stacked else 1, 1, 2 if self._stacked else 1
        )
        for widget, plays in ((self._colormap, self._colored), (self._overlay, self._laid_over)):
            widget.setEnabled(plays)
            widget.setVisible(not self._brief and (plays or not self._stacked))
        self._opacity.setVisible(not self._brief and (self._opacity.isEnabled() or not self._stacked))

    def _build(self) -> None:
        self._check.setText("Check")
        self._check.setCheckable(True)
        self._check.setToolTip(CHECK_TIP)
        self._check.setProperty("compact", True)
        self._check.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._check.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._check.clicked.connect(lambda _on: self.check_toggled.emit())
        self._opacity.setRange(0, 100)
        self._opacity.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._opacity.setMinimumWidth(40)
        self._opacity.setToolTip("Opacity of the backward view over the input")
        self._opacity.setAccessibleName("Opacity of the backward view")
        self._opacity.valueChanged.connect(lambda value: self.chosen.emit("opacity", value / 100))
        self.first.class_chosen.connect(lambda index: self.chosen.emit("class_index", index))
        self.other.class_chosen.connect(lambda index: self.chosen.emit("other_class", index))
        self.first.set_tip("The class: type its name or number, or click it in the list of predictions")
        self.other.set_tip("The class taken away: type its name or number, or click it with Ctrl in that list")
        column = self._column
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        self._top.setSpacing(SPACE // 2)
        self._top.addWidget(self._view, 0, 0)
        for row, widgets in (
            (self._classes, (self.first, self.other)),
            (self._bottom, (self._colormap, self._overlay)),
        ):
            row.setSpacing(SPACE // 2)
            for widget in widgets:
                row.addWidget(widget)
        self._bottom.addWidget(self._opacity, 1)
        for layout in (self._top, self._classes, self._bottom):
            column.addLayout(layout)
        column.addStretch(1)

    def _combo(self, name: str, options: Iterable[tuple[str, object]], tip: str) -> CompactCombo:
        combo = CompactCombo()
        for text, value in options:
            combo.addItem(text, value)
        combo.setToolTip(tip)
        combo.setMinimumWidth(40)
        combo.activated.connect(lambda _index: self.chosen.emit(name, combo.currentData()))
        return combo
