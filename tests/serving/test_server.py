from __future__ import annotations

import json
import re
import socket
import threading
import time

import pytest

from deepvis.options import ServeOptions
from deepvis.serving import handler, server
from deepvis.serving.board import Board
from deepvis.serving.errors import ServingError
from deepvis.serving.server import MOST_VIEWERS, Server
from tests.serving.conftest import PANES, STATUS, Viewer, ask, port_of

TOKEN = "correct-horse-battery"
LARGE = 64 << 20
"""More bytes than any buffer between two sockets of one machine takes."""


def wait_until(condition, within_s=5.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.01)


# ------------------------------------------------------------------------------------------------ what there is


def test_by_default_only_this_machine_can_connect(service):
    options = ServeOptions()
    assert (options.host, options.port, options.token) == ("127.0.0.1", 8017, "")
    assert service.address == f"http://127.0.0.1:{port_of(service)}/"
    assert service.invitation.endswith(f"on this machine at {service.address}")


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("/", "text/html; charset=utf-8", "<title>DeepVis</title>"),
        ("/page.css", "text/css; charset=utf-8", "figure"),
        ("/page.js", "text/javascript; charset=utf-8", "/events"),
        ("/icon.svg", "image/svg+xml", "<svg"),
        ("/status", "application/json", '"toynet"'),
    ],
)
def test_the_page_and_the_figures_are_there(service, path, kind, words):
    reply = ask(service, path)
    assert (reply.status, reply.headers["Content-Type"]) == (200, kind)
    assert words in reply.text


def test_the_figures_are_those_of_the_window(service):
    assert json.loads(ask(service, "/status").body) == STATUS


def test_the_page_needs_nothing_from_elsewhere(service):
    for path in ("/", "/page.css", "/page.js"):
        text = ask(service, path).text
        assert re.findall(r"[\"'(](?:https?:)?//", text) == []
        # the policy would keep these from working
        assert re.findall(r"style=|\son\w+=|javascript:", text) == []


def test_a_pane_is_a_picture_of_the_moment(service):
    service.board.put("grid", b"a jpeg")
    reply = ask(service, "/panes/grid.jpg?n=3")
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (200, "image/jpeg", b"a jpeg")


def test_a_picture_is_brought_when_it_is_asked_for(service, moving):
    moving(service)
    assert ask(service, "/panes/window.jpg").body.startswith(b"\xff\xd8")


def test_a_pane_that_is_not_there_says_so(service, monkeypatch):
    reply = ask(service, "/panes/backward.jpg")
    assert (reply.status, reply.text) == (404, "No such pane can be seen in the window now.\n")
    monkeypatch.setattr(handler, "PICTURE_WITHIN_S", 0.01)
    reply = ask(service, "/panes/grid.jpg")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/panes/",
        "/panes/grid",
        "/handler.py",
        "/../pyproject.toml",
        "/panes/../page.html",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/panes/..%2f..%2fetc%2fpasswd.jpg",
        "//etc/passwd",
        "page.css",
        "/page.css/",
    ],
)
def test_there_is_nothing_else(service, path):
    assert ask(service, path).status in {400, 404}


