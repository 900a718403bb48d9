"""The queue on a real SQLite file: what it promised is there, whoever looks and whatever happens."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest

from dmod.errors import ConflictError, NotFoundError
from dmod.hydro.period import TimeRange
from dmod.jobs.prepared import Prepared
from dmod.jobs.resources import Allocation
from dmod.jobs.status import ACTIVE, Status
from dmod.scheduler.queue import Queue

NOTHING = Prepared()


def story(queue: Queue, job: int) -> list[tuple[str, str]]:
    return [(str(event.status), event.note) for event in queue.events(job)]


def test_a_job_comes_back_as_it_was_submitted(queue: Queue, make):
    spec = make.simulation("leaf", cpus=2, output="winter")
    prepared = Prepared({"forcing": ("rain",)}, {"rain": "1f"}, TimeRange.parse("2015-12-01", "2015-12-02"), 3600)
    before = datetime.now(UTC)
    job = queue.get(queue.submit(spec, Path("/somewhere"), prepared))
    assert (job.id, job.name, job.kind, job.status, job.cpus) == (1, "leaf", "simulation", Status.QUEUED, 2)
    assert (job.spec, job.prepared, job.cwd, job.attempt) == (spec, prepared, "/somewhere", 1)
    assert (job.started, job.ended, job.exit_code, job.reason, job.stop) == (None, None, None, "", "")
    assert before <= job.submitted <= datetime.now(UTC)
    assert story(queue, 1) == [("queued", "")]


SUBMIT = """
import os, signal, sys
from pathlib import Path
from dmod.jobs.kinds import from_json
from dmod.jobs.prepared import Prepared
from dmod.scheduler.queue import Queue

