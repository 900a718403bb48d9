"""Nodes: this machine, or the shares of it that dmod.toml declares, and what of it jobs may have."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.jobs.resources import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmod.config import Config

GROUPS = Path("/sys/fs/cgroup")
MINE = Path("/proc/self/cgroup")  # the cgroups that this process is in


def nodes(config: Config) -> tuple[Node, ...]:
    """The nodes that jobs may run on: those of [nodes], or this machine."""
    if not config.nodes:
        limits = config.scheduler
        return (Node(platform.node() or "localhost", limits.cpus or cpus(), limits.memory or memory()),)
    silent = sum(each.cpus for each in config.nodes.values() if not each.memory)
    left = max(0, memory() - sum(each.memory for each in config.nodes.values())) if silent else 0
    return tuple(
        Node(name, each.cpus, each.memory or left * each.cpus // silent) for name, each in config.nodes.items()
    )


def cpu_numbers(nodes: Iterable[Node], available: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """The numbers of this machine's cpus that each node has, in order; () where too few are left: not bound."""
    given, at = {}, 0
    for node in nodes:
        numbers = tuple(available[at : at + node.cpus])
        enough = len(numbers) == node.cpus
        given[node.name] = numbers if enough else ()
        at += node.cpus if enough else 0
    return given


def cpus(groups: Path = GROUPS, mine: Path = MINE) -> int:
    """Cpus this process may run on, or as many as its cgroup lets it use at once."""
    whole = len(os.sched_getaffinity(0))
    quotas = [text.split() for text in _said(groups, mine, "", "cpu.max")]
    v1 = zip(
        _said(groups, mine, "cpu", "cpu.cfs_quota_us"), _said(groups, mine, "cpu", "cpu.cfs_period_us"), strict=True
    )
    shares = [int(quota) // int(period) for quota, period in (*quotas, *v1) if quota.isdecimal() and int(period)]
    return max(1, min([whole, *shares]))


def memory(groups: Path = GROUPS, mine: Path = MINE) -> int:
    """Bytes of this machine, or of the cgroup that this process is confined to."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [*_said(groups, mine, "", "memory.max"), *_said(groups, mine, "memory", "memory.limit_in_bytes")]
    return min([whole, *(int(limit) for limit in limits if limit.isdecimal())])


def _said(groups: Path, mine: Path, controller: str, name: str) -> list[str]:
    """What a file says in this process's cgroup and in those around it; controller "": of cgroup v2."""
    found = []
    for line in _text(mine).splitlines():
        _, controllers, path = line.split(":", 2)
        if controller not in controllers.split(","):
            continue
        parts = [part for part in path.split("/") if part not in {"", ".."}]
        folders = [groups.joinpath(controller, *parts[:depth]) for depth in range(len(parts) + 1)]
        found += [text for folder in folders if (text := _text(folder / name))]
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:  # the root has no limit, and a container does not see what is around it
        return ""
