"""The scheduler's process: one loop that takes turns, woken by commands, ends of programs, and time."""

from __future__ import annotations

import logging
import os
import selectors
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from dmod.data.cache import CachedStore
from dmod.data.folder import FolderStore
from dmod.errors import UnreachableError
from dmod.executors.places import Places
from dmod.jobs.launch import trace
from dmod.jobs.status import Status
from dmod.scheduler import database, lock
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.catalog import Catalog
from dmod.scheduler.collector import Collector
from dmod.scheduler.limits import Limits
from dmod.scheduler.nodes import nodes
from dmod.scheduler.outgoing import Outgoing
from dmod.scheduler.pulse import Pulse
from dmod.scheduler.queue import Queue
from dmod.scheduler.running import Running, Task
from dmod.scheduler.turn import Turn

if TYPE_CHECKING:
    from dmod.jobs.launch import Program
    from dmod.project import Project
    from dmod.scheduler import rows

NET = 1.0  # seconds after which the queue is looked at though nobody called
log = logging.getLogger("dmod.scheduler")


class Daemon:
    """The scheduler of one project."""

    def __init__(self, project: Project) -> None:
        database.check(project.queue)
        config, self.project, self.queue = project.config, project, Queue(project.queue)
        self._inode = project.queue.stat().st_ino
        self.leaving = False
        self.draining = False  # nothing is started any more
        self._ear = lock.listen(project.state)
        self._executor = Places(project.state)
        tell, kept = (lambda: lock.wake(project.state)), Outgoing(project).put
        self._collector = Collector(FolderStore(project.datasets), tell, kept)
        self._backlog = Backlog(self.queue, Limits(config.limits))
        self._catalog = Catalog(project, self.queue, CachedStore(project.datasets, project.cache))
        grace = float(config.scheduler.grace)
        self._running = Running(self._executor, grace, sorted(os.sched_getaffinity(0)))
        self._turn = Turn(
            self.queue,
            self._backlog,
            self._catalog,
            self._running,
            self._executor,
            self._collector,
            nodes(config),
            grace,
        )
        self._pulse = Pulse(project.state, self._turn.tally)
        log.addHandler(self._pulse)  # it keeps the last error
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._selector.register(self._executor, selectors.EVENT_READ)
        self._busy_until = time.monotonic()

    @property
    def busy(self) -> bool:
        """Whether anything waits or runs."""
        return bool(self._backlog.jobs) or self._collector.working > 0

    def run(self) -> None:
        """Adopt what runs, and work until told to leave or nothing has been there to do for long."""
        self._adopt()
        while not self.leaving:
            self._same_queue()
            self._turn.take(starting=lambda: not (self.draining or self.leaving))
            if self.busy:
                self._busy_until = time.monotonic()
            elif self._idle():
                break
            self._pulse.beat()
            self._sleep()
        self._pulse.write()
        log.removeHandler(self._pulse)
        log.info("leaving; %d tasks go on", len(self._running.tasks))
        self._executor.close()

    def _idle(self) -> bool:
        patience = self.project.config.scheduler.idle_exit
        return bool(patience) and time.monotonic() - self._busy_until >= patience

    def _same_queue(self) -> None:
        """Whoever has deleted the file or put another in its place submits to that one. Raises UnreachableError."""
        try:
            inode = self.project.queue.stat().st_ino
        except OSError:
            inode = 0
        if inode != self._inode:
            raise UnreachableError(f"{self.project.queue} is not the file it was")

    def _adopt(self) -> None:
        """Take over what an earlier scheduler left: running programs, half-staged tasks, outputs to collect."""
        self._turn.changed |= self._backlog.refresh()
        left: list[tuple[Program, dict[str, object]]] = []
        for task in self.queue.begun():
            if task.status is Status.COLLECTING:
                self._collector.put(self._catalog.task(task.key, task.attempt), self._catalog.folder(task.key))
                continue
            program = self._program(task)
            since = task.started.timestamp() if task.started else time.time()
            begun = time.monotonic() - max(0.0, time.time() - since)
            wanted = self._backlog.jobs[task.job].wanted
            self._running.add(task.key, Task(program, wanted, task.allocation, task.handle, begun))
            left.append((program, task.handle))
            log.info("adopted task %d of job %d", task.number, task.job)
        never = self._executor.adopt(left)
        self._turn.launch([(program.key, program.attempt) for program, _ in left if program.key in never])

    def _program(self, task: rows.Task) -> Program:
        """The program of a task that was begun, or as much as is known of it."""
        folder = self._catalog.folder(task.key)
        try:
            return self._catalog.program(task.key, task.attempt, folder, task.bound)
        except Exception as error:  # noqa: BLE001 - it may have begun nevertheless
            log.info("task %d of job %d: %s", task.number, task.job, error)
            return trace(task.key, task.attempt, folder, task.bound, self._catalog.spec(task.job).executor)

    def _sleep(self) -> None:
        """Wait for a call, an end, or the next moment that matters."""
        moment = self._turn.moment(time.time())
        for key, _ in self._selector.select(min(max(moment, 0.0), NET)):
            if key.fileobj is self._ear:
                with suppress(BlockingIOError):
                    while self._ear.recv(64):
                        pass