queue, spec = Queue(Path(sys.argv[1])), from_json(sys.argv[2])
for _ in range(int(sys.argv[3])):
    print(queue.submit(spec, Path("/"), Prepared()), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def submitter(queue: Queue, spec, times: int) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", SUBMIT, str(queue.path), spec.to_json(), str(times)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)


def test_what_submit_returned_survives_the_kill_of_who_submitted(queue: Queue, make):
    with submitter(queue, make.command("brave"), 1) as process:
        said, _ = process.communicate(timeout=10)
    assert process.returncode == -signal.SIGKILL
    assert queue.get(int(said)).name == "brave"


def test_two_processes_that_submit_at_once_get_their_own_ids_in_order(queue: Queue, make):
    processes = [submitter(queue, make.command(name), 30) for name in ("left", "right")]
    ids = [[int(line) for line in process.communicate(timeout=20)[0].split()] for process in processes]
    assert all(each == sorted(each) for each in ids)
    assert sorted(ids[0] + ids[1]) == list(range(1, 61)) == [job.id for job in queue.jobs()]
    assert {queue.get(each).name for each in ids[0]} == {"left"}


def test_threads_take_turns(queue: Queue, make):
    gate, others = Barrier(4), []

    def submit() -> None:
        own = Queue(queue.path)
        gate.wait()
        others.extend(own.submit(make.command(), Path("/"), NOTHING) for _ in range(5))
        own.close()

    threads = [Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(others) == list(range(1, 21))


def test_many_are_submitted_together_or_not_at_all(queue: Queue, make):
    pair = [(make.command("one"), NOTHING), (make.command("two"), NOTHING)]
    assert queue.submit_all(pair, Path("/")) == [1, 2]
    clash = [(make.simulation("a", output="same"), NOTHING), (make.simulation("b", output="same"), NOTHING)]
    with pytest.raises(ConflictError):
        queue.submit_all(clash, Path("/"))
    assert [job.id for job in queue.jobs()] == [1, 2]
    assert len(queue.events()) == 2


def test_ids_are_never_used_again(queue: Queue, make):
    make.job()
    with closing(sqlite3.connect(queue.path)) as other, other:
        other.execute("delete from event")
        other.execute("delete from job")
    other.close()
    assert make.job().id == 2


def test_an_output_is_promised_to_one_active_job(queue: Queue, make):
    first = make.job(make.simulation("a", output="winter"))
    with pytest.raises(ConflictError) as caught:
        make.job(make.simulation("b", output="winter"))
    assert caught.value.message == 'job 1 a is about to make the dataset "winter"'
    assert caught.value.fix == "dmod job wait 1"
    queue.cancel(first.id)
    assert make.job(make.simulation("b", output="winter")).output == "winter"


def test_an_output_may_not_take_the_name_that_another_will_have_by_default(make):
    make.job(make.simulation("leaf"))
    with pytest.raises(ConflictError):
        make.job(make.simulation("other", output="leaf-1"))


def test_it_goes_from_queued_to_its_end_with_an_event_for_each_step(queue: Queue, make):
    job = make.job().id
    held = '[{"node": "here", "cpus": 1, "memory": 0}]'
    queue.advance(job, Status.STAGING, values={"allocation": held})
    assert queue.get(job).allocation == (Allocation("here", 1, 0),)
    queue.advance(job, Status.RUNNING, values={"handle": '{"pid": 7}'})
    found = queue.get(job)
    assert (found.handle, found.ended) == ({"pid": 7}, None)
    assert found.started is not None
    queue.advance(job, Status.COLLECTING, values={"exit_code": 0})
    queue.advance(job, Status.COMPLETED, "dataset a-1", values={"reason": ""})
    found = queue.get(job)
    assert (found.status, found.exit_code, found.reason, found.allocation) == (Status.COMPLETED, 0, "", ())
    assert found.ended >= found.started >= found.submitted
    assert [status for status, _ in story(queue, job)] == ["queued", "staging", "running", "collecting", "completed"]
    assert story(queue, job)[-1] == ("completed", "dataset a-1")


def test_a_failure_keeps_its_reason_in_row_and_event(queue: Queue, make):
    job = make.job().id
    queue.advance(job, Status.FAILED, "exit code 3: no", values={"exit_code": 3})
    assert (queue.get(job).reason, queue.get(job).exit_code) == ("exit code 3: no", 3)
    assert story(queue, job)[-1] == ("failed", "exit code 3: no")


def test_advance_is_compare_and_set(queue: Queue, make):
    job = make.job().id
    other = Queue(queue.path)
    other.advance(job, Status.STAGING, by=(Status.QUEUED,))
    with pytest.raises(ConflictError) as caught:
        queue.advance(job, Status.STAGING, by=(Status.QUEUED,))
    other.close()
    assert caught.value.message == "job 1 is staging: it cannot become staging"
    assert len(queue.events(job)) == 2


@pytest.mark.parametrize("end", [Status.COMPLETED, Status.FAILED, Status.CANCELED])
def test_what_has_ended_moves_no_more(queue: Queue, make, end: Status):
    job = make.job().id
    queue.advance(job, end)
    with pytest.raises(ConflictError):
        queue.advance(job, Status.RUNNING)
    with pytest.raises(ConflictError) as caught:
        queue.cancel(job)
    assert caught.value.message == f"job 1 is {end} already"
    assert queue.get(job).status is end


def test_a_waiting_job_is_canceled_at_once(queue: Queue, make):
    job = make.job().id
    assert queue.cancel(job) is Status.QUEUED
    found = queue.get(job)
    assert (found.status, found.reason) == (Status.CANCELED, "canceled by user")
    assert found.ended is not None
    assert story(queue, job)[-1] == ("canceled", "canceled by user")


@pytest.mark.parametrize("status", [Status.STAGING, Status.RUNNING, Status.COLLECTING])
def test_one_that_is_on_its_way_is_asked_to_stop(queue: Queue, make, status: Status):
    job = make.job().id
    queue.advance(job, status)
    assert queue.cancel(job, "enough") is status
    assert (queue.get(job).status, queue.get(job).stop) == (status, "enough")
    assert story(queue, job)[-1] == (str(status), "asked to stop: enough")
    queue.advance(job, Status.CANCELED, "enough")
    assert queue.get(job).stop == ""


def test_a_retry_starts_anew_under_the_same_id(queue: Queue, make):
    job = make.job().id
    queue.advance(job, Status.RUNNING, values={"handle": '{"pid": 7}'})
    queue.advance(job, Status.FAILED, "it broke", values={"exit_code": 1})
    queue.retry(job)
    found = queue.get(job)
    assert (found.status, found.attempt, found.reason, found.exit_code) == (Status.QUEUED, 2, "", None)
    assert (found.started, found.ended, found.handle, found.allocation) == (None, None, {}, ())
    assert story(queue, job)[-2:] == [("failed", "it broke"), ("queued", "attempt 2")]


def test_only_what_failed_or_was_canceled_is_retried(queue: Queue, make):
    first, second, third = (make.job().id for _ in range(3))
    with pytest.raises(ConflictError, match="job 1 is queued: it cannot become queued"):
        queue.retry(first)
    queue.advance(second, Status.COMPLETED)
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


def test_what_is_not_there_is_an_error(queue: Queue):
    for act in (queue.get, queue.cancel, queue.retry):
        with pytest.raises(NotFoundError, match="there is no job 7"):
            act(7)
    with pytest.raises(NotFoundError, match="there is no job 7"):
        queue.advance(7, Status.RUNNING)
    assert queue.jobs() == []
    assert queue.events(7) == []


@pytest.fixture
def crowd(queue: Queue, make) -> Queue:
    for name in ("leaf", "demo-a", "demo-b", "noop"):
        make.job(make.command(name))
    queue.advance(2, Status.RUNNING)
    queue.cancel(3)
    return queue


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, [1, 2, 3, 4]),
        ({"status": (Status.QUEUED,)}, [1, 4]),
        ({"status": ACTIVE}, [1, 2, 4]),
        ({"status": (Status.FAILED,)}, []),
        ({"name": "demo-*"}, [2, 3]),
        ({"name": "leaf"}, [1]),
        ({"name": "LEAF"}, []),
        ({"name": "'; drop table job; --"}, []),
        ({"limit": 2}, [3, 4]),
        ({"status": (Status.QUEUED,), "limit": 1}, [4]),
        ({"name": "demo-*", "status": (Status.CANCELED,)}, [3]),
    ],
)
def test_jobs_are_found_by_status_name_and_age(crowd: Queue, filters: dict[str, object], ids: list[int]):
    assert [job.id for job in crowd.jobs(**filters)] == ids


