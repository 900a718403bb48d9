"""Changes: what a user may do to a job after it was submitted. Called within a transaction."""

from __future__ import annotations

import json
import time
from itertools import islice
from typing import TYPE_CHECKING

from dmod.errors import ConflictError, NotFoundError
from dmod.jobs.numbers import Numbers
from dmod.jobs.status import ACTIVE, ENDED, Status
from dmod.scheduler.rows import COLUMNS, job_of, passed_over
from dmod.scheduler.submission import AGING, unclaimed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from dmod.jobs.job import Job

_AGAIN = (
    "status = 'queued', attempt = attempt + 1, due = 0, started = null, ended = null, exit_code = null, reason = '',"
    " stop = '', handle = '{}', allocation = '[]', bound = ''"
)


def cancel(write: sqlite3.Connection, job: int, task: int | None, note: str) -> Status:
    """Cancel a job or a task; its status before."""
    found = _job(write, job)
    if task is not None and found.array:
        return _cancel_task(write, found, task, note)
    if found.status.ended:
        raise ConflictError(f"job {job} is {found.status} already", fix=f"dmod job show {job}")
    if found.running:
        write.execute("update job set stop = ? where id = ?", (note, job))
        note_event(write, job, found.status, f"asked to stop: {note}")
        return found.status
    write.execute(
        "update task set status = 'canceled', ended = ?, reason = ? where job = ? and status = 'queued'",
        (time.time(), note, job),
    )
    _end(write, found, canceled=found.canceled + found.waiting, note=note)
    return found.status


def _cancel_task(write: sqlite3.Connection, job: Job, number: int, note: str) -> Status:
    numbers = Numbers.parse(job.numbers)
    if number not in numbers:
        raise NotFoundError(
            f"job {job.id} has no task {number}", why=f"they are {job.numbers}", fix=f"dmod job show {job.id}"
        )
    row = write.execute("select status from task where job = ? and number = ?", (job.id, number)).fetchone()
    gone = numbers.place(number) < _upto(write, job.id)  # it was canceled with others
    before = Status(row[0]) if row else Status.CANCELED if gone else Status.QUEUED
    if before.ended:
        raise ConflictError(f"task {job.id}/{number} is {before} already", fix=f"dmod job show {job.id}/{number}")
    if before is not Status.QUEUED:
        write.execute("update task set stop = ? where job = ? and number = ?", (note, job.id, number))
        note_event(write, job.id, before, f"asked to stop: {note}", task=number)
        return before
    write.execute(
        "insert into task (job, number, status, ended, reason) values (?, ?, 'canceled', ?, ?) on conflict do update"
        " set status = 'canceled', ended = excluded.ended, reason = excluded.reason",
        (job.id, number, time.time(), note),
    )
    note_event(write, job.id, Status.CANCELED, note, task=number)
    if job.waiting == 1 and not job.running:
        _end(write, job, canceled=job.canceled + 1, note="")
    else:
        write.execute("update job set canceled = canceled + 1 where id = ?", (job.id,))
    return before


def _end(write: sqlite3.Connection, job: Job, *, canceled: int, note: str) -> None:
    """A job of which nothing runs or waits any more."""
    status = Status.FAILED if job.failed else Status.CANCELED
    if job.array and job.failed:
        note = f"{job.failed} of {job.size} tasks failed, {canceled} canceled{f': {note}' if note else ''}"
    write.execute(
        "update job set status = ?, ended = ?, reason = ?, canceled = ?, begun = size, stop = '', held = 0"
        " where id = ?",
        (status, time.time(), note or job.reason, canceled, job.id),
    )
    note_event(write, job.id, status, note)


