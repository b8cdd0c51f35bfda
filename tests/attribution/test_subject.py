from __future__ import annotations

import gc
import threading
import weakref

import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis.attribution.options import Options
from deepvis.attribution.subject import NOTHING, Subject
from deepvis.kinds import Method, Precision, SeedKind
from deepvis.models.errors import ModelError
from deepvis.records import Target

RULES = [Method.GRADIENT, Method.DECONVNET, Method.GUIDED]
EVERY = [method for method in Method if method is not Method.LRP]
FAST = Options(samples=2, steps=2, cells=(2,))


def count_calls(network):
    calls = []
    forward = network.forward
    network.forward = lambda *args: calls.append(1) or forward(*args)
    return calls


# ------------------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize("layer", ["conv", "norm", "act", "pool", "block1", "hidden", "head", "softmax"])
def test_it_answers_as_the_engine_does(residual, picture, layer):
    ours = Subject(residual, picture, to_the_end=True).answer(layer)
    theirs = residual.ask(picture, layer, to_the_end=True)
    torch.testing.assert_close(ours.activations.maps, theirs.activations.maps)
    assert [each.index for each in ours.predictions] == [each.index for each in theirs.predictions]
    assert [each.probability for each in ours.predictions] == pytest.approx(
        [each.probability for each in theirs.predictions], rel=1e-5
    )
    assert ours.complete
    assert ours.forward_ms > 0
    assert not ours.activations.maps.requires_grad


def test_tokens_are_answered_with_their_prefix(tokens, picture):
    ours = Subject(tokens, picture).answer("first")
    theirs = tokens.ask(picture, "first", to_the_end=False)
    torch.testing.assert_close(ours.activations.maps, theirs.activations.maps)
    torch.testing.assert_close(ours.activations.prefix, theirs.activations.prefix)


def test_a_pass_stops_behind_the_last_layer_wanted(engines, made, picture):
    head = nn.Linear(4 * 24 * 24, 3)
    engine = engines(made(lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Flatten(), head)))
    calls = count_calls(head)
    answer = Subject(engine, picture).answer("0")
    assert not calls
    assert not answer.complete
    assert not answer.predictions


def test_everything_comes_out_of_one_forward_pass(residual, picture):
    calls = count_calls(residual.loaded.network)
    subject = Subject(residual, picture, layers=["block1", "act"], to_the_end=True)
    subject.answer("block1")
    for method in (*RULES, Method.GRADIENT_X_INPUT, Method.GRAD_CAM):
        for seed in SeedKind:
            subject.attribute(Target("block1", 1, seed), method)
    subject.gradient_at(Target("block1", 1), Method.GUIDED, "act")
    assert len(calls) == 1


def test_a_layer_that_was_not_announced_costs_one_more_pass(residual, picture):
    calls = count_calls(residual.loaded.network)
    subject = Subject(residual, picture, layers=["act"])
    subject.answer("act")
    subject.answer("block2")
    subject.answer("act")
    assert len(calls) == 2


# --------------------------------------------------------------------------------------------------------------- seeds


def plain_gradient(engine, picture, layer, seed):
    """Of the sum of a layer's output times a seed, by torch alone."""
    found = []
    handle = engine.loaded.network.get_submodule(layer).register_forward_hook(lambda *given: found.append(given[2]))
    leaf = engine.batch(picture).requires_grad_()
    engine.loaded.network(leaf)
    handle.remove()
    return torch.autograd.grad(found[0], leaf, seed(found[0].detach()))[0][0]


def test_a_channel_seed_weighs_every_position_with_its_activation(subject, residual, picture):
    def seed(maps):
        weights = torch.zeros_like(maps)
        weights[0, 3] = maps[0, 3]
        return weights

    made = subject.attribute(Target("norm", 3), Method.GRADIENT)
    torch.testing.assert_close(made.values, plain_gradient(residual, picture, "norm", seed))
    assert made.activation == pytest.approx(float(subject.answer("norm").activations.maps[3].max()))
    assert made.target == Target("norm", 3)


