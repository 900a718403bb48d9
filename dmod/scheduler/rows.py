"""Rows: what the tables of the queue hold, as values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from dmod.jobs.job import Job
from dmod.jobs.resources import Allocation
from dmod.jobs.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = (
    "id, name, kind, status, priority, cpus, memory, submitted, started, ended, reason, exit_code, attempt, stop, "
    "held, numbers, size, running, completed, failed, canceled, cpu, peak, read, written, cwd, spec, prepared, origin, "
    "fingerprint"
)
TASK = (
    "job, number, status, attempt, due, started, ended, exit_code, reason, stop, handle, allocation, bound, cpu, peak"
)

OPEN = "task.status in ('queued', 'staging', 'running', 'collecting')"  # as `task_active` says: else it is of no use


class Head(NamedTuple):
    """By what a job is named."""

    id: int
    name: str


class Task(NamedTuple):
    """One task of a job, as far as it was begun."""

    job: int
    number: int
    status: Status
    attempt: int
    due: float  # not before; seconds since 1970
    started: datetime | None
    ended: datetime | None
    exit_code: int | None
    reason: str
    stop: str
    handle: dict[str, Any]
    allocation: tuple[Allocation, ...]
    bound: tuple[int, ...]  # the numbers of the cpus it is bound to
    cpu: float  # seconds
    peak: int  # bytes

    @property
    def key(self) -> tuple[int, int]:
        """Job and number."""
        return self.job, self.number


class Held(NamedTuple):
    """What a task holds of the nodes."""

    job: int
    task: int
    name: str
    status: Status
    allocation: tuple[Allocation, ...]
    started: float | None  # seconds since 1970
    time_limit: int  # seconds, 0: none


class Drained(NamedTuple):
    """Why no new task starts on a node, and since when."""

    why: str
    since: datetime


class Event(NamedTuple):
    """A change of status, or a note about it."""

    id: int  # in the order of all events
    job: int
    task: int | None  # None: of the job itself
    status: Status
    time: datetime
    note: str


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a time."""
    return datetime.fromtimestamp(seconds, UTC)


def perhaps(seconds: float | None) -> datetime | None:
    """The same of what may not have happened."""
    return None if seconds is None else moment(seconds)


def job_of(row: Sequence[Any]) -> Job:
    """The job in a row of COLUMNS."""
    id_, name, kind, status, priority, cpus, memory, submitted, started, ended, *rest = row
    reason, code, attempt, stop, held, *more = rest
    return Job(
        id_,
        name,
        kind,
        Status(status),
        priority,
        cpus,
        memory,
        moment(submitted),
        perhaps(started),
        perhaps(ended),
        reason,
        code,
        attempt,
        stop,
        bool(held),
        *more,
    )


def task_of(row: Sequence[Any]) -> Task:
    """The task in a row of TASK."""
    job, number, status, attempt, due, started, ended, *rest = row
    code, reason, stop, handle, allocation, bound, cpu, peak = rest
    return Task(
        job,
        number,
        Status(status),
        attempt,
        due,
        perhaps(started),
        perhaps(ended),
        code,
        reason,
        stop,
        json.loads(handle),
        allocations(allocation),
        tuple(map(int, bound.split(","))) if bound else (),
        cpu,
        peak,
    )


def allocations(text: str) -> tuple[Allocation, ...]:
    """What a column `allocation` says."""
    return tuple(Allocation(*each) if isinstance(each, list) else Allocation(**each) for each in json.loads(text))


def whole(  # noqa: PLR0913, PLR0917 - filters
    job: Job,
    upto: int,
    known: Sequence[Task],
    passed: Status,
    status: Sequence[Status],
    numbers: Sequence[int],
    limit: int | None,
) -> list[Task]:
    """The tasks of a job as far as they are wanted.

    `known`: those with rows; `upto`: of its numbers that had their turn; `passed`: what became of those without rows.
    """
    from dmod.jobs.numbers import Numbers

    rows, all_ = {task.number: task for task in known}, Numbers.parse(job.numbers or "0")
    last = all_[upto - 1] if upto else -1
    found: list[Task] = []
    for number in (each for each in sorted(set(numbers)) if each in all_) if numbers else all_:
        task = rows.get(number)
        if task is None:
            rest = passed if number <= last else Status.QUEUED
            if status and rest not in status:
                continue
            task = _unbegun(job, number, rest)
        if not status or task.status in status:
            found.append(task)
        if len(found) == limit:
            break
    return found


def passed_over(job: Job, failed: int) -> Status:
    """What became of tasks without a row whose turn has passed; `failed`: so many rows of its tasks say that."""
    return Status.FAILED if job.failed > failed else Status.CANCELED


def _unbegun(job: Job, number: int, status: Status) -> Task:
    """A task that has no row: it waits, or was canceled with its job."""
    ended, reason = (job.ended, job.reason) if status.ended else (None, "")
    return Task(job.id, number, status, 1, 0.0, None, ended, None, reason, "", {}, (), (), 0.0, 0)
