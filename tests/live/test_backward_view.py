"""From a frame and a view to a backward view, without threads."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.attribution.methods import METHODS
from deepvis.attribution.subject import Subject
from deepvis.imaging.attribution_views import histogram, overlaid
from deepvis.kinds import BackView, Method, Overlay, SeedKind
from deepvis.live.answering import Answering
from deepvis.live.frame_graph import INTERRUPTED, FrameGraph
from deepvis.live.unit_picture import compose_unit
from deepvis.models.engine import build_engine
from deepvis.models.errors import ModelError
from deepvis.models.zoo import load_model
from deepvis.records import SOFTMAX, Backward, Frame, GridView, Scaling, Sort, Stage, Target, UnitPane

BACK = Backward(Method.GRADIENT, seed=SeedKind.MAXIMUM, height=40, width=40)
INPUT = (32, 48)
SIZE = (26, 40)
"""The largest size of that aspect inside the pane."""


class Asking:
    """An engine, an `Answering` to ask, and a count of what is computed."""

    def __init__(self, request, monkeypatch):
        self.reference = load_model(request)
        self.engine = build_engine(request, progress=lambda _text, _fraction: None, canceled=lambda: False)
        self.answering = Answering()
        self.graphs = weakref.WeakSet()
        self.passes = self.plain = self.backwards = self.refined = 0
        self._count(monkeypatch)

    def _count(self, monkeypatch):
        ask, run, init = self.engine.ask, self.engine.loaded.network.forward, FrameGraph.__init__
        grad = torch.autograd.grad

        def asked(*args, **kwargs):
            self.plain += 1
            return ask(*args, **kwargs)

        def ran(*args, **kwargs):
            self.passes += 1
            return run(*args, **kwargs)

        def graded(*args, **kwargs):
            self.backwards += 1
            return grad(*args, **kwargs)

        def made(graph, *args):
            init(graph, *args)
            self.graphs.add(graph)

        monkeypatch.setattr(self.engine, "ask", asked)
        monkeypatch.setattr(self.engine.loaded.network, "forward", ran)
        monkeypatch.setattr(torch.autograd, "grad", graded)
        monkeypatch.setattr(FrameGraph, "__init__", made)

    def __call__(self, frame, view, *, frozen=False):
        with torch.inference_mode():
            return self.answering.answer(self.engine, frame, view, frozen=frozen)

    def finish(self, frame, view, *, most=500):
        """Go on until nothing is left to do; all that was told on the way."""
        told = []
        for _ in range(most):
            if not self.answering.pending(frame, view):
                return told
            better = self.answering.go_on()
            told += [] if better is None else [better]
        raise AssertionError(f"still something to do after {most} steps")

    def gradients(self, rgb, child, unit, seed, *, of="input"):
        """By hand: of a child's unit with respect to the input, or to what another child gives."""
        batch = self.reference.preprocessing.batch(rgb).requires_grad_()
        maps, kept = batch, {"input": batch}
        for name, module in self.reference.network.named_children():
            maps = module(maps)
            if name != "act":  # the next child overwrites what the stem gives
                maps = maps.clone()
            kept[name] = maps
            if name == "stem":
                maps = maps.clone()
        start = kept[child][0, unit]
        worth = start.flatten()[start.argmax()] if seed is SeedKind.MAXIMUM else (start * start.detach()).sum()
        return torch.autograd.grad(worth, kept[of])[0][0]


def frame_of(rgb, number=0, *, still=True):
    return Frame(np.ascontiguousarray(rgb), number, 0.0, "a picture", still=still)


@pytest.fixture
def chain(networks, monkeypatch):
    return Asking(networks.request("chain"), monkeypatch)


@pytest.fixture
def view(default_view):
    return replace(default_view, model="nets:chain", layer="body", unit=2, back=BACK)


@pytest.fixture
def frame(make_picture):
    return frame_of(make_picture())


def look(view, /, **changes):
    return replace(view, back=replace(view.back, **changes))


# ---------------------------------------------------------------------------------------------- what is not computed


@pytest.mark.parametrize("back", [Backward(), replace(BACK, method=None, gradients=True, checks=True)])
def test_what_is_off_is_not_computed_and_changes_nothing(chain, frame, view, back):
    result = chain(frame, replace(view, back=back))
    assert result.back is None
    assert not result.grid.gradients
    assert (chain.plain, chain.backwards, len(chain.graphs)) == (1, 0, 0)
    assert not chain.answering.pending(frame, result.view)


