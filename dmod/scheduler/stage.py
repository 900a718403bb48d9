"""Stage: a job's folder, with the /dmod tree that its worker sees and the order it reads."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.errors import ConflictError
from dmod.jobs.launch import ranks_of
from dmod.jobs.spec import mapping
from dmod.paths import keep

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.data.folder import FolderStore
    from dmod.jobs.job import Job


def stage(job: Job, folder: Path, store: FolderStore) -> list[str]:
    """Lay out the folder of a job, and name the datasets that are not what they were when it was submitted.

    It may be repeated. Raises NotFoundError if a dataset has gone, ConflictError if the name of its output was taken.
    """
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        _clean(folder)
    if job.kind == "command":
        return []
    _require_name(job, store)
    prepared = job.prepared
    tree = folder / layout.DMOD.strip("/")
    datasets: dict[str, list[dict[str, str]]] = {}
    for role, names in prepared.datasets.items():
        for name in names:
            datasets.setdefault(role, []).append(_link(store, name, tree))
    order: dict[str, Any] = {
        "id": job.id,
        "name": job.name,
        "kind": job.kind,
        "ranks": ranks_of(job),
        "spec": mapping(job.spec.table),
        "period": prepared.to_json()["period"],
        "catchments": prepared.to_json()["catchments"],
        "datasets": datasets,
        "output": {"format": getattr(job.spec.table, "format", "auto"), "dataset": job.output},
        "submitted": job.submitted.isoformat(),
        "digests": {name: store.get(name).digest for name in prepared.names},
    }
    keep(folder / layout.JOB, (json.dumps(order, indent=1, ensure_ascii=False) + "\n").encode())
    return [name for name, digest in order["digests"].items() if digest != prepared.digests.get(name, digest)]


def _clean(folder: Path) -> None:
    """Remove what an earlier attempt left, but not the folders of the tasks of an array."""
    for left in (layout.OUTPUT, f"{layout.OUTPUT}.partial", layout.RANKS):
        shutil.rmtree(folder / left, ignore_errors=True)
    for left in (layout.FAILURE, layout.PROGRESS, layout.STDOUT, layout.STDERR, layout.CONTAINER):
        (folder / left).unlink(missing_ok=True)


def _require_name(job: Job, store: FolderStore) -> None:
    """Refuse to run for an output that could not be kept."""
    if job.output is not None and job.output in store.names() and store.get(job.output).job != job.id:
        raise ConflictError(
            f'the name of its output, "{job.output}", is taken', fix=f"dmod dataset delete {job.output}"
        )


def _link(store: FolderStore, name: str, tree: Path) -> dict[str, str]:
    """Give the worker a dataset: /dmod/datasets/<category>/<name>, a link into cluster_volumes, a link to the store."""
    dataset = store.get(name)
    category = str(dataset.category)
    volume = tree / layout.CLUSTER_VOLUMES / category / name
    seen = tree / layout.DATASETS / category / name
    for link, target in ((volume, store.path(name).absolute()), (seen, volume)):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target if link is volume else os.path.relpath(target, link.parent))
    path = f"{layout.DMOD}/{layout.DATASETS}/{category}/{name}"
    return {"name": name, "category": category, "format": dataset.domain.format, "path": path}
