from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from deepvis.records import LayerInfo

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def figures(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.figures")


@pytest.fixture
def pictures(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.pictures")


def run_live(tmp_path, *words, timeout_s):
    return run_benchmark("live", tmp_path, *words, timeout_s=timeout_s)


def run_benchmark(name, tmp_path, *words, timeout_s):
    file = tmp_path / "figures.json"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--json", str(file), *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(file.read_text()), done.stdout


class Slow:
    """A session that needs far longer for a frame, or a step, than a stretch of a measurement is long."""

    def __init__(self):
        self.waits = 0
        self.studio = self
        self.meters = SimpleNamespace(inferred=self)

    def pause(self, seconds):
        self.waits += 1
        time.sleep(min(seconds, 0.001))

    @property
    def steps(self):
        return self.waits // 20

    count = steps

    def synthesize(self, wish):
        return 1

    def cancel(self, number):
        pass

    def set_frozen(self, frozen):
        pass


def test_on_a_slow_machine_a_stretch_lasts_until_there_is_something_to_compare(monkeypatch, qapp):
    monkeypatch.syspath_prepend(str(ROOT))
    arms = importlib.import_module("benchmarks.studio_arms")
    slow, layer = Slow(), LayerInfo("body", "Conv2d", 64, 8, 8)
    info = SimpleNamespace(name="toynet", shown_layers=lambda: [layer])
    measured = arms.StudioArms(slow, slow.pause, info, arms.StudioPlan("toynet", 0.01, 1, 1, 1))
    assert measured.still(0.01)["steps_per_s"] > 0
    assert measured.live(0.01)["fps"] > 0


def test_the_benchmark_of_the_studio_runs(tmp_path):
    results, shown = run_benchmark("studio", tmp_path, "--quick", timeout_s=300)
    assert {"unit", "worker", "window", "times"} < set(results)
    for place in ("worker", "window"):
        arms = results[place]
        assert set(arms["beside"]) == {"fps", "steps_per_s", "stall_p99_ms"}
        assert arms["beside_over_alone"]["median"] > 0
        assert arms["still"]["steps_per_s"]["median"] > 0
    assert "Live video" in shown


def test_backward_views_are_measured_beside_bare_passes_and_captum(tmp_path):
    words = ("--quick", "--methods", "guided,grad-cam", "--threads", "1")
    results, printed = run_benchmark("backward", tmp_path, *words, timeout_s=110)
    (network,) = results["networks"]
    assert network["network"] == "efficientnet_lite0"
    assert set(network["methods"]) == {"guided", "grad-cam"}
    for measured in network["methods"].values():
        assert set(measured["fps"]) == {"bare", "deepvis", "captum"}
        ratio = measured["fps"]["bare"]["median"] / measured["fps"]["deepvis"]["median"]
        assert measured["times_bare"]["median"] == pytest.approx(ratio)
        assert measured["over_captum_cpu"]["median"] > 0
    # three backward passes share a forward pass
    assert set(network["together"]["fps"]) == {"bare", "deepvis"}
    for word in ("times bare", "<= 1.15", "captum", "gradient + deconvnet + guided"):
        assert word in " ".join(printed.split())


def test_live_video_is_measured_beside_backward_views_changes_and_viewers(tmp_path):
    results, printed = run_benchmark("beside", tmp_path, "--quick", timeout_s=110)
    assert list(results["arms"]) == ["nothing else", "gradient", "muted", "1 viewer"]
    alone = results["arms"]["nothing else"]["figures"]["fps"]["median"]
    for arm in results["arms"].values():
        assert arm["of_alone"]["median"] == pytest.approx(arm["figures"]["fps"]["median"] / alone)
    for word in ("Live video beside", "1 viewer", "<= 20"):
        assert word in printed


@pytest.mark.parametrize("name", ["live", "beside", "studio", "backward"])
def test_a_quick_look_is_one_short_stretch_whatever_else_is_asked_for(monkeypatch, name):
    monkeypatch.syspath_prepend(str(ROOT))
    benchmark = importlib.import_module(f"benchmarks.{name}")
    given = benchmark._arguments(["--seconds", "7", "--repetitions", "3", "--threads", "5"])
    assert (given.seconds, given.repetitions, given.threads) == (7, 3, 5)
    given = benchmark._arguments(["--seconds", "7", "--quick"])
    assert given.seconds < 1
    assert given.repetitions == 1
    assert given.threads == max(1, os.cpu_count() - 1)


def test_rows_of_the_table_can_be_measured_alone_and_unknown_ones_are_refused(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    beside = importlib.import_module("benchmarks.beside")
    assert beside._arguments(["--only", "attributions on demand,1 viewer"]).only == (
        "attributions on demand",
        "1 viewer",
    )
    assert beside._arguments(["--only", "causes", "--quick"]).only == ("causes",)
    assert beside._arguments([]).only == ()
    arms = importlib.import_module("benchmarks.beside_arms")
    every = {arms.ALONE: None, "causes": None, "1 viewer": None}
    assert list(arms.chosen(every, ("causes",))) == [arms.ALONE, "causes"]
    assert arms.chosen(every, ()) == every
    with pytest.raises(arms.BenchmarkError, match="no row cause; there are nothing else, causes, 1 viewer"):
        arms.chosen(every, ("cause",))


def test_a_viewer_of_the_benchmark_fetches_each_new_picture_once(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    viewers = importlib.import_module("benchmarks.viewers")
    asked = []
    news = [[{"name": "grid", "number": 1}, {"name": "page", "number": 0}], [{"name": "grid", "number": 1}]]
    lines = [b": hello\n", *(f"data: {json.dumps({'panes': panes})}\n".encode() for panes in news)]

    def opened(address, timeout):
        asked.append(address)
        return closing(io.BytesIO(b"".join(lines) if "events" in address else b"jpeg"))

    monkeypatch.setattr(viewers.urllib.request, "urlopen", opened)
    fetched = []
    viewers.watch("http://127.0.0.1:1/", fetched)
    assert asked == ["http://127.0.0.1:1/events?panes=all", "http://127.0.0.1:1/panes/grid.jpg?n=1"]
    assert fetched == [4]


def check_view(view):
    assert set(view) == {"network", "which", "layer", "shape", "units", "worker", "window", "hooks"}
    worker, window, hooks = view["worker"], view["window"], view["hooks"]
    assert set(worker["fps"]) == set(worker["cpu_ms"]) == {"bare", "bare_channels_last", "worker"}
    assert set(window["figures"]) == {
        "fps",
        "painted_fps",
        "latency_p50_ms",
        "latency_p95_ms",
        "stall_p99_ms",
        "stall_longest_ms",
    }
    assert set(hooks["figures"]) == {"fps", "stall_p99_ms", "stall_longest_ms"}
    rates = [
        *worker["fps"].values(),
        *worker["cpu_ms"].values(),
        window["figures"]["fps"],
        window["figures"]["painted_fps"],
    ]
    ratios = [worker["worker_over_bare"], worker["bare_cpu_over_worker_cpu"], window["window_over_bare"]]
    for figure in [*rates, *ratios, hooks["figures"]["fps"], hooks["hooks_over_bare"]]:
        assert 0 < figure["low"] <= figure["median"] <= figure["high"]
    latency = window["figures"]
    assert 0 < latency["latency_p50_ms"]["median"] <= latency["latency_p95_ms"]["median"]
    # bare measured, not assumed: frames/s times ratio is what the arm did
    expected = worker["worker_over_bare"]["median"] * worker["fps"]["bare"]["median"]
    assert worker["fps"]["worker"]["median"] == pytest.approx(expected, rel=0.5)


def test_a_quick_run_measures_every_arm_and_prints_ratios_beside_budgets(tmp_path):
    results, printed = run_live(tmp_path, "--quick", timeout_s=110)
    (view,) = results["views"]
    assert (view["network"], view["layer"], view["units"]) == ("efficientnet_lite0", "bn2", 1280)
    check_view(view)
    assert results["setting"]["repetitions"] == 1
    assert results["setting"]["threads"] >= 1
    assert results["setting"]["shown_on"] == "offscreen"
    assert results["paint"]["pane"]["paint_ms"]["median"] > 0
    assert results["paint"]["image_item_over_pane"]["median"] > 0
    assert "memory" not in results
    for word in ("worker / bare", ">= 0.9", "<= 20", "<= 3", "ImageItem"):
        assert word in printed


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_both_layers_of_a_network_are_measured_and_memory_stays_flat(tmp_path):
    words = ("--networks", "efficientnet_lite0", "--seconds", "1", "--repetitions", "3", "--memory", "2000")
    results, _ = run_live(tmp_path, *words, timeout_s=800)
    assert [view["which"] for view in results["views"]] == ["widest", "deepest"]
    for view in results["views"]:
        check_view(view)
    memory = results["memory"]
    assert memory["frames"] == 2000
    assert memory["after"] - memory["before"] < 40  # MiB; every result alone holds 4


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_scan_is_measured_beside_a_bare_loop_and_its_memory_stays_flat(tmp_path):
    words = ("--images", "32", "--repetitions", "1", "--memory", "24", "--naive-layers", "2")
    results, printed = run_benchmark("scan", tmp_path, *words, timeout_s=550)
    for name in ("bare", "bare_channels_last", "scan", "decode", "forward", "per_layer"):
        assert results["arms"][name]["images_per_s"]["median"] > 0
    arms = results["arms"]
    ratio = arms["scan"]["images_per_s"]["median"] / arms["bare"]["images_per_s"]["median"]
    assert results["scan_over_bare"]["median"] == pytest.approx(ratio)
    small, large = results["memory"]
    assert large["images"] == 10 * small["images"]
    assert large["peak_mb"] < small["peak_mb"] + 60  # MB; 216 more inputs alone hold 33
    assert [row["gpus"] for row in results["imagenet"]] == [0, 1, 8]
    for word in ("of bare", "0.85", "ImageNet", "is an assumption"):
        assert word in printed


def test_arms_take_turns_so_that_a_busy_machine_slows_them_alike(figures):
    turns = []

    def arm(name):
        def run(seconds):
            turns.append((name, seconds))
            return {"fps": len(turns)}

        return run

    samples = figures.interleaved({"a": arm("a"), "b": arm("b")}, seconds=2.0, repetitions=3)
    assert turns[:2] == [("a", figures.WARM_UP_S), ("b", figures.WARM_UP_S)]
    assert turns[2:] == [("a", 2.0), ("b", 2.0)] * 3
    assert samples == {"a": [{"fps": 3}, {"fps": 5}, {"fps": 7}], "b": [{"fps": 4}, {"fps": 6}, {"fps": 8}]}


def test_a_ratio_is_taken_within_each_repetition(figures):
    slowing = {
        "bare": [{"fps": 10.0}, {"fps": 1.0}, {"fps": 2.0}],
        "worker": [{"fps": 9.0}, {"fps": 0.8}, {"fps": 2.0}],
    }
    ratio = figures.ratios(slowing, "worker", "bare")
    assert (ratio.low, ratio.median, ratio.high) == pytest.approx((0.8, 0.9, 1.0))


@pytest.mark.parametrize(("stamps", "expected"), [([], 0.0), ([1.0], 0.0), ([1.0, 1.5, 3.0], 1.0)])
def test_a_rate_counts_the_gaps_between_events(figures, stamps, expected):
    assert figures.rate(stamps) == expected


def test_the_frames_are_a_few_dozen_distinct_pictures_and_the_same_in_every_run(pictures):
    first, second = pictures.photographs(), pictures.photographs()
    assert len(first) >= 24
    assert all(picture.shape == (480, 640, 3) and picture.dtype == np.uint8 for picture in first)
    assert len({picture.tobytes() for picture in first}) == len(first)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_the_source_gives_every_picture_in_turn_at_its_rate(pictures):
    now_s = [100.0]
    photographs = [np.full((4, 4, 3), shade, np.uint8) for shade in range(3)]
    source = pictures.PhotographSource(photographs, fps=64.0, clock=lambda: now_s[0])
    source.open()
    seen = []
    for _ in range(6):
        seen.append(int(source.read().rgb[0, 0, 0]))
        assert source.read() is None
        assert source.delay_s() == 1 / 64
        now_s[0] += 1 / 64
    assert seen == [1, 2, 0, 1, 2, 0]


def test_a_source_that_nobody_read_for_a_while_does_not_make_up_for_it(pictures):
    now_s = [100.0]
    source = pictures.PhotographSource([np.zeros((4, 4, 3), np.uint8)], fps=50.0, clock=lambda: now_s[0])
    source.open()
    now_s[0] += 10
    given = [source.read() is not None for _ in range(10)]
    assert sum(given) <= 2


def test_modules_of_the_benchmarks_stay_short():
    files = sorted((ROOT / "benchmarks").glob("*.py"))
    assert len(files) > 5
    assert [file.name for file in files if len(file.read_text().splitlines()) > 250] == []


def test_recipes_are_measured_beside_both_baselines(tmp_path):
    words = ("--quick", "--recipes", "clear", "--judge", "efficientnet_lite1", "--threads", "1")
    results, printed = run_benchmark("synthesis", tmp_path, *words, timeout_s=110)
    arms = {row["recipe"]: row for row in results["rows"]}
    for name in ("clear", "Lucent's defaults", "2015, set 3"):
        assert arms[name]["figures"]["cpu_s"]["value"] > 0
        assert 0 <= arms[name]["transfer"]["efficientnet_lite1"]["top5"]["value"] <= 1
    pairs = {(row["recipe"], row["baseline"]): row for row in results["compared"]}
    assert len(pairs) == 4
    seconds = {
        name: [picture["cpu_s"] for picture in results["pictures"] if picture["recipe"] == name]
        for name in ("clear", "Lucent's defaults")
    }
    expected = np.mean(
        [theirs / mine for theirs, mine in zip(seconds["Lucent's defaults"], seconds["clear"], strict=True)]
    )
    assert pairs["clear", "Lucent's defaults"]["times_faster"]["value"] == pytest.approx(expected)
    for word in ("times faster", "top-1", "95 % confidence", "Time per picture"):
        assert word in printed
