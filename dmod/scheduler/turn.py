"""Turn: look, decide, and write it down in one transaction; only then is it done.

It may be killed at any line: the queue says what was begun, the shepherd what became of it.
"""

from __future__ import annotations

import errno
import logging
import math
import shutil
import time
from typing import TYPE_CHECKING, NamedTuple

from dmod import layout
from dmod.errors import DmodError, UnreachableError
from dmod.executors.executor import Ended, Started
from dmod.jobs.launch import trace
from dmod.jobs.retry import Failure
from dmod.jobs.status import Status
from dmod.scheduler import retrial
from dmod.scheduler.ledger import Ledger
from dmod.scheduler.pulse import Tally
from dmod.scheduler.running import Task
from dmod.scheduler.step import MOST, impossible, step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dmod.executors.executor import Executor
    from dmod.jobs.launch import Key
    from dmod.jobs.resources import Node, Resources
    from dmod.scheduler.active import Active
    from dmod.scheduler.backlog import Backlog
    from dmod.scheduler.catalog import Catalog
    from dmod.scheduler.collector import Collected, Collector
    from dmod.scheduler.queue import Queue
    from dmod.scheduler.running import Running

LAZY = 0.02  # seconds that it may take until the queue says that a task runs
FULL = (errno.ENOSPC, errno.EDQUOT)
log = logging.getLogger("dmod.scheduler")


class Broken(NamedTuple):
    """A task that could not be started."""

    key: Key
    attempt: int
    failure: Failure


