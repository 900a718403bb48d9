"""Listing: which jobs a list shows, chosen and ordered by the database: of a hundred thousand only those are read."""

from __future__ import annotations

import json
import math
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from dmod.jobs.numbers import Numbers
from dmod.jobs.selector import parse
from dmod.jobs.status import Status
from dmod.scheduler.rows import Event, Head, job_of, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Queue, Task

COLUMNS = (
    "id, name, kind, status, priority, cpus, memory, submitted, started, ended, reason, exit_code, attempt, stop, "
    "held, numbers, size, running, completed, failed, canceled, cpu, peak, read, written, cwd, "
    "iif(kind = 'command', '', spec), '', '', fingerprint"  # a command makes no output: its spec need not be read
)
_GLOB = set("*?[")
_MANY = 500  # clauses: SQLite takes a thousand
_SOME = "(select value from json_each(?))"
_LARGEST = 2**63 - 1  # that SQLite knows
ORDERS = {
    "id": "id",
    "name": "name",
    "runtime": "coalesce(ended, (julianday('now') - 2440587.5) * 86400) - started",
    "submitted": "submitted",
    "ended": "ended",
    "cpu": "cpu",
    "memory": "peak",
}


class Wanted(NamedTuple):
    """What a list is asked for."""

    ids: Sequence[int] | None = None  # None: of all jobs
    status: Sequence[Status] = ()
    name: str | None = None  # may hold * and ?
    kind: str | None = None
    since: float | None = None  # submitted then or later, seconds since 1970
    until: float | None = None  # submitted before
    before: int | None = None  # with lesser ids
    order: str = "id"
    descending: bool = False
    limit: int | None = None  # by id: so many of the newest; else: of the first


def jobs(queue: Queue, wanted: Wanted) -> list[Job]:
    """The jobs that are wanted, in their order. Their specs are left out where nothing of them is shown."""
    where, values = _where(wanted)
    newest = wanted.order == "id" and not wanted.descending and wanted.limit is not None
    down = "desc" if wanted.descending or newest else "asc"
    order = "" if wanted.order == "id" else f"{ORDERS[wanted.order]} {down} nulls last, "
    query = f"select id from job {where} order by {order}id {down} limit ?"  # noqa: S608 - constants
    ids = [row[0] for row in queue.read(query, (*values, -1 if wanted.limit is None else wanted.limit))]
    rows = queue.read(f"select {COLUMNS} from job where id in {_SOME}", (json.dumps(ids),))  # noqa: S608
    found = {row[0]: job_of(row) for row in rows}
    return [found[each] for each in (reversed(ids) if newest else ids) if each in found]


def heads(queue: Queue, words: Sequence[str]) -> list[Head]:
    """Those of all jobs that words may mean, and the last: `select` and `pick` need no more. Raises UsageError."""
    clauses, values = ["id = (select max(id) from job)", f"id in {_SOME}", f"name in {_SOME}"], list[Any]()
    ids, names = list[int](), list[str]()
    for word in {*words, *(parse(word).job for word in words)}:
        first, dash, last = word.partition("-")
        if word.isdecimal():
            ids.append(min(int(word), _LARGEST))
        elif dash and first.isdecimal() and last.isdecimal():
            clauses.append("id between ? and ?")
            values += [min(int(first), _LARGEST), min(int(last), _LARGEST)]
        elif _GLOB.isdisjoint(word):
            names.append(word)
        else:
            clauses.append("name glob ?")
            values.append(_glob(word))
    if len(clauses) > _MANY:
        return queue.heads()
    query = f"select id, name from job where {' or '.join(clauses)} order by id"  # noqa: S608 - constants
    return list(map(Head._make, queue.read(query, [json.dumps(ids), json.dumps(names), *values])))


def behind(queue: Queue, jobs: Sequence[int]) -> dict[int, int]:
    """How many waiting jobs come before each of these that waits; the index is counted once from end to end."""
    places = queue.read(
        f"select place, id from job where status = 'queued' and id in {_SOME} order by place, id",  # noqa: S608
        (json.dumps(list(jobs)),),
    )
    between = (
        "select count(*) from job indexed by job_by_place"
        " where status = 'queued' and (place, id) >= (?, ?) and (place, id) < (?, ?)"
    )
    found, ahead, before = dict[int, int](), 0, (-math.inf, 0)
    for place, number in places:
        ahead += queue.read(between, (*before, place, number))[0][0]
        found[number], before = ahead, (place, number)
    return found


