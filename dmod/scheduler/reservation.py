"""Reservation: when the job at the head of a queue will start at the latest, and what others may take meanwhile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dmod.jobs.allocate import allocate, room
from dmod.jobs.resources import Node
from dmod.scheduler.pool import SINGLE, Pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmod.jobs.resources import Allocation, Resources
    from dmod.scheduler.step import Holding


class Reservation:
    """The start that is kept for the head, and what is free for those behind it.

    A task that ends by `start` may take all that is free. One that may run longer must leave the head its share: it
    gets the lesser of what is free now and what the head leaves then. If nobody knows when the head can start, no node that
    could serve it gives anything away, or small jobs would keep it waiting for ever.
    """

    __slots__ = ("_beside", "_free", "_then", "start")

    def __init__(
        self, wanted: Resources, nodes: Sequence[Node], free: Pool, holding: Iterable[Holding], now: float
    ) -> None:
        at = {node.name: at for at, node in enumerate(free.nodes)}
        ends = sorted(
            (task.until, at[each.node], each.cpus, each.memory)
            for task in holding
            if task.until < math.inf
            for each in task.held
            if each.node in at
        )
        self._free = free
        self.start, left = _fits(wanted, free.nodes, ends)
        granted = allocate(wanted, left)
        if granted is None:
            self.start = math.inf
            serving = {node.name for node in nodes if _serves(wanted, node)}
            self._then = [Node(node.name, 0, 0) if node.name in serving else node for node in left]
        else:
            self.start = max(self.start, now)
            then = Pool(left)
            then.take(granted)
            self._then = then.nodes
        self._beside = Pool(
            Node(one.name, min(one.cpus, two.cpus), min(one.memory, two.memory))
            for one, two in zip(free.nodes, self._then, strict=True)
        )

    @property
    def tries(self) -> int:
        """How often a look at all nodes found no room."""
        return self._free.tries + self._beside.tries

    def find(self, wanted: Resources, end: float) -> tuple[Allocation, ...] | None:
        """What a task behind the head gets, if it does not delay it."""
        return (self._free if self.before(end) else self._beside).find(wanted)

    def take(self, granted: tuple[Allocation, ...], end: float) -> None:
        """Give away what was found."""
        self._free.take(granted)
        if not self.before(end):
            then = Pool(self._then)
            then.take(granted)
            self._then = then.nodes
            self._beside.take(granted)
        self._beside.limit(granted, self._free.nodes)

    def before(self, end: float) -> bool:
        """Whether what ends then is out of the head's way."""
        return end <= self.start < math.inf


def _serves(wanted: Resources, node: Node) -> bool:
    if wanted.paradigm == SINGLE:
        return node.cpus >= wanted.cpus and node.memory >= wanted.memory
    return room(wanted, node) > 0


def _fits(
    wanted: Resources, free: Sequence[Node], ends: Sequence[tuple[float, int, int, int]]
) -> tuple[float, list[Node]]:
    """The first moment a request fits while one after the other ends, and what is free then; else after all ends."""
    cpus, memory = [node.cpus for node in free], [node.memory for node in free]
    single, moment = wanted.paradigm == SINGLE, -math.inf
    rooms = [room(wanted, node) for node in free]
    total = 0 if single else sum(rooms)
    for until, at, more, bytes_ in ends:
        if until > moment and total >= wanted.cpus:
            break
        moment = until
        cpus[at] += more
        memory[at] += bytes_
        if single:
            if cpus[at] >= wanted.cpus and memory[at] >= wanted.memory:
                total = wanted.cpus
        else:
            ranks = room(wanted, Node("", cpus[at], memory[at]))
            total += ranks - rooms[at]
            rooms[at] = ranks
    return moment, [Node(node.name, c, m) for node, c, m in zip(free, cpus, memory, strict=True)]
