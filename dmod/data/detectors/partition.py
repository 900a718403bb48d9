"""Detector of ngen's partition files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.data.blocks import block
from dmod.data.detectors import files
from dmod.data.domain import Domain
from dmod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry


def looks(entries: Sequence[Entry]) -> bool:
    """One JSON file, with `partitions`."""
    return len(entries) == 1 and any("partitions" in files.keys(each) for each in files.top(entries, ".json"))


def read(folder: Path) -> Domain:
    """Catchments, and how many parts. Raises UsageError and its kin."""
    from dmod.hydro import partition

    tables = sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))
    if len(tables) != 1:
        raise UsageError(f"a partition is one JSON file, and there are {len(tables)}", fix="--from FILE")
    parts = partition.read(tables[0])
    catchments = [name for part in parts for name in part.catchments]
    return Domain("partition-config", (block(catchments),), None, {"file": tables[0].name, "parts": len(parts)})
