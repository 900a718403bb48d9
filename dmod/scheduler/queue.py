"""Queue: the jobs, as persisted; the one interface between command line, dashboard and scheduler.

Everything but running works on it while the scheduler is down. What `submit` returned survives kill -9 and power loss.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dmod.errors import NotFoundError
from dmod.jobs.status import BEGUN, HOLDING, Status
from dmod.scheduler import changes, database, rows, submission
from dmod.scheduler.rows import COLUMNS, TASK, Drained, Event, Head, Held, Task, allocations, job_of, moment, task_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dmod.jobs.job import Job
    from dmod.jobs.order import Order

__all__ = ["Drained", "Event", "Head", "Held", "Queue", "Task"]


class Queue:
    """The jobs of one project."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = database.connect(path)

    def close(self) -> None:
        """Give the file back."""
        self.connection.close()

    def __del__(self) -> None:
        """Close it: a command has one queue for as long as it runs."""
        if hasattr(self, "connection"):
            self.connection.close()

    def submit(self, order: Order) -> int:
        """Add a job; its id is durable when this returns."""
        return self.submit_all([order])[0]

    def submit_all(self, orders: Sequence[Order]) -> list[int]:
        """Add jobs in one transaction: all of them or none. Raises ConflictError, NotFoundError."""
        with self.transaction() as write:
            return submission.submit(write, orders, time.time())

    def cancel(self, job: int, task: int | None = None, note: str = "canceled by user") -> Status:
        """Cancel a job or one task: at once if it waits, else it is asked to end; its status before.

        Raises NotFoundError, and ConflictError if it has ended.
        """
        with self.transaction() as write:
            return changes.cancel(write, job, task, note)

    def retry(self, job: int, tasks: Sequence[int] = (), *, failed: bool = False) -> int:
        """Queue tasks of a job again, under its id: those that failed or were canceled, or some of them; how many.

        Raises NotFoundError, and ConflictError if none of them has ended so.
        """
        with self.transaction() as write:
            return changes.retry(write, job, tasks, failed=failed)

    def hold(self, job: int) -> None:
        """Start no more tasks of a job until it is released. Raises NotFoundError, ConflictError."""
        with self.transaction() as write:
            changes.hold(write, job)

    def release(self, job: int) -> None:
        """Let a job that is held take its turn. Raises NotFoundError, ConflictError."""
        with self.transaction() as write:
            changes.release(write, job)

    def drain(self, node: str, why: str = "") -> None:
        """Start no more tasks on a node."""
        with self.transaction() as write:
            write.execute("insert or replace into node values (?, ?, ?)", (node, why, time.time()))

    def resume(self, node: str) -> None:
        """Start tasks on a node again."""
        with self.transaction() as write:
            write.execute("delete from node where name = ?", (node,))

    def drained(self) -> dict[str, Drained]:
        """The nodes on which no task starts."""
        return {name: Drained(why, moment(since)) for name, why, since in self.read("select * from node")}

    def prune(self, before: float) -> list[int]:
        """Forget the jobs that ended before a time (seconds since 1970), but for those that others wait for."""
        with self.transaction() as write:
            return changes.prune(write, before)

    def get(self, job: int) -> Job:
        """One job. Raises NotFoundError."""
        found = self._rows("where id = ?", (job,))
        if not found:
            raise NotFoundError(f"there is no job {job}", fix="dmod job list")
        return found[0]

    def these(self, ids: Sequence[int]) -> list[Job]:
        """Jobs by their ids, as far as there are such."""
        return self._rows("where id in (select value from json_each(?)) order by id", (json.dumps(ids),))

    def jobs(  # noqa: PLR0913 - filters
        self,
        *,
        status: Sequence[Status] = (),
        name: str | None = None,
        kind: str | None = None,
        since: float | None = None,
        limit: int | None = None,
        before: int | None = None,
    ) -> list[Job]:
        """Jobs in the order of their ids; with `limit` the newest; `name` may hold * and ?.

        `since`: submitted after that, seconds since 1970; `before`: with lesser ids.
        """
        clauses, values = ["true"], list[Any]()
        if status:
            clauses.append(f"status in ({', '.join('?' * len(status))})")
            values += [str(each) for each in status]
        for clause, value in (
            ("name glob ?", name), ("kind = ?", kind), ("submitted >= ?", since), ("id < ?", before),
        ):  # fmt: skip
            if value is not None:
                clauses.append(clause)
                values.append(value)
        where = f"where {' and '.join(clauses)} "
        if limit is None:
            return self._rows(f"{where}order by id", tuple(values))
        return self._rows(f"{where}order by id desc limit ?", (*values, limit))[::-1]

    def task(self, job: int, number: int) -> Task:
        """One task. Raises NotFoundError."""
        found = self.tasks(job, numbers=(number,))
        if not found:
            raise NotFoundError(f"job {job} has no task {number}", fix=f"dmod job show {job}")
        return found[0]

    def tasks(
        self, job: int, *, status: Sequence[Status] = (), numbers: Sequence[int] = (), limit: int | None = None
    ) -> list[Task]:
        """The tasks of a job in the order of their numbers: all, or those of a status, or some. NotFoundError."""
        found, upto = self.get(job), self.read("select begun from job where id = ?", (job,))[0][0]
        some = " and number in (select value from json_each(?))" if numbers else ""
        values = (job, json.dumps(numbers)) if numbers else (job,)
        known = self.read(f"select {TASK} from task where job = ?{some} order by number", values)  # noqa: S608
        failed = "select count(*) from task where job = ? and status = 'failed'"
        passed = rows.passed_over(found, self.read(failed, (job,))[0][0] if found.failed else 0)
        return rows.whole(found, upto, list(map(task_of, known)), passed, status, numbers, limit)

    def items(self, job: int, numbers: Sequence[int] = ()) -> dict[int, str]:
        """What is a task's own: its line, or its spec and data as JSON."""
        some = " and number in (select value from json_each(?))" if numbers else ""
        values = (job, json.dumps(numbers)) if numbers else (job,)
        return dict(map(tuple, self.read(f"select number, text from item where job = ?{some}", values)))  # noqa: S608

    def needs(self, jobs: Sequence[int]) -> list[tuple[int, int, bool, Status]]:
        """What jobs wait for: the job, the one it needs, whether however that ends, and how far that is."""
        query = (
            "select dependency.job, needs, always, status from dependency join job on id = needs"
            " where dependency.job in (select value from json_each(?))"
        )
        return [(row[0], row[1], bool(row[2]), Status(row[3])) for row in self.read(query, (json.dumps(jobs),))]

    def alike(self, fingerprint: str) -> list[Job]:
        """The completed jobs that made the same, the newest first."""
        if not fingerprint:
            return []
        return self._rows("where fingerprint = ? and status = 'completed' order by id desc", (fingerprint,))

    def begun(self) -> list[Task]:
        """The tasks that were staged, run, or are collected."""
        query = f"select {TASK} from task where {rows.OPEN} and status in (?, ?, ?)"  # noqa: S608 - constants
        return list(map(task_of, self.read(query, BEGUN)))

    def stops(self, job: int) -> list[tuple[int, str]]:
        """The begun tasks of a job that are to end: number, and why."""
        query = "select number, stop from task where job = ? and stop != '' and status in (?, ?)"
        return [(row[0], row[1]) for row in self.read(query, (job, *HOLDING))]

    def holding(self) -> list[Held]:
        """The tasks that hold some of a node."""
        query = (
            "select task.job, number, name, task.status, allocation, task.started, time_limit from task"  # noqa: S608
            f" join job on id = task.job where {rows.OPEN} and task.status in (?, ?) order by task.job, number"
        )
        return [
            Held(row[0], row[1], row[2], Status(row[3]), allocations(row[4]), row[5], row[6])
            for row in self.read(query, HOLDING)
        ]

    def heads(self) -> list[Head]:
        """Id and name of all jobs, in the order of their ids."""
        return list(map(Head._make, self.read("select id, name from job order by id")))

    def counts(self) -> dict[Status, int]:
        """How many jobs have each status."""
        return {Status(row[0]): row[1] for row in self.read("select status, count(*) from job group by status")}

    def events(
        self, job: int | None = None, *, task: int | None = None, after: int = 0, limit: int = -1
    ) -> list[Event]:
        """What happened to one job (and its tasks, or one of them), or to all, oldest first."""
        wanted = {"id >": after, "job =": job, "task =": task}
        given = {clause: value for clause, value in wanted.items() if value is not None}
        where = " and ".join(f"{clause} ?" for clause in given)
        query = f"select id, job, task, status, time, note from event where {where} order by id desc limit ?"  # noqa: S608
        found = self.read(query, (*given.values(), limit))
        return [Event(row[0], row[1], row[2], Status(row[3]), moment(row[4]), row[5]) for row in reversed(found)]

    def moved(self, after: int) -> tuple[list[int], int]:
        """The jobs to which something happened after an event, however much it was; and the newest event."""
        newest = self.read("select coalesce(max(id), 0) from event")[0][0]
        rows = self.read("select distinct +job from event where id > ? and id <= ?", (after, newest))
        return sorted(row[0] for row in rows), int(newest)

    def version(self) -> int:
        """A number that changes when another process has written."""
        return int(self.read("pragma data_version")[0][0])

    def read(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Rows; SQLite's errors as ours."""
        with database.translated(self.path):
            return self.connection.execute(query, tuple(values)).fetchall()

    def stream(self, query: str, values: Sequence[Any] = ()) -> Iterator[sqlite3.Row]:
        """Rows one by one, for those that are many."""
        with database.translated(self.path):
            yield from self.connection.execute(query, tuple(values))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing, and nobody else writes meanwhile."""
        with database.translated(self.path):
            self.connection.execute("begin immediate")
            try:
                yield self.connection
                self.connection.execute("commit")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("rollback")
                raise

    def _rows(self, where: str, values: Sequence[Any]) -> list[Job]:
        return [job_of(row) for row in self.read(f"select {COLUMNS} from job {where}", values)]  # noqa: S608
