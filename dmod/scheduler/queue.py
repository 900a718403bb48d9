"""Queue: the jobs, as persisted; the one interface between command line, dashboard and scheduler.

Everything but running works on it while the scheduler is down. What `submit` returned survives kill -9 and power loss.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dmod.errors import ConflictError, NotFoundError
from dmod.jobs.status import ACTIVE, Status
from dmod.scheduler import database
from dmod.scheduler.rows import COLUMNS, Event, Head, job_of, moment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dmod.jobs.job import Job
    from dmod.jobs.prepared import Prepared
    from dmod.jobs.spec import Spec

__all__ = ["Event", "Queue"]


class Queue:
    """The jobs of one project."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = database.connect(path)

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def __del__(self) -> None:
        """Close it: a command has one queue for as long as it runs."""
        if hasattr(self, "_connection"):
            self._connection.close()

    def submit(self, spec: Spec, cwd: Path, prepared: Prepared) -> int:
        """Add a job; its id is durable when this returns."""
        return self.submit_all([(spec, prepared)], cwd)[0]

    def submit_all(self, jobs: Sequence[tuple[Spec, Prepared]], cwd: Path) -> list[int]:
        """Add jobs in one transaction: all of them or none."""
        now = time.time()
        with self._transaction() as write:
            ids = []
            for spec, prepared in jobs:
                self._unclaimed(getattr(spec.table, "output", None))
                row = write.execute(
                    "insert into job (name, kind, cpus, memory, submitted, cwd, spec, prepared)"
                    " values (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        spec.name,
                        spec.kind,
                        spec.resources.cpus,
                        spec.resources.memory,
                        now,
                        str(cwd),
                        spec.to_json(),
                        json.dumps(prepared.to_json(), ensure_ascii=False),
                    ),
                )
                ids.append(int(row.lastrowid or 0))
            write.executemany(
                "insert into event (job, status, time) values (?, 'queued', ?)", [(each, now) for each in ids]
            )
        return ids

    def get(self, job: int) -> Job:
        """One job. Raises NotFoundError."""
        found = self._rows("where id = ?", (job,))
        if not found:
            raise NotFoundError(f"there is no job {job}", fix="dmod job list")
        return found[0]

    def these(self, ids: Sequence[int]) -> list[Job]:
        """Jobs by their ids, as far as there are such."""
        return self._rows("where id in (select value from json_each(?)) order by id", (json.dumps(ids),))

    def jobs(self, *, status: Sequence[Status] = (), name: str | None = None, limit: int | None = None) -> list[Job]:
        """Jobs in the order of their ids; with `limit` the newest; `name` may hold * and ?."""
        clauses, values = [], []
        if status:
            clauses.append(f"status in ({', '.join('?' * len(status))})")
            values += [str(each) for each in status]
        if name is not None:
            clauses.append("name glob ?")
            values.append(name)
        where = f"where {' and '.join(clauses)} " if clauses else ""
        if limit is None:
            return self._rows(f"{where}order by id", tuple(values))
        return self._rows(f"{where}order by id desc limit ?", (*values, limit))[::-1]

    def active(self, queued: int = -1) -> list[sqlite3.Row]:
        """What a decision needs of what has not ended; of what waits the first `queued` (-1: all).

        The rest may be megabytes a job, and is not read.
        """
        some = "select id, status, allocation, started, stop, name from job where status"
        waiting = f"select * from ({some} = 'queued' order by id limit ?)"  # noqa: S608 - constants
        with database.translated(self.path):
            return self._connection.execute(
                f"{some} in ('staging', 'running', 'collecting') union all {waiting} order by id", (queued,)
            ).fetchall()

    def resources(self, jobs: Sequence[int]) -> dict[int, str]:
        """What jobs ask for, as JSON, and nothing else of their specs."""
        query = "select id, json_extract(spec, '$.resources') from job where id in (select value from json_each(?))"
        with database.translated(self.path):
            return dict(self._connection.execute(query, (json.dumps(jobs),)).fetchall())

    def heads(self) -> list[Head]:
        """Id and name of all jobs, in the order of their ids."""
        with database.translated(self.path):
            return list(map(Head._make, self._connection.execute("select id, name from job order by id")))

    def counts(self) -> dict[Status, int]:
        """How many jobs have each status."""
        with database.translated(self.path):
            rows = self._connection.execute("select status, count(*) from job group by status").fetchall()
        return {Status(status): count for status, count in rows}

    def events(self, job: int | None = None, *, after: int = 0, limit: int = -1) -> list[Event]:
        """What happened to one job, or to all, oldest first."""
        where = "where id > ?" + ("" if job is None else " and job = ?")
        values: tuple[int, ...] = (after, limit) if job is None else (after, job, limit)
        query = f"select id, job, status, time, note from event {where} order by id desc limit ?"  # noqa: S608 - constants
        with database.translated(self.path):
            rows = self._connection.execute(query, values).fetchall()
        return [Event(row[0], row[1], Status(row[2]), moment(row[3]), row[4]) for row in reversed(rows)]

    def advance(
        self,
        job: int,
        to: Status,
        note: str = "",
        *,
        by: Sequence[Status] = ACTIVE,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Move a job to a status, with its event, in one transaction; ConflictError if it is not in one of `by`.

        `values` sets further columns: handle, allocation, exit_code, reason, attempt, stop.
        """
        now = time.time()
        columns: dict[str, Any] = {"status": str(to), **(values or {})}
        if to is Status.RUNNING:
            columns["started"] = now
        if to.ended:
            columns |= {"ended": now, "allocation": "[]", "stop": "", "reason": columns.get("reason", note)}
        if to is Status.QUEUED:
            columns |= {
                "started": None,
                "ended": None,
                "reason": "",
                "exit_code": None,
                "handle": "{}",
                "allocation": "[]",
            }
        settings = ", ".join(f"{column} = ?" for column in columns)
        places = ", ".join("?" * len(by))
        with self._transaction() as write:
            changed = write.execute(
                f"update job set {settings} where id = ? and status in ({places})",  # noqa: S608 - names of columns
                (*columns.values(), job, *map(str, by)),
            )
            if not changed.rowcount:
                raise ConflictError(f"job {job} is {self.get(job).status}: it cannot become {to}")
            write.execute("insert into event (job, status, time, note) values (?, ?, ?, ?)", (job, str(to), now, note))

    def cancel(self, job: int, note: str = "canceled by user") -> Status:
        """Cancel a waiting job at once, ask a running one to end; its status before. ConflictError if it has ended."""
        with self._transaction() as write:
            found = self.get(job)
            if found.status.ended:
                raise ConflictError(f"job {job} is {found.status} already", fix=f"dmod job show {job}")
            if found.status is Status.QUEUED:
                values = (str(Status.CANCELED), time.time(), note, job)
                write.execute("update job set status = ?, ended = ?, reason = ? where id = ?", values)
            else:
                write.execute("update job set stop = ? where id = ?", (note, job))
            status = Status.CANCELED if found.status is Status.QUEUED else found.status
            said = "" if found.status is Status.QUEUED else "asked to stop: "
            write.execute(
                "insert into event (job, status, time, note) values (?, ?, ?, ?)",
                (job, str(status), time.time(), said + note),
            )
        return found.status

    def retry(self, job: int) -> None:
        """Queue a failed or canceled job again, under its id. ConflictError if it has not ended, or completed."""
        found = self.get(job)
        if found.status is Status.COMPLETED:
            raise ConflictError(f"job {job} is completed: there is nothing to retry", fix="dmod job submit FILE")
        self._unclaimed(found.output)
        self.advance(
            job,
            Status.QUEUED,
            f"attempt {found.attempt + 1}",
            by=(Status.FAILED, Status.CANCELED),
            values={"attempt": found.attempt + 1},
        )

    def version(self) -> int:
        """A number that changes when another process has written."""
        with database.translated(self.path):
            return int(self._connection.execute("pragma data_version").fetchone()[0])

    def _unclaimed(self, output: str | None) -> None:
        """Refuse an output that an earlier job is about to make. Called within the transaction of the submit."""
        if output is None:
            return
        active = f"status in ({', '.join('?' * len(ACTIVE))})"
        said = "kind != 'command' and json_extract(spec, '$.' || kind || '.output') = ?"
        jobs = self._rows(f"where {active} and {said} limit 1", (*ACTIVE, output))
        by_default = output.rpartition("-")[2]  # <name>-<id> is what the output of a job is called that does not say
        if not jobs and by_default.isdecimal():
            jobs = [
                job for job in self._rows(f"where {active} and id = ?", (*ACTIVE, by_default)) if job.output == output
            ]
        for taken in jobs:
            raise ConflictError(
                f'job {taken.id} {taken.name} is about to make the dataset "{output}"', fix=f"dmod job wait {taken.id}"
            )

    def _rows(self, where: str, values: Sequence[Any]) -> list[Job]:
        with database.translated(self.path):
            rows = self._connection.execute(f"select {COLUMNS} from job {where}", values).fetchall()  # noqa: S608
        return [job_of(row) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with database.translated(self.path):
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
                raise
