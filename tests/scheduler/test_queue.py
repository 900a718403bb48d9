"""The queue on a real SQLite file: what it promised is there, whoever looks and whatever happens."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest

from dmod.errors import ConflictError, NotFoundError
from dmod.hydro.period import TimeRange
from dmod.jobs.order import Order
from dmod.jobs.prepared import Prepared
from dmod.jobs.resources import Allocation
from dmod.jobs.status import ACTIVE, Status
from dmod.scheduler.queue import Queue


def story(queue: Queue, job: int) -> list[tuple[str, str]]:
    return [(str(event.status), event.note) for event in queue.events(job)]


def test_a_job_comes_back_as_it_was_submitted(queue: Queue, make):
    spec = make.simulation("leaf", cpus=2, output="winter")
    prepared = Prepared({"forcing": ("rain",)}, {"rain": "1f"}, TimeRange.parse("2015-12-01", "2015-12-02"), 3600)
    before = datetime.now(UTC)
    job = queue.get(queue.submit(Order(replace(spec, priority=80), Path("/somewhere"), prepared, fingerprint="f")))
    assert (job.id, job.name, job.kind, job.status, job.cpus) == (1, "leaf", "simulation", Status.QUEUED, 2)
    assert (job.spec, job.prepared, job.cwd, job.attempt) == (replace(spec, priority=80), prepared, "/somewhere", 1)
    assert (job.priority, job.held, job.numbers, job.size, job.fingerprint) == (80, False, "", 1, "f")
    assert (job.started, job.ended, job.exit_code, job.reason, job.stop) == (None, None, None, "", "")
    assert before <= job.submitted <= datetime.now(UTC)
    assert story(queue, 1) == [("queued", "")]


SUBMIT = """
import os, signal, sys
from pathlib import Path
from dmod.jobs.kinds import from_json
from dmod.jobs.order import Order
from dmod.scheduler.queue import Queue

