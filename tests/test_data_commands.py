from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis import gallery_commands
from deepvis.cli import main
from deepvis.command_settings import with_gathered_layers
from deepvis.gallery.files import gallery_file
from deepvis.models.zoo import model_key

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def images(tmp_path, make_picture):
    """Six small images in two classes, one file that is none."""
    folder = tmp_path / "images"
    for number in range(6):
        path = folder / ("cats" if number % 2 else "dogs") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(make_picture(40, 60, seed=number)).save(path)
    (folder / "cats" / "broken.png").write_bytes(b"no image")
    return folder


@pytest.fixture
def net(networks):
    """What chooses a tiny network on the command line."""
    return ["--model", networks.request("chain").name, "--input-size", "32x48"]


def scan(images, net, gallery, *more):
    return main(["scan", "--images", str(images), *net, "--gallery", str(gallery), "--workers", "0", *more])


def record(capsys, address, gallery):
    capsys.readouterr()
    assert main(["show", address, "--json", "--gallery", str(gallery)]) == 0
    return json.loads(capsys.readouterr().out)


def address_of(net, rest):
    return f"{model_key(net[1])}/{rest}"


def test_layers_may_be_written_one_behind_the_other():
    words = ["scan", "--layers", "a", "b", "--top", "3", "--layers", "c,d"]
    assert with_gathered_layers(words) == ["scan", "--layers", "a,b", "--top", "3", "--layers", "c,d"]


def test_a_scan_is_shown_as_json(images, net, tmp_path, capsys):
    gallery = tmp_path / "g.sqlite"
    assert scan(images, net, gallery, "--layers", "body", "head", "--top", "4") == 0
    said = capsys.readouterr().out
    assert "6 samples in " in said
    assert "1 file left out" in said
    assert "cats/broken.png: " in said
    assert f"deepvis show {address_of(net, 'body/0')} --gallery {gallery}" in said
    shown = record(capsys, address_of(net, "body/2"), gallery)
    values = [exemplar["value"] for exemplar in shown["exemplars"]]
    assert values == sorted(values, reverse=True)
    assert [exemplar["rank"] for exemplar in shown["exemplars"]] == [1, 2, 3, 4]
    best = shown["exemplars"][0]
    assert Path(best["path"]).is_file()
    assert best["class"] == Path(best["path"]).parent.name
    top, left, height, width = best["box"]
    assert 0 <= top < top + height <= 40
    assert 0 <= left < left + width <= 60
    assert len(best["position"]) == 2
    assert shown["statistics"]["count"] == 6
    assert shown["statistics"]["maximum"] == pytest.approx(values[0])
    assert shown["minima"][0]["value"] == pytest.approx(shown["statistics"]["minimum"])
    assert {tuple(entry["band"]) for entry in shown["quantiles"]}
    assert {entry["class"] for entry in shown["classes"]} == {"cats", "dogs"}
    assert shown["syntheses"] == []


def test_the_layers_asked_for_are_those_in_the_gallery(images, net, tmp_path, capsys):
    gallery = tmp_path / "g.sqlite"
    assert scan(images, net, gallery, "--layers", "body") == 0
    assert main(["show", address_of(net, "head/0"), "--gallery", str(gallery)]) == 2
    said = capsys.readouterr().err
    assert "knows no layer head" in said
    assert "deepvis synthesize --layers NAME" in said
    assert "body" in said


def test_a_unit_is_shown_for_people_with_its_exemplars_and_figures(images, net, tmp_path, capsys):
    gallery = tmp_path / "g.sqlite"
    scan(images, net, gallery)
    capsys.readouterr()
    assert main(["show", address_of(net, "body/0"), "--gallery", str(gallery)]) == 0
    said = capsys.readouterr().out
    for part in ("EXEMPLARS", "MINIMA", "samples          6", str(images)):
        assert part in said


