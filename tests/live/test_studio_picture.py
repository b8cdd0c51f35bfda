"""Pictures that somebody brings to start an ascent from."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from deepvis.live import studio_picture
from deepvis.live.events import Notice
from deepvis.live.studio_picture import SIDE, UNCHANGED, BroughtPicture, bring
from deepvis.sources.encode import encode_png

RED = np.full((20, 60, 3), (200, 0, 0), np.uint8)


@pytest.fixture
def brought():
    """What became of something that was brought: the picture, or the sentence."""

    def come(source):
        found = []
        bring(BroughtPicture(source), found.append, found.append)
        (answer,) = found
        return answer

    return come


@pytest.fixture
def served():
    """Address of a server whose paths are files; `/page` is a web page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = self.path == "/page"
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if page else "image/png")
            self.end_headers()
            self.wfile.write(b"<html>" if page else encode_png(RED))

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_keeps_its_name_and_gives_the_middle_of_its_picture(brought, tmp_path):
    wide = RED.copy()
    wide[:, 20:40] = (0, 0, 200)
    path = tmp_path / "my cat.png"
    path.write_bytes(encode_png(wide))
    picture = brought(str(path))
    assert (picture.title, picture.path, picture.rgb.shape) == ("my cat.png", path, (20, 20, 3))
    assert (picture.rgb == (0, 0, 200)).all()
    assert np.isnan(picture.value)


def test_a_large_picture_becomes_small_and_does_not_keep_the_large_one(brought):
    picture = brought(np.full((1500, 3000, 3), 90, np.uint8))
    assert picture.rgb.shape == (SIDE, SIDE, 3)
    assert picture.rgb.base is None or picture.rgb.base.nbytes < 4 * SIDE * SIDE
    assert (picture.rgb == 90).all()


def test_image_data_may_be_encoded_or_pixels(brought):
    for source in (encode_png(RED), RED):
        picture = brought(source)
        assert (picture.title, picture.path) == ("a dropped picture", None)
        assert (picture.rgb == (200, 0, 0)).all()


def test_what_is_no_picture_gets_a_sentence_and_the_start_stays(brought, tmp_path):
    text, empty = tmp_path / "notes.txt", tmp_path / "empty.png"
    text.write_text("hello")
    empty.touch()
    expected = {
        str(text): f"{text} is not an image, or of a kind that cannot be read.",
        str(empty): f"{empty} is empty (0 bytes).",
        str(tmp_path): f"{tmp_path} is a folder, not an image file.",
        str(tmp_path / "gone.png"): f"There is no file {tmp_path / 'gone.png'}.",
        b"hello": "The dropped picture is not an image, or of a kind that cannot be read.",
        "ftp://somewhere/cat.png": "ftp://somewhere/cat.png is not the address of a picture.",
        "data:text/plain,hello": "What was dropped is not a picture.",
        "http://[": "http://[ cannot be used: Invalid IPv6 URL.",
    }
    for source, sentence in expected.items():
        assert brought(source) == Notice(f"{sentence} {UNCHANGED}", "warning")


def test_a_file_too_large_to_be_a_picture_is_not_read_to_find_that_out(brought, tmp_path, monkeypatch):
    monkeypatch.setattr(studio_picture, "LARGE_BYTES", 4)
    monkeypatch.setattr("deepvis.sources.decode.read_image", lambda path: pytest.fail(f"{path} was read"))
    film = tmp_path / "film.mkv"
    film.write_bytes(bytes(100))
    assert brought(str(film)).text.startswith(f"{film} is not an image")


def test_an_address_of_a_picture_is_fetched_and_named_after_its_file(brought, served):
    picture = brought(f"{served}/a%20red.png?size=7")
    assert picture.title == "a red.png"
    assert (picture.rgb == (200, 0, 0)).all()
    assert "is a web page" in brought(f"{served}/page").text


def test_an_address_that_is_the_whole_picture_is_decoded(brought):
    picture = brought(f"data:image/png;base64,{base64.b64encode(encode_png(RED)).decode()}")
    assert picture.title == "a dropped picture"
    assert (picture.rgb == (200, 0, 0)).all()
