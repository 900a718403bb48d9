"""Feed: what the dashboard knows of the project: whatever changed in its queue and store since it last looked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import nsmallest
from typing import TYPE_CHECKING

from dmod import layout
from dmod.data.folder import FolderStore
from dmod.errors import DmodError, NotFoundError
from dmod.jobs.allocate import free
from dmod.jobs.resources import Node
from dmod.scheduler import lock
from dmod.scheduler.nodes import nodes
from dmod.scheduler.outlook import Outlook
from dmod.scheduler.queue import Event, Held, Queue
from tui.entry import ACTIVE, Entry, Progress

if TYPE_CHECKING:
    from dmod.data.dataset import Dataset
    from dmod.jobs.job import Job
    from dmod.jobs.resources import Allocation
    from dmod.project import Project
    from tui.entry import Clock
    from tui.look import Line

_PAST = 2_000  # events from before the dashboard was opened
_EXPLAINED = 500  # waiting jobs for which it is said why; those behind them wait for these


@dataclass(frozen=True, slots=True)
class Happening:
    """An event and the name of its job."""

    id: int
    job: int
    name: str
    status: str
    time: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Pool:
    """A node, what of it is free, and who holds the rest."""

    node: Node
    free: Node
    jobs: tuple[int, ...]


class Feed:
    """One connection to the queue, looked at from one thread."""

    def __init__(self, project: Project, *, clock: Clock | None = None, read_only: bool = False) -> None:
        self.project, self.read_only = project, read_only
        self.clock: Clock = clock or (lambda: datetime.now(UTC))
        self.store = FolderStore(project.datasets)
        self.entries: dict[int, Entry] = {}
        self.changed: list[Entry] = []  # since the look before
        self.counts: Counter[str] = Counter()
        self.last = 0  # the newest job
        self.trouble = ""  # why the queue cannot be read
        self.generation = 0  # counts queues: one more when the file was replaced
        self._queue: Queue | None = None
        self._inode = 0  # of the queue's file: another one is another queue
        self._outlook: Outlook | None = None
        self._version = -1
        self._seen = 0  # the newest event
        self._happened: list[Happening] = []  # not yet asked for
        self.going: set[int] = set()  # jobs that are staging, running or collecting
        self._active: dict[int, Job] = {}  # those, and the waiting ones
        self._moved = True  # whether why jobs wait may have changed
        self._alive = False  # whether there was a scheduler
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
            self._queue = self._outlook = None

    def look(self) -> bool:
        """See what changed; `changed` then holds the jobs. A queue that cannot be read is `trouble`, not an end."""
        self.changed = []
        try:
            if self._queue is None and not self._open():
                return False
            version = self.queue.version()
            if version != self._version:
                self._read()
                self._version = version
            self.trouble = ""
        except DmodError as error:
            self.trouble = error.message
        return bool(self.changed)

    def settle(self) -> bool:
        """Look at what shows in no event: how far jobs are, why they wait, whether the queue is still the same file."""
        same = self.generation
        self._same_file()
        found = {job: replace(self.entries[job], progress=self._how_far(self.entries[job])) for job in self.going}
        waiting = self._waiting()
        if waiting is not None:
            found |= {job: replace(self.entries[job], waits=why) for job, why in waiting.items()}
        self.changed = [entry for job, entry in found.items() if entry != self.entries[job]]
        self.entries |= {entry.id: entry for entry in self.changed}
        return bool(self.changed) or self.generation != same

    def job(self, job: int) -> Job:
        """All that the queue knows of a job. Raises DmodError."""
        return self.queue.get(job)

    def events(self, job: int) -> list[Event]:
        """What happened to a job. Raises DmodError."""
        return self.queue.events(job)

    def held(self, job: int) -> list[Allocation]:
        """What the tasks of a job hold of the nodes. Raises DmodError."""
        return [part for each in self.queue.holding() if each.job == job for part in each.allocation]

    def happenings(self) -> list[Happening]:
        """What happened since this was last asked."""
        found, self._happened = self._happened, []
        return found

    def scheduler(self) -> Line:
        """Whether there is one, for the header."""
        if self.trouble:
            return ("✗ ", "error"), (f"queue: {self.trouble}", "error")
        held = lock.holder(self.project.state)
        if held:
            return ("● ", "success"), ("scheduler", "text")
        idle = not any(self.counts[status] for status in ("queued", *ACTIVE))
        return ("○ ", "muted" if idle else "warning"), ("scheduler down", "muted" if idle else "warning")

    def cancel(self, job: int) -> None:
        """As `dmod job cancel`. Raises DmodError."""
        self.queue.cancel(job)
        self._told()

    def retry(self, job: int) -> None:
        """As `dmod job retry`. Raises DmodError."""
        self.queue.retry(job)
        self._told()

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
        """The nodes, what of them is free, and who holds the rest."""
        whole = nodes(self.project.config)
        holding = self.queue.holding() if self._queue is not None else []
        left = free(whole, [each for held in holding for each in held.allocation])
        return [
            Pool(node, spare, tuple(dict.fromkeys(held.job for held in holding if _holds(held, node.name))))
            for node, spare in zip(whole, left, strict=True)
        ]

    def _open(self) -> bool:
        path = self.project.queue
        if not path.exists():
            return False
        self._inode = path.stat().st_ino
        self._queue = Queue(path)
        past = self.queue.events(limit=_PAST)
        self._seen = past[-1].id if past else 0
        self._take(self.queue.jobs())
        self._happen(past)
        return True

    def _read(self) -> None:
        news = self.queue.events(after=self._seen)
        if not news:
            return
        self._seen = news[-1].id
        self._take([self.queue.get(job) for job in dict.fromkeys(event.job for event in news)])
        self._happen(news)

    def _take(self, jobs: list[Job]) -> None:
        self._moved = self._moved or bool(jobs)
        for job in jobs:
            before = self.entries.get(job.id)
            entry = Entry.of(job)
            if before is not None:
                self.counts[before.status] -= 1
                if entry.status in ACTIVE and before.status in ACTIVE:
                    entry = replace(entry, progress=before.progress)
            self.counts[entry.status] += 1
            if job.status.ended:
                self._active.pop(job.id, None)
                self._progress.pop(job.id, None)
            else:
                self._active[job.id] = job
            (self.going.add if entry.status in ACTIVE else self.going.discard)(job.id)
            self.entries[job.id] = entry
            self.changed.append(entry)
            self.last = max(self.last, job.id)

    def _happen(self, events: list[Event]) -> None:
        self._happened += [
            Happening(each.id, each.job, self.entries[each.job].name, str(each.status), each.time, each.note)
            for each in events
        ]

    def _told(self) -> None:
        """Our own writes do not show in SQLite's counter of changes."""
        self._version = -1
        lock.ensure(self.project.root, self.project.state)

    def _how_far(self, entry: Entry) -> Progress | None:
        folder = self.project.job_folder(entry.id)
        try:
            written = (folder / layout.PROGRESS).stat().st_mtime_ns
        except OSError:
            return entry.progress
        if self._progress.get(entry.id) == written:
            return entry.progress
        self._progress[entry.id] = written
        return Progress.read(folder) or entry.progress

    def _waiting(self) -> dict[int, str] | None:
        """Why the first of the waiting jobs wait, decided as the scheduler does; None if that is as it was."""
        alive = lock.holder(self.project.state) is not None
        if not self._moved and alive == self._alive:
            return None
        self._moved, self._alive = False, alive
        queued = nsmallest(_EXPLAINED, self._active.keys() - self.going)
        if not alive:
            return dict.fromkeys(queued, "the scheduler is down: dmod scheduler start")
        if self._outlook is None:
            self._outlook = Outlook(self.queue, self.project.config, _EXPLAINED)
        return self._outlook.why(queued)

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
            self._active.clear()
            self.going.clear()
            self._version = -1
            self.generation += 1


def _holds(held: Held, node: str) -> bool:
    return any(each.node == node for each in held.allocation)
