"""What a user may do to a job after it was submitted, as tables of what its tasks were and become."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dmod.errors import ConflictError, NotFoundError
from dmod.jobs.status import BEGUN, ENDED, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dmod.scheduler.queue import Queue

END = {"completed": Status.COMPLETED, "failed": Status.FAILED}


def story(queue: Queue, job: int, task: int | None = None) -> list[tuple[str, str]]:
    return [(str(event.status), event.note) for event in queue.events(job, task=task)]


def tasks(queue: Queue, job: int) -> str:
    """The statuses of the tasks by their first letters: q s r (running) c(ompleted) f x (canceled)."""
    return "".join("x" if task.status is Status.CANCELED else task.status[0] for task in queue.tasks(job))


def counts(queue: Queue, job: int) -> tuple[int, int, int, int, int]:
    found = queue.get(job)
    return found.waiting, found.running, found.completed, found.failed, found.canceled


@pytest.fixture
def array(queue: Queue, make, advance) -> Callable[..., int]:
    """An array of which some tasks are led to where they shall be: `array(5, {1: Status.RUNNING})`."""

    def made(size: int, status: Mapping[int, Status], **more: object) -> int:
        job = make.job(numbers=f"1-{size}", **more).id
        for task, to in status.items():
            advance(queue, job, Status.RUNNING, task=task)
            if to is not Status.RUNNING:
                advance(queue, job, to, "it broke" if to is Status.FAILED else "", task=task, code=to is Status.FAILED)
        return job

    return made


def test_a_waiting_job_is_canceled_at_once(queue: Queue, make):
    job = make.job().id
    assert queue.cancel(job) is Status.QUEUED
    found = queue.get(job)
    assert (found.status, found.reason) == (Status.CANCELED, "canceled by user")
    assert found.ended is not None
    assert story(queue, job)[-1] == ("canceled", "canceled by user")
    assert (tasks(queue, job), queue.task(job, 0).reason) == ("x", "canceled by user")


@pytest.mark.parametrize("status", BEGUN)
def test_one_that_is_on_its_way_is_asked_to_stop(queue: Queue, make, advance, status: Status):
    job = make.job().id
    advance(queue, job, status)
    assert queue.cancel(job, note="enough") is status
    assert (queue.get(job).status, queue.get(job).stop) == (status, "enough")
    assert story(queue, job)[-1] == (str(status), "asked to stop: enough")
    advance(queue, job, Status.CANCELED, "enough")
    assert (queue.get(job).stop, queue.get(job).reason) == ("", "enough")


@pytest.mark.parametrize("end", ENDED)
def test_what_has_ended_is_not_canceled(queue: Queue, make, advance, end: Status):
    job = make.job().id
    advance(queue, job, end)
    with pytest.raises(ConflictError) as caught:
        queue.cancel(job)
    assert (caught.value.message, caught.value.fix) == (f"job 1 is {end} already", "dmod job show 1")
    assert queue.get(job).status is end


def test_an_array_of_which_nothing_runs_is_canceled_at_once_but_what_ended_stays(queue: Queue, array):
    job = array(4, {1: Status.COMPLETED})
    queue.cancel(job)
    assert (tasks(queue, job), counts(queue, job)) == ("cxxx", (0, 0, 1, 0, 3))
    assert queue.get(job).status is Status.CANCELED
    failed = array(4, {1: Status.FAILED})
    queue.cancel(failed)
    assert (tasks(queue, failed), queue.get(failed).status) == ("fxxx", Status.FAILED)


def test_an_array_of_which_some_run_is_asked_to_stop(queue: Queue, array):
    job = array(4, {1: Status.COMPLETED, 2: Status.RUNNING})
    assert queue.cancel(job, note="enough") is Status.RUNNING
    assert (queue.get(job).stop, tasks(queue, job)) == ("enough", "crqq")


def test_a_task_that_was_never_begun_is_canceled_alone(queue: Queue, array):
    job = array(3, {})
    assert queue.cancel(job, 3, note="not this one") is Status.QUEUED
    assert (tasks(queue, job), counts(queue, job)) == ("qqx", (2, 0, 0, 0, 1))
    assert story(queue, job, 3) == [("canceled", "not this one")]
    assert queue.get(job).status is Status.QUEUED


def test_a_task_that_runs_is_asked_to_stop_and_the_others_go_on(queue: Queue, array):
    job = array(3, {1: Status.RUNNING, 2: Status.RUNNING})
    assert queue.cancel(job, 2, note="not this one") is Status.RUNNING
    assert (queue.stops(job), queue.get(job).stop, tasks(queue, job)) == ([(2, "not this one")], "", "rrq")
    assert story(queue, job, 2)[-1] == ("running", "asked to stop: not this one")


def test_a_task_that_waits_for_another_attempt_is_canceled(queue: Queue, array):
    job = array(2, {1: Status.FAILED})
    queue.retry(job)
    assert queue.cancel(job, 1) is Status.QUEUED
    assert (tasks(queue, job), counts(queue, job)) == ("xq", (1, 0, 0, 0, 1))


def test_the_last_task_that_is_canceled_ends_the_job(queue: Queue, array):
    job = array(3, {1: Status.COMPLETED})
    queue.cancel(job, 2)
    assert queue.get(job).ended is None
    queue.cancel(job, 3)
    assert (queue.get(job).status, counts(queue, job)) == (Status.CANCELED, (0, 0, 1, 0, 2))
    assert queue.get(job).ended is not None


@pytest.mark.parametrize(("task", "was"), [(1, "completed"), (2, "failed"), (3, "canceled")])
def test_a_task_that_has_ended_is_not_canceled(queue: Queue, array, task: int, was: str):
    job = array(4, {1: Status.COMPLETED, 2: Status.FAILED})
    queue.cancel(job, 3)
    with pytest.raises(ConflictError, match=f"task {job}/{task} is {was} already"):
        queue.cancel(job, task)


def test_a_task_that_is_not_there_cannot_be_canceled(queue: Queue, array):
    with pytest.raises(NotFoundError) as caught:
        queue.cancel(array(4, {}), 5)
    assert (caught.value.message, caught.value.why) == ("job 1 has no task 5", "they are 1-4")


def test_the_only_task_of_a_job_that_is_no_array_is_the_job(queue: Queue, make):
    job = make.job().id
    queue.cancel(job, 0)
    assert queue.get(job).status is Status.CANCELED


def test_a_retry_starts_anew_under_the_same_id(queue: Queue, make, advance):
    job = make.job().id
    advance(queue, job, Status.RUNNING, handle={"pid": 7})
    advance(queue, job, Status.FAILED, "it broke", code=1)
    assert queue.retry(job) == 1
    found, task = queue.get(job), queue.task(job, 0)
    assert (found.status, found.attempt, found.reason, found.exit_code) == (Status.QUEUED, 2, "", None)
    assert (found.started, found.ended, task.handle, task.allocation, task.attempt) == (None, None, {}, (), 2)
    assert story(queue, job)[-2:] == [("failed", "it broke"), ("queued", "attempt 2")]


def test_a_retry_takes_its_place_at_the_end(queue: Queue, make):
    first, second = make.job().id, make.job().id
    queue.cancel(first)
    queue.retry(first)
    order = [row[0] for row in queue.read("select id from job order by place")]
    assert order == [second, first]


def test_only_what_failed_or_was_canceled_is_retried(queue: Queue, make, advance):
    first, second, third = (make.job().id for _ in range(3))
    with pytest.raises(ConflictError, match="job 1 is queued: it cannot become queued"):
        queue.retry(first)
    advance(queue, second, Status.COMPLETED)
    with pytest.raises(ConflictError, match="nothing to retry"):
        queue.retry(second)
    queue.cancel(third)
    queue.retry(third)
    assert queue.get(third).attempt == 2


def test_a_retry_does_not_take_an_output_that_another_job_is_about_to_make(queue: Queue, make):
    first = make.job(make.simulation("a", output="winter")).id
    queue.cancel(first)
    make.job(make.simulation("b", output="winter"))
    with pytest.raises(ConflictError, match='job 2 b is about to make the dataset "winter"'):
        queue.retry(first)


MIXED = {1: Status.COMPLETED, 2: Status.FAILED, 3: Status.FAILED}  # 4 was canceled by itself, 5 with the job

RETRIES = {
    "all that failed or were canceled": ((), False, "cqqqq", (4, 0, 1, 0, 0)),
    "only those that failed": ((), True, "cqqxx", (2, 0, 1, 0, 2)),
    "one that failed": ((3,), False, "cfqxx", (1, 0, 1, 1, 2)),
    "one that failed, of those that failed": ((3, 4), True, "cfqxx", (1, 0, 1, 1, 2)),
    "one that was canceled by itself": ((4,), False, "cffqx", (1, 0, 1, 2, 1)),
    "one that was canceled with its job": ((5,), False, "cffxq", (1, 0, 1, 2, 1)),
    "one that failed beside one that completed": ((1, 2), False, "cqfxx", (1, 0, 1, 1, 2)),
}


@pytest.mark.parametrize("case", RETRIES)
def test_what_is_retried_of_an_array(queue: Queue, array, case: str):
    numbers, failed, after, counted = RETRIES[case]
    job = array(5, MIXED)
    queue.cancel(job, 4)
    queue.cancel(job)
    assert tasks(queue, job) == "cffxx"
    assert queue.retry(job, numbers, failed=failed) == after.count("q")
    assert (tasks(queue, job), counts(queue, job)) == (after, counted)
    found = queue.get(job)
    assert (found.status, found.ended, found.reason, found.attempt) == (Status.QUEUED, None, "", 2)
    assert story(queue, job)[-1] == ("queued", f"{after.count('q')} of 5 tasks again")


def test_tasks_are_retried_while_others_run(queue: Queue, array):
    job = array(3, {1: Status.FAILED, 2: Status.RUNNING})
    assert queue.retry(job, failed=True) == 1
    assert (tasks(queue, job), counts(queue, job)) == ("qrq", (2, 1, 0, 0, 0))
    assert queue.get(job).status is Status.RUNNING


@pytest.mark.parametrize(
    ("numbers", "failed", "said"),
    [
        ((), True, "job 1: none of its tasks failed"),
        ((1,), False, "job 1: none of its tasks failed or was canceled"),
        ((9,), False, "job 1: none of its tasks failed or was canceled"),
    ],
)
def test_a_retry_of_nothing_is_refused(queue: Queue, array, numbers: tuple[int, ...], failed, said: str):
    job = array(3, {1: Status.COMPLETED})
    queue.cancel(job)
    with pytest.raises(ConflictError) as caught:
        queue.retry(job, numbers, failed=failed)
    assert caught.value.message == said
    assert queue.get(job).status is Status.CANCELED


def test_a_job_is_held_and_released(queue: Queue, make, array):
    job = make.job(held=True).id
    assert queue.get(job).held
    queue.release(job)
    assert not queue.get(job).held
    queue.hold(job)
    assert story(queue, job) == [("queued", ""), ("queued", "released"), ("queued", "held")]
    running = array(2, {1: Status.RUNNING})
    queue.hold(running)
    assert (queue.get(running).held, queue.get(running).status) == (True, Status.RUNNING)


def test_only_what_waits_is_held_and_only_what_is_held_is_released(queue: Queue, make, advance):
    job = make.job().id
    with pytest.raises(ConflictError, match="job 1 is not held"):
        queue.release(job)
    advance(queue, job, Status.RUNNING)
    with pytest.raises(ConflictError, match="job 1 is running: nothing of it waits"):
        queue.hold(job)
    advance(queue, job, Status.COMPLETED)
    with pytest.raises(ConflictError, match="job 1 is completed: nothing of it waits"):
        queue.hold(job)


def test_a_job_that_is_canceled_while_it_is_held_can_be_retried_and_starts(queue: Queue, make):
    job = make.job(held=True).id
    queue.cancel(job)
    queue.retry(job)
    assert (queue.get(job).held, queue.get(job).status) == (False, Status.QUEUED)


def test_nodes_are_drained_with_a_reason_and_resumed(queue: Queue):
    queue.drain("a", "new disk")
    queue.drain("b")
    queue.drain("b", "again")
    assert {name: each.why for name, each in queue.drained().items()} == {"a": "new disk", "b": "again"}
    queue.resume("a")
    queue.resume("never drained")
    assert list(queue.drained()) == ["b"]


def test_what_ended_before_is_forgotten_whole(queue: Queue, make, array, advance):
    old = array(3, {1: Status.FAILED}, items=["{}"] * 3)
    queue.cancel(old)
    done = make.job(after_any=[old]).id
    advance(queue, done, Status.RUNNING)
    advance(queue, done, Status.COMPLETED)
    active = make.job().id
    before = time.time() + 1
    assert queue.prune(before - 3600) == []
    assert queue.prune(before) == [old, done]
    assert [job.id for job in queue.jobs()] == [active]
    for table in ("task", "item", "dependency"):
        assert queue.read(f"select * from {table}") == []  # noqa: S608
    assert {event.job for event in queue.events()} == {active}
    assert make.job().id == active + 1


def test_what_others_wait_for_is_kept_until_they_have_ended(queue: Queue, make, advance):
    need, other = make.job().id, make.job().id
    waits = make.job(after=[need]).id
    for job in (need, other):
        advance(queue, job, Status.RUNNING)
        advance(queue, job, Status.COMPLETED)
    later = time.time() + 1
    assert queue.prune(later) == [other]
    queue.cancel(waits)
    assert queue.prune(later) == [need, waits]
