"""Features pulled toward those of natural pictures: the distance by hand, and what it does to an ascent."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from deepvis.records import LayerInfo
from deepvis.synthesis.ascent import Materials, SynthesisRequest, Watch, ascend
from deepvis.synthesis.distribution_match import matched_layers
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.registry import Piece, piece
from deepvis.synthesis.regularizers.feature_distribution import Quantiles, distribution_distance

SIDE = 24
RECIPE = Recipe(
    "quick",
    objective=Piece("channel"),
    parametrization=Piece("pixels"),
    transforms=(piece("jitter", pixels=2), piece("noise", std=0.02)),
    steps=25,
    size=SIDE,
)
MATCH = piece("feature-distribution", weight=10.0, references=3, layers=2)


class Album:
    """Pictures by unit; remembers what it was asked."""

    def __init__(self, **pictures):
        self.pictures = {int(name[1:]): rgb for name, rgb in pictures.items()}
        self.wishes = []

    def find(self, wish):
        self.wishes.append(wish)
        return self.pictures.get(wish.unit, np.zeros((0, *wish.size, 3), np.uint8))[: wish.count]

    def digest(self):
        return "album"


def photographs(count, seed):
    rough = torch.rand(count, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    grown = nn.functional.interpolate(rough, (SIDE, SIDE), mode="bilinear")
    return (grown * 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def maps_of(engine, images, depth):
    batch = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
    with torch.no_grad():
        return engine.loaded.network[:depth](engine.loaded.preprocessing.normalize(batch, "cpu", torch.float32))


def climbed(engine, *regularizers, album=None, layer="act2", units=(2, 5), recipe=RECIPE, **more):
    request = SynthesisRequest(layer, units, units, recipe.changed(regularizers=regularizers), **more)
    return ascend(engine, request, Materials(references=album))


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --------------------------------------------------------------------------------------------------------- the distance


@pytest.mark.parametrize(("mine", "theirs"), [((5, 7), (5, 7)), ((3, 4), (5, 7)), ((9, 8), (5, 7)), ((1, 1), (5, 7))])
def test_the_distance_is_what_it_is_by_hand(mine, theirs):
    references, maps = noise(4, 6, *theirs), noise(2, 6, *mine, seed=1) * 2 + 1
    known = Quantiles(references)
    count = mine[0] * mine[1]
    quantiles = torch.stack([known.at(count)] * 2)
    found = distribution_distance(maps, quantiles, torch.stack([known.spread] * 2))
    there = references.numpy().astype(np.float64).reshape(4, 6, -1)
    middles = (np.arange(count) + 0.5) / count
    grid = (np.arange(there.shape[2]) + 0.5) / there.shape[2]
    spread = np.mean([there[:, channel].var() for channel in range(6)])
    for image in range(2):
        squares = []
        for channel in range(6):
            goal = np.interp(middles, grid, np.mean([np.sort(one[channel]) for one in there], axis=0))
            squares.append((np.sort(maps[image, channel].numpy().ravel()) - goal) ** 2)
        assert found[image].item() == pytest.approx(np.mean(squares) / spread, rel=1e-4)


def test_a_picture_that_is_its_own_reference_has_no_distance_wherever_its_features_are():
    maps = noise(1, 5, 6, 8)
    known = Quantiles(maps)
    elsewhere = maps.flatten(2)[:, :, torch.randperm(48, generator=torch.Generator().manual_seed(2))].view(maps.shape)
    for same in (maps, elsewhere):
        assert distribution_distance(same, known.at(48)[None], known.spread[None]).item() == 0
    assert distribution_distance(maps + 1, known.at(48)[None], known.spread[None]).item() > 0.5


def test_the_distance_means_the_same_in_layers_of_any_strength():
    references, maps = noise(3, 4, 5, 5), noise(1, 4, 5, 5, seed=1)

    def distance(scale):
        known = Quantiles(references * scale)
        return distribution_distance(maps * scale, known.at(25)[None], known.spread[None]).item()

    assert distance(1e-3) == pytest.approx(distance(1.0), rel=1e-3)
    assert distance(1e3) == pytest.approx(distance(1.0), rel=1e-3)


def test_channels_that_natural_pictures_leave_flat_give_no_infinite_distance():
    known = Quantiles(torch.zeros(2, 3, 4, 4))
    found = distribution_distance(torch.zeros(1, 3, 4, 4), known.at(16)[None], known.spread[None])
    assert found.item() == 0


# --------------------------------------------------------------------------------------------------------- which layers


def info(name, side, *, worth=True, reason=""):
    return LayerInfo(name, "Conv2d", 4, side, side, worth_showing=worth, reason=reason)


LAYERS = (
    info("a", 8),
    info("inner", 8, worth=False),
    info("odd", 8, reason="a list"),
    *(info(name, 4) for name in "bcde"),
    info("classes", 1),
    info("f", 2),
)


@pytest.mark.parametrize(
    ("own", "count", "names"),
    [
        ("d", 2, ("b", "d")),
        ("d", 4, ("a", "b", "c", "d")),
        ("d", 9, ("a", "b", "c", "d")),
        ("e", 3, ("a", "c", "e")),
        ("a", 3, ("a",)),
        ("inner", 1, ("inner",)),
        ("classes", 1, ("e",)),
        ("classes", 2, ("b", "e")),
    ],
)
def test_the_layers_compared_are_spread_up_to_the_own_one(own, count, names):
    assert matched_layers(LAYERS, own, count) == names


# ------------------------------------------------------------------------------------------------------------ an ascent


def test_an_ascent_brings_the_features_of_every_picture_near_those_of_its_own_unit(engine):
    album = Album(_2=photographs(3, 1) // 3, _5=255 - photographs(3, 2) // 3)
    free, pulled = climbed(engine), climbed(engine, MATCH, album=album)
    assert [(wish.unit, wish.count, wish.size, wish.negative) for wish in album.wishes] == [
        (2, 3, (SIDE, SIDE), False),
        (5, 3, (SIDE, SIDE), False),
    ]
    for place, unit in enumerate((2, 5)):
        known = Quantiles(maps_of(engine, album.pictures[unit], 5))

        def off(done, known=known, place=place):
            maps = maps_of(engine, done.images[place : place + 1], 5)
            return distribution_distance(maps, known.at(maps[0, 0].numel())[None], known.spread[None]).item()

        assert off(pulled) < 0.7 * off(free)
    assert (pulled.objectives > 0).all()


def test_a_weight_means_the_same_to_units_that_answer_strongly(engine, engines):
    album = Album(_2=photographs(2, 1), _5=photographs(2, 2))
    images = []
    for factor in (1.0, 10.0):
        network = deepcopy(engine.loaded.network)
        with torch.no_grad():
            network.conv2.weight *= factor
            network.conv2.bias *= factor
        images.append(climbed(engines(network), MATCH, album=album).images.astype(int))
    assert np.abs(images[0] - images[1]).mean() < 2


def test_a_weight_of_nothing_changes_nothing(engine):
    album = Album(_2=photographs(2, 1), _5=photographs(2, 2))
    nothing = climbed(engine, piece("feature-distribution", weight=0.0), album=album)
    assert np.array_equal(nothing.images, climbed(engine).images)


def test_a_picture_does_not_depend_on_what_is_made_beside_it(engine):
    album = Album(_2=photographs(3, 1), _5=photographs(2, 2), _7=photographs(1, 3))
    recipe = RECIPE.changed(starts=2)
    both = climbed(engine, MATCH, album=album, units=(2, 5), recipe=recipe)
    other = climbed(engine, MATCH, album=album, units=(5, 7), recipe=recipe)
    assert np.abs(both.images[1].astype(int) - other.images[0]).max() <= 2


def test_classes_are_compared_in_layers_below_them_and_pictures_of_any_size(engine):
    album = Album(_1=photographs(2, 1), _3=photographs(2, 2))
    recipe = RECIPE.changed(coarse=0.6)
    done = climbed(engine, MATCH, album=album, layer="head", units=(1, 3), recipe=recipe)
    free = climbed(engine, layer="head", units=(1, 3), recipe=recipe)
    for place, unit in enumerate((1, 3)):
        known = Quantiles(maps_of(engine, album.pictures[unit], 5))
        near, far = (maps_of(engine, one.images[place : place + 1], 5) for one in (done, free))
        goal = (known.at(near[0, 0].numel())[None], known.spread[None])
        assert distribution_distance(near, *goal) < 0.7 * distribution_distance(far, *goal)


def test_what_turns_a_unit_off_is_compared_with_what_excites_it_least(engine):
    album = Album(_2=photographs(1, 1), _5=photographs(1, 2))
    climbed(engine, MATCH, album=album, recipe=RECIPE.changed(objective=piece("channel", sign=-1.0)))
    assert all(wish.negative for wish in album.wishes)


def test_the_network_is_left_without_hooks_also_when_it_fails(engine):
    with pytest.raises(ValueError, match="excite unit 5 of act2"):
        climbed(engine, MATCH, album=Album(_2=photographs(1, 1)))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in engine.loaded.network.modules())


def test_without_a_scan_a_sentence_says_what_to_do(engine):
    with pytest.raises(
        ValueError, match=r"there is none\. Scan a folder of images first: `deepvis scan --images FOLDER --layers act2`"
    ):
        climbed(engine, MATCH)


def test_a_network_without_positions_has_nothing_to_compare(engines):
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 5))
    with pytest.raises(ValueError, match="layers with several positions"):
        ascend(
            engines(flat, side=8),
            SynthesisRequest("1", (0,), (0,), RECIPE.changed(size=16, regularizers=(MATCH,))),
            Materials(references=Album(_0=photographs(1, 1))),
            Watch(),
        )
