from __future__ import annotations

import threading
from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from deepvis.models.errors import ModelError
from deepvis.models.graph_reader import GraphReader, with_first_tensor
from deepvis.models.layers import describe_layers
from deepvis.models.layout import first_tensor

BATCH = torch.randn(1, 3, 12, 12, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def network():
    return nn.Sequential(
        OrderedDict(conv=nn.Conv2d(3, 4, 3), act=nn.ReLU(inplace=True), last=nn.Conv2d(4, 5, 10), flat=nn.Flatten())
    ).requires_grad_(requires_grad=False)


def reader(network, *wanted, also=()):
    taps = {tap.name: tap for tap in describe_layers(network, BATCH, labels=(), emits_probabilities=False)}
    return GraphReader(network, [taps[name] for name in wanted], [taps[name] for name in also])


def test_layers_come_while_the_network_runs_and_it_stops_behind_the_last(network):
    seen = []
    output = reader(network, "act", "conv").read(BATCH, lambda tap, tensor: seen.append((tap.name, tensor.shape)))
    assert seen == [("conv", (1, 4, 10, 10)), ("act", (1, 4, 10, 10))]
    assert output is None


def test_the_softmax_layer_or_the_end_make_it_run_to_the_end(network):
    assert reader(network, "softmax").read(BATCH, lambda *_: None).shape == (1, 5)
    assert reader(network, "conv").read(BATCH, lambda *_: None, to_the_end=True).shape == (1, 5)
    assert reader(network).read(BATCH, lambda *_: None) is None


def test_layers_that_are_also_read_do_not_keep_it_running(network):
    seen = []
    reader(network, "act", also=["conv", "last"]).read(BATCH, lambda tap, _: seen.append(tap.name))
    assert seen == ["conv", "act"]


def test_the_network_goes_on_with_what_it_is_given_instead(network):
    kept = []

    def take(tap, tensor):
        kept.append(tensor)
        return tensor.clone() if tap.overwritten else None

    output = reader(network, "conv").read(BATCH, take, to_the_end=True)
    assert (kept[0] < 0).any()
    torch.testing.assert_close(output, network(BATCH))


def test_no_hook_is_left_even_after_an_error(network):
    taps = reader(network, "conv")
    network.last.forward = lambda _: 1 / 0
    with pytest.raises(ZeroDivisionError):
        taps.read(BATCH, lambda *_: None, to_the_end=True)
    assert not any(module._forward_hooks for module in network.modules())


def test_another_threads_pass_is_not_read(network):
    seen = []

    def take(tap, _):
        thread = threading.Thread(target=network, args=(BATCH,))
        thread.start()
        thread.join()
        seen.append(tap.name)

    reader(network, "conv", "act").read(BATCH, take)
    assert seen == ["conv", "act"]


def test_a_layer_that_does_not_run_is_named(network):
    made = reader(network, "last")
    network.last = nn.Conv2d(4, 5, 10)
    network.forward = lambda x: x
    with pytest.raises(ModelError, match="The layer 'last' did not run"):
        made.read(BATCH, lambda *_: None)


Pair = namedtuple("Pair", "first second")


@dataclass(frozen=True)
class Held:
    number: int
    tensor: torch.Tensor


@pytest.mark.parametrize(
    "output",
    [
        torch.zeros(1),
        (3, torch.zeros(1), torch.ones(2)),
        [torch.zeros(1)],
        {"number": 3, "maps": [torch.zeros(1), torch.ones(2)]},
        Pair("text", (torch.zeros(1),)),
        Held(3, torch.zeros(1)),
    ],
)
def test_the_first_tensor_is_replaced_wherever_it_is(output):
    other = torch.full((1,), 7.0)
    made = with_first_tensor(output, other)
    assert type(made) is type(output)
    assert first_tensor(made) is other
