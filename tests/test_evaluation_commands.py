from __future__ import annotations

import json

import pytest
from PIL import Image

from deepvis.cli import main


@pytest.fixture
def images(tmp_path, make_picture):
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(4):
        Image.fromarray(make_picture(60, 60, seed=number)).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "quick.json"
    path.write_text(json.dumps({"name": "quick", "steps": 3, "size": 32}))
    return path


@pytest.fixture
def words(networks, images, recipe):
    model = ["--model", networks.request("chain").name, "--input-size", "32x32", "--threads", "1"]
    return ["evaluate", *model, "--images", str(images), "--recipes", str(recipe), "--progress", "none"]


def test_an_own_network_is_evaluated_and_told_as_json(words, capsys):
    assert main([*words, "--classes", "2", "--layers", "stem", "body", "--units-per-layer", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["recipe"] for row in told["rows"]} == {"quick", "random noise", "another unit's picture (quick)"}
    assert {picture["layer"] for picture in told["pictures"]} == {"head", "stem", "body"}
    assert told["setting"]["maxima"]["body"].startswith("4 images of ")
    assert told["setting"]["judges"] == []
    assert any("has no class names" in note for note in told["notes"])


def test_pictures_saved_are_used_again(words, tmp_path, capsys):
    folder = tmp_path / "saved"
    more = ["--classes", "2", "--units-per-layer", "0", "--save", str(folder)]
    assert main([*words, *more]) == 0
    assert f"into {folder}" in capsys.readouterr().err
    pictures = sorted((folder / "pictures").rglob("*.png"))
    assert len(pictures) == 2
    stamps = [path.stat().st_mtime_ns for path in pictures]
    first = json.loads((folder / "figures.json").read_text())
    assert main([*words, *more]) == 0
    assert [path.stat().st_mtime_ns for path in pictures] == stamps
    assert json.loads((folder / "figures.json").read_text()) == first


def test_markdown_and_tables_name_the_recipe(words, capsys):
    for form in (["--markdown"], []):
        assert main([*words, "--classes", "2", "--units-per-layer", "0", *form]) == 0
        printed = capsys.readouterr().out
        assert "quick" in printed
        assert "Class pictures" in printed
        assert ("|---|" in printed) == bool(form)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--classes", "-1"], "--classes must be at least 0"),
        (["--units-per-layer", "-2"], "--units-per-layer must be at least 0"),
        (["--recipes", "nothing"], "No recipe is called 'nothing'"),
        (["--judge", "efficientnet_lite1"], "has no class names"),
        (["--classes", "0", "--units-per-layer", "0"], "--units-per-layer and --classes are both 0, so there is"),
        (["--judge", "nobody"], "No network is called 'nobody'"),
        (["--layers", "nowhere"], "has no layer 'nowhere'"),
        (["--images", "nowhere"], "There is no image in nowhere"),
        (["--gallery", "nowhere.sqlite"], "nowhere.sqlite"),
        (["--progress", "json"], "--progress must be one of auto, bar, lines, none"),
        (["--json", "--markdown"], "not both"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(words, more, said, capsys):
    assert main([*words, *more]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--recipes", "nothing"], "No recipe is called 'nothing'"),
        (["--recipes", "clear,clear.json"], "clear.json cannot be read"),
        (["--judge", "nobody"], "No network is called 'nobody'"),
        (["--images", "nowhere"], "There is no image in nowhere"),
        (["--gallery", "nowhere.sqlite"], "nowhere.sqlite"),
        (["--model", "nobody"], "No network is called 'nobody'"),
    ],
)
def test_what_needs_no_network_to_be_seen_is_said_before_one_is_built(words, more, said, capsys):
    assert main([*words, "--progress", "lines", *more]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]


@pytest.mark.parametrize("name", ["nobody", "no_such_module:factory"])
def test_a_judge_that_does_not_exist_is_told_with_its_own_option(words, name, tmp_path, capsys):
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(f"class {number}" for number in range(3)))
    assert main([*words, "--judge", name, "--labels", str(labels)]) == 2
    said = capsys.readouterr().err
    assert "give --judge package.module:function" in said
    assert "--model" not in said


def test_the_default_network_does_not_judge_itself(images, recipe, capsys):
    words = ["evaluate", "--images", str(images), "--recipes", str(recipe), "--progress", "none", "--threads", "1"]
    assert main([*words, "--judge", "efficientnet_lite0"]) == 2
    assert "cannot judge pictures of efficientnet_lite0: it has the same weights" in capsys.readouterr().err


def test_class_pictures_of_the_default_network_are_judged_by_two_others(images, recipe, capsys):
    words = ["evaluate", "--images", str(images), "--recipes", str(recipe), "--progress", "none", "--threads", "1"]
    assert main([*words, "--classes", "2", "--units-per-layer", "0", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["setting"]["judges"] == ["efficientnet_lite1", "efficientnet_lite2"]
    assert told["setting"]["chance"] == pytest.approx(0.001)
    quick = next(row for row in told["rows"] if row["recipe"] == "quick")
    assert quick["transfer"]["efficientnet_lite2"]["top1"]["count"] == 2
    assert told["setting"]["maxima"]["classifier"].startswith("280 samples of ")
