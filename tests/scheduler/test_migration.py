"""A queue of the first version comes up in the newest one: nothing is lost, and scheduling goes on."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dmod.jobs.resources import Allocation
from dmod.jobs.status import Status
from dmod.scheduler import database
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.limits import Limits
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEC = {
    "kind": "command", "name": "old", "executor": "local",
    "resources": {"cpus": 2, "memory": 2**20, "paradigm": "fill-nodes", "time_limit": 3600},
    "command": {"argv": ["/bin/echo", "hello"], "env": {}},
}  # fmt: skip
PREPARED = {"datasets": {}, "digests": {}, "period": None, "catchments": None, "size": 0}
HELD = '[{"node": "here", "cpus": 2, "memory": 1048576}]'
HANDLE = '{"pid": 7, "start": 99}'
OLD = (  # status, started, ended, reason, exit code, attempt, stop, handle, allocation
    ("queued", None, None, "", None, 1, "", "{}", "[]"),
    ("queued", None, None, "", None, 3, "", "{}", "[]"),  # retried twice, waits again
    ("staging", None, None, "", None, 1, "", "{}", HELD),
    ("running", 50.0, None, "", None, 2, "canceled by user", HANDLE, HELD),
    ("collecting", 50.0, None, "", 0, 1, "", "{}", HELD),
    ("completed", 50.0, 60.0, "", 0, 1, "", "{}", "[]"),
    ("failed", 50.0, 60.0, "exit code 3: no", 3, 2, "", "{}", "[]"),
    ("canceled", None, 60.0, "canceled by user", None, 1, "", "{}", "[]"),
)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Queue]:
    """A queue that the first version wrote."""
    path = tmp_path / "queue.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(database.MIGRATIONS[0]())
        connection.execute("pragma user_version = 1")
        for at, (status, *rest) in enumerate(OLD):
            row = ("old", "command", status, 2, 2**20, 40.0 + at, *rest, "/", json.dumps(SPEC), json.dumps(PREPARED))
            connection.execute(
                "insert into job (name, kind, status, cpus, memory, submitted, started, ended, reason, exit_code,"
                " attempt, stop, handle, allocation, cwd, spec, prepared)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            connection.execute("insert into event (job, status, time) values (?, ?, 40)", (at + 1, status))
    queue = Queue(path)
    yield queue
    queue.close()


def test_every_job_is_what_it_was(old: Queue):
    jobs = old.jobs()
    assert [(str(job.status), job.reason, job.exit_code, job.attempt, job.stop) for job in jobs] == [
        (status, reason, code, attempt, stop) for status, _, _, reason, code, attempt, stop, _, _ in OLD
    ]
    assert {(job.priority, job.size, job.numbers, job.held) for job in jobs} == {(50, 1, "", False)}
    assert jobs[0].spec.table.argv == ("/bin/echo", "hello")
    assert (jobs[0].spec.retries, jobs[0].resources.time_limit) == (0, 3600)
    assert [(each.job, each.task) for each in old.events()] == [(number, None) for number in range(1, 9)]


def test_every_job_adds_up_to_its_one_task(old: Queue):
    for job in old.jobs():
        (task,) = old.tasks(job.id)
        assert (task.number, task.status, task.attempt) == (0, job.status, job.attempt)
        going = job.status in {Status.STAGING, Status.RUNNING, Status.COLLECTING}
        assert (job.running, job.waiting) == (going, job.status is Status.QUEUED)
        assert [job.completed, job.failed, job.canceled] == [
            job.status is each for each in (Status.COMPLETED, Status.FAILED, Status.CANCELED)
        ]
        assert (task.reason, task.exit_code) == (job.reason, job.exit_code)


def test_what_runs_still_holds_its_node_and_is_found_again(old: Queue):
    assert [(each.job, each.allocation) for each in old.holding()] == [
        (3, (Allocation("here", 2, 2**20),)), (4, (Allocation("here", 2, 2**20),)),
    ]  # fmt: skip
    assert [(task.job, task.status, task.handle) for task in sorted(old.begun())] == [
        (3, Status.STAGING, {}), (4, Status.RUNNING, json.loads(HANDLE)), (5, Status.COLLECTING, {}),
    ]  # fmt: skip


def test_scheduling_goes_on_where_it_was(old: Queue):
    backlog = Backlog(old, Limits({}))
    backlog.refresh()
    assert [(each.job, each.tasks) for each in backlog.waiting(100.0)] == [(1, 1), (2, 1)]
    wanted = backlog.jobs[1].wanted
    assert (wanted.cpus, wanted.memory, wanted.paradigm, wanted.time_limit) == (2, 2**20, "fill-nodes", 3600)
    assert [backlog.jobs[job].take(1, 100.0) for job in (1, 2)] == [[(0, 1)], [(0, 3)]]
    assert backlog.jobs[4].stop == "canceled by user"
    assert sorted(backlog.jobs) == [1, 2, 3, 4, 5]


def test_its_jobs_go_through_all_that_new_ones_do(old: Queue, advance):
    for job in (1, 2):
        advance(old, job, Status.RUNNING)
        advance(old, job, Status.FAILED, "it broke", code=1)
        old.retry(job)
        advance(old, job, Status.COMPLETED)
    advance(old, 4, Status.CANCELED, "canceled by user")
    advance(old, 5, Status.COMPLETED)
    assert [(old.get(job).status, old.get(job).stop) for job in (1, 2, 4, 5)] == [
        (Status.COMPLETED, ""), (Status.COMPLETED, ""), (Status.CANCELED, ""), (Status.COMPLETED, ""),
    ]  # fmt: skip
    assert [old.retry(job) for job in (7, 8)] == [1, 1]
    assert [old.get(job).attempt for job in (1, 2, 7, 8)] == [2, 4, 3, 2]
    assert old.prune(4e9) == [1, 2, 4, 5, 6]


def test_a_new_job_comes_after_them(old: Queue, make):
    assert old.submit(make.order()) == 9
    backlog = Backlog(old, Limits({}))
    backlog.refresh()
    assert [each.job for each in backlog.waiting(1e12)] == [1, 2, 9]
