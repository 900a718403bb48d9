"""Detector of forcing as one NetCDF file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dmod.data.detectors import aorc_csv, files
from dmod.errors import DmodError, UsageError
from dmod.hydro.ids import some

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.domain import Domain
    from dmod.data.source import Entry


def looks(entries: Sequence[Entry]) -> bool:
    """NetCDF with catchments and stamps, and no discharge."""
    grids = files.top(entries, ".nc", ".nc4")
    return bool(grids) and all(files.is_netcdf(each.source) and _is_forcing(each.source) for each in grids[:5])


def _is_forcing(path: Path) -> bool:
    from dmod.hydro.aorc_netcdf import NetcdfForcing

    try:
        with NetcdfForcing(path) as forcing:
            return not {"discharge", "flow", "runoff"} & set(forcing.variables)
    except DmodError:
        return False


def read(folder: Path) -> Domain:
    """The one period of all its catchments. Raises UsageError for several files, and for what is damaged."""
    grids = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".nc", ".nc4"))
    if len(grids) > 1:
        raise UsageError(
            f"{len(grids)} NetCDF files cannot be one forcing: {some(path.name for path in grids)}",
            why="a forcing is one NetCDF file; a job can use several datasets, which complete each other",
            fix=f"dmod dataset create NAME --from {grids[-1]}",
        )
    return replace(aorc_csv.read(folder), format="aorc-netcdf")
