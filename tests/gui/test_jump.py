from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.gui.jump import JumpError, Target, find, suggestions
from deepvis.records import LayerInfo, ModelInfo, View

BLOCK = LayerInfo("blocks.0", "Block", 200, 6, 6, worth_showing=True)
CLASSES = LayerInfo("classifier", "Linear", 4, 1, 1, worth_showing=True, is_classes=True)
ODD = LayerInfo("odd", "Strange", 0, 1, 1, reason="Its output is a dictionary.")
LABELS = ("tabby, tabby cat", "tiger cat", "espresso", "coffee mug")
INFO = ModelInfo("lab/toynet", (BLOCK, ODD, CLASSES), LABELS, (3, 32, 32), "", 1)
VIEW = View("lab/toynet", "blocks.0", 7)


@pytest.mark.parametrize("text", ["#151", "151", "  #151 ", "blocks.0/151", "blocks.0/#151", "lab/toynet/blocks.0/151"])
def test_a_unit_is_reached_by_number_by_layer_and_by_whole_address(text):
    target = find(text, INFO, VIEW)
    assert (target.layer, target.unit) == ("blocks.0", 151)


def test_a_bare_number_belongs_to_the_viewed_layer():
    assert find("#2", INFO, replace(VIEW, layer="classifier")) == Target("classifier", 2, "classifier/2  espresso")


@pytest.mark.parametrize(("text", "unit"), [("espresso", 2), ("ESPR", 2), ("mug", 3), ("tiger", 1), ("tabby", 0)])
def test_a_class_is_reached_by_its_name(text, unit):
    assert (find(text, INFO, VIEW).layer, find(text, INFO, VIEW).unit) == ("classifier", unit)


def test_a_layer_is_reached_by_its_name():
    assert find("blocks", INFO, VIEW) == Target("blocks.0", 0, "blocks.0")


def test_exact_names_come_before_beginnings_and_those_before_the_middle():
    labels = ("a cat", "concatenation", "cat", "catfish")
    found = suggestions("cat", replace(INFO, labels=labels))
    assert [target.text for target in found] == ["cat", "catfish", "a cat", "concatenation"]


def test_a_list_has_at_most_as_many_rows_as_asked_for():
    assert len(suggestions("a", INFO, limit=2)) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "#151"),
        ("#200", "units 0 to 199"),
        ("classifier/4", "units 0 to 3"),
        ("blocks.1/3", "Did you mean blocks.0"),
        ("odd/0", "a dictionary"),
        ("zebra crossing", "No layer or class is called 'zebra crossing'"),
    ],
)
def test_what_leads_nowhere_is_told_with_what_would(text, words):
    with pytest.raises(JumpError, match=words):
        find(text, INFO, VIEW)


@given(st.one_of(st.text(max_size=12), st.from_regex(r"#?[0-9²٣]{1,4}|blocks\.0/[0-9²]{0,4}", fullmatch=True)))
def test_any_text_leads_to_a_unit_that_exists_or_to_a_sentence(text):
    try:
        target = find(text, INFO, VIEW)
    except JumpError as error:
        told = str(error)
        assert told.endswith(".")
        return
    assert target.unit < INFO.layer(target.layer).units
