"""What commands that work for hours share: where they write, how they are stopped, launched and split into shards."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from deepvis.gallery.files import gallery_file
from deepvis.models.devices import available_devices
from deepvis.models.zoo import model_key
from deepvis.precompute.launch import LaunchError, submit, wait_for
from deepvis.precompute.picture_request import PicturesError
from deepvis.precompute.progress import ScanControl, ScanProgress
from deepvis.precompute.request import ScanError
from deepvis.precompute.shards import Shard, find_shard, shard_file
from deepvis.scan_progress import shown_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from deepvis.config import Settings
    from deepvis.precompute.picture_request import PicturesRequest
    from deepvis.precompute.request import ScanRequest

NAMED = 3
"""So many of the things that went wrong are named."""


class Interrupted(Exception):  # noqa: N818  (nothing went wrong)
    """A signal ended the work, and what was done is saved.

    Attributes:
        code: exit code, as shells expect it: 128 and the signal's number.
    """

    def __init__(self, said: str, number: int) -> None:
        super().__init__(said)
        self.code = 128 + number


@dataclass(frozen=True, slots=True)
class Launch:
    """Shards as jobs.

    Attributes:
        where: `local` or `slurm`; empty to work in this process.
        jobs: shards to launch.
        cluster: `NAME=VALUE` parameters of submitit.
    """

    where: str = ""
    jobs: int = 2
    cluster: tuple[str, ...] = ()


def gallery_path(settings: Settings, gallery: Path | None) -> Path:
    """The gallery a command works on: the one named, else the person's own of the model."""
    if gallery is not None:
        return gallery.expanduser()
    return gallery_file(model_key(settings.model), settings.gallery_dir)


def own_shard(text: str | None) -> Shard:
    """Which part this process does; says what launchers told it.

    Raises:
        ShardError: there is no such part.
    """
    return find_shard(text, os.environ)


def own_device(wanted: str, shard: Shard) -> str:
    """Processes on one machine take a GPU each."""
    if shard.local_count < 2 or wanted not in ("auto", "cuda"):
        return wanted
    gpus = [name for name in available_devices() if name.startswith("cuda")]
    return gpus[shard.local_rank % len(gpus)] if gpus else wanted


def own_threads(settings: Settings, shard: Shard) -> int:
    """Processes on one machine share its cores."""
    return settings.threads or max(1, (os.cpu_count() or 1) // shard.local_count)


def check_options(request: ScanRequest | PicturesRequest) -> None:
    """Refuse a request that makes no sense; its fields are named as the person wrote them: as options.

    Raises:
        ScanError: of a scan.
        PicturesError: of a synthesis.
    """
    try:
        request.check()
    except (ScanError, PicturesError) as error:
        name, space, rest = str(error).partition(" ")
        known = {field.name for field in fields(request)}
        said = f"--{name.replace('_', '-')}{space}{rest}" if name in known else str(error)
        raise type(error)(said) from None


def option_words(values: Mapping[str, object]) -> list[str]:
    """Options and their values as words of a command line; those that are None or False are left out."""
    given = [(name, value) for name, value in values.items() if value is not None and value is not False]
    return [word for name, value in given for word in ((name,) if value is True else (name, str(value)))]


def launch_shards(words: Sequence[str], gallery: Path, launch: Launch, progress: str) -> None:
    """Start a command once per shard and wait for all.

    Args:
        words: the command and its options, without gallery, shard and progress.
        gallery: that they write beside.
        launch: where, and how many.
        progress: as `--progress`.

    Raises:
        LaunchError: a job could not be started, or failed.
    """
    if launch.jobs < 1:
        raise LaunchError(f"--jobs must be at least 1, not {launch.jobs}.")
    common = [*words, "--gallery", str(gallery.resolve()), "--progress", "none"]
    commands = [[*common, "--shard", f"{index}/{launch.jobs}"] for index in range(launch.jobs)]
    folder = gallery.resolve().parent / f"{gallery.stem}.jobs"
    jobs = submit(commands, folder, cluster=launch.where, parameters=_parameters(launch.cluster))
    with shown_progress(progress, ScanControl()) as report:
        wait_for(jobs, lambda done, total: report(ScanProgress("waiting for shards", done, total)))


def stopped(where: str, signals: Sequence[int]) -> str:
    """What is said of work that was stopped before its end, and saved.

    Raises:
        Interrupted: signals stopped it, with the same sentences.
    """
    said = f"{where} The same command goes on from there."
    if signals:
        raise Interrupted(said, signals[0])
    return said


def few(said: str, lines: Sequence[str]) -> list[str]:
    """A sentence, and the first of many lines below it; nothing where there are none."""
    if not lines:
        return []
    return [said, *(f"  {line}" for line in lines[:NAMED]), *(["  ..."] if len(lines) > NAMED else [])]


def merged_by_last(
    said: str, gallery: Path, shard: Shard, is_done: Callable[[Path], bool], merge: Callable[[], str]
) -> str:
    """Merge, where all other shards have ended, and nobody else does it now.

    Args:
        said: of the shard that has just ended.
        gallery: to merge into.
        shard: that has just ended.
        is_done: whether a shard's file holds all of the shard.
        merge: does it, and gives a sentence.
    """
    if not all(is_done(shard_file(gallery, Shard(index, shard.count))) for index in range(shard.count)):
        return f"{said} When all {shard.count} shards are there: deepvis merge --gallery {gallery}"
    lock = gallery.with_name(f"{gallery.stem}.merging")
    try:
        lock.open("x").close()
    except FileExistsError:
        return f"{said} Another shard merges all {shard.count} now; if it was killed: deepvis merge --gallery {gallery}"
    try:
        return f"{said} {merge()}"
    finally:
        lock.unlink(missing_ok=True)


@contextmanager
def stopping(control: ScanControl) -> Iterator[list[int]]:
    """The first Ctrl+C, or a cluster that ends the job, saves what was done; the second ends at once."""
    received: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        control.stop()
        signal.signal(number, before[signal.Signals(number)])

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _parameters(given: Sequence[str]) -> dict[str, object]:
    """`slurm_partition=gpu` as submitit takes it; numbers become numbers."""
    parameters: dict[str, object] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise LaunchError(f"--cluster must look like NAME=VALUE, as in slurm_partition=gpu, not '{text}'.")
        parameters[name.strip()] = int(value) if value.strip().lstrip("-").isdigit() else value.strip()
    return parameters
