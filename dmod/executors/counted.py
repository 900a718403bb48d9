"""Counted: what the kernel counted of a task in its container, as the shell in there wrote it down at the end."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from dmod import layout
from dmod.executors.executor import Usage

if TYPE_CHECKING:
    from pathlib import Path

UNABLE = "start: "  # so the report begins of what was not begun
V2 = ("memory.peak", "memory.events", "cpu.stat", "io.stat")  # of /sys/fs/cgroup: most, kills, time, disks
V1 = (
    "memory/memory.max_usage_in_bytes",
    "memory/memory.oom_control",
    "cpuacct/cpuacct.usage",
    "blkio/blkio.throttle.io_service_bytes",
)
FILES = (*V2, *V1)


class Report(NamedTuple):
    """What a task used, and why it failed, as far as the kernel knows."""

    usage: Usage | None  # None if it was killed before anybody could look, or was not begun
    cause: str  # as that of an end


def report(folder: Path) -> Report:
    """What is known of the task in a folder."""
    with suppress(OSError, ValueError, LookupError):
        text = (folder / layout.CONTAINER).read_text()
        if text.startswith(UNABLE):
            return Report(None, text.strip())
        files = _files(text)
        used = _second(files) if V2[2] in files else _first(files)
        events = dict(line.split(maxsplit=1) for line in files.get(V2[1]) or files.get(V1[1], []))
        return Report(used, "memory" if events.get("oom_kill", "0") != "0" else "")
    return Report(None, "")


def _files(text: str) -> dict[str, list[str]]:
    """The lines of each file in a report."""
    found: dict[str, list[str]] = {}
    for part in text.split("# ")[1:]:
        name, *lines = part.splitlines()
        found[name] = lines
    return found


def _second(files: dict[str, list[str]]) -> Usage:
    """By version 2 of cgroups: `usage_usec 120`, `8:0 rbytes=1 wbytes=2`."""
    micro = dict(line.split(maxsplit=1) for line in files[V2[2]])["usage_usec"]
    pairs = [pair.split("=") for line in files.get(V2[3], []) for pair in line.split()[1:]]
    read, written = (sum(int(value) for name, value in pairs if name == key) for key in ("rbytes", "wbytes"))
    return Usage(int(micro) / 1e6, int(files.get(V2[0], ["0"])[0]), read, written)  # no peak before Linux 5.19


def _first(files: dict[str, list[str]]) -> Usage:
    """By version 1: nanoseconds, `8:0 Read 1`."""
    rows = [line.split() for line in files.get(V1[3], [])]
    read, written = (sum(int(row[2]) for row in rows if row[1:2] == [key]) for key in ("Read", "Write"))
    return Usage(int(files[V1[2]][0]) / 1e9, int(files[V1[0]][0]), read, written)
