"""Why each job waits, in numbers, and when it will start: as the scheduler decides it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dmod.config import Config, NodeTable
from dmod.jobs.resources import Allocation
from dmod.jobs.status import Status
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.ledger import Ledger
from dmod.scheduler.limits import Limits
from dmod.scheduler.outlook import Outlook

if TYPE_CHECKING:
    from dmod.scheduler.queue import Queue

GIB = 2**30
NODES = {"a": NodeTable(4, 8 * GIB), "b": NodeTable(2, 4 * GIB)}


def why(queue: Queue, job: int, **limits: int) -> str:
    return Outlook(queue, Config(nodes=NODES, limits=limits)).why([job]).get(job, "")


@pytest.fixture
def full(queue: Queue, make, advance) -> int:
    """A job that holds all of a, and half of b."""
    job = make.job().id
    held = (Allocation("a", 4, 0), Allocation("b", 1, 0))
    advance(queue, job, Status.RUNNING, held=held)
    return job


def test_what_starts_at_once_waits_for_nothing(queue: Queue, make):
    job = make.job().id
    assert why(queue, job) == "next"  # the scheduler has yet to take its turn
    assert Outlook(queue, Config(nodes=NODES)).why() == {1: "next"}


def test_a_job_that_is_held(queue: Queue, make):
    assert why(queue, make.job(held=True).id) == "held: dmod job release 1"


def test_a_job_that_comes_after_others(queue: Queue, make, advance):
    first, second = make.job().id, make.job().id
    one, both = make.job(after=[first]).id, make.job(after=[first], after_any=[second]).id
    assert why(queue, one) == "after job 1, which is queued"
    advance(queue, first, Status.RUNNING)
    assert why(queue, both) == "after job 1, which is running, and 1 more"


def test_a_job_that_can_never_start(queue: Queue, make):
    first = make.job().id
    job = make.job(after=[first]).id
    queue.cancel(first)
    assert why(queue, job) == "job 1 was canceled"


def test_an_array_that_has_all_its_tasks_at_once(queue: Queue, make, advance):
    job = make.job(make.command(at_once=2), numbers="1-9").id
    for task in (1, 2):
        advance(queue, job, Status.RUNNING, task=task, held=(Allocation("b", 1, 0),))
    assert why(queue, job) == "2 of its tasks at once, 2 run"


def test_a_limit_of_the_configuration(queue: Queue, make, advance):
    running = make.job(make.command("demo-a"), numbers="1-2").id
    for task in (1, 2):
        advance(queue, running, Status.RUNNING, task=task)
    job = make.job(make.command("demo-b")).id
    assert why(queue, job, **{"demo-*": 2}) == '2 at once of "demo-*", 2 run'
    assert why(queue, job, **{"demo-*": 3}) == "next"


def test_a_node_that_is_drained(queue: Queue, make):
    job = make.job(make.command(cpus=4)).id
    queue.drain("a", "new disk")
    assert why(queue, job) == "node a is drained: new disk"
    queue.drain("b")
    assert why(queue, make.job().id) == "node a, b is drained: new disk"
    queue.resume("a")
    assert why(queue, job) == "next"  # the scheduler has yet to take its turn


@pytest.mark.parametrize(("numbers", "said"), [("", "attempt 2 in 40s"), ("7", "attempt 2 of task 7 in 40s")])
def test_a_task_that_waits_for_its_next_attempt(queue: Queue, make, numbers: str, said: str):
    job = make.job(numbers=numbers).id
    backlog = Backlog(queue, Limits({}))
    with queue.transaction() as write:
        backlog.refresh()
        ledger, active = Ledger(write, backlog, time.time()), backlog.jobs[job]
        ((task, attempt),) = active.take(1, 0.0)
        ledger.staged(active, task, attempt, (), ())
        ledger.again(active, task, attempt, time.time() + 40.2, "exit code 75")
        ledger.close()
    assert why(queue, job) == said


@pytest.mark.usefixtures("full")
def test_cpus_or_memory_that_others_hold(queue: Queue, make):
    many = make.job(make.command(cpus=2)).id
    assert "needs 2 cpus on one node, at most 1 free" in why(queue, many)


def test_memory_that_others_hold(queue: Queue, make, advance):
    running = make.job().id
    advance(queue, running, Status.RUNNING, held=(Allocation("a", 1, 6 * GIB),))
    job = make.job(make.spec("command", memory=5 * GIB, argv=["/bin/true"])).id
    assert "needs 5GiB on one node, at most 4GiB free" in why(queue, job)


@pytest.mark.usefixtures("full")
def test_a_small_job_behind_a_large_one(queue: Queue, make):
    head = make.job(make.command(cpus=2)).id
    behind = make.job().id
    assert f"behind job {head}" in why(queue, behind)


def test_only_those_that_wait_are_told_and_only_those_that_were_asked_for(queue: Queue, make, full: int):
    held, other = make.job(held=True).id, make.job(held=True).id
    outlook = Outlook(queue, Config(nodes=NODES))
    assert set(outlook.why()) == {held, other}
    assert set(outlook.why([held, full, 99])) == {held}


def test_it_is_as_new_whenever_it_is_asked(queue: Queue, make):
    job = make.job(held=True).id
    other = type(queue)(queue.path)
    outlook = Outlook(other, Config(nodes=NODES))
    assert job in outlook.why()
    queue.release(job)
    assert outlook.why() == {1: "next"}
    other.close()


def test_when_a_job_starts_is_known_if_those_before_it_have_time_limits(queue: Queue, make, advance):
    running = make.job(make.spec("command", cpus=4, limit="10m", argv=["/bin/true"])).id
    advance(queue, running, Status.RUNNING, held=(Allocation("a", 4, 0),))
    job = make.job(make.command(cpus=4)).id
    start = Outlook(queue, Config(nodes=NODES)).start(job)
    assert start.time - time.time() == pytest.approx(610, abs=5)  # the limit, and the grace
    assert Outlook(queue, Config(nodes=NODES)).start(running).time is None


@pytest.mark.usefixtures("full")
def test_when_a_job_starts_is_not_known_if_one_before_it_has_no_time_limit(queue: Queue, make):
    job = make.job(make.command(cpus=4)).id
    assert Outlook(queue, Config(nodes=NODES)).start(job) == (None, 0)


def test_a_time_limit_that_would_let_a_job_start_now_is_told(queue: Queue, make, advance):
    running = make.job(make.spec("command", cpus=5, limit="10m", argv=["/bin/true"])).id
    advance(queue, running, Status.RUNNING, held=(Allocation("a", 3, 0), Allocation("b", 2, 0)))
    make.job(make.command(cpus=4))
    start = Outlook(queue, Config(nodes=NODES)).start(make.job().id)
    assert start.limit == pytest.approx(600, abs=5)
