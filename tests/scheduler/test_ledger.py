"""What the scheduler writes down in a turn, and what it comes to for the job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dmod.executors.executor import Usage
from dmod.jobs.resources import Allocation
from dmod.jobs.status import Status
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.ledger import Ledger
from dmod.scheduler.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from dmod.scheduler.queue import Queue

NOW = 1000.0
HELD = (Allocation("a", 2, 100), Allocation("b", 1, 50))


@pytest.fixture
def turn(queue: Queue) -> Callable[..., Ledger]:
    """Write in a transaction of its own: `turn(lambda ledger, job: …, 7)`."""
    backlog = Backlog(queue, Limits({}))

    def write(act: Callable[..., object], job: int) -> Ledger:
        with queue.transaction() as connection:
            backlog.refresh()
            ledger = Ledger(connection, backlog, NOW)
            act(ledger, backlog.jobs[job])
            ledger.close()
        return ledger

    write.backlog = backlog
    return write


def start(ledger: Ledger, job) -> None:
    """All of its tasks."""
    for number, attempt in job.take(job.size, NOW):
        ledger.staged(job, number, attempt, HELD, (4, 7))


def story(queue: Queue, job: int) -> list[tuple[int | None, str, str]]:
    return [(event.task, str(event.status), event.note) for event in queue.events(job)][1:]


def test_a_task_that_is_staged_holds_its_allocation_and_cpus_until_it_ends(queue: Queue, make, turn):
    job = make.job().id
    turn(start, job)
    (held,) = queue.holding()
    assert (held.job, held.task, held.status, held.allocation) == (job, 0, Status.STAGING, HELD)
    assert queue.task(job, 0).bound == (4, 7)
    turn(lambda ledger, active: ledger.running(active, 0, {"pid": 7}, NOW - 1), job)
    assert queue.holding()[0].started == queue.get(job).started.timestamp() == NOW - 1
    turn(lambda ledger, active: ledger.finished(active, 0, Status.COMPLETED, code=0), job)
    task = queue.task(job, 0)
    assert (queue.holding(), task.allocation, task.bound, task.handle) == ([], (), (), {})
    assert queue.get(job).ended.timestamp() == task.ended.timestamp() == NOW


def test_many_tasks_are_one_change_of_their_job(queue: Queue, make, turn):
    job = make.job(numbers="1-100").id
    turn(start, job)
    assert [(task, status) for task, status, _ in story(queue, job)][:3] == [
        (None, "running"), (1, "staging"), (2, "staging"),
    ]  # fmt: skip

    def end(ledger: Ledger, active) -> None:
        for number in range(1, 101):
            ledger.running(active, number, {}, NOW)
            ledger.finished(active, number, Status.COMPLETED, code=0)

    ledger = turn(end, job)
    assert [each.id for each in ledger.ended] == [job]
    found = queue.get(job)
    assert (found.status, found.completed, found.exit_code, found.reason) == (Status.COMPLETED, 100, 0, "")
    assert story(queue, job)[-1] == (None, "completed", "")
    assert turn.backlog.jobs == {}


ENDS = {
    "all completed": (["c", "c", "c"], Status.COMPLETED, "", 0),
    "one failed": (["c", "f", "c"], Status.FAILED, "task 2: no such river", 3),
    "two failed": (["c", "f", "f"], Status.FAILED, "2 of 3 tasks failed, the first task 2: no such river", 3),
    "one failed, one was canceled": (["x", "c", "f"], Status.FAILED, "task 3: no such river", 3),
    "one was canceled": (["c", "x", "c"], Status.CANCELED, "1 of 3 tasks canceled", None),
}


@pytest.mark.parametrize("case", ENDS)
def test_what_the_ends_of_its_tasks_come_to(queue: Queue, make, turn, case: str):
    ends, status, reason, code = ENDS[case]
    job = make.job(numbers="1-3").id
    turn(start, job)

    def end(ledger: Ledger, active) -> None:
        ways = {"c": (Status.COMPLETED, "", 0), "f": (Status.FAILED, "no such river", 3), "x": (Status.CANCELED, "no")}
        for number, way in enumerate(ends, 1):
            ledger.finished(active, number, *ways[way])

    turn(end, job)
    found = queue.get(job)
    assert (found.status, found.reason, found.exit_code) == (status, reason, code)
    assert story(queue, job)[-1] == (None, str(status), reason)


def test_a_task_that_failed_waits_for_another_attempt_with_nothing_of_the_first(queue: Queue, make, turn):
    job = make.job().id
    turn(start, job)
    turn(lambda ledger, active: ledger.running(active, 0, {"pid": 7}, NOW), job)
    turn(lambda ledger, active: ledger.again(active, 0, 1, NOW + 20, "exit code 75"), job)
    task, found = queue.task(job, 0), queue.get(job)
    assert (task.status, task.attempt, task.due, task.started) == (Status.QUEUED, 2, NOW + 20, None)
    assert (task.allocation, task.bound, task.handle) == ((), (), {})
    assert (found.status, found.attempt, found.started, found.waiting) == (Status.QUEUED, 2, None, 1)
    assert story(queue, job)[-1] == (None, "queued", "attempt 2 in 20 s: exit code 75")


def test_a_task_of_an_array_that_is_run_again_leaves_the_attempt_of_the_job(queue: Queue, make, turn):
    job = make.job(numbers="1-2").id
    turn(start, job)
    turn(lambda ledger, active: ledger.again(active, 2, 1, 0.0, "exit code 75"), job)
    assert (queue.get(job).attempt, queue.task(job, 2).attempt, queue.task(job, 1).attempt) == (1, 2, 1)
    assert story(queue, job)[-1] == (2, "queued", "attempt 2: exit code 75")


def test_what_all_attempts_of_all_tasks_used_adds_up(queue: Queue, make, turn):
    job = make.job(numbers="1-2").id
    turn(start, job)
    for task, usage in ((1, Usage(1.5, 300, 10, 20)), (1, Usage(0.5, 100, 1, 2)), (2, Usage(1, 200, 0, 5)), (2, None)):
        turn(lambda ledger, active, task=task, usage=usage: ledger.used(active.id, task, usage), job)
    found, tasks = queue.get(job), queue.tasks(job)
    assert (found.cpu, found.peak, found.read, found.written) == (3.0, 300, 11, 27)
    assert [(task.cpu, task.peak) for task in tasks] == [(2.0, 300), (1.0, 200)]


def test_those_that_wait_are_canceled_together_and_those_that_run_go_on(queue: Queue, make, turn):
    job = make.job(numbers="1-1000").id
    turn(lambda ledger, active: ledger.staged(active, *active.take(1, NOW)[0], HELD, ()), job)
    turn(lambda ledger, active: ledger.cancel_waiting(active, "enough"), job)
    found = queue.get(job)
    assert (found.status, found.running, found.canceled, found.waiting) == (Status.RUNNING, 1, 999, 0)
    assert story(queue, job)[-1] == (None, "running", "999 tasks canceled: enough")
    assert len(queue.tasks(job, status=(Status.CANCELED,))) == 999
    assert queue.read("select count(*) from task")[0][0] == 1  # so that a million cost what one does
    turn(lambda ledger, active: ledger.finished(active, 1, Status.COMPLETED, code=0), job)
    assert (queue.get(job).status, queue.get(job).reason) == (Status.CANCELED, "999 of 1000 tasks canceled: enough")


def test_one_that_can_never_run_fails(queue: Queue, make, turn):
    job = make.job().id
    turn(lambda ledger, active: ledger.cancel_waiting(active, "needs 99 cpus, 4 in all", Status.FAILED), job)
    found = queue.get(job)
    assert (found.status, found.reason, found.exit_code) == (Status.FAILED, "needs 99 cpus, 4 in all", None)
    assert queue.task(job, 0).status is Status.FAILED
    assert queue.retry(job) == 1


def test_an_array_that_can_never_run_fails_with_all_its_tasks_and_can_be_retried(queue: Queue, make, turn):
    job = make.job(numbers="1-4").id
    queue.cancel(job, 2)
    turn(lambda ledger, active: ledger.staged(active, *active.take(1, NOW)[0], HELD, ()), job)
    turn(lambda ledger, active: ledger.again(active, 1, 1, 0.0, "node-lost"), job)
    turn(lambda ledger, active: ledger.cancel_waiting(active, "needs 99 cpus, 4 in all", Status.FAILED), job)
    found = queue.get(job)
    assert (found.status, found.failed, found.canceled, found.exit_code) == (Status.FAILED, 3, 1, None)
    assert found.reason.endswith("needs 99 cpus, 4 in all")
    assert [str(task.status) for task in queue.tasks(job)] == ["failed", "canceled", "failed", "failed"]
    assert queue.retry(job, failed=True) == 3


def test_the_failure_of_one_ends_the_chain_behind_it(queue: Queue, make, turn):
    first = make.job().id
    second = make.job(after=[first]).id
    third = make.job(after=[second], numbers="1-5").id
    last = make.job(after_any=[third]).id
    turn(start, first)
    ledger = turn(lambda ledger, active: ledger.finished(active, 0, Status.FAILED, "it broke", 3), first)
    assert [job.id for job in ledger.ended] == [first, second, third]
    assert [(str(job.status), job.reason) for job in queue.jobs()] == [
        ("failed", "it broke"),
        ("canceled", "job 1 failed"),
        ("canceled", "5 of 5 tasks canceled: job 2 was canceled"),
        ("queued", ""),
    ]
    assert turn.backlog.jobs[last].eligible


def test_nothing_is_written_if_the_turn_fails(queue: Queue, make):
    job = make.job().id
    backlog = Backlog(queue, Limits({}))

    def fail() -> None:
        with queue.transaction() as write:
            backlog.refresh()
            ledger = Ledger(write, backlog, NOW)
            start(ledger, backlog.jobs[job])
            ledger.close()
            raise OSError("no space")

    with pytest.raises(Exception, match="no space"):
        fail()
    assert (queue.get(job).status, queue.holding(), len(queue.events())) == (Status.QUEUED, [], 1)


def test_allocations_of_an_earlier_version_are_read_as_well(queue: Queue, make, turn):
    job = make.job().id
    turn(start, job)
    plain = [{"node": each.node, "cpus": each.cpus, "memory": each.memory} for each in HELD]
    queue.read("update task set allocation = ?", (json.dumps(plain),))
    assert queue.holding()[0].allocation == HELD