class Turn:
    """What the scheduler does each time it wakes."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it works on
        self,
        queue: Queue,
        backlog: Backlog,
        catalog: Catalog,
        running: Running,
        executor: Executor,
        collector: Collector,
        nodes: Sequence[Node],
        grace: float,
    ) -> None:
        self.queue, self.backlog, self.catalog, self.running = queue, backlog, catalog, running
        self.executor, self.collector, self.nodes, self._grace = executor, collector, nodes, grace
        self.changed: set[int] = set()  # jobs that others have changed
        self.tally = Tally()
        self._started: list[Started] = []  # not yet in the queue
        self._broken: list[Broken] = []
        self._never: set[Resources] = set()  # what no node could run
        self._more = True  # whether there may be more to decide
        self._decided = 0.0  # when that was, seconds since 1970

    def take(self, *, starting: Callable[[], bool]) -> None:
        """Go on until there is nothing to do; `starting`: whether tasks may be started."""
        while (ends := self._hear()) or self._called():
            done, broken = list(self.collector.done()), self._broken
            self._broken, self._more = [], False
            with self.queue.transaction() as write:
                ledger = Ledger(write, self.backlog, time.time())
                self._refresh(ledger)
                self._say_started(ledger)
                for each in broken:
                    self._fail(ledger, each.key, each.attempt, each.failure)
                made = [task for end in ends if (task := self._ended(ledger, end))]
                for collected in done:
                    self._collected(ledger, collected)
                deciding = starting()
                fresh = self._decide(ledger) if deciding else []
                ledger.close()
            self._more |= deciding and self.backlog.fresh  # a job whose need has just ended
            self.tally.ended += len(ends)
            for job in ledger.ended:
                self.catalog.forget(job.id)
            self.executor.forget([(end.key, end.attempt) for end in ends])
            for key, attempt in made:
                self.collector.put(self.catalog.task(key, attempt), self.catalog.folder(key))
            self.launch(fresh)
            self._stop()

    def moment(self, now: float) -> float:
        """In how many seconds there is something to do though nobody calls; `now` on the clock of the wall."""
        late = self._started[0].time + LAZY if self._started else math.inf
        return min(late - now, self.backlog.due(self._decided) - now, self.running.moment() - time.monotonic())

    def launch(self, fresh: Sequence[tuple[Key, int]]) -> None:
        """Start tasks that hold their allocations; one that cannot start fails in the next turn, and says why."""
        programs = []
        for key, attempt in fresh:
            task = self.running.tasks[key]
            folder = task.program.folder
            try:
                changed = self.catalog.lay_out(key, attempt, folder)
                task.program = self.catalog.program(key, attempt, folder, task.program.cpus)
            except Exception as error:  # noqa: BLE001 - what is wrong with one task must not end the others
                self._broken.append(Broken(key, attempt, _unstartable(key, error)))
                continue
            task.note = f"changed since it was submitted: {', '.join(changed)}" if changed else ""
            programs.append(task.program)
        if programs:
            self.executor.start(programs)

    def _hear(self) -> list[Ended]:
        """The ends that the executor tells; starts are kept until something is written, or for a moment."""
        news = self.executor.news()
        for told in news:
            task = self.running.tasks.get(told.key)
            if isinstance(told, Started) and task is not None:
                task.handle = told.handle
                task.since = time.monotonic() - max(0.0, time.time() - told.time)  # its time limit counts from there
                self._started.append(told)
        return [told for told in news if isinstance(told, Ended)]

    def _called(self) -> bool:
        """Whether there is something to do."""
        if self._more or self._broken or self.collector.ready or self.queue.version() != self.backlog.version:
            return True
        return self.moment(time.time()) <= 0

    def _refresh(self, ledger: Ledger) -> None:
        """See what others have changed."""
        self.changed |= self.backlog.refresh()
        for number in sorted(self.changed):
            self.catalog.forget(number)
            job = self.backlog.jobs.get(number)
            if job is None or not job.waiting:
                continue
            if job.doomed or job.stop:
                ledger.cancel_waiting(job, job.doomed or job.stop)
            elif self._impossible(job):
                ledger.cancel_waiting(job, impossible(job.wanted, self.nodes), Status.FAILED)

    def _impossible(self, job: Active) -> bool:
        """Whether no node could ever run a task of a job."""
        if job.wanted not in self._never and impossible(job.wanted, self.nodes):
            self._never.add(job.wanted)
        return job.wanted in self._never

    def _say_started(self, ledger: Ledger) -> None:
        """Write down which tasks run."""
        for told in self._started:
            job, task = self.backlog.jobs.get(told.key[0]), self.running.tasks.get(told.key)
            if job is not None and task is not None:
                if job.started is None:
                    ledger.comes_from(job, self.catalog.origin(job.id))
                if task.note:
                    ledger.differs(job)
                ledger.running(job, told.key[1], told.handle, told.time, task.note)
        self._started.clear()

    def _ended(self, ledger: Ledger, end: Ended) -> tuple[Key, int] | None:
        """Write down that a program has ended; its task if there is an output to collect."""
        task, job = self.running.pop(end.key), self.backlog.jobs.get(end.key[0])
        if task is None or job is None:
            return None
        number, collects = end.key[1], self.catalog.collects(job.id)
        ledger.used(job.id, number, end.usage)
        if not (task.canceled or task.reason or end.code):
            if collects:
                ledger.collecting(job, number, end.code)
                return end.key, end.attempt
            ledger.finished(job, number, Status.COMPLETED, code=0)
            return None
        folder = task.program.folder
        if collects:
            shutil.rmtree(folder / f"{layout.OUTPUT}.partial", ignore_errors=True)
        if task.canceled:
            ledger.finished(job, number, Status.CANCELED, task.canceled, end.code if end.code >= 0 else None)
        else:
            failure = retrial.failure_of(end, self.catalog.job(job.id), folder, task.reason)
            retrial.fail(ledger, job, self.catalog.spec(job.id), (number, end.attempt), failure)
        return None

    def _fail(self, ledger: Ledger, key: Key, attempt: int, failure: Failure) -> None:
        """Write down that a task has failed without an end of its program."""
        self.running.pop(key)
        job = self.backlog.jobs.get(key[0])
        if job is not None:
            retrial.fail(ledger, job, self.catalog.spec(job.id), (key[1], attempt), failure)

    def _collected(self, ledger: Ledger, made: Collected) -> None:
        """Write down that an output is a dataset now, or cannot be one."""
        job = self.backlog.jobs.get(made.job)
        if made.error is not None:
            failure = Failure("output", f"its output cannot be kept: {made.error.message}")
            self._fail(ledger, (made.job, made.task), made.attempt, failure)
        elif job is not None:
            said = [f"dataset {made.dataset}"] if made.dataset else []
            note = "; ".join([*said, *([f"WARNING: {made.doubt}"] if made.doubt else [])])
            ledger.finished(job, made.task, Status.COMPLETED, note)

    def _decide(self, ledger: Ledger) -> list[tuple[Key, int]]:
        """The tasks that start now, with their attempts; they hold their allocations."""
        begun, self._decided, self.backlog.fresh = time.perf_counter(), ledger.now, False
        usable = [node for node in self.nodes if node.name not in self.backlog.drained]
        now, waiting = time.monotonic(), self.backlog.waiting(ledger.now)
        starts = step(waiting, usable, self.running.free(usable), self.running.holding(now), now, grace=self._grace)
        spent = time.perf_counter() - begun
        fresh: list[tuple[Key, int]] = []
        for start in starts:
            job = self.backlog.jobs[start.job]
            tasks = job.take(len(start.allocations), ledger.now)
            for (number, attempt), held in zip(tasks, start.allocations, strict=True):
                key, bound = (job.id, number), self.running.bind(held, self.nodes)
                ledger.staged(job, number, attempt, held, bound)
                program = trace(key, attempt, self.catalog.folder(key), bound)
                self.running.add(key, Task(program, job.wanted, held, {}, time.monotonic()))
                fresh.append((key, attempt))
        self.tally.decided(spent, len(fresh))
        self._more = len(fresh) >= MOST
        return fresh

    def _stop(self) -> None:
        """Ask tasks to end whose users or time limits say so."""
        changed, self.changed = self.changed, set()
        for number in changed:
            job = self.backlog.jobs.get(number)
            if job is None or not job.running:
                continue
            if job.stop:
                self.running.cancel([key for key in self.running.tasks if key[0] == number], job.stop)
            else:
                for task, why in self.queue.stops(number):
                    self.running.cancel([(number, task)], why)
        self.running.enforce()


def _unstartable(key: Key, error: Exception) -> Failure:
    """Why a task cannot start; but one for want of room waits, else a full disk would fail them all."""
    if isinstance(error, OSError) and error.errno in FULL:
        raise UnreachableError(f"job {key[0]} cannot start: {error}", fix="dmod doctor") from error
    if not isinstance(error, DmodError | OSError):
        log.error("task %d of job %d cannot start", key[1], key[0], exc_info=error)
    return retrial.unstartable(error)
