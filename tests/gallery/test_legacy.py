from __future__ import annotations

import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest

from deepvis.gallery.errors import GalleryError
from deepvis.gallery.image_size import image_size
from deepvis.gallery.legacy import import_folder
from deepvis.gallery.legacy_files import Note, read_notes, recognize
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind
from deepvis.gallery.writer import GalleryWriter
from deepvis.sources.decode import decode_image


def png(height=4, width=6):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + bytes(3 * width)) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.fixture
def jpeg(images_dir):
    return next(path for path in sorted(images_dir.rglob("*.jpg"))).read_bytes()


INFO_2015 = """# is_conv val image_idx image_class i(if is_conv) j(if is_conv) filename
1 91.250000 102 7 5 12 n01/cat with spaces.JPEG
1 80.500000 17 3 0 1 n02/dog.JPEG
"""
INFO_FORK = """# is_conv val image_idx image_class selected_input_index i(if is_conv) j(if is_conv) filename
1 -5.000000 4 2 -1 6 3 ./images/a.jpg
0 7.5 4 2 -1 ./images/b.jpg
"""


def write(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())


@pytest.fixture
def bring(made, tmp_path):
    """Import files; returns the report."""

    def importing(files, below="", **options):
        folder = tmp_path / "old"
        write(folder, files)
        with GalleryWriter(made.path, made.MODEL) as writer:
            return import_folder(folder / below, writer, made.IDENTITY, **options)

    return importing


def test_ready_made_pictures_of_2015_are_imported(bring, made, jpeg):
    report = bring(
        {
            "unit_jpg_vis/regularized_opt/conv5/conv5_0007_montage.jpg": jpeg,
            "unit_jpg_vis/regularized_opt/conv5/whole_layer.jpg": jpeg,
            "unit_jpg_vis/max_im/conv5/conv5_0007.jpg": jpeg,
            "unit_jpg_vis/max_deconv/conv5/conv5_0007.jpg": jpeg,
            "readme.txt": "hello",
        }
    )
    assert (report.images, report.units, report.layers, report.skipped, report.ignored) == (4, 1, ("conv5",), (), 1)
    with GalleryReader(made.path) as gallery:
        images = gallery.unit("conv5", 7).images
        assert {image.kind for image in images} == {ImageKind.SYNTHESIS, ImageKind.MAXIMUM, ImageKind.DECONV}
        assert gallery.image(images[0].id) == jpeg
        assert images[0].size == decode_image(jpeg, "").shape[:2]
        (sheet,) = gallery.layer_images("conv5")
        assert sheet.kind is ImageKind.SHEET
        assert gallery.jobs()[0].finished


def test_output_of_the_scripts_is_imported_with_values_and_places(bring, made):
    report = bring(
        {
            "conv1/unit_0012/maxim_000.png": png(),
            "conv1/unit_0012/maxim_001.png": png(),
            "conv1/unit_0012/deconv_000.png": png(),
            "conv1/unit_0012/backpropnorm_001.png": png(),
            "conv1/unit_0012/info.txt": INFO_2015,
        }
    )
    assert (report.images, report.ignored) == (4, 0)
    with GalleryReader(made.path) as gallery:
        images = gallery.unit("conv1", 12).images
    maxima = [image for image in images if image.kind is ImageKind.MAXIMUM]
    assert [(image.rank, image.value, image.size) for image in maxima] == [(0, 91.25, (4, 6)), (1, 80.5, (4, 6))]
    assert maxima[0].metadata["path"] == "n01/cat with spaces.JPEG"
    assert maxima[0].metadata["position"] == [5, 12]
    attributions = {image.recipe: image.value for image in images if image.kind is ImageKind.DECONV}
    assert attributions == {"deconv": 91.25, "backpropnorm": 80.5}


def test_output_of_the_fork_is_imported_minima_and_sheets_included(bring, made):
    bring(
        {
            "inception_3a/1x1/unit_0003/maxim_000.png": png(),
            "inception_3a/1x1/unit_0003/min_maxim_000.png": png(),
            "inception_3a/1x1/unit_0003/deconv_000.png": png(),
            "inception_3a/1x1/unit_0003/min_deconv_000.png": png(),
            "inception_3a/1x1/unit_0003/min_info.txt": INFO_FORK,
            "inception_3a/1x1/unit_0003/opt_3.jpg": png(),
            "inception_3a/1x1/unit_0003/max_histogram.png": png(),
            "inception_3a/1x1/layer_inactivity.png": png(),
            "inception_3a/1x1/channels_correlation.png": png(),
        }
    )
    with GalleryReader(made.path) as gallery:
        images = {(str(image.kind), image.recipe): image for image in gallery.unit("inception_3a/1x1", 3).images}
        sheets = gallery.layer_images("inception_3a/1x1")
    assert set(images) == {
        ("maximum", ""),
        ("minimum", ""),
        ("deconv", "deconv"),
        ("deconv", "deconv of minimum"),
        ("synthesis", "opt_3"),
        ("sheet", "max_histogram"),
    }
    assert images["minimum", ""].value == -5
    assert images["minimum", ""].metadata["position"] == [6, 3]
    assert images["maximum", ""].value is None
    assert [sheet.recipe for sheet in sheets] == ["channels_correlation", "layer_inactivity"]


