"""`deepvis attribute` with networks of two pictures."""

from __future__ import annotations

import json
import runpy

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis.cli import main
from deepvis.imaging.attribution_views import overlaid
from deepvis.kinds import BackView, Overlay
from tests.pair_networks import pair_request

SIZE = (32, 48)


@pytest.fixture
def images(tmp_path, make_picture):
    paths = [tmp_path / f"{name}.png" for name in ("left", "right")]
    for seed, path in enumerate(paths):
        Image.fromarray(make_picture(*SIZE, seed=seed)).save(path)
    return paths


@pytest.fixture
def attribute(tmp_path, images):
    """Runs the command on a network; `second` may be left out. Also gives the person's own network."""

    def run(unit, *more, net="Siamese", second=True, channels=3):
        file = pair_request(tmp_path, net).name.rpartition(":")[0]
        torch.manual_seed(0)
        run.network = runpy.run_path(file)[net]().eval()
        weights = tmp_path / "weights.pt"
        torch.save(run.network.state_dict(), weights)
        given = ["--model", f"{file}:{net}", "--weights", str(weights), "--input-size", "32x48", "--crop-ratio", "1"]
        given += ["--mean", ",".join([".5"] * channels), "--std", ",".join([".25"] * channels)]
        given += ["--second", str(images[1])] if second else []
        return main(["attribute", unit, "--image", str(images[0]), *given, *more])

    return run


def tensors(images):
    pixels = [np.asarray(Image.open(path), dtype=np.float32) / 255 for path in images]
    return [torch.tensor((each - 0.5) / 0.25).permute(2, 0, 1)[None].requires_grad_() for each in pixels]


def test_the_second_pictures_channels_come_behind_the_firsts(attribute, images, capsys, tmp_path):
    array = tmp_path / "a.npy"
    assert attribute("join/3", "--save", str(array)) == 0
    captured = capsys.readouterr()
    assert not captured.err
    assert captured.out.startswith("pair_nets:Siamese/join/3 in left.png and right.png\n")
    network, (left, right) = attribute.network, tensors(images)
    a, b = network.act(network.branch(left)), network.act(network.branch(right))
    channel = network.join((a - b).abs())[0, 3]
    expected = torch.autograd.grad((channel * channel.detach()).sum(), [left, right])
    values = np.load(array)
    assert values.dtype == np.float32
    assert values.shape == (6, *SIZE)
    for part, gradient in zip(np.split(values, 2), expected, strict=True):
        np.testing.assert_allclose(part, gradient[0].numpy(), rtol=1e-4, atol=1e-5)


