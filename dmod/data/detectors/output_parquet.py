"""Detector of simulated series in Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.data.detectors import files
from dmod.data.detectors.output_netcdf import blocks_of
from dmod.data.domain import Domain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry


def looks(entries: Sequence[Entry]) -> bool:
    """A file of nexuses, as our worker calls it."""
    tables = files.top(entries, ".parquet")
    if not tables:
        return False
    from dmod.hydro.discharge_parquet import NEXUSES  # and numpy with it

    return any(each.path == NEXUSES for each in tables)


def read(folder: Path) -> Domain:
    """Nexuses, catchments and the period. Raises UnmetError without pyarrow, UsageError and its kin."""
    from dmod.hydro.discharge_parquet import ParquetDischarge

    with ParquetDischarge(sorted(folder.glob("*.parquet")), None) as found:
        return Domain("output-parquet", blocks_of(found), found.step)
