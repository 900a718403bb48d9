"""Attributes of catchments that parameters come from: `{"source": "hydrofabric", "from": "areasqkm"}`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from dmod.errors import UnmetError
from dmod.hydro import geojson, geopackage
from dmod.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dmod.hydro.realization import Formulation, Realization

OWN = ("areasqkm", "area_sqkm", "latitude")  # what every hydrofabric tells
TABLES = (("divides", "divide_id"), ("divide-attributes", "divide_id"), ("cfe_noahowp_attributes", "id"))


def asked(realization: Realization) -> set[str]:
    """The attributes that the parameters of a realization come from."""
    formulations = (scope.formulation for scope in realization.scopes.values() if scope.formulation)
    return {name for each in formulations for leaf in each.leaves() for name in _asked(leaf)}


def _asked(leaf: Formulation) -> Iterator[str]:
    for name, value in leaf.model_params.items():
        if isinstance(value, Mapping):
            yield str(value.get("from", name))


def read(path: Path, names: Sequence[str], catchments: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The attributes of each catchment, {catchment: {name: value}}, as they stand in a hydrofabric.

    Raises UnmetError for an attribute that it does not have, or not for every catchment.
    """
    package = geopackage.find(path)
    table = _package(package, names) if package else _geojson(path)
    has = {name for row in table.values() for name in row}
    for name in names:
        lacking = [each for each in catchments if table.get(each, {}).get(name) is None]
        if lacking:
            near = nearest(name, sorted(has))
            raise UnmetError(
                f'the hydrofabric has no "{name}" of {lacking[0]}',
                why=f"a parameter of the realization comes from it; looked at {package or path}",
                fix=f'"from": "{near}"' if near and name not in has else "write the value into model_params",
            )
    return {each: {name: table[each][name] for name in names} for each in catchments}


def _geojson(path: Path) -> dict[str, dict[str, Any]]:
    file, _ = geojson.find(path)
    found = geojson.features(file)
    return {geojson.identifier(each, at, file): dict(geojson.properties(each)) for at, each in enumerate(found)}


def _package(path: Path, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The columns of the names asked for, and of the others their names alone: near ones are told."""
    rows: dict[str, dict[str, Any]] = {}
    with closing(geopackage.opened(path)) as database:
        package = geopackage.Package(database, path)
        for table, key in TABLES:
            columns = package.columns(table)
            if key not in columns:
                continue
            wanted = [name for name in names if name in columns]
            ids, *values = package.fetch(table, key, *wanted)
            for at, name in enumerate(ids):
                row = rows.setdefault(str(name), {})
                row |= {each: column[at] for each, column in zip(wanted, values, strict=True)}
            if rows:
                next(iter(rows.values())).update({each: None for each in columns if each not in names})
    return rows
