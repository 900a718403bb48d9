"""Crosswalk: which feature of the hydrofabric each gauge observes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dmod.errors import NotFoundError, UsageError
from dmod.hydro import json_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read(path: Path) -> dict[str, str]:
    """Feature of each gauge, from `{"cat-67": {"site_no": "02146562"}}` (ngen's) or `{"02146562": "nex-68"}`.

    A folder may be given that holds the one *crosswalk*.json. Raises NotFoundError; UsageError with the JSON path for
    what is not a crosswalk, and for a gauge that is said to observe two features.
    """
    if path.is_dir():
        found = sorted(path.glob("*crosswalk*.json"))
        if len(found) != 1:
            raise NotFoundError(f"{path} holds {len(found) or 'no'} crosswalk*.json, and one is needed")
        path = found[0]
    data = json_file.read(path)
    if not isinstance(data, dict):
        raise UsageError(
            f"{path} is not a crosswalk", why='it is {"gauge": "nex-1"} or {"cat-1": {"site_no": "gauge"}}'
        )
    features: dict[str, str] = {}
    for gauge, feature in _entries(data, path):
        if features.setdefault(gauge, feature) != feature:
            raise UsageError(f"{path}: gauge {gauge} observes two features", why=f"{features[gauge]} and {feature}")
    if not features:
        raise UsageError(f"{path} names no gauge", why="no entry has a site_no")
    return features


def _entries(data: dict[str, Any], path: Path) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        if isinstance(value, str) and "-" in value:
            yield key, value
        elif isinstance(value, dict):
            sites = value.get("site_no") or []
            for site in [sites] if isinstance(sites, (str, int)) else sites:
                yield str(site), key
        else:
            raise UsageError(
                f"{path}: $.{key} is neither a feature like nex-1 nor an object with site_no", why=f"it is {value!r}"
            )
