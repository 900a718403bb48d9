"""Cgroup: a limit on the memory of all processes of a task together, where the kernel lets this user set one.

In version 2, a group that holds processes can have no children with limits: there the groups of tasks lie beside that
of the scheduler, unless that has a limit of its own, which they would escape.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

ROOT = Path("/sys/fs/cgroup")
PATIENCE = 0.02  # seconds for processes that were killed to leave their group


class Files(NamedTuple):
    """What a version calls the files of a group."""

    limit: str
    swap: str  # with version 1 of memory and swap together, with version 2 of swap alone
    peak: str
    kills: str  # holds a line "oom_kill 1"


V1 = Files("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control")
V2 = Files("memory.max", "memory.swap.max", "memory.peak", "memory.events")


def make(name: str, limit: int, root: Path = ROOT, own: Path = Path("/proc/self/cgroup")) -> Path | None:
    """A new group whose processes may together hold so many bytes; None where that is not allowed."""
    for parent, files in _parents(root, own):
        group = parent / name
        with suppress(OSError):
            group.rmdir()  # of an earlier project in this place: what it counted is not ours
        try:
            group.mkdir(exist_ok=True)
            (group / files.limit).write_text(str(limit))
        except OSError:
            with suppress(OSError):
                group.rmdir()
            continue
        with suppress(OSError):  # no swap, or it is not counted
            (group / files.swap).write_text(str(limit if files is V1 else 0))
        with suppress(OSError):  # all or none: half a task is no use
            (group / "memory.oom.group").write_text("1")
        return group
    return None


def measure(group: Path) -> tuple[int, bool] | None:
    """The most bytes a group held and whether the kernel killed for its limit; None if there is no such group."""
    if not group.is_dir():
        return None
    files = V1 if (group / V1.limit).exists() else V2
    kills = dict(line.split() for line in _read(group / files.kills).splitlines() if " " in line)
    return int(_read(group / files.peak) or 0), kills.get("oom_kill", "0") != "0"


def members(group: str) -> list[int]:
    """The processes in a group; none if it is gone, or the path is empty."""
    return [int(word) for word in _read(Path(group) / "cgroup.procs").split()] if group else []


def is_removed(group: Path) -> bool:
    """Whether a group could be removed: who was killed in it may not have left yet."""
    until = time.monotonic() + PATIENCE
    while group.is_dir():
        try:
            group.rmdir()
        except OSError:
            if time.monotonic() > until:
                return False
            time.sleep(0.001)
    return True


def _parents(root: Path, own: Path) -> list[tuple[Path, Files]]:
    """Where groups may be made, the best first."""
    found: list[tuple[Path, Files]] = []
    for line in _read(own).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "memory":
            inside = root / "memory" / path.lstrip("/")
            found += [(folder, V1) for folder in (inside, root / "memory") if folder.is_dir()][:1]  # of a container
        elif not controllers:
            inside = root / path.lstrip("/")
            if "memory" in _read(inside / "cgroup.subtree_control").split():
                found.append((inside, V2))
            elif inside != root and _read(inside / V2.limit).strip() in {"", "max"}:
                beside = inside.parent
                found += [(beside, V2)] if "memory" in _read(beside / "cgroup.subtree_control").split() else []
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
