"""What the panel of causes says: from records to rows and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.gui.figures import number, percent
from deepvis.gui.widgets.signed_bars import SignedRow
from deepvis.kinds import Pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.live.cause_result import ClassMove, Feed, Feeds

FEEDS_SHOWN = 10

MEANING = "So much it changes when a unit is muted,"
STILL = f"{MEANING} estimated by its gradient. Freeze the frame (F) to measure it."
TICKS = "Ticks: the estimate by its gradient."


def signed(value: float) -> str:
    """A number with its sign: `+1.20`, `−0.30`."""
    return f"+{number(value)}" if value > 0 else number(value)


def probabilities(before: float, after: float) -> str:
    """Two shares with as many digits as tell them apart: `95.7 → 96.0 %`, `0.70 → 0.67 %`."""
    for digits in (1, 2, 3):
        texts = [f"{100 * share:.{digits}f}" for share in (before, after)]
        if texts[0] != texts[1]:
            break
    return f"{texts[0]} → {texts[1]} %"


def relative(effect: float, value: float) -> str:
    """An effect as part of the unit's value: ` −45 %`; empty where that says nothing."""
    if not value or abs(effect / value) > 99.95:
        return ""
    part = 100 * effect / abs(value)
    digits = 0 if abs(part) >= 10 else 1
    return f"{part:+.{digits}f} %".replace("-", "−")


def feed_rows(feeds: Feeds) -> list[SignedRow]:
    """A row per unit of the earlier layer, the largest effect first."""
    return [_feed_row(feed, feeds) for feed in feeds.rows[:FEEDS_SHOWN]]


def _feed_row(feed: Feed, feeds: Feeds) -> SignedRow:
    name = f"#{feed.unit}" + (f"  {feed.label}" if feed.label else "")
    lines = [f"{feeds.layer}/{feed.unit}" + (f"  {feed.label}" if feed.label else "")]
    does = "feeds it" if feed.effect < 0 else "holds it back"
    if feed.exact is not None:
        lines.append(f"muting it changes the unit by {signed(feed.exact)}: it {does}")
        lines.append(f"by its gradient: {signed(feed.estimate)}")
    else:
        lines.append(f"by its gradient, muting it changes the unit by about {signed(feed.estimate)}: it {does}")
    lines.append("Click to go there.")
    part = relative(feed.effect, feeds.value)
    measured = feed.exact is not None
    tick = feed.estimate if measured else None
    right = f"{part}   {signed(feed.effect)}" if part else signed(feed.effect)
    return SignedRow(feed.unit, name, right, feed.effect, tick, measured, "\n".join(lines))


def feeds_words(feeds: Feeds) -> str:
    """How the numbers were found."""
    if feeds.reason:
        return feeds.reason
    value = _value_words(feeds)
    if not feeds.wanted:
        return f"{value} {STILL}"
    if feeds.measured < feeds.wanted:
        return f"{value} {MEANING} measured for {feeds.measured} of {feeds.wanted}, estimated for the others. {TICKS}"
    left = feeds.total - feeds.measured
    rest = f"measured for {feeds.measured:,}; {left:,} are estimated, or silent" if left > 0 else "measured"
    return f"{value} {MEANING} {rest}. {TICKS}"


def _value_words(feeds: Feeds) -> str:
    before = " before its rectifier" if feeds.rectified else ""
    if not feeds.mapped:
        return f"Its value{before} is {number(feeds.value)}."
    if feeds.position is None:
        maps = "both its maps" if feeds.whose is Pair.BOTH else "its map"
        return f"The mean of {maps}{before} is {number(feeds.value)}."
    row, column = feeds.position
    whose = "" if feeds.whose is None else f" ({feeds.whose})"
    return f"At row {row}, column {column}{whose} it is {number(feeds.value)}{before}."


def move_rows(moves: Sequence[ClassMove]) -> list[SignedRow]:
    """A row per class, the largest move first."""
    return [_move_row(move) for move in moves]


def _move_row(move: ClassMove) -> SignedRow:
    tip = (
        f"{move.label}\nclass {move.index}: {percent(move.before)} → {percent(move.after)}\n"
        f"the network's output for it: {signed(move.logit)}\nClick to go there."
    )
    right = probabilities(move.before, move.after)
    return SignedRow(move.index, move.label, right, move.after - move.before, tip=tip)
