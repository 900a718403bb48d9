"""Processes of this machine, by pid and start time, as /proc tells of them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal

PROC = Path("/proc")


def started(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None if it is gone or a zombie. Pids are used again."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except (OSError, UnicodeDecodeError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def alive(pid: int, start: int) -> bool:
    """Whether this very process runs."""
    return started(pid) == start


def marked(mark: str) -> list[int]:
    """The processes whose environment holds `mark`: all that a job started, whatever their group."""
    wanted, own = mark.encode(), os.getpid()
    found = []
    for entry in os.scandir(PROC):
        if not entry.name.isdecimal() or int(entry.name) == own:
            continue
        with suppress(OSError), open(f"{entry.path}/environ", "rb") as environment:  # noqa: PTH123 - a third of the time
            if wanted in environment.read().split(b"\0") and started(int(entry.name)) is not None:
                found.append(int(entry.name))
    return found


def send(pids: list[int], number: signal.Signals) -> None:
    """Signal processes; those that are gone are gone."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
