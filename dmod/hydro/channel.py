"""Channels: how long water takes through each flowpath, and how it spreads, as the hydrofabric says."""

from __future__ import annotations

import math
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dmod.errors import UnmetError, UsageError
from dmod.hydro import geojson, geopackage
from dmod.hydro.ids import catchment_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TABLES = ("flowpath-attributes", "flowpath_attributes", "flowpath-attributes-ml", "flowpaths")  # 2.2, 2.0 and older
IDS = ("id", "link")
LAG, WEIGHT = "musk", "musx"  # their columns, however they are written
USUAL_LAG, USUAL_WEIGHT = 3600.0, 0.2  # of nearly every reach in the National Water Model's route link


class Channels(NamedTuple):
    """The flowpaths of some catchments."""

    lags: NDArray[np.float64]  # K, seconds
    weights: NDArray[np.float64]  # X
    assumed: tuple[str, ...]  # catchments whose flowpath the hydrofabric knows nothing of: they have the usual values


def read(path: Path, catchments: Sequence[str]) -> Channels:
    """K and X of the flowpath of each catchment.

    Raises UnmetError for a hydrofabric that has none, UsageError for one that is damaged.
    """
    found = {catchment_of(name): (lag, weight) for name, lag, weight in _rows(path)}
    if not found:
        raise UnmetError(
            f"{path} says nothing of how water travels",
            why="no table of flowpaths has MusK and MusX",
            fix='set simulation.routing = "none", or take a GeoPackage with flowpath-attributes',
        )
    for name, (lag, weight) in found.items():
        if not (lag >= 0 and math.isfinite(lag) and 0 <= weight <= 0.5):
            raise UsageError(
                f"{path}: the flowpath of {name} has MusK = {lag:g} s and MusX = {weight:g}",
                why="MusK is 0 or more, MusX from 0 to 0.5",
            )
    assumed = tuple(name for name in catchments if name not in found)
    values = [found.get(name, (USUAL_LAG, USUAL_WEIGHT)) for name in catchments]
    lags, weights = np.array(values, dtype=np.float64).reshape(-1, 2).T
    return Channels(lags, weights, assumed)


def count(path: Path) -> int:
    """How many flowpaths have K and X."""
    return sum(1 for _ in _rows(path))


def _rows(path: Path) -> Iterator[tuple[str, float, float]]:
    """Flowpath, K and X, of each that has both; K and X of more than one table: the first counts."""
    package = geopackage.find(path)
    if package is None:
        yield from _features(path if path.is_dir() else path.parent)
        return
    with closing(geopackage.opened(package)) as database:
        yield from _table(geopackage.Package(database, package))


def _table(package: geopackage.Package) -> Iterator[tuple[str, float, float]]:
    for table in TABLES:
        has = {name.lower(): name for name in package.columns(table)}
        key = next((has[name] for name in IDS if name in has), None)
        if key is None or LAG not in has or WEIGHT not in has:
            continue
        for name, lag, weight in zip(*package.fetch(table, key, has[LAG], has[WEIGHT]), strict=True):
            if isinstance(name, str) and lag is not None and weight is not None:
                yield name, float(lag), float(weight)
        return


def _features(folder: Path) -> Iterator[tuple[str, float, float]]:
    """The same of flowpath*.geojson."""
    for path in geojson.named(folder, "flowpath"):
        for at, feature in enumerate(geojson.features(path)):
            said = {str(key).lower(): value for key, value in geojson.properties(feature).items()}
            lag, weight = said.get(LAG), said.get(WEIGHT)
            if isinstance(lag, int | float) and isinstance(weight, int | float):
                yield geojson.identifier(feature, at, path), float(lag), float(weight)
