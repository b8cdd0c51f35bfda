"""From a frame and a view to a result, without threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.imaging.geometry import orient
from deepvis.live.answering import Answering
from deepvis.models.engine import build_engine
from deepvis.models.receptive_field import receptive_boxes
from deepvis.models.zoo import load_model
from deepvis.records import SOFTMAX, Fit, Frame, GridView, ModelRequest, Overlay, Scaling, Sort, Stage, UnitPane


class Asking:
    """An engine that counts its forward passes, and an `Answering` to ask."""

    def __init__(self, request):
        self.reference = load_model(request)
        self.engine = build_engine(request, progress=lambda _text, _fraction: None, canceled=lambda: False)
        self.answering = Answering()
        self.forwards = 0
        self._ask = self.engine.ask
        self.engine.ask = self._counted

    def _counted(self, *args, **kwargs):
        self.forwards += 1
        return self._ask(*args, **kwargs)

    def __call__(self, frame, view):
        with torch.inference_mode():
            return self.answering.answer(self.engine, frame, view)

    def find_boxes(self):
        shape = self.engine.loaded.preprocessing
        batch = torch.zeros(1, shape.channels, *shape.input_size)
        self.engine.boxes = receptive_boxes(self.reference.network, batch, tuple(self.engine.taps.values()))


def frame_of(rgb, number=0, *, still=True):
    return Frame(np.ascontiguousarray(rgb), number, 0.0, "a picture", still=still)


@pytest.fixture
def chain(networks):
    return Asking(networks.request("chain"))


@pytest.fixture
def view(default_view):
    return replace(default_view, model="nets:chain", layer="stem")


@pytest.fixture
def frame(make_picture):
    return frame_of(make_picture())


@pytest.mark.parametrize("layer", ["stem", "act", "body", "pool", "head", SOFTMAX])
def test_a_result_holds_the_values_of_a_plain_forward_pass(chain, frame, view, layer):
    result = chain(frame, replace(view, layer=layer, unit=3))
    network, maps = chain.reference.network, chain.reference.preprocessing.batch(frame.rgb)
    with torch.inference_mode():
        for name, module in network.named_children():
            maps = module(maps)
            if name == layer:
                break
        if layer == SOFTMAX:
            maps = maps.softmax(1)
    maps = maps.reshape(*maps.shape[:2], *(maps.shape[2:] or (1, 1)))[0]
    if layer == "stem":
        maps = maps.clone()  # the plain pass stops before the ReLU that overwrites it
    summary = result.grid.summary
    np.testing.assert_allclose(summary.maxima, maps.amax((1, 2)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(summary.minima, maps.amin((1, 2)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(summary.means, maps.mean((1, 2)), rtol=1e-4, atol=1e-5)
    unit = result.unit
    assert unit.unit == 3
    assert unit.value == pytest.approx(float(maps[3][unit.position]), rel=1e-4, abs=1e-5)
    assert (unit.maximum, unit.minimum) == (summary.maxima[3], summary.minima[3])
    assert unit.value == unit.maximum
    assert not unit.chosen
    assert result.layer.name == layer
    assert result.problem == ""


def test_a_result_carries_its_frame_its_view_and_its_model(chain, frame, view):
    result = chain(frame, view)
    assert result.frame is frame
    assert result.view is view
    assert result.model == "nets:chain"
    assert result.total_ms >= result.forward_ms > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"grid": GridView(height=60, width=80, colormap="viridis")},
        {"grid": GridView(height=60, width=80, gamma=0.5, individual=0.5)},
        {"grid": GridView(height=60, width=80, scaling=Scaling.UNIT, sort=Sort.MEAN, hide_dead=True)},
        {"grid": GridView(height=90, width=40, zoom=4, center_row=0.2)},
        {"unit": 2, "position": (1, 1)},
        {"pane": UnitPane(30, 30, Overlay.ACTIVE, 0.2)},
        {"predictions": False},
    ],
)
def test_another_look_at_the_same_frame_costs_no_forward_pass(chain, frame, view, changes):
    before = chain(frame, view)
    after = chain(frame, replace(view, **changes))
    assert chain.forwards == 1
    np.testing.assert_array_equal(after.grid.summary.maxima, before.grid.summary.maxima)
    assert after.view == replace(view, **changes)


@pytest.mark.parametrize(
    "changes", [{"layer": "body"}, {"mirror": True}, {"quarter_turns": 1}, {"fit": Fit.STRETCH}, {"layer": SOFTMAX}]
)
def test_what_changes_the_activations_costs_one_forward_pass(chain, frame, view, changes):
    chain(frame, view)
    chain(frame, replace(view, **changes))
    chain(frame, replace(view, **changes))
    assert chain.forwards == 2


def test_predictions_that_are_wanted_later_cost_one_pass_and_then_stay(chain, frame, view):
    without = replace(view, predictions=False)
    assert chain(frame, without).predictions == ()
    assert len(chain(frame, view).predictions) == 5
    assert chain(frame, without).predictions == ()
    assert len(chain(frame, view).predictions) == 5
    assert chain.forwards == 2


def test_a_new_frame_and_a_forgotten_one_cost_a_forward_pass(chain, frame, view, make_picture):
    chain(frame, view)
    chain(frame_of(make_picture(seed=1), 1), view)
    assert chain.forwards == 2
    chain.answering.forget()
    chain(frame, view)
    assert chain.forwards == 3


def test_without_predictions_the_rest_of_the_network_does_not_run(chain, frame, view, networks):
    networks.module.CALLS.clear()
    chain(frame, replace(view, predictions=False))
    assert {name for name, _ in networks.module.CALLS} == {"stem"}


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirror", [False, True])
def test_the_network_sees_the_picture_as_it_is_shown(chain, frame, view, mirror, turns):
    result = chain(frame, replace(view, mirror=mirror, quarter_turns=turns))
    shown = orient(frame.rgb, mirror=mirror, quarter_turns=turns)
    np.testing.assert_array_equal(result.picture_rgb, shown)
    straight = chain(frame_of(shown), view)
    np.testing.assert_array_equal(result.grid.summary.maxima, straight.grid.summary.maxima)
    np.testing.assert_array_equal(result.grid.bgrx, straight.grid.bgrx)


def test_a_pane_without_size_is_not_drawn_and_the_numbers_come_nevertheless(chain, frame, view):
    result = chain(frame, replace(view, grid=GridView(), pane=UnitPane()))
    assert result.grid is None
    assert result.unit.picture_rgb is None
    assert np.isfinite(result.unit.value)
    assert len(result.predictions) == 5


def test_the_pictures_have_the_size_of_their_panes(chain, frame, view):
    result = chain(frame, view)
    assert result.grid.bgrx.shape == (60, 80, 4)
    height, width = result.unit.picture_rgb.shape[:2]
    assert (height, width) == (26, 40), "the network's input is 32 by 48"


def test_a_unit_or_a_position_beyond_the_end_is_the_last_one(chain, frame, view):
    result = chain(frame, replace(view, unit=999, position=(999, 999)))
    assert result.unit.unit == 3
    assert result.unit.position == (14, 22)
    assert result.unit.chosen


def test_a_chosen_position_is_read_instead_of_the_maximum(chain, frame, view):
    best = chain(frame, view).unit
    other = (0, 0) if best.position != (0, 0) else (1, 1)
    chosen = chain(frame, replace(view, position=other)).unit
    assert chosen.position == other
    assert chosen.value <= best.value == chosen.maximum


def test_a_missing_layer_is_an_error(chain, frame, view):
    with pytest.raises(KeyError):
        chain(frame, replace(view, layer="nowhere"))


def test_dead_units_are_hidden_and_counted(chain, frame, view):
    with torch.no_grad():
        chain.engine.loaded.network.stem.inner.weight[1] = 0
        chain.engine.loaded.network.stem.inner.bias[1] = -1
    chain.answering.forget()
    result = chain(frame, replace(view, layer="act", grid=replace(view.grid, hide_dead=True)))
    assert result.grid.layout.units.tolist() == [0, 2, 3]
    assert (result.grid.hidden, result.grid.total) == (1, 4)


def test_a_still_picture_has_its_own_range_and_moving_ones_a_steady_one(chain, view, make_picture):
    bright, dark = np.full((60, 80, 3), 255, np.uint8), np.full((60, 80, 3), 118, np.uint8)
    bright[::2] = 0

    def high(*frames):
        chain.answering.forget()
        return [chain(frame, view).grid.scale.high for frame in frames][-1]

    alone = high(frame_of(dark))
    after_bright = high(frame_of(bright, 0, still=False), frame_of(dark, 1, still=False))
    assert after_bright > 1.2 * alone
    assert high(frame_of(bright, 0, still=False), frame_of(dark, 1)) == alone


def test_one_channel_networks_are_answered(networks, frame, default_view):
    asking = Asking(networks.request("gray"))
    for overlay in Overlay:
        view = replace(default_view, layer="body", pane=UnitPane(40, 40, overlay))
        result = asking(frame, view)
        assert result.grid.total == 6
        assert result.unit.picture_rgb.shape == (26, 40, 3)


def test_tokens_beside_the_map_are_read_apart(frame, default_view):
    asking = Asking(ModelRequest("timm:test_vit", weights="random"))
    result = asking(frame, replace(default_view, layer="blocks.1", unit=5))
    with torch.inference_mode():
        network = asking.reference.network
        tokens = network.forward_intermediates(
            asking.reference.preprocessing.batch(frame.rgb),
            indices=[1],
            norm=False,
            intermediates_only=True,
            return_prefix_tokens=True,
        )[0]
    maps, prefix = tokens
    np.testing.assert_allclose(result.grid.summary.maxima, maps[0].amax((1, 2)), atol=1e-4)
    np.testing.assert_allclose(result.unit.prefix, prefix[0, :, 5], atol=1e-4)


@pytest.mark.parametrize("fit", Fit)
def test_the_part_the_network_sees_is_told_in_pixels_of_the_picture(chain, view, fit, make_picture):
    # the network's input is 32 by 48; crop_ratio 0.875 of the default
    frame = frame_of(make_picture(64, 64))
    seen = chain(frame, replace(view, fit=fit)).seen
    center = (seen.top + seen.height / 2, seen.left + seen.width / 2)
    assert center == pytest.approx((32, 32), abs=1)
    if fit is Fit.STRETCH:
        assert (seen.top, seen.left, seen.height, seen.width) == (0, 0, 64, 64)
    elif fit is Fit.LETTERBOX:
        assert (seen.height, seen.width) == pytest.approx((64, 96))
    else:
        assert seen.height / seen.width == pytest.approx(32 / 48, rel=0.05)
        assert seen.left > 0
        assert seen.right < 64


@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize(("mirror", "turns"), [(False, 0), (True, 0), (False, 1), (True, 3)])
def test_the_box_of_the_maximum_contains_the_spot_that_caused_it(networks, default_view, fit, mirror, turns):
    asking = Asking(networks.request("window", input_size=(48, 64), mean=(0.0,) * 3, std=(1.0,) * 3))
    asking.find_boxes()
    view = replace(default_view, layer="0", fit=fit, mirror=mirror, quarter_turns=turns)
    for row, column in ((50, 70), (66, 40), (40, 88)):
        rgb = np.zeros((110, 130, 3), np.uint8)
        rgb[row - 2 : row + 3, column - 2 : column + 3] = 255
        result = asking(frame_of(rgb), view)
        shown = np.argwhere(result.picture_rgb[..., 0] == 255)
        center = shown.mean(axis=0) + 0.5
        assert result.unit.maximum > 0
        assert result.unit.box.contains(*center)
        # a window of 5 network pixels is a small part of the picture, so containing the spot means something
        assert result.unit.box.height < 25
        assert result.unit.box.width < 25
        assert result.unit.field_text == "5 × 5 px"


def test_while_the_boxes_are_not_known_there_is_none(chain, frame, view):
    unit = chain(frame, view).unit
    assert unit.box is None
    assert unit.field_text == ""
    chain.find_boxes()
    assert chain(frame, view).unit.box is not None
    assert chain.forwards == 1


def test_on_another_stage_no_grid_is_drawn_but_everything_else_is_read(chain, frame, view, monkeypatch):
    live = chain(frame, view)
    assert live.summary is live.grid.summary
    with monkeypatch.context() as patch:
        patch.setattr("deepvis.live.answering.compose_grid", None)
        for stage in (Stage.EXEMPLARS, Stage.ACTIVITY, Stage.CORRELATION):
            result = chain(frame, replace(view, stage=stage))
            assert result.grid is None
            assert result.problem == ""
            assert result.summary is live.summary
            assert result.unit.value == live.unit.value
            assert result.predictions == live.predictions
    back = chain(frame, view)
    np.testing.assert_array_equal(back.grid.bgrx, live.grid.bgrx)
    assert chain.forwards == 1
