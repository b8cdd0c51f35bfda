from __future__ import annotations

import inspect
import json
import os
import signal
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from deepvis import synthesis_commands
from deepvis.cli import main
from deepvis.gallery import files
from deepvis.gallery.files import gallery_file
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.writer import GalleryWriter
from deepvis.models.zoo import model_key
from deepvis.sources.decode import decode_image
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.recipes import DEFAULT_RECIPE, RECIPES
from deepvis.synthesis.registry import piece


@pytest.fixture
def net(networks):
    """What chooses a tiny network on the command line."""
    return ["--model", networks.request("chain").name, "--input-size", "32x48"]


@pytest.fixture
def recipe(tmp_path):
    """A file with a recipe of a few steps."""
    path = tmp_path / "quick.json"
    path.write_text(Recipe("quick", transforms=(piece("jitter", pixels=2),), steps=4, size=16).to_json())
    return path


@pytest.fixture
def synthesize(net, recipe):
    def run(gallery, *more):
        return main(["synthesize", *net, "--recipe", str(recipe), "--gallery", str(gallery), *more])

    return run


@pytest.fixture
def scan(net, tmp_path, make_picture):
    def run(gallery, *more):
        folder = tmp_path / "images"
        for number in range(4):
            folder.mkdir(exist_ok=True)
            Image.fromarray(make_picture(40, 60, seed=number)).save(folder / f"{number}.png")
        return main(["scan", "--images", str(folder), *net, "--gallery", str(gallery), "--workers", "0", *more])

    return run