def test_a_head_is_told_what_a_get_would_be_and_gets_no_body(service):
    service.board.put("grid", b"a jpeg")
    for path in ("/", "/page.css", "/status", "/panes/grid.jpg", "/nothing"):
        get, head = ask(service, path), ask(service, path, "HEAD")
        assert (head.status, head.body) == (get.status, b"")
        assert head.headers["Content-Length"] == get.headers["Content-Length"] == str(len(get.body))
    events = ask(service, "/events", "HEAD")
    assert (events.status, events.body) == (200, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_nothing_can_be_changed(service, method):
    reply = ask(service, "/status", method, b"{}" if method in {"POST", "PUT", "PATCH"} else None)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")
    assert "watched here, not operated" in reply.text


def test_a_body_is_refused_and_never_taken_for_the_next_request(service):
    hidden = b"GET /page.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    request = b"GET /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (len(hidden), hidden)
    with socket.create_connection(("127.0.0.1", port_of(service)), timeout=5) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("path", ["/", "/status", "/nothing", "/panes/nothing.jpg"])
def test_every_answer_keeps_itself_where_it_belongs(service, path):
    headers = ask(service, path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Server"] == "DeepVis"


def test_what_http_itself_refuses_has_the_headers_as_well(service):
    with socket.create_connection(("127.0.0.1", port_of(service)), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + b"Many: headers\r\n" * 200 + b"\r\n")
        answer = connection.recv(65536)
    assert b" 431 " in answer.splitlines()[0]
    assert b"Content-Security-Policy" in answer


# ---------------------------------------------------------------------------------------------------- who may


def test_a_page_elsewhere_whose_name_leads_here_gets_nothing(service):
    service.board.put("grid", b"a jpeg")
    for path in ("/", "/status", "/events", "/panes/grid.jpg"):
        reply = ask(service, path, Host="evil.example")
        assert reply.status == 421
        assert f"ssh -L {port_of(service)}:127.0.0.1:{port_of(service)}" in reply.text


def test_a_tunnel_may_have_another_port(service):
    assert ask(service, "/", Host="localhost:9999").status == 200


def test_without_the_token_there_is_nothing_to_see(serve):
    service = serve(token=TOKEN)
    service.board.put("grid", b"a jpeg")
    for path in ("/", "/page.js", "/status", "/events", "/panes/grid.jpg", "/?token=wrong", "/nothing"):
        reply = ask(service, path)
        assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "open the address that 'deepvis serve' printed" in reply.text
        assert TOKEN not in str(reply.headers)


def test_the_address_with_the_token_becomes_one_without_and_a_cookie(serve):
    service = serve(token=TOKEN)
    assert service.invitation.endswith(f" {service.link}")
    assert service.link == f"{service.address}?token={TOKEN}"
    reply = ask(service, f"/?token={TOKEN}")
    assert (reply.status, reply.headers["Location"], reply.body) == (303, "/", b"")
    cookie = reply.headers["Set-Cookie"].partition(";")[0]
    assert ask(service, "/", Cookie=cookie).status == 200
    again = ask(service, f"/?token={TOKEN}", Cookie=cookie)
    assert (again.status, again.headers["Set-Cookie"]) == (303, None)


def test_programs_may_send_the_token_with_every_request(serve):
    service = serve(token=TOKEN)
    service.board.put("grid", b"a jpeg")
    assert ask(service, "/status", Authorization=f"Bearer {TOKEN}").status == 200
    assert ask(service, f"/panes/grid.jpg?token={TOKEN}").body == b"a jpeg"


def test_an_address_that_others_reach_is_not_served_without_a_token():
    with pytest.raises(ServingError, match=r"Others can reach '0\.0\.0\.0': give --token"):
        Server(ServeOptions(host="0.0.0.0", port=0), Board())


def test_an_address_that_others_reach_is_served_by_any_name_with_the_token(serve):
    service = serve(host="0.0.0.0", token=TOKEN)
    assert "from anywhere that reaches it" in service.invitation
    assert "0.0.0.0" not in service.invitation
    assert ask(service, "/status", Host="box.example", Authorization=f"Bearer {TOKEN}").status == 200
    assert ask(service, "/status", Host="box.example").status == 401


# -------------------------------------------------------------------------------------------------- live


def test_a_viewer_is_told_everything_at_once_and_what_changes_then(service):
    with Viewer(service) as viewer:
        first = viewer.next()
        assert viewer.response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert [pane["name"] for pane in first["panes"]] == ["input", "grid", "window"]
        assert first["status"] == STATUS
        service.board.show_panes(PANES[:1])
        assert [pane["name"] for pane in viewer.next()["panes"]] == ["input"]


def test_a_viewer_hears_something_every_second_also_when_nothing_changes(service, monkeypatch):
    monkeypatch.setattr(handler, "HEARTBEAT_S", 0.05)
    with Viewer(service) as viewer:
        assert viewer.next() == viewer.next() == viewer.next()


def test_news_are_paced_and_the_newest_wins(service):
    with Viewer(service) as viewer:
        viewer.next()
        begun_s = time.monotonic()
        told = 0
        while time.monotonic() - begun_s < 0.5:
            told += 1
            service.board.tell({"unit": told})
            time.sleep(0.002)
        heard, seen = 0, 0
        while seen != told:
            seen = viewer.next()["status"]["unit"]
            heard += 1
        took_s = time.monotonic() - begun_s
    assert heard <= took_s * 15 + 3
    assert told > 3 * heard


def test_the_window_is_asked_for_pictures_only_while_somebody_watches(service, moving):
    window = moving(service)
    time.sleep(0.2)
    assert window.given == 0
    with Viewer(service, "grid"):
        wait_until(lambda: window.given > 3)
        assert service.board.holds("grid")
        assert not service.board.holds("input")
        assert service.viewers == 1
    wait_until(lambda: not service.board.watched)
    assert service.viewers == 0


def test_several_viewers_see_the_same_and_one_too_many_is_told_so(service):
    viewers = [Viewer(service) for _ in range(MOST_VIEWERS)]
    try:
        assert {viewer.next()["panes"][1]["name"] for viewer in viewers} == {"grid"}
        refused = ask(service, "/events")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert refused.text.startswith("16 people are watching already")
    finally:
        for viewer in viewers:
            viewer.close()
    wait_until(lambda: service.viewers == 0)
    with Viewer(service) as viewer:
        assert viewer.next()["status"] == STATUS


def stuck_viewer(service, path) -> socket.socket:
    """Asks for something and never reads a byte of it."""
    connection = socket.create_connection(("127.0.0.1", port_of(service)), timeout=5)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


def test_a_viewer_who_takes_nothing_holds_up_neither_the_window_nor_others_nor_the_end(service, serve):
    service.board.put("grid", bytes(LARGE))
    service.board.put("input", b"small")
    with stuck_viewer(service, "/panes/grid.jpg"), stuck_viewer(service, "/events"):
        begun_s = time.monotonic()
        for number in range(50):
            service.board.put("input", b"small %d" % number)
        assert time.monotonic() - begun_s < 1.0
        assert ask(service, "/panes/input.jpg").body == b"small 49"
        with Viewer(service) as viewer:
            assert viewer.next()["status"] == STATUS
        begun_s = time.monotonic()
        service.close()
        assert time.monotonic() - begun_s < 4.0


def test_a_viewer_who_takes_nothing_for_long_is_given_up(serve, monkeypatch):
    monkeypatch.setattr(handler.Handler, "timeout", 0.2)
    service = serve()
    service.board.put("grid", bytes(LARGE))
    with stuck_viewer(service, "/panes/grid.jpg") as connection:
        wait_until(lambda: service._server._connections)
        wait_until(lambda: not service._server._connections)
        received = 0
        while chunk := connection.recv(1 << 20):
            received += len(chunk)
    assert received < LARGE


def test_connections_have_a_limit_too(service, monkeypatch):
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 1)
    with Viewer(service) as viewer:
        viewer.next()
        with socket.create_connection(("127.0.0.1", port_of(service)), timeout=5) as second:
            assert second.recv(1) == b""


# ------------------------------------------------------------------------------------------ begin and end


def test_the_viewers_are_told_when_the_window_closes_and_nothing_is_left(service):
    before = threading.active_count()
    with Viewer(service) as viewer:
        viewer.next()
        closing = threading.Thread(target=service.close)
        closing.start()
        heard = viewer.next()
        while "event" not in heard:
            heard = viewer.next()
        assert heard == {"event": "closed"}
        closing.join()
    assert threading.active_count() < before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(service)), timeout=5).close()


