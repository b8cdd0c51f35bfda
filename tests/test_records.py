from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.records import SOFTMAX, LayerInfo, ModelInfo, Rect, UnitId, View

NAMES = st.text(alphabet="abcxyz0159._:-", min_size=1)


def layer(name, **changes):
    return LayerInfo(name, "Conv2d", 8, 4, 4, **changes)


def model(*layers, labels=("cat", "dog")):
    return ModelInfo("net", layers, labels, (3, 32, 32), "random", 10)


@given(model=st.lists(NAMES, min_size=1, max_size=3).map("/".join), layer=NAMES, unit=st.integers(0, 10**6))
def test_a_unit_address_reads_back_as_written(model, layer, unit):
    address = UnitId(model, layer, unit)
    assert UnitId.parse(str(address)) == address


@pytest.mark.parametrize(
    "text", ["", "net", "net/layer", "net/layer/x", "net/layer/-1", "/layer/1", "net//1", "net/1/"]
)
def test_what_is_no_unit_address_is_refused_with_the_form_wanted(text):
    with pytest.raises(ValueError, match="write model/layer/unit"):
        UnitId.parse(text)


def test_a_rectangle_owns_its_top_and_left_edges_only():
    rect = Rect(1, 2, 3, 4)
    assert (rect.bottom, rect.right) == (4, 6)
    assert rect.contains(1, 2)
    assert rect.contains(3.9, 5.9)
    assert not rect.contains(4, 2)
    assert not rect.contains(1, 6)
    assert not rect.contains(0.9, 2)


@given(
    top=st.integers(0, 50),
    left=st.integers(0, 50),
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    row=st.integers(0, 80),
    column=st.integers(0, 80),
)
def test_neighboring_rectangles_never_share_a_point(top, left, height, width, row, column):
    here = Rect(top, left, height, width)
    below = Rect(here.bottom, left, height, width)
    beside = Rect(top, here.right, height, width)
    assert sum(rect.contains(row, column) for rect in (here, below, beside)) <= 1


def test_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        View().layer = "other"


def test_a_map_shows_three_numbers_and_a_vector_one():
    assert LayerInfo("a", "Conv2d", 32, 112, 56).shape_text == "32×112×56"
    assert LayerInfo("b", "Linear", 1000, 1, 1).shape_text == "1000"


def test_a_layer_is_found_by_name():
    first, last = layer("conv"), layer(SOFTMAX)
    assert model(first, last).layer(SOFTMAX) is last


def test_a_missing_layer_is_named_with_close_ones():
    with pytest.raises(KeyError, match=r"net has no layer 'blocks\.1\.conv'\. Did you mean blocks\.1\.conv1"):
        model(layer("blocks.1.conv1"), layer("head")).layer("blocks.1.conv")


def test_a_missing_layer_with_nothing_close_gets_no_guess():
    with pytest.raises(KeyError) as caught:
        model(layer("stem")).layer("qqqqq")
    assert "Did you mean" not in str(caught.value)


def test_a_layer_that_has_hardly_a_letter_in_common_or_cannot_be_shown_is_not_proposed():
    net = model(layer("bn1.drop"), dataclasses.replace(layer("conv1"), reason="It gave nothing."))
    for name in ("nope", "conv2"):
        with pytest.raises(KeyError) as caught:
            net.layer(name)
        assert "Did you mean" not in str(caught.value)


def test_the_default_list_leaves_out_what_is_not_worth_showing_and_what_cannot_be_shown():
    shown = layer("a", worth_showing=True)
    hidden = layer("b")
    broken = layer("c", worth_showing=True, reason="It returns text.")
    assert model(shown, hidden, broken).shown_layers() == (shown,)


def test_only_units_that_are_classes_have_a_label():
    classes, features = layer("head", is_classes=True), layer("conv")
    info = model(classes, features)
    assert info.label(classes, 1) == "dog"
    assert info.label(classes, 2) == ""
    assert info.label(features, 1) == ""
