"""What a list shows is chosen by the database: only that is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmod import toml_file
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.status import Status
from dmod.scheduler import listing
from dmod.scheduler.listing import Wanted
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def order(name: str, priority: int = 50, **more: object) -> Order:
    data = {"kind": "command", "name": name, "priority": priority, "command": {"argv": ["/bin/true"]}}
    return Order(kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults()), Path("/"), **more)  # type: ignore[arg-type]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """Seven jobs of different priorities; the fifth is done."""
    opened = Queue(tmp_path / "queue.db")
    opened.submit_all([order(f"job-{at}", priority) for at, priority in enumerate([50, 90, 10, 50, 0, 90, 50], 1)])
    opened.cancel(5)
    yield opened
    opened.close()


def test_how_many_come_before_each(queue: Queue):
    ahead = {2: 0, 6: 1, 1: 2, 4: 3, 7: 4, 3: 5}
    assert listing.behind(queue, list(range(1, 8))) == ahead
    assert listing.behind(queue, [7]) == {7: 4}
    assert listing.behind(queue, [5, 99]) == {}  # they do not wait


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("3", [3, 7]),
        ("2-4", [2, 3, 4, 7]),
        ("3/1-9", [3, 7]),
        ("last", [7]),
        ("job-2", [2, 7]),
        ("job-[!1-5]", [6, 7]),
        ("99999999999999999999", [7]),
        ("nobody", [7]),
    ],
)
def test_only_jobs_that_a_word_may_mean_are_read_and_the_last(queue: Queue, word: str, ids: list[int]):
    assert [head.id for head in listing.heads(queue, [word])] == ids


def test_filters_go_together(queue: Queue):
    wanted = Wanted(status=[Status.QUEUED], name="job-*", before=6, order="name", descending=True, limit=2)
    assert [job.id for job in listing.jobs(queue, wanted)] == [4, 3]
    assert [job.id for job in listing.jobs(queue, Wanted(ids=[7, 1, 99]))] == [1, 7]
    assert listing.jobs(queue, Wanted(kind="simulation")) == []


def test_what_waits_is_counted_by_what_it_waits_for(queue: Queue, advance: Callable[..., None]):
    queue.submit_all([order("array", numbers=Numbers.parse("1-10")), order("held", held=True)])
    queue.submit(order("after", after=[8]))
    advance(queue, 8, Status.RUNNING, task=1)
    assert listing.standing(queue) == {"waiting": 6 + 9 + 1 + 1, "running": 1, "held": 1, "depends": 1}
    assert listing.ended(queue, 0.0) == {"canceled": 1}
    assert listing.ended(queue, 2e9) == {}


def test_failures_are_grouped_by_reason_the_most_first(queue: Queue, advance: Callable[..., None]):
    job = queue.submit(order("array", numbers=Numbers.parse("1-5")))
    for task, code in ((1, 4), (2, 3), (4, 3)):
        advance(queue, job, Status.RUNNING, task=task)
        advance(queue, job, Status.FAILED, f"exit code {code}", task=task, code=code)
    assert listing.failures(queue, job) == [("exit code 3", 3, [2, 4]), ("exit code 4", 4, [1])]


def test_the_first_tasks_of_an_array_are_read_alone(queue: Queue, advance: Callable[..., None]):
    job = queue.get(queue.submit(order("array", numbers=Numbers.parse("1-1000"))))
    advance(queue, job.id, Status.RUNNING, task=1)
    advance(queue, job.id, Status.COMPLETED, task=1, code=0)
    job = queue.get(job.id)

    def first(*status: Status) -> tuple[list[int], int]:
        found, total = listing.first(queue, job, status, 2)
        return [task.number for task in found], total

    assert first() == ([1, 2], 1000)
    assert first(Status.COMPLETED) == ([1], 1)
    assert first(Status.QUEUED) == ([2, 3], 999)
    assert first(Status.FAILED) == ([], 0)
