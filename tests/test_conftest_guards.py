from __future__ import annotations

import socket
import threading

import pytest

pytest_plugins = ["pytester"]

GUARDED = """
import sys
import threading
import types

import pytest
import torch

def test_leaves_a_thread():
    threading.Thread(target=threading.Event().wait, args=(30,), name="deepvis-forgotten", daemon=True).start()

def test_leaves_a_hook():
    global network
    network = torch.nn.Linear(2, 2)
    register = {"__name__": "deepvis.somewhere"}
    exec("def put(network): return network.register_forward_hook(lambda *_: None)", register)
    register["put"](network)

@pytest.mark.gpu
def test_needs_a_gpu():
    assert torch.cuda.is_available() or torch.backends.mps.is_available()

def test_leaves_nothing():
    with_hook = torch.nn.Linear(2, 2)
    with_hook.register_forward_hook(lambda *_: None)
"""


def test_a_surviving_thread_and_a_surviving_hook_fail_their_test(pytester, request):
    pytester.makeconftest((request.config.rootpath / "tests" / "conftest.py").read_text())
    pytester.makepyfile(GUARDED)
    pytester.makeini("[pytest]\nmarkers = gpu\n")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", timeout=60)
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] + outcomes.get("skipped", 0) == 4
    assert outcomes["errors"] == 2
    result.stdout.fnmatch_lines(["*threads still run after the test: *deepvis-forgotten*"])
    result.stdout.fnmatch_lines(["*hooks are still on a network after the test: *deepvis.somewhere*"])


def test_a_connection_to_another_machine_fails_as_without_a_network():
    with socket.socket() as client, pytest.raises(OSError, match="tests have no network"):
        client.connect(("192.0.2.1", 80))


def test_loopback_works():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        assert threading.active_count() >= 1
