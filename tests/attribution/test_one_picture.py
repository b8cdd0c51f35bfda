from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.attribution.one_picture import attribute_picture, ready_engine
from deepvis.attribution.subject import Subject
from deepvis.config import Settings
from deepvis.kinds import Fit, Method, SeedKind
from deepvis.models.devices import DeviceError
from deepvis.records import Target


@pytest.fixture
def ready(networks):
    def make(factory="chain", **changes):
        name = networks.request(factory).name
        given = {"threads": 1, **changes}
        return ready_engine(Settings(model=name, input_size=(32, 48), **given), lambda _text: None)

    return make


def test_a_pictures_attribution_is_that_of_its_subject(ready, make_picture):
    engine, rgb, target = ready(), make_picture(50, 40), Target("body", 1, SeedKind.MAXIMUM)
    made = attribute_picture(engine, [rgb], Fit.STRETCH, target, Method.GUIDED)
    picture, _ = engine.loaded.preprocessing.prepare(rgb, Fit.STRETCH)
    expected = Subject(engine, picture).attribute(target, Method.GUIDED)
    np.testing.assert_array_equal(made.values, expected.values.numpy())
    assert made.values.dtype == np.float32
    assert made.found.target == expected.target
    np.testing.assert_array_equal(made.input_rgb, picture.permute(1, 2, 0).numpy())
    assert made.milliseconds > 0


def test_what_a_gray_network_saw_has_three_equal_channels(ready, make_picture):
    made = attribute_picture(ready("gray"), [make_picture(32, 48)], Fit.CROP, Target("body", 1), Method.GRADIENT)
    assert made.input_rgb.shape == (32, 48, 3)
    assert (made.input_rgb == made.input_rgb[..., :1]).all()
    assert made.values.shape == (1, 32, 48)


def test_torch_gets_the_threads_that_the_settings_say(ready):
    before = torch.get_num_threads()
    try:
        ready(threads=2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_device_that_is_not_there_is_a_sentence(ready):
    with pytest.raises(DeviceError, match="This machine has no device 'cuda:99'"):
        ready(device="cuda:99")
