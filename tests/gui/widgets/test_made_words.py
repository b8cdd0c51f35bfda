"""What is said of synthesized pictures."""

from __future__ import annotations

import math

import pytest

from deepvis.gui.widgets.made_words import badges, caption, change_lines, figures_of, key_of, rank_text, ratio_text
from deepvis.gui.widgets.whole_image_popup import words_of
from tests.gui.made_up import make_made


def test_a_caption_tells_recipe_and_seed_and_below_them_value_and_ratio():
    picture = make_made(seed=3)
    assert caption(picture, picture.made) == (("clear", "seed 3"), ("31.2", "1.5× max"))


def test_a_changed_recipe_has_a_star_in_the_caption_and_its_whole_name_in_the_popup():
    picture = make_made(recipe="clear, changed")
    assert caption(picture, picture.made)[0] == ("clear*", "seed 0")
    assert words_of(picture)[0] == "clear, changed · seed 0"


def test_an_unknown_value_and_an_unknown_ratio_are_not_written():
    picture = make_made(value=math.nan, natural_ratio=None)
    assert caption(picture, picture.made)[1] == ("", "")


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.351, "0.35×"), (1.44, "1.4×"), (12.4, "12×"), (-0.2, "−0.20×"), (0.0, "0×")]
)
def test_a_ratio_has_as_many_digits_as_count(ratio, text):
    assert ratio_text(make_made(natural_ratio=ratio).made, "") == text


def test_what_turns_a_unit_off_is_not_compared_with_its_maximum():
    assert ratio_text(make_made(negative=True).made, "") == ""


def test_badges_name_what_must_not_be_overlooked():
    assert badges(make_made().made) == ()
    made = make_made(negative=True, stale="Other weights.", reason="It stayed off.").made
    assert badges(made) == ("stayed off", "turns off", "stale")


def test_the_popup_has_all_figures():
    picture = make_made(start="the frame", stale="It was made with other weights.")
    assert figures_of(picture.value, picture.made) == (
        "clear · seed 0",
        "value 31.2  ·  1.5× natural maximum",
        "largest of its layer, from step 27 on",
        "128 steps  ·  from the frame",
        "It was made with other weights.",
    )


def test_ranks_are_told_by_those_above():
    assert rank_text(None, None) == ""
    assert rank_text(0, 0) == "largest of its layer"
    assert rank_text(1, 0) == "1 unit of the layer is larger"
    assert rank_text(1200, 0) == "1,200 units of the layer are larger"


def test_a_picture_is_known_again_by_its_key_and_others_by_what_they_show(picture):
    assert key_of(make_made(key=5)) == key_of(make_made(key=5, value=2.0))
    assert key_of(make_made(key=5)) != key_of(make_made(key=6))
    assert key_of(picture(1.0)) == key_of(picture(1.0))
    assert key_of(picture(1.0)) != key_of(picture(2.0))


def test_a_changed_recipe_says_what_was_changed():
    words = "steps 60 instead of 125, size 128 instead of 160, weight of l2 0.2 instead of 0.1"
    changed = make_made(recipe="clear, changed", changes=words)
    lines = change_lines(changed.made)
    assert " ".join(lines) == f"changed: {words}"
    assert max(map(len, lines)) <= 46
    assert set(lines) < set(figures_of(changed.value, changed.made))


def test_a_changed_recipe_of_which_nothing_is_known_any_more_says_what_may_differ():
    changed = make_made(recipe="clear, changed")
    assert "size, steps or regularizers are not the recipe's" in figures_of(changed.value, changed.made)
    assert len(figures_of(make_made().value, make_made().made)) == len(figures_of(changed.value, changed.made)) - 1
