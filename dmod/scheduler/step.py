"""Step: every scheduling decision, as a pure function from what is known to what is to be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.jobs.allocate import allocate, free
from dmod.jobs.resources import Allocation, Node, Resources
from dmod.jobs.status import HOLDING, Status
from dmod.units import format_duration, format_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GRACE = 10.0  # seconds between asking a job to stop and ending it


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


def step(jobs: Sequence[Seen], nodes: Sequence[Node], now: float) -> list[Action]:
    """What to do now: stop what is over its time or canceled, start what is next and fits.

    Jobs start in the order of their ids: one that does not fit waits, and so do those behind it, so that a large job is
    never starved by small ones.
    """
    actions: list[Action] = [action for job in jobs if (action := _end(job, now)) is not None]
    held = [each for job in jobs if job.status in HOLDING for each in job.held]
    for job in jobs:
        if job.status is not Status.QUEUED:
            continue
        if allocate(job.wanted, nodes) is None:
            actions.append(Refuse(job.id, impossible(job.wanted, nodes)))
            continue
        granted = allocate(job.wanted, free(nodes, held))
        if granted is None:
            break
        held += granted
        actions.append(Start(job.id, granted))
    return actions


def wake(jobs: Sequence[Seen], now: float) -> float | None:
    """Seconds until time alone makes something to do, None if it never does."""
    moments = []
    for job in jobs:
        if job.status is not Status.RUNNING:
            continue
        if job.asked is not None:
            moments.append(job.asked + GRACE)
        elif job.wanted.time_limit and job.started is not None:
            moments.append(job.started + job.wanted.time_limit)
    return max(0.0, min(moments) - now) if moments else None


def waits(jobs: Sequence[Seen], nodes: Sequence[Node]) -> Mapping[int, str]:
    """Why each queued job waits, in numbers."""
    held = [each for job in jobs if job.status in HOLDING for each in job.held]
    left = free(nodes, held)
    said: dict[int, str] = {}
    first = None
    for job in jobs:
        if job.status is not Status.QUEUED:
            continue
        lack = shortage(job.wanted, left)
        if first is not None:
            said[job.id] = f"behind job {first}"
        elif lack:
            said[job.id], first = lack, job.id
        else:
            said[job.id] = "next"
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


def _end(job: Seen, now: float) -> Stop | None:
    """How a running job is to be stopped now, if it is."""
    if job.status is not Status.RUNNING:
        return None
    if job.asked is not None:
        return Stop(job.id, job.stop, kill=True) if now >= job.asked + GRACE else None
    if job.stop:
        return Stop(job.id, job.stop, kill=False)
    limit = job.wanted.time_limit
    if limit and job.started is not None and now >= job.started + limit:
        return Stop(job.id, f"over its time limit of {format_duration(limit)}", kill=False)
    return None


def _cpus(number: int) -> str:
    return f"{number} cpu{'s' if number != 1 else ''}"
