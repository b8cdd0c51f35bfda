from __future__ import annotations

import json
import threading

import pytest

from deepvis.serving.board import Board
from tests.serving.conftest import GRID, INPUT, PANES, WHOLE


@pytest.fixture
def board():
    board = Board()
    board.show_panes(PANES)
    return board


def test_news_come_at_once_where_they_are_newer_and_else_when_something_changes(board):
    first = board.news(0, 5.0)
    again = board.news(first.number, 0.01)
    assert again == first
    timer = threading.Timer(0.05, board.tell, [{"unit": 3}])
    timer.start()
    news = board.news(first.number, 5.0)
    timer.join()
    assert news.number > first.number
    assert json.loads(news.text)["status"] == {"unit": 3}


def test_telling_the_same_twice_is_no_news(board):
    board.tell({"unit": 3})
    number = board.news(0, 1.0).number
    board.tell({"unit": 3})
    board.show_panes(PANES)
    assert board.news(0, 1.0).number == number


def test_a_new_picture_gets_another_number_and_the_newest_is_what_viewers_get(board):
    board.put("grid", b"one")
    first = board.picture("grid", 1.0)
    board.put("grid", b"two")
    second = board.picture("grid", 1.0)
    assert (first.jpeg, second.jpeg) == (b"one", b"two")
    assert first.number != second.number
    shown = {pane["name"]: pane["number"] for pane in json.loads(board.news(0, 1.0).text)["panes"]}
    assert shown == {"input": 0, "grid": second.number, "window": 0}


def test_a_picture_that_nobody_watched_is_asked_for_before_it_is_given(board, monkeypatch):
    board.put("grid", b"old")
    monkeypatch.setattr("deepvis.serving.board.FRESH_S", 0.0)

    def look() -> None:
        assert board.wanted(PANES) == {"grid"}
        monkeypatch.setattr("deepvis.serving.board.FRESH_S", 1.0)
        board.put("grid", b"new")

    board.on_wanted = look
    assert board.picture("grid", 5.0).jpeg == b"new"
    assert not board.watched


def test_a_picture_that_is_confirmed_is_the_present_one(board, monkeypatch):
    board.put("grid", b"still")
    monkeypatch.setattr("deepvis.serving.board.FRESH_S", 0.0)
    assert board.picture("grid", 0.01) is None
    monkeypatch.setattr("deepvis.serving.board.FRESH_S", 60.0)
    board.confirm({"grid", "input"})
    assert board.picture("grid", 0.01).jpeg == b"still"
    assert board.picture("input", 0.01) is None


def test_a_pane_that_was_hidden_has_no_picture_any_more_and_nobody_waits_for_it(board):
    board.put("grid", b"one")
    board.show_panes((INPUT,))
    assert board.picture("grid", 60.0) is None
    board.put("grid", b"late")
    board.show_panes(PANES)
    assert board.picture("grid", 0.01) is None


def test_all_panes_are_every_one_but_the_window_which_has_them_in_it(board):
    with board.watching(["all"]):
        assert board.wanted(PANES) == {"input", "grid"}
        with board.watching(["window"]):
            assert board.wanted((GRID, WHOLE)) == {"grid", "window"}
    assert board.wanted(PANES) == frozenset()


def test_a_pane_is_wanted_until_the_last_of_its_viewers_leaves(board):
    with board.watching(["grid"]):
        with board.watching(["grid"]):
            pass
        assert board.wanted(PANES) == {"grid"}
    assert not board.watched


def test_who_waits_goes_on_when_the_window_closes(board):
    number = board.news(0, 1.0).number
    timer = threading.Timer(0.05, board.close)
    timer.start()
    assert board.news(number, 60.0).number == number
    board.wait_closed(60.0)
    assert board.picture("grid", 60.0) is None
    timer.join()
    assert board.closed
