"""Shards as jobs of a cluster, or as processes of this machine, through submitit (the extra `cluster`)."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

POLL_S = 0.5


class LaunchError(Exception):
    """Shards that could not be started or failed; the message is a sentence."""


@dataclass(frozen=True)
class ShardTask:
    """One shard as a command of its own process; called on the machine that does it.

    Attributes:
        arguments: of `python -m deepvis`, the shard included.
        environment: beside that of the machine.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self) -> str:
        """Do the shard.

        Returns:
            The last line the command printed.

        Raises:
            LaunchError: it failed; with what it said.
        """
        import os  # noqa: PLC0415  (the machine that runs this is not the one that made it)

        command = [sys.executable, "-m", "deepvis", *self.arguments]
        done = subprocess.run(
            command, env={**os.environ, **self.environment}, capture_output=True, text=True, check=False
        )
        said = (done.stdout if done.returncode == 0 else done.stderr or done.stdout).strip().splitlines()
        if done.returncode != 0:
            raise LaunchError(said[-1] if said else f"the command ended with exit code {done.returncode}")
        return said[-1] if said else ""

    def checkpoint(self, *_arguments: object) -> Any:  # noqa: ANN401  (submitit's own type, not there without it)
        """What submitit runs where the cluster takes the machine away: the same again, which goes on where it was."""
        from submitit.helpers import DelayedSubmission  # noqa: PLC0415  (an extra)

        return DelayedSubmission(self)


def submit(
    commands: Sequence[Sequence[str]], folder: Path, *, cluster: str, parameters: Mapping[str, object]
) -> list[Any]:
    """Start one job per command.

    Args:
        commands: arguments of `python -m deepvis`, one list per shard.
        folder: where submitit keeps its logs.
        cluster: `slurm` or `local` (processes of this machine).
        parameters: of submitit's `update_parameters`: `slurm_partition`, `timeout_min`, `gpus_per_node`, ...

    Returns:
        submitit's jobs.

    Raises:
        LaunchError: submitit is not installed, there is no such cluster here, or a parameter is unknown.
    """
    try:
        import submitit  # noqa: PLC0415  (an extra)
    except ImportError:
        raise LaunchError("--launch needs submitit: pip install 'deepvis[cluster]'.") from None
    try:
        executor = submitit.AutoExecutor(folder=str(folder), cluster=cluster)
    except (RuntimeError, ValueError) as error:
        here = "" if cluster == "local" else " To start them as processes of this machine: --launch local."
        raise LaunchError(_refused(cluster, error) + here) from error
    try:
        executor.update_parameters(**parameters)
        with executor.batch():
            jobs = [executor.submit(ShardTask(tuple(command))) for command in commands]
    except (RuntimeError, ValueError, TypeError, NameError) as error:
        raise LaunchError(_refused(cluster, error)) from error
    return jobs


def wait_for(jobs: Sequence[Any], report: Callable[[int, int], None]) -> None:
    """Wait until every job has ended; `report` gets how many of how many.

    Raises:
        LaunchError: some failed; names them and the reason of the first.
    """
    done = -1
    while done < len(jobs):
        before, done = done, sum(job.done() for job in jobs)
        if done != before:
            report(done, len(jobs))
        if done < len(jobs):
            time.sleep(POLL_S)
    failed = [(number, error) for number, job in enumerate(jobs) if (error := job.exception()) is not None]
    if failed:
        names = ", ".join(str(number) for number, _ in failed)
        raise LaunchError(f"Of {len(jobs)} shards these failed: {names}. The first said: {_reason(failed[0][1])}")


def _refused(cluster: str, error: Exception) -> str:
    said = str(error)
    return f"The shards could not be started on '{cluster}': {said}" + ("" if said.endswith((".", "?", "!")) else ".")


def _reason(error: BaseException) -> str:
    """What the shard said itself, out of the trace that submitit wraps it in."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    own = [line.partition(": ")[2] for line in lines if line.startswith(f"{__name__}.LaunchError: ")]
    return own[-1] if own else lines[0]
