"""Reservation: when the job at the head of a queue will start at the latest, and what others may take meanwhile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dmod.jobs.allocate import allocate, room, rooms
from dmod.jobs.resources import Node
from dmod.scheduler.pool import SINGLE, Pool, lesser

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

    __slots__ = ("_delicate", "_due", "_free", "_then", "_wanted", "beside", "start")

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
        self.start, left = _fits(wanted, free.nodes, ends)
        self._then: Sequence[Node] = left  # free at the start, with the head's share
        granted = allocate(wanted, left)
        if granted is None:
            self.start = math.inf
            serving = {node.name for node in nodes if _serves(wanted, node)}
            spare: Sequence[Node] = [Node(node.name, 0, 0) if node.name in serving else node for node in left]
        else:
            self.start = max(self.start, now)
            spare = _without(left, granted)
        self.beside = Pool(map(lesser, free.nodes, spare))  # for those that may run longer
        self._due = self.start if self.start < math.inf else -math.inf
        # memory that does not divide by the ranks: a node that keeps their share may yet have room for fewer
        self._delicate = granted is not None and wanted.paradigm != SINGLE and wanted.memory % wanted.cpus > 0

    @property
    def exhausted(self) -> bool:
        """Whether nobody behind the head may start any more."""
        return self.start == math.inf and self.beside.cpus <= 0

    def find(self, wanted: Resources, end: float) -> tuple[Allocation, ...] | None:
        """What a task behind the head gets, if it does not delay it."""
        if end <= self._due:
            return self._free.find(wanted)
        granted = self.beside.find(wanted)
        if granted is not None and self._disturbs(granted):
            self.beside.refuse(wanted)
            return None
        return granted

    def take(self, granted: tuple[Allocation, ...], end: float) -> None:
        """Give away what was found."""
        self._free.take(granted)
        if end <= self._due:
            self.beside.limit(granted, self._free.nodes)
            return
        self.beside.take(granted)
        if self._delicate:
            self._then = _without(self._then, granted)

    def _disturbs(self, granted: tuple[Allocation, ...]) -> bool:
        """Whether the head would no longer fit."""
        return self._delicate and sum(rooms(self._wanted, _without(self._then, granted))) < self._wanted.cpus


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
