from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch

from deepvis.synthesis.ascent import SynthesisRequest, ascend
from deepvis.synthesis.parts import TABLES, parts_text
from deepvis.synthesis.recipe import SETTINGS, Keep, Recipe
from deepvis.synthesis.recipes import DEFAULT_RECIPE, RECIPES, recipe_named
from deepvis.synthesis.registry import Parameter, Piece, piece
from deepvis.synthesis.regularizers.table import REGULARIZERS
from deepvis.synthesis.steps import STEPPERS
from deepvis.synthesis.transforms import TRANSFORMS


def test_a_piece_goes_through_json():
    wanted = piece("blur", every=4, sigma=0.5)
    assert Piece.from_json(json.loads(json.dumps(wanted.to_json()))) == wanted
    assert Piece.from_json("blur") == Piece("blur")
    assert str(wanted) == "blur(every=4, sigma=0.5)"


@pytest.mark.parametrize("data", [3, {"sigma": 1}, {"name": 1}])
def test_what_is_no_piece_is_refused(data):
    with pytest.raises(ValueError, match="A part of a recipe"):
        Piece.from_json(data)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (piece("blurr"), "Did you mean blur"),
        (piece("blur", width=3), "no setting 'width'; it has sigma, every"),
        (piece("blur", sigma=99.0), "sigma must be 0 to 10, not 99"),
        (piece("blur", every=1.5), "whole number"),
        (piece("blur", sigma="much"), "is a number"),
        (piece("blur", sigma=float("nan")), "is a number"),
        (piece("small-contribution", signed=1), "true or false"),
    ],
)
def test_a_mistake_in_a_recipe_is_told_in_a_sentence(wanted, message):
    with pytest.raises(ValueError, match=message):
        Recipe("wrong", regularizers=(wanted,))


def test_numbers_take_the_type_of_their_default():
    assert type(Parameter("every", 4, 1, 100).check(5.0)) is int
    assert type(Parameter("sigma", 1.0, 0, 10).check(5)) is float


def test_every_recipe_goes_through_json():
    for recipe in RECIPES:
        assert Recipe.from_json(recipe.to_json()) == recipe
        assert "\n" not in recipe.to_json()


def test_missing_fields_have_defaults_and_unknown_ones_are_refused():
    assert Recipe.from_json('{"name": "mine", "steps": 9}') == Recipe("mine", steps=9)
    for text, message in (
        ("{", "no JSON"),
        ("[]", "JSON object"),
        ('{"name": "a", "step": 3}', "no 'step'"),
        ('{"name": "a", "transforms": "jitter"}', "are lists"),
        ('{"name": "a", "keep": "some"}', "some"),
        ('{"name": "a", "steps": 0}', "steps must be"),
    ):
        with pytest.raises(ValueError, match=message):
            Recipe.from_json(text)


def test_recipes_have_unique_names_sources_and_the_default_is_among_them(tmp_path):
    names = [recipe.name for recipe in RECIPES]
    assert len(set(names)) == len(names)
    assert all(recipe.source for recipe in RECIPES)
    assert recipe_named(DEFAULT_RECIPE).name == DEFAULT_RECIPE
    file = tmp_path / "mine.json"
    file.write_text(Recipe("mine").to_json())
    assert recipe_named(str(file)) == Recipe("mine")
    with pytest.raises(ValueError, match="Did you mean"):
        recipe_named("yosinski-5")
    with pytest.raises(ValueError, match="cannot be read"):
        recipe_named(str(tmp_path / "gone.json"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{nonsense", "it is no JSON"),
        (b'{"steps": 3}', "a JSON object with a name"),
        (b'{"name": "mine", "speed": 3}', "A recipe has no 'speed'"),
        (b'{"name": "mine", "keep": "some"}', "keep is one of last, best, not 'some'"),
        (b"\xff\xfe\xfa", "it is no text"),
    ],
)
def test_a_file_that_holds_no_recipe_is_named_with_what_prints_one(tmp_path, content, said):
    file = tmp_path / "bad.json"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="cannot be used") as caught:
        recipe_named(str(file))
    told = str(caught.value)
    assert told.startswith(f"The recipe {file} cannot be used: ")
    assert said in told
    assert told.endswith(f". 'deepvis recipes {DEFAULT_RECIPE}' prints a recipe to begin with.")


