from __future__ import annotations

import copy
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from deepvis.models.errors import ModelError
from deepvis.synthesis import objectives
from deepvis.synthesis.ascent import Materials, SynthesisRequest, Watch, ascend
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.recipes import RECIPES, recipe_named
from deepvis.synthesis.registry import Piece, piece
from deepvis.synthesis.synthesis import Canceled

QUICK = Recipe(
    "quick",
    transforms=(piece("jitter", pixels=2), piece("scale", low=0.9, high=1.1), piece("noise", std=0.02)),
    objective=Piece("channel"),
    steps=12,
    size=24,
)
STILL = QUICK.changed(transforms=())


def want(layer, units, seeds=None, recipe=QUICK, **more):
    return SynthesisRequest(layer, tuple(units), tuple(range(len(units)) if seeds is None else seeds), recipe, **more)


def test_pictures_excite_their_units(engine):
    for layer in ("conv1", "act2", "head", "softmax"):
        first = ascend(engine, want(layer, (0, 3, 5), recipe=STILL, steps=1))
        done = ascend(engine, want(layer, (0, 3, 5), recipe=STILL, steps=25))
        assert (done.objectives > first.objectives).all()
        assert done.images.shape == (3, 24, 24, 3)
        assert done.images.dtype == np.uint8
        assert done.trajectory.shape == (25, 3)
        assert done.reasons == ("", "", "")
        assert done.seconds > 0


def test_figures_are_those_of_the_stored_pictures(engine):
    done = ascend(engine, want("conv2", (4, 4, 7)))
    batch = engine.loaded.preprocessing.normalize(
        torch.from_numpy(done.images).permute(0, 3, 1, 2), "cpu", torch.float32
    )
    with torch.no_grad():
        maps = engine.loaded.network[:4](batch)
    own = maps[torch.arange(3), [4, 4, 7]]
    assert np.allclose(done.objectives, own.mean((1, 2)), atol=1e-5)
    assert np.allclose(done.peaks, own.amax((1, 2)), atol=1e-5)
    peaks = maps.amax((2, 3))
    assert done.ranks.tolist() == [(peaks[i] > own[i].max()).sum().item() for i in range(3)]


def test_the_forward_pass_stops_at_the_layer(engine):
    ran = []
    handle = engine.loaded.network.conv2.register_forward_hook(lambda *_: ran.append(1))
    ascend(engine, want("act1", (0,), steps=2))
    handle.remove()
    assert ran == []


def test_the_network_is_left_as_it_was(engine):
    before = copy.deepcopy(engine.loaded.network.state_dict())
    ascend(engine, want("head", (1, 2)))
    after = engine.loaded.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(parameter.grad is None for parameter in engine.loaded.network.parameters())
    assert engine.loaded.network.act1.inplace


def test_a_picture_depends_on_its_seed_and_not_on_its_place(engine):
    a = ascend(engine, want("act2", (3, 5, 8), (11, 12, 13)))
    b = ascend(engine, want("act2", (8, 3, 5), (13, 11, 12)))
    assert np.array_equal(a.images[[2, 0, 1]], b.images)
    assert np.array_equal(a.trajectory[:, [2, 0, 1]], b.trajectory)
    other = ascend(engine, want("act2", (3, 5, 8), (21, 22, 23)))
    assert not np.array_equal(other.images[0], a.images[0])


def test_a_picture_does_not_depend_on_the_size_of_its_batch(engine):
    many = ascend(engine, want("act2", (3, 5, 8), (11, 12, 13)))
    alone = ascend(engine, want("act2", (5,), (12,)))
    assert np.abs(many.images[1].astype(int) - alone.images[0]).max() <= 1
    assert many.objectives[1] == pytest.approx(alone.objectives[0], rel=1e-3)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_runs_and_can_be_replayed(recipe, engine):
    first = ascend(engine, want("act2", (0, 9), (5, 6), recipe, size=24, steps=8))
    again = ascend(engine, want("act2", (0, 9), (5, 6), Recipe.from_json(recipe.to_json()), size=24, steps=8))
    assert np.array_equal(first.images, again.images)
    assert first.images.std() > 1


