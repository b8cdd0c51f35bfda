"""A second network over the same weights."""

from __future__ import annotations

import pytest
import torch

from deepvis.models.engine import build_engine
from deepvis.models.twin import separate, twin
from deepvis.records import Precision


@pytest.fixture
def engine(networks):
    return build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)


def test_it_shares_the_weights_and_gives_the_same(engine):
    second = twin(engine)
    assert second.info() == engine.info()
    pairs = zip(engine.loaded.network.parameters(), second.loaded.network.parameters(), strict=True)
    assert all(one.data_ptr() == other.data_ptr() for one, other in pairs)
    picture = torch.randint(0, 256, (3, 32, 48), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    answers = [one.ask(picture, "body", to_the_end=False).activations.maps for one in (engine, second)]
    torch.testing.assert_close(answers[0], answers[1])


def test_it_is_fed_in_the_same_memory_order(engine):
    picture = torch.randint(0, 256, (3, 32, 48), dtype=torch.uint8)
    assert engine.batch(picture).is_contiguous(memory_format=torch.channels_last)
    assert twin(engine).batch(picture).stride() == engine.batch(picture).stride()


def test_hooks_and_precision_of_one_are_not_the_others(engine):
    second = twin(engine)
    handle = engine.loaded.network.register_forward_hook(lambda *_: None)
    assert not second.loaded.network._forward_hooks
    handle.remove()
    engine.move(torch.device("cpu"), Precision.BFLOAT16)
    assert {parameter.dtype for parameter in second.loaded.network.parameters()} == {torch.float32}
    assert second.precision is Precision.FLOAT32


def test_a_separate_engine_has_equal_weights_of_its_own(engine):
    second = separate(engine)
    assert second.info() == engine.info()
    for one, other in zip(engine.loaded.network.parameters(), second.loaded.network.parameters(), strict=True):
        assert torch.equal(one, other)
        assert one.data_ptr() != other.data_ptr()
        assert not other.requires_grad
    picture = torch.randint(0, 256, (3, 32, 48), dtype=torch.uint8)
    assert second.batch(picture).stride() == engine.batch(picture).stride()


def test_a_separate_engine_can_be_changed_even_when_it_was_made_in_inference_mode(engine):
    with torch.inference_mode():
        second = separate(engine)
    with torch.no_grad():
        for parameter in second.loaded.network.parameters():
            parameter.zero_()
    assert all(parameter.any() for parameter in engine.loaded.network.parameters())
