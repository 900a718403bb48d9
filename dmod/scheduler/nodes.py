"""Nodes: this machine, and what of it dmod.toml lets jobs have."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from dmod.jobs.resources import Node

if TYPE_CHECKING:
    from dmod.config import Config


def nodes(config: Config) -> tuple[Node, ...]:
    """The nodes that jobs may run on."""
    cpus, memory = len(os.sched_getaffinity(0)), _memory()
    limits = config.scheduler
    return (Node(platform.node() or "localhost", limits.cpus or cpus, limits.memory or memory),)


def _memory() -> int:
    """Bytes of this machine, or of the cgroup it is confined to."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        with open("/sys/fs/cgroup/memory.max") as file:  # noqa: PTH123
            limit = file.read().strip()
    except OSError:
        return whole
    return min(whole, int(limit)) if limit.isdecimal() else whole
