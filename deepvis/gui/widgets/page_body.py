"""The sections of the unit page that come from the gallery and from the session, from top to bottom."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from deepvis.gui.figures import band_text, number, percent, span_text
from deepvis.gui.theme import SPACE
from deepvis.gui.widgets.class_bars import ClassBars
from deepvis.gui.widgets.exemplar_strip import BANDS, ExemplarStrip
from deepvis.gui.widgets.facts_table import FactsTable
from deepvis.gui.widgets.histogram_plot import HistogramPlot
from deepvis.gui.widgets.page_parts import (
    ASK_WHY,
    TITLES,
    Words,
    attributed,
    attribution_note,
    filled_parts,
    pending_parts,
    session_words,
    words_for,
)
from deepvis.gui.widgets.placeholder import FittingButton
from deepvis.gui.widgets.section import Section
from deepvis.gui.widgets.similar_units import SimilarUnits
from deepvis.gui.widgets.synthesis_section import SynthesisSection
from deepvis.gui.widgets.weight_section import WeightSection

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from PyQt6.QtGui import QResizeEvent

    from deepvis.gallery.records import UnitStatistics
    from deepvis.live.pages import PagePicture, SessionPage, UnitPageData
    from deepvis.live.weight_records import UnitWeightsPage

_WIDE = 204
"""Logical pixels from which on a title and a button of two words fit beside each other."""


class PageBody(QWidget):
    """Sections that are made once and filled for every unit.

    Signals:
        picture_clicked: the `PagePicture`.
        picture_chosen: the `PagePicture`, as one of several.
        picture_menu_asked: the `PagePicture`, and where on the screen.
        unit_clicked: number of a similar unit.
        scan_asked: the button of an empty section was clicked.
        keep_asked: the exemplars of this session shall be kept.
        picture_enlarged: the `PagePicture` that shall be seen large, with its attribution.
        more_whys_asked: whether minimum images and live frames shall be explained, too.
    """

    picture_clicked = pyqtSignal(object)
    picture_chosen = pyqtSignal(object)
    picture_menu_asked = pyqtSignal(object, QPoint)
    unit_clicked = pyqtSignal(int)
    scan_asked = pyqtSignal()
    keep_asked = pyqtSignal()
    picture_enlarged = pyqtSignal(object)
    more_whys_asked = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strips = {
            "exemplars": ExemplarStrip("Exemplars"),
            "minima": ExemplarStrip("Minimum images"),
            "quantiles": ExemplarStrip("Random images", BANDS),
            "session": ExemplarStrip("Live frames"),
            "attribution": ExemplarStrip("Attributions"),
        }
        self.synthesis = SynthesisSection(TITLES["synthesized"])
        self.histogram = HistogramPlot()
        self.classes = ClassBars()
        self.similar = SimilarUnits()
        self.weights = WeightSection()
        self.statistics = FactsTable()
        self._keep = FittingButton("Keep in the gallery")
        self._session: SessionPage | None = None
        self._kept: tuple[PagePicture, ...] = ()
        self._data: UnitPageData | None = None
        self._more: tuple[tuple[str, tuple[PagePicture, ...]], ...] = ()
        self._weights_known = False
        self._offers = True
        self.scores_shown = True
        self.sections: dict[str, Section] = {}
        self._build()

    def show_page(self, data: UnitPageData) -> None:
        """Fill all sections."""
        if self._data is None or self._data.unit != data.unit:
            self._more = ()
        self._data = data
        words, pending = words_for(data), pending_parts(data)
        self._fill_strips(data, pending)
        self.histogram.set_histogram(data.histogram)
        self.classes.set_classes(data.classes, None if data.statistics is None else data.statistics.selectivity)
        self.statistics.set_facts(statistics_facts(data.statistics))
        self.synthesis.set_pictures(data.synthesized, words.get("synthesized") or Words(""))
        for key, filled in filled_parts(data).items():
            if key == "synthesized":
                continue
            section = self.sections[key]
            said = words.get(key)
            if filled or key in pending:
                section.show_body(attribution_note(data) if key == "attribution" else "")
            elif said is not None:
                section.show_words(said)
            section.setVisible(filled or key in pending or said is not None)
        # they come from the network, whatever the gallery knows
        self.sections["weights"].setVisible(self._weights_known)
        self._kept, self._offers = data.kept, data.offers
        if self._session is not None and self._session.unit != data.unit:
            self._session = None
        self._show_session_pictures()
        self._show_whys(data, pending)

    def show_more_whys(self, groups: Sequence[tuple[str, Sequence[PagePicture]]], problem: str = "") -> None:
        """Show attributions that were asked for besides those of the exemplars, in groups; or why there are none."""
        self._more = tuple((label, tuple(pictures)) for label, pictures in groups)
        if problem and not any(pictures for _, pictures in self._more) and not self._data_explains():
            self.sections["attribution"].show_words(Words(problem))
        elif self._data is not None:
            self._show_whys(self._data, pending_parts(self._data))

    def others(self) -> tuple[tuple[str, tuple[PagePicture, ...]], ...]:
        """What can be explained besides exemplars, with its label."""
        live = () if self._session is None else self._session.pictures
        minima = () if self._data is None or "minima" in self._data.notes else self._data.minima
        found = (("minimum images", minima), ("this session", live), ("kept", self._kept))
        return tuple((label, explicable) for label, pictures in found if (explicable := _explicable(pictures)))

    def show_session(self, page: SessionPage) -> None:
        """Fill the section of this session alone."""
        self._session = page
        self._show_session_pictures()

    def show_weights(self, page: UnitWeightsPage) -> None:
        """Fill the section of weights alone."""
        section = self.sections["weights"]
        if page.problem:
            section.show_words(Words(page.problem))
        else:
            self.weights.set_page(page)
            section.show_body()
        self._weights_known = True
        section.show()

    def blank(self) -> None:
        """Take everything away that was about another unit; what comes next finds the places kept."""
        self._session, self._kept, self._more = None, (), ()
        for strip in self.strips.values():
            strip.blank()
        self.synthesis.blank()
        self.histogram.set_histogram(None)
        self.classes.blank()
        self.similar.blank()
        self.weights.blank()
        self.statistics.blank()
        self._keep.setEnabled(False)

    def set_scores_shown(self, shown: bool) -> None:
        """Write values below pictures, or not."""
        self.scores_shown = shown
        for strip in self.strips.values():
            strip.set_scores_shown(shown)
        self.synthesis.set_scores_shown(shown)

    def set_chosen(self, keys: frozenset[Hashable]) -> None:
        """Frame the pictures that were chosen to be compared."""
        for key in ("exemplars", "attribution"):
            self.strips[key].set_chosen(keys)
        self.synthesis.set_chosen(keys)

    def set_whole_shown(self, whole: bool) -> None:
        """Show whole images with the box of the crop, or crops."""
        for strip in self.strips.values():
            strip.set_whole_shown(whole)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        """The words of the buttons give way to the titles."""
        self._whole.setText("whole images" if self.width() >= _WIDE else "whole")
        self.sections["exemplars"].header.place_tools()

    def _fill_strips(self, data: UnitPageData, pending: frozenset[str]) -> None:
        groups: dict[str, list[tuple[str, tuple[PagePicture, ...]]]] = {
            "exemplars": [("", data.exemplars)],
            "minima": [("", data.minima)],
            "quantiles": _by_band(data.quantiles),
        }
        for key, pictures in groups.items():
            if key in pending:
                self.strips[key].blank()
            else:
                self.strips[key].set_pictures(*pictures)
        if "similar" in pending:
            self.similar.blank()
        else:
            self.similar.set_units(data.similar)

    def _show_whys(self, data: UnitPageData, pending: frozenset[str]) -> None:
        """The attributions of the exemplars, then those that were asked for besides; an offer where there are none."""
        strip, section = self.strips["attribution"], self.sections["attribution"]
        if "attribution" in pending:
            strip.blank()
            return
        own = attributed(data) if filled_parts(data)["attribution"] else ()
        strip.set_pictures(*_by_title(own), *self._more)
        self._all_whys.setVisible(bool(self.others()))
        if own or any(pictures for _, pictures in self._more):
            section.show_body(attribution_note(data))
            section.show()
        elif self.others() and not self._all_whys.isChecked() and "attribution" not in data.notes:
            section.show_words(ASK_WHY)
            section.show()

    def _data_explains(self) -> bool:
        return self._data is not None and filled_parts(self._data)["attribution"]

    def _partner(self, index: int) -> int:
        """Place of the exemplar of an attribution and the other way round; -1 where they do not belong together."""
        known = all(picture.why is not None for picture in self.strips["attribution"].pictures)
        exemplars = 0 if self._data is None else len(self._data.exemplars)
        return index if known and index < exemplars else -1

    def _show_session_pictures(self) -> None:
        live = self._session.pictures if self._session is not None else ()
        self.strips["session"].set_pictures(("this session", live), ("kept", self._kept))
        if self._data is not None and self._session is not None:
            self._show_whys(self._data, pending_parts(self._data))
        self._keep.setEnabled(bool(live))
        self._keep.setVisible(bool(live))
        if live or self._kept:
            last = f"last {span_text(self._session.since_s)}" if self._session is not None and live else ""
            self.sections["session"].show_body(last)
        else:
            self.sections["session"].show_words(session_words(kept=self._offers))

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for key in TITLES:
            section = self.synthesis if key == "synthesized" else Section(TITLES[key], self._body(key))
            if section is not self.synthesis and key != "attribution":
                section.action_clicked.connect(self.scan_asked)
            self.sections[key] = section
            column.addWidget(section)
        for strip in self.strips.values():
            strip.picture_clicked.connect(self.picture_clicked)
            strip.picture_menu_asked.connect(self.picture_menu_asked)
            strip.picture_double_clicked.connect(self.picture_enlarged)
        exemplars, attributions = self.strips["exemplars"], self.strips["attribution"]
        exemplars.tile_hovered.connect(lambda index: attributions.point_at(self._partner(index)))
        attributions.tile_hovered.connect(lambda index: exemplars.point_at(self._partner(index)))
        for strip in (exemplars, attributions):
            strip.picture_chosen.connect(self.picture_chosen)
        self.synthesis.picture_chosen.connect(self.picture_chosen)
        self.synthesis.picture_menu_asked.connect(self.picture_menu_asked)
        self.similar.unit_clicked.connect(self.unit_clicked)
        self._keep.clicked.connect(lambda: self.keep_asked.emit())
        self._keep.setToolTip("Keep these frames for this unit, so that they are still here next time")
        self._whole = _toggle("whole", "Whole images with the box of the crop, in place of the crops")
        self._whole.toggled.connect(self.set_whole_shown)
        self.sections["exemplars"].header.add_tool(self._whole)
        self._all_whys = _toggle(
            "all", "Explain minimum images and live frames, too; computed now, live pictures first"
        )
        self._all_whys.toggled.connect(self.more_whys_asked)
        self.sections["attribution"].header.add_tool(self._all_whys)
        self.sections["attribution"].action_clicked.connect(lambda: self._all_whys.setChecked(True))
        log = _toggle("log", "Heights on a logarithmic scale, so that rare values can be seen")
        log.toggled.connect(self.histogram.set_logarithmic)
        self.sections["histogram"].header.add_tool(log)

    def _body(self, key: str) -> QWidget:
        if key == "session":
            return _column(self.strips["session"], self._keep)
        own: dict[str, QWidget] = {
            "histogram": self.histogram,
            "classes": self.classes,
            "similar": self.similar,
            "weights": self.weights,
            "statistics": self.statistics,
        }
        return own[key] if key in own else self.strips[key]


def statistics_facts(statistics: UnitStatistics | None) -> list[tuple[str, str]]:
    """The facts table of the data set."""
    if statistics is None:
        return []
    facts = [
        ("images", f"{statistics.count:,}"),
        ("mean", number(statistics.mean)),
        ("standard deviation", number(statistics.std)),
        ("range", f"{number(statistics.minimum)} to {number(statistics.maximum)}"),
        ("mean of maxima", number(statistics.mean_maximum)),
        ("active", f"{percent(statistics.active_fraction)} of positions"),
    ]
    if statistics.dead:
        facts.append(("dead", "never active on these images"))
    if statistics.nan_count:
        facts.append(("not a number", f"in {statistics.nan_count:,} images"))
    return facts


def _explicable(pictures: tuple[PagePicture, ...]) -> tuple[PagePicture, ...]:
    """Those of which it is known where the unit was largest."""
    return tuple(picture for picture in pictures if picture.position is not None)


def _by_title(pictures: tuple[PagePicture, ...]) -> list[tuple[str, tuple[PagePicture, ...]]]:
    """Attributions of a scan as they are; imported ones by what they are."""
    titles = dict.fromkeys("" if picture.why else picture.title for picture in pictures)
    return [(title, tuple(one for one in pictures if ("" if one.why else one.title) == title)) for title in titles]


def _by_band(pictures: tuple[PagePicture, ...]) -> list[tuple[str, tuple[PagePicture, ...]]]:
    bands = list(dict.fromkeys(picture.band for picture in pictures))
    return [
        (
            "" if band is None else band_text(band),
            tuple(sorted((item for item in pictures if item.band == band), key=_rising)),
        )
        for band in bands
    ]


def _rising(picture: PagePicture) -> float:
    """Sorts by value; a value that is unknown comes last."""
    return math.inf if math.isnan(picture.value) else picture.value


def _toggle(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCheckable(True)
    button.setProperty("compact", True)
    button.setProperty("flat", True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setCursor(Qt.CursorShape.ArrowCursor)
    return button


def _column(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(SPACE)
    for widget in widgets:
        column.addWidget(widget)
    return holder
