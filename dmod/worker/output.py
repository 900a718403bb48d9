"""The output of a simulation as it grows: one writer, in rank 0, CSV files, one NetCDF, or Parquet."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dmod.errors import UsageError
from dmod.worker.failure import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dmod.worker.blocks import Rows
    from dmod.worker.prepare import Run

FORMATS = ("auto", "csv", "netcdf", "parquet")
MANY = 1_000  # features above which "auto" means NetCDF: file descriptors and folders suffer from more files


class Writer(Protocol):
    """Where rows go; they come in any order, each once. A row is a feature's whole series."""

    def catchments(self, rows: Rows) -> None:
        """Write the series of catchments."""
        ...

    def nexuses(self, rows: Sequence[int], values: Sequence[NDArray[np.floating]]) -> None:
        """Write the discharges of nexuses in m³/s."""
        ...

    def close(self) -> None:
        """Finish the files."""
        ...


def layout_of(run: Run) -> str:
    """The format of a run's output: as the job says, else the realization, else by the number of features."""
    asked = run.order.output_format
    if asked not in FORMATS:
        raise UsageError(f"output format {asked!r} is not one of {', '.join(FORMATS)}")
    features = len(run.fabric.catchments) + len(run.fabric.nexuses)
    many = features > MANY or run.realization.output.nexus.format == "netcdf"
    return asked if asked != "auto" else "netcdf" if many else "csv"


def row_type(run: Run) -> type[np.floating]:
    """What rows are rounded to: CSV writes nine digits, others keep the seven of 32 bits, as the forcing has."""
    return np.float64 if layout_of(run) == "csv" else np.float32


def open_writer(run: Run) -> Writer:
    """A writer into the empty folder `output.partial`. Raises OutputError."""
    from dmod.worker.output_csv import CsvWriter
    from dmod.worker.output_netcdf import NetcdfWriter

    folder = run.order.partial
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    except OSError as error:
        raise OutputError(f"{folder} cannot be made", why=str(error)) from error
    for name in (*run.fabric.catchments, *run.fabric.nexuses):
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
            raise UsageError(f"the hydrofabric has a feature {name!r}, which cannot name a file")
    if layout_of(run) == "parquet":
        from dmod.worker.output_parquet import ParquetWriter

        return ParquetWriter(run, folder)
    return CsvWriter(run, folder) if layout_of(run) == "csv" else NetcdfWriter(run, folder)


def finish(partial: Path, output: Path) -> None:
    """Give the finished folder its name. Raises OutputError."""
    try:
        shutil.rmtree(output, ignore_errors=True)
        partial.rename(output)
    except OSError as error:
        raise OutputError(f"{output} cannot be put in place", why=str(error)) from error
