"""The scheduler's process: one loop that decides and acts, woken by commands, ends of programs, and time.

It may be killed at any line: the queue says what it had begun, the jobs' folders say what became of it.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import selectors
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from dmod import layout
from dmod.data.folder import FolderStore
from dmod.errors import ConflictError, DmodError, UnreachableError
from dmod.executors import EXECUTORS
from dmod.jobs.launch import Program, plan
from dmod.jobs.status import Status
from dmod.scheduler import database, lock
from dmod.scheduler.active import Active
from dmod.scheduler.collector import Collector
from dmod.scheduler.diagnose import diagnose
from dmod.scheduler.nodes import nodes
from dmod.scheduler.queue import Queue
from dmod.scheduler.stage import stage
from dmod.scheduler.step import Refuse, Seen, Start, Stop, step, wake

if TYPE_CHECKING:
    from dmod.executors.executor import Executor
    from dmod.jobs.job import Job
    from dmod.project import Project
    from dmod.scheduler.step import Action

NET = 1.0  # seconds after which the queue is looked at though nobody called
AHEAD = 64  # waiting jobs that are looked at; when one of them starts, it is looked again
FULL = (errno.ENOSPC, errno.EDQUOT)
log = logging.getLogger("dmod.scheduler")


@dataclass(slots=True)
class Running:
    """A program that runs."""

    program: Program
    handle: dict[str, Any]
    fd: int  # readable when it ends
    since: float  # when it started, on the monotonic clock: that of the wall may jump
    asked: float | None = None  # when it was asked to end, on the same clock
    reason: str = ""  # why


class Daemon:
    """The scheduler of one project."""

    def __init__(self, project: Project) -> None:
        database.check(project.queue)
        self.project = project
        self.queue = Queue(project.queue)
        self._active = Active(self.queue)
        self._inode = project.queue.stat().st_ino
        self.store = FolderStore(project.datasets)
        self.nodes = nodes(project.config)
        self._grace, self._limits = float(project.config.scheduler.grace), project.config.limits
        self.executor: Executor = EXECUTORS["local"]()
        self.running: dict[int, Running] = {}
        self.leaving = False
        self.draining = False  # nothing is started any more
        self._cpus = sorted(os.sched_getaffinity(0))
        self._ear = lock.listen(project.state)
        self._collector = Collector(self.store, lambda: lock.wake(project.state))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._busy_until = time.monotonic()

    def run(self) -> None:
        """Adopt what runs, and work until told to leave or nothing has been there to do for long."""
        self._adopt()
        while not self.leaving:
            jobs = self._turn()
            if jobs or self._collector.working:
                self._busy_until = time.monotonic()
            elif self._idle():
                return
            self._sleep(jobs)
        log.info("leaving; %d jobs go on", len(self.running))

    def _idle(self) -> bool:
        patience = self.project.config.scheduler.idle_exit
        return bool(patience) and time.monotonic() - self._busy_until >= patience

    def _turn(self) -> list[Seen]:
        """Look, decide and act, until there is nothing to do."""
        self._same_queue()
        for job, running in list(self.running.items()):
            code = self.executor.ended(running.handle, running.program)
            if code is not None:
                self._finished(job, code)
        for job_, name, error in self._collector.done():
            self._collected(job_, name, error)
        while actions := self._decide(seen := self._seen()):
            for action in actions:
                try:
                    self._act(action)
                except database.DamagedError:
                    raise
                except ConflictError as error:  # somebody canceled it this very moment
                    log.info("%s", error)
        return seen

    def _decide(self, seen: list[Seen]) -> list[Action]:
        actions = step(seen, self.nodes, time.monotonic(), grace=self._grace, limits=self._limits)
        return [action for action in actions if not (self.draining and isinstance(action, Start))]

    def _same_queue(self) -> None:
        """Whoever has deleted the file or put another in its place submits to that one. Raises UnreachableError."""
        try:
            inode = self.project.queue.stat().st_ino
        except OSError:
            inode = 0
        if inode != self._inode:
            raise UnreachableError(f"{self.project.queue} is not the file it was")

    def _act(self, action: Start | Stop | Refuse) -> None:
        match action:
            case Start(job, allocation):
                held = json.dumps([asdict(each) for each in allocation])
                self.queue.advance(job, Status.STAGING, by=(Status.QUEUED,), values={"allocation": held})
                self._start(self.queue.get(job))
            case Stop(job, reason, kill):
                running = self.running[job]
                running.asked, running.reason = time.monotonic(), reason
                self.executor.stop(running.handle, running.program, kill=kill)
            case Refuse(job, reason):
                self.queue.advance(job, Status.FAILED, reason, by=(Status.QUEUED,))

    def _start(self, job: Job) -> None:
        """Stage a job and start its program; a job that cannot start has failed, and says why."""
        folder = self.project.job_folder(job.id)
        try:
            changed = stage(job, folder, self.store)
            program = plan(job, folder, self.project.root)
            cpus = self._free_cpus(job.cpus)
            handle = {**self.executor.start(program, cpus), "cpus": cpus}
        except Exception as error:  # noqa: BLE001 - what is wrong with one job must not end the others
            self._unstartable(job, error)
            return
        note = f"changed since it was submitted: {', '.join(changed)}" if changed else ""
        self.queue.advance(job.id, Status.RUNNING, note, by=(Status.STAGING,), values={"handle": json.dumps(handle)})
        self._watch(job.id, program, handle, time.monotonic())

    def _unstartable(self, job: Job, error: Exception) -> None:
        """A job that cannot start has failed; but one for want of room waits, else a full disk would fail them all."""
        if isinstance(error, OSError) and error.errno in FULL:
            raise UnreachableError(f"job {job.id} cannot start: {error}", fix="dmod doctor") from error
        if not isinstance(error, DmodError | OSError):
            log.error("job %d cannot start", job.id, exc_info=error)
        self.queue.advance(job.id, Status.FAILED, _reason(error))

    def _watch(self, job: int, program: Program, handle: dict[str, Any], since: float) -> None:
        fd = self.executor.watch(handle)
        self.running[job] = Running(program, handle, -1 if fd is None else fd, since)
        if fd is None:
            lock.wake(self.project.state)  # it has ended already: look again at once
        else:
            self._selector.register(fd, selectors.EVENT_READ)

    def _finished(self, job: int, code: int) -> None:
        """A program has ended: collect what it made, or say why it failed."""
        running = self.running.pop(job)
        if running.fd >= 0:
            self._selector.unregister(running.fd)
            os.close(running.fd)
        found = self.queue.get(job)
        values = {"exit_code": code}
        if found.stop or running.reason or code:
            shutil.rmtree(self.project.job_folder(job) / f"{layout.OUTPUT}.partial", ignore_errors=True)
        if found.stop:
            self.queue.advance(job, Status.CANCELED, found.stop, values=values)
        elif running.reason or code:
            reason = running.reason or diagnose(self.project.job_folder(job), code)
            self.queue.advance(job, Status.FAILED, reason, values=values)
        else:
            self.queue.advance(job, Status.COLLECTING, values=values)
            self._collector.put(found, self.project.job_folder(job))

    def _collected(self, job: int, name: str, error: DmodError | None) -> None:
        if error is None:
            self.queue.advance(job, Status.COMPLETED, f"dataset {name}" if name else "", values={"reason": ""})
        else:
            self.queue.advance(job, Status.FAILED, f"its output cannot be kept: {error.message}")

    def _adopt(self) -> None:
        """Take over what an earlier scheduler left: running programs, half-staged jobs, outputs to collect."""
        for job in self.queue.jobs(status=(Status.STAGING, Status.RUNNING, Status.COLLECTING)):
            folder = self.project.job_folder(job.id)
            if job.status is Status.COLLECTING:
                self._collector.put(job, folder)
                continue
            try:
                program = plan(job, folder, self.project.root)
            except Exception as error:  # noqa: BLE001 - as in _start
                self._unstartable(job, error)
                continue
            handle = job.handle or self.executor.find(program)
            if not handle:
                self._start(job)  # it was never started: its folder is laid out anew
                continue
            if job.status is Status.STAGING:
                self.queue.advance(job.id, Status.RUNNING, "adopted", values={"handle": json.dumps(handle)})
            since = job.started.timestamp() if job.started else time.time()
            self._watch(job.id, program, dict(handle), time.monotonic() - max(0.0, time.time() - since))
            log.info("adopted job %d, pid %s", job.id, handle["pid"])

    def _seen(self) -> list[Seen]:
        """The jobs that have not ended, with what only this process knows of those that run."""
        return [
            replace(job, started=running.since, stop=job.stop or running.reason, asked=running.asked)
            if (running := self.running.get(job.id))
            else job
            for job in self._active.look(-1 if self._limits else AHEAD)
        ]

    def _free_cpus(self, number: int) -> list[int]:
        """The numbers of cpus for a job: those that no other has, as far as there are enough."""
        taken = {cpu for running in self.running.values() for cpu in running.handle.get("cpus", ())}
        left = [cpu for cpu in self._cpus if cpu not in taken]
        return left[:number] if len(left) >= number else []

    def _sleep(self, jobs: list[Seen]) -> None:
        """Wait for a call, an end, or the next moment that matters."""
        moment = wake(jobs, time.monotonic(), self._grace)
        for key, _ in self._selector.select(NET if moment is None else min(moment, NET)):
            if key.fileobj is self._ear:
                with suppress(BlockingIOError):
                    while self._ear.recv(64):
                        pass


def _reason(error: Exception) -> str:
    """An error as the reason of a failed job, in a line."""
    if isinstance(error, OSError):
        return f"its folder cannot be written: {error}"
    if not isinstance(error, DmodError):
        return f"it cannot be started: {type(error).__name__}: {error}"
    return f"{error.message} ({error.why})" if error.why else error.message
