"""The order of names."""

from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from deepvis.sources.natural import natural_key, natural_path_key


def test_numbers_are_ordered_as_numbers_and_letters_without_case():
    names = ["b1", "A10", "a9", "a09b", "10", "9", "a"]
    assert sorted(names, key=natural_key) == ["9", "10", "a", "a9", "a09b", "A10", "b1"]


def test_files_of_a_folder_stay_together():
    paths = [PurePosixPath(text) for text in ("a10/x", "a2/z", "a2/y", "a")]
    assert [str(path) for path in sorted(paths, key=natural_path_key)] == ["a", "a2/y", "a2/z", "a10/x"]


@given(st.lists(st.text(max_size=12)))
def test_any_names_can_be_ordered_and_the_order_does_not_depend_on_where_they_began(names):
    backwards = names[::-1]
    assert sorted(names, key=natural_key) == sorted(backwards, key=natural_key)
