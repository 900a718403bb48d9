"""Partitions: which rank runs which catchments, and which water passes between ranks."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dmod.errors import UnmetError, UsageError
from dmod.hydro import dual_graph
from dmod.hydro.ids import natural, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.hydro.hydrofabric import Hydrofabric

SLACK = 1.03  # the largest part over the mean
SEED = 1  # the same fabric is cut the same way every time
ATTEMPTS = (  # linked, recursive, thousandths over the mean: METIS misses its own slack now and then, and is quick
    (False, False, 26),
    (True, False, 30),
    (True, False, 10),
)


class Direction(StrEnum):
    """How the remote catchment of a connection lies to the nexus, in ngen's words."""

    ABOVE = "orig_cat-to-nex"  # it drains into the nexus, on another rank
    BELOW = "nex-to-dest_cat"  # it takes the water of the nexus, on another rank


class Remote(NamedTuple):
    """One catchment of another rank that is joined to a nexus of this one."""

    rank: int
    nexus: str
    catchment: str
    direction: Direction


class Part(NamedTuple):
    """The share of one rank."""

    id: int
    catchments: tuple[str, ...]
    nexuses: tuple[str, ...]  # every nexus that its catchments touch
    remote: tuple[Remote, ...]


def partition(fabric: Hydrofabric, parts: int, weights: Sequence[int] | None = None) -> tuple[Part, ...]:
    """The fabric in `parts` shares of like size (or like sum of `weights`, one a catchment), with few rivers cut.

    Raises UsageError for less than one part, UnmetError for more parts than catchments or without pymetis.
    """
    count = len(fabric.catchments)
    if parts < 1:
        raise UsageError(f"{parts} parts cannot be made: it takes 1 at least", fix=f"-n 1 up to -n {count}")
    if parts > count:
        raise UnmetError(
            f"{parts:,} parts cannot be made of {count:,} catchments", why="every part needs one", fix=f"-n {count}"
        )
    return assemble(fabric, assign(fabric, parts, weights), parts)


def assign(fabric: Hydrofabric, parts: int, weights: Sequence[int] | None = None) -> NDArray[np.int64]:
    """(catchments,) the part of each: METIS, kept to the slack, or the fewest cuts that keep to it."""
    count = len(fabric.catchments)
    if parts in (1, count):
        return np.arange(count, dtype=np.int64) % parts
    load = np.ones(count, dtype=np.int32) if weights is None else np.asarray(weights, dtype=np.int32)
    if load.shape != (count,) or load.min() < 0:
        raise UsageError(f"weights must be {count} numbers of 0 or more, one a catchment")
    found = dual_graph.edges(fabric)
    mean = float(load.sum()) / parts
    limit = max(SLACK * mean, mean + (0 if weights is None else load.max()), np.ceil(mean))
    best, fewest = None, np.inf
    for attempt in metis(count, found, parts, None if weights is None else load):
        sums, sizes = np.bincount(attempt, load, minlength=parts), np.bincount(attempt, minlength=parts)
        cut = dual_graph.cost(found, attempt)
        if sums.max() <= limit and sizes.min() > 0 and cut < fewest:
            best, fewest = attempt, cut
    return cut_evenly(dual_graph.depth_first(count, found), load, parts) if best is None else best


def metis(
    count: int, found: dual_graph.Edges, parts: int, load: NDArray[np.int32] | None
) -> Iterator[NDArray[np.int64]]:
    """Partitions by METIS (Karypis and Kumar 1998): k-way on the forest, and on the linked forest, tight and loose."""
    try:
        import pymetis
    except ImportError as error:
        raise UnmetError(
            "partitions are made by METIS, which is not installed", fix="pip install 'dmod[partition]'"
        ) from error
    for linked, recursive, ufactor in ATTEMPTS:
        graph = dual_graph.graph(count, found, linked=linked)
        _, part = pymetis.part_graph(
            parts,
            pymetis.CSRAdjacency(graph.starts, graph.adjacent),
            eweights=graph.weights,
            vweights=load,
            recursive=recursive,
            options=pymetis.Options(seed=SEED, ufactor=ufactor),
        )
        yield np.asarray(part, dtype=np.int64)


def cut_evenly(order: NDArray[np.int64], load: NDArray[np.int32], parts: int) -> NDArray[np.int64]:
    """(catchments,) the order in `parts` runs of like load, none empty: what is left where METIS finds nothing."""
    total = np.cumsum(load[order], dtype=np.float64)
    ends = np.searchsorted(total, total[-1] * np.arange(1, parts) / parts - 1e-9) + 1
    at = np.arange(parts - 1)
    ends = np.maximum.accumulate(np.maximum(ends, at + 1) - at) + at  # one catchment at least in each
    ends = np.minimum(ends, order.size - (parts - 1 - at))
    found = np.empty(order.size, dtype=np.int64)
    found[order] = np.searchsorted(ends, np.arange(order.size), side="right")
    return found


