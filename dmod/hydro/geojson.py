"""Hydrofabrics as a pair of GeoJSON files: catchments, and the nexuses they drain to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import json_file
from dmod.hydro.gauge import gauge_of
from dmod.hydro.hydrofabric import Tables
from dmod.hydro.ids import some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

AREAS = ("areasqkm", "area_sqkm")  # the second is ngen's fallback
IDS = ("id", "divide_id", "ID")  # in properties, where the feature itself has none


def find(path: Path) -> tuple[Path, Path]:
    """The two files, from their folder or from either of them. Raises NotFoundError, or UsageError if it is unclear."""
    folder = path if path.is_dir() else path.parent
    catchments = [path] if path.is_file() and not is_nexus(path) else named(folder, "catchment", "divide")
    nexuses = [path] if path.is_file() and is_nexus(path) else named(folder, "nex")
    if not catchments or not nexuses:
        missing = "catchment*.geojson" if not catchments else "nexus*.geojson"
        raise NotFoundError(
            f"no hydrofabric at {path}: no {missing} in {folder}",
            why="a hydrofabric is a .gpkg, or catchment*.geojson and nexus*.geojson side by side",
        )
    return one(catchments, "catchment_data.geojson"), one(nexuses, "nexus_data.geojson")


def is_nexus(path: Path) -> bool:
    """Whether the file's name says that it holds nexuses."""
    return path.name.lower().startswith("nex")


def named(folder: Path, *starts: str) -> list[Path]:
    """The GeoJSON files of the folder whose names begin so."""
    return sorted(path for path in folder.glob("*.geojson") if path.name.lower().startswith(starts))


def one(paths: Sequence[Path], preferred: str) -> Path:
    """The only one, or the one with the name that ngen's examples use."""
    if len(paths) == 1:
        return paths[0]
    for path in paths:
        if path.name == preferred:
            return path
    names = some(path.name for path in paths)
    raise UsageError(f"{paths[0].parent} holds several: {names}", fix=f"give the file itself, as {paths[0]}")


def read(catchments: Path, nexuses: Path) -> Tables:
    """The columns of both files. Raises NotFoundError or UsageError with the place."""
    divides, points = features(catchments), features(nexuses)
    names = [identifier(feature, at, catchments) for at, feature in enumerate(divides)]
    joints = [identifier(feature, at, nexuses) for at, feature in enumerate(points)]
    gauges = {
        name: gauge
        for name, feature in zip(joints, points, strict=True)
        if (gauge := gauge_of(properties(feature).get("hl_uri")))
    }
    return Tables(
        names,
        [area(feature) for feature in divides],
        [text(properties(feature).get("toid")) for feature in divides],
        np.array([latitude(feature.get("geometry")) for feature in divides], dtype=np.float64),
        joints,
        [text(properties(feature).get("toid")) for feature in points],
        gauges,
        "geojson",
    )


def features(path: Path) -> list[dict[str, Any]]:
    """The features of a FeatureCollection."""
    document = json_file.read(path)
    found = document.get("features") if isinstance(document, dict) else None
    if not isinstance(found, list) or not all(isinstance(feature, dict) for feature in found):
        raise UsageError(f"{path} is not a FeatureCollection: it has no list `features`")
    return found


def properties(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its properties; GeoJSON allows null."""
    found = feature.get("properties")
    return found if isinstance(found, dict) else {}


def identifier(feature: Mapping[str, Any], at: int, path: Path) -> str:
    """The feature's own id, or the one among its properties."""
    for found in (feature.get("id"), *(properties(feature).get(key) for key in IDS)):
        if isinstance(found, str) and found:
            return found
    raise UsageError(f"{path}: features[{at}] has no id", why="ngen looks for a text `id` such as cat-27")


def text(value: object) -> str | None:
    """An id as text; anything else is none."""
    return value if isinstance(value, str) else None


def area(feature: Mapping[str, Any]) -> float | None:
    """Its area in km², None where it has none."""
    for key in AREAS:
        found = properties(feature).get(key)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return float(found)
    return None


def latitude(geometry: object) -> float:
    """The latitude of the centroid, degrees; NaN without a polygon in degrees. Holes are left out."""
    if not isinstance(geometry, dict):
        return math.nan
    parts: Any = geometry.get("coordinates")
    polygons = {"Polygon": [parts], "MultiPolygon": parts}.get(str(geometry.get("type")))
    total = moment = 0.0
    try:
        for polygon in polygons or ():
            ring = np.array([point[:2] for point in polygon[0]], dtype=np.float64)
            x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]  # near the origin, or the products cancel
            cross = x[:-1] * y[1:] - x[1:] * y[:-1]
            size = abs(float(cross.sum())) / 2
            if size > 0:
                total += size
                moment += size * (ring[0, 1] + float(((y[:-1] + y[1:]) * cross).sum()) / (3 * float(cross.sum())))
    except (TypeError, ValueError, IndexError, KeyError):
        return math.nan
    centre = moment / total if total else math.nan
    return centre if -90 <= centre <= 90 else math.nan
