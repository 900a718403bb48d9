"""`dmod job explain`: each reason in numbers, and the command that would change it."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmod import project, toml_file
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.resources import Allocation
from dmod.jobs.status import Status
from dmod.scheduler.lock import Lock
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SETTINGS = """
[nodes.large]
cpus = 4
memory = "4GiB"
[nodes.small]
cpus = 1
memory = "1GiB"
[limits]
"calib-*" = 1
"""


@pytest.fixture
def queue() -> Iterator[Queue]:
    """An empty queue whose scheduler runs, as far as anybody can see."""
    project.create(Path())
    Path("dmod.toml").write_text(SETTINGS)
    opened, lock = Queue(Path(".dmod/queue.db")), Lock(Path(".dmod"))
    lock.take()
    yield opened
    lock.give()
    opened.close()


def order(name: str = "demo", cpus: int = 1, limit: str = "", **more: object) -> Order:
    spec = {key: more.pop(key) for key in ("at_once", "retries") if key in more}
    resources = {"cpus": cpus, "memory": "64MiB", **({"time_limit": limit} if limit else {})}
    data = {"kind": "command", "name": name, "resources": resources, "command": {"argv": ["/bin/true"]}, **spec}
    return Order(kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults()), Path("/"), **more)  # type: ignore[arg-type]


@pytest.fixture
def run(queue: Queue, advance: Callable[..., None]) -> Callable[..., int]:
    """Submit a job and have it run, on a node."""

    def go(wanted: Order, node: str, task: int = 0) -> int:
        number = queue.submit(wanted)
        held = (Allocation(node, wanted.spec.resources.cpus, 2**26),)
        advance(queue, number, Status.RUNNING, task=task, held=held)
        return number

    return go


def facts(dmod, word: object) -> dict[str, list[str]]:
    """What is said, by its labels."""
    said = dmod("job", "explain", str(word))
    assert said.code == 0, said.err
    assert all(len(line) <= 100 for line in said.lines)
    found: dict[str, list[str]] = {"head": [said.lines[0]]}
    label = ""
    for line in said.lines[1:]:
        label = line[2:14].strip() or label
        found.setdefault(label, []).append(line[14:])
    return found


def test_it_is_held(dmod, queue: Queue):
    queue.submit(order(held=True))
    said = facts(dmod, 1)
    assert said["why"] == ["held: dmod job release 1"]
    assert said["fix"] == ["dmod job release 1"]


def test_it_waits_for_a_job(dmod, queue: Queue, run: Callable[..., int]):
    run(order(), "large")
    queue.submit(order(after=[1]))
    said = facts(dmod, 2)
    assert said["why"] == ["after job 1, which is running"]
    assert said["start"] == ["when job 1 has ended"]
    assert said["fix"] == ["dmod job explain 1"]


def test_what_it_waited_for_has_failed(dmod, queue: Queue, run: Callable[..., int], advance: Callable[..., None]):
    run(order(), "large")
    queue.submit(order(after=[1]))
    advance(queue, 1, Status.FAILED, "exit code 3", code=3)
    said = facts(dmod, 2)
    assert said["why"] == ["job 1 failed"]
    assert said["fix"] == ["dmod job retry 1, then dmod job retry 2"]


def test_it_needs_more_than_is_free_until_a_job_ends(dmod, queue: Queue, run: Callable[..., int]):
    run(order("long", 3, "12m"), "large")
    queue.submit(order("big", 4))
    said = facts(dmod, 2)
    assert said["why"] == ["needs 4 cpus on one node, at most 1 free"]
    assert said["held by"][0].startswith("1 long (3 cpus, until ")
    assert "at the latest, in 12m" in said["start"][0]
    found = dmod("job", "explain", "2", "-o", "json").json
    wait = datetime.fromisoformat(found["start"]).timestamp() - time.time()
    assert 710 < wait < 740  # with the grace that it has to end
    assert [held["job"] for held in found["holders"]] == [1]


def test_nobody_knows_when_a_job_without_a_limit_ends(dmod, queue: Queue, run: Callable[..., int]):
    run(order("forever", 3), "large")
    queue.submit(order("big", 4))
    said = facts(dmod, 2)
    assert said["held by"] == ["1 forever (3 cpus, no time limit)"]
    assert said["start"] == ["nobody knows: job 1 has no time limit"]
    assert said["or"] == ["dmod job cancel 1: it has no time limit"]


def test_a_shorter_job_would_start_now(dmod, queue: Queue, run: Callable[..., int]):
    run(order("long", 3, "12m"), "large")
    run(order("other", 1, "12m"), "small")
    queue.submit(order("big", 4, "1h"))
    queue.submit(order("small", 1))
    said = facts(dmod, 4)
    assert said["why"] == ["behind job 3, which needs 4 cpus on one node, at most 1 free"]
    (way,) = said["or"]
    assert way.startswith("dmod job cancel 4, and submit it with --time-limit 11m")
    assert way.endswith(": it would start now")


def test_a_limit_of_names_holds_it_up(dmod, queue: Queue, run: Callable[..., int]):
    run(order("calib-1"), "large")
    queue.submit(order("calib-2"))
    said = facts(dmod, 2)
    assert said["why"] == ['1 at once of "calib-*", 1 run']
    assert said["start"] == ["when job 1 has ended"]
    assert '"calib-*" in [limits] of dmod.toml' in said["fix"][0]


def test_its_node_is_drained(dmod, queue: Queue):
    queue.drain("large", "new disk")
    queue.submit(order(cpus=4))
    said = facts(dmod, 1)
    assert said["why"] == ["node large is drained: new disk"]
    assert said["fix"] == ["dmod node resume large"]


@pytest.mark.usefixtures("queue")
def test_enough_of_its_tasks_run(dmod, run: Callable[..., int]):
    run(order(numbers=Numbers.parse("1-9"), at_once=1), "large", task=1)
    said = facts(dmod, "1/5")
    assert said["head"] == ["○ queued  task 1/5 demo"]
    assert said["why"] == ["1 of its tasks at once, 1 run"]
    assert said["fix"] == ["wait, or dmod job cancel 1/5"]


def test_it_waits_for_its_next_attempt(dmod, queue: Queue):
    queue.submit(order(retries=2))
    with queue.transaction() as write:
        write.execute(
            "insert into task (job, number, status, attempt, due) values (1, 0, 'queued', 2, ?)", (time.time() + 90,)
        )
        write.execute("update job set begun = 1, attempt = 2")
        note = "attempt 2 in 90 s: exit code 75: quota"
        write.execute("insert into event (job, status, time, note) values (1, 'queued', 1, ?)", (note,))
    said = facts(dmod, 1)
    assert said["why"][0].startswith("attempt 2 in 1m")
    assert said["meaning"] == ["before: exit code 75: quota"]
    assert said["start"][0].startswith("in 1m")


def test_no_node_is_so_large(dmod, queue: Queue):
    queue.submit(order(cpus=9))
    said = facts(dmod, 1)
    assert said["start"] == ["never: no node is so large"]
    assert said["fix"] == ["dmod node list"]


def test_there_is_no_scheduler(dmod):
    project.create(Path())
    queue = Queue(Path(".dmod/queue.db"))
    queue.submit(order())
    queue.close()
    assert facts(dmod, 1)["fix"] == ["dmod scheduler start"]


@pytest.mark.parametrize(
    ("reason", "code", "fix", "other"),
    [
        ("exit code 3: no such river", 3, "dmod job logs 1, then dmod job retry 1", []),
        (
            "it ran longer than its time limit of 30m",
            143,
            "dmod job submit FILE --time-limit 1h: it had 30m",
            ["dmod job logs 1, then dmod job retry 1"],
        ),
        (
            "it ran over its memory limit of 64MiB: killed by SIGKILL",
            137,
            "dmod job submit FILE --memory 128MiB: it had 64MiB",
            ["dmod job logs 1, then dmod job retry 1"],
        ),
        (
            "killed by SIGKILL, perhaps for want of memory",
            137,
            "dmod job logs 1, then dmod job retry 1",
            ["dmod node list: other programs may have left too little memory"],
        ),
        ("there is no program typo on PATH", None, "dmod job logs 1, then dmod job retry 1", []),
    ],
)
def test_it_failed(  # noqa: PLR0917 - a table
    dmod, queue: Queue, run, advance, reason: str, code: int | None, fix: str, other: list[str]
):
    run(order(limit="30m"), "large")
    advance(queue, 1, Status.FAILED, reason, code=code)
    said = facts(dmod, 1)
    assert said["why"] == [reason]
    assert said["fix"] == [fix]
    assert said.get("or", []) == other


def test_the_failures_of_an_array_are_told_by_reason(dmod, queue: Queue, run, advance):
    run(order(numbers=Numbers.parse("1-20")), "large", task=1)
    advance(queue, 1, Status.COMPLETED, task=1)
    for task in range(2, 21):
        advance(queue, 1, Status.RUNNING, task=task)
        code = 3 if task in {7, 9, 12} else 4 if task in {14, 15} else 0
        reason = {3: "exit code 3: no such river", 4: f"exit code 4: cat-{task} has no area", 0: ""}[code]
        advance(queue, 1, Status.FAILED if code else Status.COMPLETED, reason, task=task, code=code)
    folder = Path(".dmod/jobs/1/7")
    folder.mkdir(parents=True)
    (folder / "stderr").write_text("reading rivers\nno such river\n")
    said = facts(dmod, 1)
    assert said["failed"] == [
        "3 tasks: exit code 3: no such river (7, 9, 12)",
        "2 tasks: exit code 4: cat-N has no area (14-15)",
    ]
    assert said["fix"] == ["dmod job logs 1/7, then dmod job retry 1 --failed"]
    assert facts(dmod, "1/14")["fix"] == ["dmod job logs 1/14, then dmod job retry 1/14"]
    assert facts(dmod, "1/2")["head"] == ["✓ completed  task 1/2 demo"]


@pytest.mark.usefixtures("queue")
def test_a_running_job_says_until_when(dmod, run: Callable[..., int]):
    run(order(limit="1h"), "large")
    run(order(), "large")
    assert facts(dmod, 1)["why"][0].startswith("it runs since ")
    assert facts(dmod, 1)["why"][0].endswith(" at the latest")
    assert facts(dmod, 2)["why"][0].endswith(", and has no time limit")
