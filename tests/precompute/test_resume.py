"""A scan that was stopped, paused or killed ends with the rows of one that was not."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from deepvis.gallery.reader import GalleryReader
from deepvis.precompute.progress import PICTURES
from deepvis.precompute.scan import ScanControl, ScanError

SERVER = """
    import os
    import sys
    from pathlib import Path

    import torch

    from deepvis.precompute import progress, saving, winners
    from deepvis.precompute.scan import ScanControl, ScanRequest, run_scan
    from deepvis.records import ModelRequest

    def say(report):
        print(report.phase, report.done, flush=True)

    def scan(nets, images, gallery, workers):
        torch.set_num_threads(1)
        progress.REPORT_EVERY_S = winners._BLOCK_S = saving._FIRST_SHOWING_S = saving._UNIT_SHOWING_S = 0.0
        saving._SAVING_SHARE = saving._SHOWING_SHARE = 1
        request = ScanRequest(
            Path(images), ModelRequest(nets + ":chain", input_size=(32, 48)), ("act", "body", "head"), top=3,
            gallery=Path(gallery), batch_size=4, workers=int(workers), device="cpu", crops=2, checkpoint_s=0.0,
        )
        run_scan(request, report=say, control=ScanControl())

    if __name__ == "__main__":
        for line in sys.stdin:
            if not os.fork():
                print(os.getpid(), flush=True)
                scan(*sys.argv[1:], *line.split("|"))
                os._exit(0)
            print("ended", os.wait()[1], flush=True)