queue, spec = Queue(Path(sys.argv[1])), from_json(sys.argv[2])
for _ in range(int(sys.argv[3])):
    print(queue.submit(Order(spec, Path("/"))), flush=True)
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
        others.extend(own.submit(make.order()) for _ in range(5))
        own.close()

    threads = [Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(others) == list(range(1, 21))


def test_many_are_submitted_together_or_not_at_all(queue: Queue, make):
    assert queue.submit_all([make.order(make.command("one")), make.order(make.command("two"))]) == [1, 2]
    clash = [make.order(make.simulation(name, output="same")) for name in "ab"]
    with pytest.raises(ConflictError):
        queue.submit_all(clash)
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


def test_it_goes_from_queued_to_its_end_with_an_event_for_each_step(queue: Queue, make, advance):
    job, held = make.job().id, (Allocation("here", 1, 5),)
    advance(queue, job, Status.STAGING, held=held)
    assert (queue.task(job, 0).allocation, queue.get(job).status) == (held, Status.STAGING)
    advance(queue, job, Status.RUNNING, handle={"pid": 7})
    task, found = queue.task(job, 0), queue.get(job)
    assert (task.handle, task.started, found.ended) == ({"pid": 7}, found.started, None)
    advance(queue, job, Status.COLLECTING, code=0)
    assert queue.task(job, 0).allocation == ()
    advance(queue, job, Status.COMPLETED, "dataset a-1")
    found = queue.get(job)
    assert (found.status, found.exit_code, found.reason, found.completed) == (Status.COMPLETED, 0, "", 1)
    assert found.ended >= found.started >= found.submitted
    assert [status for status, _ in story(queue, job)] == ["queued", "staging", "running", "collecting", "completed"]
    assert story(queue, job)[-1] == ("completed", "dataset a-1")


def test_a_failure_keeps_its_reason_in_job_task_and_event(queue: Queue, make, advance):
    job = make.job().id
    advance(queue, job, Status.RUNNING)
    advance(queue, job, Status.FAILED, "exit code 3: no", code=3)
    for found in (queue.get(job), queue.task(job, 0)):
        assert (found.status, found.reason, found.exit_code) == (Status.FAILED, "exit code 3: no", 3)
    assert story(queue, job)[-1] == ("failed", "exit code 3: no")


def test_what_is_not_there_is_an_error(queue: Queue):
    for act in (queue.get, queue.cancel, queue.retry, queue.hold, queue.release, queue.tasks):
        with pytest.raises(NotFoundError, match="there is no job 7"):
            act(7)
    assert queue.jobs() == queue.events(7) == queue.these([7]) == []


def test_the_tasks_of_an_array_are_all_there_whether_they_were_begun_or_not(queue: Queue, make, advance):
    job = make.job(numbers="1-3,7").id
    advance(queue, job, Status.RUNNING, task=1)
    advance(queue, job, Status.FAILED, "exit code 3", task=1, code=3)
    advance(queue, job, Status.RUNNING, task=2)
    queue.cancel(job, 7)
    assert [(task.number, str(task.status)) for task in queue.tasks(job)] == [
        (1, "failed"), (2, "running"), (3, "queued"), (7, "canceled"),
    ]  # fmt: skip
    found = queue.get(job)
    assert (found.status, found.numbers, found.size) == (Status.RUNNING, "1-3,7", 4)
    assert (found.running, found.failed, found.canceled, found.waiting) == (1, 1, 1, 1)
    assert [task.number for task in queue.tasks(job, status=(Status.QUEUED, Status.RUNNING))] == [2, 3]
    assert [task.number for task in queue.tasks(job, numbers=(7, 1, 99))] == [1, 7]
    assert [task.number for task in queue.tasks(job, limit=2)] == [1, 2]
    assert queue.task(job, 1).exit_code == 3
    with pytest.raises(NotFoundError, match=f"job {job} has no task 4"):
        queue.task(job, 4)


def test_the_events_of_an_array_say_of_which_task_they_are(queue: Queue, make, advance):
    job = make.job(numbers="4,5").id
    for task in (4, 5):
        advance(queue, job, Status.RUNNING, task=task)
        advance(queue, job, Status.COMPLETED, task=task)
    assert [(event.task, str(event.status)) for event in queue.events(job)] == [
        (None, "queued"),
        (None, "running"), (4, "staging"), (4, "running"), (4, "completed"), (None, "queued"),
        (None, "running"), (5, "staging"), (5, "running"), (5, "completed"), (None, "completed"),
    ]  # fmt: skip
    assert [str(event.status) for event in queue.events(job, task=5)] == ["staging", "running", "completed"]


@pytest.fixture
def crowd(queue: Queue, make, advance) -> Queue:
    for name in ("leaf", "demo-a", "demo-b", "noop"):
        make.job(make.command(name))
    advance(queue, 2, Status.RUNNING)
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
        ({"kind": "command"}, [1, 2, 3, 4]),
        ({"kind": "simulation"}, []),
        ({"since": 0.0, "before": 3}, [1, 2]),
        ({"since": 4e9}, []),
        ({"before": 4, "limit": 2}, [2, 3]),
    ],
)
def test_jobs_are_found_by_status_name_and_age(crowd: Queue, filters: dict[str, object], ids: list[int]):
    assert [job.id for job in crowd.jobs(**filters)] == ids


def test_jobs_are_counted(crowd: Queue):
    assert crowd.counts() == {Status.QUEUED: 2, Status.RUNNING: 1, Status.CANCELED: 1}


def test_events_have_ids_and_are_read_from_the_last_one_seen(crowd: Queue):
    events = crowd.events()
    assert [event.id for event in events] == list(range(1, 8))
    assert [event.job for event in events] == [1, 2, 3, 4, 2, 2, 3]
    assert crowd.events(after=4) == events[4:]
    assert crowd.events(limit=2) == events[-2:]
    assert crowd.events(3, after=3) == [events[6]]
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
    with queue.transaction() as write:
        write.execute("update job set name = 'half done'")
        assert reader.get(1).name == "noop"
    assert reader.get(1).name == "half done"
    reader.close()


def test_what_fails_in_a_transaction_leaves_nothing_behind(queue: Queue, make):
    make.job()

    def fail() -> None:
        with queue.transaction() as write:
            write.execute("update job set name = 'half done'")
            raise ConflictError("no")

    with pytest.raises(ConflictError):
        fail()
    assert queue.get(1).name == "noop"
    assert make.job().id == 2
