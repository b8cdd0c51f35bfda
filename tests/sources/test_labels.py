"""What folders and lists say of pictures."""

from __future__ import annotations

import pytest

from deepvis.sources.labels import has_class_folders, parse_line, read_lines


@pytest.mark.parametrize(
    ("line", "means"),
    [
        ("cat.jpg", ("cat.jpg", "", None)),
        ("cat.jpg 7", ("cat.jpg", "", "7")),
        ("cat.jpg\ttabby cat", ("cat.jpg", "", "tabby cat")),
        ("cat.jpg,tabby cat", ("cat.jpg", "", "tabby cat")),
        ("cat.jpg,", ("cat.jpg", "", "")),
        ('cat.jpg, "tabby, tabby cat"', ("cat.jpg", "", "tabby, tabby cat")),
        ("cat.jpg tabby, tabby cat", ("cat.jpg", "", "tabby, tabby cat")),
        ("my cats/cat 1.jpg tabby cat", ("my cats/cat 1.jpg", "", "tabby cat")),
        ("\"my cats/no ending\" 'tabby cat'", ("my cats/no ending", "", "tabby cat")),
        ("big, cat.jpg 7", ("big, cat.jpg", "", "7")),
        ("a.jpg b.png same", ("a.jpg", "b.png", "same")),
        ("a.jpg,b.png,same", ("a.jpg", "b.png", "same")),
        ("a.jpg b.png,same", ("a.jpg", "b.png", "same")),
        ("my cats/a 1.jpg my cats/b 2.jpg 1", ("my cats/a 1.jpg", "my cats/b 2.jpg", "1")),
        ("'a 1.jpg' \"b 2.jpg\"", ("a 1.jpg", "b 2.jpg", None)),
        ("n01440764_10026 7", ("n01440764_10026", "", "7")),
    ],
)
def test_a_line_is_read_as_a_person_would_read_it(line, means):
    assert parse_line(line, lambda _text: False) == means


def test_where_names_alone_do_not_decide_the_files_that_are_there_do():
    there = {"left.jpg right.jpg", "no ending", "a.jpg"}
    assert parse_line("left.jpg right.jpg 3", there.__contains__) == ("left.jpg right.jpg", "", "3")
    assert parse_line("a.jpg b.jpg 3", there.__contains__) == ("a.jpg", "b.jpg", "3")
    assert parse_line("no ending 3", there.__contains__) == ("no ending", "", "3")


def test_lines_of_pairs_need_no_names_of_images():
    assert parse_line("left right same", lambda _: False, pairs=True) == ("left", "right", "same")
    assert parse_line("left,right,", lambda _: False, pairs=True) == ("left", "right", "")


def test_blank_lines_and_remarks_are_left_out_and_lines_keep_their_numbers(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("\ufeff# the cats\n\na.jpg 1\n#1.jpg 2\n#\n", encoding="utf-8")
    assert [(line.number, line.first, line.label) for line in read_lines(path)] == [
        (3, "a.jpg", "1"),
        (4, "#1.jpg", "2"),
    ]


@pytest.mark.parametrize(
    ("names", "sorted_so"),
    [
        (["cat/1.png", "dog/1.png"], True),
        (["cat/1.png", "cat/2.png"], False),
        (["cat/1.png", "dog/1.png", "2.png"], False),
        (["cat/x/1.png", "dog/x/1.png"], False),
        ([], False),
    ],
)
def test_folders_are_classes_where_every_file_is_in_one_of_several(names, sorted_so):
    assert has_class_folders(names) is sorted_so
