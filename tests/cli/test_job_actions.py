"""What may be done to jobs and to tasks of them, and how waiting for them and their logs read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmod import project, toml_file
from dmod.cli import job_actions, job_wait
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.status import Status
from dmod.scheduler.lock import Lock
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Iterator

QUEUE = Path(".dmod/queue.db")


@pytest.fixture
def queue(advance) -> Iterator[Queue]:
    """An array of which 1 completed, 2 and 3 failed, 4 runs and 5 to 9 wait; one that waits; a job; an ended job."""
    project.create(Path())
    lock = Lock(Path(".dmod"))
    lock.take()  # as a scheduler would: none is started
    opened = Queue(QUEUE)
    for name, numbers in (("many", "1-9"), ("later", "1-100"), ("one", ""), ("done", "")):
        data = {"kind": "command", "name": name, "resources": {"cpus": 1}, "command": {"argv": ["/bin/true"]}}
        spec = kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults())
        opened.submit(Order(spec, Path("/"), numbers=Numbers.parse(numbers) if numbers else None))
    advance(opened, 1, Status.RUNNING, task=1)
    advance(opened, 1, Status.COMPLETED, task=1, code=0)
    for task in (2, 3):
        advance(opened, 1, Status.RUNNING, task=task)
        advance(opened, 1, Status.FAILED, f"exit code {task}", task=task, code=task)
    advance(opened, 1, Status.RUNNING, task=4)
    advance(opened, 4, Status.COMPLETED, code=0)
    yield opened
    opened.close()
    lock.give()


def states(queue: Queue, job: int = 1) -> str:
    """The first letters of what the tasks of a job are, in the order of their numbers."""
    return "".join(task.status[0] for task in queue.tasks(job))


def test_the_array_of_these_tests_is_as_told(queue):
    assert states(queue) == "cffrqqqqq"
    assert queue.get(1).status is Status.RUNNING


@pytest.mark.parametrize(
    ("words", "said", "left"),
    [
        (["1/5"], "task 1/5 many: canceled\n", "cffrcqqqq"),
        (["many/6-7"], "tasks 1/6-7 many: 2 canceled\n", "cffrqccqq"),
        (["1/4"], "task 1/4 many: asked to end\n", "cffrqqqqq"),
        (["1/1-6"], "tasks 1/1-6 many: 2 canceled, 1 asked to end, 3 had ended\n", "cffrccqqq"),
        (["1/5", "1/9"], "tasks 1/5,9 many: 2 canceled\n", "cffrcqqqc"),
    ],
)
def test_tasks_are_canceled_one_by_one(dmod, queue, words: list[str], said: str, left: str):
    done = dmod("job", "cancel", *words)
    assert (done.code, done.out, done.err) == (0, "", said)
    assert states(queue) == left


def test_a_task_that_runs_is_asked_to_stop_and_the_others_are_not(dmod, queue):
    dmod("job", "cancel", "1/4")
    assert queue.stops(1) == [(4, "canceled by user")]
    assert queue.get(1).stop == ""


def test_a_whole_array_is_canceled_with_what_runs_of_it(dmod, queue):
    assert dmod("job", "cancel", "1-2").err == "job 1 many: asked to end\njob 2 later: canceled\n"
    assert queue.get(1).stop == "canceled by user"
    assert queue.get(2).status is Status.CANCELED


@pytest.mark.parametrize(
    ("words", "said", "left"),
    [
        (["retry", "1/2"], "task 1/2 many: queued again\n", "cqfrqqqqq"),
        (["retry", "1", "--failed"], "job 1 many: 2 tasks queued again\n", "cqqrqqqqq"),
        (["retry", "1/2-4"], "tasks 1/2-4 many: 2 tasks queued again\n", "cqqrqqqqq"),
    ],
)
def test_tasks_are_retried(dmod, queue, words: list[str], said: str, left: str):
    done = dmod("job", *words)
    assert (done.code, done.err) == (0, said)
    assert states(queue) == left


def test_only_what_failed_is_retried_if_so_asked(dmod, queue):
    dmod("job", "cancel", "1/5-6")
    assert dmod("job", "retry", "1", "--failed").code == 0
    assert states(queue) == "cqqrccqqq"
    assert dmod("job", "retry", "1").err == "job 1 many: 2 tasks queued again\n"
    assert states(queue) == "cqqrqqqqq"


def test_as_many_words_may_be_given_as_xargs_gives(dmod, queue):
    words = [*(f"2/{number}" for number in range(1, 91)), *(f"3-{last}" for last in range(3, 1200)), "later/91"]
    said = dmod("job", "cancel", *words)
    assert said.err.splitlines()[0] == "tasks 2/1-91 later: 91 canceled"
    assert states(queue, 2) == "c" * 91 + "q" * 9
    assert queue.get(3).status is Status.CANCELED


def test_a_job_is_held_and_released(dmod, queue):
    assert dmod("job", "hold", "2", "one").err == (
        "job 2 later: held until dmod job release 2\njob 3 one: held until dmod job release 3\n"
    )
    assert [job.held for job in queue.jobs()] == [False, True, True, False]
    assert dmod("job", "release", "2", "-o", "name").out == "2\n"
    assert [job.held for job in queue.jobs()] == [False, False, True, False]


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["cancel", "1/2"], 4, ["error: task 1/2 is failed already", "  fix: dmod job show 1/2"]),
        (["cancel", "1/10"], 3, ["error: job 1 has no task 10", "  why: they are 1-9", "  fix: dmod job show 1"]),
        (["cancel", "3/1"], 3, ["error: job 3 has no task 1", "  why: it is no array", "  fix: dmod job show 3"]),
        (["retry", "1/1"], 4, ["error: job 1: none of its tasks failed or was canceled"]),
        (["hold", "1/5"], 2, ["error: task 1/5 many: only a whole job can be held", "  fix: dmod job hold 1"]),
        (["hold", "4"], 4, ["error: job 4 is completed: nothing of it waits", "  fix: dmod job show 4"]),
        (["release", "3"], 4, ["error: job 3 is not held", "  fix: dmod job explain 3"]),
        (["cancel", "4/"], 4, ["error: job 4 is completed already", "  fix: dmod job show 4"]),
        (["logs", "4", "--failed"], 4, ["error: no task of job 4 has failed", "  fix: dmod job show 4"]),
        (["logs", "1/4-9", "--failed"], 4, ["error: no task of 1/4-9 has failed", "  fix: dmod job show 1"]),
        (["logs", "2"], 2, ["error: job 2 has 100 tasks: name some of them",
                           "  why: they are 1-100; 0 completed, 0 failed", "  fix: dmod job logs 2/1"]),
    ],
)  # fmt: skip
def test_what_cannot_be_done_says_why_and_changes_nothing(dmod, queue, words: list[str], code: int, error: list[str]):
    before = queue.events()
    said = dmod("job", *words)
    assert (said.code, said.out) == (code, "")
    assert said.err.splitlines()[: len(error)] == error
    assert queue.events() == before


def test_what_can_be_done_is_done_beside_what_cannot(dmod, queue):
    said = dmod("job", "cancel", "2-4")
    assert said.code == 8
    assert said.err.splitlines() == [
        "job 2 later: canceled", "job 3 one: canceled", "error: 1 of 3 jobs refused",
        "  why: job 4 is completed already", "  fix: dmod job show 4",
    ]  # fmt: skip
    assert queue.get(3).status is Status.CANCELED


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_a_dry_run_of_tasks_changes_nothing(dmod, queue, verb: str):
    before = queue.events()
    assert dmod("job", verb, "1/2-9", "3", "-n").err == (
        f"would {verb} tasks 1/2-9 many, running\nwould {verb} job 3 one, queued\n"
    )
    assert queue.events() == before


def test_programs_are_told_what_was_done(dmod, queue):  # noqa: ARG001 - jobs that can be held
    assert dmod("job", "hold", "2-3", "-o", "json").json == [
        {"id": 2, "tasks": "", "name": "later", "done": "held until dmod job release 2"},
        {"id": 3, "tasks": "", "name": "one", "done": "held until dmod job release 3"},
    ]
    assert dmod("job", "cancel", "1/5-6", "3", "-o", "name").lines == ["1/5-6", "3"]
    assert dmod("job", "cancel", "2", "-q").err == ""


@pytest.mark.parametrize(("words", "code", "ids"), [(["1/1"], 0, "1/1"), (["1/1-3"], 1, "1/1 1/2 1/3")])
def test_waiting_for_tasks_shows_how_they_ended(dmod, queue, words: list[str], code: int, ids: str):  # noqa: ARG001
    said = dmod("job", "wait", *words, "-o", "name")
    assert (said.code, said.out.split()) == (code, ids.split())


def test_watching_a_task_shows_how_it_ended(dmod, queue):  # noqa: ARG001 - its jobs
    assert dmod("job", "watch", "1/2", "-o", "name").out == "1/2\n"
    assert dmod("job", "watch", "1/2").code == 1


def test_many_tasks_are_canceled_though_some_have_ended(dmod, queue, monkeypatch):
    monkeypatch.setattr(job_actions, "AT_ONCE", 3)
    dmod("job", "cancel", "2/4-5")
    assert dmod("job", "cancel", "2/2-9").err == "tasks 2/2-9 later: 6 canceled, 2 had ended\n"
    assert states(queue, 2)[:12] == "qccccccccqqq"


def test_a_task_that_runs_is_waited_for(dmod, queue):  # noqa: ARG001 - one that runs
    said = dmod("job", "wait", "1/1-4", "--timeout", "1s")
    assert said.code == 7
    assert said.err.splitlines()[-1] == "  fix: dmod job wait 1/1-4"


def test_an_array_that_has_ended_says_how_many_failed_and_what_to_do(dmod, queue, advance):
    advance(queue, 1, Status.COMPLETED, task=4, code=0)
    dmod("job", "cancel", "1")
    said = dmod("job", "watch", "1")
    assert said.code == 1
    assert said.err.splitlines()[0].startswith("✗ failed job 1 many after ")
    assert said.err.splitlines()[-1] == "  fix: dmod job logs 1/2, then dmod job retry 1 --failed"


def test_the_first_that_failed_may_be_task_0(dmod, queue, advance):
    spec = queue.get(1).spec
    job = queue.submit(Order(spec, Path("/"), numbers=Numbers.parse("0-1")))
    for task, status in ((0, Status.FAILED), (1, Status.COMPLETED)):
        advance(queue, job, Status.RUNNING, task=task)
        advance(queue, job, status, "no", task=task)
    said = dmod("job", "watch", str(job)).err.splitlines()
    assert said[-1] == f"  fix: dmod job logs {job}/0, then dmod job retry {job} --failed"
    assert dmod("job", "wait", str(job)).lines[0].split()[4] == "TASKS"


def test_an_array_that_runs_shows_how_many_are_done_and_failed(queue):
    seen = queue.get(1)
    assert job_wait.far(seen, Path(), "") == (3.0, 9.0, "done", "1 running, 2 failed")
    assert job_wait.far(queue.get(2), Path(), ": next") == (0.0, 100.0, "queued: next", "")


def test_who_watches_is_told_why_a_job_waits(dmod, queue, monkeypatch):
    monkeypatch.setattr(job_wait, "MOMENT", 0)
    monkeypatch.setattr(job_wait, "HEARTBEAT", 0)
    said = dmod("job", "watch", "3", "--timeout", "1s")
    assert said.code == 7
    assert said.err.splitlines()[0].startswith(("job 3 one: queued: next", "job 3 one: queued: needs 1 cpu"))
    queue.hold(3)
    assert "job 3 one: queued: held until dmod job release 3\n" in dmod("job", "watch", "3", "--timeout", "1s").err
    said = dmod("job", "wait", "2-4", "--timeout", "1s")
    assert said.err.splitlines()[0].startswith("3 jobs:   0% 0/3 ended, job 2 later 0/100 queued: ")


@pytest.mark.parametrize(
    ("status", "code", "own"),
    [
        (Status.COMPLETED, 0, 0),
        (Status.FAILED, 7, 7),
        (Status.FAILED, 137, 137),  # killed by SIGKILL
        (Status.FAILED, None, 1),  # it could not be started
        (Status.FAILED, 0, 1),  # its output could not be kept
        (Status.CANCELED, None, 1),
    ],
)
def test_submit_with_wait_ends_as_the_job_did(queue, status: Status, code: int | None, own: int):
    assert job_wait.own_code(replace(queue.get(3), status=status, exit_code=code)) == own


@pytest.fixture
def printed(queue) -> Path:  # noqa: ARG001 - its jobs
    """What tasks 1 to 3 of the array printed."""
    for number in (1, 2, 3):
        folder = Path(".dmod/jobs/1") / str(number)
        folder.mkdir(parents=True)
        (folder / "stdout.log").write_text(f"out {number}\nmore {number}\n")
    (folder / "stderr.log").write_text("no end of line")
    return folder


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["1/2"], "out 2\nmore 2\n"),
        (["1/2-3", "--tail", "1"], "1/2 | more 2\n1/3 | more 3\n1/3 | no end of line\n"),
        (["1/1,3", "--stderr"], "1/3 | no end of line\n"),
        (["1", "--tail", "1", "--stdout"], "1/1 | more 1\n1/2 | more 2\n1/3 | more 3\n"),
        (["1/3-9", "--failed", "--stdout", "--tail", "1"], "more 3\n"),
        (["1", "--failed", "--stdout", "--tail", "1"], "1/2 | more 2\n1/3 | more 3\n"),
        (["1/1", "-f"], "out 1\nmore 1\n"),
        (["1/1-3", "-f", "--stderr"], "1/3 | no end of line\n"),
    ],
)
@pytest.mark.usefixtures("printed")
def test_lines_of_several_tasks_say_whose_they_are(dmod, words: list[str], out: str):
    said = dmod("job", "logs", *words)
    assert (said.code, said.out) == (0, out)


def test_a_task_that_printed_nothing_says_so(dmod, queue):  # noqa: ARG001 - its jobs
    assert dmod("job", "logs", "1/4").err == "task 1/4 has printed nothing; it is running\n"
    assert dmod("job", "logs", "1/4-9").err == "tasks 1/4-9 have printed nothing; the job is running\n"
    assert dmod("job", "logs", "1/5").err == "task 1/5 has printed nothing; it is queued\n"
