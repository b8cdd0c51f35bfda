from __future__ import annotations

import json
import sqlite3

import numpy as np
import pytest
from PIL import Image

from deepvis.cli import main
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind
from deepvis.sources.decode import decode_image, read_image
from deepvis.synthesis.recipe import Recipe


@pytest.fixture
def net(networks):
    """What chooses a tiny network on the command line."""
    return ["--model", networks.request("chain").name, "--input-size", "32x48"]


@pytest.fixture
def gallery(net, tmp_path, make_picture):
    """Exemplars of the layer body, pictures of both."""
    path, images, recipe = tmp_path / "g.sqlite", tmp_path / "images", tmp_path / "quick.json"
    images.mkdir()
    for number in range(3):
        Image.fromarray(make_picture(40, 60, seed=number)).save(images / f"{number}.png")
    recipe.write_text(Recipe("quick", steps=2, size=16).to_json())
    words = [*net, "--gallery", str(path)]
    assert main(["scan", "--images", str(images), "--layers", "body", "--workers", "0", "--top", "2", *words]) == 0
    assert main(["synthesize", "--layers", "body", "head", "--units", "0-2", "--recipe", str(recipe), *words]) == 0
    return path


def export(net, gallery, folder, *more):
    return main(["export", *net, "--gallery", str(gallery), "--to", str(folder), *more])


def test_every_unit_has_a_folder_with_its_pictures_and_what_is_known(net, gallery, tmp_path, capsys):
    folder = tmp_path / "out"
    assert export(net, gallery, folder) == 0
    assert f"of 9 units into {folder}." in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == ["body", "head"]
    assert sorted(path.name for path in (folder / "body").iterdir()) == [f"unit_000{unit}" for unit in range(6)]
    unit = folder / "body" / "unit_0001"
    told = json.loads((unit / "unit.json").read_text())
    assert sorted(told["files"]) == sorted(path.name for path in unit.glob("*.png"))
    assert {"exemplar_01.png", "minimum_01.png", "synthesis_quick_0.png"} <= set(told["files"])
    assert told["statistics"]["count"] == 3
    assert told["syntheses"][0]["job"]["recipe"]["name"] == "quick"
    with GalleryReader(gallery) as reader:
        (image,) = (one for one in reader.unit("body", 1).images if one.kind is ImageKind.SYNTHESIS)
        data = reader.image(image.id)
    assert np.array_equal(read_image(unit / "synthesis_quick_0.png"), decode_image(data, "it"))


def test_layers_units_and_kinds_can_be_chosen(net, gallery, tmp_path):
    folder = tmp_path / "out"
    assert export(net, gallery, folder, "--layers", "body", "head", "--units", "1-4", "--kind", "synthesis") == 0
    written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.png"))
    assert written == [f"{layer}/unit_000{unit}/synthesis_quick_0.png" for layer in ("body", "head") for unit in (1, 2)]
    assert export(net, gallery, tmp_path / "other", "--kind", "exemplars") == 0
    assert not list((tmp_path / "other").rglob("synthesis*"))
    assert not (tmp_path / "other" / "head").exists()


def test_attributions_lie_beside_their_exemplars_with_method_view_and_value(net, gallery, tmp_path):
    folder = tmp_path / "out"
    assert export(net, gallery, folder, "--kind", "exemplars") == 0
    names = {str(path.relative_to(folder)) for path in folder.rglob("deconv*.png")}
    with GalleryReader(gallery) as reader:
        units = [reader.unit("body", unit) for unit in range(6)]
    wanted = {(one.unit.unit, each.rank) for one in units for each in one.exemplars if each.value > 0}
    assert names == {f"body/unit_000{unit}/deconv_0{rank + 1}.png" for unit, rank in wanted}
    assert wanted
    for unit, rank in wanted:
        told = json.loads((folder / "body" / f"unit_000{unit}" / "unit.json").read_text())
        (image,) = (one for one in told["images"] if one["rank"] == rank + 1)
        assert (image["kind"], image["method"], image["view"]) == ("deconv", "deconvnet", "raw")
        assert image["value"] == told["exemplars"][rank]["value"]


def test_attributions_of_exemplars_that_another_scan_replaced_are_not_exported(net, gallery, tmp_path):
    with GalleryReader(gallery) as reader:
        scan = reader.layers()["body"]
    with sqlite3.connect(gallery) as connection:
        connection.execute("UPDATE jobs SET hash = 'another' WHERE id = ?", (scan.id,))
    connection.close()
    assert export(net, gallery, tmp_path / "out", "--kind", "exemplars") == 0
    assert list(tmp_path.rglob("exemplar_01.png"))
    assert not list(tmp_path.rglob("deconv*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layers", "nowhere"], "know no layer nowhere. They know: body, head."),
        (["--units", "99"], "There is nothing to export"),
        (["--units", "x"], "--units must look like"),
        (["--kind", "jpeg"], "--kind must be one of all, synthesis, exemplars"),
        (["--model", "resnet18"], "is the gallery of nets:chain, not of resnet18"),
    ],
)
def test_what_cannot_be_exported_is_told(net, gallery, tmp_path, capsys, words, said):
    assert export(net, gallery, tmp_path / "out", *words) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_to_is_told(net, gallery, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert export(net, gallery, tmp_path / "file") == 2
    assert "cannot be written to" in capsys.readouterr().err
