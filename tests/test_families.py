"""The contract of every model family, through the real session: each default layer gives a grid and a reading."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from deepvis.live.events import ModelFailed, ModelReady, Notice
from deepvis.live.first_view import view_for_model
from deepvis.live.session import LiveSession
from deepvis.places import images_dir
from deepvis.records import SOFTMAX, ModelRequest, Precision, UnitPane, View
from deepvis.sources.decode import read_image

WITHIN_S = 40.0
PANE = (240, 320)
OWN = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 5, stride=2)
        self.act = nn.ReLU(inplace=True)
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.head = nn.Linear(128, 7)

    def forward(self, x):
        return self.head(self.pool(self.act(self.stem(x))).flatten(1))

def make():
    return Net()
"""
FAMILIES = {
    "torchvision CNN": ModelRequest("resnet18", weights="random", input_size=(96, 96)),
    "timm CNN": ModelRequest("timm:convnext_atto", weights="random", input_size=(96, 128)),
    "timm ViT": ModelRequest("timm:deit_tiny_patch16_224", weights="random"),
    "timm Swin": ModelRequest("timm:swin_s3_tiny_224", weights="random"),
    "own factory": ModelRequest("{folder}/mine.py:make", input_size=(40, 56)),
}


class Watcher:
    """A session and what it said, without a window."""

    def __init__(self) -> None:
        self.session = LiveSession(images_dir(), threads=1)
        self.said: list[object] = []

    def until(self, found):
        """The first event or result for which `found` gives something."""
        deadline_s = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline_s:
            self.said += self.session.take_events()
            result = self.session.take_result()
            answer = found(result)
            if answer is not None:
                return answer
            time.sleep(0.002)
        heard = [str(event)[:200] for event in self.said[-5:]]
        raise AssertionError(f"nothing came within {WITHIN_S} s; heard last: {heard}")

    def load(self, request: ModelRequest):
        self.session.load_model(request)

        def ended(_result):
            return next((event for event in self.said if isinstance(event, ModelReady | ModelFailed)), None)

        event = self.until(ended)
        assert isinstance(event, ModelReady), event
        return event.info

    def answer(self, view: View):
        """The answer to a view that is not the present one."""
        assert view != self.session.view
        self.session.set_view(view)
        return self.until(lambda result: result if result is not None and result.view == view else None)


@pytest.fixture
def watcher():
    made = Watcher()
    made.session.start()
    yield made
    assert made.session.close() == ()


@pytest.mark.parametrize("family", FAMILIES)
def test_each_default_layer_gives_a_grid_and_a_reading(watcher, family, tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    request = FAMILIES[family]
    info = watcher.load(replace(request, name=request.name.format(folder=tmp_path)))
    picture = read_image(images_dir() / "chelsea.jpg")
    watcher.session.open_picture(picture, "chelsea")
    shown = info.shown_layers()
    assert len(shown) >= 3
    assert shown[-1].name == SOFTMAX
    assert any(layer.height > 1 and layer.width > 1 for layer in shown)
    start = view_for_model(View(predictions=False), info)
    grid = replace(start.grid, height=PANE[0], width=PANE[1])
    start = replace(start, grid=grid, pane=UnitPane(100, 100))
    for layer in shown:
        unit = layer.units // 2
        result = watcher.answer(replace(start, layer=layer.name, unit=unit))
        assert result.problem == ""
        assert result.grid.bgrx.shape == (*PANE, 4)
        assert result.grid.total == layer.units
        assert result.grid.nan_units == 0
        assert sorted(result.grid.layout.units.tolist()) == list(range(layer.units))
        assert result.unit.unit == unit
        assert np.isfinite(result.unit.value)
        assert result.unit.minimum <= result.unit.mean <= result.unit.maximum
        assert result.unit.value == pytest.approx(result.unit.maximum)
        assert result.unit.picture_rgb is not None
        assert max(result.unit.picture_rgb.shape[:2]) <= 100
        assert len(result.unit.prefix) == layer.prefix_tokens
        if layer.name == SOFTMAX:
            assert result.grid.summary.maxima.sum() == pytest.approx(1.0, abs=1e-4)
    check_predictions(watcher, start, info)
    check_boxes(watcher, start, info, picture)
    assert not [event for event in watcher.said if isinstance(event, Notice) and event.level == "error"]


def check_predictions(watcher, start: View, info) -> None:
    """The list and the softmax layer say the same."""
    result = watcher.answer(replace(start, layer=SOFTMAX, unit=0, predictions=True))
    best = result.predictions[0]
    assert best.probability == pytest.approx(result.grid.summary.maxima.max(), abs=1e-5)
    assert best.index == int(result.grid.summary.maxima.argmax())
    assert [answer.probability for answer in result.predictions] == sorted(
        (answer.probability for answer in result.predictions), reverse=True
    )


def check_boxes(watcher, start: View, info, picture) -> None:
    """Once they are known: every corner of every map sees a box at the picture, the first convolution a small one."""
    height, width = picture.shape[:2]
    sizes = []
    for layer in info.shown_layers():
        for row, column in sorted({(0, 0), (layer.height - 1, layer.width - 1)}):
            view = replace(start, layer=layer.name, unit=0, position=(row, column))
            result = known_box(watcher, view)
            box = result.unit.box
            assert box.height > 0
            assert box.width > 0
            # it may begin in the padding, but it reaches into what the network sees
            assert box.bottom > result.seen.top - 1
            assert box.top < result.seen.bottom + 1
            assert box.right > result.seen.left - 1
            assert box.left < result.seen.right + 1
            assert result.seen.top >= -1
            assert result.seen.bottom <= height + 1
            assert result.seen.right <= width + 1
            assert result.unit.field_text
        sizes.append(box.height * box.width)
    assert sizes[0] <= sizes[-1]


def known_box(watcher, view: View):
    """The answer with its receptive field, which is computed after the first pictures."""
    if view != watcher.session.view:
        watcher.session.set_view(view)

    def found(result):
        known = result is not None and result.view == view and result.unit is not None and result.unit.box is not None
        return result if known else None

    return watcher.until(found)


def test_a_change_of_family_in_the_running_session_gives_the_new_default_layer(watcher, tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    request = replace(FAMILIES["own factory"], name=f"{tmp_path}/mine.py:make")
    first = watcher.load(request)
    watcher.session.open_picture(read_image(images_dir() / "coffee.jpg"), "coffee")
    view = view_for_model(View(), first)
    assert watcher.answer(view).model == "mine:make"
    watcher.said.clear()
    second = watcher.load(FAMILIES["torchvision CNN"])
    view = view_for_model(view, second)
    result = watcher.answer(view)
    assert (result.model, result.problem) == ("resnet18", "")
    assert result.view.layer in {layer.name for layer in second.shown_layers()}


def test_a_family_goes_on_in_another_precision(watcher):
    info = watcher.load(FAMILIES["torchvision CNN"])
    watcher.session.open_picture(read_image(images_dir() / "coffee.jpg"), "coffee")
    view = view_for_model(View(), info)
    exact = watcher.answer(view)
    watcher.said.clear()
    watcher.session.place("cpu", Precision.BFLOAT16)
    ready = watcher.until(lambda _result: next((e for e in watcher.said if isinstance(e, ModelReady)), None))
    assert ready.info.precision is Precision.BFLOAT16
    coarse = watcher.answer(replace(view, unit=1))
    assert coarse.problem == ""
    assert coarse.predictions[0].probability == pytest.approx(exact.predictions[0].probability, rel=0.2)
