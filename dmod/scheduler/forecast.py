"""Forecast: when and why, for those that wait: their earliest starts, and what holds them up, in numbers."""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from dmod.jobs.allocate import free as left_of
from dmod.jobs.resources import Allocation
from dmod.scheduler.pool import Pool
from dmod.scheduler.step import GRACE, MOST, Decision, Holding, Waiting, ending, lack, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmod.jobs.resources import Node, Resources
    from dmod.scheduler.step import Start

AHEAD = 200  # jobs whose start is told
BLUR = 0.01  # part of a wait: ends closer together than this are taken as one, so that a week has some hundred moments
WORK = 500_000  # tasks that hold nodes, summed over all moments: about a second


def forecast(  # noqa: PLR0913 what a decision depends on
    waiting: Iterable[Waiting],
    nodes: Sequence[Node],
    free: Sequence[Node],
    holding: Iterable[Holding],
    now: float,
    *,
    most: int = AHEAD,
    grace: float = GRACE,
) -> dict[int, float]:
    """When the next task of each job starts if all run as long as they may; absent: nobody knows.

    It plays the decisions to come, so it is as good as the time limits: mostly early ends make it better, and jobs that
    come with an earlier place make it worse.
    """
    course = _Course(islice(waiting, most), free, holding, now)
    said: dict[int, float] = {}
    unknown, work = {job.job for job in course.queue}, WORK
    while unknown and work > 0:
        work -= len(course.holding) + len(course.queue)
        starts = step(course.queue, nodes, course.free, course.holding, course.now, grace=grace)
        for start in starts:
            said.setdefault(start.job, course.now)
        unknown -= said.keys()
        course.begin(starts, grace)
        if sum(len(start.allocations) for start in starts) < MOST and not course.advance():
            break
    return said


class _Course:
    """Queue and nodes at a moment to come."""

    def __init__(self, queue: Iterable[Waiting], free: Sequence[Node], holding: Iterable[Holding], now: float) -> None:
        self.queue, self.free, self.now, self._since = list(queue), free, now, now
        self.holding = sorted((task for task in holding if task.until < math.inf), key=attrgetter("until"))

    def begin(self, starts: Sequence[Start], grace: float) -> None:
        """Give those that start what they get, and take them from the queue."""
        begun = {start.job: start.allocations for start in starts}
        rest: list[Waiting] = []
        for job in self.queue:
            granted = begun.get(job.job, [])
            for held in granted:
                task = Holding(job.job, held, ending(job.wanted, self.now, grace))
                insort(self.holding, task, key=attrgetter("until"))
            if len(granted) < job.tasks:
                rest.append(Waiting(job.job, job.wanted, job.tasks - len(granted)))
        self.queue = rest
        self.free = left_of(self.free, [each for granted in begun.values() for held in granted for each in held])

    def advance(self) -> bool:
        """Go to the next moment when something ends, if there is one that is known."""
        if not self.holding or self.holding[0].until == math.inf:
            return False
        first = max(self.now, self.holding[0].until)
        reach = first + (first - self._since) * BLUR
        count = bisect_right(self.holding, reach, key=attrgetter("until"))
        ended, self.holding = self.holding[:count], self.holding[count:]
        self.now = max(self.now, ended[-1].until)
        back = [Allocation(each.node, -each.cpus, -each.memory) for task in ended for each in task.held]
        self.free = left_of(self.free, back)
        return True


def reasons(  # noqa: PLR0913 what a decision depends on
    waiting: Iterable[Waiting],
    nodes: Sequence[Node],
    free: Sequence[Node],
    holding: Iterable[Holding],
    now: float,
    *,
    grace: float = GRACE,
) -> dict[int, str]:
    """Why each job waits: `needs 4 cpus, 1 free`, `behind job 41, which needs 64 cpus, 48 free`, or `next`."""
    decision = Decision(nodes, free, holding, now, grace)
    jobs = list(waiting)
    begun = {job.job for job in jobs if not decision.over and decision.grant(job, job.tasks)}
    left, head, empty = decision.pool.nodes, decision.head, Pool(nodes)
    behind = f"behind job {head.job}, which {lack(head.wanted, left)}" if head else "next"
    said: dict[int, str] = {}
    lacks: dict[Resources, str] = {}
    for job in jobs:
        if job.wanted not in lacks:
            lacks[job.wanted] = _lack(job.wanted, decision.pool, empty)
        said[job.job] = "next" if job.job in begun else lacks[job.wanted] or behind
    return said


def _lack(wanted: Resources, pool: Pool, empty: Pool) -> str:
    if not empty.fits(wanted):
        return lack(wanted, empty.nodes, "in all")
    return lack(wanted, pool.nodes) if pool.find(wanted) is None else ""


def shorter(  # noqa: PLR0913 what a decision depends on
    waiting: Iterable[Waiting],
    nodes: Sequence[Node],
    free: Sequence[Node],
    holding: Iterable[Holding],
    now: float,
    *,
    job: int,
    grace: float = GRACE,
) -> int:
    """The longest time limit in seconds with which a job behind the head would start now; 0: none would help."""
    decision = Decision(nodes, free, holding, now, grace)
    for each in waiting:
        granted = decision.grant(each, each.tasks)
        if each.job != job:
            continue
        if granted or decision.head in {None, each} or decision.pool.find(each.wanted) is None:
            return 0
        room = decision.reserved().start - now - grace
        return int(room) if 1 <= room < math.inf else 0
    return 0
