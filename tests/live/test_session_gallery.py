"""The session and the gallery: pages of what is selected, frames of this session, a scan from the window."""

from __future__ import annotations

import sys
from functools import partial

import numpy as np
import pytest

from deepvis.gallery.files import gallery_file
from deepvis.gallery.reader import GalleryReader
from deepvis.live.events import Notice, ScanChanged
from deepvis.live.pages import PagePicture
from deepvis.live.scan_wish import ScanWish
from deepvis.records import Stage, UnitId


def fetched(session, take, fits=lambda item: True):
    """The first item that fits."""

    def look():
        item = take()
        return item if item is not None and fits(item) else None

    return session.wait(look, "What was asked for")


@pytest.fixture
def loaded(session, networks, make_picture):
    """A network runs on a still picture; what the window would know of it."""
    session.session.open_picture(make_picture(), "a picture")
    return session.load(networks.request("chain"))


def page_of(session, unit):
    return fetched(session, session.session.take_page, lambda page: page.unit.unit == unit)


def session_page(session, unit, count):
    def fits(page):
        return page.unit.unit == unit and len(page.pictures) == count

    return fetched(session, session.session.take_session_page, fits)


def test_the_page_of_the_selected_unit_says_what_to_do_where_nothing_was_scanned(session, loaded, networks):
    session.answer(layer="body", unit=2)
    page = page_of(session, 2)
    assert page.unit == UnitId(loaded.name, "body", 2)
    # quoted for a shell, and with the size that was asked for
    assert f"--model {networks.request('chain').name} --input-size 32x48" in page.notes["exemplars"]


def test_all_stages_have_something_to_say(session, loaded):
    view = session.answer(layer="body", stage=Stage.EXEMPLARS).view
    pattern = fetched(session, session.session.take_pattern)
    assert pattern.view == view
    assert "deepvis scan" in pattern.problem
    session.answer(stage=Stage.ACTIVITY)
    assert "deepvis scan" in fetched(session, session.session.take_layer_page).problem


def test_another_stage_goes_on_reading_without_drawing_the_grid(session, loaded):
    drawn = session.answer(layer="body")
    hidden = session.answer(stage=Stage.EXEMPLARS)
    assert hidden.grid is None
    assert hidden.unit.value == drawn.unit.value
    assert hidden.predictions
    again = session.answer(stage=Stage.ACTIVATIONS)
    np.testing.assert_array_equal(again.grid.bgrx, drawn.grid.bgrx)


# ----------------------------------------------------------------------------------------------- frames of this session


def test_the_frames_that_excited_the_selected_unit_are_shown_with_their_values(session, loaded, make_picture):
    session.settle()
    values = [session.answer(layer="body", unit=1).unit.maximum]
    for seed in (1, 2):
        seen = len(session.results)
        session.session.open_picture(make_picture(seed=seed), f"picture {seed}")
        fresh = session.wait_result(lambda result, seed=seed: result.frame.title == f"picture {seed}", after=seen)
        values.append(fresh.unit.maximum)
    # the first picture was seen in the layer of the start, not in this one
    page = session_page(session, 1, 2)
    assert [picture.value for picture in page.pictures] == sorted(values[1:], reverse=True)
    best = page.pictures[0]
    assert best.whole_rgb.shape == (32, 48, 3)
    assert best.box is not None
    assert best.rgb.shape[:2] == (best.box.height, best.box.width)


def test_looking_again_at_a_held_picture_adds_no_frame(session, loaded, make_picture):
    session.answer(layer="body", unit=0)
    session.session.open_picture(make_picture(seed=5), "picture 5")
    session_page(session, 0, 1)
    session.answer(mirror=True)
    session.answer(mirror=False, unit=3)
    assert len(session_page(session, 3, 1).pictures) == 1


def test_frames_are_kept_in_the_persons_gallery(session, loaded, make_picture, gallery):
    session.answer(layer="body", unit=4)
    session.session.open_picture(make_picture(seed=5), "picture 5")
    session_page(session, 4, 1)
    session.session.keep_session_exemplars()
    notice = session.wait_event(Notice, lambda event: event.text.startswith("Kept"))
    assert f"{loaded.name}/body/4" in notice.text
    with GalleryReader(gallery_file(loaded.name, gallery.folder)) as reader:
        (image,) = reader.unit("body", 4).images
    page = fetched(session, session.session.take_page, lambda page: page.kept)
    assert page.kept[0].value == image.value
    assert page.kept[0].title.startswith("picture 5, ")


