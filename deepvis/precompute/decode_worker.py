"""Decoding in processes of its own: files in, samples as one uint8 tensor out, in order.

JPEG's draft mode, which decodes at a reduced size, is not used: on the packaged photographs it changed samples by up to
44 of 255 gray levels (2 on average), and a value should not depend on how the file was read.
"""

from __future__ import annotations

import os
import signal
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from deepvis.precompute.request import ScanError
from deepvis.sources.base import SourceError
from deepvis.sources.decode import read_image
from deepvis.sources.encode import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.models.samples import SampleRecipe

_AHEAD = 3
"""Tasks that each worker decodes ahead."""


@dataclass(frozen=True, slots=True)
class FileTask:
    """One file to decode.

    Attributes:
        number: of the file.
        path: of the file.
        indices: samples wanted of it; None for all.
        quality: of the JPEG that is wanted of the whole image, 0 for none.
    """

    number: int
    path: str
    indices: tuple[int, ...] | None = None
    quality: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """Files that one worker decodes together, and how.

    A task carries all that a worker must know, so workers can start before the network is there.
    """

    recipe: SampleRecipe
    files: tuple[FileTask, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What a task gave.

    Attributes:
        pictures: uint8 `(samples, channels, height, width)`; None where no file could be used.
        samples: int64 `(samples,)`: file number x samples per file + place in the file; ascending.
        sizes: `(height, width)` of every image that could be used, by file number.
        problems: why a file cannot be used, by file number.
        encoded: JPEG of every image, by file number, where it was wanted.
        files: number of files of the task.
    """

    pictures: torch.Tensor | None
    samples: torch.Tensor
    sizes: dict[int, tuple[int, int]]
    problems: dict[int, str]
    encoded: dict[int, bytes]
    files: int

    def pin_memory(self) -> Decoded:
        """The same with pictures where a GPU copies them from fastest; `DataLoader` calls this."""
        return self if self.pictures is None else replace(self, pictures=self.pictures.pin_memory())


class DecodePool:
    """Workers that decode tasks, ahead of whoever takes the results.

    `with DecodePool(workers) as pool:` starts them and ends them. They end by themselves when this process dies.

    Args:
        workers: number of processes; 0 decodes in this one, when a result is asked for.
        pin: results go to a CUDA device.
    """

    def __init__(self, workers: int, *, pin: bool = False) -> None:
        self._tasks = _Tasks()
        with warnings.catch_warnings():
            # it thinks that more workers than cores cannot be meant
            warnings.simplefilter("ignore", UserWarning)
            self._loader: DataLoader[Decoded] | None = DataLoader(
                _Decoder(),
                sampler=self._tasks,
                batch_size=None,
                num_workers=workers,
                collate_fn=_as_it_is,
                pin_memory=pin,
                worker_init_fn=_begin,
                multiprocessing_context="spawn" if workers else None,
                prefetch_factor=_AHEAD if workers else None,
                persistent_workers=workers > 0,
            )

    def __enter__(self) -> DecodePool:
        """Start the workers, which takes seconds that the caller may use."""
        with _interrupts_ignored():
            for _ in self.decode(()):
                pass
        return self

    def __exit__(self, *_: object) -> None:
        # with the loader its iterator goes, which ends the workers and waits for them
        self._loader = None

    def decode(self, tasks: Iterable[Task]) -> Iterator[Decoded]:
        """The results of the tasks, in their order; breaking off early is fine.

        Raises:
            ScanError: a worker died.
        """
        if self._loader is None:
            raise ScanError("The decoding processes have ended already.")
        self._tasks.pending = tasks
        try:
            yield from self._loader
        # a worker that died between sending a result and its memory closes the connection
        except (RuntimeError, EOFError, ConnectionError) as error:
            if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
                raise
            raise ScanError(
                "A decoding process ended unexpectedly, most often because memory ran out. Run the same command again"
                " with fewer workers; it goes on where it was."
            ) from error
        finally:
            self._tasks.pending = ()


class _Tasks(Sampler[Task]):
    """Hands the present tasks to the workers: with a sampler of its own a loader, and its workers, serve many runs."""

    def __init__(self) -> None:
        self.pending: Iterable[Task] = ()

    def __iter__(self) -> Iterator[Task]:
        return iter(self.pending)


class _Decoder(Dataset[Decoded]):
    def __getitem__(self, task: Task) -> Decoded:
        return decode_task(task)


def decode_task(task: Task) -> Decoded:
    """Decode the files of a task in this process; a file that cannot be used is told, whatever is wrong with it."""
    pictures: list[torch.Tensor] = []
    samples: list[int] = []
    sizes: dict[int, tuple[int, int]] = {}
    problems: dict[int, str] = {}
    encoded: dict[int, bytes] = {}
    for file in task.files:
        try:
            rgb = _read(Path(file.path))
            made = [task.recipe.make(rgb, index) for index in _indices(task, file)]
            if file.quality:
                encoded[file.number] = encode_jpeg(task.recipe.stored_picture(rgb), file.quality)
        except SourceError as error:
            problems[file.number] = str(error)
        except Exception as error:  # noqa: BLE001  (one file out of millions must not end the scan)
            problems[file.number] = f"{file.path} cannot be used: {str(error) or type(error).__name__}."
        else:
            pictures += made
            samples += [file.number * task.recipe.per_file + index for index in _indices(task, file)]
            sizes[file.number] = (rgb.shape[0], rgb.shape[1])
    stacked = torch.stack(pictures) if pictures else None
    return Decoded(stacked, torch.tensor(samples, dtype=torch.int64), sizes, problems, encoded, len(task.files))


def _indices(task: Task, file: FileTask) -> Iterable[int]:
    return range(task.recipe.per_file) if file.indices is None else file.indices


def _read(path: Path) -> NDArray[np.uint8]:
    with warnings.catch_warnings():
        # Pillow tells much that does not matter here; an image that claims too many pixels is refused, not decoded
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message="Image size .* exceeds limit", category=RuntimeWarning)
        return read_image(path)


def _as_it_is(decoded: Any) -> Any:  # noqa: ANN401  (torch says a list, which comes only where it makes batches)
    return decoded


def _begin(_worker: int) -> None:
    """Be silent: libraries write about damaged files to the terminal, past Python. Ctrl+C is for the main process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started meanwhile ignore Ctrl+C from their first moment, not only after their imports."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # only the main thread may; elsewhere the few seconds of imports stay as they are
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
