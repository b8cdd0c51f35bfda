from __future__ import annotations

import pytest

from deepvis.cli import main
from deepvis.layer_listing import list_layers
from deepvis.records import SOFTMAX, ModelRequest

ALEXNET = ModelRequest("torchvision:alexnet", weights="random")


def listed(request, **changes):
    return {info.name: (info, sees) for info, sees in list_layers(request, **{"everything": True, **changes})}


def test_every_module_is_listed_with_what_one_position_sees():
    rows = listed(ALEXNET)
    assert rows["features.11"][1] == "163×163"
    assert rows["features.11"][0].shape_text == "256×13×13"
    assert list(rows)[-1] == SOFTMAX


def test_the_short_list_is_a_part_of_the_long_one():
    long, short = listed(ALEXNET), listed(ALEXNET, everything=False)
    assert set(short) < set(long)
    assert all(info.worth_showing for info, _ in short.values())


def test_a_layer_with_attention_sees_the_whole_image():
    rows = listed(ModelRequest("timm:vit_tiny_patch16_224", weights="random"), everything=False)
    assert rows["blocks.3"][1] == "whole image"


def test_layers_prints_one_line_per_layer(capsys):
    assert main(["layers", "--model", "torchvision:alexnet", "--weights", "random"]) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["LAYER", "TYPE", "SHAPE", "SEES"]
    assert ["features.1", "ReLU", "64×55×55", "11×11"] in [line.split() for line in lines]


def test_a_model_that_nobody_knows_ends_in_a_sentence(capsys):
    assert main(["layers", "--model", "no_such_network"]) == 2
    assert "no_such_network" in capsys.readouterr().err


@pytest.mark.parametrize("part", ["resnet18", "RESNET18"])
def test_models_lists_names_that_hold_a_text(capsys, part):
    assert main(["models", part]) == 0
    names = capsys.readouterr().out.split()
    assert "resnet18" in names
    assert all("resnet18" in name for name in names)


def test_a_filter_that_nothing_passes_is_told(capsys):
    assert main(["models", "qqqq"]) == 2
    assert "qqqq" in capsys.readouterr().err


def test_sources_lists_cameras_and_the_other_kinds(capsys, monkeypatch):
    monkeypatch.setattr("deepvis.sources.camera.list_cameras", list)
    assert main(["sources"]) == 0
    shown = capsys.readouterr().out
    assert "none found" in shown
    assert "demo" in shown


OWN = """
from torch import nn

def digits():
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 28 * 28, 10))
"""


def test_an_own_network_is_listed_as_the_how_to_says(tmp_path, capsys):
    (tmp_path / "my_networks.py").write_text(OWN)
    model = f"{tmp_path / 'my_networks.py'}:digits"
    assert main(["layers", "--model", model, "--input-size", "28x28", "--all"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["0", "Conv2d", "4×28×28", "3×3"] in lines
    assert ["3", "Linear", "10", "whole", "image"] in lines


def test_an_own_network_with_the_wrong_input_size_is_asked_whether_it_is_right(tmp_path, capsys):
    (tmp_path / "my_networks.py").write_text(OWN)
    assert main(["layers", "--model", f"{tmp_path / 'my_networks.py'}:digits", "--input-size", "64x64"]) == 2
    said = capsys.readouterr().err
    assert "does not run on a 64×64 input" in said
    assert "Is the input size right?" in said