def test_a_unit_of_a_shared_layer_starts_in_the_maps_of_both(attribute, images, capsys, tmp_path):
    array = tmp_path / "a.npy"
    assert attribute("branch/2", "--position", "3", "4", "--save", str(array), "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["position"], record["second_position"]) == ([3, 4], None)
    assert (record["image"], record["second_image"]) == tuple(map(str, images))
    assert record["shape"] == [6, *SIZE]
    for part, leaf in zip(np.split(np.load(array), 2), tensors(images), strict=True):
        (expected,) = torch.autograd.grad(attribute.network.branch(leaf)[0, 2, 3, 4], leaf)
        np.testing.assert_allclose(part, expected[0].numpy(), rtol=1e-4, atol=1e-6)


def test_the_report_says_where_it_started_in_both_maps(attribute, images, capsys):
    maps = []
    assert attribute("branch/2", "--seed", "maximum", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    for leaf in tensors(images):
        channel = attribute.network.branch(leaf)[0, 2]
        maps.append(list(divmod(int(channel.argmax()), channel.shape[1])))
    assert [record["position"], record["second_position"]] == maps
    assert attribute("branch/2", "--seed", "maximum") == 0
    (row, column), (other_row, other_column) = maps
    told = f"row {row}, column {column} of the first picture's map and row {other_row}, column {other_column} of"
    assert told in capsys.readouterr().out
    assert attribute("branch/2") == 0
    assert "every position in both pictures' maps, times its activation" in capsys.readouterr().out


def test_one_picture_is_used_twice_and_that_is_said(attribute, capsys, tmp_path):
    array = tmp_path / "a.npy"
    assert attribute("branch/2", "--save", str(array), second=False) == 0
    captured = capsys.readouterr()
    assert captured.err.strip() == (
        "pair_nets:Siamese takes two pictures at once and gets the same one twice: give the other with --second FILE."
    )
    assert captured.out.startswith("pair_nets:Siamese/branch/2 in left.png\n")
    first, second = np.split(np.load(array), 2)
    np.testing.assert_array_equal(first, second)
    assert first.any()


def test_a_network_of_one_picture_leaves_the_second_out_and_that_is_said(attribute, capsys):
    assert attribute("0/2", net="single") == 0
    captured = capsys.readouterr()
    assert captured.err.strip() == "pair_nets:single takes one picture: right.png is left out."
    assert captured.out.startswith("pair_nets:single/0/2 in left.png\n")


@pytest.mark.parametrize(("net", "options", "channels"), [("stacked", (), 6), ("Any", ("--inputs", "2"), 6)])
def test_pictures_in_one_tensor_and_networks_that_are_told_to_take_two(
    attribute, capsys, tmp_path, net, options, channels
):
    array = tmp_path / "a.npy"
    unit = "0/2" if net == "stacked" else "join/2"
    assert attribute(unit, *options, "--save", str(array), net=net) == 0, capsys.readouterr().err
    values = np.load(array)
    assert values.shape == (channels, *SIZE)
    for part in np.split(values, 2):
        assert part.any()


def test_a_gray_network_has_one_channel_per_picture(attribute, tmp_path):
    array = tmp_path / "a.npy"
    assert attribute("0/2", "--save", str(array), net="stacked_gray", channels=1) == 0
    assert np.load(array).shape == (2, *SIZE)


@pytest.mark.parametrize("method", ["grad-cam", "occlusion"])
def test_maps_are_one_for_each_picture(attribute, capsys, tmp_path, method):
    array = tmp_path / "a.npy"
    assert attribute("join/2", "--method", method, "--save", str(array), "--json") == 0
    values = np.load(array)
    assert values.ndim == 3
    assert values.shape[0] == 2
    assert json.loads(capsys.readouterr().out)["shape"] == list(values.shape)


@pytest.mark.parametrize(("method", "unit"), [("gradient", "join/2"), ("occlusion", "join/2")])
def test_pictures_are_drawn_side_by_side(attribute, images, tmp_path, method, unit):
    array, drawn = tmp_path / "a.npy", tmp_path / "a.png"
    options = ("--method", method, "--view", "sum>0", "--overlay", "over-inactive")
    assert attribute(unit, *options, "--save", str(array), "--save", str(drawn)) == 0
    values = np.load(array)
    joined = np.concatenate(list(values) if method == "occlusion" else np.split(values, 2), axis=-1)
    seen = np.concatenate([np.asarray(Image.open(path)) for path in images], axis=1)
    expected = overlaid(seen, joined, BackView.SUM, "auto", Overlay.INACTIVE, 0.7, (32, 96), 2)
    np.testing.assert_array_equal(np.asarray(Image.open(drawn)), expected)


def test_neither_picture_is_replaced_and_a_second_that_is_not_there_is_a_sentence(attribute, images, capsys):
    for path in images:
        before = path.read_bytes()
        assert attribute("join/2", "--save", str(path)) == 2
        assert "would replace the picture" in capsys.readouterr().err
        assert path.read_bytes() == before
    images[1].unlink()
    assert attribute("join/2") == 2
    assert capsys.readouterr().err.strip() == f"There is no file {images[1]}."


def test_relevance_of_both_pictures_can_be_saved(attribute, tmp_path):
    pytest.importorskip("zennit")
    array = tmp_path / "a.npy"
    assert attribute("branch/2", "--method", "lrp", "--save", str(array)) == 0
    for part in np.split(np.load(array), 2):
        assert part.any()