def test_another_network_begins_with_no_frames(session, loaded, networks, make_picture):
    session.answer(layer="body", unit=0)
    session.session.open_picture(make_picture(seed=5), "picture 5")
    session_page(session, 0, 1)
    other = session.load(networks.request("gray"))
    session.look(layer="body", unit=0, model=other.name)
    page = fetched(session, session.session.take_session_page, lambda page: page.unit.model == other.name)
    assert page.pictures == ()


# --------------------------------------------------------------------------------------------- pictures that are opened


def test_a_picture_of_a_page_is_opened_from_its_file_or_else_as_it_was_stored(session, tmp_path, make_picture):
    from PIL import Image

    file, rgb, stored = tmp_path / "there.png", make_picture(30, 40), make_picture(20, 25, seed=1)
    Image.fromarray(rgb).save(file)
    crop = rgb[:5, :5]
    session.session.open_exemplar(PagePicture(crop, 1.0, "there.png", path=file, source_rgb=stored))
    result = session.wait_result(lambda result: result.frame.path == file)
    np.testing.assert_array_equal(result.frame.rgb, rgb)
    session.session.open_exemplar(PagePicture(crop, 1.0, "gone.png", path=tmp_path / "gone.png", source_rgb=stored))
    result = session.wait_result(lambda result: result.frame.title == "gone.png")
    np.testing.assert_array_equal(result.frame.rgb, stored)


def test_a_crop_that_is_opened_says_that_it_is_cropped_again(session, make_picture):
    stored = make_picture(20, 25)
    session.session.open_exemplar(PagePicture(stored, 1.0, "camera 0", source_rgb=stored, cropped=True))
    result = session.wait_result(lambda result: result.frame.title.startswith("camera 0"))
    assert result.frame.title == "camera 0: crop of a frame, cropped again"
    np.testing.assert_array_equal(result.frame.rgb, stored)


# --------------------------------------------------------------------------------------------------- scan in the window


def test_a_scan_writes_to_the_gallery_of_the_running_model(session, loaded, networks, gallery, tmp_path, monkeypatch):
    script = tmp_path / "scan.py"
    script.write_text("import sys; print(' '.join(sys.argv[1:]))")
    runner = session.session._scan
    monkeypatch.setattr(runner, "_command", (sys.executable, str(script)))
    session.session.start_scan(ScanWish(networks.request("chain"), tmp_path))
    done = session.wait_event(ScanChanged, lambda event: event.status.state == "done").status
    assert f"--gallery {gallery_file(loaded.name, gallery.folder)}" in done.text
    assert session.session.scan_gallery() == gallery_file(loaded.name, gallery.folder)


def test_a_session_that_is_closed_ends_its_scan(session, networks, tmp_path, monkeypatch):
    script = tmp_path / "scan.py"
    script.write_text("import sys\nprint('begun', flush=True)\nfor line in sys.stdin: print(line, flush=True)")
    monkeypatch.setattr(session.session._scan, "_command", (sys.executable, str(script)))
    session.session.start_scan(ScanWish(networks.request("chain"), tmp_path))
    session.wait_event(ScanChanged, lambda event: event.status.text.strip() == "begun")
    assert session.close() == ()


@pytest.mark.slow
def test_a_real_scan_fills_the_page_while_it_is_open(session, loaded, networks, gallery, tmp_path, make_picture):
    from PIL import Image

    photos = tmp_path / "photos"
    for folder in ("cat", "dog"):
        (photos / folder).mkdir(parents=True)
        for seed in range(12):
            Image.fromarray(make_picture(seed=seed + 100 * (folder == "dog"))).save(photos / folder / f"{seed}.png")
    session.answer(layer="body", unit=1)
    assert page_of(session, 1).exemplars == ()
    wish = ScanWish(networks.request("chain"), photos, layers=("body",), device="cpu", batch_size=4, workers=0)
    session.session.start_scan(wish)
    status = session.wait_event(ScanChanged, lambda event: event.status.over, timeout_s=90).status
    assert status.state == "done", status.text
    complete = partial(fetched, session, session.session.take_page)
    page = complete(lambda page: len(page.exemplars) == 9 and page.exemplars[0].whole_rgb is not None)
    values = [picture.value for picture in page.exemplars]
    assert values == sorted(values, reverse=True)
    assert page.stale == ""
    assert {row.name for row in page.classes} == {"cat", "dog"}
