"""How fast a part is cut from a large GeoPackage and a large NetCDF, against a bare copy of the whole.

    python tests/bench/bench_subset.py [--catchments 100000] [--share 0.05] [--steps 720] [--folder DIR]

The limit in the same run is reading every byte of the original once, which whoever copies and then deletes pays twice.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import struct
import tempfile
import time
from pathlib import Path

import netCDF4
import numpy as np

from dmod.hydro import subset_forcing, subset_geopackage
from dmod.hydro.hydrofabric import Hydrofabric
from dmod.hydro.subset import chosen, upstream_of

POINTS = 60  # of each outline: about a kilobyte, as in a national hydrofabric


def timed(what, work, reference=None):
    """Seconds of one call, printed with a ratio."""
    start = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - start
    ratio = f"{seconds / reference:7.2f} x" if reference else ""
    print(f"{what:<66}{seconds:8.2f} s{ratio}")
    return seconds, found


def package(path, count):
    """A binary tree of rivers with outlines, attributes and an edge list."""
    with sqlite3.connect(path) as database:
        database.executescript("""
            create table gpkg_geometry_columns (table_name text, column_name text, srs_id integer);
            create table divides (fid integer primary key, geom blob, divide_id text, toid text, areasqkm real);
            create table nexus (fid integer primary key, geom blob, id text, toid text);
            create table flowpaths (fid integer primary key, geom blob, id text, toid text);
            create table "flowpath-attributes" (fid integer primary key, id text, MusK real, MusX real);
            create table "divide-attributes" (fid integer primary key, divide_id text, a real, b real, c real, d real);
            create table network (fid integer primary key, id text, toid text, divide_id text, hf_id real);
            create virtual table rtree_divides_geom using rtree(id, minx, maxx, miny, maxy);
            insert into gpkg_geometry_columns values ('divides', 'geom', 5070)""")
        outline = b"GP\x00\x03" + struct.pack("<i4d", 5070, 0, 1, 0, 1) + b"\1" * (16 * POINTS)
        numbers = range(1, count + 1)
        fill = database.executemany
        fill("insert into divides values (?, ?, ?, ?, 7)", ((n, outline, f"cat-{n}", f"nex-{n // 2}") for n in numbers))
        fill("insert into rtree_divides_geom values (?, ?, ?, 0, 1)", ((n, n, n + 1) for n in numbers))
        fill("insert into nexus values (?, x'00', ?, ?)", ((n, f"nex-{n}", f"wb-{n}") for n in range(count // 2 + 1)))
        fill("insert into flowpaths values (?, ?, ?, ?)", ((n, outline, f"wb-{n}", f"nex-{n // 2}") for n in numbers))
        fill("""insert into "flowpath-attributes" values (?, ?, 3600, .2)""", ((n, f"wb-{n}") for n in numbers))
        fill("""insert into "divide-attributes" values (?, ?, 1, 2, 3, 4)""", ((n, f"cat-{n}") for n in numbers))
        network = ((f"wb-{n}", f"nex-{n // 2}", f"cat-{n}", at) for n in numbers for at in (1, 2))
        fill("insert into network (id, toid, divide_id, hf_id) values (?, ?, ?, ?)", network)
    return path


def grid(path, count, steps):
    """Nine variables, as AORC has them."""
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("catchment-id", count)
        file.createDimension("time", steps)
        file.createVariable("ids", str, ("catchment-id",))[:] = np.array([f"cat-{n + 1}" for n in range(count)], object)
        stamps = file.createVariable("Time", "f8", ("catchment-id", "time"))
        stamps.units = "s"
        stamps[:] = np.broadcast_to(3600.0 * np.arange(steps), (count, steps))
        values = np.random.default_rng(1).random((count, steps), dtype="f4")
        for number in range(9):
            file.createVariable(f"v{number}", "f4", ("catchment-id", "time"))[:] = values
    return path


def main():
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--catchments", type=int, default=100_000)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--steps", type=int, default=720)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        whole = package(folder / "whole.gpkg", asked.catchments)
        print(f"GeoPackage of {asked.catchments:,} catchments, {whole.stat().st_size / 2**20:.0f} MiB")
        copy, _ = timed("copy of the whole", lambda: shutil.copyfile(whole, folder / "copy.gpkg"))
        _, fabric = timed("reading the network", lambda: Hydrofabric.read(whole), copy)
        _, part = timed("all that is upstream of nex-16", lambda: upstream_of(fabric, "nex-16"), copy)
        print(f"  {len(part.catchments):,} catchments, {100 * len(part.catchments) / asked.catchments:.1f} %")
        timed("cut", lambda: subset_geopackage.cut(whole, folder / "part.gpkg", part), copy)
        count = asked.catchments // 10
        (folder / "rain").mkdir()
        rain = grid(folder / "rain" / "rain.nc", count, asked.steps)
        print(f"NetCDF of {count:,} catchments x {asked.steps} steps, {rain.stat().st_size / 2**20:.0f} MiB")
        copy, _ = timed("copy of the whole", lambda: shutil.copyfile(rain, folder / "copy.nc"))
        some = np.random.default_rng(2).permutation(count)[: int(count * asked.share)]
        part = chosen(Hydrofabric.read(whole), [f"cat-{n + 1}" for n in some.tolist()])
        (folder / "part").mkdir()
        what = f"cut of {len(part.catchments):,} catchments that lie anywhere"
        timed(what, lambda: subset_forcing.cut(folder / "rain", folder / "part", part.catchments), copy)


if __name__ == "__main__":
    main()
