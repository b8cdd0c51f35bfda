"""How fast the scan is beside a bare decode + forward loop, beside one pass per layer, and what ImageNet would take.

    python -m benchmarks.scan [--images N] [--repetitions N] [--quick] [--json FILE]

Arms run in turns within one run: a busy machine slows all of them alike, so that ratios can be trusted where images
per second cannot. Memory is measured in processes of its own, over N and over 10 N images.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.startup import prepare_torch

if TYPE_CHECKING:
    from collections.abc import Sequence

Values = dict[str, Any]

BUDGET = 0.85
IMAGENET = 1_281_167
QUICK = {"images": 48, "repetitions": 1, "memory": 24}
PART = "--memory-part"


def main(words: Sequence[str] | None = None) -> None:
    """Measure the scan and print tables with ratios and budgets.

    Args:
        words: the command line; None takes the process's own.
    """
    given = _arguments(words)
    prepare_torch()
    with tempfile.TemporaryDirectory() as folder:
        if given.memory_part:
            sys.stdout.write(json.dumps(_memory_part(given, Path(folder))) + "\n")
            return
        results = _measured(given, Path(folder))
    from benchmarks.scan_report import show

    show(results)
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scan", description="Measure the scan.")
    parser.add_argument("--network", default="efficientnet_lite0", help="any name that --model knows")
    parser.add_argument("--images", type=int, default=480, help="images of one stretch of one arm (480)")
    parser.add_argument("--repetitions", type=int, default=3, help="stretches of each arm (3)")
    parser.add_argument("--batch-size", type=int, default=16, help="images in one forward pass (16)")
    parser.add_argument("--workers", type=int, default=1, help="decoding processes (1)")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0 leaves one core per worker free")
    parser.add_argument("--memory", type=int, default=240, help="images of the smaller memory run (240)")
    parser.add_argument("--naive-layers", type=int, default=0, help="layers of the one-pass-per-layer arm; 0: all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--quick", action="store_true", help="few images, once: whether it runs, not how fast")
    parser.add_argument(PART, action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    if given.quick:
        vars(given).update(QUICK)
    given.threads = given.threads or max(1, (os.cpu_count() or 2) - given.workers)
    return given


def _measured(given: argparse.Namespace, folder: Path) -> Values:
    from dataclasses import asdict

    import torch

    from benchmarks.figures import ratios, spreads
    from benchmarks.scan_arms import Images, bare, decode_only, engine, forward_only, per_layer, write_photographs

    photographs = folder / "photographs"
    write_photographs(photographs, given.images)
    with_engine = engine(given.network, given.threads)
    images = Images(photographs, with_engine, given.batch_size, given.workers)
    samples: dict[str, list[dict[str, float]]] = {}

    def take(name: str, sample: dict[str, float]) -> None:
        samples.setdefault(name, []).append(sample)
        sys.stderr.write(f"{name}: {sample['images_per_s']:.1f} images/s\n")

    with images.pool:
        decode_only(images)
        for number in range(given.repetitions):
            take("bare", bare(images, with_engine, torch.contiguous_format))
            take("scan", _scan(given, photographs, folder / f"scan{number}.sqlite"))
            take("bare_channels_last", bare(images, with_engine, torch.channels_last))
            take("decode", decode_only(images))
            take("forward", forward_only(with_engine, given.batch_size, 2.0))
        layers = [layer.name for layer in with_engine.info().shown_layers()]
        taken = layers[: given.naive_layers or len(layers)]
        take("per_layer", per_layer(images, with_engine, taken))
    return {
        "setting": _setting(given, len(layers)),
        "arms": {name: {key: asdict(s) for key, s in spreads(values).items()} for name, values in samples.items()},
        "scan_over_bare": asdict(ratios(samples, "scan", "bare", "images_per_s")),
        "scan_over_channels_last": asdict(ratios(samples, "scan", "bare_channels_last", "images_per_s")),
        "cpu_bare_over_scan": asdict(ratios(samples, "bare", "scan", "cpu_ms")),
        "cpu_channels_last_over_scan": asdict(ratios(samples, "bare_channels_last", "scan", "cpu_ms")),
        "naive_layers": len(taken),
        "memory": _memory(given),
        "imagenet": _imagenet(samples, given),
    }


def _scan(given: argparse.Namespace, photographs: Path, gallery: Path) -> dict[str, float]:
    from benchmarks.scan_arms import scan
    from deepvis.precompute.request import ScanRequest
    from deepvis.records import ModelRequest

    weights = None if given.network == "efficientnet_lite0" else "random"
    return scan(
        ScanRequest(
            photographs,
            ModelRequest(given.network, weights=weights),
            gallery=gallery,
            batch_size=given.batch_size,
            workers=given.workers,
            device="cpu",
            threads=given.threads,
        )
    )


def _setting(given: argparse.Namespace, layers: int) -> Values:
    import torch

    names = ("network", "images", "repetitions", "batch_size", "workers", "threads")
    setting = {name: getattr(given, name) for name in names}
    return {**setting, "layers": layers, "torch": torch.__version__, "cores": os.cpu_count()}


def _memory(given: argparse.Namespace) -> list[Values]:
    """Peak memory of the scanning process over N and 10 N images, each in a process of its own."""
    found = []
    for count in (given.memory, 10 * given.memory):
        command = [sys.executable, "-m", "benchmarks.scan", PART, "--images", str(count), "--network", given.network]
        command += ["--batch-size", str(given.batch_size), "--threads", str(given.threads)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found.append({"images": count, **json.loads(done.stdout.splitlines()[-1])})
    return found


def _memory_part(given: argparse.Namespace, folder: Path) -> dict[str, float]:
    from benchmarks.scan_arms import write_photographs

    write_photographs(folder / "photographs", given.images)
    return _scan(given, folder / "photographs", folder / "scan.sqlite")


def _imagenet(samples: dict[str, list[dict[str, float]]], given: argparse.Namespace) -> list[Values]:
    """Hours for ImageNet's training images from the measured parts, for this CPU and for GPUs.

    Decoding scales with cores. What a GPU does cannot be measured without one: its rate is an assumption, told as one,
    in multiples of this machine's forward pass; the accumulators are assumed to cost there the share they cost here.
    """
    from statistics import median

    rate = {name: median(sample["images_per_s"] for sample in values) for name, values in samples.items()}
    decode_per_core = rate["decode"] / max(1, given.workers)
    share = rate["scan"] / rate["bare_channels_last"]
    rows = []
    for gpus, cores, images_per_s in ((0, given.threads + given.workers, rate["scan"]), (1, 16, None), (8, 128, None)):
        decode = decode_per_core * cores
        compute = images_per_s if images_per_s is not None else GPU_IMAGES_PER_S * gpus * share
        limit = min(decode, compute)
        rows.append(
            {
                "gpus": gpus,
                "cores": cores,
                "decode_images_per_s": decode,
                "network_images_per_s": compute,
                "hours": IMAGENET / limit / 3600,
                "bottleneck": "decoding" if decode < compute else "the network",
            }
        )
    return rows


GPU_IMAGES_PER_S = 3000.0
"""Assumed, not measured: forward passes of EfficientNet-Lite0 at 224 x 224 in float32 on one data-center GPU."""


if __name__ == "__main__":
    main()
