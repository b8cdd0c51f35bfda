"""What every test stands on: no display, no network, folders of its own, and nothing left running."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from hypothesis import settings

HOME = Path(tempfile.mkdtemp(prefix="deepvis-tests-"))
HELD_BACK_S = 2.0
HOOK_METHODS = (
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
)

# before anything imports Qt, torch or platformdirs
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ["TORCH_HOME"] = str(HOME / "torch")
os.environ["HF_HOME"] = str(HOME / "huggingface")
for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
    os.environ[variable] = str(HOME / variable.split("_")[1].lower())
    (HOME / variable.split("_")[1].lower()).mkdir()

# how long an example takes says more about the machine than about the code
settings.register_profile("deepvis", deadline=None)
settings.load_profile("deepvis")


def pytest_runtest_setup(item) -> None:
    if item.get_closest_marker("gpu") and not _has_gpu():
        pytest.skip("no CUDA or MPS device")
    if item.get_closest_marker("camera") and not _has_camera():
        pytest.skip("no camera")


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()


def _has_camera() -> bool:
    from deepvis.sources.camera import list_cameras

    return bool(list_cameras())


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_folders():
    """Settings that one test wrote must not greet the next."""
    yield
    for entry in (HOME / "config").iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """The machine behaves as without a network; loopback and local sockets work."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(errno.ENETUNREACH, f"tests have no network, and {address[0]} is not this machine")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _no_thread_survives():
    yield
    deadline = time.monotonic() + HELD_BACK_S
    for thread in deepvis_threads():
        thread.join(max(0.0, deadline - time.monotonic()))
    left = [thread.name for thread in deepvis_threads()]
    assert not left, f"threads still run after the test: {left}"


def deepvis_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("deepvis-")]


class HookWatch:
    """Remembers every hook that DeepVis puts on a network."""

    def __init__(self) -> None:
        self.handles = []

    def install(self, module_class: type) -> None:
        for name in HOOK_METHODS:
            setattr(module_class, name, self._watched(getattr(module_class, name)))

    def _watched(self, register):
        def registering(*args, **kwargs):
            handle = register(*args, **kwargs)
            caller = sys._getframe(1).f_globals.get("__name__", "")
            if caller.split(".")[0] == "deepvis":  # a network's own hooks are its own business
                self.handles.append((handle, f"{register.__name__} by {caller}"))
            return handle

        return registering

    def take_survivors(self) -> list[str]:
        """Hooks that are still on a network that is still alive; forgets them all."""
        watched, self.handles = self.handles, []
        return [text for handle, text in watched if handle.id in (handle.hooks_dict_ref() or ())]


_hooks = HookWatch()
_torch_is_ready = False


def _prepare_torch() -> None:
    """One thread, so that results and times do not depend on the machine; only once something imported torch."""
    global _torch_is_ready
    torch = sys.modules.get("torch")
    if torch is None or _torch_is_ready or not hasattr(torch, "set_num_threads"):
        return
    torch.set_num_threads(1)
    _hooks.install(torch.nn.Module)
    _torch_is_ready = True


def pytest_collection_finish() -> None:
    _prepare_torch()


@pytest.fixture(autouse=True)
def _no_hook_survives():
    _prepare_torch()
    _hooks.take_survivors()
    yield
    left = _hooks.take_survivors()
    assert not left, f"hooks are still on a network after the test: {left}"