def shown(capsys, net, rest, *more):
    capsys.readouterr()
    assert main(["show", f"{model_key(net[1])}/{rest}", "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def pictures(path):
    with closing(sqlite3.connect(path)) as gallery:
        return gallery.execute(
            "SELECT name, unit, recipe, seed, value, data FROM images JOIN layers ON layers.id = layer_id"
            " ORDER BY name, unit, recipe, seed"
        ).fetchall()


def test_pictures_are_made_and_shown_with_everything_that_is_known_of_them(synthesize, scan, net, tmp_path, capsys):
    gallery = tmp_path / "g.sqlite"
    assert scan(gallery, "--layers", "body", "head") == 0
    capsys.readouterr()
    assert synthesize(gallery, "--layers", "body", "head", "--units", "0-1,4", "--per-unit", "2") == 0
    captured = capsys.readouterr()
    assert "Made 12 pictures in " in captured.out
    assert "Averages over natural pictures: built in." in captured.out
    assert f"See a unit: deepvis show {model_key(net[1])}/body/0 --gallery {gallery}" in captured.out
    assert "synthesizing head: 12 of 12" in captured.err
    first, second = shown(capsys, net, "body/4", "--gallery", str(gallery))["syntheses"]
    assert (first["recipe"], first["seed"], second["seed"]) == ("quick", 0, 1)
    assert first["size"] == [16, 16]
    assert isinstance(first["natural_ratio"], float) or first["value"] <= 0
    assert 0 <= first["layer_rank"] < 6
    assert first["seconds"] >= 0
    assert first["job"]["precision"] == "float32"
    assert Recipe.from_json(json.dumps(first["job"]["recipe"])).name == "quick"
    assert main(["show", f"{model_key(net[1])}/body/4", "--gallery", str(gallery)]) == 0
    said = capsys.readouterr().out
    assert "quick, seed 1" in said
    assert f"rank {first['layer_rank'] + 1} in its layer" in said
    assert "EXEMPLARS" in said


def test_the_same_command_makes_nothing_again(synthesize, tmp_path, capsys):
    gallery = tmp_path / "g.sqlite"
    synthesize(gallery, "--layers", "body")
    capsys.readouterr()
    assert synthesize(gallery, "--layers", "body") == 0
    assert f"Nothing to make; 6 pictures there already: {gallery}." in capsys.readouterr().out
    assert synthesize(gallery, "--layers", "body", "--redo") == 0
    assert "Made 6 pictures" in capsys.readouterr().out


def test_pictures_of_all_galleries_that_know_a_unit_are_joined(synthesize, scan, net, tmp_path, capsys, monkeypatch):
    packaged, own = tmp_path / "packaged.sqlite", gallery_file(model_key(net[1]))
    monkeypatch.setattr(files, "packaged_gallery", lambda _model: packaged)
    scan(packaged, "--layers", "body")
    synthesize(packaged, "--layers", "body", "--per-unit", "2")
    synthesize(own, "--layers", "body", "--size", "24")
    synthesize(own, "--layers", "body")
    record = shown(capsys, net, "body/1")
    assert record["statistics"]["count"] == 4
    made = [(one["recipe"], one["seed"], one["gallery"]) for one in record["syntheses"]]
    assert made == [("quick", 0, str(own)), ("quick, changed", 0, str(own)), ("quick", 1, str(packaged))]
    folder = tmp_path / "out"
    assert main(["show", f"{model_key(net[1])}/body/1", "--save", str(folder)]) == 0
    names = {path.name for path in folder.glob("synthesis*")}
    assert names == {"synthesis_quick_0.png", "synthesis_quick_1.png", "synthesis_quick_changed_0.png"}
    assert np.asarray(Image.open(folder / "synthesis_quick_changed_0.png")).shape == (24, 24, 3)
    own.unlink()


def test_pictures_of_one_name_are_all_written(synthesize, net, tmp_path):
    gallery, folder = tmp_path / "g.sqlite", tmp_path / "out"
    for size in ("24", "32"):
        synthesize(gallery, "--layers", "body", "--units", "0", "--size", size)
    assert main(["show", f"{model_key(net[1])}/body/0", "--gallery", str(gallery), "--save", str(folder)]) == 0
    sides = {decode_image(path.read_bytes(), path.name).shape for path in folder.iterdir()}
    assert sides == {(24, 24, 3), (32, 32, 3)}


def test_negative_pictures_say_so(synthesize, net, tmp_path, capsys):
    gallery = tmp_path / "g.sqlite"
    assert synthesize(gallery, "--layers", "body", "--units", "0", "--negative", "--seed", "3") == 0
    (one,) = shown(capsys, net, "body/0", "--gallery", str(gallery))["syntheses"]
    assert (one["recipe"], one["seed"], one["negative"]) == ("quick, negative", 3, True)


def test_shards_of_pictures_and_of_a_scan_lie_beside_one_gallery_and_merge(synthesize, scan, net, tmp_path, capsys):
    single, gallery = tmp_path / "single.sqlite", tmp_path / "g.sqlite"
    scan(single, "--layers", "body")
    synthesize(single, "--layers", "body", "--batch-size", "2")
    assert synthesize(gallery, "--layers", "body", "--batch-size", "2", "--shard", "1/2") == 0
    assert f"When all 2 shards are there: deepvis merge --gallery {gallery}" in capsys.readouterr().out
    assert scan(gallery, "--layers", "body", "--shard", "0/2") == 0
    assert scan(gallery, "--layers", "body", "--shard", "1/2") == 0
    assert "Merged 2 of 2 shards" in capsys.readouterr().out
    assert synthesize(gallery, "--layers", "body", "--batch-size", "2", "--shard", "0/2") == 0
    assert "Merged 6 pictures of 2 of 2 shards" in capsys.readouterr().out
    assert pictures(gallery) == pictures(single)
    gallery.unlink()
    assert main(["merge", *net, "--gallery", str(gallery)]) == 0
    said = capsys.readouterr().out
    assert "Merged 6 pictures of 2 of 2 shards" in said
    assert "Merged 2 of 2 shards into" in said
    assert pictures(gallery) == pictures(single)
    with GalleryReader(gallery) as reader:
        assert reader.layer("body").count == 4


def test_a_merge_names_the_shard_that_is_missing(synthesize, net, tmp_path, capsys):
    gallery = tmp_path / "g.sqlite"
    assert synthesize(gallery, "--layers", "body", "--batch-size", "2", "--shard", "0/3") == 0
    assert not gallery.exists()
    assert main(["merge", *net, "--gallery", str(gallery)]) == 0
    said = capsys.readouterr().out
    assert "Merged 2 pictures of 1 of 3 shards" in said
    assert "Missing: 1/3, 2/3. Run the same command with --shard 1/3" in said


def test_a_shard_of_other_work_is_not_taken_for_one_of_this(synthesize, tmp_path, capsys):
    gallery = tmp_path / "g.sqlite"
    for shard in ("0/2", "1/2"):
        synthesize(gallery, "--layers", "act", "--shard", shard)
    capsys.readouterr()
    assert synthesize(gallery, "--layers", "body", "--shard", "0/2") == 0
    assert "When all 2 shards are there" in capsys.readouterr().out


def test_shards_launched_on_this_machine_end_in_one_gallery(synthesize, tmp_path, capsys):
    pytest.importorskip("submitit")
    single, launched = tmp_path / "single.sqlite", tmp_path / "launched.sqlite"
    options = ("--layers", "body", "--batch-size", "2", "--spread", "4", "--negative")
    synthesize(single, *options, "--threads", "1")
    assert synthesize(launched, *options, "--threads", "1", "--launch", "local", "--jobs", "2") == 0
    assert "Merged 4 pictures of 2 of 2 shards" in capsys.readouterr().out
    assert pictures(launched) == pictures(single)


def test_ctrl_c_ends_the_batch_and_the_exit_code_says_that_it_is_not_all(synthesize, tmp_path, capsys, monkeypatch):
    from deepvis import synthesis_command

    gallery = tmp_path / "g.sqlite"
    run = synthesis_command.run_synthesis

    def interrupted(request, *, report, control):
        def reporting(progress):
            report(progress)
            if progress.done == 2 and not control.stopped:
                os.kill(os.getpid(), signal.SIGTERM)

        return run(request, report=reporting, control=control)

    monkeypatch.setattr(synthesis_command, "run_synthesis", interrupted)
    assert synthesize(gallery, "--layers", "body", "--batch-size", "2", "--threads", "1") == 128 + signal.SIGTERM
    said = capsys.readouterr().err
    assert "Stopped after 2 of 6 pictures. The same command goes on from there." in said
    monkeypatch.setattr(synthesis_command, "run_synthesis", run)
    assert synthesize(gallery, "--layers", "body", "--batch-size", "2") == 0
    assert "Made 4 pictures" in capsys.readouterr().out


def test_programs_are_told_in_json(synthesize, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("deepvis.scan_progress._listen", lambda _control: None)
    assert synthesize(tmp_path / "g.sqlite", "--layers", "body", "--progress", "json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1].startswith("Made 6 pictures")
    assert lines[-2]["phase"] == "synthesizing body"
    assert (lines[-2]["done"], lines[-2]["total"]) == (6, 6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layers", "nowhere"], "deepvis layers --model"),
        (["--layers", "body", "--units", "0-99"], "there is no unit 99"),
        (["--units", "all"], "--units must look like 0-99,151"),
        (["--size", "0"], "--size must be 16 to 4096, not 0"),
        (["--per-unit", "0"], "--per-unit must be"),
        (["--quality", "0"], "--quality must be 1 to 100"),
        (["--recipe", "clar"], "No recipe is called 'clar'. Did you mean clear"),
        (
            ["--recipe", "missing.json"],
            "missing.json cannot be read: No such file or directory. 'deepvis recipes clear'",
        ),
        (["--gallery", "/proc/nowhere/g.sqlite"], "cannot be made"),
        (["--natural", "missing.sqlite"], "There is no gallery missing.sqlite"),
        (["--shard", "3"], "--shard must look like"),
        (["--progress", "dots"], "--progress must be one of"),
        (["--launch", "local", "--cluster", "gpu"], "NAME=VALUE"),
        (["--launch", "local", "--jobs", "0"], "--jobs must be at least 1"),
        (["--patches", "folder"], "has no use for --patches"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(synthesize, tmp_path, capsys, words, said):
    gallery = tmp_path / "g.sqlite"
    assert synthesize(gallery, *words) == 2
    complaint = capsys.readouterr().err.splitlines()[-1]
    assert said in complaint
    assert "Error:" not in complaint
    assert not gallery.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gallery", "damaged.sqlite"], "damaged.sqlite is damaged"),
        (["--gallery", "other.sqlite"], "belongs to the model another"),
        (["--natural", "damaged.sqlite"], "damaged.sqlite is damaged"),
        (["--natural", "missing.sqlite"], "There is no gallery missing.sqlite"),
        (["--recipe", "clar"], "No recipe is called 'clar'"),
        (["--patches", "folder"], "has no use for --patches"),
        (["--generator", "nets:made"], "has no use for --generator"),
        (["--model", "nobody"], "No network is called 'nobody'"),
    ],
)
def test_what_needs_no_network_to_be_seen_is_told_before_one_is_read(
    synthesize, tmp_path, capsys, monkeypatch, words, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "damaged.sqlite").write_bytes(b"")
    GalleryWriter(tmp_path / "other.sqlite", "another").close()
    for more in ([], ["--launch", "local"]):
        assert synthesize(tmp_path / "g.sqlite", *words, *more) == 2
        captured = capsys.readouterr()
        assert said in captured.err
        assert len(captured.err.splitlines()) == 1


def test_a_folder_that_is_made_for_the_gallery_is_named(synthesize, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert synthesize("new/deep/g.sqlite", "--layers", "body", "--units", "0") == 0
    assert f"Its folder was not there and was made: {tmp_path / 'new' / 'deep'}." in capsys.readouterr().out
    assert synthesize("new/deep/g.sqlite", "--layers", "body", "--units", "1") == 0
    assert "folder" not in capsys.readouterr().out


def picture_lines(capsys, net, rest, *more):
    capsys.readouterr()
    assert main(["show", f"{model_key(net[1])}/{rest}", *more]) == 0
    lines = capsys.readouterr().out.splitlines()
    return lines[next(number for number, line in enumerate(lines) if line.startswith("PICTURES")) :]


def test_the_pictures_of_a_unit_are_numbered(synthesize, net, tmp_path, capsys):
    gallery = tmp_path / "g.sqlite"
    synthesize(gallery, "--layers", "body", "--units", "0", "--per-unit", "3")
    heading, *lines = picture_lines(capsys, net, "body/0", "--gallery", str(gallery))
    assert heading == "PICTURES"
    assert [line.split()[:2] for line in lines] == [["synthesis", str(number)] for number in (1, 2, 3)]


def test_the_gallery_that_holds_a_picture_is_named_where_it_is_another(
    synthesize, scan, net, tmp_path, capsys, monkeypatch
):
    packaged, own = tmp_path / "packaged.sqlite", gallery_file(model_key(net[1]))
    monkeypatch.setattr(files, "packaged_gallery", lambda _model: packaged)
    scan(packaged, "--layers", "body", "--attribution", "none")
    synthesize(own, "--layers", "body")
    heading, first = picture_lines(capsys, net, "body/1")
    assert heading == f"PICTURES   ({own})"
    assert "quick, seed 0" in first
    synthesize(packaged, "--layers", "body", "--seed", "1")
    lines = picture_lines(capsys, net, "body/1")
    own.unlink()
    assert lines[0] == f"PICTURES   ({own})"
    assert lines[3] == f"PICTURES   ({packaged})"
    assert [line.split()[1] for line in (lines[1], lines[4])] == ["1", "2"]


def test_units_that_cannot_be_excited_are_listed_and_the_exit_code_is_0(networks, recipe, tmp_path, capsys):
    file = networks.folder / "nets.py"
    file.write_text(
        file.read_text()
        + "\ndef dead():\n    network = chain()\n    with torch.no_grad():\n"
        + "        network.body.inner.weight[1:] = 0\n        network.body.inner.bias[1:] = 0\n    return network\n"
    )
    words = ["synthesize", "--model", f"{file}:dead", "--input-size", "32x48", "--recipe", str(recipe)]
    assert main([*words, "--layers", "body", "--gallery", str(tmp_path / "g.sqlite")]) == 0
    said = capsys.readouterr().out
    assert "5 pictures could not excite the unit" in said
    assert "Unit 1 of body gives 0 for every picture: all weights that lead to it are 0." in said
    assert said.count("all weights that lead to it") == 3
    assert main(["show", "nets:dead/body/2", "--gallery", str(tmp_path / "g.sqlite")]) == 0
    said = capsys.readouterr().out
    assert "all weights that lead to it are 0" in said
    assert "in its layer" not in said


def test_without_a_recipe_the_default_one_is_taken():
    default = inspect.signature(synthesis_commands.synthesize).parameters["recipe"].default
    assert default == DEFAULT_RECIPE


def test_recipes_are_listed_with_their_sources(capsys):
    assert main(["recipes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [one.name for one in RECIPES]
    assert all(one.source in line for one, line in zip(RECIPES, lines, strict=True))


@pytest.mark.parametrize("one", RECIPES, ids=lambda one: one.name)
def test_a_printed_recipe_is_the_recipe(one, capsys):
    assert main(["recipes", one.name]) == 0
    printed = capsys.readouterr().out
    assert Recipe.from_json(printed) == one
    assert printed.count("\n") > 10


def test_a_recipe_that_does_not_exist_is_told(capsys):
    assert main(["recipes", "distil"]) == 2
    assert "Did you mean distill" in capsys.readouterr().err
