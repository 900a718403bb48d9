"""Whatever users and scheduler do in whatever order: jobs add up to their tasks, and memory is what the queue says."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dmod.errors import ConflictError, NotFoundError
from dmod.executors.executor import Usage
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.status import Status
from dmod.scheduler.active import NOBODY
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.ledger import Ledger
from dmod.scheduler.limits import Limits
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from dmod.jobs.job import Job
    from dmod.scheduler.active import Active

WHICH = st.integers(0, 3)
LIMITS = Limits({"a*": 2, "*b": 3})
NOOP = kinds.from_json('{"kind": "command", "name": "", "resources": {}, "command": {"argv": ["/bin/true"]}}')
ACTS = ("run", "collect", "complete", "fail", "again", "later", "lose the rest", "never")


def standing(job: Job, statuses: list[Status]) -> Status:
    """What the tasks of a job come to."""
    if not job.array:
        return statuses[0]
    if any(status in {Status.STAGING, Status.RUNNING, Status.COLLECTING} for status in statuses):
        return Status.RUNNING
    ways = (Status.QUEUED, Status.FAILED, Status.CANCELED)
    return next((way for way in ways if way in statuses), Status.COMPLETED)


class Bookkeeping(RuleBasedStateMachine):
    """Users on one connection, the scheduler on another."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "queue.db"
        self.users, self.queue = Queue(path), Queue(path)
        for each in (self.users, self.queue):
            each.read("pragma synchronous = off")
        self.backlog, self.now = Backlog(self.queue, LIMITS), 1000.0
        self.begun: dict[tuple[int, int], int] = {}  # the attempts that run
        self.ever: set[tuple[int, int, int]] = set()

    def teardown(self) -> None:
        self.users.close()
        self.queue.close()
        self.folder.cleanup()

    def some(self, which: int) -> int:
        """One of the jobs, rather a new one."""
        newest = self.users.read("select coalesce(max(id), 0) from job")[0][0]
        return max(1, newest - which)

    @rule(
        name=st.sampled_from(["a", "b", "ab", "c"]),
        numbers=st.sampled_from(["", "", "1-3", "1-6", "2-8:3"]),
        at_once=st.integers(0, 2),
        need=st.none() | st.tuples(WHICH, st.sampled_from(["after", "after_any"])),
        held=st.booleans(),
    )
    def submit(
        self, name: str, numbers: str, at_once: int, need: tuple[int, str] | None, *, held: bool
    ) -> None:  # fmt: skip
        needs = {need[1]: [self.some(need[0])]} if need else {}
        wanted = Numbers.parse(numbers) if numbers else None
        spec = replace(NOOP, name=name, at_once=at_once)
        with suppress(ConflictError, NotFoundError):
            self.users.submit(Order(spec, Path("/"), numbers=wanted, held=held, **needs))

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        with suppress(ConflictError, NotFoundError):
            self.users.cancel(self.some(which))

    @rule(which=WHICH, task=st.integers(1, 8))
    def cancel_a_task(self, which: int, task: int) -> None:
        with suppress(ConflictError, NotFoundError):
            self.users.cancel(self.some(which), task)

    @rule(which=WHICH, tasks=st.sets(st.integers(1, 8), max_size=3), failed=st.booleans())
    def retry(self, which: int, tasks: set[int], *, failed: bool) -> None:
        with suppress(ConflictError, NotFoundError):
            self.users.retry(self.some(which), sorted(tasks), failed=failed)

    @rule(which=WHICH, release=st.booleans())
    def hold(self, which: int, *, release: bool) -> None:
        with suppress(ConflictError, NotFoundError):
            (self.users.release if release else self.users.hold)(self.some(which))

    @rule(starts=st.integers(0, 4), acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9)), max_size=5))
    def turn(self, starts: int, acts: list[tuple[str, int]]) -> None:
        self.now += 1
        with self.queue.transaction() as write:
            ledger = Ledger(write, self.backlog, self.now)
            for number in sorted(self.backlog.refresh()):
                job = self.backlog.jobs.get(number)
                if job is not None and job.waiting and (job.doomed or job.stop):
                    ledger.cancel_waiting(job, job.doomed or job.stop)
            for act, which in acts:
                if self.begun:
                    self.act(ledger, act, list(self.begun)[which % len(self.begun)])
            for wanted in list(islice(self.backlog.waiting(self.now), starts)):
                self.start(ledger, self.backlog.jobs[wanted.job], min(wanted.tasks, starts))
            ledger.close()
        self.agree()

    def start(self, ledger: Ledger, job: Active, most: int) -> None:
        tasks = job.take(most, self.now)
        assert len(tasks) == most  # `waiting` promised so many
        for number, attempt in tasks:
            assert (job.id, number, attempt) not in self.ever
            self.ever.add((job.id, number, attempt))
            self.begun[job.id, number] = attempt
            ledger.staged(job, number, attempt, (), (number,))

    def act(self, ledger: Ledger, act: str, key: tuple[int, int]) -> None:
        job, number, attempt = self.backlog.jobs[key[0]], key[1], self.begun[key]
        if act == "run":
            ledger.running(job, number, {"pid": 7}, self.now)
        elif act == "collect":
            ledger.collecting(job, number, 0)
        elif act in {"lose the rest", "never"}:
            if job.waiting:
                ledger.cancel_waiting(job, "why", Status.FAILED if act == "never" else Status.CANCELED)
        else:
            del self.begun[key]
            ledger.used(job.id, number, Usage(0.5, 1000, 10, 20))
            if act in {"again", "later"} and not job.stop:
                ledger.again(job, number, attempt, self.now + 3 if act == "later" else 0.0, "it broke")
            else:
                status = {"complete": Status.COMPLETED, "fail": Status.FAILED}.get(act, Status.CANCELED)
                ledger.finished(job, number, status, "so it was", 0 if act == "complete" else 3)

    def agree(self) -> None:
        """What is kept in memory is what another scheduler would read now."""
        anew = Backlog(self.users, LIMITS)
        anew.refresh()
        plain, kept = ({number: bare(job) for number, job in each.jobs.items()} for each in (anew, self.backlog))
        assert kept == plain
        assert list(self.backlog.waiting(self.now)) == list(anew.waiting(self.now))
        assert self.backlog.due(self.now) == anew.due(self.now)
        assert {(task.job, task.number): task.attempt for task in self.users.begun()} == self.begun

    @invariant()
    def jobs_add_up_to_their_tasks(self) -> None:
        for job in self.users.jobs():
            tasks = self.users.tasks(job.id)
            statuses = [task.status for task in tasks]
            assert len(tasks) == job.size
            assert job.status is standing(job, statuses)
            going = len(statuses) - sum(status.ended or status is Status.QUEUED for status in statuses)
            told = (job.running, job.completed, job.failed, job.canceled, job.waiting)
            ways = (Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.QUEUED)
            assert told == (going, *map(statuses.count, ways))
            assert (job.ended is not None) == job.status.ended
            assert not (job.status.ended and job.stop)
            assert job.cpu == sum(task.cpu for task in tasks)
            assert job.peak == max(task.peak for task in tasks)


def bare(job: Active) -> Active:
    """Without what decides nothing any more."""
    return replace(job, skipped=NOBODY) if job.begun == job.size else job


Bookkeeping.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestBookkeeping = Bookkeeping.TestCase
