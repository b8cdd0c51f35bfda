"""The page in a real browser: pictures move, panes come and go, a lost connection is told and found again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from deepvis.serving import handler
from tests.serving.chromium import Chromium, find_chromium
from tests.serving.conftest import GRID, INPUT, PANES, WHOLE, ask, port_of

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="no Chromium is installed (apt-get install chromium)"),
    pytest.mark.skipif(sys.platform == "win32", reason="Chromium is spoken to over pipes of POSIX"),
]

TOKEN = "correct-horse-battery"
PICTURES = "[...document.images].filter((image) => image.naturalWidth > 0).map((image) => image.parentElement.id)"
CONNECTED = "!document.body.classList.contains('lost') && document.getElementById('notice').hidden"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    browser = Chromium(find_chromium(), tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def browser(program):
    """An empty page; a script that failed on it fails the test."""
    program.open("about:blank")
    program.complaints.clear()
    yield program
    program.open("about:blank")
    assert program.complaints == []


def shows(*panes) -> str:
    names = json.dumps([f"pane-{pane}" for pane in panes])
    return f"JSON.stringify({PICTURES}) === JSON.stringify({names})"


def look_at(browser, pane) -> np.ndarray:
    """What is seen of a pane's picture, int `(height, width, 3)`."""
    place = browser.value(
        f"(({{left, top, right, bottom}}) => [left, top, right, bottom])"
        f"(document.querySelector('#pane-{pane} img').getBoundingClientRect())"
    )
    return np.asarray(browser.screenshot().crop([round(side) for side in place])).astype(int)


def assert_moves(browser, pane, share=0.1) -> None:
    """A pane soon looks different: this share of its pixels, clearly."""
    first, deadline_s = look_at(browser, pane), time.monotonic() + 20
    assert len(np.unique(first.reshape(-1, 3), axis=0)) > 1
    while (np.abs(look_at(browser, pane) - first).max(axis=2) > 40).mean() < share:
        assert time.monotonic() < deadline_s, f"{pane} stands still"


def test_the_panes_are_seen_and_move(browser, service, moving):
    moving(service)
    browser.open(service.address)
    browser.wait(shows("input", "grid"))
    browser.wait(CONNECTED)
    sizes = browser.value("[...document.images].map((image) => [image.naturalWidth, image.naturalHeight])")
    assert sizes == [[INPUT.width, INPUT.height], [GRID.width, GRID.height]]
    for pane in ("input", "grid"):
        assert_moves(browser, pane)


def test_figures_titles_and_texts_for_those_who_do_not_see(browser, service, moving):
    window = moving(service)
    window.status |= {"top5": [{"label": "espresso", "probability": 0.925}], "source": "cup.jpg"}
    browser.open(service.address)
    browser.wait(shows("input", "grid"))
    assert browser.value("document.title") == "DeepVis – toynet"
    assert browser.value("document.getElementById('about').textContent") == "toynet  ·  blocks.0  ·  unit 7"
    assert browser.value("document.getElementById('readings').textContent") == "12.5 frames/s"
    assert browser.value("[...document.querySelectorAll('figcaption')].map((one) => one.textContent)") == [
        "Input",
        "Layer",
    ]
    texts = browser.wait("[...document.images].map((image) => image.alt).every(Boolean) && document.images[0].alt")
    assert texts == "The input picture (cup.jpg); likeliest class: espresso, 93 %"
    assert browser.value("document.images[1].alt") == GRID.about


def test_a_pane_hidden_in_the_window_leaves_the_page_and_comes_back(browser, service, moving):
    window = moving(service)
    browser.open(service.address)
    browser.wait(shows("input", "grid"))
    window.panes = (GRID, WHOLE)
    browser.wait(shows("grid"))
    window.panes = (INPUT, GRID, replace(GRID, name="page", title="Unit page", place="right"), WHOLE)
    browser.wait(shows("input", "grid", "page"))


def test_the_whole_window_or_one_pane_alone_can_be_watched(browser, service, moving):
    window = moving(service)
    browser.open(service.address)
    browser.wait(shows("input", "grid"))
    browser.value("document.getElementById('show-window').click()")
    browser.wait(shows("window"))
    browser.wait("document.querySelector('[aria-current]').id === 'show-window'")
    browser.value("document.getElementById('show-panes').click()")
    browser.wait(shows("input", "grid"))
    browser.value("document.querySelector('#pane-input a').click()")
    browser.wait(shows("input"))
    window.panes = (GRID, WHOLE)
    browser.wait("document.getElementById('notice').textContent === 'This pane is hidden in the window.'")
    window.panes = PANES
    browser.wait(shows("input"))
    browser.wait("document.getElementById('notice').hidden")