def test_a_maximum_seed_tells_which_position_it_found(subject):
    channel = subject.answer("norm").activations.maps[2]
    made = subject.attribute(Target("norm", 2, SeedKind.MAXIMUM, position=(0, 0)), Method.GRADIENT)
    row, column = made.target.position
    assert made.activation == pytest.approx(float(channel[row, column])) == pytest.approx(float(channel.max()))


def test_a_position_seed_without_a_position_takes_the_maximum(subject):
    first = subject.attribute(Target("norm", 2, SeedKind.POSITION), Method.GRADIENT)
    second = subject.attribute(Target("norm", 2, SeedKind.MAXIMUM), Method.GRADIENT)
    assert torch.equal(first.values, second.values)
    assert first.target.position == second.target.position


def test_a_class_seed_takes_the_first_answer_and_its_logit(subject, residual, picture):
    logits = residual.loaded.network(residual.batch(picture))[0]
    made = subject.attribute(Target("act", 0, SeedKind.CLASS), Method.GRADIENT)
    assert made.target.class_index == int(logits.argmax())
    assert made.activation == pytest.approx(float(logits.max()), rel=1e-5)


def test_a_difference_is_that_of_two_gradients(subject):
    def values(seed, first=None, second=None):
        return subject.attribute(Target("act", 0, seed, None, first, second), Method.GRADIENT)

    difference = values(SeedKind.DIFFERENCE, 1, 4)
    one, other = values(SeedKind.CLASS, 1), values(SeedKind.CLASS, 4)
    torch.testing.assert_close(difference.values, one.values - other.values)
    assert difference.activation == pytest.approx(one.activation - other.activation, abs=1e-6)


def test_a_difference_fills_in_the_first_two_answers(subject, residual, picture):
    best = residual.loaded.network(residual.batch(picture))[0].topk(2).indices.tolist()
    made = subject.attribute(Target("act", 0, SeedKind.DIFFERENCE), Method.GRADIENT)
    assert [made.target.class_index, made.target.other_class] == best
    only_first = subject.attribute(Target("act", 0, SeedKind.DIFFERENCE, class_index=best[1]), Method.GRADIENT)
    assert only_first.target.other_class == best[0]
    only_other = subject.attribute(Target("act", 0, SeedKind.DIFFERENCE, other_class=best[0]), Method.GRADIENT)
    assert only_other.target.class_index == best[1]


def test_a_class_minus_itself_shows_nothing_and_says_so(subject):
    made = subject.attribute(Target("act", 0, SeedKind.DIFFERENCE, None, 2, 2), Method.GRADIENT)
    assert not made.values.any()
    assert made.reason == "Class 2 is taken from itself: choose another one."


@pytest.mark.parametrize("own", [nn.Softmax(1), nn.LogSoftmax(1)])
def test_classes_count_before_the_softmax_whoever_takes_it(engines, made, network_of, picture, own):
    plain = engines(network_of(nn.ReLU))
    ending = engines(nn.Sequential(network_of(nn.ReLU), own), probabilities=True)
    for target in (Target("softmax", 2), Target("softmax", 2, SeedKind.MAXIMUM), Target("softmax", 0, SeedKind.CLASS)):
        ours = Subject(ending, picture).attribute(target, Method.GRADIENT)
        theirs = Subject(plain, picture).attribute(target, Method.GRADIENT)
        torch.testing.assert_close(ours.values, theirs.values)
        assert ours.activation == pytest.approx(theirs.activation, rel=1e-5)
    module = Subject(ending, picture).attribute(Target("1", 2, SeedKind.MAXIMUM), Method.GRADIENT)
    logit = Subject(plain, picture).attribute(Target("softmax", 2, SeedKind.MAXIMUM), Method.GRADIENT)
    torch.testing.assert_close(module.values, logit.values)


