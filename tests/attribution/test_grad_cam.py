from __future__ import annotations

import pytest
import torch
from torch import nn

from deepvis.attribution.options import Options
from deepvis.attribution.subject import Subject
from deepvis.kinds import Method, SeedKind
from deepvis.models.errors import ModelError
from deepvis.records import Target


def cam_of(subject, target, layer):
    gradients = subject.gradient_at(target, Method.GRADIENT, layer)
    maps = subject.answer(layer).activations.maps
    return (gradients.mean((1, 2), keepdim=True) * maps).sum(0).clamp_min(0)


def test_a_class_weighs_the_last_layer_with_maps(subject):
    target = Target("act", 0, SeedKind.CLASS, class_index=2)
    made = subject.attribute(target, Method.GRAD_CAM)
    last = [tap for tap in subject.engine.taps.values() if tap.info.worth_showing and tap.info.height > 1][-1]
    assert made.values.shape == (last.info.height, last.info.width)
    torch.testing.assert_close(made.values, cam_of(subject, target, last.name))


@pytest.mark.parametrize("seed", [SeedKind.CHANNEL, SeedKind.MAXIMUM])
def test_a_unit_weighs_the_layer_in_front_of_it(subject, seed):
    target = Target("block2", 3, seed)
    made = subject.attribute(target, Method.GRAD_CAM)
    assert made.values.any()
    torch.testing.assert_close(made.values, cam_of(subject, target, "block1"))


def test_the_layer_can_be_chosen(subject):
    target = Target("block2", 3)
    made = subject.attribute(target, Method.GRAD_CAM, Options(cam_layer="act"))
    torch.testing.assert_close(made.values, cam_of(subject, target, "act"))


def test_a_layer_that_is_the_target_itself_is_passed_over(engines, made, picture):
    block = nn.Sequential(nn.Conv2d(8, 6, 3, padding=1), nn.ReLU())
    network = made(lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), block, nn.Conv2d(6, 4, 3)))
    subject = Subject(engines(network), picture)
    target = Target("2", 3)
    torch.testing.assert_close(subject.attribute(target, Method.GRAD_CAM).values, cam_of(subject, target, "1"))


def test_a_class_token_leads_to_a_layer_that_still_fed_it(tokens, picture):
    subject = Subject(tokens, picture)
    target = Target("head", 0, SeedKind.CLASS, class_index=1)
    assert not subject.gradient_at(target, Method.GRADIENT, "second").any()
    made = subject.attribute(target, Method.GRAD_CAM)
    assert made.values.shape == (4, 4)
    torch.testing.assert_close(made.values, cam_of(subject, target, "first"))


def test_with_nothing_in_front_it_says_so(subject):
    with pytest.raises(ModelError) as caught:
        subject.attribute(Target("conv", 0), Method.GRAD_CAM)
    assert str(caught.value) == (
        "Grad-CAM weighs maps of a layer in front of conv, and no listed layer there has any. Choose another method."
    )


def test_a_chosen_layer_above_the_target_is_refused(subject):
    with pytest.raises(ModelError) as caught:
        subject.attribute(Target("act", 0), Method.GRAD_CAM, Options(cam_layer="block2"))
    assert str(caught.value) == (
        "Grad-CAM cannot weigh the maps of block2: act does not depend on them. Choose an earlier layer."
    )
