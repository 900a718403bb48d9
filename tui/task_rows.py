"""TaskRows: the tasks of an array as rows of a table: of a hundred thousand only those that are seen are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.errors import DmodError
from dmod.jobs.numbers import Numbers
from dmod.units import format_duration
from tui.columns import Column
from tui.look import state
from tui.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from dmod.scheduler.queue import Task
    from tui.entry import Clock
    from tui.look import Line
    from tui.rows import Key

    Read = Callable[[Sequence[int]], Sequence[Task]]

PIECE = 64  # tasks that are read at once


class TaskRows(Rows["Task"]):
    """The numbers of an array in their order, or from the last to the first, and what was read of its tasks."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(lambda task: task.number, columns(clock), sort="number", reverse=False)
        self._numbers = Numbers(())
        self._read: Read = lambda _: ()
        self._pieces: dict[int, dict[int, Task]] = {}  # by the first place of a piece
        self._looks = 0

    def show(self, numbers: str, read: Read) -> None:
        """Be those of another array."""
        self._numbers, self._read = Numbers.parse(numbers), read
        self.renew()
        self._order()

    def renew(self) -> None:
        """Read again what is seen next."""
        self._pieces.clear()
        self._looks += 1

    def order(self, sort: str, *, reverse: bool) -> None:
        """By number, whatever is asked: any other order would have to read them all."""
        del sort
        self.reverse = reverse
        self._order()

    def __contains__(self, key: Key) -> bool:
        """Whether the array has it."""
        return key in self._numbers

    def __getitem__(self, key: Key) -> Task:
        """A task, read with those around it. Raises KeyError if there is no more telling."""
        at = self._numbers.place(int(key)) // PIECE * PIECE
        if at not in self._pieces:
            wanted = [self._numbers[place] for place in range(at, min(at + PIECE, len(self._numbers)))]
            try:
                self._pieces[at] = {task.number: task for task in self._read(wanted)}
            except DmodError:  # it was pruned, or the queue cannot be read: the next look tells
                self._pieces[at] = {}
        return self._pieces[at][int(key)]

    def revision(self, key: Key) -> int:
        """How often they were read anew."""
        del key
        return self._looks

    def place(self, key: Key | None) -> int | None:
        """Where a task is shown."""
        if key is None or key not in self._numbers:
            return None
        at = self._numbers.place(int(key))
        return len(self._numbers) - 1 - at if self.reverse else at

    def _order(self) -> None:
        self.keys = _Keys(self._numbers, reverse=self.reverse)


class _Keys:
    """Numbers as keys, also from the other end."""

    def __init__(self, numbers: Numbers, *, reverse: bool) -> None:
        self._numbers, self._reverse, self._size = numbers, reverse, len(numbers)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, at: int) -> int:
        return self._numbers[self._size - 1 - at if self._reverse else at]

    def __iter__(self) -> Iterator[int]:
        return (self[at] for at in range(self._size))


def columns(clock: Clock) -> tuple[Column[Task], ...]:
    """What is told of a task."""
    return (
        Column("number", "TASK", 7, lambda t: ((f"{t.number}", "muted"),), lambda t: t.number, right=True),
        Column("state", "STATE", 12, lambda t: state(str(t.status)), lambda t: t.status),
        Column("attempt", "TRY", 3, _attempt, lambda t: t.attempt, 2, right=True),
        Column("runtime", "RUNTIME", 8, lambda t: _runtime(t, clock()), lambda t: t.started, 1, right=True),
        Column("exit", "EXIT", 4, _exit, lambda t: t.exit_code, 3, right=True),
        Column("why", "WHY", 20, _why, lambda t: t.reason, grow=1),
    )


def _attempt(task: Task) -> Line:
    return ((str(task.attempt), "muted"),) if task.started or task.attempt > 1 else ()


def _runtime(task: Task, now: datetime) -> Line:
    if task.started is None:
        return ()
    return ((format_duration(max(((task.ended or now) - task.started).total_seconds(), 0), most=2), "text"),)


def _exit(task: Task) -> Line:
    return () if task.exit_code is None else ((str(task.exit_code), "error" if task.exit_code else "muted"),)


def _why(task: Task) -> Line:
    return ((task.reason.partition("\n")[0], "error" if task.status == "failed" else "muted"),)
