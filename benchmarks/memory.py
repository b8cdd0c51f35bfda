"""Whether the live route keeps memory flat: resident memory before and after some thousand frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.networks import layers_to_view
from benchmarks.worker import BenchmarkError, headless

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.worker import HeadlessRun

WARM_UP_FRAMES = 200
STRETCH_S = 2.0
SOURCE_FPS = 240.0
MIB = 1 << 20


def memory_over(frames: int, name: str, pictures: list[NDArray[np.uint8]], threads: int) -> dict[str, float]:
    """Run the worker at the network's widest layer for at least so many frames.

    Returns:
        `frames`, and resident memory in MiB: `before` (after 200 frames), `after`, `highest`.
    """
    with headless(name, pictures, fps=SOURCE_FPS, threads=threads) as run:
        run.view(layers_to_view(run.info)["widest"].name)
        _readings(run, min(WARM_UP_FRAMES, frames))
        readings = _readings(run, frames)
    return {"frames": frames, "before": readings[0], "after": readings[-1], "highest": max(readings)}


def _readings(run: HeadlessRun, frames: int) -> list[float]:
    """Resident memory before, now and then, and after `frames` more results."""
    readings = [resident_mib()]
    done = 0
    while done < frames:
        run(STRETCH_S)
        done += len(run.stamps_s)
        readings.append(resident_mib())
    return readings


def resident_mib() -> float:
    """Resident memory of this process.

    Raises:
        BenchmarkError: where the system does not tell it (it has no `/proc`).
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        raise BenchmarkError("Resident memory is read from /proc, which this system does not have.")
    (line,) = [line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024 / MIB
