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
    if wanted.paradigm == "single-node":
        return _single(wanted, nodes)
    ranks = rooms(wanted, nodes)
    if sum(ranks) < wanted.cpus:
        return None
    counts = _fill(wanted.cpus, ranks) if wanted.paradigm == "fill-nodes" else _round(wanted.cpus, ranks)
    return _with_memory(wanted, [(node.name, count) for node, count in zip(nodes, counts, strict=True) if count])


def room(wanted: Resources, cpus: int, memory: int) -> int:
    """How many ranks of a request that may be spread fit in what is free of a node."""
    if not wanted.memory:
        return max(0, cpus)
    share = -(-wanted.memory // wanted.cpus)
    ranks = max(0, cpus if cpus * share <= memory else memory // share)
    whole = cpus >= wanted.cpus and memory >= wanted.memory  # perhaps though it does not divide by the ranks
    return max(ranks, wanted.cpus) if whole else ranks


def rooms(wanted: Resources, nodes: Sequence[Node]) -> list[int]:
    """The same for many nodes, without a call for each."""
    cpus, memory = wanted.cpus, wanted.memory
    share = -(-memory // cpus)
    if not share:
        return [max(0, node.cpus) for node in nodes]
    ranks = [node.cpus if node.cpus * share <= node.memory else node.memory // share for node in nodes]
    if min(ranks, default=0) < 0:
        ranks = [max(0, each) for each in ranks]
    if not memory % cpus:
        return ranks
    return [
        cpus if most < cpus <= node.cpus and memory <= node.memory else most
        for most, node in zip(ranks, nodes, strict=True)
    ]


def _single(wanted: Resources, nodes: Sequence[Node]) -> tuple[Allocation, ...] | None:
    """All on the node that they fill best, so that large holes stay for large jobs."""
    cpus, memory = wanted.cpus, wanted.memory
    share = -(-memory // cpus)
    if share:
        fitting = [
            (min(node.cpus, node.memory // share), at)
            for at, node in enumerate(nodes)
            if node.cpus >= cpus and node.memory >= memory
        ]
    else:
        fitting = [(node.cpus, at) for at, node in enumerate(nodes) if node.cpus >= cpus]
    if not fitting:
        return None
    return (Allocation(nodes[min(fitting)[1]].name, cpus, memory),)


def _fill(cpus: int, rooms: Sequence[int]) -> list[int]:
    """On as few nodes as can be: the roomiest first."""
    counts, left = [0] * len(rooms), cpus
    for at in sorted(range(len(rooms)), key=lambda at: -rooms[at]):
        counts[at] = min(left, rooms[at])
        left -= counts[at]
    return counts


def _round(cpus: int, rooms: Sequence[int]) -> list[int]:
    """As evenly as the rooms allow: one for each node in turn, many turns at once."""
    counts, left = [0] * len(rooms), cpus
    while left:
        fair = [at for at, most in enumerate(rooms) if counts[at] < most]
        turns = left // len(fair)
        for at in fair if turns else fair[:left]:
            more = min(max(turns, 1), rooms[at] - counts[at])
            counts[at] += more
            left -= more
    return counts


def _with_memory(wanted: Resources, counts: Sequence[tuple[str, int]]) -> tuple[Allocation, ...]:
    share, more = divmod(wanted.memory, wanted.cpus)
    if not more:
        return tuple(Allocation(name, count, share * count) for name, count in counts)
    granted = []
    for name, count in counts:
        extra = min(count, more)
        more -= extra
        granted.append(Allocation(name, count, share * count + extra))
    return tuple(granted)