def color_network():
    """Seven units that look for colors and for light from one side, in patches of 12 pixels."""
    conv = nn.Conv2d(3, 7, 12, stride=12, bias=False)
    colors = torch.tensor([[1, -1, 0], [-1, 1, 0], [0, 1, -1], [0, -1, 1], [1, 0, -1], [-1, 0, 1], [1, 1, 1]])
    with torch.no_grad():
        conv.weight.copy_(colors[:, :, None, None] * torch.linspace(0.2, 1, 12))
    return nn.Sequential(OrderedDict(conv=conv, act=nn.ReLU()))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_sets_of_2015_win_the_layer_early_and_are_best_near_the_end(number, engines):
    recipe = recipe_named(f"yosinski-{number}")
    done = ascend(engines(color_network(), side=36), want("act", (2,), (1,), recipe, size=36, steps=120))
    curve = done.trajectory[:, 0].astype(float)
    assert 1 <= done.majority[0] <= 40
    assert done.ranks[0] == 0
    assert curve[60:].max() > 5 * max(1, curve[0])
    assert curve[60:].max() > 0.99 * curve.max()
    # what is shown is the best, up to the rounding to bytes
    assert done.objectives[0] == pytest.approx(curve.max(), rel=0.01)


def test_a_step_of_the_2015_paper_is_computed_by_hand(engines):
    conv = nn.Conv2d(3, 2, 1, bias=False)
    engine = engines(nn.Sequential(OrderedDict(conv=conv)), side=8)
    recipe = recipe_named("yosinski-2").changed(regularizers=(piece("decay", rate=0.3),), keep="last", stretch=False)
    one = ascend(engine, want("conv", (1,), (4,), recipe, size=8, steps=1))
    two = ascend(engine, want("conv", (1,), (4,), recipe, size=8, steps=2))
    start = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(4)) * 10
    # mean 0.5 and deviation 0.25 are folded into the gradient in gray levels
    gradient = torch.zeros(3, 8, 8)
    gradient[:, 4, 4] = conv.weight[1, :, 0, 0].detach() / (255 * 0.25)
    after = (start + 100 * gradient) * 0.7
    expected = (torch.stack([start, after]) + 127.5).clamp(0, 255).round().permute(0, 2, 3, 1).numpy()
    assert np.abs(one.images[0] - expected[0]).max() <= 1
    assert np.abs(two.images[0] - expected[1]).max() <= 1


def test_pictures_of_2015_are_scaled_about_gray_to_the_full_range_and_judged_before(engines):
    conv = nn.Conv2d(3, 2, 3, bias=False)
    engine = engines(nn.Sequential(OrderedDict(conv=conv)), side=16)
    recipe = recipe_named("yosinski-3").changed(steps=4, size=16)
    assert recipe.stretch
    shown, plain = (ascend(engine, want("conv", (1,), (4,), recipe.changed(stretch=it))) for it in (True, False))
    assert shown.images.std() > plain.images.std()
    assert max(shown.images.max(), 255 - shown.images.min()) == 255
    # the same ascent: only the rounding of the plain picture differs
    assert np.array_equal(shown.trajectory, plain.trajectory)
    rounding = float(conv.weight[1].detach().abs().sum()) * 0.5 / (255 * 0.25)
    assert np.allclose(shown.peaks, plain.peaks, rtol=0, atol=rounding)
    kept = plain.images[0] / 255 - 0.5
    assert np.allclose(shown.images[0] / 255 - 0.5, kept / np.abs(kept).max() / 2, atol=0.05)


def test_pictures_need_not_have_the_size_of_the_network_s_input(engine):
    done = ascend(engine, want("head", (2,), size=40))
    assert done.images.shape == (1, 40, 40, 3)
    assert done.input_size == (40, 40)


