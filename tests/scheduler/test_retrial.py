"""What becomes of a task that has failed, as its spec says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dmod.errors import UnmetError
from dmod.executors.executor import LOST, UNSTARTED, Ended
from dmod.jobs.retry import Failure
from dmod.jobs.status import Status
from dmod.scheduler import retrial
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.ledger import Ledger
from dmod.scheduler.limits import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from dmod.scheduler.queue import Queue

NOW = 1000.0
BUSY = Failure("", "exit code 75: busy", 75)


FAILURES = {
    "an exit code": (3, "", "", Failure("", "exit code 3: no such river", 3)),
    "a signal": (139, "", "", Failure("", "killed by SIGSEGV: no such river", 139)),
    "its time limit": (143, "", "it ran too long", Failure("time-limit", "it ran too long", 143)),
    "its time limit, though it ended well": (0, "", "it ran too long", Failure("time-limit", "it ran too long", 0)),
    "its node": (LOST, "its node was restarted", "", Failure("node-lost", "its node was restarted", None)),
    "its program": (
        UNSTARTED, "start: No such file", "", Failure("start", "it cannot be started: No such file", UNSTARTED),
    ),
    "a shell that did not find it": (127, "", "", Failure("", "exit code 127: no such river", 127)),
    "its memory": (
        137, "memory", "", Failure(
            "memory", "it ran over its memory limit of 1MiB: killed by SIGKILL, perhaps for want of memory: "
            "no such river", 137,
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
def test_why_a_task_failed(make, tmp_path: Path, case: str):
    code, cause, asked, failure = FAILURES[case]
    (tmp_path / "stderr.log").write_text("no such river\n")
    job = make.job(make.spec("command", memory=2**20, argv=["/bin/true"]))
    assert retrial.failure_of(Ended((1, 0), 1, code, None, NOW, cause), job, tmp_path, asked) == failure


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnmetError("there is no mpiexec", why="it is not on PATH"), "there is no mpiexec (it is not on PATH)"),
        (UnmetError("there is no mpiexec"), "there is no mpiexec"),
        (PermissionError(13, "Permission denied"), "its folder cannot be written: [Errno 13] Permission denied"),
        (KeyError("spec"), "it cannot be started: KeyError: 'spec'"),
    ],
)
def test_what_keeps_a_task_from_being_laid_out_is_the_cause_start(error: Exception, reason: str):
    assert retrial.unstartable(error) == Failure("start", reason)


def failed(queue: Queue, job: int, tasks: list[int], failure: Failure = BUSY) -> None:
    """Have tasks run and fail in one turn."""
    backlog, spec = Backlog(queue, Limits({})), queue.get(job).spec
    with queue.transaction() as write:
        backlog.refresh()
        ledger, active = Ledger(write, backlog, NOW), backlog.jobs[job]
        taken = active.take(max(tasks, default=0) or 1, NOW + 10**6)
        for number, attempt in taken:
            ledger.staged(active, number, attempt, (), ())
        for number, attempt in taken:
            if number in tasks:
                retrial.fail(ledger, active, spec, (number, attempt), failure)
        ledger.close()


RETRIES = {
    "never, by default": ({}, BUSY, [(1, Status.FAILED, 0)]),
    "so many times": (
        {"retries": 2, "retry_delay": 0}, BUSY, [(2, Status.QUEUED, 0), (3, Status.QUEUED, 0), (3, Status.FAILED, 0)],
    ),
    "each time after twice as long": (
        {"retries": 3, "retry_delay": 10}, BUSY,
        [(2, Status.QUEUED, NOW + 10), (3, Status.QUEUED, NOW + 20), (4, Status.QUEUED, NOW + 40)],
    ),
    "for its code": ({"retries": 1, "retry_delay": 0, "retry_on": ("exit:75",)}, BUSY, [(2, Status.QUEUED, 0)]),
    "not for another code": ({"retries": 1, "retry_on": ("exit:1", "memory")}, BUSY, [(1, Status.FAILED, 0)]),
    "for a lost node": (
        {"retries": 1, "retry_delay": 0, "retry_on": ("node-lost",)},
        Failure("node-lost", "gone"), [(2, Status.QUEUED, 0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RETRIES)
def test_a_task_is_tried_again(queue: Queue, make, case: str):
    asked, failure, attempts = RETRIES[case]
    job = make.job(make.command(**asked)).id
    for attempt, status, due in attempts:
        failed(queue, job, [0], failure)
        task = queue.task(job, 0)
        assert (task.attempt, task.status) == (attempt, status)
        if due:
            assert task.due == due


def test_a_job_that_is_to_stop_is_not_tried_again(queue: Queue, make, advance):
    job = make.job(make.command(retries=9), numbers="1-2").id
    advance(queue, job, Status.RUNNING, task=1)
    queue.cancel(job)
    backlog, spec = Backlog(queue, Limits({})), queue.get(job).spec
    with queue.transaction() as write:
        backlog.refresh()
        ledger = Ledger(write, backlog, NOW)
        retrial.fail(ledger, backlog.jobs[job], spec, (1, 1), BUSY)
        ledger.close()
    assert queue.task(job, 1).status is Status.FAILED


def test_after_so_many_failures_those_that_wait_are_canceled(queue: Queue, make):
    job = make.job(make.command(max_fails=2), numbers="1-9").id
    failed(queue, job, [1])
    assert queue.get(job).waiting == 8
    failed(queue, job, [2, 3])
    found = queue.get(job)
    assert (found.failed, found.canceled, found.running, found.waiting) == (3, 5, 1, 0)
    assert "5 tasks canceled: 2 tasks failed, and max_fails = 2" in [event.note for event in queue.events(job)]


def test_after_so_many_failures_what_still_runs_is_not_tried_again(queue: Queue, make):
    job = make.job(make.command(max_fails=1, retries=1, retry_on=("exit:75",)), numbers="1-9").id
    backlog, spec = Backlog(queue, Limits({})), queue.get(job).spec
    with queue.transaction() as write:
        backlog.refresh()
        ledger, active = Ledger(write, backlog, NOW), backlog.jobs[job]
        for number, attempt in active.take(2, NOW):
            ledger.staged(active, number, attempt, (), ())
        retrial.fail(ledger, active, spec, (1, 1), Failure("", "exit code 3", 3))
        retrial.fail(ledger, active, spec, (2, 1), BUSY)
        ledger.close()
    found = queue.get(job)
    assert (found.status, found.failed, found.canceled) == (Status.FAILED, 2, 7)
    assert found.reason == "2 of 9 tasks failed, the first task 1: exit code 3"
    assert queue.retry(job, failed=True) == 2
    assert queue.retry(job) == 7
