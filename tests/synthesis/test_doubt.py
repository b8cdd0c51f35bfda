"""Pictures of classes that show little of their class are begun anew."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from deepvis.synthesis.ascent import SynthesisRequest, Watch, ascend
from deepvis.synthesis.excitement import distinctness
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.registry import Piece

RECIPE = Recipe("quick", objective=Piece("softmax"), steps=6, size=24, starts=2, scouting=0.5, scout_size=1.0)
SURE, NEVER_SURE = 0.0, 1.0


def want(recipe, units=(1, 4, 6), seeds=(5, 6, 7), layer="head", **more):
    return SynthesisRequest(layer, units, seeds, recipe, tries=1, **more)


def attempts(engine, request):
    seen = []
    ascend(engine, request, watch=Watch(lambda preview: seen.append((preview.attempt, preview.places)), every=1000))
    return list(dict.fromkeys(seen))


def shown_distinctness(engine, images, units):
    pictures = engine.loaded.preprocessing.normalize(torch.from_numpy(images).permute(0, 3, 1, 2), "cpu", torch.float32)
    with torch.no_grad():
        size = engine.loaded.preprocessing.input_size
        larger = nn.functional.interpolate(pictures, size, mode="bilinear", antialias=True)
        return distinctness(engine.loaded.network(larger), torch.tensor(units))


def test_it_is_the_correlation_with_the_answer_that_names_the_class_alone():
    logits = torch.randn(5, 12, generator=torch.Generator().manual_seed(0))
    classes = torch.tensor([0, 3, 3, 11, 7])
    wanted = [np.corrcoef(row, np.eye(12)[place])[0, 1] for row, place in zip(logits.numpy(), classes, strict=True)]
    assert np.allclose(distinctness(logits, classes), wanted, atol=1e-6)
    assert np.allclose(distinctness(3 * logits + 100, classes), wanted, atol=1e-5)
    alone = torch.nn.functional.one_hot(classes, 12).float()
    assert np.allclose(distinctness(alone, classes), 1)
    assert distinctness(torch.full((1, 4), 2.5), torch.tensor([1])).item() == 0


def test_without_doubt_there_is_one_ascent(engine):
    assert {number for number, _ in attempts(engine, want(RECIPE))} == {0}
    assert {number for number, _ in attempts(engine, want(RECIPE.changed(doubt=NEVER_SURE, again=0)))} == {0}


def test_units_that_are_no_classes_are_never_doubtful(engine):
    recipe = RECIPE.changed(doubt=NEVER_SURE, objective=Piece("channel"))
    assert {number for number, _ in attempts(engine, want(recipe, layer="act2"))} == {0}


def test_a_picture_that_begins_with_another_is_not_begun_anew(engine):
    start = np.full((24, 24, 3), 120, np.uint8)
    recipe = RECIPE.changed(doubt=NEVER_SURE)
    assert {number for number, _ in attempts(engine, want(recipe, start=start))} == {0}


def test_only_doubtful_pictures_are_begun_anew_and_so_often_as_the_recipe_says(engine):
    first = ascend(engine, want(RECIPE))
    shown = shown_distinctness(engine, first.images, first.request.units)
    between = float(shown.sort().values[:2].mean())
    assert between > 0
    doubtful = (int(shown.argmin()),)
    seen = attempts(engine, want(RECIPE.changed(doubt=between, again=1, closer=1.0)))
    assert seen == [(0, (0, 1, 2)), (1, doubtful)]
    always = attempts(engine, want(RECIPE.changed(doubt=NEVER_SURE, again=3)))
    assert [number for number, _ in always] == [0, 1, 2, 3]


def test_the_most_distinct_picture_is_the_result(engine):
    recipe = RECIPE.changed(closer=1.0)
    tried = [
        ascend(engine, want(recipe, seeds=tuple(seed + number * 0xC2B2_AE35 for seed in (5, 6, 7)))).images
        for number in range(3)
    ]
    shown = torch.stack([shown_distinctness(engine, images, (1, 4, 6)) for images in tried])
    done = ascend(engine, want(recipe.changed(doubt=NEVER_SURE, again=2)))
    assert len(set(shown.argmax(0).tolist())) > 1, "the seeds should tell the best from the last"
    for place, best in enumerate(shown.argmax(0).tolist()):
        assert np.abs(done.images[place].astype(int) - tried[best][place]).max() <= 1
    assert done.trajectory.shape == (6, 3)
    assert np.isfinite(done.trajectory).all()


def test_the_network_sees_them_larger(engines):
    network = nn.Sequential(
        OrderedDict(conv=nn.Conv2d(3, 6, 3, stride=2), act=nn.ReLU(), pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten())
    )
    network.append(nn.Linear(6, 5))
    engine = engines(network, side=32)
    recipe = RECIPE.changed(starts=1, coarse=0.5, coarse_part=1.0, steps=3, doubt=NEVER_SURE, again=1, closer=1.5)
    sizes = []
    handle = network.conv.register_forward_pre_hook(lambda _module, inputs: sizes.append(inputs[0].shape[2]))
    ascend(engine, want(recipe, units=(1, 2), seeds=(0, 1), layer=engine.info().layers[-1].name))
    handle.remove()
    ascents = [size for size in sizes if size in (12, 18)]
    assert ascents[-6:] == [12] * 3 + [18] * 3


@pytest.mark.parametrize("layer", ["head", "softmax"])
def test_it_is_the_same_picture_every_time(layer, engine):
    recipe = RECIPE.changed(doubt=NEVER_SURE, again=1)
    one, two = (ascend(engine, want(recipe, layer=layer)) for _ in range(2))
    assert np.array_equal(one.images, two.images)


def test_they_may_get_more_steps(engine):
    first = ascend(engine, want(RECIPE))
    shown = shown_distinctness(engine, first.images, first.request.units)
    recipe = RECIPE.changed(doubt=float(shown.sort().values[:2].mean()), again=1, closer=1.0, longer=2.5)
    steps = []
    watch = Watch(lambda preview: steps.append((preview.attempt, preview.step)), every=1)
    done = ascend(engine, want(recipe), watch=watch)
    assert [step for attempt, step in steps if attempt == 1] == list(range(1, 16))
    assert done.trajectory.shape == (15, 3)
    place = int(shown.argmin())
    counts = np.isfinite(done.trajectory).sum(0).tolist()
    renewed = not np.array_equal(done.images[place], first.images[place])
    assert counts == [15 if each == place and renewed else 6 for each in range(3)]
    others = [each for each in range(3) if each != place]
    assert np.array_equal(done.images[others], first.images[others])