def test_a_view_without_a_pane_is_not_computed(chain, frame, view):
    for changes in ({"height": 0}, {"width": 0}, {"height": 0, "width": 0}):
        assert chain(frame, look(view, **changes)).back is None
    assert (chain.plain, chain.passes, chain.backwards, len(chain.graphs)) == (1, 1, 0, 0)


def test_one_pass_gives_activations_answers_and_gradients(chain, frame, view):
    plain = chain(frame, replace(view, back=Backward()))
    chain.answering.forget()
    chain.plain = chain.passes = 0
    result = chain(frame, view)
    assert (chain.plain, chain.passes, chain.backwards) == (0, 1, 1)
    np.testing.assert_allclose(result.summary.maxima, plain.summary.maxima, rtol=1e-4, atol=1e-5)
    assert [answer.index for answer in result.predictions] == [answer.index for answer in plain.predictions]
    assert result.unit.position == plain.unit.position
    assert result.forward_ms > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"view": BackView.NORM_BLUR},
        {"view": BackView.HISTOGRAM},
        {"colormap": "viridis", "view": BackView.NORM},
        {"overlay": Overlay.ACTIVE, "opacity": 0.3},
        {"height": 20, "width": 20},
        {"gradients": False},
    ],
)
def test_another_look_at_it_computes_nothing(chain, frame, view, changes):
    before = chain(frame, view)
    after = chain(frame, look(view, **changes))
    assert (chain.passes, chain.backwards) == (1, 1)
    assert after.back.activation == before.back.activation
    assert after.back.milliseconds == before.back.milliseconds


def test_other_colors_of_the_grid_do_not_draw_the_backward_view_again(chain, frame, view):
    before = chain(frame, view)
    after = chain(frame, replace(view, grid=replace(view.grid, colormap="viridis")))
    assert after.back.picture_rgb is before.back.picture_rgb


def test_another_method_or_unit_takes_one_backward_pass_and_the_last_ones_are_remembered(chain, frame, view):
    chain(frame, view)
    other = look(view, method=Method.DECONVNET)
    chain(frame, other)
    assert (chain.passes, chain.backwards) == (1, 2)
    chain(frame, view)
    chain(frame, replace(view, unit=1))
    chain(frame, other)
    assert (chain.passes, chain.backwards) == (1, 3)


def test_only_the_graph_of_one_frame_is_kept_and_none_when_it_is_off(chain, view, make_picture):
    for number in range(3):
        chain(frame_of(make_picture(seed=number), number), view)
        gc.collect()
        assert len(chain.graphs) == 1
    assert (chain.passes, chain.backwards) == (3, 3)
    chain(frame_of(make_picture(seed=2), 2), replace(view, back=Backward()))
    gc.collect()
    assert len(chain.graphs) == 0


def test_after_forgetting_everything_is_computed_again(chain, frame, view):
    chain(frame, view)
    chain.answering.forget()
    gc.collect()
    assert len(chain.graphs) == 0
    assert not chain.answering.pending(frame, view)
    chain(frame, view)
    assert (chain.passes, chain.backwards) == (2, 2)


# ------------------------------------------------------------------------------------------------- what is shown


@pytest.mark.parametrize("seed", [SeedKind.CHANNEL, SeedKind.MAXIMUM])
def test_the_picture_shows_the_gradient_of_the_unit(chain, frame, view, seed):
    result = chain(frame, look(view, seed=seed))
    expected = chain.gradients(frame.rgb, "body", 2, seed).numpy()
    low, high = result.back.extent
    assert (low, high) == pytest.approx((expected.min(), expected.max()), rel=1e-4)
    assert result.back.activation == pytest.approx(result.unit.maximum, rel=1e-4)
    seen = result.picture_rgb
    drawn = overlaid(seen, expected, BackView.RAW, "auto", Overlay.OFF, 1.0, SIZE)
    assert np.abs(result.back.picture_rgb.astype(int) - drawn).max() <= 1
    assert result.back.reason == ""
    assert result.back.method is Method.GRADIENT
    assert result.back.caveat == METHODS[Method.GRADIENT].caveat
    assert result.back.progress == 1.0
    assert result.back.milliseconds > 0
    assert result.back.counts is None
    assert result.back.checks == ()


def test_position_and_classes_are_filled_in(chain, frame, view):
    result = chain(frame, view)
    assert result.back.target == Target("body", 2, SeedKind.MAXIMUM, result.unit.position)
    assert result.back.title == "body/2"
    best, second = (answer.index for answer in result.predictions[:2])
    one = chain(frame, look(view, seed=SeedKind.CLASS)).back
    assert (one.target.class_index, one.title) == (best, f"class {best}")
    both = chain(frame, replace(look(view, seed=SeedKind.DIFFERENCE), predictions=False))
    assert (both.back.target.class_index, both.back.target.other_class) == (best, second)
    assert both.back.title == f"class {best} − class {second}"
    assert both.predictions == ()


