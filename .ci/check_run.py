"""Fail unless a run of the window inferred and painted frames and its screenshot shows something.

python .ci/check_run.py STATS.json SCREENSHOT.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import Image

COLORS_OF_A_WINDOW = 500


def problems(stats_file: Path, screenshot: Path) -> list[str]:
    """What is wrong with the run, one sentence each."""
    found = []
    stats = json.loads(stats_file.read_text()) if stats_file.is_file() else {}
    frames = stats.get("frames", stats)
    found += [
        f"{stats_file} shows no {kind} frame: {stats}" for kind in ("inferred", "painted") if not frames.get(kind)
    ]
    if not screenshot.is_file():
        return [*found, f"There is no screenshot {screenshot}."]
    colors = Image.open(screenshot).convert("RGB").getcolors(1 << 24) or []
    if len(colors) < COLORS_OF_A_WINDOW:
        found.append(f"The screenshot {screenshot} is blank: {len(colors)} colors.")
    return found


if __name__ == "__main__":
    wrong = problems(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    sys.stdout.write("" if wrong else Path(sys.argv[1]).read_text() + "\n")
    sys.exit(bool(wrong))
