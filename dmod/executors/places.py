"""Places: all executors as one; each task goes to its own, and what none has run costs nothing."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from dmod.executors import EXECUTORS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.executors.executor import Ended, Executor, Handle, Started
    from dmod.jobs.launch import Key, Program

FIRST = "local"  # is there from the beginning: its shepherd may have something to tell


class Places:
    """The executors of a project by their names."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._poll = select.epoll()
        self._made: dict[str, Executor] = {}
        self._homes: dict[tuple[Key, int], str] = {}  # the executors of the attempts that are not forgotten
        self._at(FIRST)

    def start(self, programs: Sequence[Program]) -> None:
        """Have each task started where it belongs."""
        for name, own in self._sorted(programs).items():
            self._at(name).start(own)

    def adopt(self, programs: Sequence[tuple[Program, Handle]]) -> set[Key]:
        """Take over what runs anywhere, and end what is left of tasks that nobody knows."""
        left = {
            name for name, executor in EXECUTORS.items() if executor.mark and (self._state / executor.mark).exists()
        }
        handles = {(program.key, program.attempt): handle for program, handle in programs}
        homes = self._sorted([program for program, _ in programs])
        never: set[Key] = set()
        for name in {FIRST, *left, *homes}:
            own = [(program, handles[program.key, program.attempt]) for program in homes.get(name, ())]
            never |= self._at(name).adopt(own)
        return never

    def fileno(self) -> int:
        """Of an epoll set of those of all executors."""
        return self._poll.fileno()

    def news(self) -> list[Started | Ended]:
        """What all of them tell."""
        return [told for executor in self._made.values() for told in executor.news()]

    def forget(self, keys: Sequence[tuple[Key, int]]) -> None:
        """Have each attempt forgotten where it ran."""
        own: dict[str, list[tuple[Key, int]]] = {}
        for attempt in keys:
            own.setdefault(self._homes.pop(attempt, FIRST), []).append(attempt)
        for name, attempts in own.items():
            self._at(name).forget(attempts)

    def stop(self, program: Program, handle: Handle, *, kill: bool) -> None:
        """Ask a task to end, or end it, where it runs."""
        self._at(program.executor).stop(program, handle, kill=kill)

    def close(self) -> None:
        """Let go of all."""
        for executor in self._made.values():
            executor.close()
        self._poll.close()

    def _at(self, name: str) -> Executor:
        """An executor, made when it is first asked for."""
        if name not in self._made:
            self._made[name] = EXECUTORS[name].make(self._state)
            self._poll.register(self._made[name], select.EPOLLIN)
        return self._made[name]

    def _sorted(self, programs: Sequence[Program]) -> dict[str, list[Program]]:
        """Programs by their executors, which are noted."""
        found: dict[str, list[Program]] = {}
        for program in programs:
            self._homes[program.key, program.attempt] = program.executor
            found.setdefault(program.executor, []).append(program)
        return found
