"""Forecast: when and why, for those that wait: their earliest starts, and what holds them up, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.jobs.allocate import allocate
from dmod.jobs.allocate import free as left_of
from dmod.scheduler.step import Holding, impossible, shortage, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmod.jobs.resources import Node
    from dmod.scheduler.step import Waiting


def reasons(
    waiting: Iterable[Waiting], nodes: Sequence[Node], free: Sequence[Node], holding: Iterable[Holding], now: float
) -> dict[int, str]:
    """Why each job waits: `needs 4 cpus, 1 free`, `behind job 41, which needs 64 cpus, 48 free`, or `next`."""
    jobs = list(waiting)
    starts = step(jobs, nodes, free, holding, now)
    held = [each for start in starts for granted in start.allocations for each in granted]
    left = left_of(free, held)
    said = {start.job: "next" for start in starts}
    head = ""
    for job in jobs:
        if job.job in said:
            continue
        if allocate(job.wanted, nodes) is None:
            said[job.job] = impossible(job.wanted, nodes)
            continue
        lack = shortage(job.wanted, left)
        said[job.job] = lack or head or "next"
        head = head or f"behind job {job.job}, which {lack}"
    return said