def test_a_service_that_never_started_gives_its_port_back():
    taken = Server(ServeOptions(port=0), Board())
    again = ServeOptions(port=taken.port)
    with pytest.raises(ServingError):
        Server(again, Board())
    taken.close()
    Server(again, Board()).close()


def test_a_port_in_use_is_told_in_a_sentence(service):
    with pytest.raises(ServingError, match=rf"Port {port_of(service)} of 127\.0\.0\.1 is in use already.*--port"):
        Server(ServeOptions(port=port_of(service)), Board())


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("no-such.invalid", "There is no machine 'no-such.invalid'"),
        ("192.0.2.1", "is no address of this machine"),
    ],
)
def test_an_address_of_another_machine_is_told_in_a_sentence(host, words):
    with pytest.raises(ServingError, match=words):
        Server(ServeOptions(host=host, port=0, token=TOKEN), Board())


def test_the_token_is_not_written_down(serve, caplog):
    assert TOKEN not in repr(ServeOptions(token=TOKEN))
    caplog.set_level("DEBUG")
    service = serve(token=TOKEN)
    ask(service, f"/?token={TOKEN}")
    with socket.create_connection(("127.0.0.1", port_of(service)), timeout=5) as connection:
        connection.sendall(f"GET /?token={TOKEN} HTTP/9.9\r\n\r\n".encode())
        assert connection.recv(10)
    assert TOKEN not in caplog.text
