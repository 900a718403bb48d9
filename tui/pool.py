"""Pool: a node, what of it is free, who holds the rest, and whether it is drained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmod.jobs.allocate import free
from dmod.jobs.resources import Node
from dmod.scheduler.nodes import nodes
from dmod.scheduler.queue import Drained, Queue

if TYPE_CHECKING:
    from dmod.config import Config


@dataclass(frozen=True, slots=True)
class Pool:
    """A node as a row."""

    node: Node
    free: Node
    jobs: tuple[int, ...]
    tasks: int = 0
    drained: Drained | None = None


def pools(config: Config, queue: Queue | None) -> list[Pool]:
    """The nodes there are, as of now. Raises DmodError."""
    whole = nodes(config)
    holding, drained = (queue.holding(), queue.drained()) if queue else ([], {})
    jobs: dict[str, list[int]] = {node.name: [] for node in whole}
    for held in holding:
        for name in {part.node for part in held.allocation}:
            jobs.setdefault(name, []).append(held.job)
    left = free(whole, [part for held in holding for part in held.allocation])
    return [
        Pool(node, spare, tuple(dict.fromkeys(jobs[node.name])), len(jobs[node.name]), drained.get(node.name))
        for node, spare in zip(whole, left, strict=True)
    ]