def test_jobs_are_counted(crowd: Queue):
    assert crowd.counts() == {Status.QUEUED: 2, Status.RUNNING: 1, Status.CANCELED: 1}


def test_events_have_ids_and_are_read_from_the_last_one_seen(crowd: Queue):
    events = crowd.events()
    assert [event.id for event in events] == list(range(1, 7))
    assert [event.job for event in events] == [1, 2, 3, 4, 2, 3]
    assert crowd.events(after=4) == events[4:]
    assert crowd.events(limit=2) == events[-2:]
    assert crowd.events(3, after=3) == [events[5]]
    assert events[0].time.tzinfo is UTC


def test_a_reader_sees_that_another_has_written(queue: Queue, make):
    reader = Queue(queue.path)
    before = reader.version()
    assert reader.version() == before
    job = make.job().id
    written = reader.version()
    assert written != before
    queue.cancel(job)
    assert reader.version() != written
    assert reader.get(job).status is Status.CANCELED
    reader.close()


def test_a_reader_is_not_held_up_by_a_writer(queue: Queue, make):
    make.job()
    reader = Queue(queue.path)
    with queue._transaction() as write:
        write.execute("update job set name = 'half done'")
        assert reader.get(1).name == "noop"
    assert reader.get(1).name == "half done"
    reader.close()


def test_what_fails_in_a_transaction_leaves_nothing_behind(queue: Queue, make):
    make.job()

    def fail() -> None:
        with queue._transaction() as write:
            write.execute("update job set name = 'half done'")
            raise ConflictError("no")

    with pytest.raises(ConflictError):
        fail()
    assert queue.get(1).name == "noop"
    assert make.job().id == 2
