"""Partition of synthetic fabrics against METIS alone and against ngen's order; a GeoPackage against its bare SQLite.

    python tests/bench/bench_partition.py                     100,000 and 800,000 catchments
    python tests/bench/bench_partition.py --catchments 20000

Every figure that counts is a ratio between two times of the same process.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pymetis

from dmod.hydro import dual_graph, partition
from dmod.hydro.hydrofabric import Hydrofabric

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = 500  # outlets side by side
T = TypeVar("T")


def rivers(count: int) -> np.ndarray:
    """The catchment below each, -1 at an outlet: Scheidegger's directed network (1967), with basins of all sizes."""
    rng = np.random.default_rng(1)
    row, column = np.divmod(np.arange(count), COLUMNS)
    down = (row + 1) * COLUMNS + (column + rng.integers(0, 2, count)) % COLUMNS
    return np.where(down < count, down, -1)


def fabric(down: np.ndarray) -> Hydrofabric:
    count = len(down)
    below = sorted(set(down[down >= 0].tolist()))
    ends = np.flatnonzero(down < 0).tolist()
    return Hydrofabric(
        tuple(f"cat-{i}" for i in range(count)),
        np.full(count, 10.0),
        tuple(f"nex-{d}" if d >= 0 else f"tnx-{i}" for i, d in enumerate(down.tolist())),
        (*(f"nex-{d}" for d in below), *(f"tnx-{i}" for i in ends)),
        (*(f"cat-{d}" for d in below), *("" for _ in ends)),
        "2.2",
        np.full(count, 40.0),
        MappingProxyType({}),
    )


def write_package(whole: Hydrofabric, path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute(
            "create table divides (fid integer primary key, geom blob, divide_id text, toid text, areasqkm real)"
        )
        rows = zip(whole.catchments, whole.toids, whole.areas.tolist(), strict=True)
        database.executemany(
            "insert into divides (geom, divide_id, toid, areasqkm) values (zeroblob(400), ?, ?, ?)",
            rows,
        )
        database.execute("create table nexus (fid integer primary key, geom blob, id text, toid text, type text)")
        pairs = zip(whole.nexuses, (toid.replace("cat", "wb") or "wb-0" for toid in whole.nexus_toids), strict=True)
        database.executemany("insert into nexus (id, toid, type) values (?, ?, 'nexus')", pairs)
    database.close()


def timed(act: Callable[[], T], times: int = 3) -> tuple[float, T]:
    best, result = float("inf"), None
    for _ in range(times):
        start = time.perf_counter()
        result = act()
        best = min(best, time.perf_counter() - start)
    return best, result  # type: ignore[return-value]


def bare(path: Path) -> int:
    with sqlite3.connect(path) as database:
        rows = database.execute("select divide_id, toid, areasqkm from divides").fetchall()
        return len(rows) + len(database.execute("select id, toid from nexus").fetchall())


def cuts(part: np.ndarray, down: np.ndarray) -> int:
    has = down >= 0
    return int((part[has] != part[down[has]]).sum())


def report(count: int, parts: int) -> None:
    down = rivers(count)
    whole = fabric(down)
    edges = dual_graph.edges(whole)
    # METIS alone: the prepared forest, as pymetis takes it, one k-way cut with its defaults
    forest = [np.concatenate(pair) for pair in ((edges.upper, edges.lower), (edges.lower, edges.upper))]
    order = np.argsort(forest[0], kind="stable")
    starts = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(forest[0], minlength=count), out=starts[1:])
    plain = pymetis.CSRAdjacency(starts, forest[1][order].astype(np.int32))
    alone, (_, metis) = timed(lambda: pymetis.part_graph(parts, plain, recursive=False))
    metis = np.asarray(metis)
    assigned, _ = timed(lambda: partition.assign(whole, parts))
    everything, made = timed(lambda: partition.partition(whole, parts), 1)
    _, ordered = timed(
        lambda: partition.cut_evenly(dual_graph.depth_first(count, edges), np.ones(count, np.int32), parts), 1
    )
    found = partition.statistics(whole, made)
    metis_balance = np.bincount(metis, minlength=parts).max() * parts / count
    more, least = f"{assigned / alone:.1f} x", f"{everything / alone:.1f} x"
    print(f"{count:9,} catchments, {parts:3} parts: METIS alone {alone:.2f} s; cut {more}, cut and connections {least}")
    against = f"{cuts(metis, down):,} by METIS alone, {cuts(ordered, down):,} in ngen's order"
    print(f"{'':11}balance {found.balance:.3f} (METIS alone {metis_balance:.3f}); rivers cut {found.cut:,} ({against})")


def package(count: int) -> None:
    whole = fabric(rivers(count))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fabric.gpkg"
        write_package(whole, path)
        fetch, _ = timed(lambda: bare(path))
        read, again = timed(lambda: Hydrofabric.read(path))
    assert again.toids == whole.toids
    print(
        f"{count:9,} catchments: GeoPackage read in {read:.2f} s, {read / fetch:.1f} x a bare fetch of the same columns"
    )


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catchments", type=int, nargs="+", default=[100_000, 800_000])
    parser.add_argument("--parts", type=int, nargs="+", default=[16, 256])
    chosen = parser.parse_args(argv)
    for count in chosen.catchments:
        for parts in chosen.parts:
            report(count, parts)
        package(count)
        print(f"{'':11}most memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main(sys.argv[1:])
