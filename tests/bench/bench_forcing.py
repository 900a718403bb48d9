"""How fast forcing is read: a folder of AORC CSV files, and one NetCDF, against bare reads of the same bytes.

    python tests/bench/bench_forcing.py [--catchments 10000] [--steps 720] [--folder DIR]

Peers in the same run: the files' bytes alone (`cat`), numpy's CSV reader, one bulk read by netCDF4.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np

from dmod.hydro.forcing import VARIABLES, open_forcing, write_csv, write_netcdf

NAMES = [name for name in VARIABLES if name[0].isupper() or name == "precip_rate"]
WANTED = ["APCP_surface", "TMP_2maboveground"]  # what GR4J with snow needs
BEGIN = datetime(2015, 12, 1, tzinfo=UTC)
BLOCK = 256  # catchments


def timed(what, work, reference=None, share=1.0):
    """Seconds of one call that does a share of the work, scaled to all of it, and printed with a ratio."""
    start = time.perf_counter()
    work()
    seconds = (time.perf_counter() - start) / share
    ratio = f"  {seconds / reference:5.2f} x" if reference else ""
    print(f"{what:<58}{seconds:8.2f} s{ratio}")
    return seconds


def make(folder, catchments, steps):
    """Write both layouts with full float64 digits, as the field's files have them."""
    times = np.datetime64(BEGIN.replace(tzinfo=None), "s") + np.arange(steps) * np.timedelta64(3600, "s")
    values = np.random.default_rng(1).gamma(0.5, 2.0, (steps,)) + 280
    series = {name: np.broadcast_to(values, (len(catchments), steps)) for name in NAMES}
    write_netcdf(folder / "forcing.nc", times, catchments, series, {})
    (folder / "csv").mkdir()
    write_csv(folder / "csv", times, catchments[:1], {name: rows[:1] for name, rows in series.items()}, {})
    text = (folder / "csv" / f"{catchments[0]}.csv").read_bytes()
    for catchment in catchments[1:]:
        (folder / "csv" / f"{catchment}.csv").write_bytes(text)


def read(path, catchments, steps, names):
    """Read everything in blocks, as a worker does."""
    with open_forcing(path) as forcing:
        for at in range(0, len(catchments), BLOCK):
            end = BEGIN + timedelta(hours=steps - 1)
            forcing.read(names, catchments[at : at + BLOCK], BEGIN, end)


def bulk(path, names):
    """What netCDF4 needs for the same variables."""
    with netCDF4.Dataset(path) as file:
        for name in names:
            file.variables[name].set_auto_maskandscale(False)
            file.variables[name][:]


def csv_part(folder, catchments, steps):
    """The folder of CSV files."""
    files = [folder / "csv" / f"{catchment}.csv" for catchment in catchments]
    cells = len(files) * steps * len(NAMES)
    cat = timed("csv: the bytes alone", lambda: [file.read_bytes() for file in files])
    timed("csv: scan for the domain", lambda: open_forcing(folder / "csv").scan(), cat)
    few = files[: max(1, len(files) // 20)]
    columns = tuple(range(1, len(NAMES) + 1))
    numpy = timed(
        f"csv: numpy.loadtxt, all columns but the stamps ({len(few)} files)",
        lambda: [np.loadtxt(file, delimiter=",", skiprows=1, usecols=columns) for file in few],
        share=len(few) / len(files),
    )
    two = timed("csv: read of 2 variables", lambda: read(folder / "csv", catchments, steps, WANTED), numpy)
    every = timed("csv: read of all variables", lambda: read(folder / "csv", catchments, steps, NAMES), numpy)
    print(f"     {cells / two / 1e6:.1f} M cells/s of the files for 2 variables, {cells / every / 1e6:.1f} M/s for all")


def main():
    """Make the files, time the reads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catchments", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=720)
    parser.add_argument("--folder", type=Path, help="where to make the files; default: a temporary folder")
    options = parser.parse_args()
    catchments = [f"cat-{number}" for number in range(1, options.catchments + 1)]
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        folder = Path(place)
        make(folder, catchments, options.steps)
        print(f"{options.catchments:,} catchments x {options.steps:,} steps x {len(NAMES)} variables")
        csv_part(folder, catchments, options.steps)
        file = folder / "forcing.nc"
        bare = timed("netcdf: bulk read of 2 variables by netCDF4", lambda: bulk(file, WANTED))
        timed("netcdf: scan for the domain", lambda: open_forcing(file).scan(), bare)
        timed("netcdf: read of 2 variables in blocks", lambda: read(file, catchments, options.steps, WANTED), bare)


if __name__ == "__main__":
    sys.exit(main())
