"""Rows: what the tables of the queue hold, as values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from dmod.jobs.job import Job
from dmod.jobs.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = (
    "id, name, kind, status, cpus, memory, submitted, started, ended, reason, exit_code, attempt, stop, cwd, spec, "
    "prepared, handle, allocation"
)


class Head(NamedTuple):
    """By what a job is named."""

    id: int
    name: str


class Event(NamedTuple):
    """A change of a job's status, or a note about it."""

    id: int  # in the order of all events
    job: int
    status: Status
    time: datetime
    note: str


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a time."""
    return datetime.fromtimestamp(seconds, UTC)


def job_of(row: Sequence[Any]) -> Job:
    """The job in a row of COLUMNS."""
    (id_, name, kind, status, cpus, memory, submitted, started, ended, *rest) = row
    return Job(
        id_,
        name,
        kind,
        Status(status),
        cpus,
        memory,
        moment(submitted),
        None if started is None else moment(started),
        None if ended is None else moment(ended),
        *rest,
    )
