"""A synthesis that was killed ends with the pictures of one that was not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap

import pytest

SERVER = """
    import os
    import sys
    from pathlib import Path

    import torch

    from deepvis.precompute.progress import ScanControl
    from deepvis.precompute.synthesize import PicturesRequest, run_synthesis
    from deepvis.records import ModelRequest
    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.registry import piece

    RECIPE = Recipe("quick", transforms=(piece("jitter", pixels=2),), steps=6, size=16)

    def say(report):
        print(report.phase, report.done, flush=True)

    def synthesize(nets, gallery):
        torch.set_num_threads(1)
        request = PicturesRequest(
            RECIPE, Path(gallery), ModelRequest(nets + ":chain", input_size=(32, 48)), ("act", "body", "head"),
            per_unit=2, batch_size=3, device="cpu",
        )
        run_synthesis(request, report=say, control=ScanControl())

    if __name__ == "__main__":
        for line in sys.stdin:
            if not os.fork():
                print(os.getpid(), flush=True)
                synthesize(sys.argv[1], line.strip())
                os._exit(0)
            print("ended", os.wait()[1], flush=True)
"""


class Server:
    """Makes pictures in processes of their own, which need not import torch first."""

    def __init__(self, script, nets):
        command = [sys.executable, str(script), str(nets)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.status = None

    def synthesize(self, gallery, kill_at=None):
        """Lines of a synthesis, which is killed after so many."""
        self.process.stdin.write(f"{gallery}\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        said = []
        while not (line := self.process.stdout.readline()).startswith("ended"):
            assert line, "the server died"
            said.append(line.strip())
            if len(said) == kill_at:
                os.kill(pid, signal.SIGKILL)
        self.status = int(line.split()[1])
        return said


@pytest.fixture
def server(tmp_path, networks):
    script = tmp_path / "server.py"
    script.write_text(textwrap.dedent(SERVER))
    server = Server(script, networks.folder / "nets.py")
    yield server
    server.process.stdin.close()
    server.process.stdout.close()
    server.process.wait()


def test_killed_at_any_moment_and_begun_again_the_pictures_are_those_of_one_run(
    same_pictures, pictures, server, tmp_path
):
    whole, broken = tmp_path / "whole.sqlite", tmp_path / "broken.sqlite"
    lines = server.synthesize(whole)
    assert server.status == 0
    assert len(pictures(whole)) == 34
    moments = random.Random(3)  # what is being done then also depends on the machine
    killed = 0
    for _ in range(4):
        server.synthesize(broken, kill_at=moments.randint(2, len(lines) // 3))
        killed += server.status == signal.SIGKILL
    assert killed >= 1
    again = server.synthesize(broken)
    assert server.status == 0
    assert lines[1] == "synthesizing act 0"
    assert again[1] != lines[1], "it began anew"
    same_pictures(whole, broken)
