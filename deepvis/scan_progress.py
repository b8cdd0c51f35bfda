"""How far a scan or a synthesis is: a bar for a terminal, lines for a log file, JSON for a window that started it."""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from deepvis.config import SettingsError
from deepvis.precompute.progress import ATTRIBUTING, SYNTHESIZING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deepvis.precompute.progress import ScanControl, ScanProgress

FORMS = ("auto", "bar", "lines", "json", "none")
LINE_EVERY_S = 10.0
JSON_EVERY_S = 0.2


@contextmanager
def shown_progress(form: str, control: ScanControl) -> Iterator[Callable[[ScanProgress], None]]:
    """What to report progress to.

    Args:
        form: `bar` draws on a terminal, `lines` writes one line now and then, `json` writes one object per line on the
            standard output and reads `pause`, `go` and `stop` from the standard input, `none` shows nothing; `auto`
            takes the bar where there is a terminal.
        control: gets what is read.

    Raises:
        SettingsError: there is no such form.
    """
    if form not in FORMS:
        raise SettingsError(f"--progress must be one of {', '.join(FORMS)}, not '{form}'.")
    if form == "auto":
        form = "bar" if sys.stderr.isatty() else "lines"
    if form == "bar":
        with _bar() as report:
            yield report
    elif form == "json":
        threading.Thread(target=_listen, args=(control,), name="scan-commands", daemon=True).start()
        yield _paced(JSON_EVERY_S, lambda progress: _write_json(progress, control))
    elif form == "lines":
        yield _paced(LINE_EVERY_S, _write_line)
    else:
        yield lambda _progress: None


def line(progress: ScanProgress) -> str:
    """`scanning: 1,234 of 5,000, 56.1 images/s, 1 min 7 s left, 3 skipped`.

    Of pictures: `synthesizing blocks.2.0: 8 of 40, 2.61 s/picture, about 1 min 23 s left`.
    """
    pictures = progress.phase.startswith(SYNTHESIZING)
    parts = [f"{progress.done:,} of {progress.total:,}" if progress.total else ""]
    if progress.per_second:
        slow = f"{1 / progress.per_second:.3g} s/picture"
        things = "exemplars" if progress.phase == ATTRIBUTING else "images"
        parts.append(slow if pictures else f"{progress.per_second:.3g} {things}/s")
    if progress.left_s is not None and progress.done < progress.total:
        parts.append(f"{'about ' if pictures else ''}{duration(progress.left_s)} left")
    if progress.skipped:
        parts.append(f"{progress.skipped:,} skipped")
    said = ", ".join(part for part in parts if part)
    return f"{progress.phase}: {said}" if said else progress.phase


def duration(seconds: float) -> str:
    """`7 s`, `1 min 7 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def counted(number: int, thing: str) -> str:
    """`1 file`, `1,234 files`."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def _paced(every_s: float, show: Callable[[ScanProgress], None]) -> Callable[[ScanProgress], None]:
    """Show the first and the last report of every phase, and between them one now and then."""
    last: list[Any] = ["", 0.0]

    def report(progress: ScanProgress) -> None:
        now_s = time.monotonic()
        ends = progress.total > 0 and progress.done >= progress.total
        if progress.phase != last[0] or now_s - last[1] >= every_s or ends:
            last[:] = [progress.phase, now_s]
            show(progress)

    return report


def _write_line(progress: ScanProgress) -> None:
    sys.stderr.write(line(progress) + "\n")
    sys.stderr.flush()


def _write_json(progress: ScanProgress, control: ScanControl) -> None:
    said = {
        "phase": progress.phase,
        "done": progress.done,
        "total": progress.total,
        "per_second": progress.per_second,
        "left_s": progress.left_s,
        "skipped": progress.skipped,
        "text": line(progress),
        "state": "paused" if control.paused else "running",
    }
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _listen(control: ScanControl) -> None:
    """Obey whoever started this process; when it is gone, so is the wish for the scan."""
    orders = {"pause": control.pause, "go": control.go, "stop": control.stop}
    for text in sys.stdin:
        orders.get(text.strip(), lambda: None)()
    control.stop()


@contextmanager
def _bar() -> Iterator[Callable[[ScanProgress], None]]:
    from rich.console import Console  # noqa: PLC0415  (only where it is drawn)
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn  # noqa: PLC0415  (see above)

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[more]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, more="")

        def report(progress: ScanProgress) -> None:
            _, _, more = line(progress).partition(": ")
            bar.update(
                task, description=progress.phase, total=progress.total or None, completed=progress.done, more=more
            )

        yield report
