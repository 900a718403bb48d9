"""Reservation: when the job at the head of a queue will start at the latest, and what others may take meanwhile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dmod.jobs.allocate import allocate, room, rooms
from dmod.jobs.resources import Node
from dmod.scheduler.pool import SINGLE, Pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmod.jobs.resources import Allocation, Resources
    from dmod.scheduler.step import Holding


class Reservation:
    """The start that is kept for the head, and what is free for those behind it.

    A task that ends by `start` may take all that is free. One that may run longer must leave the head its share: it
    gets the lesser of what is free now and what the head leaves then. If nobody knows when the head can start, no node
    that could serve it gives anything away, or small jobs would keep it waiting for ever.
    """

    __slots__ = ("_beside", "_free", "_then", "_wanted", "_whole", "start", "tries")

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
        self._free, self._wanted = free, wanted
        self.tries = 0  # how often a task that may run longer found no room
        self.start, left = _fits(wanted, free.nodes, ends)
        self._whole: Sequence[Node] = left  # then, with the head's share; `_then` is without it
        granted = allocate(wanted, left)
        if granted is None:
            self.start = math.inf
            serving = {node.name for node in nodes if _serves(wanted, node)}
            self._then: Sequence[Node] = [Node(node.name, 0, 0) if node.name in serving else node for node in left]
        else:
            self.start = max(self.start, now)
            self._then = _without(left, granted)
        self._beside = Pool(
            Node(one.name, min(one.cpus, two.cpus), min(one.memory, two.memory))
            for one, two in zip(free.nodes, self._then, strict=True)
        )

    def find(self, wanted: Resources, end: float) -> tuple[Allocation, ...] | None:
        """What a task behind the head gets, if it does not delay it."""
        if self.before(end):
            return self._free.find(wanted)
        granted = self._beside.find(wanted)
        if granted is None or self._disturbs(granted):
            self.tries += 1
            return None
        return granted

    def take(self, granted: tuple[Allocation, ...], end: float) -> None:
        """Give away what was found."""
        self._free.take(granted)
        if not self.before(end):
            self._then, self._whole = _without(self._then, granted), _without(self._whole, granted)
            self._beside.take(granted)
        self._beside.limit(granted, self._free.nodes)

    def _disturbs(self, granted: tuple[Allocation, ...]) -> bool:
        """Whether the head no longer fits: memory that does not divide by its ranks can do that."""
        if self.start == math.inf or self._wanted.paradigm == SINGLE:
            return False
        return allocate(self._wanted, _without(self._whole, granted)) is None

    def before(self, end: float) -> bool:
        """Whether what ends then is out of the head's way."""
        return end <= self.start < math.inf


def _without(nodes: Sequence[Node], granted: tuple[Allocation, ...]) -> Sequence[Node]:
    gone = {each.node: each for each in granted}
    return [
        Node(node.name, node.cpus - gone[node.name].cpus, node.memory - gone[node.name].memory)
        if node.name in gone
        else node
        for node in nodes
    ]


def _serves(wanted: Resources, node: Node) -> bool:
    if wanted.paradigm == SINGLE:
        return node.cpus >= wanted.cpus and node.memory >= wanted.memory
    return room(wanted, node.cpus, node.memory) > 0


def _fits(
    wanted: Resources, free: Sequence[Node], ends: Sequence[tuple[float, int, int, int]]
) -> tuple[float, list[Node]]:
    """The first moment a request fits while one after the other ends, and what is free then; else after all ends."""
    cpus, memory = [node.cpus for node in free], [node.memory for node in free]
    single, moment = wanted.paradigm == SINGLE, -math.inf
    ranks = rooms(wanted, free)
    total = 0 if single else sum(ranks)
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
            fitting = room(wanted, cpus[at], memory[at])
            total += fitting - ranks[at]
            ranks[at] = fitting
    return moment, [Node(node.name, c, m) for node, c, m in zip(free, cpus, memory, strict=True)]