def test_the_network_of_a_class_is_run_to_its_end_also_without_predictions(chain, frame, view):
    result = chain(frame, replace(look(view, seed=SeedKind.CLASS), predictions=False))
    assert result.back.reason == ""
    assert chain.passes == 1


def test_predictions_that_are_wanted_later_come_once(chain, frame, view):
    without = replace(view, predictions=False)
    assert chain(frame, without).predictions == ()
    for _ in range(2):
        assert len(chain(frame, view).predictions) == 5
    assert chain.passes == 2
    assert chain.plain == 0


def test_the_histogram_comes_with_its_counts(chain, frame, view):
    back = chain(frame, look(view, view=BackView.HISTOGRAM)).back
    counts, extent = histogram(chain.gradients(frame.rgb, "body", 2, SeedKind.MAXIMUM).numpy())
    assert back.counts.sum() == counts.sum() == 3 * INPUT[0] * INPUT[1]
    assert back.extent == pytest.approx(extent, rel=1e-4)


def test_the_picture_is_laid_over_what_the_network_saw(chain, frame, view):
    faint = look(view, view=BackView.NORM, overlay=Overlay.INACTIVE, opacity=0.0)
    picture = chain(frame, faint).back.picture_rgb
    seen, _ = chain.engine.loaded.preprocessing.prepare(frame.rgb)
    zeros = np.zeros(INPUT, np.float32)
    expected = overlaid(seen.permute(1, 2, 0).numpy(), zeros, BackView.NORM, "auto", Overlay.INACTIVE, 0.0, SIZE)
    np.testing.assert_array_equal(picture, expected)


def test_a_unit_that_is_off_says_so_instead_of_showing_nothing(chain, frame, view):
    with torch.no_grad():
        chain.engine.loaded.network.stem.inner.weight[1] = 0
        chain.engine.loaded.network.stem.inner.bias[1] = -1
    back = chain(frame, replace(view, layer="act", unit=1)).back
    assert back.picture_rgb is None
    assert back.reason == "Unit 1 of act is off in this picture: its largest activation is 0."


def test_one_channel_networks_and_softmax_units_have_a_backward_view(networks, monkeypatch, frame, view):
    asking = Asking(networks.request("gray"), monkeypatch)
    for layer in ("body", "head", SOFTMAX):
        back = asking(frame, replace(view, layer=layer, unit=1)).back
        assert back.reason == ""
        assert back.picture_rgb.shape == (*SIZE, 3)


# --------------------------------------------------------------------------------------------- origin and gradients


def test_a_frozen_origin_is_attributed_while_another_layer_is_looked_at(chain, frame, view):
    before = chain(frame, view).back
    origin = Target("body", 2, SeedKind.MAXIMUM)
    for layer, unit in (("stem", 0), ("head", 6), ("act", 1)):
        result = chain(frame, replace(look(view, origin=origin), layer=layer, unit=unit))
        assert result.unit.unit == unit
        assert (result.back.title, result.back.frozen) == ("body/2", True)
        np.testing.assert_array_equal(result.back.picture_rgb, before.picture_rgb)
    assert not before.frozen
    assert chain.backwards == 1


