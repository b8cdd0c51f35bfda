"""What a backward pass gave, as a picture or as a histogram: in the dock, and large in place of the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from deepvis.gui.widgets.back_histogram import BackHistogram
from deepvis.gui.widgets.back_view import BackView

if TYPE_CHECKING:
    from deepvis.live.back_result import BackResult


class BackPicture(QStackedWidget):
    """Shows one of the two; the histogram is made when it is first needed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = BackView()
        self._histogram: BackHistogram | None = None
        self.addWidget(self.view)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def histogram(self) -> BackHistogram | None:
        """The histogram, where it is what is shown."""
        return self._histogram if self.currentWidget() is self._histogram else None

    def show_result(self, result: BackResult) -> None:
        """Show a result, or why it has no picture."""
        if result.counts is not None and not result.reason:
            self._shown_histogram().set_counts(result.counts, result.extent)
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

    def _shown_histogram(self) -> BackHistogram:
        if self._histogram is None:
            self._histogram = BackHistogram()
            self.addWidget(self._histogram)
        self.setCurrentWidget(self._histogram)
        return self._histogram
