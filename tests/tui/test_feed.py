"""What the dashboard reads and keeps while many tasks move."""

from __future__ import annotations

import time

import pytest

from dmod.jobs.status import Status
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.ledger import Ledger
from dmod.scheduler.limits import Limits
from tui.feed import PAST, Feed
from tui.waits import DOWN, MOST


def turn(stage, job: int, tasks: int) -> None:
    """So many tasks of an array run and end, in one transaction."""
    backlog = Backlog(stage.queue, Limits({}))
    backlog.refresh()
    with stage.queue.transaction() as write:
        ledger, active = Ledger(write, backlog, time.time()), backlog.jobs[job]
        for number, attempt in active.take(tasks, 0):
            ledger.staged(active, number, attempt, (), ())
            ledger.running(active, number, {}, time.time())
            ledger.finished(active, number, Status.COMPLETED, code=0)
        ledger.close()


@pytest.fixture
def feed(stage):
    stage.queue  # noqa: B018 - it makes the file
    made = Feed(stage.project, clock=stage.clock)
    with stage.scheduler():
        made.look()
        yield made
    made.close()


def counted(feed: Feed) -> list[int]:
    """How many rows every query brings from now on."""
    said, read = [], feed.queue.read

    def count(query, values=()):
        rows = read(query, values)
        said.append(len(rows))
        return rows

    feed.queue.read = count
    return said


@pytest.mark.parametrize("tasks", [10, 900])
def test_a_look_reads_the_job_once_however_many_of_its_tasks_moved(stage, feed, tasks):
    job = stage.array("ensemble", "1-10000")
    feed.look()
    feed.settle()
    said = counted(feed)
    turn(stage, job, tasks)
    assert feed.look()
    feed.settle()
    assert 0 < sum(said) < 20
    assert [entry.id for entry in feed.entries.values()] == [job]
    assert feed.entries[job].tasks.completed == tasks


def test_of_events_the_newest_are_kept(stage, feed):
    job = stage.array("ensemble", "1-10000")
    turn(stage, job, 900)
    feed.look()
    first = feed.happenings()
    assert len(first) == PAST
    assert first[-1].label == str(job)
    assert feed.happenings() is None
    turn(stage, job, 10)
    feed.look()
    then = feed.happenings()
    assert len(then) == PAST
    assert then[-2].label == f"{job}/910"
    assert then[0].id > first[0].id


def test_why_the_next_wait_is_said_once_the_first_have_started(stage, feed):
    jobs = [stage.command("noah", cpus=3) for _ in range(MOST + 20)]
    feed.look()
    feed.settle()
    assert feed.entries[jobs[1]].waits == "needs 3 cpus, 1 free"
    assert not feed.entries[jobs[-1]].waits  # it waits for those
    for job in jobs[:300]:
        stage.queue.cancel(job)
    feed.look()
    feed.settle()
    assert feed.entries[jobs[-1]].waits == "needs 3 cpus, 1 free"
    assert not feed.entries[jobs[0]].waits


def test_without_a_scheduler_that_is_why(stage):
    job, held = stage.command("noah"), stage.command("held", held=True)
    feed = Feed(stage.project, clock=stage.clock)
    feed.look()
    feed.settle()
    assert feed.entries[job].waits == DOWN
    with stage.scheduler():
        feed.settle()
        assert feed.entries[job].waits == "next"
        assert feed.entries[held].waits == f"held: dmod job release {held}"
    feed.close()
