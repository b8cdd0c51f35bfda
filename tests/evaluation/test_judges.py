from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from skimage import data
from torch import nn

from deepvis.evaluation.errors import EvaluationError
from deepvis.evaluation.judges import Judge, check_independent, load_judge, shares_weights
from deepvis.models.errors import ModelError
from deepvis.models.zoo import load_model
from deepvis.records import ModelRequest

LABELS = ("ant", "bee", "cat", "dog", "elk")
CATS = ("tabby", "tiger cat", "Egyptian cat")


@pytest.fixture(scope="module")
def default_model():
    return load_model(ModelRequest())


@pytest.mark.parametrize("name", ["efficientnet_lite1", "efficientnet_lite2"])
def test_photographs_of_known_classes_are_put_into_their_classes(name, default_model):
    judge = load_judge(name, default_model)
    labels = judge.loaded.labels
    pictures = [data.chelsea(), data.coffee()]
    logits = judge.logits(pictures)
    cats = [judge.opinions(logits[:1], [labels.index(cat)])[0] for cat in CATS]
    assert sum(opinion.probability for opinion in cats) > 0.6
    assert {opinion.rank for opinion in cats} == {0, 1, 2}
    assert {opinion.label for opinion in cats} <= set(CATS)
    coffee = judge.opinions(logits[1:], [labels.index("espresso")])[0]
    assert (coffee.rank, coffee.label) == (0, "espresso")
    assert coffee.probability == coffee.label_probability > 0.3
    wrong = judge.opinions(logits[1:], [labels.index("tabby")])[0]
    assert wrong.rank > 5
    assert wrong.probability < 0.05


def test_noise_is_in_no_class_of_real_things(default_model, noise):
    judge = load_judge("efficientnet_lite1", default_model)
    classes = [281, 967, 504, 1, 800, 555]
    opinions = judge.opinions(judge.logits([noise(160, seed) for seed in range(6)]), classes)
    assert max(opinion.probability for opinion in opinions) < 0.1


def test_a_picture_is_seen_whole_at_the_size_the_judge_wants(loaded, networks_like, noise):
    judge = Judge(loaded(networks_like(1), labels=LABELS))
    rgb = noise(64)
    marked = rgb.copy()
    marked[:3] = 0  # a center crop would not see the border
    assert not np.allclose(judge.logits([rgb]), judge.logits([marked]))
    assert judge.logits([rgb, rgb, marked]).shape == (3, 5)


def test_a_network_that_ends_in_a_softmax_says_the_same_as_without(loaded, networks_like, noise):
    plain = networks_like(1)
    softened = nn.Sequential(copy.deepcopy(plain), nn.Softmax(1))
    pictures = [noise(32, seed) for seed in range(3)]
    judges = [
        Judge(loaded(plain, labels=LABELS)),
        Judge(loaded(softened, labels=LABELS, probabilities=True)),
    ]
    said = [judge.opinions(judge.logits(pictures), [0, 1, 2]) for judge in judges]
    for one, other in zip(*said, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=1e-6)
        assert (one.rank, one.label) == (other.rank, other.label)


def test_a_network_does_not_judge_its_own_pictures(default_model):
    with pytest.raises(EvaluationError, match=r"efficientnet_lite0 cannot judge pictures of efficientnet_lite0"):
        load_judge("efficientnet_lite0", default_model)


def test_the_same_weights_under_another_name_do_not_judge_either(loaded, networks_like):
    one = loaded(networks_like(0), name="one", labels=LABELS)
    other = loaded(nn.Sequential(networks_like(0)), name="other", labels=LABELS, sha256="1")
    with pytest.raises(EvaluationError, match="same weights"):
        check_independent(other, one)


def test_one_layer_taken_over_from_the_visualized_network_is_found(networks_like):
    one, other = networks_like(0), networks_like(1)
    assert not shares_weights(one, other)
    other.conv1.load_state_dict(one.conv1.state_dict())
    assert shares_weights(one, other.to(memory_format=torch.channels_last))


def test_scales_and_zeros_that_all_networks_begin_with_are_no_shared_weights():
    one, other = (nn.Sequential(nn.BatchNorm2d(100), nn.Conv2d(100, 2, 1)) for _ in range(2))
    for network in (one, other):
        nn.init.zeros_(network[1].weight)
    assert not shares_weights(one, other)


def test_a_judge_of_other_classes_is_refused_with_both_named(loaded, networks_like):
    one = loaded(networks_like(0), name="one", labels=LABELS)
    other = loaded(networks_like(1, classes=3), name="other", labels=("fig", "gum", "hop"))
    with pytest.raises(EvaluationError, match=r"classes differ \(3 classes from 'fig' on; 5 classes from 'ant' on\)"):
        check_independent(other, one)


def test_a_network_without_class_names_cannot_be_judged(loaded, networks_like):
    with pytest.raises(EvaluationError, match="has no class names"):
        check_independent(loaded(networks_like(1), name="other"), loaded(networks_like(0), name="one"))


def test_a_judge_nobody_knows_is_refused(default_model):
    with pytest.raises(ModelError, match="No network is called"):
        load_judge("efficientnet_lite9", default_model)
