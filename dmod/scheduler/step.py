"""Step: which tasks start now and with what allocation, as a pure function of the queue and the nodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dmod.jobs.allocate import allocate
from dmod.jobs.resources import Allocation, Node, Resources
from dmod.scheduler.pool import Pool
from dmod.scheduler.reservation import Reservation
from dmod.units import format_memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GRACE = 10.0  # seconds between asking a task to end and ending it
MOST = 256  # tasks started by one decision, so that what ends meanwhile is heard soon
DEPTH = 10_000  # jobs looked at behind the head
TRIES = 100  # looks at all nodes that find no room behind the head, about 30 us each with 100 nodes


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job some of whose tasks may start now: not held, its dependencies met, limits leave room."""

    job: int
    wanted: Resources  # of each task
    tasks: int  # how many may start now


@dataclass(frozen=True, slots=True)
class Holding:
    """A task that holds an allocation."""

    job: int
    held: tuple[Allocation, ...]
    until: float  # seconds, when it will have ended at the latest; infinite if nobody knows


class Start(NamedTuple):
    """So many tasks of a job start, one allocation each."""

    job: int
    allocations: list[tuple[Allocation, ...]]


def ending(wanted: Resources, start: float, grace: float = GRACE) -> float:
    """When a task that starts then will have ended at the latest."""
    return start + wanted.time_limit + grace if wanted.time_limit else math.inf


def step(  # noqa: PLR0913 what a decision depends on
    waiting: Iterable[Waiting],
    nodes: Sequence[Node],
    free: Sequence[Node],
    holding: Iterable[Holding],
    now: float,
    *,
    most: int = MOST,
    grace: float = GRACE,
) -> list[Start]:
    """Which of the waiting start now, in the order of their places; none is held up by one behind it.

    The first job that does not fit is the head. Those behind it start only if that does not delay it: `Reservation`.
    A job that does not fit even the empty nodes holds nobody up. If `most` tasks start, ask again at once.
    """
    decision = _Decision(nodes, free, holding, now, grace)
    starts: list[Start] = []
    for job in waiting:
        if most <= 0 or decision.over:
            break
        granted = decision.grant(job, min(job.tasks, most))
        if granted:
            starts.append(Start(job.job, granted))
            most -= len(granted)
    return starts


class _Decision:
    """What one call of `step` knows while it goes through the queue."""

    def __init__(
        self, nodes: Sequence[Node], free: Sequence[Node], holding: Iterable[Holding], now: float, grace: float
    ) -> None:
        self.nodes, self.holding, self.now, self.grace = nodes, holding, now, grace
        self.pool = Pool(free)
        self.head: Waiting | None = None
        self.begun: list[Holding] = []  # by this decision
        self.never: set[Resources] = set()  # do not fit even the empty nodes
        self.reservation: Reservation | None = None
        self.passed = 0  # jobs behind the head that did not start

    @property
    def over(self) -> bool:
        """Whether to look no further."""
        if self.pool.cpus <= 0 or self.passed > DEPTH:
            return True
        return self.reservation is not None and self.reservation.tries > TRIES

    def grant(self, job: Waiting, tasks: int) -> list[tuple[Allocation, ...]]:
        """The allocations of those of its tasks that start."""
        granted: list[tuple[Allocation, ...]] = []
        while len(granted) < tasks and (found := self._find(job)):
            granted.append(found)
        if self.head is not None:
            self.passed += not granted
        elif len(granted) < tasks and self._possible(job.wanted):
            self.head = job
        return granted

    def _find(self, job: Waiting) -> tuple[Allocation, ...] | None:
        """The allocation of its next task, taken from the pool."""
        found = self.pool.find(job.wanted)
        if found is None:
            return None
        end = ending(job.wanted, self.now, self.grace)
        if self.head is None:
            self.pool.take(found)
            self.begun.append(Holding(job.job, found, end))
            return found
        found = self._reserved(self.head.wanted).find(job.wanted, end)
        if found is not None:
            self._reserved(self.head.wanted).take(found, end)
        return found

    def _reserved(self, head: Resources) -> Reservation:
        """The reservation of the head, worked out when the first job behind it would fit."""
        if self.reservation is None:
            self.reservation = Reservation(head, self.nodes, self.pool, [*self.holding, *self.begun], self.now)
        return self.reservation

    def _possible(self, wanted: Resources) -> bool:
        if wanted not in self.never and allocate(wanted, self.nodes) is None:
            self.never.add(wanted)
        return wanted not in self.never


def shortage(wanted: Resources, left: Sequence[Node]) -> str:
    """What a request lacks: `needs 4 cpus, 1 free`; "" if it fits."""
    if allocate(wanted, left) is not None:
        return ""
    cpus, memory = (sum(node.cpus for node in left), sum(node.memory for node in left))
    if wanted.paradigm == "single-node":
        cpus = max((node.cpus for node in left), default=0)
        memory = max((node.memory for node in left), default=0)
    if cpus < wanted.cpus:
        return f"needs {_cpus(wanted.cpus)}, {max(cpus, 0)} free"
    return f"needs {format_memory(wanted.memory)}, {format_memory(max(memory, 0))} free"


def impossible(wanted: Resources, nodes: Sequence[Node]) -> str:
    """Why a request can never run here; "" if it can."""
    lack = shortage(wanted, nodes)
    return lack.replace(" free", " in all") if lack else ""


def _cpus(number: int) -> str:
    return f"{number} cpu{'s' if number != 1 else ''}"
