"""K and X of flowpaths, from every layout of hydrofabric that has them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dmod.errors import UnmetError, UsageError
from dmod.hydro import channel

if TYPE_CHECKING:
    from pathlib import Path

DASHED = 'insert into "flowpath-attributes" values '
LAYOUTS = {
    "2.2": (
        'create table "flowpath-attributes" (id text, MusX real, MusK real, Length_m real)',
        DASHED + "('wb-1', .3, 1800, 9), ('wb-2', null, 3600, 9), ('wb-3', .1, 0, 9)",
    ),
    "2.2 by link": (
        'create table "flowpath-attributes" (link text, "to" text, MusK real, MusX real)',
        DASHED + "('wb-1', 'nex-1', 1800, .3), ('wb-3', 'nex-1', 0, .1)",
    ),
    "2.0": (
        "create table flowpath_attributes (fid integer primary key, id text, rl_gages text, MusK real, MusX real)",
        "insert into flowpath_attributes values (1, 'wb-3', null, 0, .1), (2, 'wb-1', null, 1800, .3)",
    ),
    "two tables": (
        'create table "flowpath-attributes" (id text, MusK real, MusX real)',
        DASHED + "('wb-1', 1800, .3), ('wb-3', 0, .1)",
        "create table flowpaths (id text, MusK real, MusX real)",
        "insert into flowpaths values ('wb-1', 7, .4)",
    ),
}


def package(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_a_geopackage(tmp_path, layout):
    path = package(tmp_path / "a.gpkg", *LAYOUTS[layout])
    found = channel.read(path, ["cat-3", "cat-2", "cat-1"])
    assert found.lags.tolist() == [0, channel.USUAL_LAG, 1800]
    assert found.weights.tolist() == [0.1, channel.USUAL_WEIGHT, 0.3]
    assert found.assumed == ("cat-2",)
    assert channel.count(tmp_path) == 2


def test_flowpaths_in_geojson(tmp_path):
    rows = [("fp-1", {"musk": 1800, "MusX": 0.3}), ("fp-2", {"MusK": None}), ("fp-3", {"MusK": 60, "MusX": 0})]
    features = [{"id": name, "properties": said} for name, said in rows]
    (tmp_path / "flowpath_data.geojson").write_text(json.dumps({"features": features}))
    found = channel.read(tmp_path, ["cat-1", "cat-2", "cat-3"])
    assert (found.lags.tolist(), found.assumed) == ([1800, 3600, 60], ("cat-2",))
    assert channel.count(tmp_path / "catchment_data.geojson") == 2


def test_where_there_are_none_that_is_told(tmp_path):
    path = package(tmp_path / "a.gpkg", "create table flowpaths (id text, toid text)")
    assert channel.count(path) == 0
    with pytest.raises(UnmetError, match="says nothing of how water travels") as caught:
        channel.read(path, ["cat-1"])
    assert "simulation.routing" in caught.value.fix


@pytest.mark.parametrize("values", ["-1, .2", "3600, .7", "9e999, .1"])
def test_values_of_no_channel_are_told_by_flowpath(tmp_path, values):
    made = "create table flowpaths (id text, MusK real, MusX real)"
    path = package(tmp_path / "a.gpkg", made, f"insert into flowpaths values ('wb-8', {values})")  # noqa: S608
    with pytest.raises(UsageError, match="the flowpath of cat-8 has MusK = "):
        channel.read(path, ["cat-8"])