def test_the_grid_shows_the_gradients_of_the_viewed_layer(chain, frame, view):
    plain = chain(frame, replace(view, layer="act", unit=1))
    seen = look(replace(view, layer="act", unit=1), origin=Target("body", 2, SeedKind.MAXIMUM), gradients=True)
    result = chain(frame, seen)
    expected = chain.gradients(frame.rgb, "body", 2, SeedKind.MAXIMUM, of="act")
    grid = result.grid
    assert grid.gradients
    assert result.unit.gradient == pytest.approx(float(expected[1][result.unit.position]))
    np.testing.assert_allclose(grid.summary.maxima, expected.amax((1, 2)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(grid.summary.minima, expected.amin((1, 2)), rtol=1e-4, atol=1e-6)
    assert grid.scale.colormap == "frost"
    assert grid.scale.high == -grid.scale.low == pytest.approx(float(expected.abs().max()), rel=1e-4)
    # numbers of the unit, and what others learn of the layer, stay activations
    np.testing.assert_array_equal(result.summary.maxima, plain.summary.maxima)
    assert result.unit.value == plain.unit.value
    picture, _ = chain.engine.loaded.preprocessing.prepare(frame.rgb)
    drawn = compose_unit(expected[1], picture, grid.scale, seen.grid, seen.pane)
    assert np.abs(result.unit.picture_rgb.astype(int) - drawn).max() <= 2
    assert not np.array_equal(grid.bgrx, plain.grid.bgrx)


def test_a_color_map_without_a_middle_does_not_hide_the_sign_of_gradients(chain, frame, view):
    for wanted, used in (("viridis", "frost"), ("auto", "frost"), ("day", "day")):
        seen = replace(look(view, gradients=True), grid=replace(view.grid, colormap=wanted, scaling=Scaling.UNIT))
        scale = chain(frame, seen).grid.scale
        assert (scale.colormap, scale.symmetric, scale.per_unit) == (used, True, True)


def test_gradients_are_computed_once_and_only_where_maps_are_shown(chain, frame, view):
    seen = look(replace(view, layer="stem"), origin=Target("body", 2), gradients=True, height=0)
    chain(frame, seen)
    assert (chain.passes, chain.backwards) == (1, 1)
    result = chain(frame, replace(seen, grid=replace(seen.grid, gamma=0.5), unit=3))
    assert (result.back.picture_rgb, result.back.title) == (None, "body/2")
    assert chain.backwards == 1
    hidden = replace(seen, stage=Stage.EXEMPLARS)
    assert chain(frame, hidden).back is None
    unsized = replace(seen, grid=GridView(), pane=UnitPane())
    assert chain(frame, unsized).back is None
    assert chain.backwards == 1


def test_a_layer_above_the_target_has_no_gradient_and_its_tiles_are_not_taken_for_dead(chain, frame, view):
    seen = look(view, origin=Target("stem", 1), gradients=True)
    result = chain(frame, replace(seen, grid=replace(seen.grid, hide_dead=True)))
    assert not result.grid.summary.maxima.any()
    assert result.grid.hidden == 0


def test_sorted_tiles_of_activations_keep_their_order_while_gradients_are_shown(chain, view, make_picture):
    view = replace(view, layer="act", grid=replace(view.grid, sort=Sort.MAXIMUM, hold_order=True))
    first = chain(frame_of(make_picture(), 0, still=False), view)
    graded = look(view, origin=Target("body", 2), gradients=True)
    between = chain(frame_of(make_picture(seed=1), 1, still=False), graded)
    assert between.grid.layout.units.tolist() == np.argsort(-between.grid.summary.maxima, kind="stable").tolist()
    after = chain(frame_of(make_picture(seed=2), 2, still=False), view)
    assert after.grid.layout.units.tolist() == first.grid.layout.units.tolist()
    assert not after.grid.gradients


def test_the_color_range_of_gradients_is_that_of_what_they_are_of(chain, view, make_picture):
    moving = [frame_of(make_picture(seed=seed), seed, still=False) for seed in range(2)]
    strong = look(view, origin=Target("body", 2, SeedKind.CHANNEL), gradients=True)
    weak = look(view, origin=Target("body", 2, SeedKind.MAXIMUM), gradients=True)
    view_of = {"strong": replace(strong, layer="stem"), "weak": replace(weak, layer="stem")}
    chain(moving[0], view_of["strong"])
    result = chain(moving[1], view_of["weak"])
    bound = max(np.abs(result.grid.summary.maxima).max(), np.abs(result.grid.summary.minima).max())
    assert result.grid.scale.high == pytest.approx(bound, rel=1e-5)


# ------------------------------------------------------------------------------------------- methods that refine


def test_occlusion_asks_for_a_still_picture(chain, make_picture, view):
    seen = look(view, method=Method.OCCLUSION)
    moving = frame_of(make_picture(), still=False)
    result = chain(moving, seen)
    assert result.back.picture_rgb is None
    assert result.back.reason == "Occlusion takes a still picture: freeze the frame with F."
    assert (chain.plain, len(chain.graphs)) == (1, 0)
    assert not chain.answering.pending(moving, seen)
    assert chain(moving, seen, frozen=True).back.reason == ""


def test_occlusion_becomes_finer_step_by_step(chain, frame, view):
    seen = look(view, method=Method.OCCLUSION, view=BackView.NORM)
    first = chain(frame, seen)
    assert first.back.progress < 1
    assert chain.answering.pending(frame, seen)
    told = chain.finish(frame, seen)
    progress = [first.back.progress, *(result.back.progress for result in told)]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert all(result.back.picture_rgb.shape == (*SIZE, 3) for result in told)
    assert all(not result.fresh and result.frame is frame and result.view == seen for result in told)
    np.testing.assert_array_equal(told[-1].grid.bgrx, first.grid.bgrx)
    passes = chain.passes
    again = chain(frame, look(seen, view=BackView.RAW))
    assert (again.back.progress, chain.passes) == (1, passes)


def test_a_refinement_goes_on_where_it_was_after_another_look(chain, frame, view):
    seen = look(view, method=Method.OCCLUSION)
    chain(frame, seen)
    chain.answering.go_on()
    before = chain.answering.go_on().back.progress
    passes = chain.passes
    other = look(seen, view=BackView.SUM)
    assert chain(frame, other).back.progress == before
    assert chain.passes == passes
    assert not chain.answering.pending(frame, seen)
    assert chain.answering.go_on().back.progress > before


def test_a_refinement_of_another_frame_is_given_up(chain, frame, view, make_picture):
    seen = look(view, method=Method.OCCLUSION)
    chain(frame, seen)
    other = frame_of(make_picture(seed=1), 1)
    chain(other, seen)
    gc.collect()
    assert len(chain.graphs) == 1
    assert all(result.frame is other for result in chain.finish(other, seen))


# -------------------------------------------------------------------------------------------------------- trouble


def fails(monkeypatch, name, error):
    def raising(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(Subject, name, raising)


def test_a_sentence_of_the_attribution_is_the_reason_and_the_rest_is_shown(chain, frame, view, monkeypatch):
    fails(monkeypatch, "attribute", ModelError("This network has no such thing."))
    result = chain(frame, view)
    assert (result.problem, result.back.reason) == ("", "This network has no such thing.")
    assert result.back.picture_rgb is None
    assert result.back.title == "body/2"
    assert result.grid is not None
    assert chain.answering.take_faults() == []
    assert chain.plain == 0


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"), "there is not enough memory"),
        (ValueError("no"), "ValueError: no"),
    ],
)
def test_a_backward_pass_that_fails_is_told_and_the_rest_is_shown(chain, frame, view, monkeypatch, error, cause):
    fails(monkeypatch, "attribute", error)
    result = chain(frame, view)
    expected = f"Gradient failed at body: {cause}. Choose another method or another layer."
    assert (result.problem, result.back.reason) == ("", expected)
    assert result.grid is not None
    (fault,) = chain.answering.take_faults()
    assert (fault.text, fault.error) == (expected, error)
    chain(frame, view)
    assert chain.answering.take_faults() == [], "what failed for a frame is not tried again"


def test_a_network_that_runs_only_without_a_graph_is_shown_without_one(chain, frame, view, monkeypatch):
    fails(monkeypatch, "run", RuntimeError("not with a graph"))
    result = chain(frame, look(view, gradients=True))
    assert "not with a graph" in result.back.reason
    assert result.problem == ""
    assert chain.plain == 1
    assert not result.grid.gradients
    assert len(chain.answering.take_faults()) == 1


def test_gradients_that_fail_leave_the_activations_in_the_grid(chain, frame, view, monkeypatch):
    fails(monkeypatch, "gradient_at", ValueError("no gradients"))
    result = chain(frame, look(view, gradients=True))
    assert not result.grid.gradients
    assert result.back.picture_rgb is not None
    assert len(chain.answering.take_faults()) == 1


def test_an_origin_in_a_layer_that_this_network_lacks_is_told_until_it_is_let_go(chain, frame, view):
    result = chain(frame, look(view, origin=Target("nowhere", 1)))
    assert result.back.reason == "nets:chain has no layer 'nowhere'; choose one from its layer list."
    assert result.problem == ""
    assert chain(frame, view).back.reason == ""


def test_a_method_that_cannot_be_had_says_why_and_costs_nothing(chain, frame, view, monkeypatch):
    missing = replace(METHODS[Method.LRP])
    monkeypatch.setattr(type(missing), "available", lambda _: "zennit is missing.")
    result = chain(frame, look(view, method=Method.LRP))
    assert result.back.reason == "zennit is missing."
    assert (chain.plain, len(chain.graphs)) == (1, 0)


@pytest.mark.parametrize("method", [Method.SMOOTHGRAD, Method.INTEGRATED_GRADIENTS])
def test_a_method_of_many_passes_is_given_up_when_something_newer_waits_and_found_another_time(
    chain, frame, view, method
):
    waits = iter([False, True])  # something comes while the second batch of passes would begin
    chain.answering = Answering(lambda: next(waits, False))
    asked = look(view, method=method)
    given_up = chain(frame, asked)
    assert (given_up.back.picture_rgb, given_up.back.reason) == (None, INTERRUPTED)
    assert given_up.grid is not None
    passes = chain.passes
    found = chain(frame, look(asked, colormap="gray"))
    assert (found.back.reason, found.back.picture_rgb is None) == ("", False)
    assert chain.passes > passes
