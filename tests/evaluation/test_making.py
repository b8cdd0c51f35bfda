from __future__ import annotations

import numpy as np
import pytest

from deepvis.evaluation.making import Made, RecipeMaker, Shelf
from deepvis.evaluation.units import Draw
from deepvis.evaluation.workshop import Workshop
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.synthesis import Materials

RECIPE = Recipe("short", steps=4, size=24)


def maker_of(engine, recipe=RECIPE, batch_size=2):
    return RecipeMaker(engine, recipe, Materials(), batch_size=batch_size)


def layer_of(engine, name="act2"):
    return engine.info().layer(name)


def test_a_recipe_makes_a_picture_per_unit_and_says_what_it_took(engine):
    parts = []
    made = maker_of(engine).make(layer_of(engine), (1, 2), (0, 0), parts.append)
    assert [picture.rgb.shape for picture in made] == [(24, 24, 3)] * 2
    assert not np.array_equal(made[0].rgb, made[1].rgb)
    assert all(picture.wall_s > 0 and picture.cpu_s > 0 for picture in made)
    assert parts[:4] == [0.25, 0.5, 0.75, 1.0]


def test_steps_for_classes_count_where_the_recipe_has_others_for_them(engine):
    recipe = RECIPE.changed(for_classes=RECIPE.changed(steps=8))
    parts = []
    maker_of(engine, recipe).make(layer_of(engine, "head"), (0,), (0,), parts.append)
    assert parts[:8] == [step / 8 for step in range(1, 9)]
    classes, hidden = (maker_of(engine, recipe).cost(layer_of(engine, name)) for name in ("head", "act2"))
    assert classes == 2 * hidden


def test_the_same_unit_and_seed_give_the_same_picture_and_other_seeds_another(engine):
    first, again, other = (
        maker_of(engine).make(layer_of(engine), (3,), (number,), lambda _: None)[0].rgb for number in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_makers_of_other_recipes_networks_or_batches_have_other_keys(engine, engines, networks_like):
    keys = [
        maker_of(engine).key(),
        maker_of(engine, RECIPE.changed(steps=5)).key(),
        maker_of(engine, batch_size=1).key(),
        maker_of(engines(networks_like(1), sha256="1")).key(),
    ]
    assert len(set(keys)) == 4
    assert maker_of(engine).key() == keys[0]


def test_a_shelf_gives_back_exactly_what_was_kept(engine, tmp_path, noise):
    shelf, maker = Shelf(tmp_path), maker_of(engine)
    kept = Made(noise(24), 1.5, 2.25, "It stayed off: ±0.")
    assert shelf.find(maker, "a.b:2", 7, 0) is None
    shelf.keep(maker, "a.b:2", 7, 0, kept)
    found = shelf.find(maker, "a.b:2", 7, 0)
    assert np.array_equal(found.rgb, kept.rgb)
    assert (found.wall_s, found.cpu_s, found.reason) == (1.5, 2.25, "It stayed off: ±0.")
    assert shelf.find(maker, "a.b:2", 7, 1) is None
    assert shelf.find(maker_of(engine, RECIPE.changed(steps=5)), "a.b:2", 7, 0) is None
    assert Shelf(None).find(maker, "a.b:2", 7, 0) is None


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"no image"])
def test_a_damaged_file_counts_as_missing(engine, tmp_path, noise, damage):
    shelf, maker = Shelf(tmp_path), maker_of(engine)
    shelf.keep(maker, "act2", 0, 0, Made(noise(24), 1.0, 1.0))
    (path,) = tmp_path.rglob("*.png")
    path.write_bytes(damage(path.read_bytes()))
    assert shelf.find(maker, "act2", 0, 0) is None


class Counting:
    """Makes flat pictures and remembers in which batches."""

    name, size, batch_size = "counting", 8, 2

    def __init__(self):
        self.batches = []

    def key(self):
        return "1"

    def cost(self, layer):
        return 10.0

    def make(self, layer, units, numbers, tell):
        self.batches.append((layer.name, tuple(zip(units, numbers, strict=True))))
        tell(0.5)
        tell(1.0)
        return [Made(np.full((8, 8, 3), unit, np.uint8), 0.0, 0.0) for unit in units]


def test_only_what_the_shelf_has_not_is_made_in_batches(engine, tmp_path):
    draw = Draw(layer_of(engine), (0, 1, 2, 3))
    maker, shelf = Counting(), Shelf(tmp_path)
    shelf.keep(maker, "act2", 1, 0, Made(np.full((8, 8, 3), 1, np.uint8), 0.0, 0.0))
    workshop = Workshop(shelf, [maker], [draw], range(1))
    pictures = workshop.pictures(maker, draw)
    assert maker.batches == [("act2", ((0, 0), (2, 0))), ("act2", ((3, 0),))]
    assert {place: int(made.rgb[0, 0, 0]) for place, made in pictures.items()} == {(u, 0): u for u in range(4)}
    again = Counting()
    Workshop(shelf, [again], [draw], range(1)).pictures(again, draw)
    assert again.batches == []


def test_progress_counts_what_is_to_be_made_and_estimates_the_rest(engine):
    told = []
    draw = Draw(layer_of(engine), (0, 1, 2))
    maker = Counting()
    workshop = Workshop(Shelf(None), [maker], [draw], range(2), told.append)
    workshop.pictures(maker, draw)
    assert {progress.total for progress in told} == {6}
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)
    assert told[0].left_s is None
    assert told[1].left_s > 0
    assert told[-1].left_s == pytest.approx(0, abs=1e-9)
    assert told[0].phase == "counting, act2"


class Scan:
    """Stands for a gallery with a scan."""

    def __init__(self, digest):
        self.digest = lambda: digest


def test_pictures_compared_with_natural_ones_are_others_with_another_scan(engine):
    matched = RECIPE.with_regularizer("feature-distribution")
    keys = {
        (recipe.name, text): RecipeMaker(engine, recipe, Materials(references=Scan(text)), batch_size=2).key()
        for recipe in (RECIPE, matched.changed(name="matched"))
        for text in ("one", "two")
    }
    assert keys["short", "one"] == keys["short", "two"] == maker_of(engine).key()
    assert keys["matched", "one"] != keys["matched", "two"]
