"""Batches of one size out of groups of any size."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepvis.models.engine import build_engine
from deepvis.precompute.forward import Batcher, Forward
from deepvis.precompute.request import ScanError


@given(groups=st.lists(st.integers(0, 9), max_size=12), size=st.integers(1, 5), data=st.data())
def test_batches_are_full_until_flushed_and_keep_the_order(groups, size, data):
    ran = []
    batcher = Batcher(size, lambda pictures, samples: ran.append((pictures[:, 0].tolist(), samples.tolist())))
    flushed, given_so_far = [], 0
    for count in groups:
        numbers = torch.arange(given_so_far, given_so_far + count)
        batcher.add(numbers[:, None] if count else None, numbers)
        given_so_far += count
        if data.draw(st.booleans()):
            batcher.flush()
            flushed.append(given_so_far)
    batcher.flush()
    assert [number for _, samples in ran for number in samples] == list(range(given_so_far))
    assert all(pictures == samples for pictures, samples in ran)
    ends = {samples[-1] + 1 for _, samples in ran if len(samples) < size}
    assert ends <= {*flushed, given_so_far}
    assert all(len(samples) <= size for _, samples in ran)


@pytest.fixture
def engine(networks):
    return build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)


def test_a_batch_that_is_not_full_gives_the_bits_of_a_full_one(engine, make_picture):
    pictures = torch.stack([engine.loaded.preprocessing.prepare(make_picture(seed=seed))[0] for seed in range(4)])
    forward = Forward(engine, ("body", "head"), 4)
    full, part = {}, {}
    forward.run(pictures, torch.arange(4), lambda layer, maps, _samples: full.update({layer: maps.clone()}))
    forward.run(pictures[2:3], torch.arange(1), lambda layer, maps, _samples: part.update({layer: maps.clone()}))
    assert part.keys() == {"body", "head"}
    for layer, maps in part.items():
        assert torch.equal(maps, full[layer][2:3])


def test_what_the_network_raises_is_a_sentence(engine, networks, make_picture):
    pictures = engine.loaded.preprocessing.prepare(make_picture())[0][None]
    networks.module.FAILURES["body"] = RuntimeError("CUDA out of memory. Tried a lot")
    with pytest.raises(ScanError, match=r"not enough memory to run nets:chain on cpu with 4 images"):
        Forward(engine, ("body",), 4).run(pictures, torch.arange(1), lambda *_: None)
    networks.module.FAILURES["body"] = ValueError("odd batch")
    with pytest.raises(ScanError, match=r"odd batch.*batch size of 1"):
        Forward(engine, ("body",), 4).run(pictures, torch.arange(1), lambda *_: None)
