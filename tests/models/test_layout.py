"""How outputs are read as maps."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from deepvis.models.layout import Kind, Layout, LayoutClues, find_layout, first_tensor
from deepvis.models.loading import ModelError


def known(height=64, width=64, *, prefix=None, grids=()):
    return LayoutClues((height, width), 1, prefix, list(grids), {})


@pytest.mark.parametrize(
    ("shape", "size", "kind"),
    [
        ((1, 24, 8, 8), (64, 64), Kind.NCHW),
        ((1, 8, 8, 24), (64, 64), Kind.NHWC),
        ((1, 24, 4, 10), (64, 160), Kind.NCHW),
        ((1, 4, 10, 24), (64, 160), Kind.NHWC),
        ((1, 10, 4, 12), (160, 64), Kind.NHWC),
        ((1, 500, 1, 1), (64, 64), Kind.NCHW),
        ((1, 1, 1, 500), (64, 64), Kind.NHWC),
        ((1, 56, 56, 64), (224, 224), Kind.NHWC),
        ((1, 5, 3, 4), (65, 97), Kind.NCHW),
    ],
)
def test_the_aspect_of_the_input_tells_channels_first_from_last(shape, size, kind):
    assert find_layout(nn.GELU(), torch.zeros(shape), known(*size)) == Layout(kind)


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        (nn.Linear(8, 8), Kind.NHWC),
        (nn.LayerNorm(8), Kind.NCHW),  # 8 rows of 8 channels: the sizes tell nothing, the default stays
        (nn.Conv2d(8, 8, 1), Kind.NCHW),
        (nn.ReLU(), Kind.NCHW),
    ],
)
def test_where_the_aspect_tells_nothing_the_kind_of_module_decides(module, kind):
    assert find_layout(module, torch.zeros(1, 8, 8, 8), known()) == Layout(kind)


def test_an_activation_follows_the_layer_that_gave_the_same_shape():
    clues = known()
    assert find_layout(nn.Linear(8, 8), torch.zeros(1, 8, 8, 8), clues) == Layout(Kind.NHWC)
    assert find_layout(nn.GELU(), torch.zeros(1, 8, 8, 8), clues) == Layout(Kind.NHWC)


def test_a_channels_first_norm_that_derives_from_layer_norm_is_recognized_by_its_sizes():
    assert find_layout(nn.LayerNorm(6), torch.zeros(1, 6, 9, 3), known()) == Layout(Kind.NCHW)
    assert find_layout(nn.LayerNorm(3), torch.zeros(1, 6, 9, 3), known()) == Layout(Kind.NHWC)


@pytest.mark.parametrize(
    ("tokens", "clues", "layout"),
    [
        (64, known(), Layout(Kind.TOKENS, 0, (8, 8))),
        (65, known(), Layout(Kind.TOKENS, 1, (8, 8))),
        (69, known(prefix=5), Layout(Kind.TOKENS, 5, (8, 8))),
        (64, known(prefix=1), Layout(Kind.TOKENS, 0, (8, 8))),
        (17, known(prefix=1, grids=[(4, 4)]), Layout(Kind.TOKENS, 1, (4, 4))),
        (25, known(grids=[(4, 4)]), Layout(Kind.TOKENS, 9, (4, 4))),
        (33, known(32, 64, grids=[(4, 8)]), Layout(Kind.TOKENS, 1, (4, 8))),
        (19, known(48, 96, prefix=1), Layout(Kind.TOKENS, 1, (3, 6))),
        (24, known(), Layout(Kind.TOKENS, 8, (4, 4))),
        (2, known(), Layout(Kind.TOKENS, 0, (1, 2))),
        (3500, known(), Layout(Kind.TOKENS, 0, (1, 3500))),
    ],
)
def test_tokens_go_back_on_their_grid_and_the_rest_is_set_apart(tokens, clues, layout):
    assert find_layout(nn.GELU(), torch.zeros(1, tokens, 7), clues) == layout


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (None, "no tensor"),
        (torch.zeros(()), "0 dimensions (a single number)"),
        (torch.zeros(5), "1 dimensions"),
        (torch.zeros(1, 2, 3, 4, 5), "5 dimensions (1×2×3×4×5)"),
        (torch.zeros(9, 16, 8), "in windows or reordered"),
        (torch.zeros(1, 8, dtype=torch.int64), "int64 values"),
        (torch.zeros(1, 8, dtype=torch.complex64), "complex64 values"),
        (torch.zeros(1, 0, 4, 4), "empty"),
    ],
)
def test_what_cannot_be_shown_says_why(output, words):
    reason = find_layout(nn.GELU(), output, known())
    assert isinstance(reason, str)
    assert words in reason
    assert reason.endswith(".")


def test_the_first_tensor_is_found_in_tuples_dicts_and_dataclasses():
    @dataclass
    class Outputs:
        loss: float | None
        hidden: torch.Tensor

    tensor = torch.zeros(1)
    assert first_tensor((None, [tensor, torch.ones(1)])) is tensor
    assert first_tensor(OrderedDict(name="x", out=tensor)) is tensor
    assert first_tensor(Outputs(None, tensor)) is tensor
    assert first_tensor({"a": 1, "b": "text"}) is None
    assert first_tensor(Outputs) is None


def test_maps_are_units_first_whatever_the_order():
    values = torch.arange(2 * 3 * 4.0).view(1, 2, 3, 4)
    assert torch.equal(Layout(Kind.NCHW).maps(values)[0, 1], values[0, 1])
    assert torch.equal(Layout(Kind.NHWC).maps(values)[0, 1], values[0, :, :, 1])
    assert Layout(Kind.VECTOR).maps(torch.zeros(1, 9)).shape == (1, 9, 1, 1)


def test_tokens_are_split_into_prefix_and_grid():
    tokens = torch.arange(8.0)[None, :, None].expand(1, 8, 5)
    layout = Layout(Kind.TOKENS, 2, (2, 3))
    assert layout.maps(tokens).shape == (1, 5, 2, 3)
    assert layout.maps(tokens)[0, 4].tolist() == [[2, 3, 4], [5, 6, 7]]
    assert layout.prefix(tokens).shape == (1, 5, 2)
    assert layout.prefix(tokens)[0, 0].tolist() == [0, 1]
    assert Layout(Kind.TOKENS, 0, (2, 4)).prefix(tokens) is None


@pytest.mark.parametrize(
    ("layout", "shape"),
    [(Layout(Kind.NCHW), (1, 3, 4)), (Layout(Kind.TOKENS, 1, (2, 2)), (1, 6, 8)), (Layout(Kind.VECTOR), (1, 2, 3, 4))],
)
def test_an_output_of_another_shape_is_refused_in_a_sentence(layout, shape):
    with pytest.raises(ModelError, match="not what it gave at first"):
        layout.maps(torch.zeros(shape))
