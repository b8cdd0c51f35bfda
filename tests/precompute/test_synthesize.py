"""Pictures of many units: what is made, what is stored, and that stopping and going on changes nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from deepvis.gallery.errors import GalleryError
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind
from deepvis.models.engine import build_engine
from deepvis.precompute import synthesize as module
from deepvis.precompute.merge_pictures import merge_pictures
from deepvis.precompute.progress import ScanControl
from deepvis.precompute.synthesize import PicturesError
from deepvis.sources.decode import decode_image
from deepvis.sources.encode import encode_webp
from deepvis.synthesis import natural_gallery
from deepvis.synthesis.ascent import Materials, SynthesisRequest, ascend
from deepvis.synthesis.keeping import negated, picture_seeds
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.reference_gallery import GalleryReferences
from deepvis.synthesis.registry import piece

LAYERS = ("act", "body", "head")


def test_every_unit_of_the_layers_gets_a_picture_with_its_figures(synthesize, pictures):
    summary = synthesize(layers=("head", "act"))
    assert (summary.finished, summary.made, summary.there, summary.total) == (True, 11, 0, 11)
    assert (summary.model, summary.first) == ("nets:chain", "nets:chain/act/0")
    found = pictures(summary.gallery)
    assert [(layer, unit) for layer, unit, _, _ in found] == [("act", unit) for unit in range(4)] + [
        ("head", unit) for unit in range(7)
    ]
    for row in found.values():
        assert (row.kind, row.recipe, row.seed, row.height, row.width) == (ImageKind.SYNTHESIS, "quick", 0, 16, 16)
        assert {"objective", "layer_rank", "majority", "steps", "input_size", "description"} <= row.metadata.keys()
        assert row.metadata["steps"] == 6
        assert decode_image(row.data, "it").shape == (16, 16, 3)
    with GalleryReader(summary.gallery) as gallery:
        (job,) = gallery.jobs()
        assert (job.kind, job.finished, job.coverage) == ("synthesis", True, ())
        assert gallery.unit("head", 3).images[0].metadata["seconds"] > 0


def test_a_stored_picture_is_made_again_from_its_job_and_seed(synthesize, networks):
    summary = synthesize(layers=("body",), units=(range(4, 5),), seed=7)
    with GalleryReader(summary.gallery) as gallery:
        (image,) = gallery.unit("body", 4).images
        job, data = gallery.image_job(image.id), gallery.image(image.id)
    recipe = Recipe.from_json(json.dumps(job.parameters["recipe"]))
    engine = build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)
    seeds = picture_seeds("body", (4, 0), (image.seed, 0))
    size, steps = job.parameters["size"], job.parameters["steps"]
    again = ascend(engine, SynthesisRequest("body", (4, 0), seeds, recipe, size, steps))
    assert encode_webp(again.images[0]) == data
    assert again.peaks[0] == pytest.approx(image.value)


def test_several_pictures_of_a_unit_begin_with_other_noise(synthesize, pictures):
    found = pictures(synthesize(layers=("body",), units=(range(2),), per_unit=2, seed=5).gallery)
    assert sorted((unit, seed) for _, unit, _, seed in found) == [(0, 5), (0, 6), (1, 5), (1, 6)]
    assert len({row.data for row in found.values()}) == 4


def test_a_picture_is_the_same_with_other_units_beside_it(synthesize, pictures):
    every = pictures(synthesize(layers=("body",), batch_size=6).gallery)
    (alone,) = pictures(synthesize(layers=("body",), units=(range(3, 4),)).gallery).values()
    (beside,) = (row for (_, unit, _, _), row in every.items() if unit == 3)
    both = [decode_image(row.data, "it").astype(int) for row in (alone, beside)]
    assert np.abs(both[0] - both[1]).max() <= 2
    assert alone.value == pytest.approx(beside.value, rel=1e-4)


def test_what_is_there_is_not_made_again_unless_asked_for(synthesize, pictures, tmp_path):
    options = {"layers": ("body",), "gallery": tmp_path / "g.sqlite"}
    synthesize(**options)
    before = pictures(tmp_path / "g.sqlite")
    again = synthesize(**options)
    assert (again.finished, again.made, again.there, again.first) == (True, 0, 6, "")
    redone = synthesize(redo=True, **options)
    assert (redone.made, redone.there) == (6, 0)
    assert pictures(tmp_path / "g.sqlite") == before


def test_more_pictures_per_unit_leave_the_first_ones(synthesize, tmp_path):
    options = {"layers": ("body",), "gallery": tmp_path / "g.sqlite"}
    synthesize(**options)
    more = synthesize(per_unit=2, **options)
    assert (more.made, more.there) == (6, 6)


def test_other_settings_are_other_pictures(synthesize, pictures, tmp_path):
    options = {"layers": ("body",), "units": (range(1),), "gallery": tmp_path / "g.sqlite"}
    for more in ({}, {"size": 20}, {"steps": 3}, {"negative": True}, {"size": 16, "steps": 6}):
        made = synthesize(**options, **more).made
        assert made == (0 if len(more) == 2 else 1)  # the last ones are the recipe's own
    names = sorted(row.recipe for row in pictures(tmp_path / "g.sqlite").values())
    assert names == ["quick", "quick, changed", "quick, changed", "quick, negative"]


def test_negative_pictures_turn_units_off(synthesize, pictures, quick):
    assert dict(negated(quick).objective.values)["sign"] == -1.0
    excited = pictures(synthesize(layers=("body",), steps=40).gallery)
    off = pictures(synthesize(layers=("body",), steps=40, negative=True).gallery)
    values = {unit: row.value for (_, unit, _, _), row in excited.items()}
    assert all(row.value < values[unit] for (_, unit, _, _), row in off.items())
    assert all(row.metadata["negative"] for row in off.values())
    recipe = quick.changed(objective=piece("diverse channel"))
    with pytest.raises(PicturesError, match=r"diverse channel.* cannot be turned around"):
        synthesize(recipe=recipe, negative=True)


class StopsAfter(ScanControl):
    """Stops when so many steps were told after so many pictures."""

    def __init__(self, done, steps):
        super().__init__()
        self._left, self._done = steps, done

    def report(self, progress):
        if progress.phase.startswith("synthesizing") and progress.done >= self._done:
            self._left -= 1
            if self._left <= 0:
                self.stop()


@pytest.mark.parametrize(("done", "steps"), [(0, 3), (4, 1), (4, 4), (13, 2)])
def test_stopped_anywhere_it_goes_on_with_the_batches_of_an_unbroken_run(
    synthesize, pictures, same_pictures, tmp_path, done, steps
):
    control = StopsAfter(done, steps)
    gallery = tmp_path / "stopped.sqlite"
    stopped = synthesize(layers=LAYERS, gallery=gallery, control=control, report=control.report)
    assert not stopped.finished
    assert done <= stopped.made < stopped.total == 17
    assert len(pictures(gallery)) == stopped.made
    finished = synthesize(layers=LAYERS, gallery=gallery)
    assert (finished.finished, finished.there, finished.made) == (True, stopped.made, 17 - stopped.made)
    same_pictures(synthesize(layers=LAYERS).gallery, gallery)


def test_a_block_that_lacks_a_picture_is_made_whole(synthesize, pictures, same_pictures, tmp_path):
    gallery = tmp_path / "g.sqlite"
    synthesize(layers=("body",), units=(range(4, 5),), gallery=gallery)
    finished = synthesize(layers=("body",), gallery=gallery)
    assert (finished.made, finished.there) == (6, 0)
    same_pictures(synthesize(layers=("body",)).gallery, gallery)


def test_progress_counts_pictures_and_estimates_what_is_left(synthesize):
    told = []
    synthesize(layers=LAYERS, report=told.append)
    made = [one for one in told if one.phase.startswith("synthesizing")]
    assert list(dict.fromkeys(one.phase for one in made)) == [f"synthesizing {name}" for name in LAYERS]
    assert sorted({one.done for one in made}) == [0, 3, 4, 7, 10, 13, 16, 17]
    assert {one.total for one in made} == {17}
    assert made[-1].left_s == 0
    assert all(one.left_s > 0 and one.per_second > 0 for one in made if 3 <= one.done < 16)


def test_where_memory_does_not_suffice_smaller_batches_are_made_and_told(synthesize, pictures, monkeypatch):
    real, sizes = module.ascend, []

    def small(engine, request, *more):
        sizes.append(len(request.units))
        if len(request.units) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return real(engine, request, *more)

    monkeypatch.setattr(module, "ascend", small)
    summary = synthesize(layers=("body",), batch_size=5)
    assert (summary.made, len(pictures(summary.gallery))) == (6, 6)
    assert sizes == [5, 2, 2, 2, 2]  # a single picture is made twice
    (warning,) = summary.warnings
    assert "does not hold 5 pictures at once: from body on, 2 were made at once" in warning


def test_a_unit_that_cannot_be_excited_is_stored_with_the_reason(synthesize, pictures):
    summary = synthesize(network="dead", layers=("body",))
    assert summary.finished
    (reason,) = summary.off
    assert reason.startswith("Unit 2 of body gives 0 for every picture")
    reasons = [row.metadata.get("reason", "") for _, row in sorted(pictures(summary.gallery).items())]
    assert reasons == ["", "", reason, "", "", ""]


def test_a_layer_that_fails_is_left_out_and_the_others_are_made(synthesize, pictures, monkeypatch):
    real = module.ascend

    def failing(engine, request, *more):
        if request.layer == "act":
            raise RuntimeError("something went wrong\nwith many details")
        return real(engine, request, *more)

    monkeypatch.setattr(module, "ascend", failing)
    summary = synthesize(layers=("act", "body"))
    assert summary.made == 6
    assert summary.warnings == ("The layer act was left out: act failed: something went wrong.",)
    with pytest.raises(PicturesError, match="act failed: something went wrong"):
        synthesize(layers=("act",))


def test_the_natural_maximum_comes_from_a_scan_of_the_same_weights(synthesize, scan, pictures, tmp_path):
    gallery = scan(layers=("body",)).gallery
    with GalleryReader(gallery) as reader:
        maxima = reader.layer("body").maximum
    summary = synthesize(layers=("body", "head"), gallery=gallery, natural=(gallery,))
    assert (summary.natural, summary.maxima) == ("built in", 1)
    for (layer, unit, _, _), row in pictures(gallery).items():
        assert ("natural_ratio" in row.metadata) == (layer == "body" and maxima[unit] > 0)
        if "natural_ratio" in row.metadata:
            assert row.metadata["natural_ratio"] == pytest.approx(row.value / maxima[unit])
    other = synthesize(network="dead", layers=("body",), natural=(gallery,))
    assert other.maxima == 0


def test_averages_come_from_a_scan_only_where_it_saw_many_files(synthesize, scan, monkeypatch):
    few = scan(layers=("body",), crops=3)
    assert few.samples >= natural_gallery.ENOUGH_FILES
    options = {"layers": ("body",), "natural": (few.gallery,)}
    plain = synthesize(**options)
    assert plain.natural == "built in"
    monkeypatch.setattr(natural_gallery, "ENOUGH_FILES", 10)
    summary = synthesize(**options)
    assert summary.natural.startswith("21 images of ")
    assert summary.hash != plain.hash
    natural = natural_gallery.natural_statistics([few.gallery], identity_of(few.gallery))
    with GalleryReader(few.gallery) as reader:
        assert np.array_equal(natural.color_mean, reader.array("color_mean"))
        assert np.array_equal(natural.mean_amplitude, reader.array("amplitude_spectrum"))


def identity_of(path):
    with GalleryReader(path) as reader:
        return reader.jobs()[0].identity


def test_a_recipe_with_a_patch_prior_gets_patches_of_a_folder(synthesize, photographs, quick):
    recipe = quick.with_regularizer("patch-prior", every=2)
    summary = synthesize(layers=("body",), recipe=recipe, patches=photographs)
    assert summary.made == 6
    assert summary.hash != synthesize(layers=("body",), recipe=recipe, patches=photographs / "ash").hash
    with pytest.raises(PicturesError, match="'quick' needs images: name them with --patches FOLDER"):
        synthesize(layers=("body",), recipe=recipe)
    with pytest.raises(PicturesError, match="'quick' has no use for --patches"):
        synthesize(layers=("body",), patches=photographs)
    with pytest.raises(PicturesError, match="There is no folder"):
        synthesize(layers=("body",), recipe=recipe, patches=photographs / "oak")


def test_a_recipe_that_compares_with_natural_pictures_gets_them_of_the_scan(
    synthesize, scan, quick, pictures, same_pictures, tmp_path
):
    recipe = quick.with_regularizer("feature-distribution", weight=50.0, references=2, layers=2)
    gallery = scan(layers=("body", "head")).gallery
    options = {"layers": ("body",), "recipe": recipe, "natural": (gallery,)}
    summary = synthesize(**options)
    assert summary.made == 6
    plain = pictures(synthesize(layers=("body",)).gallery)
    assert {row.data for row in pictures(summary.gallery).values()}.isdisjoint(row.data for row in plain.values())
    # what other recipes make does not depend on it
    assert synthesize(layers=("body",), natural=(gallery,)).hash == synthesize(layers=("body",)).hash
    fewer = scan(layers=("body", "head"), limit=9).gallery
    assert synthesize(**options | {"natural": (fewer,)}).hash != summary.hash
    whole, parts = synthesize(**options, batch_size=2).gallery, tmp_path / "parts.sqlite"
    files = [synthesize(**options, batch_size=2, gallery=parts, shard=shard, shards=2).gallery for shard in range(2)]
    merge_pictures(parts, files, report=lambda _: None, control=ScanControl())
    same_pictures(whole, parts)


def test_a_picture_with_references_is_made_again_from_its_job_its_seed_and_the_scan(synthesize, scan, networks, quick):
    recipe = quick.with_regularizer("feature-distribution", references=2)
    gallery = scan(layers=("body",)).gallery
    summary = synthesize(layers=("body",), units=(range(4, 5),), recipe=recipe, natural=(gallery,))
    with GalleryReader(summary.gallery) as reader:
        (image,) = reader.unit("body", 4).images
        job, data = reader.image_job(image.id), reader.image(image.id)
    engine = build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)
    references = GalleryReferences([gallery], engine.loaded)
    assert job.parameters["references"] == references.digest()
    request = SynthesisRequest(
        "body", (4, 4), picture_seeds("body", (4, 4), (0, 0)), Recipe.from_json(json.dumps(job.parameters["recipe"]))
    )
    again = ascend(engine, request, Materials(references=references))
    assert encode_webp(again.images[0]) == data


def test_without_a_scan_of_the_layer_a_sentence_says_what_to_do(synthesize, scan, quick):
    recipe = quick.with_regularizer("feature-distribution")
    with pytest.raises(PicturesError, match=r"no finished scan of this network has any\. Scan .* --layers body"):
        synthesize(layers=("body",), recipe=recipe)
    summary = synthesize(layers=("body", "head"), recipe=recipe, natural=(scan(layers=("body",)).gallery,))
    assert summary.made == 6
    assert any("The layer head was left out" in warning for warning in summary.warnings)


def test_a_generator_of_ones_own_makes_the_pictures(synthesize, networks, quick, tmp_path):
    recipe = quick.changed(parametrization=piece("generator"))
    name = f"{networks.folder / 'nets.py'}:Blurry"
    summary = synthesize(layers=("body",), recipe=recipe, generator=name)
    assert summary.made == 6
    weights = tmp_path / "generator.pt"
    state = {"decoder.weight": torch.ones(48, 4), "decoder.bias": torch.zeros(48)}
    torch.save(state, weights)
    other = synthesize(layers=("body",), recipe=recipe, generator=name, generator_weights=weights)
    assert other.hash != summary.hash
    with pytest.raises(PicturesError, match=r"gave something of type Sequential\. A generator is an object with"):
        synthesize(layers=("body",), recipe=recipe, generator=name.replace("Blurry", "chain"))
    with pytest.raises(PicturesError, match="names no generator"):
        synthesize(layers=("body",), recipe=recipe, generator="nets")
    with pytest.raises(PicturesError, match="needs a generator: name"):
        synthesize(layers=("body",), recipe=recipe)


def test_mixed_precision_is_another_job(synthesize):
    plain = synthesize(layers=("body",))
    mixed = synthesize(layers=("body",), precision="bfloat16")
    assert mixed.made == 6
    assert mixed.hash != plain.hash


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"layers": ("nowhere",)}, "deepvis layers --model nets:chain"),
        ({"layers": ("body",), "units": (range(4, 7),)}, "has the units 0 to 5; there is no unit 6"),
        ({"layers": LAYERS, "units": (range(8),)}, "None of the layers has a unit 7; .*'head', has 0 to 6"),
        ({"size": 0}, "size must be 16 to 4096, not 0"),
        ({"steps": 0}, "steps must be 1 to 100000, not 0"),
        ({"batch_size": 0}, "batch_size must be 1"),
        ({"per_unit": 0}, "per_unit must be"),
        ({"quality": 101}, "quality must be 1 to 100"),
        ({"device": "cuda:9"}, "no device 'cuda:9'"),
        ({"shard": 2, "shards": 2}, "one of 0 to 1"),
        ({"network": "bad_head"}, "does not run"),
    ],
)
def test_what_makes_no_sense_is_told(synthesize, tmp_path, options, said):
    gallery = tmp_path / "g.sqlite"
    with pytest.raises(PicturesError, match=said):
        synthesize(gallery=gallery, **options)
    assert not gallery.exists()


def test_layers_with_fewer_units_get_those_that_they_have(synthesize):
    assert synthesize(layers=LAYERS, units=(range(5, 7),)).made == 1 + 2


def test_a_gallery_of_another_model_is_refused_before_anything_is_made(synthesize, tmp_path):
    gallery = tmp_path / "g.sqlite"
    synthesize(network="gray", layers=("body",), gallery=gallery)
    for shards in (1, 2):
        with pytest.raises(PicturesError, match="belongs to the model nets:gray"):
            synthesize(layers=("body",), gallery=gallery, shards=shards)


def test_a_folder_that_cannot_be_written_to_is_told(synthesize, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PicturesError, match="cannot be made"):
        synthesize(layers=("body",), gallery=tmp_path / "file" / "g.sqlite")


def test_a_disk_that_fills_up_ends_it_with_what_was_stored(synthesize, pictures, monkeypatch, tmp_path):
    gallery = tmp_path / "g.sqlite"
    real, calls = module.store, []

    def full(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise GalleryError("the disk is full")
        return real(*arguments)

    monkeypatch.setattr(module, "store", full)
    with pytest.raises(PicturesError, match="the disk is full"):
        synthesize(layers=("body",), gallery=gallery)
    assert len(pictures(gallery)) == 3
