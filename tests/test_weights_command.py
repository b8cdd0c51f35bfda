"""`deepvis weights`: addresses, figures, files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deepvis.cli import main
from deepvis.command_settings import CommandError
from deepvis.models.engine import build_engine
from deepvis.records import ModelRequest
from deepvis.sources.decode import read_image
from deepvis.weights_command import Address, parse_address

NET = "timm:test_byobnet"


@pytest.fixture(scope="module")
def network():
    request = ModelRequest(NET, weights="random")
    return build_engine(request, progress=lambda _text, _part: None, canceled=lambda: False).loaded.network


def run(capsys, *words):
    code = main(["weights", *words, "--model", NET, "--weights", "random"])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("conv1", Address("conv1")),
        ("conv1/12", Address("conv1", 12)),
        ("resnet18/conv1", Address("conv1")),
        ("resnet18/conv1/0", Address("conv1", 0)),
        ("resnet50/conv1/0", Address("conv1", 0, "resnet50")),
        ("resnet50/conv1", Address("conv1", None, "resnet50")),
    ],
)
def test_an_address_may_leave_out_model_and_unit(text, expected):
    assert parse_address(text, "resnet18", named=False) == expected


@pytest.mark.parametrize("text", ["", "a/b/c/d", "a//1", "/1"])
def test_what_is_no_address_is_refused_with_an_example(text):
    with pytest.raises(CommandError, match="conv_stem/5"):
        parse_address(text, "resnet18", named=False)


def test_an_address_that_names_another_model_than_the_option_is_refused():
    with pytest.raises(CommandError, match="resnet50"):
        parse_address("resnet50/conv1", "resnet18", named=True)


def test_figures_of_a_unit_are_printed_as_json(capsys, network):
    code, out, _ = run(capsys, "stem.conv/3", "--json")
    told = json.loads(out)
    weight = network.stem.conv.weight.detach().numpy()
    norms = np.linalg.norm(weight.reshape(len(weight), -1), axis=1)
    assert code == 0
    assert told["norm"] == pytest.approx(norms[3], rel=1e-5)
    assert told["rank"] == 1 + int((norms > norms[3]).sum())
    assert told["bias"] is None
    assert len(told["histogram"]["counts"]) == 50
    assert sorted(entry["input"] for entry in told["inputs"]) == [0, 1, 2]


def test_figures_of_a_layer_name_every_unit(capsys, network):
    _, out, _ = run(capsys, "head.fc", "--json")
    told = json.loads(out)
    assert [entry["unit"] for entry in told["units"]] == list(range(network.head.fc.out_features))
    assert told["units"][5]["bias"] == pytest.approx(float(network.head.fc.bias[5]))
    assert sum(told["bias_histogram"]["counts"]) == network.head.fc.out_features


def test_for_people_a_line_says_whose_weights_they_are(capsys):
    _, out, _ = run(capsys, "stem.bn/3")
    assert out.splitlines()[0].split("   ")[1].startswith("weights of stem.conv, before normalization")
    _, out, _ = run(capsys, "stem.conv")
    assert "biases     none" in out


def test_the_weights_themselves_are_saved_as_an_array(capsys, network, tmp_path):
    whole, one = tmp_path / "layer.npy", tmp_path / "unit.npy"
    assert run(capsys, "stem.conv", "--save", str(whole))[0] == 0
    assert run(capsys, "stem.conv/4", "--save", str(one))[0] == 0
    weight = network.stem.conv.weight.detach().numpy()
    np.testing.assert_array_equal(np.load(whole), weight)
    np.testing.assert_array_equal(np.load(one), weight[4])
    assert np.load(one).dtype == np.float32


def test_every_file_that_is_asked_for_is_written(capsys, tmp_path):
    array, drawn = tmp_path / "weights.npy", tmp_path / "weights.png"
    code, out, _ = run(capsys, "stem.conv/4", "--save", str(array), "--save", str(drawn))
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["Wrote", "Wrote"]
    assert np.load(array).any()
    assert read_image(drawn).any()


@pytest.mark.parametrize("address", ["stem.conv", "stem.conv/2", "head.fc", "head.fc/1"])
def test_a_picture_is_saved_for_every_kind_of_layer(capsys, tmp_path, address):
    path = tmp_path / "weights.png"
    assert run(capsys, address, "--save", str(path))[0] == 0
    rgb = read_image(path)
    assert min(rgb.shape[:2]) >= 24
    assert rgb.min() < rgb.max()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("head.global_pool", "No weights make the units"),
        ("nowhere", "no layer 'nowhere'"),
        ("stem.conv/999", "no 999"),
    ],
)
def test_what_cannot_be_had_is_a_sentence(capsys, address, said):
    code, out, err = run(capsys, address)
    assert (code, out) == (2, "")
    assert said in err


def test_only_arrays_and_pictures_are_written(capsys, tmp_path):
    code, _, err = run(capsys, "stem.conv", "--save", str(tmp_path / "weights.txt"))
    assert code == 2
    assert ".npy or .png" in err
