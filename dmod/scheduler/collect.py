"""Collect: what a worker made becomes a dataset, with what it was made from."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.errors import ConflictError, DmodError
from dmod.jobs.provenance import origin
from dmod.models.place import places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dmod.data.folder import FolderStore
    from dmod.jobs.job import Job


def collect(job: Job, folder: Path, store: FolderStore) -> str:
    """Register the output of a job and say how it is called; "" if it made none. May be repeated.

    Raises:
        ConflictError: another dataset has taken the name meanwhile; the output stays in the job's folder.
        DmodError: a module ended its whole process, so that it looks as if all had been done.
    """
    made, name = folder / layout.OUTPUT, job.output
    if name is None:
        return ""
    if name in store.names():
        if store.get(name).job != job.id:
            raise ConflictError(
                f'the name of its output, "{name}", is taken',
                why=f"it stays in {made}",
                fix=f"dmod dataset delete {name}",
            )
        shutil.rmtree(made, ignore_errors=True)
        return name
    if not made.is_dir():
        _ended(folder)
        return ""
    store.create(
        name,
        "output",
        [made],
        description=f"{job.kind} {job.name}, job {job.id}",
        derived_from=job.datasets,
        job=job.id,
        details={"provenance": provenance(job, started_with(folder, job))},
        adopt=True,
    )
    shutil.rmtree(made)
    return name


def _ended(folder: Path) -> None:
    """Fail if a rank went away in the middle of a module: `exit(0)` there, or STOP in Fortran."""
    if first := next(places(folder), None):
        file, place = first
        raise DmodError(f"rank {file.stem}: {place} ended the whole process", fix=f"see {folder / layout.STDERR}")


def started_with(folder: Path, job: Job) -> Mapping[str, str]:
    """What the datasets held when the job started, by name: one may have been changed since it was submitted."""
    try:
        found: Mapping[str, str] = json.loads((folder / layout.JOB).read_text(encoding="utf-8"))["digests"]
    except (OSError, ValueError, KeyError):
        return job.prepared.digests
    return found


def provenance(job: Job, digests: Mapping[str, str]) -> dict[str, Any]:
    """What an output comes from: spec, seed, datasets with their digests, versions, host."""
    found = {"job": job.id, "task": job.task, "spec": job.spec_json, "seed": job.seed, "datasets": dict(digests)}
    return {**found, **origin()}
