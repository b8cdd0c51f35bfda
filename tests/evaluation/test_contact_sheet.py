from __future__ import annotations

import numpy as np
import pytest

from deepvis.evaluation.contact_sheet import MARGIN, TILE, Line, Tile, contact_sheet


def tile(shade, title="a", *lines):
    return Tile(np.full((30, 30, 3), shade, np.uint8), title, lines)


def test_every_picture_is_on_the_sheet_in_its_place():
    sheet = contact_sheet("title", [tile(shade) for shade in (40, 80, 120, 160, 200)], 3)
    found = [int(sheet[row, MARGIN + column * (TILE + MARGIN) + 5, 0]) for row in rows_of(sheet) for column in range(3)]
    assert found[:5] == [40, 80, 120, 160, 200]
    assert found[5] == sheet[0, 0, 0]


def rows_of(sheet):
    """A row of pixels inside each row of two rows of tiles."""
    height = sheet.shape[0]
    return (60, 60 + (height - 35) // 2)


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_the_sheet_is_as_wide_as_its_columns(columns):
    sheet = contact_sheet("title", [tile(10)] * 4, columns)
    assert sheet.shape[1] == columns * (TILE + MARGIN) + MARGIN


def test_captions_are_written_and_colored_by_the_verdict():
    plain = contact_sheet("t", [tile(0, "x", Line("said"))], 1)
    good = contact_sheet("t", [tile(0, "x", Line("said", good=True))], 1)
    bad = contact_sheet("t", [tile(0, "x", Line("said", good=False))], 1)
    caption = (slice(TILE + 40, None),)
    greenest = [
        int((sheet[caption].astype(int)[..., 1] - sheet[caption].astype(int)[..., 0]).max())
        for sheet in (good, bad, plain)
    ]
    assert greenest[0] > 50
    assert max(greenest[1:]) < 20


def test_a_caption_that_is_too_long_ends_inside_its_tile():
    sheet = contact_sheet("t", [tile(0, "w" * 200), tile(0, "")], 2)
    beside = sheet[TILE + 36 :, MARGIN + TILE : 2 * MARGIN + TILE]
    assert len(np.unique(beside.reshape(-1, 3), axis=0)) == 1
