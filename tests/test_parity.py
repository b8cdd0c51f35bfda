"""The page that says what became of every feature of the toolboxes before."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from deepvis.gui.actions import ACTIONS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "parity.md"

ROWS = {
    "1.1 Panes, layout, window": 17,
    "1.2 Every key": 29,
    "1.3 Navigation, selection, help, status": 24,
    "1.4 Input": 14,
    "1.5 Forward and back visualization": 25,
    "1.6 Precomputed and statistical views": 15,
}
"""Features that the two toolboxes had or plainly lacked, counted in them."""

KEYS = "1.2 Every key"
NAMES = {"PgDn": "PgDown"}
"""Keys that Qt calls otherwise."""
ANSWERS = ("same", "better", "other", "no, because", "not bound")
WITHOUT_A_TEST = {"Prototxt repair"}
"""There is nothing of it that could be tested."""


@cache
def sections() -> dict[str, list[list[str]]]:
    """By title: the rows of its table, heading and rule left out, each as its cells."""
    found = {}
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, *lines = part.splitlines()
        table = [line for line in lines if line.startswith("|")]
        found[title] = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table[2:]]
    return found


def rows() -> list[list[str]]:
    return [row for table in sections().values() for row in table]


def named_tests(text: str) -> list[str]:
    return re.findall(r"`(tests/[^`]+)`", text)


@cache
def functions(path: str) -> frozenset[str]:
    return frozenset(re.findall(r"^def (test_\w+)\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))


def in_qt(key: str) -> str:
    """A key as the toolboxes wrote it, capitals typed with Shift."""
    if len(key) > 1:
        return NAMES.get(key, key)
    return f"Shift+{key}" if key.isupper() else key.upper()


def test_every_row_of_the_toolboxes_has_an_answer():
    assert {title: len(table) for title, table in sections().items()} == ROWS


def test_every_row_has_four_cells_and_none_is_empty():
    assert [row for row in rows() if len(row) != 4 or not all(row)] == []


def test_every_answer_begins_with_what_it_is():
    assert [row[:2] for row in rows() if not row[1].startswith(ANSWERS)] == []


def test_no_row_comes_twice():
    for table in sections().values():
        names = [row[0] for row in table]
        assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("named", sorted(set(named_tests(PAGE.read_text(encoding="utf-8")))), ids=str)
def test_a_test_that_is_named_exists(named):
    path, _, function = named.partition("::")
    assert (ROOT / path).is_file()
    assert function in functions(path)


def test_every_row_names_a_test_unless_nothing_can_be_tested():
    assert {row[0] for row in rows() if not named_tests(row[3])} == WITHOUT_A_TEST


@pytest.mark.parametrize("row", sections()[KEYS], ids=lambda row: row[0])
def test_a_key_is_bound_unless_the_row_says_that_it_is_not(row):
    bound = {key for spec in ACTIONS for key in spec.keys}
    keys = re.findall(r"`([^`]+)`", row[0])
    assert keys
    if not row[1].startswith("not bound"):
        assert [key for key in keys if in_qt(key) not in bound] == []


def test_every_key_that_the_page_gives_in_full_is_bound():
    bound = {key for spec in ACTIONS for key in spec.keys}
    ways = " ".join(row[2] for row in rows())
    given = set(re.findall(r"`((?:(?:Ctrl|Shift|Alt)\+)+\w+|F\d+|[A-Z0-9/+-])`", ways))
    assert given
    assert given - bound == set()


def test_every_link_leads_somewhere():
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", PAGE.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (PAGE.parent / target).is_file()] == []
