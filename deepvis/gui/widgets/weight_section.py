"""The weights of one unit: its kernel or its strongest inputs, their histogram, their figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from deepvis.gui.figures import number, percent
from deepvis.gui.theme import SPACE
from deepvis.gui.widgets.bar_histogram import BarHistogram
from deepvis.gui.widgets.facts_table import FactsTable
from deepvis.gui.widgets.painting import draw_frame
from deepvis.gui.widgets.paragraph import Paragraph
from deepvis.gui.widgets.tile_grid import Tile, TileGrid
from deepvis.gui.widgets.tile_layout import TileStyle
from deepvis.gui.widgets.weight_bars import MOST, WeightBars

if TYPE_CHECKING:
    from PyQt6.QtGui import QPainter

    from deepvis.gui.theme import Theme
    from deepvis.live.weight_records import InputKernel, UnitWeightsFigures, UnitWeightsPage

_ALONE = TileStyle(columns=2, largest=140)
_INPUTS = TileStyle(columns=4, largest=64)
_BARS = 72


class KernelGrid(TileGrid):
    """Tiles with a hairline around each: kernels may be as white, or as black, as what lies behind them."""

    def _paint_tile(self, painter: QPainter, index: int, tile: Tile, theme: Theme) -> None:
        super()._paint_tile(painter, index, tile, theme)
        draw_frame(painter, self.tile_rect(index).adjusted(1, 1, -1, -1), 1, QColor(theme.faint))


class WeightSection(QWidget):
    """Filled for every unit; the section around it says why there is nothing where there is nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = Paragraph()
        self.kernels = KernelGrid(_INPUTS)
        self.bars = WeightBars()
        self.histogram = BarHistogram("", _BARS)
        self.facts = FactsTable()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        for widget in (self.words, self.kernels, self.bars, self.histogram, self.facts):
            column.addWidget(widget)

    def set_page(self, page: UnitWeightsPage) -> None:
        """Show the weights of a unit that has some."""
        self.words.set_words(section_words(page))
        self.kernels.set_style(_ALONE if page.whole_rgb is not None else _INPUTS)
        single = is_single(page)
        self.kernels.setVisible(not single)
        self.bars.setVisible(single)
        self.bars.set_kernels(page.kernels if single else ())
        if page.whole_rgb is not None:
            height, width = page.kernel_size
            self.kernels.set_tiles([("", [Tile(page.whole_rgb, tip=f"kernel of {height}×{width}, zero is mid gray")])])
        else:
            self.kernels.set_tiles([("", [] if single else [_tile(kernel) for kernel in page.kernels])])
        self.histogram.set_histogram(page.figures.histogram if page.figures is not None else None)
        self.facts.set_facts([] if page.figures is None else weight_facts(page.figures))

    def blank(self) -> None:
        """Take away what was about another unit; places are kept."""
        self.kernels.blank()
        self.bars.blank()
        self.histogram.set_histogram(None)
        self.facts.blank()


def section_words(page: UnitWeightsPage) -> str:
    """Whose weights they are, and which of them are shown."""
    told = page.words[:1].upper() + page.words[1:]
    if page.whole_rgb is not None:
        return f"{told}."
    single = is_single(page)
    shown = min(len(page.kernels), MOST) if single else len(page.kernels)
    which = f"the {shown} strongest of {page.inputs:,} inputs" if shown < page.inputs else "inputs, strongest first"
    # bars have their numbers beside them
    return f"{told}: {which}." if single else f"{told}: {which}; white is positive, black negative."


def is_single(page: UnitWeightsPage) -> bool:
    """Each input has one weight: a picture of it would be a flat square."""
    return page.whole_rgb is None and page.kernel_size == (1, 1)


def weight_facts(figures: UnitWeightsFigures) -> list[tuple[str, str]]:
    """The facts table of a unit's weights."""
    return [
        ("bias", "none" if figures.bias is None else number(figures.bias)),
        ("norm", number(figures.norm)),
        ("rank of the norm", f"{figures.rank:,} of {figures.units:,}"),
        ("weights", f"{figures.count:,}"),
        ("mean", number(figures.mean)),
        ("near zero", percent(figures.near_zero)),
    ]


def _tile(kernel: InputKernel) -> Tile:
    tip = f"input {kernel.input}\nnorm {number(kernel.norm)}, largest {number(kernel.value)}"
    return Tile(kernel.rgb, left=f"#{kernel.input}", tip=tip)
