"""Pictures of shards merged are those of a single run, however they are merged."""

from __future__ import annotations

import itertools

import pytest

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.writer import GalleryWriter
from deepvis.precompute.merge_pictures import merge_pictures
from deepvis.precompute.picture_request import PicturesError
from deepvis.precompute.progress import ScanControl

LAYERS = ("act", "body", "head")


def merge(gallery, *files, control=None):
    return merge_pictures(gallery, files, report=lambda _: None, control=control or ScanControl())


@pytest.fixture
def shards(synthesize, tmp_path):
    """Files of the shards of one synthesis, in a folder of their own."""

    def make(count, **options):
        options = {"layers": LAYERS, "gallery": tmp_path / f"of{count}" / "g.sqlite"} | options
        summaries = [synthesize(shard=shard, shards=count, **options) for shard in range(count)]
        assert all(one.finished for one in summaries)
        return [one.gallery for one in summaries]

    return make


@pytest.mark.parametrize("count", [2, 3, 9])
def test_all_shards_are_a_single_run_to_the_last_bit(synthesize, shards, same_pictures, tmp_path, count):
    files = shards(count)
    merged = merge(tmp_path / "merged.sqlite", *reversed(files))
    assert (merged.pictures, merged.new, merged.missing) == (17, 17, ())
    assert (merged.shards, merged.merged) == (count, tuple(range(count)))
    same_pictures(synthesize(layers=LAYERS).gallery, tmp_path / "merged.sqlite")


def test_shards_divide_the_blocks_and_say_how_far_they_are(shards):
    files = shards(2)
    assert [file.name for file in files] == ["g.shard-0-of-2.sqlite", "g.shard-1-of-2.sqlite"]
    coverage = []
    for file in files:
        with GalleryReader(file) as gallery:
            (job,) = gallery.jobs()
        coverage.append(job.coverage)
    assert coverage == [((0, 2, 4, 4),), ((1, 2, 3, 3),)]


def test_shards_can_come_one_by_one_in_any_order_and_in_groups(synthesize, shards, same_pictures, tmp_path):
    files = shards(3)
    whole = synthesize(layers=LAYERS).gallery
    for number, (first, second, third) in enumerate(itertools.permutations(files)):
        one_by_one, pair, grouped = (tmp_path / f"{name}{number}.sqlite" for name in ("one", "pair", "grouped"))
        for file in (first, second, third):
            merge(one_by_one, file)
        merge(pair, third, second)
        merge(grouped, first, pair)
        same_pictures(whole, one_by_one)
        same_pictures(whole, grouped)


def test_merging_again_brings_nothing_new(shards, tmp_path):
    files = shards(2)
    merge(tmp_path / "g.sqlite", *files)
    again = merge(tmp_path / "g.sqlite", *files, files[0])
    assert (again.pictures, again.new) == (17, 0)


def test_a_shard_that_is_not_complete_is_merged_as_far_as_it_is_and_named(synthesize, tmp_path):
    control = ScanControl()

    def report(progress):
        if progress.done >= 3:
            control.stop()

    options = {"layers": LAYERS, "gallery": tmp_path / "g.sqlite", "shards": 3}
    part = synthesize(shard=0, control=control, report=report, **options)
    assert not part.finished
    merged = merge(tmp_path / "g.sqlite", part.gallery)
    assert (merged.pictures, merged.merged, merged.missing) == (3, (), (1, 2))
    (warning,) = merged.warnings
    assert "shard 0 has 1 of its 3 blocks" in warning


def test_a_shard_leaves_out_what_the_gallery_has(synthesize, tmp_path):
    gallery = tmp_path / "g.sqlite"
    synthesize(layers=("act",), gallery=gallery)
    summaries = [synthesize(layers=("act", "body"), gallery=gallery, shard=shard, shards=2) for shard in (0, 1)]
    assert [(one.made, one.there) for one in summaries] == [(3, 3), (3, 1)]


def test_of_two_different_pictures_the_same_is_chosen_in_any_order(synthesize, pictures, tmp_path):
    files = [synthesize(layers=("act",)).gallery for _ in range(2)]
    with GalleryWriter(files[1], "nets:chain") as other:
        other.connection.execute("UPDATE images SET data = X'00', value = 1 WHERE unit = 2")
        other.connection.execute("UPDATE jobs SET device = 'cuda:0'")
    merged = [tmp_path / "ab.sqlite", tmp_path / "ba.sqlite"]
    merge(merged[0], *files)
    merge(merged[1], *reversed(files))
    assert pictures(merged[0]) == pictures(merged[1])
    devices = []
    for path in merged:
        with GalleryReader(path) as gallery:
            devices += [job.device for job in gallery.jobs()]
    assert devices == ["cpu", "cpu"]


def test_pictures_of_several_recipes_come_together(synthesize, pictures, tmp_path):
    files = [synthesize(layers=("act",), **more).gallery for more in ({}, {"size": 20})]
    merged = merge(tmp_path / "g.sqlite", *files)
    assert (merged.pictures, merged.shards) == (8, 0)
    assert len(pictures(tmp_path / "g.sqlite")) == 8


def test_files_that_do_not_fit_are_named(synthesize, scan, tmp_path):
    (tmp_path / "notes.txt").write_text("no gallery")
    with pytest.raises(PicturesError, match="no gallery of DeepVis"):
        merge(tmp_path / "g.sqlite", tmp_path / "notes.txt")
    with pytest.raises(PicturesError, match="There are no shards"):
        merge(tmp_path / "g.sqlite")
    with pytest.raises(PicturesError, match="holds no pictures: name files that `deepvis synthesize` wrote"):
        merge(tmp_path / "g.sqlite", scan(layers=("body",)).gallery)
    one, other = (synthesize(layers=("act",), network=network).gallery for network in ("chain", "gray"))
    with pytest.raises(PicturesError, match="belongs to the model nets:gray"):
        merge(tmp_path / "g.sqlite", one, other)
