"""Outlook: why jobs wait, and when they will start, decided as the scheduler does; for whoever looks at a queue."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from dmod.jobs.allocate import allocate, free
from dmod.scheduler import forecast
from dmod.scheduler.backlog import Backlog
from dmod.scheduler.limits import Limits
from dmod.scheduler.nodes import nodes
from dmod.scheduler.step import Holding, ending, impossible
from dmod.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dmod.config import Config
    from dmod.jobs.resources import Node
    from dmod.scheduler.active import Active
    from dmod.scheduler.queue import Queue
    from dmod.scheduler.rows import Held

AHEAD = 2000  # waiting jobs that are looked at; those behind wait for these


class Start(NamedTuple):
    """When a waiting job will start, and what would let it start now."""

    time: float | None  # seconds since 1970, if all run as long as they may; None: nobody knows
    limit: int  # the longest time limit in seconds with which it would start now; 0: none would help


class Outlook:
    """A queue as its scheduler sees it."""

    def __init__(self, queue: Queue, config: Config, most: int = AHEAD) -> None:
        self._queue, self._nodes = queue, nodes(config)
        self._grace, self._limits = float(config.scheduler.grace), Limits(config.limits)
        self._backlog = Backlog(queue, self._limits, most)

    def why(self, jobs: Collection[int] | None = None) -> dict[int, str]:
        """What each job that waits, or some of them, waits for, in numbers."""
        self._backlog.refresh()
        now, active = time.time(), self._backlog.jobs
        usable, left, holding = self._state()
        waiting = list(self._backlog.waiting(now))
        decided = forecast.reasons(waiting, usable, left, holding, now, grace=self._grace)
        wanted = active.keys() if jobs is None else jobs
        found = {job: self._own(active[job], now) or decided.get(job, "") for job in wanted if job in active}
        return {job: said for job, said in found.items() if active[job].waiting and said}

    def start(self, job: int) -> Start:
        """When a job that waits will start."""
        self._backlog.refresh()
        now = time.time()
        usable, left, holding = self._state()
        waiting = list(self._backlog.waiting(now))
        ahead = next((at for at, each in enumerate(waiting) if each.job == job), None)
        if ahead is None:
            return Start(None, 0)
        told = forecast.forecast(waiting, usable, left, holding, now, most=ahead + 1, grace=self._grace)
        limit = forecast.shorter(waiting, usable, left, holding, now, job=job, grace=self._grace)
        return Start(told.get(job), limit)

    def _state(self) -> tuple[list[Node], tuple[Node, ...], list[Holding]]:
        """Nodes that may be used, what is free of them, and what holds the rest."""
        usable = [node for node in self._nodes if node.name not in self._backlog.drained]
        held = self._queue.holding()
        left = free(usable, [each for task in held for each in task.allocation])
        return usable, left, [self._holding(task) for task in held]

    def _holding(self, task: Held) -> Holding:
        job = self._backlog.jobs.get(task.job)
        until = ending(job.wanted, task.started or time.time(), self._grace) if job else float("inf")
        return Holding(task.job, task.allocation, until)

    def _own(self, job: Active, now: float) -> str:
        """What holds a job up beside the others."""
        if job.doomed or job.stop:
            return job.doomed or job.stop
        if job.held:
            return f"held: dmod job release {job.id}"
        if job.needs:
            return self._needs(job)
        if job.at_once and job.running >= job.at_once:
            return f"{job.at_once} of its tasks at once, {job.running} run"
        if job.ready(now) <= 0 and job.again:
            number, (attempt, due) = min(job.again.items(), key=lambda each: each[1][1])
            of = f" of task {number}" if job.array else ""
            return f"attempt {attempt}{of} in {format_duration(max(1, round(due - now)), most=2)}"
        return self._limited(job) or self._drained(job)

    def _needs(self, job: Active) -> str:
        first = min(job.needs)
        more = f", and {len(job.needs) - 1} more" if len(job.needs) > 1 else ""
        need = self._backlog.jobs.get(first)
        return f"after job {first}{f', which is {need.status}' if need else ''}{more}"

    def _limited(self, job: Active) -> str:
        left = self._limits.left((each.patterns, each.running) for each in self._backlog.jobs.values() if each.running)
        for pattern in job.patterns:
            if left[pattern] <= 0:
                most = self._limits.most[pattern]
                return f'{most} at once of "{pattern}", {most - left[pattern]} run'
        return ""

    def _drained(self, job: Active) -> str:
        """Which nodes it would have if they were not drained."""
        out = self._backlog.drained
        if not out or impossible(job.wanted, self._nodes):
            return ""
        usable: Sequence[Node] = [node for node in self._nodes if node.name not in out]
        if allocate(job.wanted, usable) is not None:
            return ""
        names = sorted(node.name for node in self._nodes if node.name in out)
        why = next((out[name].why for name in names if out[name].why), "")
        return f"node {', '.join(names)} is drained{f': {why}' if why else ''}"
