"""Detector of hydrofabrics as GeoJSON, and what the domain of any hydrofabric tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmod.data.blocks import block
from dmod.data.detectors import files
from dmod.data.domain import Domain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dmod.data.source import Entry


def looks(entries: Sequence[Entry]) -> bool:
    """catchment*.geojson (or divide*) and nexus*.geojson side by side."""
    names = [each.path.lower() for each in files.top(entries, ".geojson")]
    return any(name.startswith(("catchment", "divide")) for name in names) and any(n.startswith("nex") for n in names)


def read(folder: Path) -> Domain:
    """Catchments and identity. Raises UsageError and its kin."""
    return of(folder, "geojson-hydrofabric")


def of(folder: Path, format: str) -> Domain:  # noqa: A002 - the word of the domain
    """The domain of the hydrofabric in a folder."""
    from dmod.hydro import channel
    from dmod.hydro.hydrofabric import Hydrofabric

    fabric = Hydrofabric.read(folder)
    details = {
        "identity": fabric.identity,
        "version": fabric.version,
        "nexuses": len(fabric.nexuses),
        "channels": channel.count(folder),  # flowpaths that water can be routed through
        "area_sqkm": round(float(fabric.areas.sum()), 3),
        "gauges": dict(fabric.gauges),
    }
    return Domain(format, (block(fabric.catchments),), None, details)
