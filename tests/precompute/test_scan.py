"""The scan against a plain loop, and what it refuses, skips and says."""

from __future__ import annotations

import re
import shutil
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis.gallery.histogram import edges
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import PER_BAND, QUANTILE_BANDS
from deepvis.models.engine import build_engine
from deepvis.models.samples import SampleRecipe
from deepvis.precompute.progress import ATTRIBUTING, PICTURES
from deepvis.precompute.scan import ScanError, sensible_workers
from deepvis.records import SOFTMAX, Fit, ModelRequest, Precision
from deepvis.sources.decode import decode_image, read_image

LAYERS = ("stem", "act", "body", "pool", "head", SOFTMAX)


def files_of(folder):
    return sorted(
        (path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.relative_to(folder).as_posix()
    )


def plain_loop(request, folder, *, batch_size, fit=Fit.CROP, crops=0, numbers=None):
    """Maps of every layer for every sample by its id, with hooks of its own and no accumulators."""
    engine = build_engine(request, progress=lambda *_: None, canceled=lambda: False)
    network, preprocessing = engine.loaded.network, engine.loaded.preprocessing
    recipe = SampleRecipe(preprocessing, fit, crops)
    pictures = {}
    for number, path in enumerate(files_of(folder)):
        if numbers is None or number in numbers:
            rgb = read_image(path)
            for index in range(recipe.per_file):
                pictures[number * recipe.per_file + index] = recipe.make(rgb, index)
    seen = {}
    names = {tap.module: tap for tap in engine.taps.values() if tap.module and tap.layout}
    handles = [
        module.register_forward_hook(
            lambda _m, _i, output, tap=names[name]: seen.update({tap.name: tap.layout.maps(output).clone()})
        )
        for name, module in network.named_modules()
        if name in names
    ]
    maps = {}
    samples = list(pictures)
    for start in range(0, len(samples), batch_size):
        group = samples[start : start + batch_size]
        batch = torch.stack([pictures[sample] for sample in group])
        batch = torch.cat([batch, batch[:1].expand(batch_size - len(batch), *batch.shape[1:])])
        fed = preprocessing.normalize(batch, "cpu", torch.float32)
        with torch.inference_mode():
            output = network(fed.contiguous(memory_format=torch.channels_last))
            seen[SOFTMAX] = output.softmax(1)[:, :, None, None]
        for name, found in seen.items():
            maps.setdefault(name, {}).update({sample: found[row].numpy().copy() for row, sample in enumerate(group)})
    for handle in handles:
        handle.remove()
    return maps


def flat_extreme(one, pick):
    place = int(pick(one))
    return float(one.flat[place]), (place // one.shape[-1], place % one.shape[-1])


def best(maps, unit, pick, sign, top):
    found = []
    for sample, every in maps.items():
        value, position = flat_extreme(every[unit], pick)
        found.append((sign * value, sample, position))
    return [(sign * value, sample, position) for value, sample, position in sorted(found)[:top]]


@pytest.mark.parametrize(("crops", "fit"), [(0, Fit.CROP), (0, Fit.LETTERBOX), (2, Fit.CROP)])
def test_every_unit_of_every_layer_has_what_a_plain_loop_finds(scan, networks, photographs, crops, fit):
    summary = scan(layers=LAYERS, crops=crops, fit=fit, limit=None if crops == 0 else 5)
    numbers = None if crops == 0 else {place * 21 // 5 for place in range(5)}
    expected = plain_loop(networks.request("chain"), photographs, batch_size=4, fit=fit, crops=crops, numbers=numbers)
    assert summary.finished
    assert summary.deviation == 0.0
    paths = files_of(photographs)
    per_file = 10 if crops else 1
    with GalleryReader(summary.gallery) as reader:
        for name in LAYERS:
            maps = expected[name]
            assert summary.samples == len(maps)
            for unit in range(next(iter(maps.values())).shape[0]):
                record = reader.unit(name, unit)
                for exemplars, pick, sign in ((record.exemplars, np.argmax, -1), (record.minima, np.argmin, 1)):
                    wanted = best(maps, unit, pick, sign, 3)
                    assert [(one.value, one.sample, one.position) for one in exemplars] == wanted
                    assert [one.path for one in exemplars] == [paths[sample // per_file] for _, sample, _ in wanted]
                check_statistics(record, [every[unit] for every in maps.values()])
                check_quantiles(record, {sample: float(every[unit].max()) for sample, every in maps.items()})


def check_statistics(record, maps):
    values = np.stack(maps).astype(np.float64)
    maxima = values.max(axis=(1, 2))
    found = record.statistics
    assert found.count == len(maps)
    assert found.mean == pytest.approx(values.mean(), rel=1e-5, abs=1e-7)
    assert found.std == pytest.approx(values.std(), rel=1e-4, abs=1e-6)
    assert found.active_fraction == pytest.approx((values > 0).mean(), abs=1e-9)
    assert (found.minimum, found.maximum) == (values.min(), values.max())
    assert found.mean_maximum == pytest.approx(maxima.mean(), rel=1e-6, abs=1e-9)
    counts = np.zeros(len(edges()) - 1, np.int64)
    for value in maxima:
        middle = len(counts) // 2
        if abs(value) < edges()[middle + 1]:
            counts[middle] += 1
        elif value > 0:
            counts[np.searchsorted(edges(), value, side="right") - 1] += 1
        else:
            counts[len(counts) - np.searchsorted(edges(), -value, side="right")] += 1
    assert record.histogram.counts.tolist() == counts.tolist()


def check_quantiles(record, maxima):
    values = np.array(list(maxima.values()))
    slack = 2 / len(values)
    assert record.quantiles
    for one in record.quantiles:
        assert one.value == maxima[one.sample]
        low, high = QUANTILE_BANDS[one.rank // PER_BAND]
        # equal values may stand in any order among themselves
        assert (values < one.value).mean() <= high + slack
        assert (values <= one.value).mean() >= low - slack
    assert len({one.sample for one in record.quantiles}) == len(record.quantiles)


def test_without_names_the_layers_worth_showing_are_scanned(scan, networks):
    engine = build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)
    summary = scan()
    shown = tuple(layer.name for layer in engine.info().shown_layers())
    assert summary.layers == shown
    with GalleryReader(summary.gallery) as reader:
        assert tuple(reader.layers()) == shown
        assert reader.model == summary.model == "nets:chain"


def test_class_folders_give_class_means_and_selectivity(scan, networks, photographs):
    summary = scan(layers=("body",))
    maps = plain_loop(networks.request("chain"), photographs, batch_size=4)["body"]
    names = [path.parent.name for path in files_of(photographs)]
    with GalleryReader(summary.gallery) as reader:
        for unit in range(6):
            record = reader.unit("body", unit)
            means = {
                name: np.mean([maps[sample][unit].max() for sample in maps if names[sample] == name])
                for name in set(names)
            }
            order = sorted(means, key=lambda name: -means[name])
            assert [one.name for one in record.classes] == order
            assert [one.mean for one in record.classes] == pytest.approx([means[name] for name in order], rel=1e-3)
            assert [one.count for one in record.classes] == [7, 7, 7]
            rest = (means[order[1]] + means[order[2]]) / 2
            best_mean = means[order[0]]
            assert record.statistics.selectivity == pytest.approx(
                (best_mean - rest) / (abs(best_mean) + abs(rest)), rel=1e-2, abs=1e-4
            )
            assert record.exemplars[0].label == names[record.exemplars[0].sample]


def test_without_labels_there_are_no_classes(scan):
    with GalleryReader(scan(layers=("body",), classes="none").gallery) as reader:
        record = reader.unit("body", 0)
    assert record.classes == ()
    assert record.statistics.selectivity is None


def test_correlations_are_those_of_the_maxima_and_can_be_turned_off(scan, networks, photographs):
    maps = plain_loop(networks.request("chain"), photographs, batch_size=4)["body"]
    expected = np.corrcoef(np.stack([one.max(axis=(1, 2)) for one in maps.values()]).T)
    with GalleryReader(scan(layers=("body",)).gallery) as reader:
        found = reader.layer("body").correlation
        similar = reader.unit("body", 2).similar
    np.testing.assert_allclose(found, expected, atol=0.006)
    order = [unit for unit in np.argsort(-expected[2]) if unit != 2]
    assert [one.unit for one in similar] == order
    with GalleryReader(scan(layers=("body",), covariance_up_to=5).gallery) as reader:
        assert reader.layer("body").correlation is None
        assert reader.unit("body", 2).similar == ()


def test_the_statistics_of_the_pictures_are_kept(scan, networks, photographs):
    engine = build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)
    recipe = SampleRecipe(engine.loaded.preprocessing)
    pictures = np.stack([recipe.make(read_image(path), 0).numpy() for path in files_of(photographs)]) / 255
    with GalleryReader(scan(layers=("stem",)).gallery) as reader:
        np.testing.assert_allclose(reader.array("mean_image"), pictures.mean(0), rtol=1.3e-4, atol=1e-6)
        colors = pictures.transpose(1, 0, 2, 3).reshape(3, -1)
        np.testing.assert_allclose(reader.array("color_covariance"), np.cov(colors, bias=True), atol=1e-9)
        spectrum = np.abs(np.fft.rfft2(pictures)).mean(0)
        np.testing.assert_allclose(reader.array("amplitude_spectrum"), spectrum, rtol=2.6e-4, atol=1e-4)


def test_the_pictures_of_the_winners_are_whole_images_at_the_networks_resolution(scan, photographs):
    summary = scan(layers=("stem",))
    with GalleryReader(summary.gallery) as reader:
        one = reader.unit("stem", 0).exemplars[0]
        stored = reader.picture(one.file)
    original = read_image(one.path)
    assert (stored.height, stored.width) == original.shape[:2]
    small = decode_image(stored.data, "stored")
    assert small.shape[0] <= original.shape[0]
    assert small.shape[0] / small.shape[1] == pytest.approx(original.shape[0] / original.shape[1], rel=0.05)
    assert np.abs(small.mean(axis=(0, 1)) - original.mean(axis=(0, 1))).max() < 4


def damage(folder):
    """Files that cannot be used, among those that can; their names."""
    whole = (folder / "ash" / "000.png").read_bytes()
    (folder / "birch" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
    (folder / "birch" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "ash" / "empty.png").write_bytes(b"")
    (folder / "ash" / "text.png").write_text("an image by its name only")
    (folder / "cedar" / "notes.txt").write_text("no image by its name")
    (folder / "cedar" / "loop.png").symlink_to("loop.png")
    (folder / "cedar" / "round").symlink_to(folder)
    bomb = Image.new("1", (20000, 10000))
    bomb.save(folder / "cedar" / "bomb.png")
    Image.new("1", (12000, 10000)).save(folder / "cedar" / "large.png")
    return {
        "ash/empty.png": "0 bytes",
        "ash/text.png": "not an image",
        "birch/broken.jpg": "not an image|damaged",
        "birch/cut.png": "damaged",
        "cedar/bomb.png": "more pixels",
        "cedar/large.png": "more pixels",
        "cedar/loop.png": "circle",
        "cedar/notes.txt": "name",
        "cedar/round": "folder that it lies in",
    }


@pytest.mark.parametrize("workers", [0, 1])
def test_files_that_cannot_be_used_are_listed_and_shift_nobody(scan, photographs, workers, capfd):
    before = scan(layers=("body",), workers=workers, classes="folders")
    reasons = damage(photographs)
    after = scan(layers=("body",), workers=workers, classes="folders")
    assert (after.samples, after.skipped) == (21, len(reasons))
    with GalleryReader(before.gallery) as one, GalleryReader(after.gallery) as other:
        job, _ = other.jobs()
        skipped = {file.path: file.reason for file in other.skipped(job.id)}
        for unit in range(6):
            clean, damaged = one.unit("body", unit), other.unit("body", unit)
            assert [(it.path, it.value, it.box) for it in clean.exemplars] == [
                (it.path, it.value, it.box) for it in damaged.exemplars
            ]
    assert skipped.keys() == reasons.keys()
    for name, reason in reasons.items():
        assert re.search(reason, skipped[name]), skipped[name]
    assert capfd.readouterr() == ("", "")


def test_a_folder_in_which_nothing_can_be_used_is_told_every_time(scan, photographs, tmp_path):
    for path in files_of(photographs):
        path.write_bytes(b"nothing")
    for _ in range(2):
        with pytest.raises(ScanError, match=r"None of the 21 files .* can be used\. The first one: .*not an image"):
            scan(gallery=tmp_path / "same.sqlite")
    shutil.rmtree(photographs)
    photographs.mkdir()
    (photographs / "notes.txt").write_text("x")
    with pytest.raises(ScanError, match="by their names"):
        scan()


def test_a_list_is_scanned_as_a_folder_of_the_same_images_with_the_classes_it_tells(scan, photographs, tmp_path):
    names = sorted(path.relative_to(photographs).as_posix() for path in photographs.rglob("*.*"))
    listed = tmp_path / "listed.txt"
    listed.write_text("".join(f"{photographs}/{name} {name.split('/')[0]}\n" for name in reversed(names)))
    one, other = scan(layers=("body",)), scan(layers=("body",), images=listed)
    with GalleryReader(one.gallery) as folder, GalleryReader(other.gallery) as of_list:
        assert of_list.jobs()[0].data_root == str(photographs)
        for unit in range(6):
            one, other = folder.unit("body", unit), of_list.unit("body", unit)
            assert [(it.path, it.value, it.box) for it in one.exemplars] == [
                (it.path, it.value, it.box) for it in other.exemplars
            ]
            assert one.classes == other.classes
            assert {mean.name for mean in one.classes} == {"ash", "birch", "cedar"}


def test_a_limit_scans_so_many_images_from_everywhere(scan, photographs):
    summary = scan(layers=("stem",), limit=6)
    assert (summary.files, summary.samples) == (6, 6)
    with GalleryReader(summary.gallery) as reader:
        used = {one.path.parent.name for unit in range(4) for one in reader.unit("stem", unit).exemplars}
    assert len(used) > 1


def test_the_same_scan_again_does_nothing_but_say_so(scan, tmp_path):
    first = scan(layers=("body",), gallery=tmp_path / "same.sqlite")
    stamp = (tmp_path / "same.sqlite").stat().st_mtime_ns
    again = scan(layers=("body",), gallery=tmp_path / "same.sqlite")
    assert not first.already_done
    assert again.already_done
    assert again.finished
    assert (again.samples, again.files, again.skipped) == (first.samples, first.files, first.skipped)
    assert (tmp_path / "same.sqlite").stat().st_mtime_ns == stamp


def test_another_scan_replaces_the_layers_it_has_and_leaves_the_others(scan, tmp_path):
    gallery = tmp_path / "same.sqlite"
    scan(layers=("stem", "body"), gallery=gallery)
    with GalleryReader(gallery) as reader:
        stem = reader.unit("stem", 1)
        body = reader.unit("body", 1)
    scan(layers=("body",), gallery=gallery, top=2)
    with GalleryReader(gallery) as reader:
        assert reader.unit("stem", 1).exemplars[0].value == stem.exemplars[0].value
        assert [one.value for one in reader.unit("body", 1).exemplars] == [one.value for one in body.exemplars[:2]]
        assert reader.picture(reader.unit("stem", 1).exemplars[0].file)
    back = scan(layers=("stem", "body"), gallery=gallery)
    assert not back.already_done
    with GalleryReader(gallery) as reader:
        assert len(reader.unit("body", 1).exemplars) == 3


def test_wrong_wishes_are_sentences(scan, photographs, tmp_path):
    with pytest.raises(ScanError, match=r"has no layer 'bdy'.*Did you mean body"):
        scan(layers=("bdy",))
    with pytest.raises(ScanError, match="There is no folder"):
        scan(images=tmp_path / "missing")
    with pytest.raises(ScanError, match="No network is called"):
        scan(model=ModelRequest("no_such_network"))
    with pytest.raises(ScanError, match="no device"):
        scan(device="tpu")
    for option, value in {"top": 0, "batch_size": 0, "workers": -1, "limit": 0, "crops": -1, "shard": 1}.items():
        with pytest.raises(ScanError, match=option):
            scan(**{option: value})


def test_a_file_of_another_program_stays_as_it_is(scan, tmp_path):
    (tmp_path / "mine.sqlite").write_text("my own notes")
    with pytest.raises(ScanError, match="no gallery of DeepVis"):
        scan(gallery=tmp_path / "mine.sqlite")
    assert (tmp_path / "mine.sqlite").read_text() == "my own notes"


def test_a_network_that_fails_in_the_middle_is_a_sentence_and_the_scan_goes_on_later(scan, networks, tmp_path, often):
    gallery = tmp_path / "same.sqlite"
    done = scan(layers=("body",))

    def break_it(progress):
        if progress.phase == "scanning" and progress.done == 12:
            networks.module.FAILURES["body"] = ValueError("no more")

    with pytest.raises(ScanError, match=r"with 4 images at once failed \(ValueError: no more\)"):
        scan(layers=("body",), gallery=gallery, report=break_it, checkpoint_s=0.0)
    networks.module.FAILURES.clear()
    assert scan(layers=("body",), gallery=gallery).samples == done.samples


def test_values_that_are_no_numbers_are_counted_and_nobodys_exemplar(scan):
    summary = scan(network="sick", layers=("bad",))
    with GalleryReader(summary.gallery) as reader:
        well, sick = reader.unit("bad", 0), reader.unit("bad", 1)
    assert (well.statistics.nan_count, sick.statistics.nan_count) == (0, 21)
    assert len(well.exemplars) == 3
    assert sick.exemplars == sick.minima == sick.quantiles == ()


def test_a_network_for_gray_pictures_can_be_scanned(scan):
    summary = scan(network="gray", layers=("body",))
    assert summary.samples == 21
    assert summary.deviation == 0.0


def test_another_precision_is_computed_and_found_again(scan):
    summary = scan(layers=("body",), precision=Precision.BFLOAT16)
    assert summary.deviation == 0.0


def test_progress_names_its_phases_and_counts_to_the_end(scan, photographs):
    (photographs / "ash" / "000.png").write_bytes(b"broken")
    reports = []
    scan(layers=("stem",), report=reports.append)
    phases = list(Counter(report.phase for report in reports))
    assert phases == ["listing the images", "reading the network", "scanning", "writing", PICTURES, ATTRIBUTING]
    last = [report for report in reports if report.phase == "scanning"][-1]
    assert (last.done, last.total, last.skipped) == (21, 21, 1)
    assert last.per_second > 0
    assert reports[-1].done == reports[-1].total > 0


def test_sensible_workers_leave_the_cores_to_a_network_that_needs_them():
    assert 1 <= sensible_workers(torch.device("cpu")) <= sensible_workers(torch.device("cuda"))


@pytest.mark.slow
def test_the_default_network_has_what_a_plain_loop_finds(scan, images_dir, tmp_path):
    layers = ("bn1", "blocks.1.1", "blocks.4.1", "blocks.6.0", "classifier", SOFTMAX)
    folder = tmp_path / "whole"
    shutil.copytree(images_dir, folder, ignore=lambda _where, names: [one for one in names if not one.endswith(".jpg")])
    summary = scan(images=folder, model=ModelRequest(), layers=layers, top=4, workers=1)
    expected = plain_loop(ModelRequest(), folder, batch_size=4)
    assert summary.deviation == 0.0
    with GalleryReader(summary.gallery) as reader:
        for name in layers:
            for unit in range(next(iter(expected[name].values())).shape[0]):
                record = reader.unit(name, unit)
                found = [(one.value, one.sample, one.position) for one in record.exemplars]
                assert found == best(expected[name], unit, np.argmax, -1, 4)