def first(queue: Queue, job: Job, status: Sequence[Status], limit: int) -> tuple[list[Task], int]:
    """The first tasks of a job, or those of a status, and how many there are: of a million only those are read."""
    if not status:
        numbers, total = list(islice(Numbers.parse(job.numbers or "0"), limit)), job.size
    else:
        query = f"from task where job = ? and status in {_SOME}"
        values = (job.id, json.dumps([str(each) for each in status]))
        counts = {row[0]: row[1] for row in queue.read(f"select status, count(*) {query} group by status", values)}
        total = sum(counts.values())
        if any(counts.get(each, 0) < _counted(job, each) for each in status):  # some have no rows
            found = queue.tasks(job.id, status=status)
            return found[:limit], len(found)
        rows = queue.read(f"select number {query} order by number limit ?", (*values, limit))
        numbers = [row[0] for row in rows]
    return queue.tasks(job.id, numbers=numbers) if numbers else [], total


def _counted(job: Job, status: Status) -> int:
    """How many tasks the job says have a status, or may have it."""
    counts = {"queued": job.waiting, "completed": job.completed, "failed": job.failed, "canceled": job.canceled}
    return counts.get(str(status), 0)  # what runs has rows


def failures(queue: Queue, job: int) -> list[tuple[str, int | None, list[int]]]:
    """The failed tasks of a job by their reasons: the reason, the exit code, the numbers; the most first."""
    query = "select reason, exit_code, number from task where job = ? and status = 'failed' order by number"
    groups: dict[tuple[str, int | None], list[int]] = {}
    for reason, code, number in queue.read(query, (job,)):
        groups.setdefault((reason, code), []).append(number)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return [(reason, code, numbers) for (reason, code), numbers in ordered]


def history(queue: Queue, job: int, limit: int = -1) -> list[Event]:
    """What happened to a job as a whole, not to its tasks one by one; oldest first, with `limit` the newest."""
    query = (
        "select id, job, task, status, time, note from event where job = ? and task is null order by id desc limit ?"
    )
    found = queue.read(query, (job, limit))
    return [Event(row[0], row[1], row[2], Status(row[3]), moment(row[4]), row[5]) for row in reversed(found)]


def ended(queue: Queue, since: float) -> dict[str, int]:
    """How many jobs ended since a time, by their status."""
    query = "select status, count(*) from job where ended >= ? group by status"
    return {row[0]: row[1] for row in queue.read(query, (since,))}


def standing(queue: Queue) -> dict[str, int]:
    """How many tasks wait and run, and how many waiting jobs are held, or wait for other jobs."""
    query = (
        "select coalesce(sum(size - running - completed - failed - canceled), 0), coalesce(sum(running), 0),"
        " coalesce(sum(held and size > running + completed + failed + canceled), 0) from job"
        " where status in ('queued', 'staging', 'running', 'collecting')"
    )
    waiting, running, held = queue.read(query)[0]
    depends = (
        "select count(distinct dependency.job) from dependency join job on id = needs"
        " where status in ('queued', 'staging', 'running', 'collecting')"
    )
    return {"waiting": waiting, "running": running, "held": held, "depends": queue.read(depends)[0][0]}


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    """The clauses, and what stands in them."""
    ids = None if wanted.ids is None else json.dumps(wanted.ids)
    status = json.dumps([str(each) for each in wanted.status]) if wanted.status else None
    pairs = (
        (f"id in {_SOME}", ids),
        (f"status in {_SOME}", status),
        ("name glob ?", _glob(wanted.name) if wanted.name else None),
        ("kind = ?", wanted.kind),
        ("submitted >= ?", wanted.since),
        ("submitted < ?", wanted.until),
        ("id < ?", wanted.before),
    )
    given = [(clause, value) for clause, value in pairs if value is not None]
    return f"where {' and '.join(clause for clause, _ in given) or 'true'}", [value for _, value in given]


def _glob(pattern: str) -> str:
    """A pattern as SQLite writes it."""
    return pattern.replace("[!", "[^")
