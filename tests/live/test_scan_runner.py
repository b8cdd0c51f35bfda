"""The thread that runs a scan in a process of its own: here a small script takes the scan's place."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from pathlib import Path

import pytest

from deepvis.live.events import Notice, ScanChanged, ScanStatus
from deepvis.live.mailbox import Bell
from deepvis.live.scan_child import NICENESS
from deepvis.live.scan_runner import ScanRunner, read_line
from deepvis.live.scan_wish import ScanWish
from deepvis.records import ModelRequest

WAIT_S = 20.0
WISH = ScanWish(ModelRequest("resnet18"), Path("/photos"))

SAYS_LINES = """
    import json, sys
    def say(done, phase="scanning", **more):
        print(json.dumps({"phase": phase, "done": done, "total": 8, "per_second": 2.5, "left_s": 3.0, "skipped": 1,
                          "text": f"{phase}: {done}", "state": "running", **more}), flush=True)
    def orders():
        for line in sys.stdin:
            yield line.strip()
"""


class Running:
    def __init__(self, script, tmp_path):
        self._bell = Bell()
        self.events = []
        self.published = 0
        file = tmp_path / "scan.py"
        file.write_text(textwrap.dedent(SAYS_LINES) + textwrap.dedent(script))
        self.runner = ScanRunner(self._hear, self._publish, (sys.executable, str(file)))
        self.runner.start()

    def _hear(self, event):
        self.events.append(event)
        self._bell.ring()

    def _publish(self):
        self.published += 1

    def begin(self):
        self.runner.begin(WISH, Path("/galleries/a.sqlite"))

    def statuses(self):
        return [event.status for event in self.events if isinstance(event, ScanChanged)]

    def wait(self, fits):
        deadline_s = time.monotonic() + WAIT_S
        while True:
            found = next((status for status in self.statuses() if fits(status)), None)
            if found is not None:
                return found
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"it did not come; said: {self.events}"
            self._bell.wait(left_s)

    def close(self):
        self.runner.stop()
        assert self.runner.join(10)


@pytest.fixture
def running(tmp_path):
    made = []

    def run(script):
        made.append(Running(script, tmp_path))
        made[-1].begin()
        return made[-1]

    yield run
    for one in made:
        one.close()


def test_progress_is_told_and_the_end(running):
    scan = running(
        """
        say(3)
        say(8)
        print("Scanned 8 images.", flush=True)
        """
    )
    done = scan.wait(lambda status: status.state == "done")
    assert done == ScanStatus("done", "scanning", 8, 8, 2.5, None, 1, "Scanned 8 images.")
    assert done.over
    assert done.fraction == 1.0
    assert scan.statuses()[0].state == "running"
    assert scan.published > 0


def test_the_scan_gets_the_arguments_of_the_wish(running):
    scan = running("say(0, text=' '.join(sys.argv[1:]))")
    text = scan.wait(lambda status: status.over).text
    assert text.startswith("scan --images /photos --model resnet18 ")
    assert "--gallery /galleries/a.sqlite" in text
    assert text.endswith("--progress json")


def test_many_lines_are_told_a_few_times_a_second(running):
    scan = running(
        """
        for done in range(2000):
            say(done)
        """
    )
    assert scan.wait(lambda status: status.over).done == 1999
    assert len(scan.statuses()) < 40


def test_it_pauses_goes_on_and_stops(running):
    scan = running(
        """
        say(1)
        for order in orders():
            say(2, text=order)
            if order == "stop":
                print("Stopped after 2 of 8 files.", flush=True)
                break
        """
    )
    scan.wait(lambda status: status.done == 1)
    scan.runner.pause()
    scan.wait(lambda status: status.state == "paused" and status.text == "pause")
    scan.runner.resume()
    scan.wait(lambda status: status.state == "running" and status.text == "go")
    scan.runner.end()
    scan.wait(lambda status: status.state == "stopping")
    stopped = scan.wait(lambda status: status.state == "stopped")
    assert stopped.text == "Stopped after 2 of 8 files. The same scan goes on from there."


def test_a_stop_while_pictures_are_stored_says_that_all_is_counted(running):
    scan = running(
        """
        say(8)
        say(1, phase="storing pictures of the winners", total=5)
        for order in orders():
            if order == "stop":
                print("Stopped after 8 of 8 files.", flush=True)
                break
        """
    )
    scan.wait(lambda status: status.total == 5)
    scan.runner.end()
    stopped = scan.wait(lambda status: status.state == "stopped")
    said = "Stopped while storing pictures; all 8 images are counted. The same scan goes on from there."
    assert stopped.text == said


def test_a_failure_is_told_in_the_last_words_of_the_scan(running):
    scan = running(
        """
        say(1)
        sys.stderr.write("a warning\\nThere is no folder /photos.\\n")
        sys.exit(2)
        """
    )
    failed = scan.wait(lambda status: status.over)
    assert (failed.state, failed.text) == ("failed", "There is no folder /photos.")


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_a_scan_that_is_killed_says_so(running):
    scan = running("import os; os.kill(os.getpid(), 9)")
    failed = scan.wait(lambda status: status.over)
    assert failed.state == "failed"
    assert "signal 9" in failed.text


def test_a_program_that_cannot_be_started_is_told(tmp_path):
    events = []
    bell = Bell()
    runner = ScanRunner(lambda event: (events.append(event), bell.ring()), command=(str(tmp_path / "nothing"),))
    runner.start()
    runner.begin(WISH, None)
    assert bell.wait(WAIT_S)
    runner.stop()
    assert runner.join(5)
    assert events[0].status.state == "failed"
    assert "could not be started" in events[0].status.text


def test_only_one_scan_runs_at_a_time_and_another_one_after_it(running):
    scan = running(
        """
        say(1)
        for order in orders():
            break
        """
    )
    scan.wait(lambda status: status.done == 1)
    scan.begin()
    scan.runner.end()
    scan.wait(lambda status: status.over)
    assert [event.level for event in scan.events if isinstance(event, Notice)] == ["warning"]
    scan.events.clear()
    scan.begin()
    scan.wait(lambda status: status.done == 1)


def test_orders_without_a_scan_do_nothing(running):
    scan = running("say(1)")
    scan.wait(lambda status: status.over)
    scan.events.clear()
    for order in (scan.runner.pause, scan.runner.resume, scan.runner.end):
        order()
    scan.begin()
    assert scan.wait(lambda status: status.over).state == "done"


@pytest.mark.skipif(sys.platform == "win32", reason="priorities have other names")
def test_the_scan_yields_to_the_live_picture(running):
    scan = running("import os; say(1, text=str(os.getpriority(os.PRIO_PROCESS, 0)))")
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert int(scan.wait(lambda status: status.over).text) == min(19, max(own, NICENESS))


@pytest.mark.parametrize(
    "deaf",
    ["for order in orders(): pass", "import time\ntime.sleep(600)"],
    ids=["ends with its orders", "must be ended"],
)
def test_the_scan_ends_with_the_window(running, deaf):
    scan = running(f"import os\nsay(os.getpid(), total=None)\n{deaf}")
    process = scan.wait(lambda status: status.done > 0).done
    begun_s = time.monotonic()
    scan.close()
    assert time.monotonic() - begun_s < 8
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_line_that_is_no_json_is_a_sentence_and_nonsense_is_no_number():
    status = ScanStatus("paused", "scanning", 3, 8)
    assert read_line("Something was said.\n", status) == ScanStatus(
        "paused", "scanning", 3, 8, text="Something was said."
    )
    assert read_line("\n", status) is status
    said = read_line('{"phase": null, "done": "many", "total": 0, "state": "running"}', status)
    assert said == ScanStatus("paused")
    assert said.fraction is None
