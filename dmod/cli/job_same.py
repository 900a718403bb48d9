"""The same again: an earlier output that answers a submit, and what has changed since a job ran."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from dmod.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from dmod.data.folder import FolderStore
    from dmod.jobs.job import Job
    from dmod.jobs.order import Order
    from dmod.scheduler.queue import Queue


def fingerprint(order: Order) -> str:
    """Equal for orders that must make the same; of an array that of all its tasks, "" if nobody can say."""
    from hashlib import sha256

    from dmod.jobs.kinds import from_json
    from dmod.jobs.prepared import Prepared
    from dmod.jobs.provenance import fingerprint as of

    whole = of(order.spec, order.prepared)
    if order.numbers is None or not whole:
        return whole
    told = sha256(f"{whole} {order.numbers}".encode())
    for item in order.items:
        own = json.loads(item)
        told.update(of(from_json(json.dumps(own["spec"])), Prepared.from_json(own["prepared"])).encode())
    return told.hexdigest()


def earlier(order: Order, queue: Queue, store: FolderStore) -> Job | None:
    """The newest job that made the same, all of whose outputs are still there as it made them."""
    known = set(store.names())
    for job in queue.alike(order.fingerprint):
        outputs = _outputs(job)
        if outputs and all(name in known and store.get(name).job == job.id for name in outputs):
            return job
    return None


def require_unchanged(job: Job, store: FolderStore) -> None:
    """Raises ConflictError if what a job read, or what runs it, is not what it was."""
    from dmod.jobs.provenance import differences

    digests = job.prepared.digests
    now = {}
    for name in digests:
        with suppress(NotFoundError):
            now[name] = store.get(name).digest
    if changed := differences(json.loads(job.origin_json), digests, now):
        raise ConflictError(
            f"job {job.id} would not be the same again: {changed[0]}",
            why="\n".join(changed[1:]),
            fix=f"dmod job retry {job.id}",
        )


def _outputs(job: Job) -> list[str]:
    """The datasets that a job has made."""
    from dmod.jobs.numbers import Numbers

    if not job.array:
        return [job.output] if job.output else []
    return [each.output for number in Numbers.parse(job.numbers) if (each := job.as_task(number, 1)).output]
