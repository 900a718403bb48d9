"""Story: all that is to be told of one job when somebody looks at it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from dmod.jobs.numbers import Numbers
from dmod.scheduler import listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dmod.jobs.job import Job
    from dmod.project import Project
    from dmod.scheduler.queue import Event, Queue

PAST = 100  # of its newest events
Failures = tuple[tuple[str, tuple[int, ...]], ...]  # a reason, and the numbers of the tasks that failed for it


class Need(NamedTuple):
    """A job that must end before another."""

    job: int
    always: bool  # however it ends
    status: str


class Story(NamedTuple):
    """What the overview is made of; of an array's tasks it has numbers and failures, no rows."""

    job: Job
    folder: Path
    events: Sequence[Event]  # of the job itself
    held: Mapping[str, int]  # cpus by node
    needs: Sequence[Need]
    failures: Failures


def read(queue: Queue, project: Project, number: int, known: Story | None = None) -> Story:
    """Of a job; `known` spares reading again which tasks failed. Raises DmodError."""
    job = queue.get(number)
    held: Counter[str] = Counter()
    for task in queue.holding() if job.running else ():
        if task.job == number:
            held.update({part.node: part.cpus for part in task.allocation})
    needs = [Need(need, always, str(status)) for _, need, always, status in queue.needs([number])]
    same = known is not None and (known.job.failed, known.job.attempt) == (job.failed, job.attempt)
    failures = known.failures if known is not None and same else _failures(queue, job)
    return Story(job, project.job_folder(number), listing.history(queue, number, PAST), held, needs, failures)


def telling(queue: Queue, job: Job) -> int:
    """The task of an array that has most to say: the first that failed, or one that runs, or the first."""
    failed = [numbers[0] for _, numbers in _failures(queue, job)]
    running = [task.number for task in queue.begun() if task.job == job.id]
    return min(failed or running or [Numbers.parse(job.numbers)[0]])


def _failures(queue: Queue, job: Job) -> Failures:
    if not (job.array and job.failed):
        return ()
    return tuple((reason, tuple(numbers)) for reason, _, numbers in listing.failures(queue, job.id))
