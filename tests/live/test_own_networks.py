"""A person's own network, of which nothing is known but a factory."""

from __future__ import annotations

import pytest

from deepvis.live.events import Notice
from deepvis.models.engine import build_engine
from deepvis.models.errors import ModelError
from deepvis.records import ModelRequest

DIGITS = """
from torch import nn

def digits():
    body = nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(4)
    return nn.Sequential(*body, nn.Flatten(), nn.Linear(4 * 7 * 7, 10))

class Three(nn.Module):
    def forward(self, left, middle, right):
        return left + middle + right
"""


@pytest.fixture
def mine(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(DIGITS)
    return file


def build(request: ModelRequest):
    return build_engine(request, progress=lambda _text, _fraction: None, canceled=lambda: False)


def test_an_own_network_gets_an_input_size_that_it_runs_on(mine):
    engine = build(ModelRequest(f"{mine}:digits"))
    assert engine.info().input_size == (1, 28, 28)


def test_an_input_size_that_was_given_is_not_replaced(mine):
    with pytest.raises(ModelError, match=r"does not run on a 32×32 input: .* Is the input size right\?"):
        build(ModelRequest(f"{mine}:digits", input_size=(32, 32)))


def test_a_network_that_runs_on_no_size_is_refused_with_its_own_words(mine):
    with pytest.raises(ModelError, match="missing 2 required positional arguments: 'middle' and 'right'"):
        build(ModelRequest(f"{mine}:Three"))


def test_labels_that_do_not_fit_the_classes_are_told(session, mine, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("\n".join(f"digit {number}" for number in range(9)))
    session.load(ModelRequest(f"{mine}:digits", labels=names))
    notice = session.wait_event(Notice, lambda event: "labels" in event.text)
    assert notice.text == "There are 9 labels for the 10 classes of mine:digits: the classes are numbered instead."
    assert notice.level == "warning"
