"""Detector of hydrofabrics as GeoPackages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.data.detectors import files, geojson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.domain import Domain
    from dmod.data.source import Entry


def looks(entries: Sequence[Entry]) -> bool:
    """One GeoPackage: an SQLite file by its first bytes."""
    return any(files.head(each.source, 16) == b"SQLite format 3\0" for each in files.top(entries, ".gpkg"))


def read(folder: Path) -> Domain:
    """Catchments and identity. Raises UsageError and its kin."""
    return geojson.of(folder, "geopackage-hydrofabric")
