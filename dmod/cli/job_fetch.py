"""Fetching what a job reads from the object store to this machine, once, before it is queued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.cli.dataset_copying import Copying
from dmod.cli.output import say
from dmod.errors import ConflictError

if TYPE_CHECKING:
    from dmod.data.stores import Stores
    from dmod.jobs.prepared import Prepared
    from dmod.scheduler.queue import Queue


def fetch(prepared: Prepared, stores: Stores, queue: Queue) -> None:
    """See that every dataset is here: those that the folder does not have come from the object store.

    One that was fetched for an earlier job is used again. Raises ConflictError where it has changed since, and a job
    that has not ended reads the old one; UnreachableError and PartialError, after which the same goes on.
    """
    here = set(stores.folder.names())
    for name in (each for each in prepared.names if each not in here):
        if stores.objects.cached(name):
            continue
        _require_unread(name, stores, queue)
        with Copying(f"fetching {name}") as report:
            stores.objects.path(name, report=report)
        say(f"fetched {name} from the object store; the next job has it here")


def _require_unread(name: str, stores: Stores, queue: Queue) -> None:
    from dmod.jobs.status import ACTIVE

    if name not in stores.objects.cache.names():
        return
    reader = next((job for job in queue.jobs(status=ACTIVE) if name in job.datasets), None)
    if reader:
        raise ConflictError(
            f'dataset "{name}" has changed in the object store, and job {reader.id} reads it as it was',
            fix=f"dmod job wait {reader.id}, then the same again",
        )
