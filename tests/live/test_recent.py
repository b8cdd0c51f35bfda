"""A memory bounded in bytes."""

from __future__ import annotations

from deepvis.live.recent import Recent


def test_what_was_asked_for_last_stays_when_there_is_too_much():
    recent = Recent(100)
    for name in "abc":
        recent.put(name, name, 30)
    assert recent.get("a") == "a"
    recent.put("d", "d", 40)
    assert [recent.get(name) for name in "abcd"] == ["a", None, "c", "d"]
    assert recent.bytes == 100


def test_an_item_larger_than_the_memory_is_kept_alone():
    recent = Recent(10)
    recent.put("small", 1, 5)
    recent.put("large", 2, 500)
    assert recent.get("large") == 2
    assert len(recent) == 1


def test_an_item_that_is_put_again_counts_once():
    recent = Recent(100)
    recent.put("a", 1, 60)
    recent.put("a", 2, 70)
    assert recent.bytes == 70
    assert recent.get("a") == 2


def test_nothing_is_left_after_clearing():
    recent = Recent(100)
    recent.put("a", 1, 60)
    recent.clear()
    assert recent.get("a") is None
    assert recent.bytes == len(recent) == 0
