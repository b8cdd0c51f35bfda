"""Shards merged are a single run, and what does not fit together is told."""

from __future__ import annotations

import itertools
import shutil

import pytest

from deepvis.gallery.reader import GalleryReader
from deepvis.precompute.merge import merge_shards
from deepvis.precompute.progress import PICTURES
from deepvis.precompute.scan import ScanControl, ScanError

LAYERS = ("act", "body", "head")
ONLY_SAID = {("jobs", "coverage")}
"""Which shards a scan consisted of is the one thing that differs."""


def merge(gallery, *shards, control=None, report=lambda _progress: None):
    return merge_shards(gallery, shards, report=report, control=control or ScanControl())


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """Starting a worker takes longer than all there is to decode."""
    monkeypatch.setattr("deepvis.precompute.scan.sensible_workers", lambda _device: 0)


@pytest.fixture
def shards(scan, tmp_path):
    """Files of the shards of one scan, in a folder of their own."""

    def make(count, **options):
        options = {"layers": LAYERS, "gallery": tmp_path / f"of{count}" / "g.sqlite"} | options
        summaries = [scan(shard=shard, shards=count, **options) for shard in range(count)]
        assert all(one.finished for one in summaries)
        return [one.gallery for one in summaries]

    return make


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("crops", [0, 2])
def test_all_shards_are_a_single_run_to_the_last_bit(same_rows, scan, shards, tmp_path, count, crops):
    files = shards(count, crops=crops)
    whole = scan(layers=LAYERS, crops=crops)
    merged = merge(tmp_path / "merged.sqlite", *reversed(files))
    assert (merged.finished, merged.missing, merged.merged) == (True, (), tuple(range(count)))
    assert (merged.samples, merged.deviation) == (whole.samples, 0.0)
    same_rows(whole.gallery, merged.gallery, leave_out=ONLY_SAID)


def test_shards_of_a_list_are_a_single_run_to_the_last_bit(same_rows, scan, shards, photographs, tmp_path):
    listed = tmp_path / "listed.txt"
    listed.write_text("".join(f"{file} {file.parent.name}\n" for file in photographs.rglob("*.*")))
    whole = scan(layers=LAYERS, images=listed)
    merged = merge(tmp_path / "merged.sqlite", *shards(2, images=listed))
    assert merged.finished
    same_rows(whole.gallery, merged.gallery, leave_out=ONLY_SAID)


def test_a_shard_says_which_it_is_and_keeps_to_its_file(shards):
    files = shards(2)
    assert [file.name for file in files] == ["g.shard-0-of-2.sqlite", "g.shard-1-of-2.sqlite"]
    with GalleryReader(files[1]) as reader:
        (job,) = reader.jobs()
    assert job.coverage == ((1, 2, 10, 10),)
    assert not job.finished


def test_shards_can_come_one_by_one_in_any_order(same_rows, scan, shards, tmp_path):
    files = shards(3)
    whole = scan(layers=LAYERS)
    for number, order in enumerate(itertools.permutations(files)):
        gallery = tmp_path / f"{number}.sqlite"
        first = merge(gallery, order[0])
        assert not first.finished
        assert len(first.merged) == 1
        assert len(first.missing) == 2
        merge(gallery, *order[:2])
        last = merge(gallery, order[2])
        assert last.finished
        same_rows(whole.gallery, gallery, leave_out=ONLY_SAID)


def test_shards_that_are_merged_already_are_no_reason_for_a_warning(shards, tmp_path):
    gallery, files = tmp_path / "g.sqlite", shards(3)
    merge(gallery, *files[:2])
    again = merge(gallery, *files[:2])
    assert again.merged == (0, 1)
    assert again.warnings == ()


def test_what_is_merged_so_far_can_be_seen_with_pictures(shards, tmp_path):
    gallery = tmp_path / "some.sqlite"
    summary = merge(gallery, *shards(3)[:2])
    assert summary.missing == (2,)
    with GalleryReader(gallery) as reader:
        record = reader.unit("body", 0)
        assert record.statistics.count == summary.samples == 14
        assert all(reader.picture(one.file) for one in record.exemplars)


def test_a_merged_file_is_a_shard_of_its_own_and_nothing_counts_twice(same_rows, scan, shards, tmp_path):
    files = shards(4)
    merge(tmp_path / "low.sqlite", *files[:2])
    merge(tmp_path / "high.sqlite", *files[2:])
    summary = merge(tmp_path / "all.sqlite", tmp_path / "low.sqlite", files[0], tmp_path / "high.sqlite", files[0])
    assert summary.finished
    assert summary.samples == 21
    assert any("brought nothing new" in sentence for sentence in summary.warnings)
    same_rows(scan(layers=LAYERS).gallery, summary.gallery, leave_out=ONLY_SAID)


