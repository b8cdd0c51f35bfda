from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from PIL import Image

from deepvis.serving import encoder as module
from deepvis.serving.board import Board
from deepvis.serving.encoder import Encoder
from tests.serving.conftest import PANES


@pytest.fixture
def board():
    board = Board()
    board.show_panes(PANES)
    return board


@pytest.fixture
def encoder(board):
    encoder = Encoder(board)
    encoder.start()
    yield encoder
    encoder.close()


def pixels(blue=0, green=0, red=0) -> np.ndarray:
    return np.full((30, 40, 4), (blue, green, red, 255), np.uint8)


def test_pixels_become_a_file_in_the_same_colors(board, encoder):
    encoder.offer({"grid": pixels(red=200, green=40)})
    with Image.open(io.BytesIO(board.picture("grid", 5.0).jpeg)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (40, 30))
        red, green, blue = np.asarray(picture.convert("RGB"))[15, 20].astype(int)
    assert abs(red - 200) < 4
    assert abs(green - 40) < 4
    assert blue < 4


def test_equal_pixels_are_no_new_picture_but_confirm_the_old_one(board, encoder, monkeypatch):
    encoder.offer({"grid": pixels(10)})
    first = board.picture("grid", 5.0)
    confirmed = threading.Event()
    monkeypatch.setattr(board, "confirm", lambda names: confirmed.set())
    encoder.offer({"grid": pixels(10)})
    assert confirmed.wait(5.0)
    assert board.picture("grid", 5.0) == first


def test_a_pane_that_comes_back_with_the_same_pixels_has_a_picture_again(board, encoder):
    encoder.offer({"grid": pixels(10)})
    assert board.picture("grid", 5.0) is not None
    board.show_panes(())
    board.show_panes(PANES)
    encoder.offer({"grid": pixels(10)})
    assert board.picture("grid", 5.0) is not None


def test_pixels_that_wait_are_replaced_by_newer_ones(board, encoder, monkeypatch):
    begun, go_on, encoded = threading.Event(), threading.Event(), []

    def slow(pane):
        begun.set()
        assert go_on.wait(10.0)
        encoded.append(int(pane[0, 0, 0]))
        return b"jpeg %d" % pane[0, 0, 0]

    monkeypatch.setattr(module, "encode_bgrx", slow)
    encoder.offer({"grid": pixels(1)})
    assert begun.wait(5.0)
    for blue in (2, 3, 4):
        encoder.offer({"grid": pixels(blue)})
    number = board.news(0, 1.0).number
    go_on.set()
    while board.holds("grid") is False or board.picture("grid", 5.0).jpeg != b"jpeg 4":
        number = board.news(number, 5.0).number
    assert encoded == [1, 4]


def test_a_pane_without_pixels_is_left_out_and_the_next_one_is_a_picture(board, encoder):
    encoder.offer({"grid": np.zeros((0, 40, 4), np.uint8)})
    encoder.offer({"input": pixels(5)})
    assert board.picture("input", 5.0) is not None
    assert not board.holds("grid")