def test_the_four_sets_of_the_2015_paper_are_as_in_its_table():
    # decay, blur sigma, blur every, norm percent, contribution percent, iterations, policy
    table = {
        1: (0, 0.5, 4, 50, 0, 500, piece("progress", wanted=2.0, longest=100.0)),
        2: (0.3, 0, 0, 20, 0, 750, piece("constant", rate=100.0)),
        3: (1e-4, 1.0, 4, 0, 0, 1000, piece("constant", rate=100.0)),
        4: (0, 0.5, 4, 0, 90, 1000, piece("progress", wanted=2.0, longest=1e8)),
    }
    for number, (decay, sigma, every, norm, contribution, steps, stepper) in table.items():
        recipe = recipe_named(f"yosinski-{number}")
        found = {part.name: dict(part.values) for part in recipe.regularizers}
        assert found.get("decay", {}).get("rate", 0) == decay
        assert found.get("blur", {"sigma": 0, "every": 0}) == {"sigma": sigma, "every": every}
        assert found.get("small-norm", {}).get("percent", 0) == norm
        assert found.get("small-contribution", {}).get("percent", 0) == contribution
        assert (recipe.steps, recipe.stepper, recipe.keep) == (steps, stepper, Keep.BEST)
        assert recipe.transforms == ()


def test_layers_of_classes_may_have_a_recipe_of_their_own():
    own = Recipe("own", transforms=(Piece("jitter"),), steps=7)
    both = Recipe("plain", objective=Piece("channel"), for_classes=own)
    assert both.for_layer(is_classes=True) == own
    assert both.for_layer(is_classes=False) == Recipe("plain", objective=Piece("channel"))
    assert own.for_layer(is_classes=True) == own
    assert Recipe.from_json(both.to_json()) == both


def test_a_regularizer_can_be_added_and_changed():
    recipe = Recipe("mine").with_regularizer("l2", weight=0.1).with_regularizer("decay").with_regularizer("l2")
    assert recipe.regularizers == (Piece("l2"), Piece("decay"))


def test_every_row_says_where_it_comes_from_and_its_defaults_are_in_range():
    for table in (REGULARIZERS, TRANSFORMS):
        for row in table:
            assert row.source
            assert row.about.endswith(".")
            assert row.values(Piece(row.name)).keys() == {parameter.name for parameter in row.parameters}
            for parameter in row.parameters:
                assert parameter.check(parameter.default) == parameter.default
                assert parameter.about


def test_the_list_of_parts_has_every_part_and_setting_and_is_the_one_of_the_docs():
    text = parts_text()
    for _, _, table in TABLES:
        for row in table:
            assert f"  {row.name}" in text
            for parameter in row.parameters:
                assert f"{parameter.name} = " in text
    assert all(f"  {setting.name} = " in text for setting in SETTINGS)
    page = Path(__file__).parents[2] / "docs" / "recipe-parts.md"
    assert f"```text\n{text}\n```" in page.read_text(encoding="utf-8"), "write it anew: deepvis recipes --parts"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"name": "a", "keep": "bst"}', "keep is one of last, best, not 'bst'"),
        ('{"name": "a", "fill": "blue"}', "fill is one of gray, border, reflection, not 'blue'"),
        ('{"name": "a", "for_classes": {"steps": 3}}', "In 'for_classes': A recipe is a JSON object with a name"),
        ('{"name": "a", "transforms": [{"name": "scale", "low": 1.2, "high": 1.1}]}', "In 'scale', low"),
    ],
)
def test_a_mistake_in_a_recipe_is_told_with_its_place(text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        Recipe.from_json(text)


@pytest.mark.parametrize("objective", ["logit", "probability"])
def test_progress01_is_for_objectives_up_to_1(objective, engine):
    parts = {"stepper": piece("progress01", longest=1e9), "parametrization": piece("clipped-pixels")}
    recipe = Recipe("p", objective=piece(objective), steps=60, size=24, **parts)
    request = SynthesisRequest("head", (2,), (0,), recipe)
    if objective == "logit":
        engine.loaded.network.head.bias.data[2] = 5.0
        with pytest.raises(ValueError, match="'progress01' is for objectives up to 1, such as 'probability'"):
            ascend(engine, request)
    else:
        engine.loaded.network.head.weight.data *= 60
        course = ascend(engine, request).trajectory[:, 0]
        assert course[-1] > 10 * course[0]


def test_progress01_is_slower_as_the_unit_comes_near():
    variable = torch.zeros(3, 2, requires_grad=True)
    variable.grad = torch.tensor([[3.0, 4.0]] * 3)
    stepper = STEPPERS.build(piece("progress01", early=0.02, late=0.1))([variable], 10)
    stepper(0, torch.tensor([0.1, 0.9, 1.0]))
    # a step's rise is its length times that of the gradient, 5
    assert torch.allclose(variable.norm(dim=1) * 5, torch.tensor([0.02, 0.01, 0.0]))
