"""What every test stands on: no display, no network, folders of its own, and nothing left running."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from deepvis.records import ModelRequest

HOME = Path(tempfile.mkdtemp(prefix="deepvis-tests-"))
HELD_BACK_S = 10.0
HOOK_METHODS = (
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
)

# before anything imports Qt, torch or platformdirs
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# as the commands set it: without it the last bits depend on how arrays happen to lie in memory
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
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


NETWORKS = """
    import collections
    import threading
    from collections import OrderedDict

    import torch
    from torch import nn

    CALLS = collections.Counter()   # (module, thread): how often it ran
    FAILURES = {}                   # module: what it raises
    ONLY_IN = {}                    # module: the number format in which it raises
    REFUSES_CHANNELS_LAST = []      # modules

    class Watched(nn.Module):
        def __init__(self, name, inner):
            super().__init__()
            self.name, self.inner = name, inner

        def forward(self, x):
            CALLS[self.name, threading.current_thread().name] += 1
            if self.name in FAILURES and ONLY_IN.get(self.name, x.dtype) == x.dtype:
                raise FAILURES[self.name]
            if self.name in REFUSES_CHANNELS_LAST and not x.is_contiguous():
                raise TypeError("channels-last is not for this module")
            return self.inner(x)

    def chain(channels=3):
        return nn.Sequential(OrderedDict(
            stem=Watched("stem", nn.Conv2d(channels, 4, 3, stride=2)),
            act=nn.ReLU(inplace=True),
            body=Watched("body", nn.Conv2d(4, 6, 3, stride=2)),
            pool=nn.AdaptiveAvgPool2d(1),
            flat=nn.Flatten(),
            head=nn.Linear(6, 7),
        ))

    def gray():
        return chain(channels=1)

    def window():
        conv = nn.Conv2d(3, 2, 5, stride=4, bias=False)
        nn.init.ones_(conv.weight)
        return nn.Sequential(conv)

    class EveryThird(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, stride=2)
            self.runs = 0

        def forward(self, x):
            self.runs += 1
            if self.runs % 3 == 0:
                raise ValueError("every third call goes wrong")
            return self.conv(x)

    class Never(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            raise ValueError("this network never runs")

    class Locked(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.lock = threading.Lock()

        def forward(self, x):
            with self.lock:
                return self.conv(x)

    class Unfolded(nn.Module):
        def forward(self, x):
            return x[:, :, None]

    class Folded(nn.Module):
        def forward(self, x):
            return x[:, :, 0]

    def odd():
        return nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), deep=Unfolded(), flat=Folded()))

    class HalfNumbers(nn.Module):
        def forward(self, x):
            units = torch.ones(1, x.shape[1], 1, 1, dtype=x.dtype, device=x.device)
            units[:, 1] = torch.nan
            return x * units

    def sick():
        return nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3, stride=2), bad=HalfNumbers()))
    """


@pytest.fixture
def networks(tmp_path):
    """A file with networks, and how to ask for one; `networks.module` is the file as it was imported last."""
    file = tmp_path / "nets.py"
    file.write_text(textwrap.dedent(NETWORKS))
    yield Networks(file)
    sys.modules.pop("deepvis_own_nets", None)


class Networks:
    def __init__(self, file):
        self._file = file
        self.folder = file.parent

    def request(self, factory, input_size=(32, 48), **options):
        return ModelRequest(f"{self._file}:{factory}", input_size=input_size, **options)

    @property
    def module(self):
        return sys.modules["deepvis_own_nets"]

    def calls(self, name, thread="deepvis-inference"):
        return self.module.CALLS[name, thread]


def picture(height=60, width=80, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def make_picture():
    return picture


@pytest.fixture
def images_dir():
    return Path(__file__).parents[1] / "assets" / "images"