def test_a_network_with_a_fixed_head_gets_pictures_of_its_own_size(engines):
    network = nn.Sequential(
        OrderedDict(conv=nn.Conv2d(3, 4, 3, stride=2), act=nn.ReLU(), flat=nn.Flatten(), head=nn.Linear(4 * 7 * 7, 5))
    )
    engine = engines(network, side=16)
    done = ascend(engine, want("head", (1, 2), size=40, steps=20, recipe=STILL))
    assert done.input_size == (16, 16)
    assert done.images.shape == (2, 40, 40, 3)
    assert (done.trajectory[-1] > done.trajectory[0]).all()
    assert ascend(engine, want("act", (1,), size=40)).input_size == (40, 40)


def sizes_seen(engine, layer, recipe):
    sizes = []
    handle = engine.loaded.network.conv.register_forward_pre_hook(lambda _module, inputs: sizes.append(inputs[0].shape))
    ascend(engine, want(layer, (1, 2), size=40, recipe=recipe, steps=4, tries=1))
    handle.remove()
    return [shape[2] for shape in sizes if shape[0] == 2]


def test_a_network_sees_coarse_pictures_first_where_it_can(engines):
    network = nn.Sequential(
        OrderedDict(conv=nn.Conv2d(3, 4, 3, stride=2), act=nn.ReLU(), flat=nn.Flatten(), head=nn.Linear(4 * 7 * 7, 5))
    )
    engine, recipe = engines(network, side=16), STILL.changed(coarse=0.5, coarse_part=0.5)
    assert sizes_seen(engine, "act", recipe) == [20, 20, 40, 40, 40]
    assert sizes_seen(engine, "head", recipe) == [16] * 5
    larger = STILL.changed(coarse=1.5, coarse_part=1.0)
    assert sizes_seen(engine, "act", larger) == [60, 60, 60, 60, 40]  # figures are of the picture as it is
    assert sizes_seen(engine, "head", larger) == [16] * 5


def test_pictures_that_are_scouted_as_they_are_may_be_finished_at_another_size(engines):
    network = nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3, stride=2), act=nn.ReLU()))
    scouted = STILL.changed(starts=2, scouting=0.5, scout_size=1.0, coarse=1.5, coarse_part=1.0)
    seen = []
    engine = engines(network, side=16)
    handle = network.conv.register_forward_pre_hook(lambda _module, inputs: seen.append(tuple(inputs[0].shape[::2])))
    ascend(engine, want("act", (1, 2), size=40, recipe=scouted, steps=4, tries=1))
    handle.remove()
    assert [size for size in seen if size[0] > 1] == [(4, 40), (4, 40), (2, 60), (2, 60), (2, 40)]


def test_a_layer_whose_units_depend_on_the_size_keeps_its_own(engines):
    engine = engines(nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3, stride=2), flat=nn.Flatten())), side=16)
    assert ascend(engine, want("flat", (190,), size=40)).input_size == (16, 16)


def test_a_gray_network_is_fed_with_luma(engines):
    engine = engines(nn.Sequential(OrderedDict(conv=nn.Conv2d(1, 4, 3, stride=2), act=nn.ReLU())), channels=1)
    done = ascend(engine, want("conv", (1, 3), recipe=STILL))
    assert done.images.shape == (2, 24, 24, 3)
    assert (done.trajectory[-1] > done.trajectory[0]).all()


