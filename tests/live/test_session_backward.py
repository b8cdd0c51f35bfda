"""Backward views in the running machine: beside live video, on a picture that stands still, and in trouble."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.attribution.subject import Subject
from deepvis.kinds import BackView, Method, SeedKind
from deepvis.live import frame_graph
from deepvis.records import Backward, ModelRequest, Precision, Target

BACK = Backward(Method.GRADIENT, height=40, width=40)
OCCLUSION = replace(BACK, method=Method.OCCLUSION, view=BackView.NORM)


def complete(result):
    return result.back is not None and not result.back.reason and result.back.progress == 1


def test_every_live_frame_gets_its_backward_view(session, networks, scripted):
    session.load(networks.request("chain"))
    session.session.use_source(scripted, "script")
    session.answer(layer="body", unit=1, back=BACK)
    seen = len(session.results)

    def frames():
        return {result.frame.number for result in session.results[seen:]}

    session.wait(lambda: True if len(frames()) > 10 else None, "Ten frames")
    answered = session.results[seen:]
    assert all(result.back.picture_rgb is not None for result in answered)
    assert all(result.problem == "" and result.grid is not None for result in answered)
    assert session.notices("error") == session.notices("warning") == []


def test_a_still_picture_is_attributed_once(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    assert session.answer(layer="body", back=BACK).back.picture_rgb is not None
    calls = networks.calls("stem")
    assert session.quiet()
    drawn = session.answer(back=replace(BACK, view=BackView.NORM))
    other = session.answer(back=replace(BACK, method=Method.GUIDED))
    assert networks.calls("stem") == calls
    assert not np.array_equal(drawn.back.picture_rgb, other.back.picture_rgb)
    assert session.answer(back=Backward()).back is None
    assert networks.calls("stem") == calls


def test_an_origin_stays_while_layers_are_browsed(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    before = session.answer(layer="body", unit=2, back=BACK).back
    back = replace(BACK, origin=Target("body", 2), gradients=True)
    for layer in ("act", "stem", "head"):
        result = session.answer(layer=layer, unit=0, back=back)
        assert result.grid.gradients
        assert result.back.frozen
        np.testing.assert_array_equal(result.back.picture_rgb, before.picture_rgb)


def test_occlusion_waits_for_the_picture_to_be_frozen(session, networks, scripted):
    session.load(networks.request("chain"))
    session.session.use_source(scripted, "script")
    result = session.answer(layer="body", back=OCCLUSION)
    assert result.back.reason == "Occlusion takes a still picture: freeze the frame with F."
    session.session.set_frozen(True)
    result = session.wait_result(complete)
    assert result.back.picture_rgb is not None
    assert session.quiet()
    session.collect()
    seen = len(session.results)
    session.session.set_frozen(False)
    session.wait_result(lambda result: result.back.reason != "", after=seen)


def test_occlusion_of_a_still_picture_is_shown_while_it_becomes_finer_and_then_rests(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    session.collect()
    seen = len(session.results)
    session.look(layer="body", back=OCCLUSION)
    session.wait_result(complete, after=seen)
    progress = [result.back.progress for result in session.results[seen:]]
    assert progress == sorted(progress)
    assert session.quiet()


def test_another_view_does_not_wait_for_a_refinement(session, networks, make_picture, monkeypatch):
    def endless(subject, target, *_args):
        coarse = replace(subject.attribute(target, Method.GRADIENT), complete=False)
        while True:
            yield coarse

    monkeypatch.setattr(frame_graph, "refine", endless)
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.answer(layer="body", back=OCCLUSION)
    for unit in (1, 2, 3):
        assert session.answer(unit=unit).unit.unit == unit
        assert not session.quiet(0.05)
    assert session.answer(back=BACK).back.progress == 1
    assert session.quiet()


def test_a_backward_pass_without_memory_is_told_once_and_the_video_goes_on(session, networks, scripted, monkeypatch):
    def fails(*_args, **_kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")

    monkeypatch.setattr(Subject, "attribute", fails)
    session.load(networks.request("chain"))
    session.session.use_source(scripted, "script")
    result = session.answer(layer="body", back=BACK)
    assert "there is not enough memory" in result.back.reason
    seen = len(session.results)
    session.wait(lambda: True if len(session.results) > seen + 5 else None, "Further results")
    assert all(result.problem == "" and result.grid is not None for result in session.results[seen:])
    assert session.notices("warning") == [result.back.reason]
    assert session.notices("error") == []


def test_a_layer_that_fails_is_told_as_without_a_backward_view(session, networks, scripted):
    session.load(networks.request("chain"))
    session.session.use_source(scripted, "script")
    session.answer(layer="stem", back=BACK)
    networks.module.FAILURES["body"] = ValueError("the body hurts")
    result = session.wait_result(lambda result: result.problem != "", after=len(session.results))
    assert "the body hurts" in result.problem
    assert result.back is None
    networks.module.FAILURES.clear()
    session.wait_result(complete, after=len(session.results))


def test_the_check_runs_beside_live_video(session, networks, scripted):
    session.load(networks.request("chain"))
    session.session.use_source(scripted, "script")
    session.look(layer="body", back=replace(BACK, checks=True))
    result = session.wait_result(lambda result: result.back is not None and len(result.back.checks) >= 2)
    seen = len(session.results)
    further = session.wait_result(lambda later: later.frame.number > result.frame.number + 10, after=seen)
    assert len(further.back.checks) >= 2
    assert session.answer(back=BACK).back.checks == ()


def test_the_check_of_a_still_picture_is_done_once(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    session.answer(layer="body", back=replace(BACK, checks=True))
    session.calm_down()
    assert len(session.results[-1].back.checks) >= 2


def test_another_network_and_another_precision_begin_anew(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.answer(layer="body", back=replace(BACK, seed=SeedKind.CLASS, checks=True))
    session.session.place("cpu", Precision.BFLOAT16)
    session.calm_down()
    assert complete(session.results[-1])
    session.load(networks.request("gray"))
    result = session.answer(layer="body")
    assert complete(result)
    session.calm_down()
    assert len(session.results[-1].back.checks) >= 2
    assert session.notices("error") == session.notices("warning") == []


@pytest.mark.parametrize("method", [method for method in Method if method is not Method.LRP])
def test_every_method_answers_on_a_network_of_maps_and_on_one_of_tokens(session, networks, make_picture, method):
    session.session.open_picture(make_picture(), "a picture")
    for request, layer in (
        (networks.request("chain"), "body"),
        (ModelRequest("timm:test_vit", weights="random"), "blocks.1"),
    ):
        session.load(request)
        session.look(layer=layer, unit=1, back=replace(BACK, method=method))
        result = session.wait_result(
            lambda result: (
                result.back is not None
                and result.back.method is method
                and result.view.layer == layer  # noqa: B023  (called before the next round)
                and result.back.progress == 1
            )
        )
        assert (result.back.picture_rgb is None) == bool(result.back.reason)
        assert result.problem == ""
    assert session.notices("error") == session.notices("warning") == []