def test_merging_again_changes_nothing(shards, tmp_path):
    files = shards(2)
    first = merge(tmp_path / "g.sqlite", *files)
    stamp = (tmp_path / "g.sqlite").stat().st_mtime_ns
    again = merge(tmp_path / "g.sqlite", files[1])
    assert (again.finished, again.merged, again.samples) == (True, (0, 1), first.samples)
    assert (tmp_path / "g.sqlite").stat().st_mtime_ns == stamp


def test_files_that_overlap_in_part_are_told(shards, tmp_path):
    files = shards(3)
    merge(tmp_path / "a.sqlite", *files[:2])
    merge(tmp_path / "b.sqlite", *files[1:])
    with pytest.raises(ScanError, match="both hold shard 1"):
        merge(tmp_path / "c.sqlite", tmp_path / "a.sqlite", tmp_path / "b.sqlite")
    assert not (tmp_path / "c.sqlite").exists()


def test_a_shard_that_is_not_complete_is_left_out_and_named(scan, shards, tmp_path, often):
    files = shards(2)
    files[1].unlink()
    control = ScanControl()

    def report(progress):
        if progress.phase == "scanning" and progress.done == 4:
            control.stop()

    part = scan(layers=LAYERS, gallery=tmp_path / "of2" / "g.sqlite", shard=1, shards=2, control=control, report=report)
    assert not part.finished
    summary = merge(tmp_path / "g.sqlite", *files)
    assert (summary.merged, summary.missing) == ((0,), (1,))
    assert "shard 1 has 4 of its 10 files" in summary.warnings[0]
    with pytest.raises(ScanError, match="No shard is complete"):
        merge(tmp_path / "h.sqlite", files[1])


@pytest.mark.parametrize(
    ("options", "named"),
    [({"top": 2}, "`top`"), ({"layers": ("act",)}, "the layers"), ({"classes": "none"}, "the labels")],
)
def test_shards_of_different_scans_are_told_apart_by_what_differs(shards, tmp_path, options, named):
    one = shards(2)[0]
    other = shards(2, **options, gallery=tmp_path / "other" / "g.sqlite")[1]
    with pytest.raises(ScanError, match=f"differ in {named}"):
        merge(tmp_path / "g.sqlite", one, other)


def test_shards_of_another_splitting_are_told(shards, tmp_path):
    with pytest.raises(ScanError, match=r"in 3 shards.* in 2|in 2 shards.* in\s+3"):
        merge(tmp_path / "g.sqlite", shards(2)[0], shards(3)[1])


def test_images_that_changed_or_went_are_told(shards, photographs, tmp_path):
    files = shards(2)
    (photographs / "ash" / "extra.png").write_bytes(b"x")
    with pytest.raises(ScanError, match=r"the images.* changed"):
        merge(tmp_path / "g.sqlite", *files)
    shutil.move(photographs, tmp_path / "away")
    with pytest.raises(ScanError, match="not on this machine"):
        merge(tmp_path / "g.sqlite", *files)


def test_a_file_without_a_scan_is_told(shards, tmp_path):
    (tmp_path / "notes.txt").write_text("no gallery")
    with pytest.raises(ScanError, match="no gallery of DeepVis"):
        merge(tmp_path / "g.sqlite", tmp_path / "notes.txt")
    with pytest.raises(ScanError, match="There is no gallery"):
        merge(tmp_path / "g.sqlite", tmp_path / "missing.sqlite")
    with pytest.raises(ScanError, match="no shards"):
        merge(tmp_path / "g.sqlite")


def test_a_stopped_merge_goes_on(same_rows, scan, shards, tmp_path):
    files = shards(2)
    control = ScanControl()

    def report(progress):
        if progress.phase == PICTURES:
            control.stop()

    stopped = merge(tmp_path / "g.sqlite", *files, control=control, report=report)
    assert not stopped.finished
    assert stopped.missing == ()
    finished = merge(tmp_path / "g.sqlite", *files)
    assert finished.finished
    same_rows(scan(layers=LAYERS).gallery, finished.gallery, leave_out=ONLY_SAID)


def test_a_shard_done_before_does_nothing(scan, tmp_path):
    options = {"layers": LAYERS, "gallery": tmp_path / "g.sqlite", "shard": 1, "shards": 2}
    first, again = scan(**options), scan(**options)
    assert (first.already_done, again.already_done) == (False, True)
    assert again.finished
    assert again.samples == first.samples