def test_a_functional_softmax_at_the_end_is_seen_too(engines, network_of, picture):
    class Ending(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network_of(nn.ReLU)

        def forward(self, x):
            return functional.softmax(self.inner(x), dim=1)

    target = Target("softmax", 0, SeedKind.CLASS, class_index=3)
    ours = Subject(engines(Ending(), probabilities=True), picture).attribute(target, Method.GRADIENT)
    theirs = Subject(engines(network_of(nn.ReLU)), picture).attribute(target, Method.GRADIENT)
    torch.testing.assert_close(ours.values, theirs.values)


# ---------------------------------------------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (Target("nowhere", 0), "tiny has no layer 'nowhere'; choose one from its layer list."),
        (Target("act", 8), "There is no unit 8 in act: it has units 0 to 7."),
        (
            Target("act", 0, SeedKind.POSITION, (24, 0)),
            "There is no position 24, 0 in act: its maps are 24×24.",
        ),
        (
            Target("act", 0, SeedKind.CLASS, class_index=5),
            "There is no class 5: this network has classes 0 to 4.",
        ),
    ],
)
def test_a_target_that_is_not_there_is_told(subject, target, sentence):
    with pytest.raises(ModelError) as caught:
        subject.attribute(target, Method.GRADIENT)
    assert str(caught.value) == sentence


def test_a_network_without_classes_says_so(engines, made, picture):
    engine = engines(made(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())))
    with pytest.raises(ModelError, match=r"not one number per class, so it has no class to look for\."):
        Subject(engine, picture).attribute(Target("0", 0, SeedKind.CLASS), Method.GRADIENT)


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("seed", [SeedKind.CHANNEL, SeedKind.MAXIMUM, SeedKind.POSITION])
def test_a_unit_that_is_off_says_so_and_gives_zeros(engines, network_of, picture, method, seed):
    network = network_of(nn.ReLU)
    network.block2.norm2.weight.data[5] = 0
    network.block2.norm2.bias.data[5] = -100
    made = Subject(engines(network), picture).attribute(Target("block2", 5, seed), method, FAST)
    assert made.reason == "Unit 5 of block2 is off in this picture: its largest activation is 0."
    assert made.activation == 0
    assert not made.values.any()


def test_a_chosen_position_that_is_off_shows_what_would_turn_it_on(subject):
    channel = subject.answer("act").activations.maps[1]
    row, column = (channel == 0).nonzero()[0].tolist()
    assert channel.any()
    made = subject.attribute(Target("act", 1, SeedKind.POSITION, (row, column)), Method.GRADIENT)
    assert made.activation == 0
    assert made.values.any()
    assert not made.reason


def test_all_zeros_are_told(engines, made, picture):
    class Cut(nn.Module):
        def forward(self, x):
            return x.detach()

    engine = engines(made(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), Cut(), nn.Conv2d(4, 2, 3))))
    result = Subject(engine, picture).attribute(Target("2", 0), Method.GRADIENT)
    assert result.reason == NOTHING
    assert not result.values.any()


# ------------------------------------------------------------------------------------------------------------ coverage


def test_coverage_counts_the_rectifiers_in_front_of_the_target(subject):
    def sentence(layer):
        return subject.attribute(Target(layer, 0), Method.GUIDED).coverage

    assert sentence("softmax") == "The rule reaches all 6 rectifiers (ReLU)."
    assert sentence("block1.norm2") == "The rule reaches all 2 rectifiers (ReLU)."
    assert sentence("block1.conv1") == "The rule reaches the only rectifier (ReLU)."


def test_the_units_own_rectifier_does_not_count(subject):
    made = subject.attribute(Target("act", 0), Method.DECONVNET)
    assert made.same_as_gradient
    assert made.coverage == (
        "Deconvnet equals the plain gradient here: no rectifier lies between the picture and the target."
    )
    assert subject.attribute(Target("block1", 0), Method.GUIDED).coverage == (
        "The rule reaches all 2 rectifiers (ReLU)."
    )


def test_methods_without_a_rule_have_no_coverage(subject):
    made = subject.attribute(Target("block1", 0), Method.GRADIENT)
    assert (made.coverage, made.same_as_gradient) == ("", False)


@pytest.mark.parametrize("method", [Method.DECONVNET, Method.GUIDED])
def test_without_rectifiers_the_rule_is_the_gradient_and_it_is_said(engines, network_of, picture, method):
    subject = Subject(engines(network_of(nn.GELU)), picture)
    made = subject.attribute(Target("block2", 0), method)
    assert made.same_as_gradient
    assert made.coverage == f"{method.label.capitalize()} equals the plain gradient here: GELU is no rectifier."
    assert torch.equal(made.values, subject.attribute(Target("block2", 0), Method.GRADIENT).values)


