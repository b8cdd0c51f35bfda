from __future__ import annotations

import pytest
import torch
from torch import nn

from deepvis.attribution.randomized import randomized, rank_correlation
from deepvis.attribution.subject import Subject
from deepvis.kinds import Method, Precision, SeedKind
from deepvis.records import Target


def differing(first, second):
    """Names of the modules whose weights differ."""
    pairs = zip(first.named_parameters(), second.named_parameters(), strict=True)
    return {name.rpartition(".")[0] for (name, one), (_, other) in pairs if not torch.equal(one, other)}


def test_it_goes_from_the_classes_down(residual):
    original = residual.loaded.network
    every = {
        name for name, module in original.named_modules() if next(module.parameters(recurse=False), None) is not None
    }
    found = []
    for name, engine in randomized(residual, stages=3):
        found.append((name, differing(original, engine.loaded.network)))
    assert [name for name, _ in found][-1] == "conv"
    assert "head" in found[0][1]
    assert "conv" not in found[0][1]
    assert found[0][1] < found[1][1] < found[2][1]
    assert found[2][1] == every
    assert all(name in changed for name, changed in found)


def test_the_running_network_stays_as_it_is(residual, picture):
    before = {name: tensor.clone() for name, tensor in residual.loaded.network.state_dict().items()}
    for _, engine in randomized(residual, stages=2):
        answer = Subject(engine, picture, to_the_end=True).answer("softmax")
        assert answer.activations.maps.isfinite().all()
    assert all(torch.equal(before[name], tensor) for name, tensor in residual.loaded.network.state_dict().items())


def test_the_same_seed_gives_the_same_networks_and_no_other_generator_moves(residual):
    def weights(seed):
        return [engine.loaded.network.head.weight.clone() for _, engine in randomized(residual, 2, seed)]

    torch.manual_seed(3)
    first = torch.get_rng_state()
    one, same, other = weights(0), weights(0), weights(1)
    assert torch.equal(torch.get_rng_state(), first)
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_more_stages_than_modules_are_as_many_as_modules(engines, made):
    engine = engines(made(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))))
    assert [name for name, _ in randomized(engine, stages=9)] == ["2", "0"]


def test_parameters_without_a_way_of_their_own_keep_their_deviation(engines, made):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)
            self.scale = nn.Parameter(torch.randn(1, 8, 22, 22) * 5)

        def forward(self, x):
            return self.conv(x) * self.scale

    engine = engines(made(Scaled))
    *_, (_, last) = randomized(engine)
    drawn = last.loaded.network.scale
    assert not torch.equal(drawn, engine.loaded.network.scale)
    assert float(drawn.std()) == pytest.approx(5, rel=0.1)


def test_half_precision_is_left_because_fresh_signals_fade(residual):
    residual.move(torch.device("cpu"), Precision.FLOAT16)
    _, engine = next(randomized(residual))
    assert engine.precision is Precision.FLOAT32
    assert engine.loaded.network.conv.weight.dtype == torch.float32
    assert residual.loaded.network.conv.weight.dtype == torch.float16


def test_it_works_in_inference_mode(residual, picture):
    target = Target("head", 0, SeedKind.CLASS, class_index=0)
    with torch.inference_mode():
        for _, engine in randomized(residual, 2):
            assert not engine.loaded.network.conv.weight.is_inference()
            assert Subject(engine, picture).attribute(target, Method.GUIDED).values.any()


def test_a_random_network_gives_another_gradient(residual, picture):
    target = Target("head", 0, SeedKind.CLASS, class_index=0)
    true = Subject(residual, picture).attribute(target, Method.GRADIENT).values
    *_, (_, engine) = randomized(residual)
    other = Subject(engine, picture).attribute(target, Method.GRADIENT).values
    assert rank_correlation(true, true) == pytest.approx(1)
    assert abs(rank_correlation(true, other)) < 0.5


@pytest.mark.parametrize(
    ("first", "second", "correlation"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1),
        ([1, -2, 3, -4], [-1, 2, -3, 4], 1),
        ([1, 2, 3, 4, 5], [5, 6, 7, 8, 7], 0.8207826816681233),
        ([1, 2, 2, 3], [1, 2, 3, 3], 0.8333333333333334),
        ([1, 2, 3], [5, 5, 5], 0),
    ],
)
def test_rank_correlation_is_spearmans_of_absolute_values(first, second, correlation):
    ours = rank_correlation(torch.tensor(first).float(), torch.tensor(second).float())
    assert ours == pytest.approx(correlation, abs=1e-12)


def test_rank_correlation_wants_as_many_values():
    with pytest.raises(ValueError, match="as many values"):
        rank_correlation(torch.zeros(3), torch.zeros(4))
