"""What to look at when a model arrives."""

from __future__ import annotations

import pytest

from deepvis.live.first_view import default_layer, view_for_model
from deepvis.records import SOFTMAX, GridView, LayerInfo, ModelInfo, View


def layer(name, units=8, side=5, *, shown=True, reason=""):
    return LayerInfo(name, "Conv2d", units, side, side, worth_showing=shown, reason=reason)


STEM, INNER, BLOCK = layer("stem", 4, 9), layer("stem.inner", shown=False), layer("block")
HEAD, BROKEN = layer("head", 32, 1), layer("broken", 0, 0, reason="It gives no tensor.")
CLASSES = layer(SOFTMAX, 10, 1)


def model(*layers, name="net"):
    return ModelInfo(name, layers, (), (3, 32, 32), "random", 100)


NET = model(STEM, INNER, BROKEN, BLOCK, HEAD, CLASSES)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ((STEM, INNER, BROKEN, BLOCK, HEAD, CLASSES), "block"),
        ((STEM, HEAD, CLASSES), "stem"),
        ((HEAD, CLASSES), "head"),
        ((BROKEN, INNER, CLASSES), "stem.inner"),
        ((BROKEN,), ""),
        ((CLASSES,), ""),
        ((), ""),
    ],
)
def test_the_default_is_the_middle_map_worth_showing_else_the_last_layer_that_can_be_shown(layers, expected):
    assert default_layer(model(*layers)) == expected


def test_a_new_model_is_looked_at_in_its_default_layer():
    assert view_for_model(View(), NET) == View(model="net", layer="block")


def test_the_layer_and_unit_asked_for_win():
    view = view_for_model(View(model="net", layer="block", unit=2), NET, layer="stem", unit=3)
    assert (view.layer, view.unit) == ("stem", 3)


def test_the_present_layer_stays_where_the_new_model_has_it():
    view = view_for_model(View(model="other", layer="head", unit=20, position=(0, 0)), NET)
    assert (view.model, view.layer, view.unit) == ("net", "head", 20)
    assert view.position is None, "a position of another model means nothing here"


@pytest.mark.parametrize("wanted", ["nowhere", "broken"])
def test_a_layer_that_is_missing_or_cannot_be_shown_gives_way_to_the_default(wanted):
    assert view_for_model(View(), NET, layer=wanted).layer == "block"


@pytest.mark.parametrize("unit", [8, 10_000_000])
def test_a_unit_beyond_the_end_becomes_the_first(unit):
    assert view_for_model(View(), NET, layer="block", unit=unit).unit == 0
    assert view_for_model(View(unit=unit), NET).unit == 0


def test_the_same_model_on_another_device_changes_nothing():
    view = View(model="net", layer="block", unit=5, position=(3, 4), mirror=True, grid=GridView(10, 10))
    assert view_for_model(view, NET) == view


def test_what_does_not_concern_the_model_stays():
    view = View(mirror=True, quarter_turns=3, predictions=False, grid=GridView(5, 6, colormap="gray"))
    changed = view_for_model(view, NET)
    assert (changed.mirror, changed.quarter_turns, changed.predictions, changed.grid) == (True, 3, False, view.grid)


def test_a_model_without_any_usable_layer_is_looked_at_nowhere():
    view = view_for_model(View(layer="block", unit=5, position=(1, 1)), model(BROKEN))
    assert (view.layer, view.unit, view.position) == ("", 0, None)
