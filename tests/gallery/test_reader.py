from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ExemplarKind, ImageKind, StoredPicture
from deepvis.gallery.rows import KINDS, ExemplarRows, ImageRow, SkippedFile
from deepvis.gallery.writer import GalleryWriter
from deepvis.records import LayerInfo, Rect, UnitId


def expected_exemplars(made, rows, unit, kind, files=40):
    """What should come back, by a plain loop over the rows."""
    found = []
    exemplars = rows.exemplars
    for index in range(len(exemplars.unit)):
        if exemplars.unit[index] == unit and KINDS[exemplars.kind[index]] is kind:
            sample = int(exemplars.sample[index])
            file = made.file_rows(files)[sample // rows.samples_per_file]
            box = tuple(int(side) for side in exemplars.box[index])
            rect = Rect(0, 0, file.height, file.width) if box[0] < 0 else Rect(*box)
            position = (int(exemplars.row[index]), int(exemplars.column[index]))
            found.append((int(exemplars.rank[index]), float(exemplars.value[index]), sample, position, rect, file))
    return sorted(found, key=lambda entry: entry[0])


@pytest.mark.parametrize("boxes", ["many", "few", "whole", "some whole"])
@pytest.mark.parametrize("options", [{}, {"per_file": 7}, {"map_side": 300}], ids=str)
def test_exemplars_come_back_as_they_were_written(made, boxes, options):
    rows = made.layer_rows(boxes=boxes, **options)
    made.write(rows)
    with GalleryReader(made.path) as gallery:
        for unit in (0, 5, 11):
            record = gallery.unit("features.0", unit)
            for kind, exemplars in zip(KINDS, (record.exemplars, record.minima, record.quantiles), strict=True):
                expected = expected_exemplars(made, rows, unit, kind)
                assert [(e.rank, e.value, e.sample, e.position, e.box) for e in exemplars] == [e[:5] for e in expected]
                assert [e.path for e in exemplars] == [Path("/pictures") / e[5].path for e in expected]
                assert [e.label for e in exemplars] == [("dog", "cat")[e[5].class_number] for e in expected]


def test_figures_come_back_as_they_were_written(made):
    rows = made.layer_rows()
    made.write(rows)
    figures = rows.statistics
    with GalleryReader(made.path) as gallery:
        record = gallery.unit("features.0", 4)
        layer = gallery.layer("features.0")
    read = record.statistics
    for name in ("count", "mean", "std", "active_fraction", "minimum", "maximum", "mean_maximum", "nan_count"):
        assert getattr(read, name) == getattr(figures, name)[4], name
    assert read.selectivity == figures.selectivity[4]
    np.testing.assert_array_equal(record.histogram.counts, figures.histogram[4])
    assert [(entry.name, entry.mean, entry.count) for entry in record.classes] == [("cat", 2.5, 7), ("dog", 1.5, 5)]
    assert [entry.unit for entry in record.similar] == [2, 1]
    assert [entry.correlation for entry in record.similar] == pytest.approx([0.75, -0.5], abs=1 / 32767)
    for name in ("mean", "std", "active_fraction", "minimum", "maximum"):
        np.testing.assert_array_equal(getattr(layer, name), getattr(figures, name))
    assert (layer.name, layer.units, layer.count) == ("features.0", 12, 40)
    np.testing.assert_allclose(layer.correlation, rows.correlation, atol=1 / 254 + 1e-6)


def test_a_unit_without_selectivity_has_none(made):
    made.write()
    with GalleryReader(made.path) as gallery:
        assert gallery.unit("features.0", 3).statistics.selectivity is None


def test_infinite_and_missing_figures_come_back(made):
    rows = made.layer_rows(units=2)
    rows.statistics.maximum[0] = np.inf
    rows.statistics.mean[1] = np.nan
    rows.exemplars.value[0] = np.inf
    made.write(rows)
    with GalleryReader(made.path) as gallery:
        record = gallery.unit("features.0", 0)
        assert record.statistics.maximum == np.inf
        assert record.exemplars[0].value == np.inf
        assert np.isnan(gallery.unit("features.0", 1).statistics.mean)
        assert np.isnan(gallery.layer("features.0").mean[1])


def test_the_best_of_a_layer_are_those_of_its_units(made):
    made.write(made.layer_rows(boxes="some whole", per_file=3))
    with GalleryReader(made.path) as gallery:
        best = gallery.best("features.0", ExemplarKind.MINIMUM, per_unit=4)
        found = [
            (int(unit), int(rank), float(value), int(file), int(sample), (int(row), int(column)), Rect(*box.tolist()))
            for unit, rank, value, file, sample, row, column, box in zip(
                best.unit, best.rank, best.value, best.file, best.sample, best.row, best.column, best.box, strict=True
            )
        ]
        expected = [
            (unit, e.rank, e.value, e.file, e.sample, e.position, e.box)
            for unit in range(12)
            for e in gallery.unit("features.0", unit).minima[:4]
        ]
    assert found == expected


def test_units_with_fewer_exemplars_have_only_those(made):
    rows = made.layer_rows()
    keep = ~((rows.exemplars.unit == 5) & (rows.exemplars.rank > 1))
    names = ["kind", "unit", "rank", "sample", "value", "row", "column", "box"]
    fewer = ExemplarRows(*(getattr(rows.exemplars, name)[keep] for name in names))
    made.write(replace(rows, exemplars=fewer))
    with GalleryReader(made.path) as gallery:
        assert [exemplar.rank for exemplar in gallery.unit("features.0", 5).exemplars] == [0, 1]
        assert len(gallery.unit("features.0", 6).exemplars) == 9
        best = gallery.best("features.0", per_unit=9)
        assert (best.unit == 5).sum() == 2
        assert (best.unit == 6).sum() == 9


def test_a_scan_without_exemplars_labels_and_correlations_is_readable(made):
    rows = made.layer_rows()
    none = made.exemplar_rows(0)
    bare = replace(rows, exemplars=none, classes=None, similar=None, correlation=None, boxes=None)
    made.write(bare)
    with GalleryReader(made.path) as gallery:
        record = gallery.unit("features.0", 1)
        assert record.exemplars == record.minima == record.quantiles == record.classes == record.similar == ()
        assert len(gallery.best("features.0").unit) == 0
        assert gallery.layer("features.0").correlation is None
        assert gallery.array("receptive_boxes", "features.0") is None


def test_what_a_gallery_does_not_know_is_empty(made):
    made.write()
    with GalleryReader(made.path) as gallery:
        assert gallery.unit("features.9", 0).statistics is None
        assert gallery.unit("features.0", 99).exemplars == ()
        assert gallery.unit("features.0", 99).unit == UnitId(made.MODEL, "features.0", 99)
        assert gallery.layer("features.9") is None
        assert len(gallery.best("features.9").unit) == 0
        assert gallery.picture(99) is gallery.file_path(99) is gallery.image(99) is gallery.job("none") is None
        assert gallery.array("mean") is gallery.array("mean", "features.9") is None


def test_a_picture_is_there_once_it_is_stored(made):
    key = made.write()
    with GalleryWriter(made.path, made.MODEL) as writer, GalleryReader(made.path) as gallery:
        missing = writer.files_without_picture(key)
        assert [file.number for file in missing] == list(range(40))
        assert gallery.picture(missing[3].id) is None
        writer.store_picture(missing[3].id, b"jpeg")
        assert gallery.picture(missing[3].id) == StoredPicture(b"jpeg", 303, 400)
        assert gallery.file_path(missing[3].id) == Path("/pictures/cats/3.jpg")
        assert len(writer.files_without_picture(key)) == 39


def test_rows_of_another_model_state_say_so(made):
    made.write()
    with GalleryReader(made.path) as gallery:
        assert gallery.unit("features.0", 0, made.IDENTITY).stale == ""
        assert gallery.unit("features.0", 0).stale == ""
        other = replace(made.IDENTITY, weights_sha256="cd" * 32)
        assert "other weights" in gallery.unit("features.0", 0, other).stale
        assert "other weights" in gallery.layer("features.0", other).stale


def test_pictures_of_units_come_back_and_say_when_they_are_stale(made):
    with GalleryWriter(made.path, made.MODEL) as writer:
        key = writer.begin_job(replace(made.JOB, kind="session", hash=""))
        writer.add_layer(LayerInfo("features.0", "Conv2d", 12, 7, 7))
        image = ImageRow("features.0", 3, ImageKind.SESSION, b"png", 20, 30, value=1.5, metadata={"title": "camera 0"})
        first = writer.add_image(key, image)
        writer.add_image(key, replace(image, rank=1, value=None))
        assert writer.add_image(key, replace(image, data=b"newer")) != 0
    with GalleryReader(made.path) as gallery:
        record = gallery.unit("features.0", 3, made.IDENTITY)
        assert [(entry.rank, entry.value, entry.size) for entry in record.images] == [
            (0, 1.5, (20, 30)),
            (1, None, (20, 30)),
        ]
        assert record.images[0].metadata == {"title": "camera 0"}
        assert gallery.image(record.images[0].id) == b"newer"
        assert gallery.image(first) in {None, b"newer"}
        other = gallery.unit("features.0", 3, replace(made.IDENTITY, preprocessing='{"fit": "stretch"}'))
        assert "other preprocessing" in other.images[0].metadata["stale"]
        assert gallery.layers() == {"features.0": None}
        assert gallery.layer("features.0") is None


def test_pictures_come_back_whole_with_their_job_and_layer_to_be_copied(made):
    layer = LayerInfo("features.0", "Conv2d", 12, 7, 7, is_classes=True)
    image = ImageRow("features.0", 3, ImageKind.SYNTHESIS, b"png", 20, 30, 0, 1.5, "clear", 4, {"layer_rank": 0})
    with GalleryWriter(made.path, made.MODEL) as writer:
        keys = [writer.begin_job(replace(made.JOB, kind="synthesis", hash=name)) for name in ("one", "other")]
        writer.add_layer(layer)
        stored = [writer.add_image(key, replace(image, seed=key)) for key in keys]
    with GalleryReader(made.path) as gallery:
        assert gallery.layer_infos() == (layer,)
        (row,) = gallery.image_rows("features.0", keys[1])
        assert {field.name: getattr(row, field.name) for field in fields(row)} == {
            field.name: getattr(replace(image, seed=keys[1]), field.name) for field in fields(image)
        }
        assert gallery.image_rows("nowhere", keys[1]) == ()
        assert [gallery.image_job(key).hash for key in stored] == ["one", "other"]
        assert gallery.image_job(99) is None


def test_layers_tell_the_job_they_come_from(made):
    made.write(made.layer_rows("stem"), made.layer_rows("head"))
    with GalleryReader(made.path) as gallery:
        assert list(gallery.layers()) == ["stem", "head"]
        assert gallery.layers()["head"].hash == "hash-1"
        assert gallery.model == made.MODEL
        (job,) = gallery.jobs()
        assert job == replace(made.JOB, id=job.id, updated_utc=job.updated_utc)
        assert gallery.job("hash-1") == job


def test_skipped_files_and_arrays_come_back(made):
    key = made.write()
    skipped = [SkippedFile(7, "b.jpg", "It is empty."), SkippedFile(2, "a\n.jpg", "It is no image.")]
    mean = np.random.default_rng(0).normal(size=(3, 8, 8))
    with GalleryWriter(made.path, made.MODEL) as writer:
        writer.write_skipped(key, skipped)
        writer.write_arrays(key, {"mean": mean, "count": np.array(7)})
        writer.write_arrays(key, {"mean": np.arange(5, dtype=np.int16)}, "features.0")
    with GalleryReader(made.path) as gallery:
        assert gallery.skipped(key) == (skipped[1], skipped[0])
        np.testing.assert_array_equal(gallery.array("mean"), mean)
        assert gallery.array("count") == 7
        assert gallery.array("mean", "features.0").dtype == np.int16
        np.testing.assert_array_equal(gallery.array("receptive_boxes", "features.0"), made.layer_rows().boxes)


def test_a_reader_notices_that_somebody_wrote(made):
    made.write()
    with GalleryReader(made.path) as gallery:
        before = gallery.data_version()
        assert gallery.data_version() == before
        made.write(made.layer_rows(seed=3))
        assert gallery.data_version() != before


def test_pictures_of_a_whole_layer_come_by_unit_in_one_query(made):
    made.write(made.layer_rows())
    with GalleryWriter(made.path, made.MODEL) as writer:
        job = writer.begin_job(replace(made.JOB, hash="other"))
        for unit, seed in ((5, 1), (5, 0), (2, 0)):
            writer.add_image(job, ImageRow("features.0", unit, ImageKind.SYNTHESIS, b"", 4, 4, recipe="r", seed=seed))
        writer.add_image(job, ImageRow("features.0", 5, ImageKind.SESSION, b"", 4, 4))
        writer.add_image(job, ImageRow("features.0", -1, ImageKind.SYNTHESIS, b"", 4, 4))
    with GalleryReader(made.path) as gallery:
        found = gallery.unit_images("features.0", ImageKind.SYNTHESIS)
        assert {unit: [image.seed for image in images] for unit, images in found.items()} == {2: [0], 5: [0, 1]}
        assert {image.job for images in found.values() for image in images} == {"other"}
        assert found[5] == tuple(
            image for image in gallery.unit("features.0", 5).images if image.kind is ImageKind.SYNTHESIS
        )
        assert gallery.unit_images("features.9", ImageKind.SYNTHESIS) == {}
