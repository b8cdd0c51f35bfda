"""The command line of a scan that is asked for in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer.main

from deepvis import cli
from deepvis.live.running_model import RunningModel
from deepvis.live.scan_wish import ScanWish, python_command, scan_arguments
from deepvis.records import ModelInfo, ModelRequest

OWN = ModelRequest(
    "my nets.py:make",
    weights="w.safetensors",
    labels=Path("names.txt"),
    mean=(0.5, 0.25, 0.1),
    std=(1.0, 2.0, 3.0),
    input_size=(32, 48),
    interpolation="bicubic",
    crop_ratio=0.9,
)
WISH = ScanWish(OWN, Path("/photos"), ("conv1", "layer1.0"), 5, 2, 100, "none", "cpu", 8, 1)


@pytest.fixture
def parsed():
    """What `deepvis scan` makes of arguments, without running it."""

    def parse(arguments):
        assert arguments[0] == "scan"
        command = typer.main.get_command(cli.app).commands["scan"]
        return command.make_context("scan", list(arguments[1:])).params

    return parse


def test_the_scan_command_understands_everything_that_was_wished(parsed):
    given = parsed(scan_arguments(WISH, Path("/galleries/a.sqlite")))
    expected = {
        "images": Path("/photos"),
        "layers": ["conv1,layer1.0"],
        "top": 5,
        "crops": 2,
        "limit": 100,
        "classes": "none",
        "batch_size": 8,
        "workers": 1,
        "gallery": Path("/galleries/a.sqlite"),
        "model": "my nets.py:make",
        "weights": "w.safetensors",
        "labels": "names.txt",
        "mean": "0.5,0.25,0.1",
        "std": "1.0,2.0,3.0",
        "input_size": "32x48",
        "interpolation": "bicubic",
        "crop_ratio": "0.9",
        "device": "cpu",
        "progress": "json",
        "shard": "0/1",
    }
    assert {name: given[name] for name in expected} == expected


def test_what_is_left_to_the_scan_is_not_said_and_a_settings_file_changes_nothing(parsed):
    given = parsed(scan_arguments(ScanWish(ModelRequest("resnet18"), Path("/photos")), None))
    assert given["gallery"] is given["limit"] is given["workers"] is None
    assert not given["layers"]
    assert given["batch_size"] == 16
    assert given["weights"] == given["labels"] == given["mean"] == ""  # back to the default
    assert given["fit"] == "crop"
    assert given["precision"] == "float32"


def test_the_command_that_a_page_shows_can_be_copied():
    info = ModelInfo("my_nets.make", (), (), (3, 32, 48), "", 0)
    command = RunningModel(info, ModelRequest("my nets.py:make", mean=(0.5,))).scan_command("conv1")
    assert command == "deepvis scan --images FOLDER --model 'my nets.py:make' --mean 0.5 --layers conv1"
    assert RunningModel(info).scan_command() == "deepvis scan --images FOLDER --model my_nets.make"


def test_the_program_starts_itself():
    assert python_command()[1:] == ("-m", "deepvis")