def assemble(fabric: Hydrofabric, part: NDArray[np.int64], parts: int) -> tuple[Part, ...]:
    """The parts with their nexuses and connections, from the part of each catchment."""
    drains, feeds = fabric.drains(), fabric.feeds()
    has, fed = drains >= 0, feeds >= 0
    owners = np.concatenate([part[has], part[feeds[fed]]])
    touched = np.unique(owners * len(fabric.nexuses) + np.concatenate([drains[has], np.flatnonzero(fed)]))
    owner, nexus = np.divmod(touched, max(len(fabric.nexuses), 1))
    catchments = groups(part, np.arange(part.size), parts)
    nexuses = groups(owner, nexus, parts)
    remote = connections(fabric, part, drains)
    return tuple(
        Part(
            at,
            tuple(fabric.catchments[index] for index in catchments[at]),
            tuple(fabric.nexuses[index] for index in nexuses[at]),
            tuple(remote.get(at, ())),
        )
        for at in range(parts)
    )


def groups(keys: NDArray[np.int64], values: NDArray[np.int64], parts: int) -> list[list[int]]:
    """The values of each key 0..parts-1, in their order."""
    order = np.argsort(keys, kind="stable")
    ends = np.cumsum(np.bincount(keys, minlength=parts))
    return [piece.tolist() for piece in np.split(values[order], ends[:-1])]


def connections(fabric: Hydrofabric, part: NDArray[np.int64], drains: NDArray[np.int64]) -> dict[int, list[Remote]]:
    """Part -> its connections. Each is told by both: the giver names the catchment below, the taker the one above."""
    down = fabric.downstream()
    upper = np.flatnonzero(down >= 0)
    found: dict[int, dict[Remote, None]] = {}  # a dict keeps the order and drops what is said twice
    for above in upper[part[upper] != part[down[upper]]].tolist():
        below, nexus = int(down[above]), fabric.nexuses[drains[above]]
        giver, taker = int(part[above]), int(part[below])
        found.setdefault(giver, {})[Remote(taker, nexus, fabric.catchments[below], Direction.BELOW)] = None
        found.setdefault(taker, {})[Remote(giver, nexus, fabric.catchments[above], Direction.ABOVE)] = None
    return {at: list(remotes) for at, remotes in found.items()}


class Sizes(NamedTuple):
    """How even a partition is."""

    catchments: int
    smallest: int  # catchments
    largest: int
    balance: float  # the largest part over the mean
    neighbours: int  # the most parts that one part exchanges with


def sizes(parts: Sequence[Part]) -> Sizes:
    """What can be said of a partition without its hydrofabric."""
    each = [len(part.catchments) for part in parts]
    neighbours = max(len({remote.rank for remote in part.remote}) for part in parts)
    return Sizes(sum(each), min(each), max(each), max(each) * len(each) / sum(each), neighbours)


class Statistics(NamedTuple):
    """How good a partition is."""

    catchments: int
    smallest: int  # catchments
    largest: int
    balance: float  # the largest part over the mean
    neighbours: int  # the most parts that one part exchanges with
    cut: int  # rivers that pass from one part to another
    edges: int  # rivers that pass from one catchment to another
    shared: int  # last nexuses whose catchments lie in several parts: each would write its own output of them
    fragments: int  # connected pieces, over all parts


def statistics(fabric: Hydrofabric, parts: Sequence[Part]) -> Statistics:
    """Balance and cuts of a partition of this fabric. Raises UnmetError when it is of another one."""
    part = owners(fabric, parts)
    found = dual_graph.edges(fabric)
    across = part[found.upper] != part[found.lower]
    return Statistics(
        *sizes(parts),
        int((across & found.flows).sum()),
        int(found.flows.sum()),
        int(np.unique(fabric.drains()[found.upper[across & ~found.flows]]).size),
        len(fabric.catchments) - int((~across).sum()),  # a forest has as many pieces as vertices less edges
    )


def owners(fabric: Hydrofabric, parts: Sequence[Part]) -> NDArray[np.int64]:
    """(catchments,) the part of each. Raises UnmetError for catchments that are missing, foreign or in two parts."""
    at = {name: index for index, name in enumerate(fabric.catchments)}
    named = [name for each in parts for name in each.catchments]
    foreign = natural(set(named) - at.keys())
    missing = natural(at.keys() - set(named))
    if foreign or missing or len(set(named)) != len(named):
        said = [f"the fabric lacks {some(foreign)}"] if foreign else []
        said += [f"no part has {some(missing)}"] if missing else []
        raise UnmetError(
            f"the partition is not one of this hydrofabric ({len(named):,} and {len(at):,} catchments)",
            why="; ".join(said) or "a catchment is in two parts",
            fix="dmod partition create --hydrofabric NAME -n N --out FILE",
        )
    part = np.empty(len(at), dtype=np.int64)
    for index, each in enumerate(parts):
        part[[at[name] for name in each.catchments]] = index
    return part


def write(parts: Sequence[Part], path: Path) -> None:
    """Write ngen's partition file, replaced as a whole."""
    from dmod.hydro import partition_file

    partition_file.write(parts, path)


def read(path: Path) -> tuple[Part, ...]:
    """The parts in ngen's partition file. Raises NotFoundError or UsageError with the place."""
    from dmod.hydro import partition_file

    return partition_file.read(path)
