"""The scan's measurements as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.scan import BUDGET, GPU_IMAGES_PER_S, IMAGENET
from benchmarks.tables import empty_table, figure_text, wide_console

if TYPE_CHECKING:
    from rich.table import Table

Values = dict[str, Any]

NAMES = {
    "bare": "bare: decode + network(batch)",
    "bare_channels_last": "bare, channels-last",
    "scan": "scan of all layers",
    "per_layer": "one pass per layer, each with a hook",
    "decode": "decoding alone",
    "forward": "network alone, channels-last",
}
WIDTH = 160


def show(results: Values) -> None:
    """Print everything that was measured."""
    console = wide_console(WIDTH)
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
    columns = ["what", "images/s", "of bare", "of bare c.-l.", "budget", "CPU ms/image", "of bare", "of bare c.-l."]
    table = empty_table("Images per second", columns)
    for name, text in NAMES.items():
        figures = results["arms"][name]
        cpu = figure_text(figures["cpu_ms"]) if "cpu_ms" in figures else ""
        more = f" ({results['naive_layers']} passes)" if name == "per_layer" else ""
        table.add_row(
            text + more, figure_text(figures["images_per_s"]), *_ratios(results, name), cpu, *_cpu(results, name)
        )
    return table


def _ratios(results: Values, name: str) -> list[str]:
    if name != "scan":
        return ["", "", ""]
    met = "met" if results["scan_over_bare"]["median"] >= BUDGET else "MISSED"
    return [
        figure_text(results["scan_over_bare"], 2),
        figure_text(results["scan_over_channels_last"], 2),
        f"{BUDGET} {met}",
    ]


def _cpu(results: Values, name: str) -> list[str]:
    if name != "scan":
        return ["", ""]
    return [figure_text(results["cpu_bare_over_scan"], 2), figure_text(results["cpu_channels_last_over_scan"], 2)]


def _memory(runs: list[Values]) -> Table:
    table = empty_table("Memory of the scanning process", ["images", "peak MB", "gallery MB"])
    for run in runs:
        table.add_row(f"{run['images']:,}", f"{run['peak_mb']:.0f}", f"{run['gallery_mb']:.1f}")
    return table


def _imagenet(rows: list[Values]) -> Table:
    table = empty_table("ImageNet", ["GPUs", "cores", "decoding, images/s", "network, images/s", "hours", "bottleneck"])
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
