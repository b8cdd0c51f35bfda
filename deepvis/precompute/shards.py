"""Which part of a job this process does: told by the person, by torchrun or by SLURM; and where the part is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FORM = re.compile(r"(\d+)/(\d+)")
_NAME = re.compile(r"(?P<stem>.+)\.shard-(?P<index>\d+)-of-(?P<count>\d+)")


class ShardError(ValueError):
    """A shard that does not exist; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index` of `count`, counted from 0: every `count`-th file of the listing, beginning with number `index`.

    Attributes:
        index: 0 to `count - 1`.
        count: number of parts.
        local_rank: number of this process on its machine, which chooses its GPU.
        local_count: processes of the job on this machine, which share its cores.

    Raises:
        ShardError: there is no such part.
    """

    index: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 <= self.index < self.count:
            raise ShardError(
                f"There is no shard {self.index}/{self.count}: {max(1, self.count)} shards are numbered "
                f"0/{max(1, self.count)} to {max(1, self.count) - 1}/{max(1, self.count)}."
            )

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def find_shard(text: str | None, environment: Mapping[str, str]) -> Shard:
    """The part to do: `text` (as in `0/4`), else what the launcher said, else everything.

    torchrun tells it by RANK and WORLD_SIZE; `srun` by SLURM_PROCID and SLURM_STEP_NUM_TASKS; a SLURM array by
    SLURM_ARRAY_TASK_ID with its MIN, STEP and COUNT, also around `srun`.

    Raises:
        ShardError: the text has another form, or there is no such part.
    """
    if text is not None:
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ShardError(f"--shard must look like INDEX/COUNT, as in 0/4, not '{text}'.")
        return Shard(int(found[1]), int(found[2]))
    if "RANK" in environment and "WORLD_SIZE" in environment:
        return _numbered(environment, ("RANK", "WORLD_SIZE"), ("LOCAL_RANK", "LOCAL_WORLD_SIZE"))
    return _slurm_shard(environment)


def shard_file(gallery: Path, shard: Shard) -> Path:
    """Where a part keeps its results: beside the gallery, `NAME.shard-0-of-4.sqlite`; the gallery for the whole."""
    if shard.count == 1:
        return gallery
    return gallery.with_name(f"{gallery.stem}.shard-{shard.index}-of-{shard.count}{gallery.suffix}")


def shard_files(gallery: Path) -> list[Path]:
    """The files of parts that lie beside a gallery, in order."""
    found = [path for path in gallery.parent.glob(f"*{gallery.suffix}") if _belongs(path, gallery)]
    return sorted(found, key=_order)


def gallery_of(path: Path) -> Path:
    """The gallery that a part's file belongs to; the path itself where it is no part's file."""
    found = _NAME.fullmatch(path.stem)
    return path if found is None else path.with_name(found["stem"] + path.suffix)


def _belongs(path: Path, gallery: Path) -> bool:
    return path != gallery and gallery_of(path) == gallery


def _order(path: Path) -> tuple[int, int]:
    found = _NAME.fullmatch(path.stem)
    return (0, 0) if found is None else (int(found["count"]), int(found["index"]))


def _numbered(environment: Mapping[str, str], names: tuple[str, str], local: tuple[str, str]) -> Shard:
    index, count = (_number(environment, name) for name in names)
    local_rank = _number(environment, local[0], 0)
    local_count = _number(environment, local[1], 1)
    return Shard(index, count, local_rank, max(1, local_count))


def _slurm_shard(environment: Mapping[str, str]) -> Shard:
    # SLURM_PROCID and SLURM_NTASKS are also set where no srun started several processes: only a step has several
    tasks = _number(environment, "SLURM_STEP_NUM_TASKS", 1)
    task = _number(environment, "SLURM_PROCID", 0) if tasks > 1 else 0
    local_rank = _number(environment, "SLURM_LOCALID", 0) if tasks > 1 else 0
    element, elements = _array_element(environment)
    local_count = _first_number(environment.get("SLURM_STEP_TASKS_PER_NODE", "1"))
    return Shard(element * tasks + task, elements * tasks, local_rank, local_count if tasks > 1 else 1)


def _array_element(environment: Mapping[str, str]) -> tuple[int, int]:
    if "SLURM_ARRAY_TASK_ID" not in environment:
        return 0, 1
    first = _number(environment, "SLURM_ARRAY_TASK_MIN", 0)
    step = max(1, _number(environment, "SLURM_ARRAY_TASK_STEP", 1))
    count = _number(environment, "SLURM_ARRAY_TASK_COUNT", 1)
    return (_number(environment, "SLURM_ARRAY_TASK_ID") - first) // step, count


def _number(environment: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = environment.get(name)
    if text is None and default is not None:
        return default
    try:
        return int(text or "")
    except ValueError:
        raise ShardError(
            f"The launcher set {name} to '{text}', which is no number; give --shard INDEX/COUNT."
        ) from None


def _first_number(text: str) -> int:
    """`4` of `4(x2),3`, as SLURM writes tasks per node."""
    found = re.match(r"\d+", text)
    return max(1, int(found[0])) if found else 1
