"""GeoPackages of every layout, made here table by table, read without GDAL."""

import math
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from dmod.errors import UsageError
from dmod.hydro import albers
from dmod.hydro.hydrofabric import Hydrofabric


def head(box: tuple[float, float, float, float], order: str = "<", envelope: int = 1) -> bytes:
    flags = (1 if order == "<" else 0) | envelope << 1
    return b"GP\x00" + bytes([flags]) + struct.pack(f"{order}i4d", 5070, *box) + b"\x00" * 60


def package(path: Path, *statements: str, srs: int = 5070, geometry: bytes | None = None) -> Path:
    """Two catchments, their river, and what else the statements say."""
    database = sqlite3.connect(path)
    database.execute("create table gpkg_geometry_columns (table_name text, srs_id integer)")
    database.execute("insert into gpkg_geometry_columns values ('divides', ?)", (srs,))
    database.execute(
        "create table divides (fid integer primary key, geom blob, divide_id text, toid text, type text, areasqkm real)"
    )
    rows = [("cat-10", "nex-1", "network", 4.0), ("cat-2", "nex-1", "network", 3.0), ("cat-1", "tnx-9", "network", 2.0)]
    database.executemany(
        "insert into divides (geom, divide_id, toid, type, areasqkm) values (?, ?, ?, ?, ?)",
        [(geometry, *row) for row in rows],
    )
    database.execute("create table nexus (fid integer primary key, id text, toid text)")
    database.executemany("insert into nexus (id, toid) values (?, ?)", [("tnx-9", "wb-0"), ("nex-1", "wb-1")])
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return path


def test_the_oldest_layout(tmp_path: Path):
    river = Hydrofabric.read(package(tmp_path / "a.gpkg"))
    assert river.catchments == ("cat-1", "cat-2", "cat-10")
    assert river.areas.tolist() == [2.0, 3.0, 4.0]
    assert dict(zip(river.nexuses, river.nexus_toids, strict=True)) == {"nex-1": "cat-1", "tnx-9": ""}
    assert (river.version, dict(river.gauges)) == ("1", {})
    assert np.isnan(river.latitudes).all()
    assert Hydrofabric.read(tmp_path).identity == river.identity


def test_layout_2_0_names_gauges_at_the_nexus(tmp_path: Path):
    path = package(
        tmp_path / "a.gpkg",
        "alter table divides add column ds_id real",
        "alter table nexus add column hl_uri text",
        "update nexus set hl_uri = 'HUC12-010600030805,Gages-01073000' where id = 'nex-1'",
    )
    river = Hydrofabric.read(path)
    assert (river.version, dict(river.gauges)) == ("2.0", {"nex-1": "01073000"})


def test_layout_2_2_names_gauges_at_the_flowpath_and_has_centroids(tmp_path: Path):
    path = package(
        tmp_path / "a.gpkg",
        'create table "divide-attributes" (divide_id text, centroid_x real, centroid_y real)',
        """insert into "divide-attributes" values ('cat-2', 0, 0), ('cat-1', 2022742, 2907187)""",
        'create table "flowpath-attributes" (id text, gage text)',
        """insert into "flowpath-attributes" values ('wb-10', '10109001'), ('wb-1', ''), ('wb-2', null)""",
    )
    river = Hydrofabric.read(path)
    assert (river.version, dict(river.gauges)) == ("2.2", {"nex-1": "10109001"})
    assert river.latitudes[1] == pytest.approx(23)  # the origin of the projection
    assert river.latitudes[0] == pytest.approx(46.584207818)
    assert math.isnan(river.latitudes[2])


def test_gauges_of_hydrolocations(tmp_path: Path):
    path = package(
        tmp_path / "a.gpkg",
        "create table hydrolocations (id text, nex_id text, hl_uri text)",
        "insert into hydrolocations values ('wb-1', 'tnx-9', 'gages-03463300'), ('wb-2', 'nex-1', 'dams-12')",
    )
    assert Hydrofabric.read(path).gauges == {"tnx-9": "03463300"}


@pytest.mark.parametrize(("order", "envelope"), [("<", 1), (">", 1), ("<", 2), (">", 4)])
def test_without_centroids_the_middle_of_the_box_stands_in(tmp_path: Path, order: str, envelope: int):
    box = head((-80, -79, 35, 36), order, envelope)
    river = Hydrofabric.read(package(tmp_path / "a.gpkg", srs=4326, geometry=box))
    assert river.latitudes.tolist() == [35.5] * 3


