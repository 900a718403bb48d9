"""Every table of a GeoPackage is cut to the same features, and SQLite finds the file whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from dmod.errors import UsageError
from dmod.hydro.hydrofabric import Hydrofabric
from dmod.hydro.subset import upstream_of
from dmod.hydro.subset_geopackage import cut

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = """
pragma application_id = 1196444487;
pragma user_version = 10300;
create table gpkg_contents (table_name text primary key, data_type text, min_x double, min_y double, max_x double,
                            max_y double);
create table gpkg_geometry_columns (table_name text, column_name text, srs_id integer);
create table gpkg_ogr_contents (table_name text primary key, feature_count integer);
create table divides (fid integer primary key autoincrement not null, geom blob, divide_id text, toid text,
                      type text, areasqkm real, vpuid text);
create table nexus (fid integer primary key, geom blob, id text, toid text, poi_id text);
create table flowpaths (fid integer primary key, geom blob, id text, toid text, divide_id text, poi_id text);
create table "flowpath-attributes" (fid integer primary key, link text, "to" text, MusK real, MusX real, gage text);
create table "divide-attributes" (fid integer primary key, divide_id text, "mode.bexp_soil_layers_stag=1" real);
create table network (fid integer primary key, id text, toid text, divide_id text, hf_id real, poi_id text);
create table hydrolocations (fid integer primary key, poi_id text, nex_id text, hl_uri text);
create table pois (fid integer primary key, poi_id text, id text, nex_id text);
create table lakes (fid integer primary key, lake_id integer, poi_id text, LkArea real);
create table layer_styles (id integer primary key, styleName text);
create virtual table rtree_divides_geom using rtree(id, minx, maxx, miny, maxy);
create trigger rtree_divides_geom_insert after insert on divides when (new.geom not null) begin
  insert or replace into rtree_divides_geom values (new.fid, ST_MinX(new.geom), ST_MaxX(new.geom), ST_MinY(new.geom),
                                                    ST_MaxY(new.geom)); end;