def test_other_nonlinearities_are_named(engines, made, picture):
    engine = engines(
        made(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU6(), nn.Hardswish(), nn.Sigmoid(), nn.Conv2d(4, 2, 3)))
    )
    result = Subject(engine, picture).attribute(Target("4", 0), Method.GUIDED)
    assert not result.same_as_gradient
    assert result.coverage == ("The rule reaches 1 of 3 nonlinearities; Hardswish and sigmoid keep their own gradient.")


# ----------------------------------------------------------------------------------------------- gradients of layers


@pytest.mark.parametrize("method", RULES)
@pytest.mark.parametrize("below", ["norm", "act", "pool", "block1.act1", "block1"])
def test_gradients_of_units_lead_to_the_gradient_of_the_picture(residual, picture, method, below):
    """Sent on from the layer, they give what the target gives: nothing flows around these layers."""
    subject = Subject(residual, picture)
    target = Target("hidden", 1, SeedKind.MAXIMUM)
    gradients = subject.gradient_at(target, method, below)
    assert gradients.shape == subject.answer(below).activations.maps.shape
    run = subject.run((below,))
    whole = subject.attribute(target, method).values
    if below == "block1.act1":  # a skip connection goes around it
        assert gradients.any()
        return
    rule = {Method.GRADIENT: 0, Method.DECONVNET: 1, Method.GUIDED: 2}[method]
    run._switch.rule = list(type(run._switch.rule))[rule]
    (sent,) = torch.autograd.grad(run.layers[below].output, run.batch, gradients[None], retain_graph=True)
    torch.testing.assert_close(sent[0], whole)


@pytest.mark.parametrize("method", RULES)
def test_gradients_of_an_announced_layer_come_with_those_of_the_picture(residual, picture, method):
    target = Target("block2", 1, SeedKind.MAXIMUM)
    subject = Subject(residual, picture, layers=["act", "block2"])
    subject.attribute(Target("block2", 0), method)  # of another target: must not be taken for this one's
    alone = subject.gradient_at(target, method, "act")
    subject.attribute(target, method)
    backwards = []
    subject.run(("act",)).gradients = lambda *_: backwards.append(1)
    assert torch.equal(subject.gradient_at(target, method, "act"), alone)
    assert not backwards


def test_gradients_above_the_target_are_zero(subject):
    gradients = subject.gradient_at(Target("act", 0), Method.GRADIENT, "block2")
    assert gradients.shape == (8, 12, 12)
    assert not gradients.any()


def test_gradients_at_the_target_are_what_it_starts_with(subject):
    maps = subject.answer("act").activations.maps
    gradients = subject.gradient_at(Target("act", 2), Method.GUIDED, "act")
    assert torch.equal(gradients[2], maps[2])
    assert not gradients[[0, 1, 3, 4, 5, 6, 7]].any()


def test_gradients_of_the_softmax_layer_are_those_of_the_logits(subject):
    gradients = subject.gradient_at(Target("act", 0, SeedKind.DIFFERENCE, None, 1, 3), Method.GRADIENT, "softmax")
    assert gradients.flatten().tolist() == [0, 1, 0, -1, 0]


def overwriting():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Conv2d(4, 2, 3))


@pytest.mark.parametrize("method", RULES)
@pytest.mark.parametrize("layer", ["1", "2"])
def test_a_layer_that_is_overwritten_still_has_gradients(engines, made, picture, method, layer):
    def kept():
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 3))

    engine, other = engines(made(overwriting)), engines(made(kept))
    assert engine.taps["1"].overwritten
    target = Target("3", 1, SeedKind.MAXIMUM)
    ours = Subject(engine, picture).gradient_at(target, method, layer)
    assert ours.any()
    torch.testing.assert_close(ours, Subject(other, picture).gradient_at(target, method, layer))
    torch.testing.assert_close(
        Subject(engine, picture).attribute(Target(layer, 1), method).values,
        Subject(other, picture).attribute(Target(layer, 1), method).values,
    )
    torch.testing.assert_close(
        Subject(engine, picture).answer("1").activations.maps, Subject(other, picture).answer("1").activations.maps
    )


