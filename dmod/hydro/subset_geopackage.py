"""The part of a hydrofabric in a GeoPackage: every table cut alike, by SQLite alone.

A new file is filled from the old one, so that the cost is that of reading once, whatever is left out. Geometries are
copied byte for byte; the spatial index (an R-tree, which GDAL fills by triggers that need its own functions) is filled
from the old one's rows, and the triggers are made last.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from dmod.errors import UsageError
from dmod.hydro.geopackage import address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dmod.hydro.subset import Part

KEYS = ("id", "divide_id", "link", "nex_id")  # columns that may say which feature a row is of
ONLY: Mapping[str, tuple[str, ...]] = {  # of these tables no other column decides
    "divides": ("divide_id", "id"),
    "nexus": ("id",),
    "flowpaths": ("id",),
}
ID = re.compile(r"[A-Za-z]+-\d+")
POINT = "poi_id"  # tables of points of interest and lakes go by it where they name no feature
SYSTEM = ("gpkg_", "sqlite_", "rtree_")


def cut(source: Path, target: Path, part: Part) -> None:
    """Write the part of a GeoPackage to a new one. Raises UsageError for what is not a whole GeoPackage."""
    try:
        with closing(sqlite3.connect(target.resolve().as_uri(), uri=True)) as new:
            new.execute("pragma synchronous = off")  # whoever keeps the file sees that it gets to disk
            new.execute("attach database ? as old", (address(source),))
            _Cut(new).all_of(part)
    except sqlite3.DatabaseError as error:
        raise UsageError(
            f"{source} cannot be cut", why=f"SQLite says: {error}", fix=f"fetch it again; ls -l {source}"
        ) from error


class _Cut:
    """A new GeoPackage (main) that is being filled from another (old)."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        for setting in ("application_id", "user_version"):
            value = int(database.execute(f"pragma old.{setting}").fetchone()[0])
            database.execute(f"pragma main.{setting} = {value}")
        listed = database.execute(
            "select type, name, tbl_name, sql from old.sqlite_master where sql not null order by rowid"
        )
        self.listed = [(str(kind), str(name), str(of), str(sql)) for kind, name, of, sql in listed]
        self.trees = {
            name for _, name, _, sql in self.listed if re.match(r"(?i)create virtual table.*using rtree", sql)
        }

    def all_of(self, part: Part) -> None:
        """Copy what belongs to the part, and set right what the file says of itself."""
        self.database.execute("create temp table kept (id text primary key) without rowid")
        self.database.executemany("insert into temp.kept values (?)", [(name,) for name in sorted(part.ids)])
        tables = [(name, sql) for kind, name, _, sql in self.listed if kind == "table" and self._is_plain(name)]
        for _, sql in tables:
            self.database.execute(sql)
        by_feature = {name: keys for name, _ in tables if (keys := self._keys(name))}
        for name, keys in by_feature.items():
            self._copy(name, " or ".join(f'"{key}" in temp.kept' for key in keys))
        self._by_point([name for name, _ in tables], by_feature)
        for name in sorted(self.trees):
            self._tree(name)
        self._contents()
        for wanted in ("index", "view", "trigger"):
            for kind, _, _, sql in self.listed:
                if kind == wanted:
                    self.database.execute(sql)
        self.database.commit()

    def _is_plain(self, name: str) -> bool:
        """Whether it is a table of its own: no R-tree, none of an R-tree's own tables, none that SQLite makes."""
        return not name.startswith("sqlite_") and not any(
            name == tree or name.startswith(f"{tree}_") for tree in self.trees
        )

    def _by_point(self, tables: list[str], by_feature: Mapping[str, tuple[str, ...]]) -> None:
        """Copy the tables that name no feature: by point of interest where they can be, else whole."""
        pointed = [name for name in by_feature if POINT in self._columns(name)]
        points = " union ".join(f'select "{POINT}" from main."{name}"' for name in pointed)  # noqa: S608 - their names
        for name in tables:
            if name in by_feature:
                continue
            own = points and not name.startswith(SYSTEM) and POINT in self._columns(name)
            self._copy(name, f'"{POINT}" in ({points})' if own else "true")

    def _columns(self, table: str) -> list[str]:
        return [str(row[0]) for row in self.database.execute("select name from pragma_table_info(?, 'old')", (table,))]

    def _keys(self, table: str) -> tuple[str, ...]:
        """The columns that say which feature a row is of, by what is in them; none for the file's own tables."""
        if table.startswith(SYSTEM):
            return ()
        has = [name for name in ONLY.get(table, KEYS) if name in self._columns(table)]
        telling = tuple(name for name in has if self._tells(table, name))
        return telling[:1] if table in ONLY else telling

    def _tells(self, table: str, column: str) -> bool:
        query = f'select "{column}" from old."{table}" where "{column}" not null limit 1'  # noqa: S608 - its names
        found = self.database.execute(query).fetchone()
        return found is not None and isinstance(found[0], str) and bool(ID.fullmatch(found[0]))

    def _copy(self, table: str, where: str) -> None:
        self.database.execute(f'insert into main."{table}" select * from old."{table}" where {where} order by rowid')  # noqa: S608

    def _tree(self, name: str) -> None:
        """A spatial index: the boxes of the rows that are left, as they were."""
        sql = next(sql for _, other, _, sql in self.listed if other == name)
        self.database.execute(sql)
        found = self._indexed(name)
        if found is None:
            raise sqlite3.DatabaseError(f"the spatial index {name} belongs to no table")
        table, _ = found
        self.database.execute(
            f'insert into main."{name}" select * from old."{name}" where id in (select rowid from main."{table}")'  # noqa: S608
        )

    def _indexed(self, tree: str) -> tuple[str, str] | None:
        """Table and column of a spatial index, by its name."""
        for table, column in self.database.execute("select table_name, column_name from old.gpkg_geometry_columns"):
            if tree == f"rtree_{table}_{column}":
                return str(table), str(column)
        return None

    def _contents(self) -> None:
        """The extent and the number of rows of each layer, as they are now."""
        own = {name for kind, name, _, _ in self.listed if kind == "table"}
        for tree in sorted(self.trees):
            table, _ = self._indexed(tree) or ("", "")
            box = self.database.execute(
                f'select min(minx), min(miny), max(maxx), max(maxy) from main."{tree}"'  # noqa: S608 - its name
            ).fetchone()
            if "gpkg_contents" in own:
                self.database.execute(
                    "update main.gpkg_contents set min_x = ?, min_y = ?, max_x = ?, max_y = ? where table_name = ?",
                    (*box, table),
                )
        if "gpkg_ogr_contents" in own:
            for table, count in list(self._counts()):
                self.database.execute(
                    "update main.gpkg_ogr_contents set feature_count = ? where table_name = ?", (count, table)
                )

    def _counts(self) -> Iterator[tuple[str, int]]:
        for (table,) in self.database.execute("select table_name from old.gpkg_ogr_contents").fetchall():
            query = f'select count(*) from main."{table}"'  # noqa: S608 - its name
            yield str(table), int(self.database.execute(query).fetchone()[0])
