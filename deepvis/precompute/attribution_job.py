"""How a gallery knows the attributions of a scan's exemplars, and how many of them are made."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.attribution.exemplars import EXEMPLAR_VIEW
from deepvis.gallery.records import ATTRIBUTION_JOB
from deepvis.kinds import SeedKind
from deepvis.precompute.attribution_work import missing_entries

if TYPE_CHECKING:
    from deepvis.gallery.records import JobRecord
    from deepvis.gallery.writer import GalleryWriter
    from deepvis.precompute.plan import ScanPlan

FREE_PASSES = 512
PASSES_PER_SAMPLE = 2
"""Backward passes that any scan may add, and those that a large one may: as long as the scan itself, on a CPU."""

_FORMAT = 2
"""Counts up when the same parameters come to mean another picture.

1: colors reached to the largest magnitude; 2: they reach to the 99.5th percentile.
"""


def exemplars_per_unit(plan: ScanPlan, samples: int) -> int:
    """How many exemplars of each unit get their attribution.

    Where nobody says, as many as take about as long as the scan did: a scan of many images makes them all, and one of a
    few hundred does not take an hour for them.
    """
    request = plan.request
    if request.attribution is None:
        return 0
    if request.attributed is not None:
        return min(request.top, request.attributed)
    units = sum(layer.units for layer in plan.layers)
    return min(request.top, max(FREE_PASSES, PASSES_PER_SAMPLE * samples) // max(1, units))


def lacks_attributions(plan: ScanPlan, samples: int) -> bool:
    """Whether a gallery with the plan's finished scan of so many samples misses some that are wanted."""
    per_unit = exemplars_per_unit(plan, samples)
    job = attribution_job(plan, per_unit, plan.request.device)
    return per_unit > 0 and bool(missing_entries(plan.gallery, plan, job.hash, per_unit))


def attribution_job(plan: ScanPlan, per_unit: int, device: str) -> JobRecord:
    """How a gallery knows the attributions of a scan by a method.

    The same job makes more of them when more are wanted.
    """
    decisive = {
        "format": _FORMAT,
        "scan": plan.hash,
        "method": str(plan.request.attribution),
        "view": str(EXEMPLAR_VIEW),
        "seed": str(SeedKind.POSITION),
    }
    text = json.dumps(decisive, sort_keys=True)
    return replace(
        plan.job(device),
        kind=ATTRIBUTION_JOB,
        hash=hashlib.sha256(text.encode()).hexdigest(),
        parameters={**decisive, "per_unit": per_unit},
    )


def earlier_forms(writer: GalleryWriter, own: JobRecord) -> tuple[int, ...]:
    """Keys of jobs that made the same attributions as pictures of an earlier form: each stays until it is made anew."""
    return tuple(job.id for job in writer.jobs() if job.hash != own.hash and _is_alike(job, own))


def _is_alike(job: JobRecord, other: JobRecord) -> bool:
    """They differ by the form of their pictures, or by how many there are, at most."""
    aside = {"format", "per_unit"}
    first, second = ({k: v for k, v in one.parameters.items() if k not in aside} for one in (job, other))
    return job.kind == other.kind and first == second


def drop_outdated(writer: GalleryWriter, plan: ScanPlan, own: JobRecord | None) -> None:
    """Remove attributions of exemplars that are not in the gallery any more, and of the plan's by another method.

    Args:
        writer: of the gallery.
        plan: of the scan that is there now.
        own: the job that stays; None where nothing is wanted, and nothing of the plan's is removed.
    """
    with writer.transaction():
        scans = writer.layer_scans()
        for job in writer.jobs():
            if job.kind != ATTRIBUTION_JOB or (own is not None and job.hash == own.hash):
                continue
            scan = job.parameters.get("scan")
            other = own is not None and scan == plan.hash and not _is_alike(job, own)
            gone = [layer for layer, owner in scans.items() if owner != scan or other]
            for layer in gone:
                writer.remove_images(job.id, layer)
            if len(gone) == len(scans):
                writer.remove_job(job.id)