def retry(write: sqlite3.Connection, job: int, tasks: Sequence[int], *, failed: bool) -> int:
    """Queue those tasks again that failed or were canceled; how many."""
    found = _job(write, job)
    if found.status is Status.COMPLETED:
        raise ConflictError(f"job {job} is completed: there is nothing to retry", fix="dmod job submit FILE")
    if not found.status.ended and not found.array:
        raise ConflictError(f"job {job} is {found.status}: it cannot become queued", fix=f"dmod job cancel {job}")
    unclaimed(write, found.output)
    causes = ("failed",) if failed else ("failed", "canceled")
    _materialize(write, found)
    where = f"job = ? and status in ({', '.join('?' * len(causes))})"
    values: tuple[object, ...] = (job, *causes)
    if tasks:
        where += " and number in (select value from json_each(?))"
        values = (*values, json.dumps(list(tasks)))
    found_so = write.execute(f"select status, count(*) from task where {where} group by status", values)  # noqa: S608
    counts = dict(map(tuple, found_so))
    if not counts:
        raise ConflictError(f"job {job}: none of its tasks failed{'' if failed else ' or was canceled'}")
    write.execute(f"update task set {_AGAIN} where {where}", values)  # noqa: S608
    again = sum(counts.values())
    attempt = found.attempt + 1
    write.execute(
        "update job set status = iif(running > 0, 'running', 'queued'), failed = failed - ?, canceled = canceled - ?,"
        " attempt = ?, ended = null, reason = '', exit_code = null, stop = '', place = ? - priority * ?,"
        " started = iif(numbers = '', null, started) where id = ?",
        (counts.get("failed", 0), counts.get("canceled", 0), attempt, time.time(), AGING, job),
    )
    said = f"{again} of {found.size} tasks again" if found.array else f"attempt {attempt}"
    note_event(write, job, Status.RUNNING if found.running else Status.QUEUED, said)
    return again


def _upto(write: sqlite3.Connection, job: int) -> int:
    """How many of the numbers of a job had their turn: those of them that have no row were canceled."""
    return int(write.execute("select begun from job where id = ?", (job,)).fetchone()[0])


def _materialize(write: sqlite3.Connection, job: Job) -> None:
    """Give rows to the tasks that were passed over: they ended before they were begun."""
    known = dict(map(tuple, write.execute("select number, status from task where job = ?", (job.id,))))
    status = passed_over(job, sum(each == Status.FAILED for each in known.values()))
    gone = islice(Numbers.parse(job.numbers or "0"), _upto(write, job.id))
    ended = job.ended.timestamp() if job.ended else None
    write.executemany(
        "insert into task (job, number, status, ended, reason) values (?, ?, ?, ?, ?)",
        ((job.id, number, status, ended, job.reason) for number in gone if number not in known),
    )


def hold(write: sqlite3.Connection, job: int) -> None:
    """Start no more tasks of a job."""
    found = _job(write, job)
    if not found.waiting or found.status.ended:
        fix = f"dmod job {'show' if found.status.ended else 'cancel'} {job}"
        raise ConflictError(f"job {job} is {found.status}: nothing of it waits", fix=fix)
    _set_held(write, found, held=True)


def release(write: sqlite3.Connection, job: int) -> None:
    """Let a job that is held take its turn."""
    found = _job(write, job)
    if not found.held:
        raise ConflictError(f"job {job} is not held", fix=f"dmod job explain {job}")
    _set_held(write, found, held=False)


def _set_held(write: sqlite3.Connection, job: Job, *, held: bool) -> None:
    write.execute("update job set held = ? where id = ?", (held, job.id))
    note_event(write, job.id, job.status, "held" if held else "released")


def prune(write: sqlite3.Connection, before: float) -> list[int]:
    """Forget jobs that ended before a time, but for those that others wait for; their ids."""
    active = f"({', '.join('?' * len(ACTIVE))})"
    ended = f"({', '.join('?' * len(ENDED))})"
    rows = write.execute(
        f"select id from job where ended < ? and status in {ended} and id not in"  # noqa: S608
        f" (select needs from dependency join job on job.id = dependency.job where job.status in {active}) order by id",
        (before, *ENDED, *ACTIVE),
    ).fetchall()
    ids = [row[0] for row in rows]
    some = json.dumps(ids)
    for what in (
        "dependency where needs",
        "dependency where job",
        "item where job",
        "task where job",
        "event where job",
    ):
        write.execute(f"delete from {what} in (select value from json_each(?))", (some,))  # noqa: S608 - constants
    write.execute("delete from job where id in (select value from json_each(?))", (some,))
    return ids


def note_event(write: sqlite3.Connection, job: int, status: Status, note: str = "", *, task: int | None = None) -> None:
    """Write down what happened to a job, or to one of its tasks."""
    write.execute(
        "insert into event (job, task, status, time, note) values (?, ?, ?, ?, ?)",
        (job, task, str(status), time.time(), note),
    )


def _job(write: sqlite3.Connection, job: int) -> Job:
    row = write.execute(f"select {COLUMNS} from job where id = ?", (job,)).fetchone()  # noqa: S608
    if row is None:
        raise NotFoundError(f"there is no job {job}", fix="dmod job list")
    return job_of(row)
