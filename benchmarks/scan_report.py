"""The scan's measurements as tables for people."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.scan import BUDGET, GPU_IMAGES_PER_S, IMAGENET

Values = dict[str, Any]

NAMES = {
    "bare": "bare: decode + network(batch)",
    "bare_channels_last": "bare, channels-last",
    "scan": "scan of all layers",
    "per_layer": "one pass per layer, each with a hook",
    "decode": "decoding alone",
    "forward": "network alone, channels-last",
}
WIDTH = 120


def show(results: Values) -> None:
    """Print everything that was measured."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    setting = results["setting"]
    console.print(
        f"{setting['network']}, {setting['layers']} layers, {setting['images']} JPEG files of 500 x 375, batches of "
        f"{setting['batch_size']}, {setting['workers']} decoding process(es), {setting['threads']} torch thread(s) of "
        f"{setting['cores']} cores, torch {setting['torch']}; {setting['repetitions']} repetitions in turns. "
        "Median (lowest-highest)."
    )
    for table in (_speed(results), _memory(results["memory"]), _imagenet(results["imagenet"])):
        console.print(table)
    console.print(
        f"ImageNet's {IMAGENET:,} images, from the parts above: decoding per core as measured, 16 cores to a GPU. "
        f"{GPU_IMAGES_PER_S:,.0f} images/s per GPU for the bare network is an assumption; the accumulators are taken "
        "to cost the same share as here."
    )


def _speed(results: Values) -> Table:
    table = _table("Images per second", ["what", "images/s", "of bare", "of bare c.-l.", "budget"])
    for name, text in NAMES.items():
        rate = results["arms"][name]["images_per_s"]
        over = [
            _text(results[key], 2) if name == "scan" else "" for key in ("scan_over_bare", "scan_over_channels_last")
        ]
        met = "met" if results["scan_over_bare"]["median"] >= BUDGET else "MISSED"
        if name == "per_layer":
            text = f"{text} ({results['naive_layers']} passes)"
        table.add_row(text, _text(rate), *over, f"{BUDGET} {met}" if name == "scan" else "")
    return table


def _memory(runs: list[Values]) -> Table:
    table = _table("Memory of the scanning process", ["images", "peak MB", "gallery MB"])
    for run in runs:
        table.add_row(f"{run['images']:,}", f"{run['peak_mb']:.0f}", f"{run['gallery_mb']:.1f}")
    return table


def _imagenet(rows: list[Values]) -> Table:
    table = _table("ImageNet", ["GPUs", "cores", "decoding, images/s", "network, images/s", "hours", "bottleneck"])
    for row in rows:
        table.add_row(
            str(row["gpus"] or "none"),
            str(row["cores"]),
            f"{row['decode_images_per_s']:,.0f}",
            f"{row['network_images_per_s']:,.0f}",
            f"{row['hours']:.2g}",
            row["bottleneck"],
        )
    return table


def _table(title: str, columns: list[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    return table


def _text(values: Values, digits: int = 1) -> str:
    if values["low"] == values["high"]:
        return f"{values['median']:.{digits}f}"
    return f"{values['median']:.{digits}f} ({values['low']:.{digits}f}-{values['high']:.{digits}f})"
