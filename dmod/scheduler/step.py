"""Step: which tasks start now and with what allocation, as a pure function of the queue and the nodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dmod.jobs.allocate import allocate, room
from dmod.jobs.resources import Allocation, Node, Resources
from dmod.scheduler.pool import SINGLE, Pool
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

    Nobody starves: let no task run longer than D. Of all that held nodes when a job became the head, nothing is left
    after D, and what started behind it is out of its way, so it starts within D unless one with an earlier place comes.
    So a job starts within (s + a + 1) D of its coming, if s tasks with earlier places start before it and a of their
    jobs came after it; both are finite, for a place is a time of coming less a bounded lead.
    """
    decision = Decision(nodes, free, holding, now, grace)
    starts: list[Start] = []
    for job in () if decision.over or most <= 0 else waiting:
        granted = decision.grant(job, min(job.tasks, most))
        if granted:
            starts.append(Start(job.job, granted))
            most -= len(granted)
        if decision.over or most <= 0:
            break
    return starts


class Decision:
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
        self.before = 0  # looks at all nodes that found no room until there was a head
        self.passed = 0  # jobs behind the head that did not start
        self.over = self.pool.cpus <= 0  # nobody else starts

    def grant(self, job: Waiting, tasks: int) -> list[tuple[Allocation, ...]]:
        """The allocations of those of its tasks that start."""
        if self.head is not None and self.pool.lacks(job.wanted):
            self._pass()
            return []
        granted: list[tuple[Allocation, ...]] = []
        while len(granted) < tasks and (found := self._find(job)):
            granted.append(found)
        if self.head is None and len(granted) < tasks and self._possible(job.wanted):
            self.head, self.before = job, self.pool.tries
        if not granted and self.head is not None:
            self._pass()
        if self.pool.cpus <= 0 or (self.reservation is not None and self.reservation.exhausted):
            self.over = True
        return granted

    def _pass(self) -> None:
        """Leave a job behind the head waiting, and look no further where that has been much work already."""
        self.passed += 1
        tries = self.pool.tries - self.before
        if self.reservation is not None:
            tries += self.reservation.beside.tries
        self.over = self.passed > DEPTH or tries > TRIES

    def _find(self, job: Waiting) -> tuple[Allocation, ...] | None:
        """The allocation of its next task, taken from the pool."""
        end = ending(job.wanted, self.now, self.grace)
        found = self.pool.find(job.wanted) if self.reservation is None else self.reservation.find(job.wanted, end)
        if found is not None and self.head is not None and self.reservation is None:
            found = self.reserved().find(job.wanted, end)
        if found is None:
            return None
        if self.reservation is not None:
            self.reservation.take(found, end)
        else:
            self.pool.take(found)
            self.begun.append(Holding(job.job, found, end))
        return found

    def reserved(self) -> Reservation:
        """The reservation of the head, worked out when the first job behind it would fit."""
        if self.reservation is None and self.head is not None:
            held = [*self.holding, *self.begun]
            self.reservation = Reservation(self.head.wanted, self.nodes, self.pool, held, self.now)
        if self.reservation is None:
            raise LookupError("nothing is reserved while all that wait fit")
        return self.reservation

    def _possible(self, wanted: Resources) -> bool:
        if wanted not in self.never and allocate(wanted, self.nodes) is None:
            self.never.add(wanted)
        return wanted not in self.never


def shortage(wanted: Resources, left: Sequence[Node], word: str = "free") -> str:
    """What a request lacks: `needs 4 cpus, 1 free`; "" if it fits."""
    return "" if allocate(wanted, left) is not None else lack(wanted, left, word)


def lack(wanted: Resources, left: Sequence[Node], word: str = "free") -> str:
    """What a request that does not fit lacks."""
    single = wanted.paradigm == SINGLE
    total = max if single else sum
    cpus = total([node.cpus for node in left if node.cpus > 0] or [0])
    memory = total([node.memory for node in left if node.memory > 0] or [0])
    where, most = (" on one node", "at most ") if single and len(left) > 1 else ("", "")
    if cpus < wanted.cpus:
        return f"needs {_cpus(wanted.cpus)}{where}, {most}{cpus} {word}"
    if memory < wanted.memory:
        needed, have = format_memory(wanted.memory), format_memory(memory)
        if needed == have:
            needed, have = f"{wanted.memory}B", f"{memory}B"
        return f"needs {needed}{where}, {most}{have} {word}"
    if single:
        return _apart(wanted, left, word)
    ranks = sum(room(wanted, node.cpus, node.memory) for node in left)
    return f"needs {_cpus(wanted.cpus)} with {format_memory(wanted.memory / wanted.cpus)} each, {ranks} such {word}"


def impossible(wanted: Resources, nodes: Sequence[Node]) -> str:
    """Why a request can never run here; "" if it can."""
    return shortage(wanted, nodes, "in all")


def _apart(wanted: Resources, left: Sequence[Node], word: str) -> str:
    """What is said where one node has the cpus and another the memory."""
    roomy = max((node for node in left if node.cpus >= wanted.cpus), key=lambda node: node.memory)
    large = max((node for node in left if node.memory >= wanted.memory), key=lambda node: node.cpus)
    have = (
        f"{node.name} has {_cpus(max(0, node.cpus))} and {format_memory(max(0, node.memory))} {word}"
        for node in (roomy, large)
    )
    return f"needs {_cpus(wanted.cpus)} and {format_memory(wanted.memory)} on one node: {', '.join(have)}"


def _cpus(number: int) -> str:
    return f"{number} cpu{'s' if number != 1 else ''}"