def test_the_folder_of_one_layer_can_be_imported(bring, made):
    report = bring({"conv1/unit_0000/maxim_000.png": png()}, below="conv1")
    assert report.layers == ("conv1",)


def test_layers_get_the_names_of_the_network(bring, made):
    report = bring({"conv1/unit_0000/maxim_000.png": png()}, rename={"conv1": "features.0"})
    assert report.layers == ("features.0",)
    with GalleryReader(made.path) as gallery:
        assert len(gallery.unit("features.0", 0).images) == 1


def test_an_import_that_is_repeated_replaces_the_first(bring, made):
    bring({"conv1/unit_0000/maxim_000.png": png(), "conv9/unit_0000/maxim_000.png": png()})
    (made.path.parent / "old/conv9/unit_0000/maxim_000.png").unlink()
    bring({"conv1/unit_0000/maxim_000.png": png(9, 9)})
    with GalleryReader(made.path) as gallery:
        assert list(gallery.layers()) == ["conv1"]
        assert [image.size for image in gallery.unit("conv1", 0).images] == [(9, 9)]
        assert len(gallery.jobs()) == 1


def test_an_import_leaves_scanned_figures_alone(bring, made):
    made.write()
    bring({"features.0/unit_0003/maxim_000.png": png()})
    with GalleryReader(made.path) as gallery:
        record = gallery.unit("features.0", 3)
    assert len(record.exemplars) == 9
    assert len(record.images) == 1


def test_files_that_cannot_be_used_are_listed_with_the_reason(bring, made):
    report = bring(
        {
            "c/unit_0000/maxim_000.png": b"",
            "c/unit_0000/maxim_001.png": "text",
            "c/unit_0000/maxim_002.png": png()[:20],
            "c/unit_0000/maxim_003.png": png(0, 5),
            "c/unit_0000/maxim_004.png": png(),
        }
    )
    assert [file.reason for file in report.skipped] == [
        "The file is empty.",
        "It is neither PNG nor JPEG.",
        "It is damaged: its size cannot be read.",
        "It is damaged: its size cannot be read.",
    ]
    assert report.images == 1
    with GalleryReader(made.path) as gallery:
        assert gallery.skipped(gallery.jobs()[0].id) == report.skipped


@pytest.mark.parametrize("files", [{"holiday/beach.jpg": b"x"}, {"max_im/readme.txt": b"x"}])
def test_a_folder_of_something_else_is_refused_and_changes_nothing(bring, made, files):
    with pytest.raises(GalleryError, match="looks like a gallery of the 2015 toolbox"):
        bring(files)
    with GalleryReader(made.path) as gallery:
        assert gallery.jobs() == ()


def test_a_missing_folder_is_told(made, tmp_path):
    with GalleryWriter(made.path, made.MODEL) as writer, pytest.raises(GalleryError, match="There is no folder"):
        import_folder(tmp_path / "none", writer, made.IDENTITY)


def test_progress_is_told_to_the_end(bring):
    told = []
    bring({f"c/unit_{unit:04}/maxim_000.png": png() for unit in range(401)}, progress=lambda *step: told.append(step))
    assert told == [(200, 401), (400, 401), (401, 401)]


def test_notes_of_all_versions_are_read():
    assert read_notes(INFO_2015)[1] == Note(80.5, "n02/dog.JPEG", (0, 1), 17)
    assert read_notes(INFO_FORK) == [Note(-5, "./images/a.jpg", (6, 3), 4), Note(7.5, "./images/b.jpg", None, 4)]
    assert read_notes("nonsense\n1 what 3 4 5 6 name\n\n") == []


@pytest.mark.parametrize("path", ["conv1/unit_x/maxim_000.png", "maxim_000.png", "conv1/unit_0001/maxim.png", ""])
def test_other_paths_are_nothing_of_the_old_toolboxes(path):
    assert recognize(path) is None


def test_the_size_of_every_photograph_is_read_from_its_header(images_dir):
    paths = [path for path in images_dir.rglob("*") if path.suffix in {".jpg", ".png"}]
    assert paths
    for path in paths:
        data = path.read_bytes()
        assert image_size(data) == decode_image(data, path.name).shape[:2], path


def test_no_bytes_give_an_impossible_size_or_another_error(jpeg):
    random = np.random.default_rng(0)
    for start in (b"\xff\xd8", b"\x89PNG\r\n\x1a\n", jpeg[:60]):
        for _ in range(200):
            data = start + random.bytes(int(random.integers(0, 60)))
            size = None
            with suppress(ValueError):
                size = image_size(data)
            assert size is None or min(size) > 0
