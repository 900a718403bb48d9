"""`dmod job show`: a job whole, its tasks, its events, and what it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmod import project, toml_file
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order, line_item
from dmod.jobs.status import Status
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPEC = {
    "kind": "command",
    "name": "fetch",
    "priority": 70,
    "at_once": 3,
    "retries": 2,
    "retry_on": ["exit:75", "node-lost"],
    "seed": 41,
    "resources": {"cpus": 2, "memory": "512MiB", "time_limit": "1h"},
    "command": {"argv": ["/bin/echo", "{}"], "env": {"API_TOKEN": "s3cret", "REGION": "vpu09"}},
}


@pytest.fixture
def queue(advance: Callable[..., None]) -> Iterator[Queue]:
    """Job 1 is done, job 2 is an array of five of which two tasks failed, and waits for job 3, which is held."""
    project.create(Path())
    opened = Queue(Path(".dmod/queue.db"))
    spec = kinds.read(toml_file.Located(Path("job.toml"), SPEC, {}), Defaults())
    lines = [line_item(f"gauge-{number}") for number in range(1, 6)]
    opened.submit(Order(spec, Path("/data")))
    opened.submit(Order(spec, Path("/data"), numbers=Numbers.parse("1-5"), items=lines))
    opened.submit(Order(spec, Path("/data"), held=True, after=[1], after_any=[2]))
    advance(opened, 1, Status.RUNNING)
    advance(opened, 1, Status.COMPLETED, code=0)
    for task, end in ((1, Status.COMPLETED), (2, Status.FAILED), (3, Status.FAILED)):
        advance(opened, 2, Status.RUNNING, task=task)
        advance(opened, 2, end, "exit code 3: no such river", task=task, code=3)
    with opened.transaction() as write:
        write.execute("update job set cpu = 75.2, peak = ?, read = 1024, written = 2048 where id = 1", (2**29,))
        origin = {"dmod": "2.0", "python": "3.12.1", "host": "node-7", "packages": {"numpy": "2.1"}}
        write.execute("update job set origin = ?, fingerprint = 'abc123' where id = 1", (json.dumps(origin),))
    yield opened
    opened.close()


@pytest.mark.usefixtures("queue")
def test_what_was_asked_for_and_what_it_used(dmod):
    said = dmod("job", "show", "1").out
    for line in (
        "  used        1m15s of cpu, 512MiB at most, 1KiB read, 2KiB written",
        "  resources   2 cpus, 512MiB, 1h at most",
        "  order       priority 70, 3 tasks at once",
        "  retries     2, only on exit:75, node-lost, 10s apart",
        "  command     /bin/echo {}",
        "  in          /data",
    ):
        assert line in said.splitlines()


@pytest.mark.parametrize("words", [(), ("--provenance",), ("-o", "json"), ("--events", "--tasks")])
@pytest.mark.usefixtures("queue")
def test_of_variables_the_names_only(dmod, words: tuple[str, ...]):
    said = dmod("job", "show", "1", *words).out
    assert "API_TOKEN" in said
    assert "s3cret" not in said


@pytest.mark.usefixtures("queue")
def test_an_array_says_how_far_it_is(dmod):
    said = dmod("job", "show", "2").lines
    assert "  tasks       5 (1-5): 1 completed, 2 failed, 2 waiting" in said
    assert "  resources   2 cpus, 512MiB, 1h at most for each task" in said


@pytest.mark.usefixtures("queue")
def test_what_it_waits_for(dmod):
    said = dmod("job", "show", "3").lines
    assert "  after       1, completed, 2, queued (however it ends)" in said
    assert "  order       priority 70, 3 tasks at once, held: dmod job release 3" in said
    assert dmod("job", "show", "3", "-o", "json").json["needs"] == [
        {"job": 1, "however": False, "status": "completed"},
        {"job": 2, "however": True, "status": "queued"},
    ]


@pytest.mark.usefixtures("queue")
def test_events_are_those_of_the_job_unless_all_are_asked_for(dmod):
    brief, all_ = dmod("job", "show", "2").out, dmod("job", "show", "2", "--events").out
    assert "task 2" not in brief
    assert "task 2  ✗ failed  exit code 3: no such river" in all_
    assert {event["task"] for event in dmod("job", "show", "2", "-o", "json").json["events"]} == {None, 1, 2, 3}


@pytest.mark.usefixtures("queue")
def test_tasks_are_shown_with_what_they_are_for(dmod):
    said = [line.strip() for line in dmod("job", "show", "2", "--tasks").lines]
    assert "2/1  ✓ completed  gauge-1" in said
    assert "2/2  ✗ failed  exit code 3: no such river" in said
    each = dmod("job", "show", "2", "-o", "json").json["each"]
    assert [(task["id"], task["status"], task["own"]) for task in each] == [
        ("2/1", "completed", "gauge-1"),
        ("2/2", "failed", "gauge-2"),
        ("2/3", "failed", "gauge-3"),
        ("2/4", "queued", "gauge-4"),
        ("2/5", "queued", "gauge-5"),
    ]


def test_of_many_tasks_the_first_are_shown(dmod, queue: Queue):
    spec = queue.get(1).spec
    queue.submit(Order(spec, Path("/"), numbers=Numbers.parse("1-100")))
    said = dmod("job", "show", "4", "--tasks").lines
    assert said[-1].strip() == "and 80 more: dmod job list 4/ --all"
    assert said[-2].split()[0] == "4/20"


@pytest.mark.usefixtures("queue")
def test_what_it_comes_from(dmod):
    said = dmod("job", "show", "1", "--provenance").lines
    assert "  seed        41" in said
    assert "  versions    dmod 2.0, python 3.12.1, numpy 2.1" in said
    assert "  host        node-7" in said
    assert "  fingerprint abc123" in said
    assert dmod("job", "show", "1", "-o", "json").json["origin"]["host"] == "node-7"
    assert "  seed        41 and the number of the task" in dmod("job", "show", "2", "--provenance").lines
    assert "  seed        44" in dmod("job", "show", "2/3", "--provenance").lines
    assert "  versions    not known before it starts" in dmod("job", "show", "3", "--provenance").lines


@pytest.mark.usefixtures("queue")
def test_one_task_is_shown_by_its_number(dmod):
    said = dmod("job", "show", "2/3").lines
    assert said[0] == "✗ failed  task 2/3 fetch  command"
    assert "  why         exit code 3: no such river" in said
    assert "  for         gauge-3" in said
    assert "  folder      " + str(Path.cwd() / ".dmod/jobs/2/3") in said
    assert not any("task 2 " in line for line in said)
    found = dmod("job", "show", "2/3", "-o", "json").json
    assert (found["id"], found["task"], found["exit_code"]) == ("2/3", 3, 3)


@pytest.mark.usefixtures("queue")
def test_a_task_that_was_never_begun_is_shown(dmod):
    assert dmod("job", "show", "fetch", "-o", "json").json["id"] == 3
    assert dmod("job", "show", "2/5").lines[0] == "○ queued  task 2/5 fetch  command"


@pytest.mark.parametrize(
    ("word", "code", "error"),
    [
        ("2/9", 3, "error: job 2 has no task 9"),
        ("1/1", 3, "error: job 1 has no task 1"),
        ("2/1-3", 2, "error: 2/1-3 names 3 tasks"),
        ("9", 3, "error: there is no job 9"),
    ],
)
@pytest.mark.usefixtures("queue")
def test_what_is_not_there_is_an_error(dmod, word: str, code: int, error: str):
    said = dmod("job", "show", word)
    assert (said.code, said.err.splitlines()[0]) == (code, error)


def test_events_of_another_day_have_their_date(dmod, queue: Queue):
    assert not any("-01-01" in line for line in dmod("job", "show", "3").lines)
    with queue.transaction() as write:
        write.execute("update event set time = 0 where job = 3")
    assert "1970-01-01 00:00:00  ○ queued" in dmod("job", "show", "3").out


def test_of_ten_thousand_tasks_json_has_what_is_asked_for(dmod, queue: Queue):
    queue.submit(Order(queue.get(1).spec, Path("/"), numbers=Numbers.parse("1-10001")))
    said = dmod("job", "show", "4", "-o", "json")
    assert "each" not in said.json
    assert said.err == "job 4 has 10,001 tasks: what is theirs is left out without --tasks and --events\n"
    asked = dmod("job", "show", "4", "--tasks", "--events", "-o", "json")
    assert (len(asked.json["each"]), asked.err) == (10_001, "")