class InTuples(nn.Module):
    """Its convolution is followed by a module that gives several things, the first of which is then overwritten."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.several = Several()
        self.last = nn.Conv2d(4, 2, 3)

    def forward(self, x):
        found = self.several(self.conv(x))
        first = found["maps"][0]
        functional.relu_(first)
        return self.last(first)


class Several(nn.Module):
    def forward(self, x):
        return {"number": 3, "maps": (x * 2, x)}


def test_a_layer_inside_a_tuple_stays_on_the_path_when_it_is_overwritten(engines, made, picture):
    engine = engines(made(InTuples))
    assert engine.taps["several"].overwritten
    subject = Subject(engine, picture)
    target = Target("last", 0, SeedKind.MAXIMUM)
    gradients = subject.gradient_at(target, Method.GRADIENT, "several")
    torch.testing.assert_close(gradients * 2, subject.gradient_at(target, Method.GRADIENT, "conv"))
    maps = subject.answer("several").activations.maps
    assert (gradients[maps < 0] == 0).all()
    assert (maps < 0).any()


@pytest.mark.parametrize("layer", ["patches", "first", "second"])
def test_tokens_have_gradients_in_the_form_of_maps(tokens, picture, layer):
    subject = Subject(tokens, picture)
    target = Target("head", 1, SeedKind.CLASS, class_index=2)
    gradients = subject.gradient_at(target, Method.GRADIENT, layer)
    assert gradients.shape == (16, 4, 4)
    assert gradients.any() == (layer != "second")  # only the class token goes on from there
    made = subject.attribute(Target(layer, 3, SeedKind.POSITION, (1, 2)), Method.GRADIENT)
    row_sums = made.values.abs().sum((0, 2)) > 0
    assert made.activation == pytest.approx(float(subject.answer(layer).activations.maps[3, 1, 2]))
    if layer == "patches":
        assert row_sums.tolist() == [6 <= row < 12 for row in range(24)]


def test_channels_last_layers_have_gradients(engines, made, picture):
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, padding=1)
            self.mix = nn.Linear(4, 6)
            self.out = nn.Linear(6, 2)

        def forward(self, x):
            return self.out(functional.relu(self.mix(self.conv(x).permute(0, 2, 3, 1)))).mean((1, 2))

    subject = Subject(engines(made(Last)), picture)
    gradients = subject.gradient_at(Target("out", 0, SeedKind.POSITION, (3, 4)), Method.GRADIENT, "mix")
    assert gradients.shape == (6, 24, 24)
    assert gradients[:, 3, 4].any()
    gradients[:, 3, 4] = 0
    assert not gradients.any()


# ------------------------------------------------------------------------------------------------- right everywhere


@pytest.mark.parametrize("method", EVERY)
def test_it_works_in_inference_mode(residual, picture, method):
    outside = Subject(residual, picture).attribute(Target("block2", 1), method, FAST)
    with torch.inference_mode():
        subject = Subject(residual, picture.clone())
        inside = subject.attribute(Target("block2", 1), method, FAST)
        gradients = subject.gradient_at(Target("block2", 1), method, "act")
    torch.testing.assert_close(inside.values, outside.values)
    assert gradients.any()
    assert not inside.values.requires_grad
    assert not inside.values.is_inference()


def test_weights_made_in_inference_mode_do_not_matter(engines, network_of, picture):
    with torch.inference_mode():
        engine = engines(network_of(nn.ReLU))
    assert engine.loaded.network.conv.weight.is_inference()
    for method in RULES:
        ours = Subject(engine, picture).attribute(Target("block2", 1), method)
        theirs = Subject(engines(network_of(nn.ReLU)), picture).attribute(Target("block2", 1), method)
        torch.testing.assert_close(ours.values, theirs.values)


class Overwrites(nn.Module):
    """Runs without gradients; with them, torch misses what the sigmoid gave and the product needs."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.last = nn.Conv2d(4, 2, 3)

    def forward(self, x):
        gate = torch.sigmoid(self.conv(x))
        gate.mul_(2)
        return self.last(gate)


