from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind
from deepvis.gallery.rows import ImageRow, SkippedFile
from deepvis.gallery.writer import GalleryWriter


def rows_of(path):
    """Everything in the file, by table."""
    with GalleryReader(path) as gallery:
        tables = gallery.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: gallery.connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables}


def test_an_unfinished_job_of_the_same_hash_is_taken_up(made):
    with GalleryWriter(made.path, made.MODEL) as writer:
        first = writer.begin_job(made.JOB)
        assert writer.begin_job(made.JOB) == first
        assert writer.begin_job(replace(made.JOB, hash="other")) != first
        writer.finish_job(first)
        assert writer.job("hash-1").finished
        assert writer.begin_job(made.JOB) != first


def test_jobs_without_a_hash_are_never_the_same(made):
    with GalleryWriter(made.path, made.MODEL) as writer:
        assert writer.begin_job(replace(made.JOB, hash="")) != writer.begin_job(replace(made.JOB, hash=""))


def test_a_job_is_told_anew(made):
    with GalleryWriter(made.path, made.MODEL) as writer:
        key = writer.begin_job(made.JOB)
        told = replace(
            made.JOB,
            id=key,
            coverage=((0, 2, 3, 20), (1, 2, 20, 20)),
            samples=23,
            skipped=1,
            parameters={"top": 9},
            device="cpu",
        )
        writer.update_job(told)
        read = writer.job("hash-1")
        assert read == replace(told, updated_utc=read.updated_utc)
        assert read.updated_utc.endswith("+00:00")


def test_a_state_is_replaced_as_a_whole_and_goes_with_the_job(made):
    with GalleryWriter(made.path, made.MODEL) as writer:
        key = writer.begin_job(made.JOB)
        assert writer.load_state(key) is None
        writer.save_state(key, {"a": np.arange(5), "b": np.ones((2, 0, 3), np.float32)}, {"done": 3})
        writer.save_state(key, {"a": np.arange(6, dtype=">i4"), "flags": np.array([True, False])}, {"done": 4})
        state = writer.load_state(key)
        assert set(state.arrays) == {"a", "flags"}
        np.testing.assert_array_equal(state.arrays["a"], np.arange(6))
        assert state.arrays["flags"].dtype == bool
        assert state.progress == {"done": 4}
        writer.finish_job(key)
        assert writer.load_state(key) is None


def test_an_array_larger_than_a_value_of_the_database_is_cut(made, monkeypatch):
    monkeypatch.setattr("deepvis.gallery.arrays.PART_BYTES", 100)
    array = np.random.default_rng(0).integers(0, 1 << 60, 1000)
    with GalleryWriter(made.path, made.MODEL) as writer:
        key = writer.begin_job(made.JOB)
        writer.save_state(key, {"sums": array}, {})
        writer.write_arrays(key, {"sums": array})
        np.testing.assert_array_equal(writer.load_state(key).arrays["sums"], array)
        assert writer.connection.execute("SELECT count(*) FROM states").fetchone() == (80,)
    with GalleryReader(made.path) as gallery:
        np.testing.assert_array_equal(gallery.array("sums"), array)


def test_a_layer_is_replaced_as_a_whole(made):
    once = made.layer_rows(units=9, boxes="few", seed=1)
    made.write(made.layer_rows(units=12, boxes="few"))
    made.write(once)
    after = rows_of(made.path)
    made.path.unlink()
    made.write(once)
    fresh = rows_of(made.path)
    for table in ("units", "exemplar_places", "boxes", "unit_classes"):
        assert [row[1:] for row in after[table]] == [row[1:] for row in fresh[table]], table
    assert len(after["units"]) == 9


def test_pictures_of_units_stay_when_their_layer_is_scanned(made):
    key = made.write()
    with GalleryWriter(made.path, made.MODEL) as writer:
        image = writer.add_image(key, ImageRow("features.0", 2, ImageKind.SYNTHESIS, b"png", 5, 5, recipe="plain"))
    made.write(made.layer_rows(seed=2))
    with GalleryReader(made.path) as gallery:
        assert gallery.image(image) == b"png"
        assert gallery.unit("features.0", 2).images[0].recipe == "plain"


