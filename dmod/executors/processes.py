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
    fields = _stat(pid)
    return int(fields[19]) if fields else None


def alive(pid: int, start: int) -> bool:
    """Whether this very process runs."""
    return started(pid) == start


def marked(mark: str, session: int = 0) -> list[int]:
    """What a job started: processes whose environment holds `mark`, whatever their group, and those of its session.

    One that began with an empty environment (`env -i`) is known by its session, one that left it by its environment.
    """
    own = os.getpid()
    found = [int(entry.name) for entry in os.scandir(PROC) if entry.name.isdecimal()]
    return [pid for pid in found if pid != own and (holds(pid, mark) or (session and _session(pid) == session))]


def holds(pid: int, mark: str) -> bool:
    """Whether a process lives and its environment holds `mark`, a NAME=VALUE."""
    with suppress(OSError), open(f"{PROC}/{pid}/environ", "rb") as environment:  # noqa: PTH123 - a third of the time
        return mark.encode() in environment.read().split(b"\0") and started(pid) is not None
    return False


def send(pids: list[int], number: signal.Signals) -> None:
    """Signal processes; those that are gone are gone."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _session(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[3]) if fields else None


def _stat(pid: int) -> list[str]:
    """What the kernel tells of a process, from its state on; nothing if it is gone or a zombie."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except (OSError, UnicodeDecodeError):
        return []
    fields = stat.rpartition(")")[2].split()
    return [] if fields[0] in "ZX" else fields
