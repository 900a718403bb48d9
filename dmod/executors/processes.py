"""Processes of this machine, as /proc tells of them; light, for the shepherd imports it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Stat(NamedTuple):
    """What the kernel tells of a process."""

    parent: int  # its pid
    session: int  # the pid of the leader
    start: int  # clock ticks since boot: pids are used again


def read(path: str) -> bytes:
    """What a small file holds; nothing if it is gone."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        data = b""
        while more := os.read(fd, 1 << 18):
            data += more
    except OSError:
        return b""
    else:
        return data
    finally:
        os.close(fd)


def stat(pid: int, *, zombie: bool = False) -> Stat | None:
    """What a process is; None if it is gone, or is a zombie and none is wanted."""
    fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    if not fields or (fields[0] in b"ZX" and not zombie):
        return None
    return Stat(int(fields[1]), int(fields[3]), int(fields[19]))


def alive(pid: int, start: int) -> bool:
    """Whether this very process runs."""
    found = stat(pid)
    return found is not None and found.start == start


def environ(pid: int) -> list[bytes]:
    """The environment a process began with, NAME=VALUE each; empty if nobody may know."""
    return read(f"/proc/{pid}/environ").split(b"\0")


def children() -> list[int]:
    """The processes whose parent this one is, by its only thread; zombies may be among them."""
    me = os.getpid()
    path = f"/proc/self/task/{me}/children"
    if os.access(path, os.R_OK):
        return [int(word) for word in read(path).split()]
    return [pid for pid, found in everything().items() if found.parent == me]  # a kernel without that file


def everything() -> dict[int, Stat]:
    """All processes that live."""
    pids = (int(name) for name in os.listdir("/proc") if name.isdecimal())  # noqa: PTH208 - light
    return {pid: found for pid in pids if (found := stat(pid)) is not None}


def belonging(leaders: Collection[int], marks: Collection[bytes]) -> list[int]:
    """All processes of tasks, but those who ask: the leaders, their sessions and descendants, and who holds a mark.

    One that began with an empty environment (`env -i`) is known by its session or its parents, one that left both by
    its environment. A mark is a NAME=VALUE.
    """
    found, wanted, own = everything(), set(marks), os.getpid()
    mine = {pid for pid, process in found.items() if pid in leaders or process.session in leaders}
    mine |= {pid for pid in found.keys() - mine if not wanted.isdisjoint(environ(pid))}
    more = mine
    while more := {pid for pid, process in found.items() if process.parent in more} - mine:
        mine |= more
    return sorted(mine - {own})


def boot() -> str:
    """What tells this start of the machine from others."""
    return read("/proc/sys/kernel/random/boot_id")[:8].decode()


def send(pids: Iterable[int], number: int) -> None:
    """Signal processes; those that are gone are gone."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
