"""Step: every scheduling decision, as a pure function from what is known to what is to be done."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from dmod.config import Scheduler
from dmod.jobs.allocate import allocate, free
from dmod.jobs.resources import Allocation, Node, Resources
from dmod.jobs.status import HOLDING, Status
from dmod.units import format_duration, format_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GRACE = float(Scheduler().grace)  # seconds between asking a job to stop and ending it
NO_LIMITS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Seen:
    """What a decision needs to know of a job."""

    id: int
    status: Status
    wanted: Resources
    held: tuple[Allocation, ...] = ()
    started: float | None = None  # seconds, on the clock of `now`
    stop: str = ""  # why it shall stop
    asked: float | None = None  # when it was last asked to, seconds on that clock
    name: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """Give a job its allocation and start it."""

    job: int
    allocation: tuple[Allocation, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask a job to end, or end it."""

    job: int
    reason: str
    kill: bool


@dataclass(frozen=True, slots=True)
class Refuse:
    """Fail a job that no empty pool could run."""

    job: int
    reason: str


Action = Start | Stop | Refuse


def step(
    jobs: Sequence[Seen],
    nodes: Sequence[Node],
    now: float,
    *,
    grace: float = GRACE,
    limits: Mapping[str, int] = NO_LIMITS,
) -> list[Action]:
    """What to do now: stop what is over its time or canceled, start what is next and fits.

    Jobs start in the order of their ids: one that does not fit waits, and so do those behind it, so that a large job is
    never starved by small ones. One whose name has as many at once as `limits` allow by pattern holds nobody up.
    """
    actions: list[Action] = [action for job in jobs if (action := _end(job, now, grace)) is not None]
    count = _Count(jobs, limits)
    held = [each for job in jobs if job.status in HOLDING for each in job.held]
    for job in jobs:
        if job.status is not Status.QUEUED:
            continue
        if allocate(job.wanted, nodes) is None:
            actions.append(Refuse(job.id, impossible(job.wanted, nodes)))
            continue
        if count.full(job.name):
            continue
        granted = allocate(job.wanted, free(nodes, held))
        if granted is None:
            break
        held += granted
        count.add(job.name)
        actions.append(Start(job.id, granted))
    return actions


def wake(jobs: Sequence[Seen], now: float, grace: float = GRACE) -> float | None:
    """Seconds until time alone makes something to do, None if it never does."""
    moments = []
    for job in jobs:
        if job.status is not Status.RUNNING:
            continue
        if job.asked is not None:
            moments.append(job.asked + grace)
        elif job.wanted.time_limit and job.started is not None:
            moments.append(job.started + job.wanted.time_limit)
    return max(0.0, min(moments) - now) if moments else None


def waits(jobs: Sequence[Seen], nodes: Sequence[Node], limits: Mapping[str, int] = NO_LIMITS) -> Mapping[int, str]:
    """Why each queued job waits, in numbers."""
    held = [each for job in jobs if job.status in HOLDING for each in job.held]
    left = free(nodes, held)
    said: dict[int, str] = {}
    first = None
    count = _Count(jobs, limits)
    for job in jobs:
        if job.status is not Status.QUEUED:
            continue
        lack = shortage(job.wanted, left)
        if pattern := count.full(job.name):
            said[job.id] = f'{limits[pattern]} at once of "{pattern}", {count.of(pattern)} run'
        elif first is not None:
            said[job.id] = f"behind job {first}"
        elif lack:
            said[job.id], first = lack, job.id
        else:
            said[job.id] = "next"
            count.add(job.name)
    return said


def shortage(wanted: Resources, left: Sequence[Node]) -> str:
    """What a request lacks: `needs 4 cpus, 1 free`; "" if it fits."""
    if allocate(wanted, left) is not None:
        return ""
    cpus, memory = (sum(node.cpus for node in left), sum(node.memory for node in left))
    if wanted.paradigm == "single-node":
        cpus, memory = (max(node.cpus for node in left), max(node.memory for node in left))
    if cpus < wanted.cpus:
        return f"needs {_cpus(wanted.cpus)}, {cpus} free"
    return f"needs {format_memory(wanted.memory)}, {format_memory(max(memory, 0))} free"


def impossible(wanted: Resources, nodes: Sequence[Node]) -> str:
    """Why a request can never run here; "" if it can."""
    lack = shortage(wanted, nodes)
    return lack.replace(" free", " in all") if lack else ""


class _Count:
    """How many jobs hold an allocation, by the patterns of [limits] that their names match."""

    def __init__(self, jobs: Sequence[Seen], limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._held = dict.fromkeys(limits, 0)
        for job in jobs if limits else ():
            if job.status in HOLDING:
                self.add(job.name)

    def add(self, name: str) -> None:
        """One more of that name."""
        for pattern in self._matching(name):
            self._held[pattern] += 1

    def of(self, pattern: str) -> int:
        """How many match it."""
        return self._held[pattern]

    def full(self, name: str) -> str:
        """The first pattern of a name that allows no more; "" if none does."""
        return next((each for each in self._matching(name) if self._held[each] >= self._limits[each]), "")

    def _matching(self, name: str) -> list[str]:
        return [pattern for pattern in self._limits if fnmatch.fnmatchcase(name, pattern)]


def _end(job: Seen, now: float, grace: float) -> Stop | None:
    """How a running job is to be stopped now, if it is."""
    if job.status is not Status.RUNNING:
        return None
    if job.asked is not None:
        return Stop(job.id, job.stop, kill=True) if now >= job.asked + grace else None
    if job.stop:
        return Stop(job.id, job.stop, kill=False)
    limit = job.wanted.time_limit
    if limit and job.started is not None and now >= job.started + limit:
        return Stop(job.id, f"over its time limit of {format_duration(limit)}", kill=False)
    return None


def _cpus(number: int) -> str:
    return f"{number} cpu{'s' if number != 1 else ''}"
