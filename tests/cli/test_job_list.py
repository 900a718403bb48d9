"""`dmod job list`: filters, order and pages, arrays in one row, and their tasks."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmod import project, toml_file
from dmod.cli import main
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order, line_item
from dmod.jobs.status import Status
from dmod.scheduler.lock import Lock
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUEUE = Path(".dmod/queue.db")


@pytest.fixture(autouse=True)
def here():
    project.create(Path())


def order(name: str, **more: object) -> Order:
    data = {"kind": "command", "name": name, "command": {"argv": ["/bin/true", name]}}
    spec = kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults())
    return Order(spec, Path("/"), **more)  # type: ignore[arg-type]


@pytest.fixture
def queue() -> Iterator[Queue]:
    opened = Queue(QUEUE)
    yield opened
    opened.close()


@pytest.fixture
def six(queue: Queue, advance: Callable[..., None]) -> Queue:
    """Six jobs: a, b, c, a, b, c; the first three have run, each longer than the one before."""
    queue.submit_all([order(name) for name in "abcabc"])
    for number in (1, 2, 3):
        advance(queue, number, Status.RUNNING)
        advance(queue, number, Status.FAILED if number == 2 else Status.COMPLETED, "exit code 3", code=0)
        with queue.transaction() as write:
            write.execute(
                "update job set submitted = ?, started = 1000, ended = ?, cpu = ?, peak = ? where id = ?",
                (1000 + number, 1000 + 10 * number, 4 - number, 2**20 * (number % 3 + 1), number),
            )
    return queue


def ids(dmod, *words: str) -> list[int]:
    said = dmod("job", "list", "-o", "name", *words)
    assert said.code == 0, said.err
    return [int(line) for line in said.lines]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), [1, 2, 3, 4, 5, 6]),
        (("--state", "failed"), [2]),
        (("--state", "failed,completed"), [1, 2, 3]),
        (("--state", "active"), [4, 5, 6]),
        (("--name", "a"), [1, 4]),
        (("--name", "[!a]"), [2, 3, 5, 6]),
        (("--kind", "simulation"), []),
        (("--since", "2h"), [4, 5, 6]),
        (("--until", "2000-01-01"), [1, 2, 3]),
        (("--since", "1970-01-01T00:16:42", "--until", "1970-01-01T00:16:43"), [2]),
        (("2-4", "--name", "a"), [4]),
        (("last",), [6]),
        (("b",), [5]),
        (("--limit", "2"), [5, 6]),
        (("--limit", "2", "--before", "5"), [3, 4]),
        (("--limit", "2", "--state", "active"), [5, 6]),
        (("1-6", "--limit", "2"), [5, 6]),
        (("--sort=-id", "--limit", "2"), [6, 5]),
        (("--reverse", "--limit", "2"), [6, 5]),
        (("--sort", "name", "--limit", "3"), [1, 4, 2]),
        (("--sort", "runtime"), [1, 2, 3, 4, 5, 6]),
        (("--sort", "-runtime"), [3, 2, 1, 6, 5, 4]),
        (("--sort", "runtime", "--reverse", "--limit", "1"), [3]),
        (("--sort", "-ended", "--limit", "1"), [3]),
        (("--sort", "-cpu", "--limit", "2"), [1, 2]),
        (("--sort", "-memory", "--limit", "2"), [2, 1]),
        (("--sort", "submitted", "--limit", "1"), [1]),
    ],
)
@pytest.mark.usefixtures("six")
def test_jobs_are_chosen_and_ordered(dmod, words: tuple[str, ...], found: list[int]):
    assert ids(dmod, *words) == found


@pytest.mark.usefixtures("six")
def test_what_is_left_out_is_said_and_how_to_see_it(dmod):
    assert dmod("job", "list", "--limit", "2").err == "next page: dmod job list --limit 2 --before 5\n"
    said = dmod("job", "list", "--limit", "2", "--state", "active", "--name", "?")
    assert (
        said.err
        == "next page: dmod job list --state queued,staging,running,collecting --name '?' --limit 2 --before 5\n"
    )
    assert dmod("job", "list", "--limit", "2", "--sort", "cpu").err == "there are more: --limit 4, or --all\n"
    assert dmod("job", "list", "--limit", "6").err == ""
    assert dmod("job", "list", "--all").err == ""


def test_the_pages_have_each_job_once(dmod, queue: Queue):
    queue.submit_all([order("many")] * 120)
    seen, words = [], ["job", "list", "-o", "name"]
    while words:
        said = dmod(*words)
        seen += [int(line) for line in reversed(said.lines)]
        words = [*said.err.split()[3:], "-o", "name"] if "next page" in said.err else []
    assert seen == list(range(120, 0, -1))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--sort", "size"), 'error: nothing is sorted by "size"'),
        (("--since", "soon"), 'error: "soon" is not a time'),
        (("--before", "3", "--sort", "cpu"), "error: --before goes by ids, so the list must, too"),
        (("--state", "done"), 'error: there is no state "done"'),
    ],
)
@pytest.mark.usefixtures("six")
def test_what_means_nothing_is_an_error(dmod, words: tuple[str, ...], error: str):
    said = dmod("job", "list", *words)
    assert (said.code, said.err.splitlines()[0]) == (2, error)


@pytest.fixture
def array(queue: Queue, advance: Callable[..., None]) -> Queue:
    """An array of four lines: the first is done, the second has failed, the third runs."""
    lines = [line_item(f"gauge-{number}") for number in range(1, 5)]
    queue.submit(order("fetch", numbers=Numbers.parse("1-4"), items=lines))
    for task, end in ((1, Status.COMPLETED), (2, Status.FAILED), (3, Status.RUNNING)):
        advance(queue, 1, Status.RUNNING, task=task)
        if end.ended:
            advance(queue, 1, end, "exit code 3: no such river", task=task, code=3)
    return queue


@pytest.mark.usefixtures("array")
def test_an_array_is_one_row(dmod):
    lines = dmod("job", "list").lines
    assert [line.split()[0] for line in lines] == ["ID", "1"]
    assert "TASKS" in lines[0]
    assert "1/4, 1 failed" in lines[1]
    (row,) = dmod("job", "list", "-o", "json").json
    assert row["tasks"] == {
        "numbers": "1-4", "size": 4, "waiting": 1, "running": 1, "completed": 1, "failed": 1, "canceled": 0,
    }  # fmt: skip


@pytest.mark.usefixtures("six")
def test_where_no_job_has_many_tasks_they_need_no_column(dmod):
    assert "TASKS" not in dmod("job", "list").lines[0]
    assert dmod("job", "list", "-o", "json").json[0]["tasks"] is None


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("1/",), ["1/1", "1/2", "1/3", "1/4"]),
        (("--tasks", "1"), ["1/1", "1/2", "1/3", "1/4"]),
        (("--tasks",), ["1/1", "1/2", "1/3", "1/4"]),
        (("fetch/2-3",), ["1/2", "1/3"]),
        (("1/", "--state", "failed"), ["1/2"]),
        (("1/", "--state", "queued"), ["1/4"]),
        (("1/", "--state", "queued,failed", "--limit", "1"), ["1/2"]),
        (("1/", "--state", "active"), ["1/3", "1/4"]),
        (("1/", "--limit", "1"), ["1/1"]),
        (("1/", "--sort=-id"), ["1/4", "1/3", "1/2", "1/1"]),
    ],
)
@pytest.mark.usefixtures("array")
def test_its_tasks_are_listed(dmod, words: tuple[str, ...], found: list[str]):
    assert dmod("job", "list", "-o", "name", *words).lines == found


@pytest.mark.usefixtures("array")
def test_a_task_tells_what_it_is_for_and_why_it_failed(dmod):
    said = dmod("job", "list", "1/").lines
    assert said[0].split() == ["TASK", "STATE", "ATTEMPT", "STARTED", "RUNTIME", "FOR", "WHY"]
    assert said[2].endswith("gauge-2  exit code 3: no such river")
    assert said[4].endswith("gauge-4  the scheduler is not running: dmod scheduler start")
    assert dmod("job", "list", "1/", "--limit", "2").err == "2 of 4 tasks; the others: --all, or --limit 4\n"


@pytest.mark.usefixtures("array")
def test_a_task_that_is_not_there_is_an_error(dmod):
    said = dmod("job", "list", "1/9")
    assert (said.code, said.err.splitlines()[:2]) == (3, ["error: job 1 has no task 9", "  why: they are 1-4"])


def test_a_held_job_says_so_and_one_far_behind_how_far(dmod, queue: Queue):
    queue.submit_all([order("first", held=True), *[order("next")] * 2_100])
    assert dmod("job", "list", "1", "-o", "json").json[0]["why"] == "held: dmod job release 1"
    lock = Lock(Path(".dmod"))
    lock.take()
    said = [row["why"] for row in dmod("job", "list", "1-2", "last", "-o", "json").json]
    lock.give()
    assert (said[0], said[2]) == ("held: dmod job release 1", "behind 2,100 other jobs")
    assert not said[1].startswith("behind 1 other")  # of those near the front it is known in numbers


def test_a_job_that_is_not_shown_is_not_read(dmod, queue: Queue):
    queue.submit_all([order("many")] * 100)
    with queue.transaction() as write:
        write.execute("update job set status = 'no status' where id < 50")
    assert ids(dmod) == list(range(51, 101))
    assert ids(dmod, "77") == [77]


def test_what_was_canceled_with_its_job_has_not_failed(dmod, queue: Queue, advance: Callable[..., None]):
    queue.submit(order("fetch", numbers=Numbers.parse("1-4")))
    advance(queue, 1, Status.RUNNING, task=1)
    advance(queue, 1, Status.FAILED, "exit code 3", task=1, code=3)
    queue.cancel(1)
    assert [row["status"] for row in dmod("job", "list", "1/", "-o", "json").json] == ["failed", *["canceled"] * 3]
    assert dmod("job", "list", "1/3", "-o", "json").json[0]["status"] == "canceled"
    assert dmod("job", "list", "1/", "--state", "canceled", "--limit", "2", "-o", "name").lines == ["1/2", "1/3"]


@pytest.mark.usefixtures("six")
def test_watching_adds_a_line_for_each_change_and_ends_with_those_that_are_named(advance, capfd):
    def happen() -> None:
        queue = Queue(QUEUE)
        for to in (Status.STAGING, Status.RUNNING, Status.COLLECTING, Status.COMPLETED):
            time.sleep(0.3)
            advance(queue, 4, to, code=0)
        queue.close()

    meanwhile = threading.Thread(target=happen)
    meanwhile.start()
    assert main(["job", "list", "3-4", "--watch"]) == 0
    meanwhile.join()
    first, *lines = capfd.readouterr().out.splitlines()
    assert first.split() == ["TIME", "ID", "NAME", "STATE", "TASKS", "RUNTIME", "WHY"]
    assert [line.split()[2:6:3] for line in lines] == [["3", "completed"], ["4", "queued"]] + [
        ["4", each] for each in ("staging", "running", "collecting", "completed")
    ]
    assert not any("\x1b" in line or "\r" in line for line in lines)


@pytest.mark.usefixtures("six")
def test_watching_a_state_tells_of_jobs_that_leave_it(capfd):
    def happen() -> None:
        queue = Queue(QUEUE)
        time.sleep(0.3)
        queue.cancel(5)
        queue.close()

    meanwhile = threading.Thread(target=happen)
    meanwhile.start()
    assert main(["job", "list", "--state", "queued", "--watch", "-o", "jsonl", "--timeout", "1s"]) == 7
    meanwhile.join()
    said = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(each["id"], each["status"]) for each in said] == [
        (4, "queued"), (5, "queued"), (6, "queued"), (5, "canceled")
    ]  # fmt: skip


@pytest.mark.usefixtures("six")
def test_what_cannot_be_watched(dmod):
    said = dmod("job", "list", "--watch", "-o", "yaml")
    assert (said.code, "-o jsonl" in said.err) == (2, True)
    said = dmod("job", "list", "2/", "--watch")
    assert (said.code, "dmod job watch" in said.err) == (2, True)
