"""Detector of forcing as a CSV for each catchment."""

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

    from dmod.data.source import Entry


def looks(entries: Sequence[Entry]) -> bool:
    """CSV files named for catchments, whose header has `time` first but for ngen's `Time Step`, and no NetCDF."""
    tables = files.top(entries, ".csv")
    return bool(tables) and not files.top(entries, ".nc", ".nc4") and all(_is_forcing(each) for each in tables[:5])


def _is_forcing(entry: Entry) -> bool:
    from dmod.hydro.csv_file import catchment_of

    try:
        catchment_of(entry.source.with_name(entry.path))
    except DmodError:
        return False
    names = [name.lower() for name in files.columns(entry.source)]
    return "time" in names and "time step" not in names and len(names) > 1


def read(folder: Path) -> Domain:
    """The period of each catchment, by the first and last line of its file. Raises UsageError and its kin."""
    from dmod.hydro.forcing import open_forcing

    with open_forcing(folder) as forcing:
        found = forcing.scan()
    blocks = tuple(block(members, TimeRange(begin, end), found.variables) for begin, end, members in found.blocks())
    return Domain("aorc-csv", blocks, found.step, {"units": dict(found.units)})
