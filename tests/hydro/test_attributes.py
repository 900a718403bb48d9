"""Parameters that come from the hydrofabric."""

from __future__ import annotations

import json
import sqlite3

import pytest

from dmod.errors import UnmetError
from dmod.hydro import attributes


def test_geojson_gives_its_properties(tmp_path):
    rows = [("cat-1", {"areasqkm": 3.0, "slope": 0.1}), ("cat-2", {"areasqkm": 4.0})]
    found = [{"type": "Feature", "id": i, "properties": p, "geometry": None} for i, p in rows]
    (tmp_path / "catchment_data.geojson").write_text(json.dumps({"features": found}))
    (tmp_path / "nexus_data.geojson").write_text(json.dumps({"features": []}))
    assert attributes.read(tmp_path, ["slope"], ["cat-1"]) == {"cat-1": {"slope": 0.1}}
    with pytest.raises(UnmetError, match='no "slope" of cat-2'):
        attributes.read(tmp_path, ["slope"], ["cat-1", "cat-2"])


def test_geopackage_gives_divides_and_their_attributes(tmp_path):
    path = tmp_path / "f.gpkg"
    with sqlite3.connect(path) as database:
        database.execute("create table divides (divide_id text, areasqkm real)")
        database.execute('create table "divide-attributes" (divide_id text, "mean.slope_1km" real)')
        database.execute("insert into divides values ('cat-1', 3.5), ('cat-2', 4.5)")
        database.execute("insert into \"divide-attributes\" values ('cat-2', 0.2), ('cat-1', 0.1)")
    found = attributes.read(path, ["areasqkm", "mean.slope_1km"], ["cat-1", "cat-2"])
    assert found["cat-2"] == {"areasqkm": 4.5, "mean.slope_1km": 0.2}
    with pytest.raises(UnmetError) as caught:
        attributes.read(path, ["mean.slope"], ["cat-1"])
    assert caught.value.fix == '"from": "mean.slope_1km"'
