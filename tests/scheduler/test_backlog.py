"""The jobs that have not ended, in memory: who may start, in which order, and what others have changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from dmod.jobs.status import Status
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.ledger import Ledger
from dmod.scheduler.limits import Limits
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1000.0


@pytest.fixture
def users(queue: Queue) -> Iterator[Queue]:
    """The connection of somebody else."""
    opened = Queue(queue.path)
    yield opened
    opened.close()


def read(queue: Queue, most: int = -1, **limits: int) -> Backlog:
    backlog = Backlog(queue, Limits(limits), most)
    backlog.refresh()
    return backlog


def waiting(backlog: Backlog, now: float = NOW) -> list[tuple[int, int]]:
    """Jobs that may start, and how many of their tasks."""
    return [(each.job, each.tasks) for each in backlog.waiting(now)]


def test_jobs_are_in_the_order_of_their_places(queue: Queue, make):
    for priority in (50, 60, 40, 60):
        make.job(make.command(priority=priority))
    assert waiting(read(queue)) == [(2, 1), (4, 1), (1, 1), (3, 1)]


def test_those_that_may_not_start_are_left_out(queue: Queue, make, advance):
    need = make.job().id
    make.job(held=True)
    make.job(after=[need])
    running = make.job().id
    advance(queue, running, Status.RUNNING)
    ended = make.job().id
    queue.cancel(ended)
    backlog = read(queue)
    assert waiting(backlog) == [(need, 1)]
    assert sorted(backlog.jobs) == [1, 2, 3, 4]


def test_what_runs_and_only_the_first_that_wait_are_read_if_that_is_enough(queue: Queue, make, advance):
    ids = queue.submit_all([make.order()] * 6)
    advance(queue, ids[5], Status.RUNNING)
    assert sorted(read(queue, 2).jobs) == [ids[0], ids[1], ids[5]]


LIMITED = {
    "no limit": ({}, ["a", "b"], [(1, 9), (2, 9)]),
    "a limit that none of them has": ({"z": 1}, ["a", "b"], [(1, 9), (2, 9)]),
    "of one name": ({"a": 2}, ["a", "b"], [(1, 2), (2, 9)]),
    "a name that is a pattern": ({"dem*": 2}, ["demo", "b"], [(1, 2), (2, 9)]),
    "the first in the order have what there is": ({"a": 10}, ["a", "a", "a"], [(1, 9), (2, 1)]),
    "the least of two counts": ({"a*": 3, "*b": 5}, ["ab", "ab"], [(1, 3)]),
    "what one has the other has not": ({"a*": 12, "*b": 5}, ["ab", "ac", "cb"], [(1, 5), (2, 7)]),
    "none at all": ({"a": 0}, ["a", "b"], [(2, 9)]),
}


@pytest.mark.parametrize("case", LIMITED)
def test_limits_are_handed_out_in_the_order_of_places(queue: Queue, make, case: str):
    limits, names, starts = LIMITED[case]
    for name in names:
        make.job(make.command(name), numbers="1-9")
    assert waiting(read(queue, **limits)) == starts


def test_what_runs_counts_for_its_limits_and_what_has_ended_does_not(queue: Queue, make, advance):
    jobs = [make.job(make.command("a"), numbers="1-9").id for _ in range(2)]
    advance(queue, jobs[1], Status.RUNNING, task=1)
    advance(queue, jobs[1], Status.RUNNING, task=2)
    assert waiting(read(queue, a=5)) == [(1, 3)]
    advance(queue, jobs[1], Status.COMPLETED, task=1)
    assert waiting(read(queue, a=5)) == [(1, 4)]
    assert waiting(read(queue, a=1)) == []


def test_an_array_has_so_many_tasks_at_once(queue: Queue, make, advance):
    job = make.job(make.command(at_once=3), numbers="1-9").id
    advance(queue, job, Status.RUNNING, task=1)
    assert waiting(read(queue)) == [(job, 2)]


def test_tasks_that_wait_for_their_moment_are_there_from_then_on(queue: Queue, make, advance):
    job = make.job(numbers="1-2").id
    for task in (1, 2):
        advance(queue, job, Status.RUNNING, task=task)
    backlog = read(queue)
    with queue.transaction() as write:
        ledger = Ledger(write, backlog, NOW)
        ledger.again(backlog.jobs[job], 1, 1, NOW + 10, "it broke")
        ledger.again(backlog.jobs[job], 2, 1, NOW + 20, "it broke")
        ledger.close()
    for each in (backlog, read(queue)):
        assert [waiting(each, NOW + after) for after in (0, 10, 20)] == [[], [(job, 1)], [(job, 2)]]
        assert [each.due(NOW + after) for after in (0, 10, 20)] == [NOW + 10, NOW + 20, math.inf]


def test_nothing_is_read_again_unless_another_has_written(queue: Queue, users: Queue, make):
    make.job()
    backlog = read(queue)
    before = backlog.jobs[1]
    assert backlog.refresh() == set()
    users.drain("a", "new disk")
    assert backlog.refresh() == set()
    assert backlog.drained["a"].why == "new disk"
    assert backlog.jobs[1] is before
    users.hold(1)
    assert backlog.refresh() == {1}
    assert backlog.jobs[1].held
    assert waiting(backlog) == []


def test_what_others_submit_cancel_and_prune_is_seen(queue: Queue, users: Queue, make):
    backlog = read(queue)
    users.submit_all([make.order(make.command("a")), make.order(make.command("b"))])
    assert backlog.refresh() == {1, 2}
    assert [job.name for job in backlog.jobs.values()] == ["a", "b"]
    users.cancel(1)
    assert backlog.refresh() == {1}
    users.prune(4e9)
    assert backlog.refresh() == set()
    users.submit(make.order())
    assert backlog.refresh() == {3}
    assert sorted(backlog.jobs) == [2, 3]


def test_a_request_to_stop_is_seen(queue: Queue, users: Queue, make, advance):
    make.job()
    advance(queue, 1, Status.RUNNING)
    backlog = read(queue)
    users.cancel(1, note="enough")
    assert backlog.refresh() == {1}
    assert backlog.jobs[1].stop == "enough"


SETTLED = {
    (Status.COMPLETED, "after"): "",
    (Status.FAILED, "after"): "job 1 failed",
    (Status.CANCELED, "after"): "job 1 was canceled",
    (Status.COMPLETED, "after_any"): "",
    (Status.FAILED, "after_any"): "",
    (Status.CANCELED, "after_any"): "",
}


@pytest.mark.parametrize(("end", "key"), SETTLED)
def test_what_waits_for_a_job_starts_or_can_never_start_once_that_has_ended(queue: Queue, make, end: Status, key: str):
    make.job()
    make.job(**{key: [1]})
    backlog = read(queue)
    assert (waiting(backlog), backlog.jobs[2].needs) == ([(1, 1)], {1})
    backlog.remove(1)
    backlog.fresh = False
    assert [job.id for job in backlog.settle(1, end)] == ([2] if SETTLED[end, key] else [])
    assert backlog.fresh == (not SETTLED[end, key])  # the scheduler decides once more
    assert backlog.jobs[2].doomed == SETTLED[end, key]
    assert waiting(backlog) == ([] if SETTLED[end, key] else [(2, 1)])
    assert backlog.settle(1, end) == []


@pytest.mark.parametrize("key", ["after", "after_any"])
def test_a_job_that_somebody_else_has_canceled_is_over_for_those_that_wait(queue: Queue, users: Queue, make, key: str):
    make.job()
    make.job(**{key: [1]})
    backlog = read(queue)
    users.cancel(1)
    assert backlog.refresh() == {1, 2}  # so that the scheduler cancels the second, too
    assert backlog.jobs[2].doomed == SETTLED[Status.CANCELED, key]
    assert waiting(backlog) == ([] if key == "after" else [(2, 1)])


def test_all_must_have_ended_for_which_a_job_waits(queue: Queue, users: Queue, make, advance):
    first, second = make.job().id, make.job().id
    job = make.job(after=[first], after_any=[second]).id
    backlog = read(queue)
    advance(users, second, Status.FAILED)
    backlog.refresh()
    assert backlog.jobs[job].needs == {first}
    advance(users, first, Status.COMPLETED)
    backlog.refresh()
    assert waiting(backlog) == [(job, 1)]


def test_what_waits_for_a_job_that_is_run_again_waits_again(queue: Queue, users: Queue, make):
    need = make.job().id
    job = make.job(after_any=[need]).id
    backlog = read(queue)
    users.cancel(need)
    backlog.refresh()
    assert waiting(backlog) == [(job, 1)]
    users.retry(need)
    backlog.refresh()
    assert waiting(backlog) == [(need, 1)]
    assert waiting(read(queue)) == [(need, 1)]


def test_a_task_that_was_canceled_and_retried_before_its_turn_is_handed_out_once(queue: Queue, users: Queue, make):
    job = make.job(numbers="1-4").id
    backlog = read(queue)
    users.cancel(job, 3)
    users.cancel(job, 4)
    users.retry(job, [3])
    backlog.refresh()
    for each in (backlog, read(queue)):
        assert waiting(each) == [(job, 3)]
        assert each.jobs[job].take(9, NOW) == [(3, 2), (1, 1), (2, 1)]
