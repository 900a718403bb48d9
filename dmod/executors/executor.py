"""Executor: what the scheduler asks of a place where tasks run.

`tests/executors/executor_tests.py` holds each to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmod.jobs.launch import Key, Program

Handle = dict[str, Any]  # what JSON holds; kept in the queue, so that a later scheduler finds the task again
LOST = -1000  # the task is gone and nobody knows its exit code: its node went down, or its shepherd was killed
UNSTARTED = 127  # the exit code of what could not be started, as shells have it


@dataclass(frozen=True, slots=True)
class Usage:
    """What a task used."""

    cpu: float  # seconds, user and system, of all its processes that were waited for
    memory: int  # bytes, the most one of them held at once (no less than the shepherd itself: so the kernel counts
    # what it starts), or all of them together with their page cache where a cgroup tells
    read: int  # bytes from disks
    written: int  # bytes to disks


class Started(NamedTuple):
    """A task runs."""

    key: Key
    attempt: int
    handle: Handle
    time: float  # seconds since 1970


class Ended(NamedTuple):
    """A task has ended, or could not be started: then nothing was told of its start."""

    key: Key
    attempt: int
    code: int  # exit code, 128 + n for signal n, or LOST
    usage: Usage | None
    time: float  # seconds since 1970
    cause: str  # "", "memory" (it hit its limit), "start: No such file ...", or for LOST why, as a part of a sentence


class Executor(Protocol):
    """Starts tasks and tells when and how they ended, also those that an earlier scheduler started."""

    def start(self, programs: Sequence[Program]) -> None:
        """Start tasks, each attempt once; `news` tells of each, also if it cannot be started."""
        ...

    def adopt(self, programs: Sequence[tuple[Program, Handle]]) -> set[Key]:
        """Take over what an earlier scheduler was about to start (handle {}) or saw running: once, before any start.

        Returns those that were never begun, safe to start again. `news` tells of all others: that they started, if
        the handle was {}, and how they end. What else still runs is ended: the queue does not know it.
        """
        ...

    def fileno(self) -> int:
        """The same file descriptor as long as it lives, readable when there is news."""
        ...

    def news(self) -> list[Started | Ended]:
        """What happened, in its order; does not block. Raises ConflictError if another scheduler took over."""
        ...

    def forget(self, keys: Sequence[tuple[Key, int]]) -> None:
        """Forget attempts of tasks whose end is durable in the queue."""
        ...

    def stop(self, program: Program, handle: Handle, *, kill: bool) -> None:
        """Ask all processes of a task to end (SIGTERM), or end them (SIGKILL)."""
        ...

    def close(self) -> None:
        """Let go; what runs goes on."""
        ...
