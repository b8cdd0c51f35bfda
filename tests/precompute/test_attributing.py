"""Attributions of exemplars, made by a scan: what they show, which are made, and that nothing but the scan decides."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from deepvis.attribution.exemplars import attribute_exemplar, sample_cut
from deepvis.attribution.subject import Subject
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ATTRIBUTION_JOB, ImageKind
from deepvis.kinds import Method
from deepvis.models.engine import build_engine
from deepvis.models.samples import SampleRecipe
from deepvis.precompute import attribution_job, attribution_work
from deepvis.precompute.attributing import encoded
from deepvis.precompute.merge import merge_shards
from deepvis.precompute.progress import ATTRIBUTING, PICTURES
from deepvis.precompute.scan import ScanControl, ScanError
from deepvis.records import SOFTMAX
from deepvis.sources.decode import decode_image, read_image

LAYERS = ("stem", "act", "body", "head")


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """Starting a worker takes longer than all there is to decode."""
    monkeypatch.setattr("deepvis.precompute.scan.sensible_workers", lambda _device: 0)


def attributions(path, layers=LAYERS):
    """Records and bytes of all attributions, by layer, unit and rank."""
    found = {}
    with GalleryReader(path) as reader:
        for layer in layers:
            for unit, images in reader.unit_images(layer, ImageKind.DECONV).items():
                found |= {(layer, unit, image.rank): (image, reader.image(image.id)) for image in images}
    return found


def exemplars(path, layers=LAYERS):
    with GalleryReader(path) as reader:
        units = {info.name: info.units for info in reader.layer_infos()}
        return {
            (layer, unit, one.rank): one
            for layer in layers
            for unit in range(units[layer])
            for one in reader.unit(layer, unit).exemplars
        }


@pytest.mark.parametrize("crops", [0, 2])
@pytest.mark.parametrize("method", [Method.DECONVNET, Method.GUIDED, Method.GRADIENT])
def test_every_positive_exemplar_has_the_attribution_of_its_own_sample(scan, networks, method, crops):
    summary = scan(layers=LAYERS, crops=crops, attribution=method, limit=6)
    engine = build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)
    recipe = SampleRecipe(engine.loaded.preprocessing, crops=crops)
    found, known = attributions(summary.gallery), exemplars(summary.gallery)
    assert found.keys() == {key for key, one in known.items() if one.value > 0}
    assert len(found) == summary.attributed.made > 20
    for (layer, unit, rank), (image, data) in found.items():
        one = known[layer, unit, rank]
        assert image.value == one.value
        assert image.metadata["position"] == list(one.position)
        assert image.metadata["view"] == "raw"
        rgb = read_image(one.path)
        index = one.sample % recipe.per_file
        cut = sample_cut(one.box, recipe, rgb.shape[:2], one.sample)
        expected = attribute_exemplar(Subject(engine, recipe.make(rgb, index)), layer, unit, one.position, method, cut)
        assert image.metadata["method"] == expected.method
        assert ("coverage" in image.metadata) == (expected.method is not method)
        assert image.size == expected.rgb.shape[:2]
        assert data == encoded(expected.rgb)


def test_small_pictures_keep_every_color_and_large_ones_take_little_room(make_picture):
    small, large = make_picture(7, 5), make_picture(160, 120)
    assert np.array_equal(decode_image(encoded(small), "it"), small)
    assert decode_image(encoded(large), "it").shape == large.shape
    assert len(encoded(large)) < large.size / 2


def test_softmax_units_are_attributed_by_their_logits(scan):
    summary = scan(layers=("body", SOFTMAX), top=2)
    found = attributions(summary.gallery, (SOFTMAX,))
    assert len(found) == 14
    assert all(image.metadata["method"] == "deconvnet" for image, _ in found.values())


@pytest.mark.parametrize("batch_size", [1, 5])
def test_the_batch_size_does_not_show_in_them(scan, batch_size):
    one, other = scan(layers=LAYERS), scan(layers=LAYERS, batch_size=batch_size)
    ours, theirs = attributions(one.gallery), attributions(other.gallery)
    assert {key: data for key, (_, data) in ours.items()} == {key: data for key, (_, data) in theirs.items()}


@pytest.mark.parametrize("count", [2, 3])
def test_merged_shards_have_those_of_a_single_run(scan, same_rows, tmp_path, count):
    whole = scan(layers=LAYERS)
    gallery = tmp_path / "shards" / "g.sqlite"
    files = [scan(layers=LAYERS, gallery=gallery, shard=shard, shards=count).gallery for shard in range(count)]
    assert not any(attributions(file) for file in files)
    merged = tmp_path / "merged.sqlite"
    merge_shards(merged, files[1:], report=lambda _: None, control=ScanControl())
    assert not attributions(merged)
    merge_shards(merged, files, report=lambda _: None, control=ScanControl())
    assert attributions(merged)
    same_rows(whole.gallery, merged, leave_out={("jobs", "coverage")})


def test_several_lanes_store_the_same_rows_in_the_same_order(scan, same_rows, monkeypatch):
    one = scan(layers=LAYERS)
    monkeypatch.setattr("deepvis.precompute.attributing.lane_count", lambda *_: 3)
    monkeypatch.setattr(attribution_work, "_AT_ONCE", 2)
    same_rows(one.gallery, scan(layers=LAYERS).gallery)


class StopsLater(ScanControl):
    """Stops when so many exemplars are attributed."""

    def report(self, progress):
        if progress.phase == ATTRIBUTING and progress.done >= 5:
            self.stop()


def test_a_stopped_run_goes_on_where_it_was(scan, same_rows, tmp_path, often, monkeypatch):
    monkeypatch.setattr(attribution_work, "_AT_ONCE", 4)
    gallery = tmp_path / "stopped.sqlite"
    control = StopsLater()
    stopped = scan(layers=LAYERS, gallery=gallery, control=control, report=control.report)
    assert not stopped.finished
    made = attributions(gallery)
    assert 0 < len(made) == stopped.attributed.made
    assert stopped.attributed.left > 0
    with GalleryReader(gallery) as reader:
        assert [(job.kind, job.finished) for job in reader.jobs()] == [("scan", True), (ATTRIBUTION_JOB, False)]
    reports = []
    finished = scan(layers=LAYERS, gallery=gallery, report=reports.append)
    assert finished.finished
    assert not finished.already_done
    assert finished.attributed.made == stopped.attributed.left
    assert "scanning" not in {report.phase for report in reports}
    assert PICTURES not in {report.phase for report in reports}
    same_rows(scan(layers=LAYERS).gallery, gallery)


def test_a_paused_run_stands_still_with_everything_stored(scan, tmp_path, often, monkeypatch):
    monkeypatch.setattr(attribution_work, "_AT_ONCE", 4)
    gallery, control, paused = tmp_path / "paused.sqlite", ScanControl(), threading.Event()

    def report(progress):
        if progress.phase == ATTRIBUTING and progress.done and not paused.is_set():
            paused.set()
            control.pause()
            threading.Timer(0.3, control.go).start()

    assert scan(layers=LAYERS, gallery=gallery, control=control, report=report).finished
    assert paused.is_set()


def test_a_gallery_made_without_gets_only_what_it_lacks(scan, same_rows, tmp_path):
    gallery = tmp_path / "g.sqlite"
    without = scan(layers=LAYERS, gallery=gallery, attribution=None)
    assert not attributions(gallery)
    assert without.attributed.per_unit == 0
    first = scan(layers=LAYERS, gallery=gallery, attributed=1)
    assert {rank for _, _, rank in attributions(gallery)} == {0}
    again = scan(layers=LAYERS, gallery=gallery, attributed=1)
    assert again.already_done
    second = scan(layers=LAYERS, gallery=gallery)
    assert second.attributed.made == len(attributions(gallery)) - first.attributed.made > 0
    ours, theirs = attributions(gallery), attributions(scan(layers=LAYERS).gallery)
    assert {key: data for key, (_, data) in ours.items()} == {key: data for key, (_, data) in theirs.items()}


def test_pictures_of_an_earlier_form_are_made_anew_and_none_is_lost_before_its_successor_is_there(
    scan, monkeypatch, tmp_path
):
    gallery = tmp_path / "g.sqlite"
    with monkeypatch.context() as earlier:
        earlier.setattr(attribution_job, "_FORMAT", attribution_job._FORMAT - 1)
        scan(layers=LAYERS, gallery=gallery)
    every = set(attributions(gallery))
    assert {rank for _, _, rank in every} > {0}
    # fewer are wanted now
    first = scan(layers=LAYERS, gallery=gallery, attributed=1)
    assert first.attributed.made == len({key for key in every if key[2] == 0})
    found = attributions(gallery)
    assert set(found) == every
    with GalleryReader(gallery) as reader:
        forms = {job.hash: job.parameters.get("format") for job in reader.jobs() if job.kind == ATTRIBUTION_JOB}
        count = reader.connection.execute("SELECT count(*) FROM images").fetchone()[0]
    assert count == len(every)
    now = attribution_job._FORMAT
    assert {forms[image.job] for (_, _, rank), (image, _) in found.items() if rank == 0} == {now}
    assert {forms[image.job] for (_, _, rank), (image, _) in found.items() if rank} == {now - 1}
    scan(layers=LAYERS, gallery=gallery)
    assert {forms[image.job] for image, _ in attributions(gallery).values()} == {now}
    assert set(attributions(gallery)) == every
    with GalleryReader(gallery) as reader:
        assert [job.parameters["format"] for job in reader.jobs() if job.kind == ATTRIBUTION_JOB] == [now]


def test_another_method_takes_the_place_of_the_one_before(scan, tmp_path):
    gallery = tmp_path / "g.sqlite"
    scan(layers=("body",), gallery=gallery)
    scan(layers=("body",), gallery=gallery, attribution=Method.GUIDED)
    assert {image.metadata["method"] for image, _ in attributions(gallery, ("body",)).values()} == {"guided"}
    with GalleryReader(gallery) as reader:
        assert [job.parameters.get("method") for job in reader.jobs()] == [None, "guided"]


def test_a_scan_of_other_images_takes_the_attributions_of_its_layers_away_and_leaves_those_of_others(scan, tmp_path):
    gallery = tmp_path / "g.sqlite"
    scan(layers=("body", "head"), gallery=gallery)
    scan(layers=("body",), gallery=gallery, limit=7, attribution=None)
    assert {layer for layer, _, _ in attributions(gallery)} == {"head"}
    scan(layers=("body", "head"), gallery=gallery, limit=8, attribution=None)
    assert not attributions(gallery)
    with GalleryReader(gallery) as reader:
        assert {job.kind for job in reader.jobs()} == {"scan"}


def test_a_small_scan_makes_as_many_as_are_free_and_a_large_one_as_many_as_its_samples_are_worth(scan, monkeypatch):
    monkeypatch.setattr(attribution_job, "FREE_PASSES", 12)
    few = scan(layers=("body",), limit=5)
    assert (few.attributed.per_unit, {rank for *_, rank in attributions(few.gallery, ("body",))}) == (2, {0, 1})
    assert scan(layers=("body",)).attributed.per_unit == 3
    monkeypatch.setattr(attribution_job, "FREE_PASSES", 5)
    none = scan(layers=("body",), limit=2)
    assert none.finished
    assert (none.attributed.per_unit, none.attributed.made) == (0, 0)
    assert scan(layers=("body",), limit=2, attributed=9).attributed.per_unit == 3


def test_a_layer_whose_gradients_break_is_told_and_the_others_are_made(scan, monkeypatch):
    from deepvis.models.errors import ModelError
    from deepvis.precompute import attributing

    def broken(subject, layer, *others):
        if layer == "body":
            raise ModelError("Gradients cannot be followed through it.")
        return attribute_exemplar(subject, layer, *others)

    monkeypatch.setattr(attributing, "attribute_exemplar", broken)
    summary = scan(layers=("act", "body"))
    assert summary.finished
    assert {layer for layer, _, _ in attributions(summary.gallery)} == {"act"}
    assert summary.warnings == ("The exemplars of body got no attribution: Gradients cannot be followed through it.",)


@pytest.mark.parametrize("options", [{"attributed": -1}, {"attribution": Method.OCCLUSION}])
def test_what_makes_no_sense_is_refused(scan, options):
    with pytest.raises(ScanError, match=f"^{next(iter(options))} must be"):
        scan(layers=("body",), **options)
