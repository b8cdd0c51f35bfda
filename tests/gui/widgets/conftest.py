"""Made-up pages of a unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepvis.gallery.histogram import BINS, UnitHistogram, edges
from deepvis.gallery.records import QUANTILE_BANDS, ClassMean, SimilarUnit, UnitStatistics
from deepvis.live.pages import PagePicture, SimilarPicture, UnitPageData
from deepvis.records import Rect, UnitId


def make_picture(value=1.0, color=(200, 40, 40), **changes) -> PagePicture:
    rgb = np.full((40, 40, 3), color, np.uint8)
    whole = np.full((60, 90, 3), (10, 20, 200), np.uint8)
    facts = {"whole_rgb": whole, "box": Rect(10, 20, 30, 30), "path": Path("/data/cat 1.jpg"), "label": "tabby"}
    return PagePicture(rgb, value, **{"title": "cat 1.jpg", **facts, "position": (2, 3), **changes})


def make_histogram(values) -> UnitHistogram:
    """The histogram of these values."""
    borders = np.concatenate([[-np.inf], edges()[1:-1], [np.inf]])
    counts = np.histogram(values, borders)[0].astype(np.int64)
    assert len(counts) == BINS
    return UnitHistogram(counts)


def make_page(unit=37, **changes) -> UnitPageData:
    """A unit of a scanned layer, of which everything is known; zero in 3 of 10 images, else 1 to 7."""
    facts = {
        "exemplars": tuple(make_picture(9.0 - rank) for rank in range(9)),
        "minima": tuple(make_picture(-0.5 + rank / 10) for rank in range(4)),
        "quantiles": tuple(make_picture(band[0], band=band) for band in QUANTILE_BANDS for _ in range(3)),
        "statistics": UnitStatistics(1000, 0.5, 1.25, 0.25, -0.5, 9.0, 3.0, selectivity=0.64),
        "histogram": make_histogram([0.0] * 300 + list(np.linspace(1, 7, 700))),
        "classes": (ClassMean("tabby", 4.0, 50), ClassMean("espresso", 2.0, 50), ClassMean("cup", -1.0, 1)),
        "similar": tuple(SimilarPicture(SimilarUnit(unit, 0.9 - unit / 100), None) for unit in (12, 5, 30)),
        "notes": {"synthesized": "No pictures were synthesized for this unit."},
        "origin": "1,000 images of photos",
    }
    return UnitPageData(UnitId("net", "blocks.0", unit), **{**facts, **changes})


@pytest.fixture
def picture():
    return make_picture


@pytest.fixture
def histogram():
    return make_histogram


@pytest.fixture
def page_data():
    return make_page


@pytest.fixture
def shown(qtbot, themed):
    """Shows a widget at a size."""

    def show(widget, width: int, height: int):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        return widget

    return show
