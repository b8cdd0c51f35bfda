"""The unit page: everything known of one unit, and honest words where nothing is known yet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from deepvis.gui.figures import percent
from deepvis.gui.theme import SPACE, small, strong
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.facts_table import FactsTable
from deepvis.gui.widgets.histogram_steps import share_below
from deepvis.gui.widgets.page_body import PageBody
from deepvis.gui.widgets.page_parts import SCAN_ACTION, SCAN_BRIEF
from deepvis.gui.widgets.paragraph import Paragraph
from deepvis.gui.widgets.picture_menu import picture_menu
from deepvis.gui.widgets.placeholder import Banner

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from deepvis.gui.widgets.section import Section
    from deepvis.gui.widgets.synthesis_section import SynthesisSection
    from deepvis.live.pages import PagePicture, SessionPage, UnitPageData
    from deepvis.live.weight_records import UnitWeightsPage

HOLD_MS = 60
"""The pictures of the unit before stay for this long while those of another are read: most pages come within it."""

SLOW_MS = 600
"""After this long the page says that it is being read."""


class UnitPage(QScrollArea):
    """Header, live facts, and one section per kind of thing that is known.

    Signals:
        picture_opened: the `PagePicture` that is wanted as the input.
        unit_clicked: number of a similar unit.
        scan_asked: a folder of images shall be scanned.
        keep_asked: the exemplars of this session shall be kept in the gallery.
        picture_chosen: a `PagePicture` that is one of several, to be compared.
        another_asked: a synthesized `PagePicture`: make another one like it.
        start_asked: a `PagePicture` to start a synthesis from.
        discard_asked: a synthesized `PagePicture` that shall leave the gallery.
        picture_enlarged: a `PagePicture` that shall be seen large, with its attribution.
        more_whys_asked: whether minimum images and live frames shall be explained, too.
        told: a sentence and its level, as the controller tells them.
    """

    picture_opened = pyqtSignal(object)
    unit_clicked = pyqtSignal(int)
    scan_asked = pyqtSignal()
    keep_asked = pyqtSignal()
    picture_chosen = pyqtSignal(object)
    another_asked = pyqtSignal(object)
    start_asked = pyqtSignal(object)
    discard_asked = pyqtSignal(object)
    picture_enlarged = pyqtSignal(object)
    more_whys_asked = pyqtSignal(bool)
    told = pyqtSignal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._address = ""
        self._data: UnitPageData | None = None
        self._weights: UnitWeightsPage | None = None
        self._reading_of: tuple[int, Sequence[tuple[str, str]], float] | None = None
        self._ranked = False
        self._page = QWidget()
        self._layer = ElidedLabel("muted", Qt.TextElideMode.ElideLeft)
        self._title = ElidedLabel("text")
        self._facts = FactsTable()
        self._banner = Banner()
        self._body = PageBody()
        self._reading = ElidedLabel("muted")
        self._origin = Paragraph()
        self._hold = self._timer(HOLD_MS, self._blank)
        self._slow = self._timer(SLOW_MS, self._say_reading)
        self._build()
        self._connect()
        self.set_unit("")

    # what is shown

    @property
    def address(self) -> str:
        """`model/layer/unit`; empty for no unit."""
        return self._address

    @property
    def data(self) -> UnitPageData | None:
        """What is known of the unit; None while it is being read."""
        return self._data

    @property
    def scores_shown(self) -> bool:
        """Values stand below the pictures."""
        return self._body.scores_shown

    @property
    def synthesis(self) -> SynthesisSection:
        """The part with synthesized pictures."""
        return self._body.synthesis

    def section(self, key: str) -> Section:
        """A part of the page.

        Raises:
            KeyError: for an unknown part.
        """
        return self._body.sections[key]

    def set_unit(self, address: str, label: str = "") -> None:
        """Name the unit. What was shown of another goes away, at the latest when its pictures would be a lie.

        Args:
            address: `model/layer/unit`; empty for no unit.
            label: the class it stands for, where it stands for one.
        """
        place, _, unit = address.rpartition("/")
        self._layer.set_text(place.replace("/", " / ") if address else "Click a tile of the grid.")
        self._layer.set_tip(address)
        title = f"Unit {unit}" if address else "No unit selected"
        self._title.set_text(f"{title} · {label}" if label else title)
        if address != self._address:
            self._address = address
            self.expect_page()

    def show_reading(self, unit: int, facts: Sequence[tuple[str, str]], maximum: float = math.nan) -> None:
        """Show the figures of this moment; cheap enough for every frame.

        Args:
            unit: whose they are; those of a unit that is no longer on the page are left aside.
            facts: name and value, one row each.
            maximum: the unit's largest value now; how it compares with the data set is added where that is known.
        """
        if self._address.rpartition("/")[2] != str(unit):
            return
        self._reading_of = (unit, facts, maximum)
        histogram = None if self._data is None else self._data.histogram
        share = math.nan if histogram is None else share_below(histogram, maximum)
        if histogram is not None:
            self._ranked = not math.isnan(share)
            self._body.histogram.set_live(maximum)
        rank = "" if math.isnan(share) else f"{percent(share)} of images"
        self._facts.set_facts(with_rank(facts, rank) if self._ranked else facts)

    def set_page(self, data: UnitPageData) -> None:
        """Show what the gallery knows; a page of another unit is left aside."""
        if str(data.unit) != self._address:
            return
        self._hold.stop()
        self._slow.stop()
        # of a page that grows only what is new is painted: after this the window paints all of it
        self.setUpdatesEnabled(self._data is not None)
        self._data = data
        self._ranked = self._ranked and data.histogram is not None
        try:
            self._body.show_page(data)
            self._show_banner(data.stale)
            self._origin.set_words(data.origin)
            self._origin.setVisible(bool(data.origin))
            self._body.show()
            self._reading.hide()
            if self._reading_of is not None:
                self.show_reading(*self._reading_of)
        finally:
            self.setUpdatesEnabled(True)

    def set_weights(self, page: UnitWeightsPage) -> None:
        """Show the weights of the unit; those of another unit are left aside."""
        if str(page.unit) == self._address:
            self._weights = page
            self._body.show_weights(page)

    def expect_page(self) -> None:
        """What is shown does not hold any more; what does will follow."""
        self._data, self._reading_of = None, None
        self._body.histogram.set_live(math.nan)
        if self._address:
            self._hold.start()
            self._slow.start()
            return
        self._hold.stop()
        self._slow.stop()
        self._facts.set_facts(())
        for part in (self._reading, self._banner, self._body, self._origin):
            part.hide()

    def set_session(self, page: SessionPage) -> None:
        """Show the exemplars of this session; those of another unit are left aside."""
        if str(page.unit) == self._address:
            self._body.show_session(page)

    def others_to_explain(self) -> tuple[tuple[str, tuple[PagePicture, ...]], ...]:
        """Minimum images and live frames, as far as they can be explained, with their labels."""
        return self._body.others()

    def show_more_whys(self, groups: Sequence[tuple[str, Sequence[PagePicture]]], problem: str = "") -> None:
        """Show attributions of those, or why there are none."""
        self._body.show_more_whys(groups, problem)

    def set_scores_shown(self, shown: bool) -> None:
        """Write values below pictures, or not."""
        self._body.set_scores_shown(shown)

    def set_chosen(self, keys: frozenset[Hashable]) -> None:
        """Frame the pictures that were chosen to be compared."""
        self._body.set_chosen(keys)

    def reveal(self, part: QWidget) -> None:
        """Scroll to a part that is out of sight."""
        top = part.mapTo(self._page, QPoint(0, 0)).y()
        bar = self.verticalScrollBar()
        if bar is not None and not bar.value() <= top < bar.value() + self.height() // 2:
            bar.setValue(top - SPACE)

    def sizeHint(self) -> QSize:
        """A column that takes its height from the window."""
        return QSize(280, 480)

    # building

    def _build(self) -> None:
        self._title.setFont(strong(self.font()))
        for quiet in (self._layer, self._reading, self._origin):
            quiet.setFont(small(self.font()))
        self._reading.set_text("Reading the gallery…")
        column = QVBoxLayout(self._page)
        column.setContentsMargins(SPACE + 4, SPACE, SPACE + 4, SPACE + 4)
        column.setSpacing(2)
        column.addWidget(self._title)
        column.addWidget(self._layer)
        column.addSpacing(SPACE)
        column.addWidget(self._facts)
        column.addSpacing(SPACE)
        for part in (self._reading, self._banner, self._body, self._origin):
            column.addWidget(part)
        column.addStretch(1)
        self.setWidget(self._page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(208)

    def _connect(self) -> None:
        body = self._body
        body.picture_clicked.connect(self.picture_opened)
        body.picture_menu_asked.connect(self._show_menu)
        body.picture_chosen.connect(self.picture_chosen)
        body.unit_clicked.connect(self.unit_clicked)
        body.keep_asked.connect(self.keep_asked)
        body.picture_enlarged.connect(self.picture_enlarged)
        body.more_whys_asked.connect(self.more_whys_asked)
        for asking in (body.scan_asked, self._banner.action_clicked):
            asking.connect(self.scan_asked)
        for part in (self._reading, self._banner, self._body, self._origin):
            part.hide()

    def _timer(self, after_ms: int, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(after_ms)
        timer.timeout.connect(act)
        return timer

    # changing units

    def _blank(self) -> None:
        if self._reading_of is None:
            self._facts.blank()
        self._body.blank()
        if self._weights is not None and str(self._weights.unit) == self._address:
            # they do not come from the gallery, which is what is waited for
            self._body.show_weights(self._weights)
        self._origin.set_words(" ")

    def _say_reading(self) -> None:
        self._reading.show()

    def _show_banner(self, stale: str) -> None:
        remedy = "Scan the images again with this network."
        self._banner.set_words(stale, remedy, SCAN_ACTION, SCAN_BRIEF)
        self._banner.setVisible(bool(stale))

    def _show_menu(self, picture: PagePicture, where: QPoint) -> None:
        menu = picture_menu(self, picture)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)


def with_rank(facts: Sequence[tuple[str, str]], rank: str) -> list[tuple[str, str]]:
    """The facts with one more, right below the maximum, or the value where it is the only one."""
    names = [name for name, _ in facts]
    after = names.index("maximum") + 1 if "maximum" in names else min(1, len(names))
    return [*facts[:after], ("above", rank), *facts[after:]]