def test_the_pictures_of_a_unit_are_written_as_files(images, net, tmp_path):
    gallery, folder = tmp_path / "g.sqlite", tmp_path / "pictures"
    scan(images, net, gallery, "--top", "3")
    assert main(["show", address_of(net, "body/0"), "--gallery", str(gallery), "--save", str(folder)]) == 0
    names = {path.name for path in folder.iterdir()}
    assert {"exemplar_01.png", "exemplar_02.png", "exemplar_03.png", "minimum_01.png"} <= names
    with gallery_commands.opened_galleries(model_key(net[1]), gallery, None) as galleries:
        best = gallery_commands.read_unit(gallery_commands_unit(net, "body", 0), galleries)[0].exemplars[0]
    box = [int(side) for side in (best.box.top, best.box.left, best.box.bottom, best.box.right)]
    expected = np.asarray(Image.open(best.path).convert("RGB"))[box[0] : box[2], box[1] : box[3]]
    assert np.array_equal(np.asarray(Image.open(folder / "exemplar_01.png")), expected)


def gallery_commands_unit(net, layer, unit):
    from deepvis.records import UnitId

    return UnitId(model_key(net[1]), layer, unit)


def test_pictures_come_from_the_gallery_where_the_files_are_gone(images, net, tmp_path):
    gallery, folder = tmp_path / "g.sqlite", tmp_path / "pictures"
    scan(images, net, gallery, "--top", "3")
    images.rename(tmp_path / "elsewhere")
    assert main(["show", address_of(net, "body/0"), "--gallery", str(gallery), "--save", str(folder)]) == 0
    assert (folder / "exemplar_01.png").is_file()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "is no unit address"),
        ("other_net/body/0", "not of other_net"),
        ("body/999", "no unit 999"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_why(images, net, tmp_path, capsys, address, said):
    gallery = tmp_path / "g.sqlite"
    scan(images, net, gallery)
    capsys.readouterr()
    address = address_of(net, address) if address == "body/999" else address
    assert main(["show", address, "--gallery", str(gallery)]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert len(captured.err.splitlines()) == 1


def test_without_any_gallery_the_command_that_makes_one_is_named(capsys):
    assert main(["show", "resnet18/layer4/7"]) == 2
    said = capsys.readouterr().err
    assert "deepvis scan --images FOLDER --model resnet18" in said
    assert "deepvis synthesize --model resnet18" in said


@pytest.mark.parametrize("words", [["show", "resnet18/layer4/7"], ["export", "--model", "resnet18", "--to", "out"]])
def test_a_named_gallery_that_is_not_there_can_be_made_by_either_command(words, tmp_path, capsys):
    gallery = tmp_path / "gone.sqlite"
    assert main([*words, "--gallery", str(gallery)]) == 2
    said = capsys.readouterr().err
    assert f"deepvis scan --images FOLDER --model resnet18 --gallery {gallery}" in said
    assert f"deepvis synthesize --model resnet18 --gallery {gallery}" in said


def test_an_address_without_a_unit_is_told_that_the_model_may_be_left_out(capsys):
    assert main(["show", "blocks.2.0"]) == 2
    said = capsys.readouterr().err
    assert "'blocks.2.0' is no unit address: write layer/unit, as in blocks.4.1/37" in said
    assert "for another model than efficientnet_lite0" in said


def test_a_folder_that_is_not_there_is_named(net, tmp_path, capsys):
    assert scan(tmp_path / "nowhere", net, tmp_path / "g.sqlite") == 2
    assert "nowhere" in capsys.readouterr().err
    assert not (tmp_path / "g.sqlite").exists()


def test_without_a_gallery_named_the_scan_goes_where_the_settings_say(images, net, tmp_path):
    settings = tmp_path / "settings.py"
    folder = tmp_path / "galleries"
    settings.write_text(f"from deepvis.config import Settings\nSETTINGS = Settings(gallery_dir={str(folder)!r})\n")
    assert main(["scan", "--images", str(images), *net, "--settings", str(settings), "--workers", "0"]) == 0
    assert gallery_file(model_key(net[1]), folder).is_file()


def test_a_shard_alone_says_how_to_merge_and_a_merge_names_the_missing_one(images, net, tmp_path, capsys):
    gallery = tmp_path / "g.sqlite"
    assert scan(images, net, gallery, "--shard", "0/3") == 0
    assert f"deepvis merge --gallery {gallery}" in capsys.readouterr().out
    assert not gallery.exists()
    assert main(["merge", *net, "--gallery", str(gallery)]) == 0
    said = capsys.readouterr().out
    assert "Merged 1 of 3 shards" in said
    assert "Missing: 1/3, 2/3" in said


def test_the_last_shard_merges_and_gives_what_a_single_run_gives(images, net, tmp_path, capsys):
    single, sharded = tmp_path / "single.sqlite", tmp_path / "sharded.sqlite"
    scan(images, net, single)
    for shard in ("1/2", "0/2"):
        assert scan(images, net, sharded, "--shard", shard) == 0
    assert "Merged 2 of 2 shards" in capsys.readouterr().out
    for unit in range(6):
        address = address_of(net, f"body/{unit}")
        assert record(capsys, address, sharded) == record(capsys, address, single)


def test_shards_may_be_named_and_the_gallery_follows_from_them(images, net, tmp_path, capsys):
    for shard in ("0/2", "1/2"):
        scan(images, net, tmp_path / "g.sqlite", "--shard", shard)
    (tmp_path / "g.sqlite").unlink()
    files = [str(tmp_path / f"g.shard-{index}-of-2.sqlite") for index in (1, 0)]
    assert main(["merge", *files]) == 0
    assert (tmp_path / "g.sqlite").is_file()
    assert main(["merge", *files, "--gallery", str(tmp_path / "other.sqlite")]) == 0
    assert (tmp_path / "other.sqlite").is_file()
    assert "Merged 2 of 2" in capsys.readouterr().out


def test_without_shards_a_merge_says_what_makes_them(tmp_path, capsys):
    assert main(["merge", "--gallery", str(tmp_path / "g.sqlite")]) == 2
    assert "deepvis scan --shard 0/2" in capsys.readouterr().err


def test_two_processes_of_torchrun_share_the_work_and_merge(images, net, tmp_path, capsys):
    single, sharded = tmp_path / "single.sqlite", tmp_path / "sharded.sqlite"
    scan(images, net, single)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", "-m", "deepvis"]
    command += ["scan", "--images", str(images), *net, "--gallery", str(sharded), "--workers", "0"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Merged 2 of 2 shards" in done.stdout
    for unit in range(6):
        address = address_of(net, f"body/{unit}")
        assert record(capsys, address, sharded) == record(capsys, address, single)


def test_shards_launched_on_this_machine_end_in_one_gallery(images, net, tmp_path, capsys):
    pytest.importorskip("submitit")
    single, launched = tmp_path / "single.sqlite", tmp_path / "launched.sqlite"
    scan(images, net, single, "--layers", "body")
    assert scan(images, net, launched, "--layers", "body", "--launch", "local", "--jobs", "2") == 0
    assert "Merged 2 of 2 shards" in capsys.readouterr().out
    address = address_of(net, "body/3")
    assert record(capsys, address, launched) == record(capsys, address, single)


def test_a_parameter_of_the_cluster_that_is_none_is_told_its_form(images, net, tmp_path, capsys):
    assert scan(images, net, tmp_path / "g.sqlite", "--launch", "local", "--cluster", "gpu") == 2
    assert "NAME=VALUE" in capsys.readouterr().err


def test_a_portable_gallery_finds_its_images_where_both_were_moved(images, net, tmp_path, capsys):
    scan(images, net, tmp_path / "g.sqlite", "--portable", "--layers", "body")
    assert [path.name for path in tmp_path.glob("g.sqlite*")] == ["g.sqlite"]
    moved = tmp_path / "moved"
    moved.mkdir()
    images.rename(moved / "images")
    (tmp_path / "g.sqlite").rename(moved / "g.sqlite")
    best = record(capsys, address_of(net, "body/0"), moved / "g.sqlite")["exemplars"][0]
    assert Path(best["path"]).is_relative_to(moved)
    assert Path(best["path"]).is_file()


def test_an_old_gallery_is_brought_in(tmp_path, make_picture, capsys):
    old = tmp_path / "outputs" / "conv5" / "unit_0007"
    old.mkdir(parents=True)
    Image.fromarray(make_picture(20, 20)).save(old / "maxim_000.png")
    Image.fromarray(make_picture(20, 20, seed=1)).save(old / "deconv_000.png")
    gallery = tmp_path / "old.sqlite"
    words = ["import", str(tmp_path / "outputs"), "--model", "caffenet-yos", "--gallery", str(gallery)]
    assert main(words) == 0
    assert "2 pictures of 1 unit in 1 layer" in capsys.readouterr().out
    shown = record(capsys, "caffenet-yos/conv5/7", gallery)
    assert {image["kind"] for image in shown["images"]} == {"maximum", "deconv"}
    assert main(["show", "caffenet-yos/conv5/7", "--gallery", str(gallery), "--save", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "maximum_01.png").is_file()


def test_a_folder_without_an_old_gallery_is_told_what_was_expected(tmp_path, capsys):
    assert main(["import", str(tmp_path), "--gallery", str(tmp_path / "g.sqlite")]) == 2
    assert "maxim_000.png" in capsys.readouterr().err


def test_a_unit_without_a_model_is_one_of_the_default_network(capsys):
    assert main(["show", "blocks.4.1/37"]) == 0
    assert capsys.readouterr().out.startswith("efficientnet_lite0/blocks.4.1/37")


def test_kept_pictures_of_a_unit_do_not_hide_what_the_packaged_gallery_knows(tmp_path, make_picture, capsys):
    old = tmp_path / "old" / "blocks.4.1" / "unit_0037"
    old.mkdir(parents=True)
    Image.fromarray(make_picture(20, 20)).save(old / "maxim_000.png")
    own = gallery_file("efficientnet_lite0")
    assert main(["import", str(tmp_path / "old"), "--gallery", str(own)]) == 0
    assert main(["show", "efficientnet_lite0/blocks.4.1/37"]) == 0
    assert "EXEMPLARS" in capsys.readouterr().out
    own.unlink()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--top", "0", "--top must be at least 1"), ("--batch-size", "0", "--batch-size"), ("--limit", "0", "--limit")],
)
def test_an_option_that_makes_no_sense_is_named_as_it_was_written(images, net, tmp_path, capsys, option, value, said):
    assert scan(images, net, tmp_path / "g.sqlite", option, value) == 2
    assert said in capsys.readouterr().err


def test_a_file_in_place_of_a_folder_is_told_apart_from_nothing(images, net, tmp_path, capsys):
    assert scan(images / "cats" / "1.png", net, tmp_path / "g.sqlite") == 2
    assert "is a file" in capsys.readouterr().err


def test_ctrl_c_saves_what_was_done_and_the_exit_code_says_that_it_is_not_all(
    images, net, tmp_path, capsys, monkeypatch
):
    from deepvis import scan_command

    gallery = tmp_path / "g.sqlite"
    run = scan_command.run_scan

    def interrupted(request, *, report, control):
        os.kill(os.getpid(), signal.SIGINT)
        return run(request, report=report, control=control)

    monkeypatch.setattr(scan_command, "run_scan", interrupted)
    assert scan(images, net, gallery) == 130
    assert "The same command goes on from there" in capsys.readouterr().err
    monkeypatch.setattr(scan_command, "run_scan", run)
    assert scan(images, net, gallery) == 0


def test_debug_may_stand_behind_a_command(capsys):
    with pytest.raises(Exception, match="is no unit address"):
        main(["show", "nonsense", "--debug"])