create index nexus_id on nexus (id);
create view terminal as select id from nexus where toid = 'wb-0';
"""
FLOW = {1: 10, 2: 10, 10: 20, 3: 20, 20: 0}  # catchment -> the next; catchment N drains to the nexus of the next


def package(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as database, database:
        trigger = SCHEMA[SCHEMA.index("create trigger") : SCHEMA.index("create index")]
        database.executescript(SCHEMA.replace(trigger, ""))
        fill = database.executemany
        fill("insert into gpkg_contents (table_name, data_type) values (?, 'features')", [("divides",), ("nexus",)])
        database.execute("insert into gpkg_geometry_columns values ('divides', 'geom', 5070)")
        fill("insert into gpkg_ogr_contents values (?, ?)", [("divides", 5), ("nexus", 3)])
        for fid, (number, below) in enumerate(FLOW.items(), 7):
            own, down = f"wb-{number}", f"nex-{below}"
            row = (fid, b"GP" + bytes([number]) * 50, f"cat-{number}", down, "network", number / 3, "01")
            database.execute("insert into divides values (?, ?, ?, ?, ?, ?, ?)", row)
            database.execute("insert into rtree_divides_geom values (?, ?, ?, ?, ?)", (fid, number, number + 1, 0, 5))
            database.execute(
                "insert into flowpaths values (?, x'01', ?, ?, ?, null)", (fid, own, down, f"cat-{number}")
            )
            database.execute(
                'insert into "flowpath-attributes" values (?, ?, ?, ?, .2, ?)',
                (fid, own, down, 3600.0, "01073000" if number == 2 else None),
            )
            database.execute('insert into "divide-attributes" values (?, ?, ?)', (fid, f"cat-{number}", number / 7))
            fill(
                "insert into network (id, toid, divide_id, hf_id) values (?, ?, ?, ?)",
                [(own, down, f"cat-{number}", 1e5 + number), (own, down, f"cat-{number}", 2e5 + number)],
            )
        for fid, number in enumerate((10, 20, 0), 1):
            point = f"poi-{number}"
            database.execute(
                "insert into nexus values (?, x'02', ?, ?, ?)", (fid, f"nex-{number}", f"wb-{number}", point)
            )
            database.execute("insert into network (id, toid) values (?, ?)", (f"nex-{number}", f"wb-{number}"))
            database.execute("insert into hydrolocations values (?, ?, ?, 'dams-1')", (fid, point, f"nex-{number}"))
            database.execute("insert into pois values (?, ?, ?, ?)", (fid, point, f"wb-{number}", f"nex-{number}"))
            database.execute("insert into lakes values (?, ?, ?, 1.5)", (fid, 77 + number, point))
        database.execute("insert into layer_styles values (1, 'blue')")
        database.execute(trigger)
    return path


def rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(query).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


@pytest.fixture
def parted(tmp_path: Path) -> tuple[Path, Path]:
    """The whole, and what is upstream of nex-10."""
    whole, part = package(tmp_path / "whole.gpkg"), tmp_path / "part.gpkg"
    cut(whole, part, upstream_of(Hydrofabric.read(whole), "nex-10"))
    return whole, part


def test_every_table_has_the_same_features(parted):
    _, part = parted
    expected = {
        "select divide_id from divides": ["cat-1", "cat-2"],
        "select id from nexus": ["nex-10"],
        "select id from flowpaths": ["wb-1", "wb-2"],
        'select link from "flowpath-attributes"': ["wb-1", "wb-2"],
        'select divide_id from "divide-attributes"': ["cat-1", "cat-2"],
        "select id, hf_id from network": [
            ("wb-1", 1e5 + 1), ("wb-1", 2e5 + 1), ("wb-2", 1e5 + 2), ("wb-2", 2e5 + 2), ("nex-10", None),
        ],
        "select poi_id from hydrolocations": ["poi-10"],
        "select poi_id from pois": ["poi-10"],
        "select lake_id from lakes": [87],
        "select styleName from layer_styles": ["blue"],
        "select id from rtree_divides_geom": [7, 8],
        "select fid from divides": [7, 8],
        "select * from terminal": [],
    }  # fmt: skip
    assert {query: rows(part, query) for query in expected} == expected


def test_what_the_file_says_of_itself_is_true_again(parted):
    whole, part = parted
    assert rows(part, "pragma integrity_check") == ["ok"]
    assert rows(part, "select * from gpkg_ogr_contents order by 1") == [("divides", 2), ("nexus", 1)]
    assert rows(part, "select min_x, min_y, max_x, max_y from gpkg_contents where table_name = 'divides'") == [
        (1.0, 0.0, 3.0, 5.0)
    ]
    for query in (
        "pragma application_id", "pragma user_version", "select * from gpkg_geometry_columns",
        "select type, name, sql from sqlite_master where name not like 'rtree%' order by name",
    ):  # fmt: skip
        assert rows(part, query) == rows(whole, query)
    assert "rtree_divides_geom_insert" in rows(part, "select name from sqlite_master where type = 'trigger'")


def test_rows_that_stay_are_as_they_were(parted):
    whole, part = parted
    for table, key in (("divides", "divide_id"), ("flowpath-attributes", "link"), ("divide-attributes", "divide_id")):
        query = f"select * from \"{table}\" where \"{key}\" in ('cat-1', 'cat-2', 'wb-1', 'wb-2')"  # noqa: S608
        assert rows(part, query) == rows(whole, query)


def test_it_is_the_hydrofabric_of_the_part(parted):
    whole, part = parted
    old, new = Hydrofabric.read(whole), Hydrofabric.read(part)
    assert (new.catchments, new.nexuses, new.nexus_toids) == (("cat-1", "cat-2"), ("nex-10",), ("",))
    assert (new.version, old.version) == ("2.2", "2.2")
    assert new.areas.tolist() == old.areas[:2].tolist()


def test_the_whole_is_not_touched_nor_is_anything_left_beside_it(tmp_path):
    whole = package(tmp_path / "whole.gpkg")
    before = whole.read_bytes()
    cut(whole, tmp_path / "part.gpkg", upstream_of(Hydrofabric.read(whole), "nex-0"))
    assert whole.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part.gpkg", "whole.gpkg"]
    assert Hydrofabric.read(tmp_path / "part.gpkg").identity == Hydrofabric.read(whole).identity


def test_a_broken_file_is_named(tmp_path):
    whole = package(tmp_path / "whole.gpkg")
    part = upstream_of(Hydrofabric.read(whole), "nex-10")
    data = bytearray(whole.read_bytes())
    data[4096 * 2 :] = b"\xff" * (len(data) - 4096 * 2)
    whole.write_bytes(bytes(data))
    with pytest.raises(UsageError, match=r"whole\.gpkg cannot be cut"):
        cut(whole, tmp_path / "part.gpkg", part)
