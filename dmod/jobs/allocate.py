"""Allocation: which nodes give a job its cpus and memory, by paradigm; pure functions with laws.

What is granted is exactly what was asked; no node gives more than it has; and a request is refused only if no division
of its ranks over the nodes fits. Memory goes with the cpus: each rank has an equal share, what is left in single bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.jobs.resources import Allocation, Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmod.jobs.resources import Resources


def free(nodes: Sequence[Node], held: Iterable[Allocation]) -> tuple[Node, ...]:
    """The nodes with what is left of them."""
    cpus = {node.name: node.cpus for node in nodes}
    memory = {node.name: node.memory for node in nodes}
    for each in held:
        if each.node in cpus:
            cpus[each.node] -= each.cpus
            memory[each.node] -= each.memory
    return tuple(Node(node.name, cpus[node.name], memory[node.name]) for node in nodes)


def allocate(wanted: Resources, nodes: Sequence[Node]) -> tuple[Allocation, ...] | None:
    """The nodes' shares of a request, or None if it does not fit what is free of them."""
    rooms = [_room(wanted, node) for node in nodes]
    spread = {"single-node": _single, "fill-nodes": _fill, "round-robin": _round}[wanted.paradigm]
    counts = spread(wanted.cpus, rooms)
    if counts is None:
        return None
    return _with_memory(wanted, [(node.name, count) for node, count in zip(nodes, counts, strict=True) if count])


def _room(wanted: Resources, node: Node) -> int:
    """How many ranks of a request fit on a node."""
    share = -(-wanted.memory // wanted.cpus)
    room = max(0, min(node.cpus, node.memory // share) if share else node.cpus)
    whole = node.cpus >= wanted.cpus and node.memory >= wanted.memory  # perhaps though it does not divide by the ranks
    return max(room, wanted.cpus) if whole else room


def _single(cpus: int, rooms: Sequence[int]) -> list[int] | None:
    """All on the node that they fill best, so that large holes stay for large jobs."""
    fitting = [(room, at) for at, room in enumerate(rooms) if room >= cpus]
    if not fitting:
        return None
    _, chosen = min(fitting)
    return [cpus if at == chosen else 0 for at in range(len(rooms))]


def _fill(cpus: int, rooms: Sequence[int]) -> list[int] | None:
    """On as few nodes as can be: the roomiest first."""
    counts, left = [0] * len(rooms), cpus
    for at in sorted(range(len(rooms)), key=lambda at: -rooms[at]):
        counts[at] = min(left, rooms[at])
        left -= counts[at]
    return None if left else counts


def _round(cpus: int, rooms: Sequence[int]) -> list[int] | None:
    """As evenly as the rooms allow: one for each node in turn."""
    if sum(rooms) < cpus:
        return None
    counts, left = [0] * len(rooms), cpus
    while left:
        for at, room in enumerate(rooms):
            if left and counts[at] < room:
                counts[at] += 1
                left -= 1
    return counts


def _with_memory(wanted: Resources, counts: Sequence[tuple[str, int]]) -> tuple[Allocation, ...]:
    share, more = divmod(wanted.memory, wanted.cpus)
    granted = []
    for name, count in counts:
        extra = min(count, more)
        more -= extra
        granted.append(Allocation(name, count, share * count + extra))
    return tuple(granted)
