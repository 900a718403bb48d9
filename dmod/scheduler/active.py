"""Active: a job that has not ended, as decisions see it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from sys import intern
from typing import TYPE_CHECKING, Any

from dmod.jobs.numbers import Numbers
from dmod.jobs.resources import Resources
from dmod.jobs.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = (
    "id, name, place, status, cpus, memory, paradigm, time_limit, held, stop, numbers, size, begun, at_once, running,"
    " completed, failed, canceled, attempt, started"
)
SINGLE = Numbers.of([0])  # of a job that is no array
NOTHING: dict[int, tuple[int, float]] = {}
NOBODY: frozenset[int] = frozenset()
_SHARED: dict[tuple[int, int, str, int], Resources] = {}  # ten thousand jobs ask for the same


@dataclass(slots=True)
class Active:
    """A job of which something waits or runs."""

    id: int
    name: str
    place: float  # of two jobs the one with the lesser place starts first
    status: Status
    wanted: Resources  # of each task
    held: bool
    stop: str  # why all of it is to end; "" if it is not
    numbers: Numbers
    size: int
    begun: int  # of its numbers from the first on, that were handed out
    at_once: int  # so many tasks at once; 0 is no limit
    running: int  # tasks that are staged, run, or are collected
    completed: int
    failed: int
    canceled: int
    attempt: int
    started: float | None
    patterns: tuple[str, ...] = ()  # the limits that count it
    again: dict[int, tuple[int, float]] = None  # type: ignore[assignment] # tasks that wait anew: attempt, not before
    skipped: frozenset[int] = NOBODY  # tasks beyond `begun` that were canceled one by one; they may be repeated
    needs: frozenset[int] = NOBODY  # jobs that must end first
    doomed: str = ""  # why it can never start

    def __post_init__(self) -> None:
        """Most have nothing to repeat: they share it."""
        self.again = NOTHING if self.again is None else self.again

    @property
    def array(self) -> bool:
        """Whether it has numbered tasks."""
        return self.numbers is not SINGLE

    @property
    def left(self) -> int:
        """How many of its tasks have not ended."""
        return self.size - self.completed - self.failed - self.canceled

    @property
    def waiting(self) -> int:
        """How many of its tasks wait."""
        return self.left - self.running

    @property
    def eligible(self) -> bool:
        """Whether its tasks may take their turn."""
        return not (self.held or self.stop or self.needs or self.doomed) and self.waiting > 0

    def ready(self, now: float) -> int:
        """How many tasks may start now, limits of names aside."""
        due = sum(due <= now for _, due in self.again.values())
        fresh = max(0, self.size - self.begun - len(self.skipped))
        return min(due + fresh, self.at_once - self.running if self.at_once else due + fresh)

    def due(self, after: float) -> float:
        """When the next of its tasks that waits for its moment has it; infinite if none does."""
        return min((due for _, due in self.again.values() if due > after), default=math.inf)

    def take(self, most: int, now: float) -> list[tuple[int, int]]:
        """Hand out tasks: number and attempt; first those that are run again."""
        taken = [(number, attempt) for number, (attempt, due) in sorted(self.again.items()) if due <= now][:most]
        for number, _ in taken:
            del self.again[number]
        while len(taken) < most and self.begun < self.size:
            number = self.numbers[self.begun]
            self.begun += 1
            if number in self.skipped:
                self.skipped -= {number}
            else:
                taken.append((number, 1))
        return taken

    def repeat(self, number: int, attempt: int, due: float) -> None:
        """Have a task wait anew."""
        if self.again is NOTHING:
            self.again = {}
        self.again[number] = (attempt, due)


def active_of(row: Sequence[Any], patterns: tuple[str, ...]) -> Active:
    """From a row of COLUMNS."""
    id_, name, place, status, cpus, memory, paradigm, time_limit, held, stop, numbers, *rest = row
    shape = (cpus, memory, paradigm, time_limit)
    wanted = _SHARED.setdefault(shape, Resources(*shape))
    size, begun, at_once, running, completed, failed, canceled, attempt, started = rest
    return Active(
        id_,
        intern(name),
        place,
        Status(status),
        wanted,
        bool(held),
        stop,
        Numbers.parse(numbers) if numbers else SINGLE,
        size,
        begun,
        at_once,
        running,
        completed,
        failed,
        canceled,
        attempt,
        started,
        patterns,
    )
