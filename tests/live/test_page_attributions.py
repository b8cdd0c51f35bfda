"""Attributions of exemplars on a unit page: stored ones, computed ones, and why there are none."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.attribution.subject import Subject
from deepvis.gallery.files import gallery_file
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ATTRIBUTION_JOB, ImageKind, JobRecord
from deepvis.gallery.rows import ImageRow
from deepvis.gallery.writer import GalleryWriter
from deepvis.imaging.attribution_views import draw
from deepvis.kinds import BackView, Method, Overlay, SeedKind
from deepvis.live.attribution_errands import AttributionErrands
from deepvis.live.crop_pictures import CropPictures
from deepvis.live.errand import Errand, Superseded
from deepvis.live.exemplar_attributor import LARGE_SIDE, ExemplarAttributor
from deepvis.live.gallery_shelf import GalleryShelf
from deepvis.live.loan import Loan
from deepvis.live.page_attributions import NO_POSITION, ON_THEIR_WAY, is_waiting
from deepvis.live.page_maker import PageMaker
from deepvis.live.pages import PagePicture
from deepvis.live.running_model import RunningModel
from deepvis.live.why import Pace, WhyWish
from deepvis.models.engine import build_engine
from deepvis.records import Backward, Rect, Target, UnitId
from deepvis.sources.decode import decode_image
from deepvis.sources.encode import encode_png


@pytest.fixture
def shelf(gallery):
    made = GalleryShelf("tiny", gallery.folder, lambda text: None)
    yield made
    made.close()


@pytest.fixture
def page_of(gallery, shelf):
    def make(unit=1, running=gallery.running):
        shelf.look()
        return PageMaker(running, shelf, CropPictures()).make(gallery.info.layer("body"), unit, Errand())

    return make


def store(gallery, ranks, *, scan="scan", unit=1, **told):
    """Attributions as a scan stores them: plain pictures whose red is the rank."""
    with GalleryWriter(gallery.path, "tiny") as writer, writer.transaction():
        job = writer.begin_job(
            JobRecord(0, ATTRIBUTION_JOB, f"why {scan}", gallery.identity, parameters={"scan": scan})
        )
        for rank in ranks:
            data = encode_png(np.full((20, 10, 3), (rank, 0, 0), np.uint8))
            metadata = {"method": "guided", "view": "raw", **told}
            writer.add_image(
                job, ImageRow("body", unit, ImageKind.DECONV, data, 20, 10, rank, 10.0 - rank, "guided", 0, metadata)
            )


def test_stored_ones_stand_in_the_order_of_the_exemplars(gallery, page_of):
    gallery.scan()
    store(gallery, reversed(range(9)))
    page = page_of()
    assert [picture.rgb[0, 0, 0] for picture in page.attributions] == list(range(9))
    assert [picture.value for picture in page.attributions] == [picture.value for picture in page.exemplars]
    first = page.attributions[0]
    assert (first.title, first.position, first.path) == ("guided backprop of 01.png", (1, 0), page.exemplars[0].path)
    assert first.why.method == "guided backprop"
    assert "edge detector" in first.why.caveat
    assert first.source_rgb is page.exemplars[0].source_rgb
    assert "attribution" not in page.notes


def test_those_after_a_gap_wait_for_the_one_that_is_computed(gallery, page_of):
    gallery.scan()
    store(gallery, (0, 1, 3))
    page = page_of()
    assert len(page.attributions) == 2
    assert page.notes["attribution"] == ON_THEIR_WAY
    assert is_waiting(page)


def test_those_of_a_scan_that_was_replaced_are_not_shown(gallery, page_of):
    gallery.scan()
    store(gallery, range(9), scan="an older one")
    page = page_of()
    assert page.attributions == ()
    assert is_waiting(page)


def test_an_exemplar_that_does_not_excite_the_unit_says_so(gallery, page_of):
    gallery.scan()
    store(gallery, range(8))
    with GalleryReader(gallery.path) as reader:
        assert reader.unit("body", 1).exemplars[8].value == 2.0
    page = page_of()
    assert is_waiting(page)
    with GalleryWriter(gallery.path, "tiny") as writer, writer.transaction():
        # the last exemplar's value becomes -2.0: the sign is the first bit of its packed number
        (block,) = writer.connection.execute("SELECT exemplars FROM units WHERE unit = 1").fetchone()
        width = len(block) // 33
        data = bytearray(block)
        data[8 * width] |= 0x80
        writer.connection.execute("UPDATE units SET exemplars = ? WHERE unit = 1", (bytes(data),))
    page = page_of()
    assert page.exemplars[8].value == -2.0
    last = page.attributions[8]
    assert last.why.reason == "Unit 1 is not above zero in this image: nothing in it speaks for the unit."
    assert not is_waiting(page)


def test_exemplars_of_other_weights_are_not_explained_with_these(gallery, page_of):
    gallery.scan()
    page = page_of(running=replace(gallery.running, info=replace(gallery.info, weights_sha256="bb")))
    assert "another network" in page.notes["attribution"]
    assert not is_waiting(page)


def test_imported_ones_are_shown_where_a_scan_has_none(gallery, page_of):
    gallery.scan()
    with GalleryWriter(gallery.path, "tiny") as writer:
        job = writer.begin_job(JobRecord(0, "import", "", gallery.identity))
        data = encode_png(np.zeros((5, 5, 3), np.uint8))
        told = {"title": "deconvolution", "of": "maximum"}
        writer.add_image(job, ImageRow("body", 1, ImageKind.DECONV, data, 5, 5, 0, 1.0, "deconv", metadata=told))
    (picture,) = page_of().attributions
    assert (picture.title, picture.why) == ("deconvolution", None)


# --------------------------------------------------------------------------------------- computed with the network


@pytest.fixture
def scanned(networks, tmp_path, make_picture):
    """A real scan of random pictures with a tiny network, without and with attributions; and a loan of the network."""
    from PIL import Image

    from deepvis.precompute.scan import ScanControl, ScanRequest, run_scan

    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(5):
        Image.fromarray(make_picture(70, 90, seed=number)).save(photos / f"{number}.png")
    engine = build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)
    key = engine.loaded.name

    def scan(folder, **options):
        path = gallery_file(key, folder)
        request = ScanRequest(photos, networks.request("chain"), ("body",), 4, path, 4, 0, device="cpu", **options)
        run_scan(request, report=lambda _: None, control=ScanControl())
        return path

    return scan, engine


def opened(folder, engine):
    running = RunningModel(engine.info())
    shelf = GalleryShelf(engine.loaded.name, folder, lambda text: None)
    shelf.look()
    return shelf, PageMaker(running, shelf, CropPictures())


def frame_of(engine, rgb, position=(1, 1), box=None):
    """A live frame as a page has it; `rgb` is what the network saw."""
    return PagePicture(rgb, 3.0, "camera", rgb, box, source_rgb=rgb, position=position, cropped=True)


def lent(engine, number=0, *, own=True):
    return Loan(number, engine.info(), engine, own, None, "")


@pytest.mark.parametrize("crops", [0, 2])
def test_what_is_computed_is_what_the_scan_would_have_stored(scanned, tmp_path, crops):
    scan, engine = scanned
    scan(tmp_path / "without", attribution=None, crops=crops)
    stored = scan(tmp_path / "with", crops=crops)
    shelf, maker = opened(tmp_path / "without", engine)
    layer = engine.info().layer("body")
    compared = 0
    with GalleryReader(stored) as reader:
        for unit in range(6):
            page = maker.make(layer, unit, Errand())
            shown = []
            page = maker.attribute(page, ExemplarAttributor(lent(engine)), Errand(), shown.append)
            assert [len(part.attributions) for part in shown] == [1, 2, 3, 4]
            assert not is_waiting(page)
            for image in reader.unit("body", unit).images:
                ours = page.attributions[image.rank]
                theirs = decode_image(reader.image(image.id), "it")
                assert ours.rgb.shape == theirs.shape
                if theirs.size <= 3 * 32 * 32:
                    np.testing.assert_array_equal(ours.rgb, theirs)
                assert ours.why.method == image.metadata["title"]
                compared += 1
    shelf.close()
    assert compared > 10


def test_an_image_that_is_gone_leaves_the_reason_in_its_place(scanned, tmp_path):
    scan, engine = scanned
    scan(tmp_path / "g", attribution=None)
    shelf, maker = opened(tmp_path / "g", engine)
    layer = engine.info().layer("body")
    page = maker.make(layer, 0, Errand())
    gone = page.exemplars[0].path
    gone.unlink()
    page = maker.attribute(page, ExemplarAttributor(lent(engine)), Errand(), lambda _: None)
    assert str(gone) in page.attributions[0].why.reason
    assert page.attributions[1].why.caveat
    shelf.close()


def test_something_newer_ends_it_and_what_is_done_stays_known(scanned, tmp_path):
    scan, engine = scanned
    scan(tmp_path / "g", attribution=None)
    shelf, maker = opened(tmp_path / "g", engine)
    page = maker.make(engine.info().layer("body"), 0, Errand())
    parts = []
    with pytest.raises(Superseded):
        maker.attribute(page, ExemplarAttributor(lent(engine)), Errand(lambda: len(parts) == 2), parts.append)
    assert [len(part.attributions) for part in parts] == [1, 2]
    shelf.close()


class Lender:
    def __init__(self):
        self.asked = []

    def __call__(self, number):
        self.asked.append(number)


def test_the_network_is_borrowed_once_and_anew_when_another_one_runs(scanned, tmp_path):
    scan, engine = scanned
    scan(tmp_path / "g", attribution=None)
    shelf, maker = opened(tmp_path / "g", engine)
    page = maker.make(engine.info().layer("body"), 0, Errand())
    lender = Lender()
    errands = AttributionErrands(lender)

    def complete():
        return errands.complete(maker, page, Errand(), lambda _: None)

    assert complete() is page
    assert complete() is page
    assert lender.asked == [0]
    errands.forget()
    errands.take(lent(engine, 0))  # of the network before
    assert complete() is page
    assert lender.asked == [0, 1]
    errands.take(lent(engine, 1))
    assert len(complete().attributions) == 4
    shelf.close()


def test_a_network_that_cannot_be_copied_is_told(scanned, tmp_path):
    scan, engine = scanned
    scan(tmp_path / "g", attribution=None)
    shelf, maker = opened(tmp_path / "g", engine)
    page = maker.make(engine.info().layer("body"), 0, Errand())
    errands = AttributionErrands(Lender())
    errands.take(lent(engine, own=False))
    done = errands.complete(maker, page, Errand(), lambda _: None)
    assert "cannot be copied" in done.notes["attribution"]
    shelf.close()


def test_a_running_session_completes_the_page_by_itself(scanned, session, networks, tmp_path):
    scan, _ = scanned
    scan(tmp_path / "galleries", attribution=None)
    session.load(networks.request("chain"))
    session.look(layer="body", unit=2)
    pages = []

    def full():
        page = session.session.take_page()
        pages.extend([page] if page else [])
        return page if page and page.unit.unit == 2 and len(page.attributions) == 4 else None

    page = session.wait(full, "The page with attributions")
    assert page.exemplars
    assert not is_waiting(page)


# -------------------------------------------------------------------------- whatever else of a page is asked for


def explain(engine, maker, wish, **paced):
    parts = []
    answer = maker.explain(wish, ExemplarAttributor(lent(engine), **paced), Errand(), parts.append)
    return answer, parts


def test_minimum_images_are_explained_like_exemplars(scanned, tmp_path):
    scan, engine = scanned
    scan(tmp_path / "g", attribution=None)
    shelf, maker = opened(tmp_path / "g", engine)
    page = maker.make(engine.info().layer("body"), 0, Errand())
    # the best is the worst of another order: its attribution must be the one beside the exemplar
    page = maker.attribute(page, ExemplarAttributor(lent(engine)), Errand(), lambda _: None)
    answer, parts = explain(engine, maker, WhyWish(page.unit, (*page.minima, page.exemplars[0])))
    assert [len(part.made) for part in parts] == list(range(1, len(page.minima) + 2))
    assert all(made.why.method == "deconvnet" for made in answer.made)
    np.testing.assert_array_equal(answer.made[-1].rgb, page.attributions[0].rgb)
    shelf.close()


def test_what_is_seen_large_is_drawn_as_the_backward_view_is(scanned, tmp_path):
    scan, engine = scanned
    scan(tmp_path / "g", attribution=None)
    shelf, maker = opened(tmp_path / "g", engine)
    page = maker.make(engine.info().layer("body"), 0, Errand())
    drawn = {}
    for overlay in Overlay:
        look = Backward(view=BackView.NORM, overlay=overlay, opacity=0.5)
        (drawn[overlay],) = explain(engine, maker, WhyWish(page.unit, page.exemplars[:1], look))[0].made
    assert {max(made.rgb.shape) for made in drawn.values()} == {LARGE_SIDE}
    assert np.ptp(drawn[Overlay.OFF].rgb) > 0
    assert (drawn[Overlay.ACTIVE].rgb != drawn[Overlay.INACTIVE].rgb).any()
    assert drawn[Overlay.OFF].why.drawn == "Drawn as norm."
    assert "over active" in drawn[Overlay.ACTIVE].why.drawn
    (bars,) = explain(engine, maker, WhyWish(page.unit, page.exemplars[:1], Backward(view=BackView.HISTOGRAM)))[0].made
    assert bars.why.drawn == "Drawn as raw, mid gray is zero."
    shelf.close()


def test_a_live_frame_is_explained_without_a_gallery(scanned, tmp_path, make_picture):
    _, engine = scanned
    shelf, maker = opened(tmp_path / "nothing", engine)
    size = engine.loaded.preprocessing.input_size
    unit = UnitId(engine.loaded.name, "body", 0)
    whole, part = (
        explain(engine, maker, WhyWish(unit, (frame_of(engine, make_picture(*size), box=box),)))[0].made[0]
        for box in (None, Rect(2, 3, 6, 8))
    )
    assert not whole.why.reason
    assert (whole.rgb.shape[:2], part.rgb.shape[:2]) == (tuple(size), (6, 8))
    subject = Subject(engine, torch.from_numpy(make_picture(*size)).permute(2, 0, 1))
    values = subject.attribute(Target("body", 0, SeedKind.POSITION, (1, 1)), Method.DECONVNET).values
    np.testing.assert_array_equal(whole.rgb, draw(values.numpy(), BackView.RAW, "auto"))
    shelf.close()


def test_a_picture_whose_place_is_not_known_says_so(scanned, tmp_path, make_picture):
    _, engine = scanned
    shelf, maker = opened(tmp_path / "nothing", engine)
    unit = UnitId(engine.loaded.name, "body", 0)
    plain = PagePicture(make_picture(8, 8), 1.0, "owl.jpg")
    (made,) = explain(engine, maker, WhyWish(unit, (plain,)))[0].made
    assert made.why.reason == NO_POSITION
    shelf.close()


class NotedTurns:
    """Stands for `Turns`: notes when work goes on, and asks for rests."""

    threads = 1

    def __init__(self, rest_s):
        self.noted, self._rest_s = [], rest_s

    def begin_step(self):
        self.noted.append("begin")

    def end_step(self):
        self.noted.append("end")

    def rest_s(self):
        return self._rest_s


def test_attributions_take_turns_with_live_frames(scanned, tmp_path, make_picture):
    _, engine = scanned
    shelf, maker = opened(tmp_path / "nothing", engine)
    size = engine.loaded.preprocessing.input_size
    frames = tuple(replace(frame_of(engine, make_picture(*size, seed=seed)), title=str(seed)) for seed in range(3))
    turns = NotedTurns(0.02)

    def rest(seconds):
        turns.noted.append("rest")
        time.sleep(seconds)

    before = torch.get_num_threads()
    explain(engine, maker, WhyWish(UnitId(engine.loaded.name, "body", 0), frames), pace=Pace(turns, rest))
    torch.set_num_threads(before)
    assert [word for word in turns.noted if word != "rest"] == ["begin", "end"] * 3
    assert turns.noted[:4] == ["begin", "end", "rest", "begin"]
    shelf.close()


def test_who_comes_after_an_interrupted_rest_waits_for_what_was_left_of_it():
    turns = NotedTurns(0.1)
    interrupted = []
    pace = Pace(turns, lambda seconds: interrupted.append(seconds) or time.sleep(min(seconds, 0.01)))
    with pace.turn(Errand()):
        pass
    begun_s = time.monotonic()
    with pytest.raises(Superseded), pace.turn(Errand(lambda: bool(interrupted))):
        pass
    with pace.turn(Errand()):
        pass
    assert time.monotonic() - begun_s >= 0.09
    assert turns.noted == ["begin", "end"] * 2


def test_a_running_session_explains_what_is_asked_for(scanned, session, networks, tmp_path):
    scan, _ = scanned
    scan(tmp_path / "galleries", attribution=None)
    session.load(networks.request("chain"))
    session.look(layer="body", unit=2)
    page = session.wait(lambda: _page_of(session, 2), "The page")
    wish = WhyWish(page.unit, page.exemplars[:2], Backward(view=BackView.NORM))
    session.session.ask_why(wish)
    answers = []

    def whole():
        answers.extend(session.session.take_whys())
        return next((answer for answer in answers if answer.wish is wish and len(answer.made) == 2), None)

    answer = session.wait(whole, "The attributions")
    assert not answer.problem
    assert answer.made[0].why.method == "deconvnet"


def _page_of(session, unit):
    page = session.session.take_page()
    return page if page and page.unit.unit == unit and page.exemplars else None
