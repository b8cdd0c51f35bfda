"""A running session with a network of two pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from deepvis.live.crop_pictures import CropPictures
from deepvis.live.errand import Errand
from deepvis.live.gallery_shelf import GalleryShelf
from deepvis.live.loan import Loan
from deepvis.live.page_maker import PageMaker
from deepvis.live.running_model import RunningModel
from deepvis.live.studio_door import NumberedWish
from deepvis.live.studio_news import StudioWish
from deepvis.live.studio_order import order
from deepvis.models.errors import ModelError
from deepvis.records import Pair, UnitId
from deepvis.synthesis.natural_images import NaturalStatistics
from tests.pair_networks import pair_engine, pair_request


@pytest.fixture
def images(tmp_path, make_picture):
    paths = [tmp_path / f"{name}.png" for name in ("left", "right")]
    for seed, path in enumerate(paths):
        Image.fromarray(make_picture(seed=seed)).save(path)
    return paths


def test_two_sources_reach_the_network_as_two_pictures(session, tmp_path, images, make_picture):
    session.session.open_source(" + ".join(map(str, images)))
    info = session.load(pair_request(tmp_path))
    session.settle()
    assert info.pictures == 2
    shown = {pair: session.answer(layer="branch", pair=pair) for pair in Pair}
    np.testing.assert_array_equal(shown[Pair.FIRST].picture_rgb, make_picture(seed=0))
    np.testing.assert_array_equal(shown[Pair.SECOND].picture_rgb, make_picture(seed=1))
    assert shown[Pair.BOTH].layer.side_by_side
    assert not any(result.problem for result in shown.values())
    assert not session.notices("warning")


def test_a_network_of_two_pictures_says_once_that_it_gets_one_twice(session, tmp_path):
    session.session.open_source("synthetic")
    session.load(pair_request(tmp_path))
    session.settle()
    for unit in range(3):
        session.answer(unit=unit)
    assert [text for text in session.notices("warning") if "gets the same one twice" in text] == [
        "pair_nets:Siamese takes two pictures at once and gets the same one twice. Give a second source: "
        "--source A --second B, or a list of images with two to a line."
    ]


def test_a_network_of_one_picture_says_once_that_the_second_is_left_out(session, tmp_path, images):
    session.session.open_source(" + ".join(map(str, images)))
    session.load(pair_request(tmp_path, "single"))
    session.settle()
    for unit in (1, 2):
        session.answer(unit=unit)
    said = session.notices("warning")
    assert said == ["pair_nets:single takes one picture: the second of each pair is left out."]


def test_the_label_of_a_list_comes_with_the_answer(session, tmp_path, images):
    path = tmp_path / "list.txt"
    path.write_text("left.png right.png same\n")
    session.session.open_source(str(path))
    session.load(pair_request(tmp_path))
    session.settle()
    assert session.answer(unit=1).frame.label == "same"


def test_the_studio_refuses_it_with_a_sentence(tmp_path, make_picture):
    engine = pair_engine(tmp_path)
    loan = Loan(1, engine.info(), engine, own=True, rgb=make_picture(), title="camera 0")
    wish = StudioWish(UnitId(loan.info.name, "join", 0), "clear")
    with pytest.raises(ModelError, match="takes two pictures at once, and synthesis works"):
        order(NumberedWish(1, wish), loan, NaturalStatistics.built_in())


def test_its_pages_offer_no_scan_and_no_synthesis(tmp_path):
    info = pair_engine(tmp_path).info()
    shelf = GalleryShelf(info.name, tmp_path / "galleries", lambda _text: None)
    pages = {}
    for pictures in (1, 2):
        shelf.look()
        maker = PageMaker(RunningModel(replace(info, pictures=pictures)), shelf, CropPictures())
        pages[pictures] = maker.make(info.layer("join"), 0, Errand())
    shelf.close()
    assert pages[1].offers
    assert not pages[2].offers
    assert pages[2].notes["exemplars"].startswith("Scans work with networks of one picture")
    assert pages[2].notes["synthesized"].startswith("Pictures are synthesized for networks of one picture")
