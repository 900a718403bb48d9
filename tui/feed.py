"""Feed: what the dashboard knows of the project: whatever changed in its queue and store since it last looked."""

from __future__ import annotations

import os
from collections import Counter, deque
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dmod import layout
from dmod.data.folder import FolderStore
from dmod.errors import DmodError, NotFoundError
from dmod.scheduler import listing, lock
from dmod.scheduler.listing import Wanted
from dmod.scheduler.queue import Queue
from tui import story
from tui.doing import Doings
from tui.entry import ACTIVE, ENDED, Entry, Progress
from tui.happening import Happening
from tui.pool import Pool, pools
from tui.waits import Waits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.data.dataset import Dataset
    from dmod.jobs.job import Job
    from dmod.project import Project
    from tui.entry import Clock
    from tui.look import Line
    from tui.story import Story

_AT_ONCE = 1_500  # jobs that are read between two pictures when there are many, the newest first
PAST = 2_000  # the newest events, which is all that is kept of them


class Feed:
    """One connection to the queue, looked at from one thread."""

    def __init__(self, project: Project, *, clock: Clock | None = None, read_only: bool = False) -> None:
        self.project, self.read_only = project, read_only
        self.clock: Clock = clock or (lambda: datetime.now(UTC))
        self.store = FolderStore(project.datasets)
        self._folders = str(project.jobs)
        self.entries: dict[int, Entry] = {}
        self.doings = Doings()  # what is done to stacks and images
        self.drained: frozenset[str] = frozenset()  # nodes
        self.changed: list[Entry] = []  # since the look before
        self.counts: Counter[str] = Counter()
        self.last = 0  # the newest job
        self.trouble = ""  # why the queue cannot be read
        self.generation = 0  # counts queues: one more when the file was replaced
        self._queue: Queue | None = None
        self._inode = 0  # of the queue's file: another one is another queue
        self.going: set[int] = set()  # jobs that are staging, running or collecting
        self._queued: set[int] = set()
        self._waits = Waits(project.config)
        self.reading = False  # whether there are older jobs that were not read yet
        self._older: int | None = None  # they are older than this one
        self._version = -1
        self._pruned = False  # whether jobs may have been forgotten
        self._seen = 0  # the newest event
        self._told = 0  # the newest that was asked for
        self._happened: deque[Happening] = deque(maxlen=PAST)
        self._progress: dict[int, int] = {}  # when a job's progress was written, ns
        self._stored: tuple[tuple[str, int], ...] | None = None  # names and times of the manifests

    @property
    def queue(self) -> Queue:
        """The queue. Raises NotFoundError before anything was submitted."""
        if self._queue is None:
            raise NotFoundError("there are no jobs yet", fix="dmod job submit job.toml")
        return self._queue

    def close(self) -> None:
        """Give the queue back."""
        if self._queue is not None:
            self._queue.close()
            self._queue = None
            self._waits.forget()

    def look(self) -> bool:
        """See what changed; `changed` then holds the jobs. A queue that cannot be read is `trouble`, not an end."""
        self.changed = []
        try:
            if self._queue is None and not self._open():
                return False
            if self.reading and not self.changed:
                self._read_older()
            version = self.queue.version()
            if version != self._version:
                self._read()
                self._version, self._pruned = version, True
            self.trouble = ""
        except DmodError as error:
            self.trouble = error.message
        return bool(self.changed)

    def settle(self) -> bool:
        """Look at what shows in no event: how far jobs are, why they wait, whether the queue is still the same file."""
        same = self.generation
        self._same_file()
        try:
            self._forget()
            waits = self._why()
        except DmodError as error:
            waits, self.trouble = {}, error.message
        found = {
            job: replace(self.entries[job], progress=told) for job in self.going if (told := self._progressed(job))
        }
        for job in waits.keys() & self.entries.keys():
            entry = found.get(job, self.entries[job])
            if entry.waits != waits[job]:
                found[job] = replace(entry, waits=waits[job])
        self.changed = [entry for job, entry in found.items() if entry != self.entries[job]]
        self.entries |= {entry.id: entry for entry in self.changed}
        return bool(self.changed) or self.generation != same

    def job(self, job: int, task: int = 0) -> Job:
        """All that the queue knows of a job; as one of its tasks sees it, if it is an array. Raises DmodError."""
        found = self.queue.get(job)
        return found.as_task(task, found.attempt, self.queue.items(job, (task,)).get(task, "")) if task else found

    def story(self, job: int, known: Story | None = None) -> Story:
        """All that is to be told of a job. Raises DmodError."""
        return story.read(self.queue, self.project, job, known)

    def happenings(self) -> Sequence[Happening] | None:
        """The newest events, oldest first; None if nothing happened since this was last asked."""
        if self._queue is None or self.reading or self._told == self._seen:
            return None
        try:
            news = self.queue.events(after=self._told, limit=PAST)
        except DmodError:
            return None
        self._told = self._seen
        self._happened.extend(
            Happening(each.id, each.job, each.task, self.entries[each.job].name, str(each.status), each.time, each.note)
            for each in news
            if each.id <= self._seen and each.job in self.entries
        )
        return list(self._happened)

    def scheduler(self) -> Line:
        """Whether there is one, for the header."""
        if self.trouble:
            return ("✗ ", "error"), (f"queue: {self.trouble}", "error")
        held = lock.holder(self.project.state)
        if held:
            return ("● ", "success"), ("scheduler", "text")
        idle = not any(self.counts[status] for status in ("queued", *ACTIVE))
        return ("○ ", "muted" if idle else "warning"), ("scheduler down", "muted" if idle else "warning")

    def cancel(self, job: int, task: int | None = None) -> None:
        """As `dmod job cancel`. Raises DmodError."""
        self.queue.cancel(job, task)

    def retry(self, job: int, *tasks: int) -> None:
        """As `dmod job retry`. Raises DmodError."""
        self.queue.retry(job, tasks)

    def retry_failed(self, job: int) -> None:
        """As `dmod job retry --failed`. Raises DmodError."""
        self.queue.retry(job, failed=True)

    def hold(self, job: int) -> None:
        """As `dmod job hold`. Raises DmodError."""
        self.queue.hold(job)

    def release(self, job: int) -> None:
        """As `dmod job release`. Raises DmodError."""
        self.queue.release(job)

    def drain(self, node: str) -> None:
        """As `dmod node drain`. Raises DmodError."""
        self.queue.drain(node)

    def resume(self, node: str) -> None:
        """As `dmod node resume`. Raises DmodError."""
        self.queue.resume(node)

    def wrote(self, *, start: bool) -> None:
        """See what we have written ourselves, which SQLite does not count, and wake the scheduler, or start one."""
        self._version = -1
        self._waits.forget()
        state = self.project.state
        lock.ensure(self.project.root, state) if start else lock.wake(state)

    def datasets(self) -> list[Dataset] | None:
        """All datasets; None if the store is as it was when this was last asked."""
        seen = []
        for name in self.store.names():
            try:
                seen.append((name, (self.store.root / name / "dataset.json").stat().st_mtime_ns))
            except OSError:
                continue
        if tuple(seen) == self._stored:
            return None
        self._stored = tuple(seen)
        return self.store.list()

    def pools(self) -> list[Pool]:
        """The nodes, what of them is free, and who holds the rest. Raises DmodError."""
        return pools(self.project.config, self._queue)

    def _open(self) -> bool:
        path = self.project.queue
        if not path.exists():
            return False
        self._inode = path.stat().st_ino
        self._queue = Queue(path)
        newest = self.queue.events(limit=1)
        self._seen = newest[-1].id if newest else 0
        self._older = None
        self.reading = True
        self._read_older()
        return True

    def _read_older(self) -> None:
        """Read another piece of what was there when the queue was opened."""
        jobs = listing.jobs(self.queue, Wanted(before=self._older, limit=_AT_ONCE))
        self._take(jobs)
        self.reading = len(jobs) == _AT_ONCE
        self._older = jobs[0].id if jobs else None

    def _read(self) -> None:
        self.drained = frozenset(self.queue.drained())
        self._waits.moved()
        moved, newest = self.queue.moved(self._seen)
        self._take(self.queue.these(moved))
        self._seen = newest

    def _take(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            before = self.entries.get(job.id)
            entry = Entry.of(job)
            if before is not None:
                self.counts[before.status] -= 1
                going = entry.status in ACTIVE and before.status in ACTIVE
                waits = before.waits if entry.waiting and entry.held == before.held else ""
                entry = replace(entry, progress=before.progress if going else None, waits=waits)
            self.counts[entry.status] += 1
            if entry.status in ENDED:
                self._progress.pop(job.id, None)
            (self.going.add if entry.status in ACTIVE else self.going.discard)(job.id)
            (self._queued.add if entry.status == "queued" else self._queued.discard)(job.id)
            self.entries[job.id] = entry
            self.changed.append(entry)
            self.last = max(self.last, job.id)

    def _forget(self) -> None:
        """Drop the jobs that were pruned: no event tells of them."""
        ask = self._pruned and self._queue is not None and not self.reading
        there = sum(self.queue.counts().values()) if ask else len(self.entries)
        self._pruned = there != len(self.entries)
        if there >= len(self.entries):
            return
        for job in self.entries.keys() - {head.id for head in self.queue.heads()}:
            self.counts[self.entries.pop(job).status] -= 1
            self.going.discard(job)
            self._queued.discard(job)
        self.generation += 1

    def _why(self) -> dict[int, str]:
        if self._queue is None:
            return {}
        return self._waits.look(self._queue, self._queued, alive=lock.holder(self.project.state) is not None)

    def _progressed(self, job: int) -> Progress | None:
        """What a job that runs says anew: it is asked often, and seldom says anything."""
        if self.entries[job].tasks:
            return None
        try:
            written = os.stat(f"{self._folders}/{job}/{layout.PROGRESS}").st_mtime_ns  # noqa: PTH116 - a path is dear
        except OSError:
            return None
        if self._progress.get(job) == written:
            return None
        self._progress[job] = written
        return Progress.read(self.project.job_folder(job))

    def _same_file(self) -> None:
        """A queue that was deleted or replaced is read anew."""
        try:
            inode = self.project.queue.stat().st_ino
        except OSError:
            inode = 0
        if self._queue is not None and inode != self._inode:
            self.close()
            self.entries.clear()
            self.counts.clear()
            self.going.clear()
            self._queued.clear()
            self._happened.clear()
            self._version, self._told, self.reading = -1, 0, False
            self.generation += 1