def test_a_lost_connection_is_told_and_found_again(browser, serve, moving):
    service = serve()
    window = moving(service)
    browser.open(service.address)
    browser.wait(shows("input", "grid"))
    window.stop()
    service.close()
    browser.wait("document.body.classList.contains('lost')")
    time.sleep(1.5)  # meanwhile it tried once more
    said = browser.value("document.getElementById('notice').textContent")
    assert said == "The window was closed. Waiting for it to come back…"
    again = serve(port=port_of(service))
    moving(again)
    browser.wait(CONNECTED)
    for pane in ("input", "grid"):
        assert_moves(browser, pane)


def test_a_server_that_falls_silent_counts_as_lost(browser, service, moving, monkeypatch):
    window = moving(service)
    browser.open(service.address)
    browser.wait(shows("input", "grid"))
    monkeypatch.setattr(handler.Handler, "_follow", lambda self: time.sleep(8))
    browser.value("document.querySelector('#pane-input a').click()")  # connects anew
    browser.wait("document.getElementById('notice').textContent === 'The connection was lost. Trying again…'")
    monkeypatch.undo()
    window.panes = PANES
    browser.wait(CONNECTED)


def test_the_token_opens_the_page_and_leaves_the_address(browser, serve, moving):
    service = serve(token=TOKEN)
    moving(service)
    browser.open(service.address)
    browser.wait("document.body.innerText.startsWith('DeepVis needs its token here')")
    browser.open(service.link)
    browser.wait(shows("input", "grid"))
    assert browser.value("location.href") == service.address
    assert browser.value("document.cookie") == ""


def test_a_viewer_too_many_reads_why(browser, service, moving):
    moving(service)
    service._server.seats.most = 0
    browser.open(service.address)
    browser.wait("document.getElementById('notice').textContent.startsWith('0 people are watching already')")
    service._server.seats.most = 1
    browser.wait(shows("input", "grid"))


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (390, 844)])
def test_the_page_fits_its_window(browser, service, moving, width, height):
    window = moving(service)
    sizes = {"input": (280, 344), "grid": (562, 620), "window": (1280, 720)}
    window.panes = tuple(replace(pane, width=sizes[pane.name][0], height=sizes[pane.name][1]) for pane in PANES)
    browser.open(service.address, width, height)
    browser.wait(shows("input", "grid"))
    page = browser.value("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert page[0] <= width
    if width > 720:
        assert page[1] <= height
    drawn = browser.value("[...document.images].map((image) => image.clientWidth / image.clientHeight)")
    assert drawn == pytest.approx([280 / 344, 562 / 620], rel=0.01)


def test_the_real_window_is_seen_in_the_browser_and_ends_with_a_signal(browser, tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    command = [sys.executable, "-m", "deepvis", "serve", "--port", "0", "--source", "synthetic", "--size", "900x600"]
    process = subprocess.Popen(
        [*command, "--offscreen"],
        cwd=tmp_path,
        env=environment | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline()).group()
        browser.open(address)
        browser.wait(shows("input", "unit", "grid", "page"), 60)
        browser.wait("document.getElementById('about').textContent.startsWith('efficientnet_lite0')", 60)
        for pane in ("input", "unit", "grid"):
            assert_moves(browser, pane, 0.01)
        process.send_signal(signal.SIGTERM)
        browser.wait("document.body.classList.contains('lost')")
        _, wrong = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, wrong) == (0, "")


def test_a_page_elsewhere_cannot_show_the_pictures(browser, serve, service):
    """Another port is another site's page as far as these headers go; `localhost` is another origin."""
    other = serve()
    browser.open(other.address)
    browser.wait("document.readyState === 'complete'")
    service.board.put("grid", b"a jpeg")
    asked = f"fetch('{service.address}panes/grid.jpg', {{mode: 'no-cors'}}).then(() => 'shown', () => 'refused')"
    assert ask(service, "/panes/grid.jpg").status == 200
    assert browser.value(asked) == "refused"
    browser.complaints.clear()  # that is what the policy said
