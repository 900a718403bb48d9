"""What is written when jobs are submitted, and what is refused before anything is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dmod.errors import ConflictError, NotFoundError
from dmod.jobs.order import line_item
from dmod.jobs.status import Status
from dmod.scheduler.submission import AGING

if TYPE_CHECKING:
    from dmod.scheduler.queue import Queue


def order(queue: Queue) -> list[int]:
    """The jobs in the order in which they would start."""
    return [row[0] for row in queue.read("select id from job where status = 'queued' order by place, id")]


def test_jobs_start_in_their_order_but_those_of_a_higher_priority_first(queue: Queue, make):
    for priority in (50, 50, 51, 0, 100, 50):
        queue.submit(make.order(make.command(priority=priority)))
    assert order(queue) == [5, 3, 1, 2, 6, 4]


def test_who_has_waited_long_goes_before_a_newer_one_of_a_higher_priority(queue: Queue, make):
    queue.submit_all([make.order(make.command(priority=priority)) for priority in (40, 50)])
    assert order(queue) == [2, 1]
    queue.read("update job set place = place - ? where id = 1", (10 * AGING - 1,))
    assert order(queue) == [2, 1]
    queue.read("update job set place = place - 2 where id = 1")
    assert order(queue) == [1, 2]
    assert queue.read("select place from job where id = 2")[0][0] == pytest.approx(time.time() - 50 * AGING, abs=60)


def test_the_numbers_of_its_tasks_are_kept_as_they_are_written(queue: Queue, make):
    job = make.job(make.command(at_once=8), numbers="1-1000000")
    assert (job.numbers, job.size, job.waiting, job.array) == ("1-1000000", 1_000_000, 1_000_000, True)
    assert queue.read("select at_once, begun from job")[0][:] == (8, 0)
    assert queue.read("select count(*) from task")[0][0] == 0  # so that a million cost what one does


def test_each_task_may_have_something_of_its_own(queue: Queue, make):
    lines = [line_item(line) for line in ("one", "two words", "", "é")]
    job = make.job(numbers="3-6", items=lines).id
    assert queue.items(job) == dict(zip((3, 4, 5, 6), lines, strict=True))
    assert queue.items(job, (4, 6, 9)) == {4: lines[1], 6: lines[3]}
    assert queue.items(make.job().id) == {}


def test_a_job_waits_for_others(queue: Queue, make):
    first, second = make.job().id, make.job().id
    job = make.job(after=[first], after_any=[second]).id
    assert queue.needs([job]) == [(job, first, False, Status.QUEUED), (job, second, True, Status.QUEUED)]
    assert queue.needs([first, second]) == []


def test_who_is_named_twice_is_waited_for_however_it_ends(queue: Queue, make):
    need = make.job().id
    assert queue.needs([make.job(after=[need], after_any=[need]).id]) == [(2, need, True, Status.QUEUED)]


def test_jobs_that_are_submitted_together_may_wait_for_one_another(queue: Queue, make):
    first, second = queue.submit_all([make.order(), make.order(after=[1])])
    assert queue.needs([first, second]) == [(2, 1, False, Status.QUEUED)]


@pytest.mark.parametrize("need", [1, 2, 99])  # itself, one that comes later, one that will never come
def test_who_is_not_there_cannot_be_waited_for_and_nothing_is_kept(queue: Queue, make, need: int):
    with pytest.raises(NotFoundError) as caught:
        queue.submit_all([make.order(after_any=[need]), make.order()])
    assert (caught.value.message, caught.value.fix) == (f"there is no job {need} to wait for", "dmod job list")
    assert queue.jobs() == queue.events() == []


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELED])
def test_what_would_never_start_is_refused(queue: Queue, make, advance, status: Status):
    need = make.job().id
    advance(queue, need, status)
    with pytest.raises(ConflictError) as caught:
        make.job(after=[need])
    assert caught.value.message == f"job {need} is {status}: what comes after it would never start"
    assert caught.value.fix == f"dmod job retry {need}, or --after-any {need}"
    assert len(queue.jobs()) == 1
    assert queue.needs([make.job(after_any=[need]).id]) == [(2, need, True, status)]


@pytest.mark.parametrize("status", [Status.RUNNING, Status.COMPLETED])
def test_what_runs_or_has_completed_may_be_waited_for(queue: Queue, make, advance, status: Status):
    need = make.job().id
    advance(queue, need, status)
    assert queue.needs([make.job(after=[need]).id]) == [(2, need, False, status)]


def test_a_thousand_are_one_transaction(queue: Queue, make):
    other = type(queue)(queue.path)
    before = other.version()
    assert queue.submit_all([make.order()] * 1000) == list(range(1, 1001))
    assert other.version() == before + 1
    other.close()
