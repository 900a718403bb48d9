"""Forcing: the meteorology that drives catchments, whatever files it lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from dmod.errors import NotFoundError, UsageError
from dmod.hydro.coverage import Coverage
from dmod.hydro.ids import some
from dmod.hydro.variables import VARIABLES, canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from dmod.hydro.stamps import Stamps

__all__ = ["VARIABLES", "Coverage", "Forcing", "canonical", "open_forcing", "write_csv", "write_netcdf"]


class Forcing(Protocol):
    """Series of each catchment over one evenly spaced period; a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def close(self) -> None:
        """Let go of the files."""
        ...

    @property
    def catchments(self) -> tuple[str, ...]:
        """Those there is forcing for."""
        ...

    @property
    def variables(self) -> tuple[str, ...]:
        """AORC names; variables outside that family keep their own."""
        ...

    @property
    def units(self) -> Mapping[str, str]:
        """The unit in which `read` gives each variable: that of VARIABLES, whatever the file holds."""
        ...

    @property
    def times(self) -> Stamps:
        """The stamps that every catchment has, (steps,)."""
        ...

    @property
    def step(self) -> int:
        """Seconds."""
        ...

    def scan(self) -> Coverage:
        """The period of each catchment, without reading the series."""
        ...

    def read(
        self, variables: Sequence[str], catchments: Sequence[str], begin: datetime, end: datetime
    ) -> dict[str, NDArray[np.float64]]:
        """The series of each variable (any of its names): (catchments, steps), both stamps included, no gaps."""
        ...


def open_forcing(path: Path) -> Forcing:
    """The forcing in a file, or in a folder of CSV files or with one NetCDF file.

    Raises NotFoundError if there is none; UsageError or ConflictError, with the file, if it cannot be read as forcing.
    """
    from dmod.hydro.aorc_csv import CsvForcing
    from dmod.hydro.aorc_netcdf import NetcdfForcing

    tables, grids = files_of(path)
    return NetcdfForcing(grids[0]) if grids else CsvForcing.open(tables, path)


def files_of(path: Path) -> tuple[list[Path], list[Path]]:
    """The CSV files of a forcing, or its one NetCDF file; the other list is empty. Raises as `open_forcing`."""
    if not path.exists():
        raise NotFoundError(f"{path}: no such file or folder")
    names = [path] if path.is_file() else sorted(p for p in path.iterdir() if not p.name.startswith("."))
    tables = [name for name in names if name.suffix.lower() == ".csv"]
    grids = [name for name in names if name.suffix.lower() in (".nc", ".nc4")]
    if tables and grids:
        raise UsageError(
            f"{path} holds both CSV and NetCDF: {tables[0].name}, {grids[0].name}",
            why="a forcing is one or the other",
            fix=f"give one of them: {grids[0]}, or a folder of the CSV files alone",
        )
    if len(grids) > 1:
        raise UsageError(
            f"{path} holds several NetCDF files: {some(g.name for g in grids)}", fix=f"give one: {grids[0]}"
        )
    if not tables and not grids:
        raise NotFoundError(f"no forcing at {path}", why="forcing is a .nc file or a .csv for each catchment")
    return tables, grids


def write_netcdf(
    path: Path,
    times: Stamps,
    catchments: Sequence[str],
    variables: Mapping[str, NDArray[Any]],
    units: Mapping[str, str],
) -> None:
    """Write a forcing as NetCDF in the layout ngen reads: series of shape (catchments, steps), 32-bit floats."""
    from dmod.hydro import aorc_netcdf

    aorc_netcdf.write(path, times, catchments, variables, units)


def write_csv(
    folder: Path,
    times: Stamps,
    catchments: Sequence[str],
    variables: Mapping[str, NDArray[Any]],
    units: Mapping[str, str],
) -> None:
    """Write a forcing as `<catchment>.csv` for each catchment: series of shape (catchments, steps), 9 digits."""
    from dmod.hydro import table

    said = [
        name if canonical(name) in VARIABLES or name not in units else f"{name} ({units[name]})" for name in variables
    ]
    header = ",".join(["time", *said])
    folder.mkdir(parents=True, exist_ok=True)
    for row, catchment in enumerate(catchments):
        table.write(folder / f"{catchment}.csv", header, times, [values[row] for values in variables.values()])
