"""What a backward pass gave, as a picture or as a histogram: in the dock, and large in place of the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from deepvis.gui.widgets.back_view import BackView
from deepvis.gui.widgets.histogram_pair import HistogramPair

if TYPE_CHECKING:
    from deepvis.gui.widgets.back_histogram import BackHistogram
    from deepvis.live.back_result import BackResult


class BackPicture(QStackedWidget):
    """Shows one of the two; the histogram is made when it is first needed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = BackView()
        self._histograms: HistogramPair | None = None
        self.addWidget(self.view)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def histogram(self) -> BackHistogram | None:
        """The histogram, where it is what is shown."""
        pair = self.histograms
        return None if pair is None else pair.own

    @property
    def histograms(self) -> HistogramPair | None:
        """The same with the one of randomized weights."""
        return self._histograms if self.currentWidget() is self._histograms else None

    def show_result(self, result: BackResult) -> None:
        """Show a result, or why it has no picture."""
        if result.counts is not None and not result.reason:
            self._shown_histograms().show_result(result, compares=self.view.compares)
            return
        self.setCurrentWidget(self.view)
        self.view.set_message(result.reason)
        other = result.checks[-1].picture_rgb if result.checks else None
        self.view.set_pictures(None if result.reason else result.picture_rgb, other)

    def show_message(self, sentence: str) -> None:
        """Say why there is no picture."""
        self.setCurrentWidget(self.view)
        self.view.set_pictures(None)
        self.view.set_message(sentence)

    def _shown_histograms(self) -> HistogramPair:
        if self._histograms is None:
            self._histograms = HistogramPair()
            self.addWidget(self._histograms)
        self.setCurrentWidget(self._histograms)
        return self._histograms
