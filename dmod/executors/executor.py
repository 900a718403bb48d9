"""Executor: what the scheduler asks of a place where workers run.

`tests/executors/executor_tests.py` holds each to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.jobs.launch import Program

Handle = dict[str, Any]  # what JSON holds; kept in the queue, so that a later scheduler finds the worker again


class Executor(Protocol):
    """Starts programs, tells when and how they ended, also those that an earlier scheduler started."""

    def start(self, program: Program, cpus: Sequence[int]) -> Handle:
        """Start a program on these cpus. Raises DmodError if it cannot be started."""
        ...

    def find(self, program: Program) -> Handle | None:
        """The handle of a program that was started for this folder, if nobody could keep it."""
        ...

    def watch(self, handle: Mapping[str, Any]) -> int | None:
        """A file descriptor that becomes readable when the program ends; None if it has ended."""
        ...

    def ended(self, handle: Mapping[str, Any], program: Program) -> int | None:
        """The exit code (negative: killed by that signal; LOST: nobody knows), None while it runs."""
        ...

    def stop(self, handle: Mapping[str, Any], program: Program, *, kill: bool) -> None:
        """Ask the program and all it started to end, or end them."""
        ...


LOST = -1000  # the program is gone and left no exit code: its node went down, or its shell was killed
