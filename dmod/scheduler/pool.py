"""Pool: what is free of the nodes while one decision gives it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.jobs.allocate import allocate, rooms
from dmod.jobs.resources import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmod.jobs.resources import Allocation, Resources

SINGLE = "single-node"


class Pool:
    """Free cpus and memory of nodes; it knows quickly what does not fit, for most of a long queue does not."""

    __slots__ = ("_at", "_failed", "_memory", "_peaks", "_stale", "cpus", "nodes", "tries")

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = list(nodes)
        self.cpus = sum(max(0, node.cpus) for node in self.nodes)  # free in all
        self.tries = 0  # how often a look at all nodes found no room
        self._memory = sum(max(0, node.memory) for node in self.nodes)
        self._at = {node.name: at for at, node in enumerate(self.nodes)}
        self._failed: set[tuple[int, int, str]] = set()  # shapes; what did not fit will not: a pool only shrinks
        self._peaks: list[tuple[int, int]] = []
        self._survey()

    def find(self, wanted: Resources) -> tuple[Allocation, ...] | None:
        """What a request would get, None if it does not fit."""
        cpus, memory = wanted.cpus, wanted.memory
        if wanted.paradigm == SINGLE:
            for most, bytes_ in self._peaks:
                if cpus <= most and memory <= bytes_:
                    break
            else:
                return None
        elif cpus > self.cpus or memory > self._memory:
            return None
        if (cpus, memory, wanted.paradigm) in self._failed:
            return None
        granted = allocate(wanted, self.nodes)
        if granted is None:
            self.refuse(wanted)
            if wanted.paradigm == SINGLE and self._stale:
                self._survey()
        return granted

    def lacks(self, wanted: Resources) -> bool:
        """Whether a request does not fit for its cpus alone, the usual case."""
        if wanted.paradigm != SINGLE:
            return wanted.cpus > self.cpus
        return not self._peaks or wanted.cpus > self._peaks[0][0]

    def refuse(self, wanted: Resources) -> None:
        """Note that requests of this shape find nothing here."""
        self.tries += 1
        self._failed.add((wanted.cpus, wanted.memory, wanted.paradigm))

    def fits(self, wanted: Resources) -> bool:
        """Whether a request fits."""
        if wanted.paradigm == SINGLE:
            if self._stale:
                self._survey()
            return any(wanted.cpus <= cpus and wanted.memory <= memory for cpus, memory in self._peaks)
        return sum(rooms(wanted, self.nodes)) >= wanted.cpus

    def take(self, granted: Iterable[Allocation]) -> None:
        """Give away what was found."""
        for each in granted:
            at = self._at[each.node]
            node = self.nodes[at]
            self.nodes[at] = Node(node.name, node.cpus - each.cpus, node.memory - each.memory)
            self.cpus -= each.cpus
            self._memory -= each.memory
        self._stale = True

    def limit(self, granted: Iterable[Allocation], others: Sequence[Node]) -> None:
        """Leave no more of the nodes of an allocation than others have of them."""
        for each in granted:
            at = self._at[each.node]
            node, other = self.nodes[at], others[at]
            self.nodes[at] = new = lesser(node, other)
            self.cpus += max(0, new.cpus) - max(0, node.cpus)
            self._memory += max(0, new.memory) - max(0, node.memory)
        self._stale = True

    def _survey(self) -> None:
        """Note the largest requests of one node that fit: none of them has both more cpus and more memory."""
        peaks: list[tuple[int, int]] = []
        for cpus, memory in sorted({(node.cpus, max(0, node.memory)) for node in self.nodes}, reverse=True):
            if cpus > 0 and (not peaks or memory > peaks[-1][1]):
                peaks.append((cpus, memory))
        self._peaks, self._stale = peaks, False


def lesser(one: Node, two: Node) -> Node:
    """What both have of a node."""
    return Node(one.name, min(one.cpus, two.cpus), min(one.memory, two.memory))
