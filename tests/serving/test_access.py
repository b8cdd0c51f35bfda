from __future__ import annotations

from email.message import Message

import pytest

from deepvis.serving.access import Access, Verdict, host_of, is_loopback

TOKEN = "correct-horse-battery"


def headers(**values) -> Message:
    message = Message()
    for name, value in {"Host": "127.0.0.1:8017", **values}.items():
        message[name] = value
    return message


@pytest.fixture
def guarded():
    return Access(TOKEN, loopback=False, port=8017)


def test_on_loopback_without_a_token_whoever_is_here_may_watch():
    assert Access("", loopback=True, port=8017).judge(headers(), ()) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:9000", "127.0.0.1", "127.0.0.1:80", "127.0.1.1:8017", "[::1]:8017", "LOCALHOST:1"]
)
def test_every_name_of_this_machine_and_every_port_is_ours(host):
    access = Access("", loopback=True, port=8017)
    assert access.judge(headers(Host=host), ()) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8017", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "[", "@"],
)
def test_another_name_in_the_address_is_refused_on_loopback_also_with_the_token(host):
    access = Access(TOKEN, loopback=True, port=8017)
    assert access.judge(headers(Host=host), (TOKEN,)) is Verdict.WRONG_HOST


def test_a_request_without_a_name_or_with_two_is_refused_on_loopback():
    access = Access("", loopback=True, port=8017)
    assert access.judge(Message(), ()) is Verdict.WRONG_HOST
    twice = headers()
    twice["Host"] = "evil.example"
    assert access.judge(twice, ()) is Verdict.WRONG_HOST


def test_the_token_comes_in_the_address_once_then_in_a_cookie(guarded):
    assert guarded.judge(headers(), (TOKEN,)) is Verdict.NEW
    pair, *attributes = guarded.cookie().split("; ")
    assert guarded.judge(headers(Cookie=f"other=1; {pair}"), ()) is Verdict.ALLOWED
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} == set(attributes)
    assert TOKEN not in guarded.cookie()


def test_programs_send_the_token_as_bearer(guarded):
    assert guarded.judge(headers(Authorization=f"Bearer {TOKEN}"), ()) is Verdict.ALLOWED
    assert guarded.judge(headers(Authorization=f"bearer  {TOKEN}"), ()) is Verdict.ALLOWED


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xff"])
def test_a_wrong_token_opens_nothing(guarded, value):
    wrong = headers(Cookie=f"{guarded.cookie_name}=0123", Authorization=value)
    assert guarded.judge(wrong, ("", "wrong", TOKEN[:-1])) is Verdict.NO_TOKEN


def test_the_cookie_of_another_port_of_this_host_is_another_one(guarded):
    other = Access("another-token", loopback=False, port=8018)
    assert guarded.judge(headers(Cookie=other.cookie()), ()) is Verdict.NO_TOKEN
    assert guarded.cookie_name != other.cookie_name


@pytest.mark.parametrize(
    ("host", "mine"),
    [("localhost", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("box", False)],
)
def test_loopback_is_told_by_the_address_alone(host, mine):
    assert is_loopback(host) is mine


def test_the_host_of_an_address_is_read_with_and_without_a_port():
    assert [host_of(text) for text in ("a.b:1", "[::1]:1", "A.B", "[")] == ["a.b", "::1", "a.b", ""]
