"""The arms of the scan benchmark: the scan, the bare loop it is compared with, and one pass per layer."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from deepvis.models.engine import build_engine
from deepvis.models.samples import SampleRecipe
from deepvis.places import images_dir
from deepvis.precompute.decode_worker import DecodePool, FileTask, Task
from deepvis.precompute.progress import SCANNING, ScanControl, ScanProgress
from deepvis.precompute.scan import run_scan
from deepvis.records import ModelRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deepvis.models.engine import Engine
    from deepvis.models.layers import LayerTap
    from deepvis.precompute.request import ScanRequest

Sample = dict[str, float]
Mark = tuple[float, float, int]
"""Seconds on the clock, seconds of the processor, images done."""

SIZE = (500, 375)
"""Width and height: about the median of ImageNet's photographs."""
FILES_PER_TASK = 4
TOP = 9


def write_photographs(folder: Path, count: int) -> None:
    """So many JPEG files of 500 x 375, each another crop of a packaged photograph; the same in every run."""
    generator = np.random.default_rng(0)
    pictures = [Image.open(file).convert("RGB") for file in sorted(images_dir().glob("*.jpg"))]
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        picture = pictures[number % len(pictures)]
        scale = generator.uniform(0.5, 1.0) * min(picture.width / SIZE[0], picture.height / SIZE[1])
        width, height = int(SIZE[0] * scale), int(SIZE[1] * scale)
        left = int(generator.integers(0, picture.width - width + 1))
        top = int(generator.integers(0, picture.height - height + 1))
        crop = picture.crop((left, top, left + width, top + height)).resize(SIZE, Image.Resampling.BICUBIC)
        crop.save(folder / f"{number:06}.jpg", quality=90)


def engine(name: str, threads: int) -> Engine:
    """The network, channels-last where it likes that, as the scan uses it."""
    torch.set_num_threads(threads)
    request = ModelRequest(name) if name == "efficientnet_lite0" else ModelRequest(name, weights="random")
    return build_engine(request, progress=lambda _text, _fraction: None, canceled=lambda: False)


class Images:
    """A folder of images, decoded by workers and handed over in batches, as a plain training loop has them."""

    def __init__(self, folder: Path, made_for: Engine, batch_size: int, workers: int) -> None:
        self._paths = sorted(folder.iterdir())
        self._recipe = SampleRecipe(made_for.loaded.preprocessing)
        self._batch_size = batch_size
        self.pool = DecodePool(workers)

    def __len__(self) -> int:
        return len(self._paths)

    def batches(self) -> Iterator[torch.Tensor]:
        """uint8 `(batch, channels, height, width)`, the last one shorter."""
        waiting: list[torch.Tensor] = []
        for decoded in self.pool.decode(self._tasks()):
            if decoded.pictures is not None:
                waiting += list(decoded.pictures)
            while len(waiting) >= self._batch_size:
                yield torch.stack(waiting[: self._batch_size])
                del waiting[: self._batch_size]
        if waiting:
            yield torch.stack(waiting)

    def _tasks(self) -> Iterator[Task]:
        for first in range(0, len(self._paths), FILES_PER_TASK):
            numbers = range(first, min(first + FILES_PER_TASK, len(self._paths)))
            yield Task(self._recipe, tuple(FileTask(number, str(self._paths[number])) for number in numbers))


def bare(images: Images, with_engine: Engine, memory_format: torch.memory_format) -> Sample:
    """Decode and run the network, nothing else; images per second."""
    network = with_engine.loaded.network.to(memory_format=memory_format)
    normalize = with_engine.loaded.preprocessing.normalize

    def forward(pictures: torch.Tensor) -> None:
        network(normalize(pictures, "cpu", torch.float32).contiguous(memory_format=memory_format))

    return _timed(images, forward)


def decode_only(images: Images) -> Sample:
    """Decode and look at nothing; images per second."""
    return _timed(images, lambda _pictures: None)


def forward_only(with_engine: Engine, batch_size: int, seconds: float) -> Sample:
    """The network alone, channels-last; images per second."""
    network = with_engine.loaded.network.to(memory_format=torch.channels_last)
    shape = with_engine.loaded.preprocessing
    batch = torch.randn(batch_size, shape.channels, *shape.input_size).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        network(batch)
        begun_s, runs = time.perf_counter(), 0
        while time.perf_counter() - begun_s < seconds:
            network(batch)
            runs += 1
    return {"images_per_s": runs * batch_size / (time.perf_counter() - begun_s)}


def per_layer(images: Images, with_engine: Engine, layers: list[str]) -> Sample:
    """What people write for one layer: a pass with a hook, maxima to NumPy, a sort per batch; here for each layer."""
    begun_s = time.perf_counter()
    for layer in layers:
        best: dict[str, np.ndarray] = {}

        def keep(_tap: LayerTap, maps: torch.Tensor, best: dict[str, np.ndarray] = best) -> None:
            values = maps.flatten(2).max(-1).values.float().numpy()
            together = np.concatenate([best["values"], values]) if best else values
            best["values"] = -np.sort(-together, axis=0)[:TOP]

        for pictures in images.batches():
            with_engine.stream(pictures, [layer], keep)
    return {"images_per_s": len(images) / (time.perf_counter() - begun_s)}


def scan(request: ScanRequest) -> Sample:
    """The scan itself; images per second of its first pass, and of all of it."""
    marks: list[Mark] = []

    def report(progress: ScanProgress) -> None:
        if progress.phase == SCANNING:
            marks.append((time.perf_counter(), time.process_time(), progress.done))

    begun_s = time.perf_counter()
    summary = run_scan(request, report=report, control=ScanControl())
    seconds = time.perf_counter() - begun_s
    return {
        **_rates(marks),
        "overall_images_per_s": summary.files / seconds,
        "gallery_mb": summary.gallery.stat().st_size / 1e6,
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """The most memory this process has had, without its children."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(images: Images, work: Callable[[torch.Tensor], None]) -> Sample:
    """Images per second between the end of the first batch and that of the last."""
    marks: list[Mark] = []
    done = 0
    with torch.inference_mode():
        for pictures in images.batches():
            work(pictures)
            done += len(pictures)
            marks.append((time.perf_counter(), time.process_time(), done))
    return _rates(marks)


def _rates(marks: list[Mark]) -> Sample:
    """Images per second, and processor time of this process per image, between the first mark and the last."""
    (first_s, first_cpu_s, first), (last_s, last_cpu_s, last) = marks[0], marks[-1]
    return {
        "images_per_s": (last - first) / (last_s - first_s),
        "cpu_ms": 1000 * (last_cpu_s - first_cpu_s) / (last - first),
    }
