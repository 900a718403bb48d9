"""Catchments as vertices, joined where water or a shared nexus joins them: what METIS cuts.

A nexus joins every catchment above it to the one below. Where the fabric ends there is none below, and the first of
those above stands in for it. So the graph is a forest: whatever is cut adds one fragment and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dmod.hydro.hydrofabric import Hydrofabric

WEAK, FLOW, SHARED = 1, 10, 100  # what it costs to cut a link that is not there, a river, and a last nexus in two


class Edges(NamedTuple):
    """The forest, one edge a row."""

    upper: NDArray[np.int64]  # (edges,) catchment
    lower: NDArray[np.int64]  # (edges,) the catchment below, or at an end of the fabric the one that stands in for it
    flows: NDArray[np.bool_]  # (edges,) whether water passes from upper to lower


class Graph(NamedTuple):
    """Compressed adjacency, as METIS takes it: neighbours of i are `adjacent[starts[i]:starts[i + 1]]`."""

    starts: NDArray[np.int32]
    adjacent: NDArray[np.int32]
    weights: NDArray[np.int32]  # (adjacent,)


def edges(fabric: Hydrofabric) -> Edges:
    """Every pair that a nexus joins."""
    drains, down = fabric.drains(), fabric.downstream()
    upper = np.flatnonzero(down >= 0)
    # the last catchments, those of one nexus side by side; the first of each nexus stands in for what is not there
    last = np.flatnonzero((down < 0) & (drains >= 0))
    last = last[np.argsort(drains[last], kind="stable")]
    new = np.diff(drains[last], prepend=-1) != 0
    hub = last[np.maximum.accumulate(np.where(new, np.arange(last.size), 0))]
    return Edges(
        np.concatenate([upper, last[~new]]),
        np.concatenate([down[upper], hub[~new]]),
        np.arange(upper.size + int((~new).sum())) < upper.size,
    )


def graph(count: int, found: Edges, *, linked: bool) -> Graph:
    """The forest as METIS takes it.

    `linked` strings its trees together by weak links: METIS keeps a connected graph in balance much more often, and
    cuts a little more of it.
    """
    has_lower = np.zeros(count, dtype=bool)
    has_lower[found.upper] = True
    roots = np.flatnonzero(~has_lower)[: None if linked else 0]
    upper = np.concatenate([found.upper, roots[:-1]])
    lower = np.concatenate([found.lower, roots[1:]])
    cost = np.concatenate([np.where(found.flows, FLOW, SHARED), np.full(max(roots.size - 1, 0), WEAK)])
    source = np.concatenate([upper, lower])
    order = np.argsort(source, kind="stable")
    starts = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(np.bincount(source, minlength=count), out=starts[1:])
    # METIS was built for 32-bit indices: other widths would be copied
    adjacent = np.concatenate([lower, upper])[order].astype(np.int32)
    return Graph(starts, adjacent, np.concatenate([cost, cost])[order].astype(np.int32))


def depth_first(count: int, found: Edges) -> NDArray[np.int64]:
    """(count,) the catchments from each outlet upwards, one branch after the other: the order that ngen cuts."""
    order = np.argsort(found.lower, kind="stable")
    starts = np.searchsorted(found.lower[order], np.arange(count + 1)).tolist()
    above = found.upper[order].tolist()
    has_lower = np.zeros(count, dtype=bool)
    has_lower[found.upper] = True
    waiting = np.flatnonzero(~has_lower)[::-1].tolist()
    visited = []
    while waiting:
        at = waiting.pop()
        visited.append(at)
        waiting += above[starts[at] : starts[at + 1]]
    return np.array(visited, dtype=np.int64)


def cost(found: Edges, part: NDArray[np.int64]) -> int:
    """What the cuts of a partition cost: rivers, and last nexuses in two."""
    across = part[found.upper] != part[found.lower]
    return int(np.where(found.flows, FLOW, SHARED)[across].sum())