def test_a_network_that_overwrites_what_gradients_need_is_followed_all_the_same(engines, made, picture):
    engine = engines(made(Overwrites))
    subject = Subject(engine, picture)
    values = subject.attribute(Target("last", 0), Method.GRADIENT).values

    network = engine.loaded.network
    leaf = engine.batch(picture).requires_grad_()
    maps = network.last(torch.sigmoid(network.conv(leaf)) * 2)
    (expected,) = torch.autograd.grad(maps[:, 0], leaf, maps[:, 0].detach())
    torch.testing.assert_close(values, expected[0])
    assert subject.gradient_at(Target("last", 0), Method.GRADIENT, "conv").any()


@pytest.mark.parametrize("precision", [Precision.BFLOAT16, Precision.FLOAT16])
@pytest.mark.parametrize("method", EVERY)
def test_half_precision_gives_nearly_the_same(residual, picture, precision, method):
    target = Target("block2", 1, SeedKind.POSITION, (4, 4))
    exact = Subject(residual, picture).attribute(target, method, FAST).values
    residual.move(torch.device("cpu"), precision)
    rough = Subject(residual, picture).attribute(target, method, FAST).values
    assert rough.dtype == torch.float32
    assert float(functional.cosine_similarity(exact.flatten(), rough.flatten(), dim=0)) > 0.9


def test_numbers_too_large_for_half_precision_are_told(engines, network_of, picture):
    network = network_of(nn.ReLU)
    network.head.weight.data *= 1e5
    network.hidden.weight.data *= 1e4
    engine = engines(network)
    engine.move(torch.device("cpu"), Precision.FLOAT16)
    made = Subject(engine, picture).attribute(Target("head", 0, SeedKind.CLASS, class_index=1), Method.DECONVNET)
    assert made.reason == "The numbers are too large for float16: choose another precision."
    assert not made.values.any()


def test_another_thread_may_run_the_network_meanwhile(residual, picture):
    network, busy, stop, wrong = residual.loaded.network, threading.Event(), threading.Event(), []
    batch = residual.batch(picture)
    expected = network(batch)

    def run():
        with torch.inference_mode():
            while not stop.is_set():
                if not torch.equal(network(batch), expected):
                    wrong.append(1)
                busy.set()

    alone = Subject(residual, picture).attribute(Target("block2", 1), Method.GUIDED).values
    thread = threading.Thread(target=run)
    thread.start()
    try:
        busy.wait(10)
        for _ in range(10):
            together = Subject(residual, picture).attribute(Target("block2", 1), Method.GUIDED)
            torch.testing.assert_close(together.values, alone)
    finally:
        stop.set()
        thread.join()
    assert not wrong


def test_nothing_is_left_on_the_network(residual, picture):
    network = residual.loaded.network
    before = {name: (tensor.clone(), tensor.requires_grad) for name, tensor in network.state_dict().items()}
    expected = network(residual.batch(picture))
    for method in EVERY:
        Subject(residual, picture).attribute(Target("block2", 1), method, FAST)
    assert torch.equal(network(residual.batch(picture)), expected)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name][0])
        assert tensor.requires_grad == before[name][1]
        assert tensor.grad is None
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert not any(module._backward_hooks for module in network.modules())


def test_nothing_is_left_after_an_error(residual, picture):
    network = residual.loaded.network
    forward, network.block2.forward = network.block2.forward, lambda _: 1 / 0
    with pytest.raises(ZeroDivisionError):
        Subject(residual, picture).attribute(Target("hidden", 1), Method.GUIDED)
    assert not any(module._forward_hooks for module in network.modules())
    network.block2.forward = forward
    leaf = residual.batch(picture).requires_grad_()
    assert "Ruled" not in type(network.act(network.conv(leaf)).grad_fn).__name__


def test_a_subject_is_gone_when_it_is_let_go(residual, picture):
    gc.disable()
    try:
        subject = Subject(residual, picture)
        subject.attribute(Target("block2", 1), Method.GUIDED)
        watched = [weakref.ref(subject), weakref.ref(subject.run(("block2",)).batch)]
        del subject
        assert [reference() for reference in watched] == [None, None]
    finally:
        gc.enable()


def test_a_network_may_write_into_its_input(engines, made, picture):
    class Centered(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            x -= x.mean()
            return self.conv(x)

    made_of = Subject(engines(made(Centered)), picture).attribute(Target("conv", 0), Method.GRADIENT_X_INPUT)
    assert made_of.values.any()
