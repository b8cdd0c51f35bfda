"""Attributions of exemplars: the live ones, cut as the crop was cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.attribution.exemplars import LARGEST_SIDE, Cut, attribute_exemplar, cut_of
from deepvis.attribution.subject import Subject
from deepvis.backward import Target
from deepvis.imaging.attribution_views import draw
from deepvis.imaging.geometry import InputGeometry
from deepvis.kinds import BackView, Method, SeedKind
from deepvis.models.engine import build_engine
from deepvis.records import Rect


@pytest.fixture
def subject(networks):
    engine = build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)
    picture = torch.randint(0, 256, (3, 32, 48), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))
    return Subject(engine, picture)


@pytest.mark.parametrize("method", [Method.DECONVNET, Method.GUIDED, Method.GRADIENT])
def test_it_is_the_live_attribution_of_that_position_cut_and_drawn_raw(subject, method):
    cut = Cut(4, 8, 20, 30, (16, 22))
    found = attribute_exemplar(subject, "body", 2, (3, 5), method, cut)
    live = subject.attribute(Target("body", 2, SeedKind.POSITION, (3, 5)), method)
    expected = draw(live.values[:, 4:20, 8:30].numpy(), BackView.RAW, "auto")
    assert live.values.abs().max() > 0
    np.testing.assert_array_equal(found.rgb, expected)
    assert (found.method, found.coverage, found.reason) == (method, "", "")


def test_a_rule_that_changes_nothing_is_called_the_gradient_that_it_is(subject):
    cut = Cut(0, 0, 32, 48, (32, 48))
    found = attribute_exemplar(subject, "stem", 1, (2, 2), Method.DECONVNET, cut)
    plain = attribute_exemplar(subject, "stem", 1, (2, 2), Method.GRADIENT, cut)
    assert found.method is Method.GRADIENT
    assert "equals the plain gradient" in found.coverage
    np.testing.assert_array_equal(found.rgb, plain.rgb)


def test_a_smaller_size_is_the_mean_of_what_lies_there(subject):
    whole = attribute_exemplar(subject, "body", 0, (3, 5), Method.GRADIENT, Cut(0, 0, 32, 48, (32, 48)))
    half = attribute_exemplar(subject, "body", 0, (3, 5), Method.GRADIENT, Cut(0, 0, 32, 48, (16, 24)))
    assert half.rgb.shape == (16, 24, 3)
    seen = np.abs(whole.rgb.astype(int) - 128).max(axis=2).reshape(16, 2, 24, 2).max(axis=(1, 3)) > 8
    assert (np.abs(half.rgb.astype(int) - 128).max(axis=2)[~seen] <= 8).mean() > 0.9


def test_a_cut_is_the_box_in_the_networks_input_and_as_large_as_the_stored_crop():
    geometry = InputGeometry(0.5, 0.5, -10.0, 4.0)
    assert cut_of(Rect(40, 20, 60, 40), geometry, (100, 100), 0.5) == Cut(10, 14, 40, 34, (30, 20))
    # an image that is enlarged for the network is stored as it is
    assert cut_of(Rect(0, 0, 10, 20), InputGeometry(5, 5, 0, 0), (50, 100), 1.0) == Cut(0, 0, 50, 100, (10, 20))


def test_a_cut_stays_in_the_input_and_holds_at_least_a_pixel():
    geometry = InputGeometry(1.0, 1.0, -16.0, -16.0)
    assert cut_of(Rect(0, 0, 256, 256), geometry, (224, 224), 1.0) == Cut(0, 0, 224, 224, (LARGEST_SIDE, LARGEST_SIDE))
    beside = cut_of(Rect(0, 250, 4, 4), geometry, (224, 224), 1.0)
    assert (beside.top, beside.bottom, beside.left, beside.right) == (0, 1, 223, 224)