def test_classes_are_read_before_the_softmax_even_of_a_network_that_ends_in_one(engines):
    torch.manual_seed(0)
    head = [("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten()), ("fc", nn.Linear(4, 3)), ("last", nn.Softmax(1))]
    network = nn.Sequential(OrderedDict([("conv", nn.Conv2d(3, 4, 3)), *head]))
    engine = engines(network, probabilities=True)
    classes = ascend(engine, want("softmax", (2,), recipe=STILL))
    logits = ascend(engine, want("fc", (2,), recipe=STILL))
    assert np.array_equal(classes.images, logits.images)
    assert classes.peaks == pytest.approx(logits.peaks)


def off_network(bias):
    """A rectified unit 0 that is off for gray and for noise; unit 1 has no weights at all."""
    conv = nn.Conv2d(3, 3, 4, stride=4)
    with torch.no_grad():
        conv.weight[0], conv.bias[0] = 0.1, bias
        conv.weight[1], conv.bias[1] = 0, -1
    return nn.Sequential(OrderedDict(conv=conv, act=nn.ReLU6(inplace=True), next=nn.Conv2d(3, 2, 1), act2=nn.ReLU()))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_unit_that_is_off_at_the_start_is_reached(recipe, engines):
    engine = engines(off_network(-2.0))
    done = ascend(engine, want("act", (0, 0), (1, 2), recipe, size=24, steps=40))
    assert done.reasons == ("", "")
    assert (done.peaks > 0.5).all()
    assert done.images.std() > 5


class Written(nn.Module):
    """A rectifier in other words."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


OTHER_ACTIVATIONS = {
    "silu": nn.SiLU(),
    "silu in place": nn.SiLU(inplace=True),
    "gelu": nn.GELU(),
    "mish": nn.Mish(),
    "hardswish": nn.Hardswish(),
    "clamp": Written(lambda x: x.clamp(min=0)),
    "clip": Written(lambda x: torch.clip(x, 0, 6)),
    "maximum": Written(lambda x: torch.maximum(x, torch.zeros_like(x))),
    "squared": Written(lambda x: torch.relu(x) ** 2),
    "threshold": nn.Threshold(0.0, 0.0),
}


@pytest.mark.parametrize("activation", OTHER_ACTIVATIONS.values(), ids=OTHER_ACTIVATIONS)
@pytest.mark.parametrize("recipe", ["clear", "distill", "yosinski-3"])
def test_a_unit_that_is_off_behind_another_activation_is_reached(recipe, activation, engines):
    network = off_network(-2.0)
    network.act = activation
    done = ascend(engines(network), want("act", (0, 0), (1, 2), recipe_named(recipe), size=24, steps=40))
    assert done.reasons == ("", "")
    assert (done.peaks > 0.5).all()


@pytest.mark.parametrize("activation", [nn.SiLU(), nn.Hardswish(), nn.GELU()], ids=["silu", "hardswish", "gelu"])
def test_a_unit_that_stays_where_its_activation_dips_is_reported(activation, engines):
    network = off_network(-30.0)
    network.act = activation
    done = ascend(engines(network), want("act", (0,), recipe=STILL, steps=6))
    assert "stayed off in 3 ascents: what enters its activation function reached -" in done.reasons[0]


def test_nothing_is_said_of_a_rectifier_that_is_not_there(engines):
    network = off_network(-30.0)
    network.act = Written(lambda x: torch.where(x > 0, x, torch.zeros_like(x)))
    done = ascend(engines(network), want("act", (0,), recipe=STILL, steps=3))
    assert done.reasons[0].endswith("stayed at 0, as for a gray picture, in 3 ascents.")


def test_a_unit_behind_dead_rectifiers_is_reached(engines):
    network = off_network(-2.0)
    with torch.no_grad():
        network.next.weight.zero_()
        network.next.weight[0, 0], network.next.bias[0] = 1.0, -0.5
    done = ascend(engines(network), want("act2", (0,), recipe=STILL, steps=40))
    assert done.reasons == ("",)
    assert done.peaks[0] > 0


def test_a_unit_that_cannot_be_excited_is_reported_with_the_reason(engines):
    engine = engines(off_network(-1e6))
    done = ascend(engine, want("act", (0, 1, 2), recipe=STILL, steps=6))
    off, empty, usual = done.reasons
    assert "stayed off in 3 ascents" in off
    assert "all weights that lead to it are 0" in empty
    assert usual == ""
    assert done.peaks[:2].tolist() == [0, 0]
    once = ascend(engine, want("act", (0,), recipe=STILL, steps=6, tries=1))
    assert "1 ascent:" in once.reasons[0]
    assert "all weights" in ascend(engine, want("conv", (1,), recipe=STILL, steps=2)).reasons[0]


def test_later_tries_begin_elsewhere(engines):
    recipe = STILL.changed(parametrization=piece("pixels", std=0.5))
    seen = []
    ascend(
        engines(off_network(-1e6)),
        want("act", (0,), (7,), recipe=recipe, steps=1),
        watch=Watch(seen.append, every=1),
    )
    begun = {preview.attempt: preview.images[0].ravel() for preview in seen}
    assert sorted(begun) == [0, 1, 2]
    # other noise is not even alike
    assert np.abs(np.corrcoef(list(begun.values())) - np.eye(3)).max() < 0.2


class Sick(nn.Module):
    def forward(self, x):
        return x * torch.tensor([1.0, torch.nan, 1.0]).view(1, 3, 1, 1)


def test_a_unit_that_is_not_a_number_is_reported(engines):
    engine = engines(nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 3, 3), sick=Sick())))
    done = ascend(engine, want("sick", (0, 1, 2), recipe=STILL))
    assert "not numbers" in done.reasons[1]
    assert done.reasons[0] == done.reasons[2] == ""


def test_a_unit_can_be_turned_off(engine):
    recipe = STILL.changed(objective=piece("channel", sign=-1.0))
    done = ascend(engine, want("conv2", (3,), recipe=recipe, steps=30))
    assert done.objectives[0] > done.trajectory[0, 0]
    assert done.peaks[0] < ascend(engine, want("conv2", (3,), recipe=STILL, steps=30)).peaks[0]
    assert done.reasons == ("",)


def test_an_objective_can_be_given_and_may_read_other_layers(engine):
    objective = objectives.channel_mean(2, "conv1") - 0.5 * objectives.channel_mean()
    done = ascend(engine, want("act2", (4,), recipe=STILL, objective=objective))
    assert done.description == "channel(conv1:2) - 0.5 * channel(unit)"
    assert done.trajectory[-1, 0] > done.trajectory[0, 0]


def test_an_ascent_can_start_from_a_picture(engine):
    start = np.random.default_rng(0).integers(40, 200, (24, 24, 3), dtype=np.uint8)
    done = ascend(engine, want("act2", (4, 5), recipe=STILL, steps=1, start=start))
    assert np.abs(done.images.astype(int) - start).max() <= 1


def test_previews_come_while_it_runs(engine):
    seen = []
    ascend(engine, want("act2", (4, 5), steps=10, tries=1), watch=Watch(seen.append, every=4))
    assert [preview.step for preview in seen] == [1, 5, 9, 10]
    assert seen[0].images.shape == (2, 24, 24, 3)
    assert seen[0].places == (0, 1)
    assert seen[0].steps == 10


def test_a_canceled_ascent_ends_at_once(engine):
    seen = []
    watch = Watch(seen.append, every=1, canceled=lambda: len(seen) == 3)
    with pytest.raises(Canceled):
        ascend(engine, want("act2", (4,), steps=1000), watch=watch)
    assert len(seen) == 3


def test_it_works_where_the_caller_wants_no_gradients(engine):
    with torch.inference_mode():
        done = ascend(engine, want("act2", (4,), recipe=STILL))
    assert done.trajectory[-1, 0] > done.trajectory[0, 0]


def test_it_computes_in_another_number_format_on_request(engine):
    done = ascend(engine, want("head", (1,), recipe=STILL, autocast=torch.bfloat16))
    assert done.trajectory[-1, 0] > done.trajectory[0, 0]


def test_every_part_of_a_recipe_works_together(engine):
    recipe = QUICK.changed(
        regularizers=(
            piece("batch-norm"),
            piece("skip-gradient"),
            piece("total-variation"),
            piece("center-bias"),
            piece("bilateral"),
            piece("patch-prior", every=5),
        ),
        average=0.8,
        fill="reflection",
    )
    patches = torch.rand(20, 3, 5, 5, generator=torch.Generator().manual_seed(0)) * 255
    done = ascend(engine, want("act2", (1, 2), recipe=recipe), Materials(patches=patches))
    assert done.images.std() > 1
    with pytest.raises(ValueError, match="needs patches"):
        ascend(engine, want("act2", (1, 2), recipe=recipe))


def test_a_running_mean_of_the_variables_is_calmer(engine):
    def roughness(average):
        images = ascend(engine, want("act2", (1,), recipe=QUICK.changed(average=average), steps=40)).images
        return np.abs(np.diff(images.astype(float), axis=1)).mean()

    assert roughness(0.9) < roughness(0.0)


SCOUTED = QUICK.changed(starts=3, scouting=0.5, scout_size=0.8, average=0.5)


def test_of_several_starts_one_is_finished(engine):
    done = ascend(engine, want("act2", (1, 4, 7), recipe=SCOUTED))
    assert done.images.shape == (3, 24, 24, 3)
    assert done.trajectory.shape == (12, 3)
    assert done.majority.shape == (3,)


def test_the_best_start_goes_on_as_if_it_had_been_alone(engine):
    scouted = ascend(engine, want("act2", (4,), (9,), SCOUTED.changed(scout_size=1.0)))
    alone = [
        ascend(engine, want("act2", (4,), (9 + start * 0x9E37_79B1,), SCOUTED.changed(starts=1))) for start in range(3)
    ]
    assert len({made.images.tobytes() for made in alone}) == 3
    best = max(alone, key=lambda made: made.trajectory[:6].mean())
    assert np.abs(scouted.images.astype(int) - best.images).max() <= 1


@pytest.mark.parametrize("stepper", ["adam", "nadam", "constant"])
def test_the_choice_of_a_start_does_not_depend_on_the_other_pictures(stepper, engine):
    recipe = SCOUTED.changed(stepper=piece(stepper, rate=0.5))
    many = ascend(engine, want("act2", (3, 5, 8), (11, 12, 13), recipe))
    alone = ascend(engine, want("act2", (5,), (12,), recipe))
    assert np.abs(many.images[1].astype(int) - alone.images[0]).max() <= 1


def test_previews_show_one_start_of_every_picture(engine):
    seen = []
    ascend(engine, want("act2", (4, 5), recipe=SCOUTED, tries=1), watch=Watch(seen.append, every=1))
    assert {preview.images.shape for preview in seen} == {(2, 24, 24, 3)}
    assert {preview.objectives.shape for preview in seen} == {(2,)}


def test_a_given_picture_is_the_only_start(engine):
    start = np.random.default_rng(0).integers(40, 200, (24, 24, 3), dtype=np.uint8)
    still = STILL.changed(starts=3)
    done = ascend(engine, want("act2", (4, 5), recipe=still, steps=1, start=start))
    assert np.abs(done.images.astype(int) - start).max() <= 1


def test_wishes_that_cannot_be_are_told_in_a_sentence(engine):
    with pytest.raises(ModelError, match="has no layer 'conv9'"):
        ascend(engine, want("conv9", (0,)))
    with pytest.raises(ModelError, match="there is no unit 12"):
        ascend(engine, want("act2", (0, 12)))
    with pytest.raises(ValueError, match="one seed per unit"):
        want("act2", (0, 1), (0,))
    with pytest.raises(ValueError, match="A seed is"):
        want("act2", (0,), (-1,))
    with pytest.raises(ValueError, match="must be above 0"):
        want("act2", (0,), steps=0)
    with pytest.raises(ValueError, match="must have the shape"):
        want("act2", (0,), start=np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(ValueError, match="needs a generator"):
        ascend(engine, want("act2", (0,), recipe=STILL.changed(parametrization=Piece("generator"))))