def test_nothing_of_a_transaction_is_kept_after_an_exception(made):
    key = made.write()
    before = rows_of(made.path)

    def fail(writer):
        with writer.transaction():
            writer.write_skipped(key, [SkippedFile(1, "a", "b")])
            writer.write_layer(key, made.layer_rows("features.1"))
            with writer.transaction():
                writer.finish_job(key)
            raise ZeroDivisionError

    with GalleryWriter(made.path, made.MODEL) as writer:
        with pytest.raises(ZeroDivisionError):
            fail(writer)
        assert not writer.connection.in_transaction
    assert rows_of(made.path) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sample": 4000}, "refer to file 4000"),
        ({"unit": 12}, "not of 12 units"),
        ({"column": 7}, "outside its map"),
    ],
)
def test_rows_that_do_not_fit_are_refused_and_nothing_changes(made, change, said):
    made.write()
    before = rows_of(made.path)
    rows = made.layer_rows(seed=1)
    for name, value in change.items():
        getattr(rows.exemplars, name)[5] = value
    with pytest.raises(ValueError, match=said):
        made.write(rows)
    assert rows_of(made.path) == before


def test_two_exemplars_in_one_place_are_refused(made):
    rows = made.layer_rows()
    rows.exemplars.rank[1] = rows.exemplars.rank[0]
    with pytest.raises(ValueError, match="same unit, kind and rank"):
        made.write(rows)


def test_files_nobody_refers_to_are_removed_and_pictures_of_the_others_stay(made):
    rows = made.layer_rows(files=10, per_file=2)
    key = made.write(rows)
    used = set(np.unique(rows.exemplars.sample // 2).tolist())
    with GalleryWriter(made.path, made.MODEL) as writer:
        for file in writer.files_without_picture(key):
            writer.store_picture(file.id, b"jpeg")
        assert writer.remove_unused_files() == 40 - len(used)
        assert writer.remove_unused_files() == 0
        writer.write_files(key, made.file_rows(12))
        assert {file.number for file in writer.files_without_picture(key)} == set(range(12)) - used


def test_files_of_an_older_job_go_when_its_layers_were_scanned_again(made):
    made.write()
    second = made.write(job=replace(made.JOB, hash="second"))
    with GalleryWriter(made.path, made.MODEL) as writer:
        assert writer.remove_unused_files() >= 40
        assert writer.connection.execute("SELECT DISTINCT job_id FROM files").fetchall() == [(second,)]


def test_a_removed_job_takes_with_it_what_it_made(made):
    key = made.write(made.layer_rows("stem"))
    other = made.write(made.layer_rows("head"), job=replace(made.JOB, hash="second"))
    with GalleryWriter(made.path, made.MODEL) as writer:
        writer.save_state(key, {"a": np.arange(3)}, {})
        writer.remove_job(key)
    with GalleryReader(made.path) as gallery:
        assert list(gallery.layers()) == ["head"]
        assert [job.id for job in gallery.jobs()] == [other]
        assert len(gallery.unit("head", 0).exemplars) == 9


def test_a_picture_of_an_unknown_layer_is_refused(made):
    with GalleryWriter(made.path, made.MODEL) as writer:
        key = writer.begin_job(made.JOB)
        with pytest.raises(ValueError, match=r"does not know the layer conv9"):
            writer.add_image(key, ImageRow("conv9", 0, ImageKind.SYNTHESIS, b"", 1, 1))


def test_identity_is_kept_with_the_job(made):
    made.write()
    with GalleryReader(made.path) as gallery:
        assert gallery.jobs()[0].identity == made.IDENTITY


def test_a_state_of_mostly_zeros_takes_little_room(made):
    key = made.write()
    counts = np.zeros((1000, 500), np.int64)
    counts[::7, 3] = 5
    with GalleryWriter(made.path, made.MODEL) as writer:
        writer.save_state(key, {"counts": counts}, {})
        np.testing.assert_array_equal(writer.load_state(key).arrays["counts"], counts)
        (stored,) = writer.connection.execute("SELECT sum(length(data)) FROM states").fetchone()
    assert stored < counts.nbytes / 50