"""


class Server:
    """Does scans in processes of their own, which need not import torch first."""

    def __init__(self, script, nets, images):
        command = [sys.executable, str(script), str(nets), str(images)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, gallery, workers=0):
        """Process id of a new scan."""
        self.process.stdin.write(f"{gallery}|{workers}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def lines(self):
        """What the scan says, until it ends."""
        while not (line := self.process.stdout.readline()).startswith("ended"):
            assert line, "the server died"
            yield line.strip()
        self.status = int(line.split()[1])

    def scan(self, gallery, kill_at=None):
        """Lines of a scan, which is killed after so many."""
        pid = self.begin(gallery)
        said = []
        for line in self.lines():
            said.append(line)
            if len(said) == kill_at:
                os.kill(pid, signal.SIGKILL)
        return said


@pytest.fixture
def server(tmp_path, networks, make_photographs):
    script = tmp_path / "server.py"
    script.write_text(textwrap.dedent(SERVER))
    images = make_photographs(tmp_path / "many", 40)
    server = Server(script, networks.folder / "nets.py", images)
    yield server
    server.process.stdin.close()
    server.process.stdout.close()
    server.process.wait()


def test_killed_at_any_moment_and_begun_again_the_rows_are_those_of_one_run(same_rows, server, tmp_path):
    whole, broken = tmp_path / "whole.sqlite", tmp_path / "broken.sqlite"
    lines = server.scan(whole)
    assert server.status == 0
    first_picture = next(number for number, line in enumerate(lines) if line.startswith(PICTURES))
    moments = random.Random(5)  # what is being done then also depends on the machine
    killed = 0
    for _ in range(3):
        server.scan(broken, kill_at=moments.randint(3, first_picture))
        killed += server.status == signal.SIGKILL
    server.scan(broken, kill_at=moments.randint(1, 4))
    assert killed >= 1
    again = server.scan(broken)
    assert server.status == 0
    assert len(again) < len(lines)
    same_rows(whole, broken)


def test_workers_die_with_the_process_they_work_for(server, tmp_path):
    pid = server.begin(tmp_path / "g.sqlite", workers=1)
    children = []
    for line in server.lines():
        if line == "scanning 4":
            children = descendants(pid)
            os.kill(pid, signal.SIGKILL)
    assert server.status == signal.SIGKILL
    assert children
    deadline = time.monotonic() + 20
    while any(is_alive(one) for one in children):
        assert time.monotonic() < deadline, "workers are left"
        time.sleep(0.1)  # there is no event for the end of a process that is nobody's child


def descendants(pid):
    listing = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listing.splitlines()[1:]]
    found = [child for child, parent in parents if parent == pid]
    return found + [one for child in found for one in descendants(child)]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


class StopsAt(ScanControl):
    """Stops when a phase has done so much."""

    def __init__(self, phase, done):
        super().__init__()
        self._at = (phase, done)

    def report(self, progress):
        if (progress.phase, progress.done) >= self._at and progress.phase == self._at[0]:
            self.stop()


@pytest.mark.parametrize(
    ("phase", "done"), [("scanning", 8), ("scanning", 0), (PICTURES, 8), ("reading the network", 0)]
)
def test_a_stopped_scan_says_so_and_goes_on_where_it_was(same_rows, scan, tmp_path, often, phase, done):
    options = {"layers": ("act", "body"), "gallery": tmp_path / "stopped.sqlite"}
    control = StopsAt(phase, done)
    stopped = scan(control=control, report=control.report, **options)
    assert not stopped.finished
    if phase == "scanning":
        assert 0 < stopped.files < stopped.total == 21
        with GalleryReader(stopped.gallery) as reader:
            (job,) = reader.jobs()
        assert job.coverage == ((0, 1, stopped.files, 21),)
        assert not job.finished
    if phase == PICTURES:
        assert stopped.files == stopped.total
        assert 0 < stopped.pictures_left < stopped.total
    else:
        assert stopped.pictures_left == 0
    reports = []
    whole = scan(layers=("act", "body"))
    finished = scan(report=reports.append, **options)
    assert finished.finished
    assert not finished.already_done
    scanned = [report.done for report in reports if report.phase == "scanning"]
    assert (scanned[0] == stopped.files) if phase == "scanning" else True
    assert bool(scanned) == (phase != PICTURES)
    same_rows(whole.gallery, finished.gallery)


def test_a_paused_scan_stands_still_saved_until_it_goes_on(same_rows, scan, tmp_path, often):
    control = ScanControl()
    reports = []
    stood = threading.Event()
    gallery = tmp_path / "paused.sqlite"

    def report(progress):
        reports.append(progress)
        if progress.phase == "scanning" and progress.done == 8:
            control.pause()
        if progress.phase == "scanning" and progress.done > 8:
            stood.set()

    found = []
    thread = threading.Thread(
        target=lambda: found.append(scan(control=control, report=report, layers=("body",), gallery=gallery))
    )
    thread.start()
    assert not stood.wait(1.0)
    with GalleryReader(gallery) as reader:
        (job,) = reader.jobs()
    assert job.coverage == ((0, 1, 8, 21),)
    control.go()
    thread.join()
    assert found[0].finished
    after = [one for one in reports if one.phase == "scanning" and one.done > 8]
    assert after[0].per_second > 12 / 1.0, "the pause counts as work"
    same_rows(scan(layers=("body",)).gallery, gallery)


def test_stop_ends_a_pause(scan, often):
    control = ScanControl()

    def report(progress):
        if progress.phase == "scanning" and progress.done == 8:
            control.pause()
            threading.Timer(0.2, control.stop).start()

    assert not scan(control=control, report=report, layers=("body",)).finished


def test_first_rows_can_be_seen_before_the_scan_has_ended(same_rows, scan, tmp_path, often, monkeypatch):
    monkeypatch.setattr("deepvis.precompute.saving._FIRST_SHOWING_S", 0.0)
    monkeypatch.setattr("deepvis.precompute.saving._SHOWING_SHARE", 0)
    gallery = tmp_path / "early.sqlite"
    seen = []

    def report(progress):
        if progress.phase == "scanning" and progress.done >= 12:
            with GalleryReader(gallery) as reader:
                seen.append(reader.unit("body", 0))

    scan(layers=("body",), gallery=gallery, report=report, checkpoint_s=0.0)
    assert 4 <= seen[0].statistics.count < 21
    assert len(seen[0].exemplars) == 3
    assert seen[0].exemplars[0].path.is_file()
    same_rows(scan(layers=("body",)).gallery, gallery)


def test_values_that_come_out_differently_are_told(scan, networks, tmp_path, often):
    gallery = tmp_path / "changed.sqlite"

    def change(progress):
        if progress.phase == "writing":
            networks.module.SHIFT.append(0.5)

    summary = scan(network="shifted", layers=("0",), gallery=gallery, report=change)
    assert summary.deviation > 1e-3
    assert "differ from the recorded ones" in summary.warnings[0]
    with GalleryReader(gallery) as reader:
        assert reader.jobs()[0].parameters["largest_deviation"] == summary.deviation


def test_a_finished_gallery_has_no_state_left_and_takes_no_more_room_than_needed(scan, tmp_path):
    gallery = tmp_path / "g.sqlite"
    reader = None

    def look(progress):
        nonlocal reader
        if progress.phase == PICTURES and reader is None:
            reader = GalleryReader(gallery)  # a window that looks at the gallery meanwhile
            reader.layers()

    started_s = time.monotonic()
    scan(layers=("body", "head"), gallery=gallery, report=look)
    assert time.monotonic() - started_s < 8, "it waited for the reader"
    reader.close()
    with contextlib.closing(sqlite3.connect(gallery)) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM states").fetchone() == (0,)
    assert [file.name for file in tmp_path.glob("g.sqlite*")] == ["g.sqlite"]


def test_an_image_that_vanished_between_the_passes_leaves_a_warning(scan, photographs, tmp_path, often):
    gallery = tmp_path / "vanished.sqlite"

    def remove(progress):
        if progress.phase == "writing":
            for path in photographs.rglob("00?.*"):
                path.unlink()

    summary = scan(layers=("body",), gallery=gallery, report=remove)
    assert summary.finished
    assert len(summary.warnings) == 1
    assert "cannot be read any more" in summary.warnings[0]
    with GalleryReader(gallery) as reader:
        lost = [one for unit in range(6) for one in reader.unit("body", unit).exemplars if not one.path.exists()]
        assert lost
        assert reader.picture(lost[0].file) is None


def test_a_gallery_with_merged_shards_is_no_scan_to_go_on_with(scan, tmp_path):
    from deepvis.precompute.merge import merge_shards

    gallery = tmp_path / "g.sqlite"
    first = scan(layers=("body",), gallery=gallery, shard=0, shards=2)
    merge_shards(gallery, [first.gallery], report=lambda _progress: None, control=ScanControl())
    with pytest.raises(ScanError, match="holds 1 of 2 shards"):
        scan(layers=("body",), gallery=gallery)
