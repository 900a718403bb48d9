"""Hydrofabrics as GeoPackages: SQLite tables, read without GDAL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from dmod.errors import UsageError
from dmod.hydro import albers
from dmod.hydro.gauge import gauge_of
from dmod.hydro.hydrofabric import Tables
from dmod.hydro.ids import catchment_of, some

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

HEADER = 40  # bytes of a GeoPackage geometry up to the end of its two-dimensional envelope
GEOGRAPHIC = (4326, 4269, 4267)  # WGS 84, NAD 83, NAD 27: degrees
CONUS_ALBERS = 5070
END = ("wb-0", "cat-0")  # what a last nexus drains to
LOOSE = ("coastal", "internal")  # divides of the sea and of sinks: their nexus is often left out of a subset


def find(path: Path) -> Path | None:
    """The GeoPackage that `path` is or holds; None where there is none. Raises UsageError where there are several."""
    if path.is_file():
        return path if path.suffix.lower() in (".gpkg", ".sqlite", ".db") else None
    found = sorted(path.glob("*.gpkg"))
    if len(found) > 1:
        raise UsageError(
            f"{path} holds several: {some(file.name for file in found)}", fix=f"give the file itself, as {found[0]}"
        )
    return found[0] if found else None


def read(path: Path) -> Tables:
    """The columns of `divides` and `nexus`. Raises UsageError."""
    try:
        with closing(opened(path)) as database:
            return Package(database, path).tables()
    except sqlite3.DatabaseError as error:
        why = f"SQLite says: {error}"
        raise UsageError(f"{path} is not a whole GeoPackage", why=why, fix=f"fetch it again; ls -l {path}") from error


def opened(path: Path) -> sqlite3.Connection:
    """A connection that only reads."""
    return sqlite3.connect(address(path), uri=True)


def address(path: Path) -> str:
    """The file for SQLite to read alone.

    Without a write-ahead log beside it nobody writes: immutable lets SQLite read from read-only media, without locks.
    """
    mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "immutable=1"
    return f"{path.resolve().as_uri()}?{mode}"


class Package:
    """One open GeoPackage."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self.database = database
        self.path = path
        listing = "select name from sqlite_master where type in ('table', 'view')"
        self.names = {str(row[0]) for row in database.execute(listing)}

    def tables(self) -> Tables:
        """Everything that running needs, one bulk fetch a table."""
        for table in ("divides", "nexus"):
            if table not in self.names:
                has = some(sorted(self.names), 8) or "none"
                raise UsageError(f"{self.path} has no table `{table}`", why=f"the tables it has: {has}")
        key = self.first("divides", "divide_id", "id")
        area = self.first("divides", "areasqkm", "area_sqkm")
        kind = "type" if "type" in self.columns("divides") else ""
        names, areas, toids, kinds = self.fetch("divides", key, area, self.first("divides", "toid"), kind)
        joints, joint_toids = self.fetch("nexus", self.first("nexus", "id"), self.first("nexus", "toid"))
        self.require_text("divides", key, names)
        self.require_text("nexus", "id", joints)
        return Tables(
            names,
            areas,
            toids,
            self.latitudes(names),
            joints,
            [None if toid in END else toid for toid in joint_toids],
            self.gauges(dict(zip(names, toids, strict=True))),
            self.version(),
            frozenset(name for name, kind in zip(names, kinds, strict=True) if kind in LOOSE),
        )

    def columns(self, table: str) -> set[str]:
        """The names of a table's columns; none where the table is not there."""
        return {str(row[0]) for row in self.database.execute("select name from pragma_table_info(?)", (table,))}

    def first(self, table: str, *wanted: str) -> str:
        """The first of the wanted columns that the table has. Raises UsageError where it has none."""
        has = self.columns(table)
        for column in wanted:
            if column in has:
                return column
        why = f"its columns: {some(sorted(has), 12)}"
        raise UsageError(f"{self.path}: table `{table}` has no column `{wanted[0]}`", why=why)

    def fetch(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Whole columns in the order of the rows; None everywhere for a column named "".

        Rows go through one `zip`: 800,000 of them take less time here than SQLite needs to read them.
        """
        wanted = ", ".join(f'"{column}"' if column else "null" for column in columns)
        rows = self.database.execute(f'select {wanted} from "{table}" order by rowid').fetchall()  # noqa: S608 - our names
        return list(zip(*rows, strict=True)) if rows else [()] * len(columns)

    def require_text(self, table: str, column: str, ids: tuple[Any, ...]) -> None:
        """Raise UsageError for a row whose id is missing or no text."""
        for at, name in enumerate(ids):
            if not isinstance(name, str) or not name:
                raise UsageError(f"{self.path}: row {at + 1} of `{table}` has no {column}", why=f"it is {name!r}")

    def version(self) -> str:
        """The layout of the tables: 2.2 has dashes in its table names, 2.0 names the downstream divide, 1 neither."""
        if self.names & {"divide-attributes", "flowpath-attributes"} or "vpuid" in self.columns("divides"):
            return "2.2"
        return "2.0" if "ds_id" in self.columns("divides") else "1"

    def gauges(self, toids: dict[str, str]) -> dict[str, str]:
        """Nexus -> gauge, from every table that says so: later ones only add."""
        found: dict[str, str] = {}
        for table, where, what in GAUGES:
            has = self.columns(table)
            if not {where, what} <= has:
                continue
            for feature, said in zip(*self.fetch(table, where, what), strict=True):
                gauge = gauge_of(said) if what == "hl_uri" else text_of(said)
                if gauge and isinstance(feature, str):
                    nexus = toids.get(catchment_of(feature), feature)  # what stands at a flowpath's end is at its nexus
                    found.setdefault(nexus, gauge)
        return found

    def latitudes(self, names: tuple[str, ...]) -> NDArray[np.float64]:
        """(divides,) degrees, of the centroid where the file has it, else of the middle of the bounding box."""
        srs = self.srs()
        if {"divide_id", "centroid_x", "centroid_y"} <= self.columns("divide-attributes"):
            ids, x, y = self.fetch("divide-attributes", "divide_id", "centroid_x", "centroid_y")
            centre = dict(zip(ids, zip(x, y, strict=True), strict=True))
            middle = np.array([centre.get(name, (None, None)) for name in names], dtype=np.float64).reshape(-1, 2)
        elif srs is not None and "geom" in self.columns("divides"):
            middle = middles([row[0] for row in self.database.execute(HEADS)])
        else:
            return np.full(len(names), np.nan)
        return degrees(middle, srs)

    def srs(self) -> int | None:
        """The EPSG code of the geometry of `divides`, None where the file does not say."""
        if "gpkg_geometry_columns" not in self.names:
            return None
        found = self.database.execute(
            "select srs_id from gpkg_geometry_columns where table_name = 'divides'"
        ).fetchone()
        return int(found[0]) if found and found[0] is not None else None


HEADS = f"select substr(geom, 1, {HEADER}) from divides order by rowid"  # noqa: S608 - our own number
GAUGES = (  # table, column of the nexus or flowpath, column of the gauge
    ("nexus", "id", "hl_uri"),
    ("hydrolocations", "nex_id", "hl_uri"),
    ("hydrolocations", "id", "hl_uri"),
    ("flowpath-attributes", "gage_nex_id", "gage"),
    ("flowpath-attributes", "id", "gage"),
    ("flowpath_attributes", "id", "rl_gages"),
)


def text_of(value: object) -> str | None:
    """A gauge number as the table has it; None where it has none."""
    return value.strip() or None if isinstance(value, str) else None


def middles(heads: Sequence[bytes | None]) -> NDArray[np.float64]:
    """(n, 2) the middle of the envelope in each geometry's header, NaN where there is none.

    OGC 12-128, clause 2.1.3: `GP`, version, flags, srs (4 bytes), then min x, max x, min y, max y as doubles. Bit 0 of
    the flags is the byte order, bits 1-3 say which envelope there is (0 none, 1-4 begin with these four).
    """
    packed = b"".join((head or b"").ljust(HEADER, b"\0")[:HEADER] for head in heads)
    raw = np.frombuffer(packed, dtype=np.uint8).reshape(-1, HEADER)
    box = np.ascontiguousarray(raw[:, 8:]).view("<f8")
    flags = raw[:, 3]
    box = np.where((flags & 1)[:, None] == 1, box, box.byteswap())
    envelope = (flags >> 1) & 7
    bad = (raw[:, 0] != ord("G")) | (raw[:, 1] != ord("P")) | (envelope < 1) | (envelope > 4)
    middle = np.stack([(box[:, 0] + box[:, 1]) / 2, (box[:, 2] + box[:, 3]) / 2], axis=1)
    middle[bad] = np.nan
    return middle


def degrees(middle: NDArray[np.float64], srs: int | None) -> NDArray[np.float64]:
    """(n,) latitudes of points; NaN in a projection that is not known here."""
    if srs == CONUS_ALBERS:
        return albers.latitude(middle[:, 0], middle[:, 1])
    if srs in GEOGRAPHIC:
        return middle[:, 1].copy()
    return np.full(len(middle), np.nan)
