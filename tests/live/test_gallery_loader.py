"""The thread that answers from the galleries."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from deepvis.gallery.histogram import BINS
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind, JobRecord
from deepvis.gallery.rows import ExemplarRows, FileRow, LayerRows, SimilarRows, StatisticsRows
from deepvis.gallery.writer import GalleryWriter
from deepvis.live.events import Notice
from deepvis.live.gallery_loader import GalleryLoader
from deepvis.live.mailbox import Bell
from deepvis.live.running_model import RunningModel
from deepvis.live.session_frames import KeptPicture, SessionFrame, SessionFrames
from deepvis.records import GridView, LayerInfo, ModelInfo, Rect, Sort, Stage, UnitId, View
from deepvis.sources.encode import encode_jpeg

WAIT_S = 20.0
GRID = GridView(60, 80)


class Loading:
    def __init__(self, folder):
        self._bell = Bell()
        self.events = []
        self.loader = GalleryLoader(self._hear, self._bell.ring, folder)
        self.loader.start()

    def _hear(self, event):
        self.events.append(event)
        self._bell.ring()

    def wait(self, found, what):
        deadline_s = time.monotonic() + WAIT_S
        while (value := found()) is None:
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"{what} did not come; said: {self.events}"
            self._bell.wait(left_s)
        return value

    def page(self, fits=lambda page: True):
        return self.wait(partial(self._fitting, self.loader.pages, fits), "The page")

    def pattern(self, fits=lambda pattern: pattern.complete):
        return self.wait(partial(self._fitting, self.loader.patterns, fits), "The pattern grid")

    def layer_page(self, fits=lambda page: True):
        return self.wait(partial(self._fitting, self.loader.layer_pages, fits), "The layer page")

    def session_page(self):
        return self.wait(self.loader.session_pages.take, "The session page")

    def notice(self):
        return self.wait(lambda: next((e for e in self.events if isinstance(e, Notice)), None), "A notice")

    def close(self):
        self.loader.stop()
        assert self.loader.join(5)

    @staticmethod
    def _fitting(mailbox, fits):
        item = mailbox.take()
        return item if item is not None and fits(item) else None


@pytest.fixture
def loading(gallery):
    live = Loading(gallery.folder)
    yield live
    live.close()


def shown(gallery, loading, **changes):
    loading.loader.models.put(gallery.running)
    loading.loader.views.put(gallery.view(**changes))


def test_the_selected_units_page_comes_and_another_ones_after_a_click(gallery, loading):
    gallery.scan()
    shown(gallery, loading, unit=1)
    assert loading.page().unit == UnitId("tiny", "body", 1)
    loading.loader.views.put(gallery.view(unit=4))
    page = loading.page()
    assert page.unit.unit == 4
    assert len(page.exemplars) == 9


def test_a_view_that_changes_nothing_on_the_page_brings_no_new_one(gallery, loading):
    gallery.scan()
    shown(gallery, loading)
    loading.page()
    loading.loader.views.put(gallery.view(position=(1, 2), grid=replace(GRID, hold_order=True)))
    loading.loader.views.put(gallery.view(unit=2))
    assert loading.page().unit.unit == 2


def test_a_model_that_moves_to_another_device_keeps_its_page(gallery, loading):
    gallery.scan()
    shown(gallery, loading)
    loading.page()
    moved = replace(gallery.running, info=replace(gallery.info, device="cuda:0"))
    loading.loader.models.put(moved)
    loading.loader.views.put(gallery.view(unit=2))
    assert loading.page().unit.unit == 2
    other = replace(gallery.running, info=replace(gallery.info, weights_sha256="bb"))
    loading.loader.models.put(other)
    assert "other weights" in loading.page().stale


def test_a_view_of_another_model_waits_for_that_model(gallery, loading):
    gallery.scan()
    shown(gallery, loading, model="other")
    loading.loader.views.put(gallery.view(unit=3))
    assert loading.page().unit.unit == 3


def test_what_is_scanned_while_the_window_is_open_shows_after_a_refresh(gallery, loading):
    shown(gallery, loading)
    assert "deepvis scan" in loading.page().notes["exemplars"]
    gallery.scan()
    loading.loader.refresh()
    assert len(loading.page().exemplars) == 9
    gallery.scan(level_minima=True, hash_text="again")
    loading.loader.refresh()
    assert loading.page().minima == ()


def test_a_click_shows_what_was_written_meanwhile_without_a_refresh(gallery, loading):
    shown(gallery, loading)
    loading.page()
    gallery.scan()
    loading.loader.views.put(gallery.view(unit=1))
    assert len(loading.page(lambda page: page.exemplars).exemplars) == 9


def test_a_damaged_gallery_is_told_once_and_on_the_page(gallery, loading):
    gallery.folder.mkdir()
    gallery.path.write_bytes(b"SQLite format 3\0 but then no more")
    shown(gallery, loading)
    note = loading.page().notes["exemplars"]
    assert str(gallery.path) in note
    assert loading.notice() == Notice(note, "error")
    loading.loader.views.put(gallery.view(unit=1))
    loading.page()
    assert len(loading.events) == 1


def test_damage_that_is_met_late_is_told_and_the_thread_goes_on(gallery, loading, monkeypatch):
    gallery.scan()
    from deepvis.gallery.errors import damaged

    def broken(self, *args):
        raise damaged(gallery.path, "a page is torn")

    shown(gallery, loading)
    loading.page()
    with monkeypatch.context() as patch:
        patch.setattr(GalleryReader, "unit", broken)
        loading.loader.views.put(gallery.view(unit=1))
        assert "a page is torn" in loading.page().notes["exemplars"]
    assert "a page is torn" in loading.notice().text


def test_the_pattern_grid_comes_only_when_it_is_asked_for(gallery, loading):
    gallery.scan()
    shown(gallery, loading, grid=GRID)
    loading.page()
    assert loading.loader.patterns.take() is None
    view = gallery.view(grid=GRID, stage=Stage.EXEMPLARS)
    loading.loader.views.put(view)
    pattern = loading.pattern()
    assert pattern.view == view
    assert pattern.bgrx.shape == (60, 80, 4)
    view = replace(view, grid=replace(GRID, sort=Sort.MEAN, zoom=2.0))
    loading.loader.views.put(view)
    assert loading.pattern().view == view


def test_a_pattern_grid_without_a_scan_says_what_to_do(gallery, loading):
    shown(gallery, loading, grid=GRID, stage=Stage.EXEMPLARS)
    pattern = loading.pattern()
    assert pattern.bgrx is pattern.layout is None
    assert "deepvis scan --images FOLDER --model tiny" in pattern.problem


def test_the_grid_of_minimum_images_and_that_of_exemplars_are_told_apart(gallery, loading):
    gallery.scan(level_minima=True)
    shown(gallery, loading)
    missing = {}
    for stage in (Stage.EXEMPLARS, Stage.MINIMA, Stage.EXEMPLARS):
        view = gallery.view(grid=GRID, stage=stage)
        loading.loader.views.put(view)
        pattern = loading.pattern(lambda pattern, view=view: pattern.view == view and pattern.complete)
        missing.setdefault(stage, []).append(pattern.missing)
    assert missing == {Stage.EXEMPLARS: [0, 0], Stage.MINIMA: [6]}


def test_layer_pages_come_with_an_order_for_the_correlation(gallery, loading):
    correlation = np.eye(6, dtype=np.float32)
    for one, other in ((0, 5), (1, 3), (2, 4)):
        correlation[one, other] = correlation[other, one] = 0.9
    gallery.scan(more={"correlation": correlation})
    shown(gallery, loading, stage=Stage.ACTIVITY)
    page = loading.layer_page()
    assert (page.model, page.layer, page.order) == ("tiny", "body", None)
    assert page.record.dead.tolist() == [False, False, False, True, False, False]
    loading.loader.views.put(gallery.view(stage=Stage.CORRELATION))
    page = loading.layer_page()
    steps = {frozenset(pair) for pair in zip(page.order.tolist(), page.order.tolist()[1:], strict=False)}
    assert {frozenset((0, 5)), frozenset((1, 3)), frozenset((2, 4))} <= steps
    loading.loader.views.put(gallery.view(layer="stem", stage=Stage.CORRELATION))
    page = loading.layer_page()
    assert page.record is None
    assert "--layers stem" in page.problem


# --------------------------------------------------------------------------------------------- frames of this session


def frames_of(gallery, unit, values, *, keep=False):
    made = []
    for value in values:
        picture = np.full((3, 20, 30), int(value), np.uint8)
        made.append(SessionFrame(value, (0, 1), KeptPicture(picture, "camera 0", None), (2, 3, 12, 18)))
    layer = gallery.info.layer("body")
    return SessionFrames(UnitId("tiny", "body", unit), layer, tuple(made), 12.5, keep)


def test_frames_of_this_session_become_a_page(gallery, loading):
    loading.loader.take_session_frames(frames_of(gallery, 3, (200.0, 100.0)))
    page = loading.session_page()
    assert page.unit.unit == 3
    assert page.since_s == 12.5
    assert [picture.value for picture in page.pictures] == [200, 100]
    picture = page.pictures[0]
    assert (picture.rgb == 200).all()
    assert picture.rgb.shape == (10, 15, 3)
    assert picture.box == Rect(2, 3, 10, 15)
    assert picture.title.startswith("camera 0, ")
    assert picture.source_rgb.shape == (20, 30, 3)


def test_frames_that_are_kept_stand_in_the_gallery_and_on_the_page(gallery, loading):
    shown(gallery, loading, unit=3)
    loading.page()
    for values in ((150.0, 100.0), (200.0, 100.0)):
        loading.events.clear()
        loading.loader.take_session_frames(frames_of(gallery, 3, values, keep=True))
        assert "Kept 2 frames" in loading.notice().text
    kept = loading.page(lambda page: [picture.value for picture in page.kept] == [200, 100]).kept
    assert kept[0].rgb.shape == (10, 15, 3)
    with GalleryReader(gallery.path) as reader:
        images = reader.unit("body", 3).images
    assert [(image.kind, image.value) for image in images] == [(ImageKind.SESSION, 200), (ImageKind.SESSION, 100)]


def test_a_gallery_of_kept_frames_alone_is_no_scan(gallery, loading):
    shown(gallery, loading, unit=3)
    loading.page()
    loading.loader.take_session_frames(frames_of(gallery, 3, (150.0,), keep=True))
    page = loading.page(lambda page: page.kept)
    assert page.notes["histogram"].startswith("No images were scanned with tiny yet.")
    loading.loader.views.put(gallery.view(grid=GRID, stage=Stage.EXEMPLARS))
    pattern = loading.pattern()
    assert pattern.bgrx is None
    assert pattern.problem.startswith("No images were scanned with tiny yet.")
    loading.loader.views.put(gallery.view(stage=Stage.ACTIVITY))
    assert loading.layer_page().problem.startswith("No images were scanned with tiny yet.")


def test_without_frames_nothing_is_kept_and_that_is_said(gallery, loading):
    shown(gallery, loading)
    loading.page()
    loading.loader.take_session_frames(frames_of(gallery, 3, (), keep=True))
    assert "no frames of this session" in loading.notice().text
    assert not gallery.path.exists()


def test_frames_that_cannot_be_kept_say_why(gallery, loading):
    shown(gallery, loading)
    loading.page()
    gallery.folder.mkdir()
    gallery.path.write_bytes(b"another program's file")
    loading.loader.take_session_frames(frames_of(gallery, 3, (5.0,), keep=True))
    assert loading.notice().text.startswith("The frames were not kept. ")
    assert gallery.path.read_bytes() == b"another program's file"


def test_pictures_become_small_when_there_is_time(gallery, loading):
    picture = KeptPicture(np.full((3, 200, 200), 77, np.uint8), "camera 0", None)
    dropped = KeptPicture(np.full((3, 200, 200), 77, np.uint8), "camera 0", None)
    dropped.dropped = True
    for one in (dropped, picture):
        loading.loader.take_picture(one)
    loading.loader.take_session_frames(frames_of(gallery, 3, ()))
    loading.session_page()
    loading.close()
    assert picture.nbytes < 5000
    assert dropped.nbytes == 120_000
    assert np.abs(picture.rgb().astype(int) - 77).max() <= 1


# ------------------------------------------------------------------------------------------------------- large layers

MANY = 26_000


@pytest.fixture
def large(gallery):
    """A layer of as many units as a sparse autoencoder has features."""
    layer = LayerInfo("large", "Linear", MANY, 7, 7, worth_showing=True)
    random = np.random.default_rng(0)
    places = [(kind, rank) for kind, top in ((0, 9), (1, 9), (2, 15)) for rank in range(top)]
    kind, rank = np.tile(places, (MANY, 1)).T
    n, files = len(kind), 400
    exemplars = ExemplarRows(
        kind=kind,
        unit=np.repeat(np.arange(MANY), len(places)),
        rank=rank,
        sample=random.integers(0, files, n),
        value=random.random(n).astype(np.float32),
        row=random.integers(0, 7, n),
        column=random.integers(0, 7, n),
        box=np.column_stack([random.integers(0, 200, (n, 2)), np.full((n, 2), 180)]),
    )
    ones = np.ones(MANY)
    histogram = np.zeros((MANY, BINS), np.int64)
    histogram[:, 500] = 1
    figures = StatisticsRows(ones.astype(int), *(ones,) * 6, np.zeros(MANY, int), histogram)
    alike = SimilarRows(random.integers(0, MANY, (MANY, 8)), np.full((MANY, 8), 0.5))
    smooth = np.linspace(0, 255, 224).astype(np.uint8)
    with GalleryWriter(gallery.path, "tiny") as writer, writer.transaction():
        job = writer.begin_job(JobRecord(0, "scan", "large", gallery.identity, data_root="/photos"))
        writer.write_files(job, [FileRow(number, f"{number}.jpg", 480, 480) for number in range(files)])
        for row in writer.files_without_picture(job):
            rgb = np.broadcast_to(np.roll(smooth, row.number)[:, None, None], (224, 224, 3))
            writer.store_picture(row.id, encode_jpeg(np.ascontiguousarray(rgb)))
        writer.write_layer(job, LayerRows(layer, figures, exemplars, similar=alike))
    return RunningModel(ModelInfo("tiny", (layer,), (), (3, 224, 224), "", 0))


@pytest.mark.slow
def test_pages_and_pattern_grid_of_a_layer_of_26000_units_come_soon(large, loading):
    loading.loader.models.put(large)
    view = View("tiny", "large")
    loading.loader.views.put(view)
    loading.page()
    took_s = []
    for unit in np.random.default_rng(1).integers(1, MANY, 15).tolist():
        begun_s = time.perf_counter()
        loading.loader.views.put(replace(view, unit=unit))
        page = loading.page(lambda page, unit=unit: page.unit.unit == unit and page.similar)
        took_s.append(time.perf_counter() - begun_s)
        assert (len(page.exemplars), len(page.minima), len(page.quantiles)) == (9, 9, 15)
    assert np.median(took_s) < 0.25  # 0.04 s on an idle machine
    begun_s = time.perf_counter()
    loading.loader.views.put(replace(view, stage=Stage.EXEMPLARS, grid=GridView(900, 900)))
    loading.pattern(lambda pattern: True)
    assert time.perf_counter() - begun_s < 2  # the first part: 0.25 s
    assert loading.pattern().missing == 0
    assert time.perf_counter() - begun_s < 30  # 2 s


def test_histograms_of_all_units_come_as_a_grid_with_the_figures_of_the_layer(gallery, loading):
    gallery.scan()
    shown(gallery, loading, stage=Stage.ACTIVITY, unit_histograms=True, grid=GRID)
    picture = loading.pattern()
    assert picture.bgrx.shape == (60, 80, 4)
    assert picture.layout.units.tolist() == list(range(6))
    assert loading.layer_page().record is not None


def test_a_grid_of_histograms_without_a_scan_says_what_to_do(gallery, loading):
    shown(gallery, loading, stage=Stage.ACTIVITY, unit_histograms=True, grid=GRID)
    assert "deepvis scan" in loading.pattern().problem


def test_a_view_before_there_is_a_network_is_looked_at_once_and_the_thread_sleeps(gallery, loading):
    rounds, take = [], loading.loader._take_orders
    begun = threading.Event()

    def counted():
        rounds.append(1)
        begun.set()
        take()

    loading.loader._take_orders = counted
    loading.loader.views.put(gallery.view())
    assert begun.wait(WAIT_S)
    time.sleep(0.5)
    assert len(rounds) <= 2
