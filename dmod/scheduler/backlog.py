"""Backlog: the jobs that have not ended, in memory, in the order of their places; kept as others change the queue."""

from __future__ import annotations

import json
import math
from bisect import bisect_left, insort
from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING

from dmod.jobs.status import Status
from dmod.scheduler.active import COLUMNS, SINGLE, Active, active_of
from dmod.scheduler.rows import OPEN
from dmod.scheduler.step import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dmod.scheduler.limits import Limits
    from dmod.scheduler.queue import Queue
    from dmod.scheduler.rows import Drained

_FIRST = (
    "status in ('staging', 'running', 'collecting')"
    " or id in (select id from job where status = 'queued' order by place, id limit ?)"
)
_THESE = "id in (select value from json_each(?))"
_CHANGED = (
    "with changed (job) as (select distinct +job from event where id > ?)"  # +: of new events, not by the index of all
    " select job from changed union select job from dependency where needs in (select job from changed)"
)
_ENDED_SO = {Status.FAILED: "failed", Status.CANCELED: "was canceled"}


class Backlog:
    """What decisions are made of."""

    def __init__(self, queue: Queue, limits: Limits, most: int = -1) -> None:
        self.queue, self.limits = queue, limits
        self._most = most  # waiting jobs that are read at first, -1: all
        self.jobs: dict[int, Active] = {}
        self.drained: dict[str, Drained] = {}
        self._order: dict[tuple[str, ...], list[tuple[float, int]]] = {}  # by the limits that count them
        self._going: set[int] = set()  # jobs that have running tasks
        self._late: set[int] = set()  # jobs with tasks that wait for their moment
        self._dependents: dict[int, dict[int, bool]] = {}  # need -> who waits for it, whether however it ends
        self.version = -1  # of the queue, as SQLite counts what others write
        self.seen = 0  # the newest event that is in this
        self.fresh = False  # whether a job came into its order since somebody looked

    def refresh(self) -> set[int]:
        """See what others changed since the last look; the jobs that it was, and those that wait for them."""
        version = self.queue.version()
        if version == self.version:
            return set()
        first, self.version = self.version < 0, version
        self.drained = self.queue.drained()
        rows = self.queue.read(_CHANGED, (self.seen,)) if not first else []
        self.seen = self.queue.read("select coalesce(max(id), 0) from event")[0][0]
        changed = {row[0] for row in rows}
        self._read(_FIRST, (self._most,)) if first else self._read(_THESE, (_json(changed),))
        return set(self.jobs) if first else changed

    def waiting(self, now: float) -> Iterator[Waiting]:
        """The jobs that may start tasks now, in the order of their places; limits are handed out in that order."""
        left = self.limits.left((job.patterns, job.running) for job in map(self.jobs.__getitem__, self._going))
        heads = [(order[0], 0, patterns) for patterns, order in self._order.items() if order and _room(left, patterns)]
        heapify(heads)
        while heads:
            (_, number), at, patterns = heads[0]
            job, order = self.jobs[number], self._order[patterns]
            tasks = min([job.ready(now), *(left[pattern] for pattern in patterns)])
            for pattern in patterns if tasks > 0 else ():
                left[pattern] -= tasks
            if at + 1 < len(order) and _room(left, patterns):
                heapreplace(heads, (order[at + 1], at + 1, patterns))
            else:
                heappop(heads)
            if tasks > 0:
                yield Waiting(number, job.wanted, tasks)

    def due(self, after: float) -> float:
        """When the next task that waits for its moment has it, seconds since 1970; infinite if none does."""
        return min((self.jobs[job].due(after) for job in self._late), default=math.inf)

    def place(self, job: Active) -> None:
        """Put a job where it belongs, after it has changed."""
        known = self.remove(job.id)
        self.jobs[job.id] = job
        if job.eligible:
            self.fresh |= not known
            insort(self._order.setdefault(job.patterns, []), (job.place, job.id))
        if job.running:
            self._going.add(job.id)
        if job.again:
            self._late.add(job.id)

    def remove(self, job: int) -> bool:
        """Forget a job; whether its tasks could have had their turn."""
        found = self.jobs.pop(job, None)
        if found is None:
            return False
        self._going.discard(job)
        self._late.discard(job)
        order = self._order.get(found.patterns, [])
        at = bisect_left(order, (found.place, job))
        known = at < len(order) and order[at] == (found.place, job)
        if known:
            del order[at]
        return known

    def settle(self, need: int, status: Status) -> list[Active]:
        """Tell those that wait for a job that it has ended; those of them that can never start now."""
        doomed = []
        for number, always in self._dependents.pop(need, {}).items():
            job = self.jobs.get(number)
            if job is None:
                continue
            if always or status is Status.COMPLETED:
                job.needs -= {need}
            else:
                job.doomed = f"job {need} {_ENDED_SO[status]}"
                doomed.append(job)
            self.place(job)
        return doomed

    def _read(self, where: str, values: Iterable[object]) -> None:
        """Read jobs anew."""
        rows = self.queue.stream(f"select {COLUMNS} from job where {where}", tuple(values))  # noqa: S608 - constants
        jobs = [active_of(row, self.limits.of(row["name"])) for row in rows]
        for job in jobs:
            self.remove(job.id)
        active = {job.id: job for job in jobs if not job.status.ended}
        self._repeats(active)
        self._skips(active)
        self._depend(active)
        for job in active.values():
            self.place(job)
        for job in jobs:
            if job.status.ended:
                self._dependents.pop(job.id, None)

    def _repeats(self, jobs: dict[int, Active]) -> None:
        query = f"select job, number, attempt, due from task where {OPEN} and status = 'queued'"  # noqa: S608 - constants
        for number, task, attempt, due in self.queue.read(query):
            if number in jobs:
                jobs[number].repeat(task, attempt, due)

    def _skips(self, jobs: dict[int, Active]) -> None:
        query = "select number from task where job = ? and number >= ?"
        for job in jobs.values():
            if job.numbers is not SINGLE and (job.canceled or job.attempt > 1) and job.begun < job.size:
                rows = self.queue.read(query, (job.id, job.numbers[job.begun]))
                job.skipped = frozenset(row[0] for row in rows)

    def _depend(self, jobs: dict[int, Active]) -> None:
        for number, need, always, status in self.queue.needs(list(jobs)):
            job = jobs[number]
            if not status.ended:
                job.needs |= {need}
                self._dependents.setdefault(need, {})[number] = always
            elif not always and status is not Status.COMPLETED:
                job.doomed = f"job {need} {_ENDED_SO[status]}"


def _room(left: dict[str, int], patterns: tuple[str, ...]) -> bool:
    return all(left[pattern] > 0 for pattern in patterns)


def _json(numbers: Iterable[int]) -> str:
    return json.dumps(list(numbers))
