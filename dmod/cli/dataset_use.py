"""Whether a job needs a dataset, so that it must stay as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.cli.settings import project
from dmod.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Sequence


def require_unused(names: Sequence[str], what: str) -> None:
    """Raise ConflictError while a job that has not ended reads one of the datasets or makes it."""
    queue = project().queue
    if not queue.exists():
        return
    from dmod.jobs.status import ACTIVE
    from dmod.scheduler.queue import Queue

    for job in Queue(queue).jobs(status=ACTIVE):
        used = [name for name in names if name in job.datasets or name == job.output]
        if used:
            raise ConflictError(
                f'dataset "{used[0]}" cannot be {what} now',
                why=f"job {job.id} ({job.name}) is {job.status} and {'makes' if used[0] == job.output else 'needs'} it",
                fix=f"dmod job wait {job.id}, or dmod job cancel {job.id}",
            )
