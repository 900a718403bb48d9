"""Running: the tasks that hold an allocation, what they hold, and those that are to end."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.executors.executor import Handle
from dmod.jobs.allocate import free
from dmod.jobs.launch import Program
from dmod.jobs.resources import Allocation, Node, Resources
from dmod.scheduler.nodes import cpu_numbers
from dmod.scheduler.step import Holding
from dmod.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from dmod.executors.executor import Executor
    from dmod.jobs.launch import Key


@dataclass(slots=True)
class Task:
    """A task that holds an allocation."""

    program: Program
    wanted: Resources
    allocation: tuple[Allocation, ...]
    handle: Handle
    since: float  # on the monotonic clock, when it started: that of the wall may jump
    asked: float = math.inf  # when it was asked to end, on the same clock
    killed: bool = False
    reason: str = ""  # why the scheduler asked: its time limit
    canceled: str = ""  # why the user asked
    note: str = ""  # what is to be told when it runs


class Running:
    """The tasks that hold nodes."""

    def __init__(self, executor: Executor, grace: float, numbers: Sequence[int]) -> None:
        self.tasks: dict[Key, Task] = {}
        self._executor, self._grace, self._numbers = executor, grace, numbers
        self._timed: set[Key] = set()  # those that have a limit, or were asked to end
        self._taken: set[int] = set()  # numbers of cpus

    def add(self, key: Key, task: Task) -> None:
        """A task holds its allocation from now on."""
        self.tasks[key] = task
        self._taken.update(task.program.cpus)
        if task.wanted.time_limit:
            self._timed.add(key)

    def pop(self, key: Key) -> Task | None:
        """It holds nothing any more."""
        task = self.tasks.pop(key, None)
        if task is not None:
            self._taken.difference_update(task.program.cpus)
            self._timed.discard(key)
        return task

    def holding(self, now: float) -> Iterator[Holding]:
        """What they hold, and until when at the latest; `now` is on the monotonic clock."""
        for (job, _), task in self.tasks.items():
            limit = task.wanted.time_limit
            end = min(task.since + limit if limit else math.inf, task.asked) + self._grace
            yield Holding(job, task.allocation, max(end, now))

    def free(self, nodes: Sequence[Node]) -> tuple[Node, ...]:
        """What is left of nodes."""
        return free(nodes, [each for task in self.tasks.values() for each in task.allocation])

    def bind(self, held: Sequence[Allocation], nodes: Sequence[Node]) -> tuple[int, ...]:
        """The numbers of the cpus for an allocation: those of its nodes that no task has; none if they are too few."""
        of, found = cpu_numbers(nodes, self._numbers), list[int]()
        for each in held:
            left = [number for number in of[each.node] if number not in self._taken and number not in found]
            if len(left) < each.cpus:
                return ()
            found += left[: each.cpus]
        return tuple(found)

    def cancel(self, keys: Collection[Key], why: str) -> None:
        """Ask tasks to end because the user says so."""
        for key in keys:
            task = self.tasks.get(key)
            if task is not None and not task.canceled:
                task.canceled = why
                self._ask(key, task)

    def enforce(self) -> None:
        """Ask those to end that are over their limit, and end those that did not."""
        now = time.monotonic()
        for key in list(self._timed):
            task = self.tasks[key]
            limit = task.wanted.time_limit
            if task.asked == math.inf and limit and now >= task.since + limit:
                task.reason = f"it ran longer than its time limit of {format_duration(limit, most=2)}"
                self._ask(key, task)
            elif not task.killed and now >= task.asked + self._grace:
                task.killed = True
                self._executor.stop(task.program, task.handle, kill=True)

    def moment(self) -> float:
        """When there is something to enforce, on the monotonic clock."""
        return min(map(self._moment, self._timed), default=math.inf)

    def _moment(self, key: Key) -> float:
        task = self.tasks[key]
        if task.asked < math.inf:
            return math.inf if task.killed else task.asked + self._grace
        return task.since + task.wanted.time_limit

    def _ask(self, key: Key, task: Task) -> None:
        self._timed.add(key)
        if task.asked == math.inf:
            task.asked = time.monotonic()
            self._executor.stop(task.program, task.handle, kill=False)
