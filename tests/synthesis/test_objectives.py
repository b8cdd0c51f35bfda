from __future__ import annotations

import pytest
import torch

from deepvis.synthesis import objectives
from deepvis.synthesis.objectives import OBJECTIVES, Objective, Reading
from deepvis.synthesis.registry import piece


@pytest.fixture
def reading():
    maps = torch.randn(3, 5, 4, 6, generator=torch.Generator().manual_seed(0))
    other = torch.randn(3, 2, 1, 1, generator=torch.Generator().manual_seed(1))
    return Reading({"main": maps, "other": other}, "main", torch.tensor([0, 4, 2]))


def own(reading):
    return torch.stack([reading.maps()[0, 0], reading.maps()[1, 4], reading.maps()[2, 2]])


def test_each_image_of_a_batch_is_about_its_own_unit(reading):
    assert torch.equal(objectives.channel_mean()(reading), own(reading).mean((1, 2)))
    assert torch.equal(objectives.channel_max()(reading), own(reading).amax((1, 2)))


def test_a_unit_can_be_the_same_for_all_images_and_in_another_layer(reading):
    assert torch.equal(objectives.channel_mean(3)(reading), reading.maps()[:, 3].mean((1, 2)))
    elsewhere = objectives.channel_mean(1, "other")
    assert torch.equal(elsewhere(reading), reading.maps("other")[:, 1, 0, 0])
    assert elsewhere.layers == {"other"}


def test_a_neuron_is_at_the_center_which_of_an_even_number_is_after_the_middle(reading):
    assert torch.equal(objectives.neuron()(reading), own(reading)[:, 2, 3])
    assert [objectives.place(0.5, size) for size in (1, 4, 5)] == [0, 2, 2]
    assert torch.equal(objectives.neuron(0, 1)(reading), own(reading)[:, 0, 5])


def test_softmax_is_the_logarithm_of_the_probability(reading):
    means = reading.maps().mean((2, 3))
    expected = means.softmax(1)[torch.arange(3), reading.units].log()
    assert torch.allclose(objectives.softmax()(reading), expected, atol=1e-6)


def test_margin_is_what_a_unit_has_over_its_strongest_rivals(reading):
    means = reading.maps().mean((2, 3))
    rivals = [max(value for unit, value in enumerate(row.tolist()) if unit != 3) for row in means]
    assert torch.allclose(objectives.margin(1, unit=3)(reading), means[:, 3] - torch.tensor(rivals))


def test_a_direction_is_a_weighted_sum_of_units(reading):
    vector = [1.0, 0.0, -2.0, 0.0, 0.5]
    expected = reading.maps().mean((2, 3)) @ torch.tensor(vector)
    assert torch.allclose(objectives.direction(vector)(reading), expected)
    aligned = objectives.direction(vector, cosine_power=1.0)(reading)
    assert (aligned.abs() <= expected.abs()).all()


def test_several_units_are_averaged_and_at_least_one_is_needed(reading):
    assert torch.allclose(objectives.several([1, 3])(reading), reading.maps()[:, [1, 3]].mean((1, 2, 3)))
    with pytest.raises(ValueError, match="at least one"):
        objectives.several([])


def test_difference_and_negative(reading):
    means = reading.maps().mean((2, 3))
    assert torch.allclose(objectives.difference(1, 2)(reading), means[:, 1] - means[:, 2])
    assert torch.allclose(objectives.negative(objectives.channel_mean(1))(reading), -means[:, 1])


def test_diversity_is_least_for_equal_pictures(reading):
    one = torch.tensor([4, 4, 4])
    same = Reading({"main": reading.maps()[:1].repeat(3, 1, 1, 1)}, "main", one)
    assert torch.allclose(objectives.diversity()(same), torch.full((3,), -1.0))
    assert (objectives.diversity()(Reading({"main": reading.maps()}, "main", one)) > -1).all()
    assert objectives.diversity().batchwise
    alone = Reading({"main": reading.maps()[:1]}, "main", reading.units[:1])
    assert objectives.diversity()(alone).tolist() == [0]