@pytest.mark.parametrize(
    ("srs", "geometry"),
    [(3857, head((0, 1, 0, 1))), (4326, head((0, 1, 0, 1), envelope=0)), (4326, b"junk"), (4326, b"")],
)
def test_a_place_that_cannot_be_told_is_not_guessed(tmp_path: Path, srs: int, geometry: bytes):
    assert np.isnan(Hydrofabric.read(package(tmp_path / "a.gpkg", srs=srs, geometry=geometry)).latitudes).all()


def test_the_projection_is_undone():
    """Forward by equations 14-1 to 14-4 of Snyder (1987), back by the reader."""
    latitude, longitude = np.radians([24.5, 37.9, 46.3, 49.0]), np.radians([-81.0, -120.0, -69.7, -96.0])
    m = np.cos(albers.PARALLELS) / np.sqrt(1 - albers.E2 * np.sin(albers.PARALLELS) ** 2)
    q = albers.authalic(albers.PARALLELS)
    n = (m[0] ** 2 - m[1] ** 2) / (q[1] - q[0])
    c = m[0] ** 2 + n * q[0]
    rho, rho0 = (albers.AXIS * np.sqrt(c - n * albers.authalic(at)) / n for at in (latitude, albers.ORIGIN))
    theta = n * (longitude - np.radians(-96.0))
    back = albers.latitude(rho * np.sin(theta), rho0 - rho * np.cos(theta))
    assert back == pytest.approx(np.degrees(latitude), abs=1e-6)


def test_the_projection_agrees_with_proj():
    """Latitudes by PROJ, from EPSG:5070 to EPSG:4269: in Maine, off Carolina, in California, the origin."""
    x = np.array([2022742.0, 1885051.86, -2356113.74, 0.0])
    y = np.array([2907187.0, 1535607.51, 1811640.86, 0.0])
    assert albers.latitude(x, y) == pytest.approx([46.584207818, 34.997582687, 36.338191782, 23.0], abs=1e-7)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("drop table divides", "has no table `divides`"),
        ("drop table nexus", "has no table `nexus`"),
        ("alter table divides rename column areasqkm to area", "table `divides` has no column `areasqkm`"),
        ("update divides set areasqkm = null where divide_id = 'cat-2'", "no area for cat-2"),
        ("update divides set divide_id = null where fid = 2", "row 2 of `divides` has no divide_id"),
        ("update divides set divide_id = 'cat-2'", "catchment cat-2 stands there twice"),
        ("update divides set toid = 'nex-7' where fid = 1", "cat-10 drains to nex-7, which is not among its 2 nexuses"),
        ("update nexus set toid = 'wb-2' where id = 'tnx-9'", "water runs in a circle"),
        ("delete from divides", "holds no catchments"),
    ],
)
def test_damage_is_named(tmp_path: Path, statement: str, message: str):
    path = package(tmp_path / "a.gpkg")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)
    database.close()
    with pytest.raises(UsageError, match=message):
        Hydrofabric.read(path)


def test_the_sea_is_no_damage(tmp_path: Path):
    path = package(tmp_path / "a.gpkg", "update divides set type = 'coastal', toid = 'cnx-3' where fid = 1")
    assert Hydrofabric.read(path).toids == ("tnx-9", "nex-1", "")


def test_a_truncated_file_and_what_is_no_database(tmp_path: Path):
    path = package(
        tmp_path / "a.gpkg",
        "create table ballast as select zeroblob(90000)",
    )
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(UsageError, match="not a whole GeoPackage") as caught:
        Hydrofabric.read(path)
    assert "malformed" in caught.value.why
    path.write_text("PK, or whatever it is that was downloaded" * 30)
    with pytest.raises(UsageError, match="not a whole GeoPackage") as caught:
        Hydrofabric.read(path)
    assert "file is not a database" in caught.value.why


def test_two_in_a_folder_are_one_too_many(tmp_path: Path):
    package(tmp_path / "a.gpkg")
    package(tmp_path / "b.gpkg")
    with pytest.raises(UsageError, match=r"holds several: a\.gpkg, b\.gpkg"):
        Hydrofabric.read(tmp_path)


def test_a_file_that_is_being_written_is_read_with_its_log(tmp_path: Path):
    path = package(tmp_path / "with space?.gpkg")
    writer = sqlite3.connect(path)
    writer.execute("pragma journal_mode = wal")
    writer.execute("update divides set areasqkm = 8.5 where divide_id = 'cat-1'")
    writer.commit()
    assert Hydrofabric.read(path).areas[0] == 8.5
    writer.close()
