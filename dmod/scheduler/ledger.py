"""Ledger: what the scheduler writes down of tasks and jobs, within one transaction; the backlog follows at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dmod.jobs.status import Status

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from dmod.executors.executor import Usage
    from dmod.jobs.resources import Allocation
    from dmod.scheduler.active import Active
    from dmod.scheduler.backlog import Backlog

_STAGED = (
    "insert into task (job, number, status, attempt, allocation, bound) values (?, ?, 'staging', ?, ?, ?)"
    " on conflict do update set status = 'staging', attempt = excluded.attempt, allocation = excluded.allocation,"
    " bound = excluded.bound, started = null, ended = null, exit_code = null, reason = '', stop = '', handle = '{}'"
)
_RUNNING = "update task set status = 'running', handle = ?, started = ? where job = ? and number = ?"
_COLLECTING = (
    "update task set status = 'collecting', exit_code = ?, allocation = '[]', bound = '' where job = ? and number = ?"
)
_ENDED = (
    "update task set status = ?, ended = ?, exit_code = coalesce(?, exit_code), reason = ?, stop = '', handle = '{}',"
    " allocation = '[]', bound = '' where job = ? and number = ?"
)
_AGAIN = (
    "update task set status = 'queued', attempt = attempt + 1, due = ?, started = null, ended = null, exit_code = null,"
    " reason = '', stop = '', handle = '{}', allocation = '[]', bound = '' where job = ? and number = ?"
)
_USED = "update task set cpu = cpu + ?, peak = max(peak, ?) where job = ? and number = ?"
_USED_BY_JOB = "update job set cpu = cpu + ?, peak = max(peak, ?), read = read + ?, written = written + ? where id = ?"
_UNWAITING = "update task set status = ?, ended = ?, reason = ? where job = ? and status = 'queued'"
_JOB = (
    "update job set status = ?, attempt = ?, begun = ?, running = ?, completed = ?, failed = ?, canceled = ?,"
    " started = ?, ended = ?, reason = coalesce(?, reason), exit_code = coalesce(?, exit_code), stop = ?"
    " where id = ?"
)
_EVENT = "insert into event (job, task, status, time, note) values (?, ?, ?, ?, ?)"
_FIRST_FAILED = "select number, reason, exit_code from task where job = ? and status = 'failed' order by number limit 1"
_COUNTED = {Status.COMPLETED: "completed", Status.FAILED: "failed", Status.CANCELED: "canceled"}


class Ledger:
    """One turn's entries; `close` writes what they come to for the jobs."""

    def __init__(self, write: sqlite3.Connection, backlog: Backlog, now: float) -> None:
        self._write, self._backlog, self.now = write, backlog, now
        self._touched: dict[int, Active] = {}
        self._reasons: dict[int, tuple[str, int | None]] = {}  # of single jobs: reason, exit code
        self._events: list[tuple[int, int | None, str, float, str]] = []
        self._used: list[tuple[float, int, int, int, int, int]] = []  # cpu, peak, read, written, job, number
        self.ended: list[Active] = []

    def staged(self, job: Active, number: int, attempt: int, held: Sequence[Allocation], bound: Sequence[int]) -> None:
        """A task has its allocation, and is about to start."""
        allocation = json.dumps([[each.node, each.cpus, each.memory] for each in held])
        row = (job.id, number, attempt, allocation, ",".join(map(str, bound)))
        self._write.execute(_STAGED, row)
        job.running += 1
        if job.array and job.status is Status.QUEUED:
            job.status = Status.RUNNING
            self._note(job, None, Status.RUNNING)
        self._move(job, number, Status.STAGING)

    def running(self, job: Active, number: int, handle: dict[str, Any], time: float, note: str = "") -> None:
        """A task runs."""
        self._write.execute(_RUNNING, (json.dumps(handle), time, job.id, number))
        if job.started is None:
            job.started = time
        self._move(job, number, Status.RUNNING, note, time)

    def comes_from(self, job: Active, origin: str) -> None:
        """With what a job is run, as JSON."""
        self._write.execute("update job set origin = ? where id = ?", (origin, job.id))

    def differs(self, job: Active) -> None:
        """A job does not read what it was submitted with: nobody can say what it will make."""
        self._write.execute("update job set fingerprint = '' where id = ?", (job.id,))

    def collecting(self, job: Active, number: int, code: int) -> None:
        """The program of a task is done; its output becomes a dataset."""
        self._write.execute(_COLLECTING, (code, job.id, number))
        if not job.array:
            self._reasons[job.id] = ("", code)
        self._move(job, number, Status.COLLECTING)

    def finished(self, job: Active, number: int, status: Status, note: str = "", code: int | None = None) -> None:
        """A task that was staged has ended; the note is the reason, unless it completed."""
        reason = "" if status is Status.COMPLETED else note
        self._write.execute(_ENDED, (status, self.now, code, reason, job.id, number))
        job.running -= 1
        self._count(job, status, 1)
        if not job.array:
            self._reasons[job.id] = (reason, code)
        self._move(job, number, status, note)

    def again(self, job: Active, number: int, attempt: int, due: float, why: str) -> None:
        """A task that has failed waits for another attempt, not before `due`."""
        self._write.execute(_AGAIN, (due, job.id, number))
        job.running -= 1
        job.repeat(number, attempt + 1, due)
        if not job.array:
            job.attempt, job.started = attempt + 1, None
        wait = f" in {due - self.now:.0f} s" if due > self.now else ""
        self._move(job, number, Status.QUEUED, f"attempt {attempt + 1}{wait}: {why}")

    def used(self, job: int, number: int, usage: Usage | None) -> None:
        """What an attempt of a task used."""
        if usage is not None:
            self._used.append((usage.cpu, usage.memory, usage.read, usage.written, job, number))

    def cancel_waiting(self, job: Active, reason: str, status: Status = Status.CANCELED) -> None:
        """Nothing of a job that waits will start: canceled; failed where it is the job that can never run."""
        waiting = job.waiting
        if job.again:
            self._write.execute(_UNWAITING, (status, self.now, reason, job.id))
            job.again = {}
        job.begun = job.size
        self._count(job, status, waiting)
        if not job.array:
            self._reasons[job.id] = (reason, None)
            self._move(job, 0, status, reason)
        else:
            self._note(job, None, job.status, f"{waiting} tasks {status}: {reason}")
            self._reasons[job.id] = (reason, None)
            self._touched[job.id] = job

    def close(self) -> None:
        """Write what the jobs come to, and the events."""
        while self._touched:
            touched, self._touched = self._touched, {}
            for job in touched.values():
                self._close(job)
        if self._used:
            self._write.executemany(_USED, [(cpu, peak, job, number) for cpu, peak, _, _, job, number in self._used])
            self._write.executemany(_USED_BY_JOB, [row[:5] for row in self._used])
        self._write.executemany(_EVENT, self._events)
        self._events = []
        self._backlog.seen = self._write.execute("select coalesce(max(id), 0) from event").fetchone()[0]

    def _close(self, job: Active) -> None:
        before, job.status = job.status, self._standing(job)
        ended, reason, code = None, None, None
        if job.id in self._reasons:
            reason, code = self._reasons[job.id]
        if job.status.ended:
            ended = self.now
            if job.array:
                reason, code = self._summary(job)
                self._note(job, None, job.status, reason)
            job.stop = ""
        elif job.array and before is not job.status:
            self._note(job, None, job.status)
        row = (job.status, job.attempt, job.begun, job.running, job.completed, job.failed, job.canceled, job.started)
        self._write.execute(_JOB, (*row, ended, reason, code, job.stop, job.id))
        if not job.status.ended:
            self._backlog.place(job)
            return
        self._backlog.remove(job.id)
        self.ended.append(job)
        for doomed in self._backlog.settle(job.id, job.status):
            self.cancel_waiting(doomed, doomed.doomed)

    @staticmethod
    def _standing(job: Active) -> Status:
        if not job.left:
            return Status.FAILED if job.failed else Status.CANCELED if job.canceled else Status.COMPLETED
        if job.array:
            return Status.RUNNING if job.running else Status.QUEUED
        return job.status

    def _summary(self, job: Active) -> tuple[str, int | None]:
        """Why an array failed or was canceled, and the exit code of its first task that failed."""
        first = self._write.execute(_FIRST_FAILED, (job.id,)).fetchone() if job.failed else None
        if first is None:
            given = self._given(job) if job.canceled or job.failed else ""
            why = f"{job.canceled} of {job.size} tasks canceled{f': {given}' if given else ''}"
            return (given, None) if job.failed else (why, None) if job.canceled else ("", 0)
        number, reason, code = first
        one = f"task {number}: {reason}"
        return (f"{job.failed} of {job.size} tasks failed, the first {one}" if job.failed > 1 else one), code

    def _given(self, job: Active) -> str:
        """Why those of its tasks that waited were canceled, in this turn or in an earlier one."""
        if job.id in self._reasons or job.stop:
            return self._reasons.get(job.id, (job.stop, None))[0]
        return str(self._write.execute("select reason from job where id = ?", (job.id,)).fetchone()[0])

    def _move(self, job: Active, number: int, status: Status, note: str = "", time: float | None = None) -> None:
        if not job.array:
            job.status = status
        self._touched[job.id] = job
        self._note(job, number if job.array else None, status, note, time)

    def _note(self, job: Active, number: int | None, status: Status, text: str = "", time: float | None = None) -> None:
        self._events.append((job.id, number, status, self.now if time is None else time, text))

    @staticmethod
    def _count(job: Active, status: Status, tasks: int) -> None:
        name = _COUNTED[status]
        setattr(job, name, getattr(job, name) + tasks)
