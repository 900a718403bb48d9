"""Detector of simulated series in one NetCDF file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.data.blocks import block
from dmod.data.detectors import files
from dmod.data.domain import Domain
from dmod.errors import DmodError
from dmod.hydro.period import TimeRange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.blocks import Block
    from dmod.data.source import Entry
    from dmod.hydro.discharge import Discharge


def looks(entries: Sequence[Entry]) -> bool:
    """One NetCDF file with discharge of nexuses."""
    grids = files.top(entries, ".nc")
    return len(grids) == 1 and files.is_netcdf(grids[0].source) and _is_output(grids[0].source)


def _is_output(path: Path) -> bool:
    from dmod.hydro.discharge_netcdf import NetcdfDischarge

    try:
        with NetcdfDischarge(path):
            return True
    except DmodError:
        return False


def read(folder: Path) -> Domain:
    """Nexuses, catchments and the period. Raises UsageError and its kin."""
    from dmod.hydro.discharge import open_discharge

    with open_discharge(folder) as found:
        return Domain("output-netcdf", blocks_of(found), found.step)


def blocks_of(found: Discharge) -> tuple[Block, ...]:
    """Discharge of nexuses and runoff of catchments, over the whole period."""
    from dmod.hydro import stamps

    time = TimeRange(stamps.moment(found.times[0]), stamps.moment(found.times[-1]))
    nexuses = [name for name in found.features if not name.startswith("cat-")]
    catchments = [name for name in found.features if name.startswith("cat-")]
    pairs = ((nexuses, "discharge"), (catchments, "runoff"))
    return tuple(block(names, time, [variable]) for names, variable in pairs if names)
