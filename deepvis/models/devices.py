"""Which devices there are, and what a wish for one means on this machine."""

from __future__ import annotations

import torch


class DeviceError(Exception):
    """A device that cannot be had; the message says what there is."""


def available_devices() -> tuple[str, ...]:
    """Names a person can choose, best first, `cpu` last."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return (*cuda, *mps, "cpu")


def resolve_device(name: str) -> torch.device:
    """The device that `auto`, `cpu`, `cuda`, `cuda:1` or `mps` stands for.

    Raises:
        DeviceError: where this machine has no such device.
    """
    devices = available_devices()
    if name == "auto":
        return torch.device(devices[0])
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in devices:
        raise DeviceError(f"This machine has no device '{name}'. It has: {', '.join(devices)}.")
    return torch.device(wanted)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch ran out of memory; not every backend has an exception of its own for it."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("out of memory" in text or "not enough memory" in text)
