"""Rates and percentiles of the live route."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.live.meter import WINDOW_S, DurationMeter, Meters, RateMeter


def ticking(period_s, count, start_s=50.0):
    meter = RateMeter()
    for number in range(count):
        meter.tick(start_s + number * period_s)
    return meter


@pytest.mark.parametrize("fps", [0.9, 15, 30, 240, 1000])
def test_a_steady_rate_is_measured_as_it_is(fps):
    meter = ticking(1 / fps, 1200)
    assert meter.per_s(50 + 1199 / fps) == pytest.approx(fps)
    assert meter.mean_per_s() == pytest.approx(fps)
    assert meter.count == 1200


def test_one_event_is_no_rate():
    meter = ticking(1, 1)
    assert meter.per_s(50) == meter.mean_per_s() == 0
    assert RateMeter().per_s() == RateMeter().mean_per_s() == 0


def test_the_rate_falls_to_zero_when_nothing_happens_any_more():
    meter = ticking(0.1, 30)
    assert meter.per_s(52.9) == pytest.approx(10)
    assert meter.per_s(52.9 + WINDOW_S + 0.01) == 0
    assert meter.mean_per_s() == pytest.approx(10)


def test_the_rate_follows_a_change_within_the_window():
    meter = ticking(0.1, 50)
    for number in range(1, 61):
        meter.tick(54.9 + number * 0.05)
    assert meter.per_s(57.9) == pytest.approx(20)
    assert 10 < meter.mean_per_s() < 20


def test_events_at_the_same_moment_give_a_finite_rate():
    meter = ticking(0, 5)
    assert np.isfinite(meter.per_s(50))


@given(st.lists(st.floats(0, 10), min_size=1, max_size=200), st.floats(0, 100))
def test_percentiles_are_the_nearest_rank_of_numpy(durations_s, percent):
    meter = DurationMeter()
    for duration_s in durations_s:
        meter.add(duration_s)
    expected = np.percentile(durations_s, percent, method="nearest") * 1000
    # where two ranks are equally near, either will do
    place = percent / 100 * (len(durations_s) - 1)
    ordered = np.sort(durations_s) * 1000
    near = {ordered[int(np.floor(place))], ordered[int(np.ceil(place))]} if abs(place % 1 - 0.5) < 1e-9 else {expected}
    assert any(meter.percentile_ms(percent) == pytest.approx(value) for value in near)


def test_without_a_duration_there_is_no_percentile():
    assert DurationMeter().percentile_ms(50) is None


def test_only_the_last_durations_count():
    meter = DurationMeter(most=3)
    for duration_s in (9, 9, 9, 1, 2, 3):
        meter.add(duration_s)
    assert [meter.percentile_ms(percent) for percent in (0, 50, 100)] == [1000, 2000, 3000]


def test_another_look_at_an_old_frame_is_painted_but_has_no_latency():
    meters = Meters()
    meters.paint(10.0, now_s=10.040)
    meters.paint(None, now_s=99.0)
    meters.paint(20.0, now_s=20.060)
    counts = meters.counts(dropped=7)
    assert (counts.painted, counts.dropped) == (3, 7)
    assert counts.latency_p50_ms == pytest.approx(40)
    assert counts.latency_p95_ms == pytest.approx(60)


def test_counts_tell_recent_rates_and_overall_ones():
    meters = Meters()
    for number in range(11):
        meters.captured.tick(5.0 + number)
        meters.inferred.tick(5.0 + 2 * number)
    counts = meters.counts(0, overall=True)
    assert (counts.captured, counts.inferred, counts.painted) == (11, 11, 0)
    assert counts.capture_fps == pytest.approx(1)
    assert counts.inference_fps == pytest.approx(0.5)
    assert counts.paint_fps == 0
    assert meters.counts(0).capture_fps == 0, "nothing happened in the last two seconds"
    assert counts.latency_p50_ms is None