def test_diversity_is_among_the_pictures_of_one_unit(reading):
    maps = torch.cat([reading.maps(), reading.maps().flip(3)])
    mixed = Reading({"main": maps}, "main", torch.tensor([1, 2, 2, 1, 0, 2]))
    found = objectives.diversity()(mixed)
    for unit, places in ((1, [0, 3]), (2, [1, 2, 5]), (0, [4])):
        alone = Reading({"main": maps[places]}, "main", torch.full((len(places),), unit))
        assert torch.allclose(found[places], objectives.diversity()(alone), atol=1e-6)


def test_a_probability_is_the_softmax_and_its_gradient_reaches_the_maps(reading):
    maps = reading.maps().clone().requires_grad_()
    found = objectives.probability()(Reading({"main": maps}, "main", reading.units))
    assert torch.allclose(found, maps.mean((2, 3)).softmax(1)[torch.arange(3), reading.units], atol=1e-6)
    found.sum().backward()
    assert maps.grad.abs().sum() > 0


def test_products_quotients_and_differences_from_numbers(reading):
    first, second = objectives.channel_mean(4) + objectives.neuron(unit=2), objectives.neuron(unit=1)
    a, b = first(reading), second(reading)
    assert torch.allclose((first * second)(reading), a * b)
    assert (first * second).description == "(channel(4) + neuron(2)) * neuron(1)"
    assert torch.allclose((1 - first)(reading), 1 - a)
    assert (1 - first).description == "1 - (channel(4) + neuron(2))"
    assert torch.allclose((first / 4)(reading), a / 4)
    assert (second / 4).description == "neuron(1) / 4"
    assert (objectives.diversity() * first).batchwise


@pytest.mark.parametrize(
    "objective",
    [
        objectives.channel_mean(50),
        objectives.softmax(50),
        objectives.margin(unit=50),
        objectives.several([1, 50]),
        objectives.difference(1, 50),
    ],
    ids=lambda objective: objective.description,
)
def test_a_unit_that_is_not_there_is_told_in_a_sentence(objective, reading):
    with pytest.raises(ValueError, match="'main' has the units 0 to 4; there is no unit 50"):
        objective(reading)


def test_a_direction_of_another_layer_is_told_in_a_sentence(reading):
    with pytest.raises(ValueError, match="3 numbers, and the layer has 5 units"):
        objectives.direction([1, 2, 3])(reading)


def test_the_algebra_computes_and_describes(reading):
    first, second = objectives.channel_mean(5 - 1), objectives.neuron(unit=2)
    a, b = first(reading), second(reading)
    combined = 0.2 * first - 3 * (first + second)
    assert torch.allclose(combined(reading), 0.2 * a - 3 * (a + b))
    assert combined.description == "0.2 * channel(4) - 3 * (channel(4) + neuron(2))"
    assert torch.allclose(sum([first, second, second])(reading), a + 2 * b)
    assert torch.allclose((first + 1 - 3)(reading), a - 2)
    assert (first - (second - first)).description == "channel(4) - (neuron(2) - channel(4))"


def test_the_algebra_leaves_its_operands_as_they_were(reading):
    first, second = objectives.channel_mean(1), objectives.channel_mean(2)
    before = first(reading).clone(), second(reading).clone()
    for made in (first - second, 2 * second, -first, first + second):
        assert isinstance(made, Objective)
        assert made is not first
        assert made is not second
    assert torch.equal(first(reading), before[0])
    assert torch.equal(second(reading), before[1])
    assert (first.description, second.description) == ("channel(1)", "channel(2)")


@pytest.mark.parametrize("row", OBJECTIVES, ids=lambda row: row.name)
def test_every_row_gives_one_number_per_image(row, reading):
    value = row.make(**row.values(piece(row.name)))(reading)
    assert value.shape == (3,)
    assert value.isfinite().all()


@pytest.mark.parametrize("name", ["channel", "channel-max", "neuron", "logit"])
def test_the_sign_turns_a_row_around(name, reading):
    assert torch.equal(OBJECTIVES.build(piece(name, sign=-1.0))(reading), -OBJECTIVES.build(piece(name))(reading))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (piece("neuron"), ""),
        (piece("logit", sign=-1.0), ""),
        (piece("logit", sign=-0.5), "-0.5 * logit(unit)"),
        (piece("softmax", weight=2.0), "softmax(unit) + 2 * logit(unit)"),
        (piece("probability"), "probability(unit)"),
    ],
)
def test_what_is_more_than_an_activation_is_told(wanted, told):
    assert objectives.told_apart(wanted) == told
