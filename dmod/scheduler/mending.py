"""Mending: what was saved of a damaged queue made whole: what refers to lost jobs, and jobs whose tasks are lost."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from dmod.jobs.numbers import Numbers
from dmod.jobs.status import BEGUN, Status
from dmod.scheduler import database
from dmod.scheduler.changes import note_event
from dmod.scheduler.rows import COLUMNS, job_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.jobs.job import Job

LOST = "its record was lost when the queue was damaged"
_NEED = "a job that it waits for was lost with the damaged queue"
_STRAY = "it was found on a page of the damaged queue to which nothing led, and may have run since"
_BEGUN = f"({', '.join(repr(str(each)) for each in BEGUN)})"


class Mended(NamedTuple):
    """What had to be done."""

    lost: tuple[int, ...]  # jobs of which only traces are left
    held: tuple[int, ...]  # jobs that waited for these, or may have run already: they are held now
    failed: tuple[int, ...]  # jobs whose running tasks are lost: these count as failed


def mend(path: Path, folders: set[int], strays: Sequence[int] = ()) -> Mended:
    """Bring a salvaged queue in order; `folders`: the jobs that have one, `strays`: those that may be older than it."""
    with closing(database.connect(path)) as connection:
        connection.execute("pragma foreign_keys = off")
        connection.execute("begin immediate")
        lost = _lost(connection, folders)
        held = _hold(connection, strays)
        _drop(connection)
        failed = tuple(job.id for job in _active(connection) if _settle(connection, job))
        highest = max([*lost, *folders, 0])
        connection.execute("update sqlite_sequence set seq = max(seq, ?) where name = 'job'", (highest,))
        if not connection.execute("select 1 from sqlite_sequence where name = 'job'").fetchone():
            connection.execute("insert into sqlite_sequence values ('job', ?)", (highest,))
        connection.execute("commit")
    return Mended(lost, held, failed)


def _lost(connection: sqlite3.Connection, folders: set[int]) -> tuple[int, ...]:
    """Jobs that tasks, events, dependencies or folders tell of, and that are not there."""
    traces = (
        "select job from task union select job from event union select job from item"
        " union select job from dependency union select needs from dependency"
    )
    seen = {row[0] for row in connection.execute(traces)} | folders
    return tuple(sorted(seen - {row[0] for row in connection.execute("select id from job")}))


def _hold(connection: sqlite3.Connection, strays: Sequence[int]) -> tuple[int, ...]:
    """Hold what waits for a job that is lost, and what may have run already: nobody knows whether it may start."""
    query = (
        "select distinct dependency.job from dependency join job on job.id = dependency.job"
        " where needs not in (select id from job) and job.status = 'queued'"
    )
    held = dict.fromkeys((row[0] for row in connection.execute(query).fetchall()), _NEED)
    waiting = {row[0] for row in connection.execute("select id from job where status = 'queued' and not held")}
    held |= dict.fromkeys((job for job in strays if job in waiting), _STRAY)
    for job, why in held.items():
        connection.execute("update job set held = 1 where id = ?", (job,))
        note_event(connection, job, Status.QUEUED, f"held: {why}")
    return tuple(held)


def _drop(connection: sqlite3.Connection) -> None:
    """Forget the traces of lost jobs."""
    for table in ("task", "item", "event", "dependency"):
        connection.execute(f"delete from {table} where job not in (select id from job)")  # noqa: S608 - constants
    connection.execute("delete from dependency where needs not in (select id from job)")


def _active(connection: sqlite3.Connection) -> list[Job]:
    query = f"select {COLUMNS} from job where status in ('queued', 'staging', 'running', 'collecting') order by id"  # noqa: S608
    return [job_of(row) for row in connection.execute(query).fetchall()]


def _settle(connection: sqlite3.Connection, job: Job) -> bool:
    """Count the tasks that were begun and are not there as failed; whether there were such."""
    there = f"select count(*) from task where job = ? and status in {_BEGUN}"  # noqa: S608 - constants
    running = connection.execute(there, (job.id,)).fetchone()[0]
    known = {row[0] for row in connection.execute("select number from task where job = ?", (job.id,))}
    begun = connection.execute("select begun from job where id = ?", (job.id,)).fetchone()[0]
    numbers = Numbers.parse(job.numbers or "0")
    missing = [number for at, number in enumerate(numbers) if at < begun and number not in known]
    if not missing and running == job.running:
        return False
    now = time.time()
    counts = dict.fromkeys(("completed", "failed", "canceled"), 0)
    insert = "insert into task (job, number, status, ended, reason) values (?, ?, 'failed', ?, ?)"
    connection.executemany(insert, [(job.id, number, now, LOST) for number in missing])
    grouped = "select status, count(*) from task where job = ? group by status"
    counts |= {row[0]: row[1] for row in connection.execute(grouped, (job.id,)) if row[0] in counts}
    left = job.size - sum(counts.values())
    status = Status.FAILED if not left else job.status if not job.array else _standing(running)
    ended = now if status is Status.FAILED else None
    connection.execute(
        "update job set status = ?, running = ?, completed = ?, failed = ?, canceled = ?, ended = ?, reason = ?"
        " where id = ?",
        (status, running, *counts.values(), ended, LOST if ended else "", job.id),
    )
    note_event(connection, job.id, status, f"{len(missing)} tasks: {LOST}" if job.array else LOST)
    return True


def _standing(running: int) -> Status:
    return Status.RUNNING if running else Status.QUEUED
