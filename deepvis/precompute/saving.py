"""When and how a running scan is saved and shown: often enough to lose little, seldom enough to cost little."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.precompute.publish import publish, write_skipped
from deepvis.precompute.scan_state import ScanState

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from deepvis.gallery.records import JobRecord
    from deepvis.gallery.writer import GalleryWriter
    from deepvis.precompute.plan import ScanPlan

SCANNING_STATE = "scanning"
PICTURES_STATE = "pictures"
"""What is left to do when a state is taken up."""

DEVIATION = "largest_deviation"
"""Where a job's parameters hold how far values computed again were from the recorded ones."""

_SAVING_SHARE = 50
"""Saving takes at most one part in this many of the time."""

_SHOWING_SHARE = 12
"""The same for showing. It also waits until twice as much is there, so over a long scan it takes far less."""

_FIRST_SHOWING_S = 10.0

_UNIT_SHOWING_S = 4e-4
"""What showing one unit is thought to take before it was measured."""


@dataclass(slots=True, eq=False)
class _Rhythm:
    """Says when something that costs time is due again."""

    least_s: float
    share: int
    last_s: float
    cost_s: float = 0.0

    def due(self, now_s: float) -> bool:
        return now_s - self.last_s >= max(self.least_s, self.share * self.cost_s)


def deviation_of(job: JobRecord) -> float | None:
    """Largest relative difference between recorded values and those computed again; None where none were compared."""
    value = job.parameters.get(DEVIATION)
    return value if isinstance(value, float) else None


class Keeper:
    """Saves one job into its gallery.

    Args:
        writer: of the gallery.
        plan: of the scan.
        device: where the scan runs, for the record.
        clock: seconds that only grow.
    """

    def __init__(
        self, writer: GalleryWriter, plan: ScanPlan, device: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._writer = writer
        self._plan = plan
        self._clock = clock
        wanted = plan.job(device)
        self._job_id = writer.begin_job(wanted)
        known = writer.job(plan.hash) or wanted
        self._job = replace(
            known,
            id=self._job_id,
            data_root=wanted.data_root,
            parameters={**known.parameters, **wanted.parameters},
            versions=wanted.versions,
            device=wanted.device,
        )
        self._saving = _Rhythm(plan.request.checkpoint_s, _SAVING_SHARE, clock())
        least_s = min(_FIRST_SHOWING_S, plan.request.checkpoint_s)
        guess_s = _UNIT_SHOWING_S * sum(layer.units for layer in plan.layers)
        self._showing = _Rhythm(least_s, _SHOWING_SHARE, clock(), guess_s)
        self._shown_samples = 0

    @property
    def job(self) -> JobRecord:
        """As it was written last."""
        return self._job

    def load(self, device: torch.device | str) -> tuple[ScanState, str] | None:
        """The state to go on from, and what is left to do; None where the job begins."""
        saved = self._writer.load_state(self._job_id)
        if saved is None:
            return None
        return ScanState.stored(saved.arrays, saved.progress, device), str(saved.progress["phase"])

    @property
    def save_due(self) -> bool:
        """Whether it is time to save."""
        return self._saving.due(self._clock())

    def save(self, state: ScanState) -> None:
        """Keep the state of an unfinished first pass; one transaction."""
        self._timed(self._saving, lambda: self._save(state, SCANNING_STATE))

    def show_due(self, state: ScanState) -> bool:
        """Whether twice as much is there as at the last showing, and it is time."""
        return state.samples >= max(1, 2 * self._shown_samples) and self._showing.due(self._clock())

    def show(self, state: ScanState) -> None:
        """Write rows of what is there so far, for windows that look at the gallery meanwhile."""
        self._timed(self._showing, lambda: publish(self._writer, self._job_id, self._plan, state))
        self._shown_samples = state.samples

    def end_first_pass(self, state: ScanState) -> None:
        """Write the final rows, and that only the pictures are left; one transaction."""
        with self._writer.transaction():
            publish(self._writer, self._job_id, self._plan, state)
            self._save(state, PICTURES_STATE)

    def keep_deviation(self, deviation: float) -> None:
        """Keep how far values computed again were from the recorded ones."""
        self._job = replace(self._job, parameters={**self._job.parameters, DEVIATION: deviation})
        self._writer.update_job(self._job)

    @property
    def deviation(self) -> float | None:
        """What `keep_deviation` kept, perhaps in an earlier run."""
        return deviation_of(self._job)

    def finish(self) -> None:
        """Everything is done."""
        with self._writer.transaction():
            self._writer.update_job(self._job)
            self._writer.finish_job(self._job_id)

    def forget(self) -> None:
        """Let the next run begin from the start."""
        self._writer.drop_state(self._job_id)

    def _save(self, state: ScanState, phase: str) -> None:
        with self._writer.transaction():
            self._job = replace(
                self._job,
                coverage=tuple((part.shard, part.shards, part.done, part.total) for part in state.parts),
                samples=state.samples,
                skipped=len(self._plan.listing.problems | state.problems),
            )
            self._writer.update_job(self._job)
            self._writer.save_state(self._job_id, state.arrays(), state.progress(phase))
            write_skipped(self._writer, self._job_id, self._plan, state)

    def _timed(self, rhythm: _Rhythm, work: Callable[[], None]) -> None:
        started_s = self._clock()
        work()
        rhythm.last_s = self._clock()
        rhythm.cost_s = rhythm.last_s - started_s
