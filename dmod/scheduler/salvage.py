"""Salvage: a damaged queue, read row by row as far as it can be; the damaged file stays as it is, beside the new."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dmod.errors import ConflictError
from dmod.jobs.status import ENDED
from dmod.scheduler import database, leaves, mending, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmod.scheduler.mending import Mended

_BESIDE = ("", "-wal", "-shm")  # a database, what was committed but is not in it yet, and the index of that
TABLES = ("job", "task", "item", "dependency", "node", "event")  # in this order: those that others refer to come first
_PAGE = 4096
_INTERIOR = 5  # the first byte of a page that points to others
_TRIES = 5


class Salvaged(NamedTuple):
    """What came of it."""

    jobs: int  # saved
    lost: tuple[int, ...]  # ids of jobs of which only traces are left
    rows: dict[str, int]  # of each table
    unread: dict[str, int]  # how many times something of a table could not be read
    mended: Mended
    kept: Path | None  # where the damaged file is now; None: nothing was put in its place


def damage(path: Path) -> str:
    """What is wrong with a database, "" if nothing is."""
    try:
        with closing(sqlite3.connect(path, timeout=database.BUSY)) as connection:
            found = str(connection.execute("pragma integrity_check(1)").fetchone()[0])
            connection.execute("select count(*) from job, event where false")
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # what is wrong may be told in noise
        return str(error)
    return "" if found == "ok" else found.splitlines()[-1]


def salvage(path: Path, *, replace: bool = True) -> Salvaged:
    """Put what can be read of a damaged queue in its place, and keep the damaged file; no scheduler may use it.

    Raises:
        ConflictError: somebody goes on writing to it.
        OSError: there is no room for the copies; then nothing was changed.
    """
    for _ in range(_TRIES):
        seen = _stamp(path)
        with tempfile.TemporaryDirectory(prefix=".salvage-", dir=path.parent) as folder:
            fresh = Path(folder) / "fresh.db"
            rows, unread, strays = _build(path, Path(folder) / "damaged.db", fresh)
            mended = mending.mend(fresh, _folders(path), strays)
            jobs = _count(fresh)
            if replace and _stamp(path) != seen:  # a job was submitted meanwhile
                continue
            return Salvaged(jobs, mended.lost, rows, unread, mended, _exchange(path, fresh) if replace else None)
    raise ConflictError(f"{path} is written to all the time", why="it is being recovered", fix="dmod scheduler recover")


def _build(path: Path, damaged: Path, fresh: Path) -> tuple[dict[str, int], dict[str, int], list[int]]:
    """Make a queue of what can be read of a copy of the damaged one: rows, what could not be read, jobs gone astray."""
    for end in _BESIDE:
        if (beside := path.with_name(path.name + end)).exists():
            shutil.copy2(beside, damaged.with_name(damaged.name + end))
    _pad(damaged)
    database.connect(fresh).close()
    _graft(damaged, fresh)
    _blank(fresh, _version(damaged))
    rows, unread = _copy(damaged, fresh)
    strays = _stray(damaged, fresh) if unread["job"] else []
    database.connect(fresh).close()  # brings it up to date
    return rows, unread, strays


def _stamp(path: Path) -> tuple[tuple[int, int], ...]:
    """Changes when somebody writes."""
    files = [path.with_name(path.name + end) for end in _BESIDE[:2]]
    return tuple((file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists())


def _copy(damaged: Path, fresh: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Carry the rows over; how many, and how often something could not be read."""
    rows, unread = dict.fromkeys(TABLES, 0), dict.fromkeys(TABLES, 0)
    with closing(_opened(damaged)) as source, closing(sqlite3.connect(fresh, isolation_level=None)) as target:
        target.execute("pragma foreign_keys = off")  # `mend` looks after what refers to jobs that are lost
        target.execute("begin")
        for table in TABLES:
            known = [row[1] for row in target.execute(f"pragma table_info({table})")]  # none: of a later version
            reader = readable.Reader(source, table, known)
            insert = f"insert or ignore into {table} ({', '.join(reader.columns)}) values ({reader.places})"  # noqa: S608
            for row in reader.rows():
                if not readable.sound(table, reader.columns, row):
                    reader.failures += 1
                    continue
                try:
                    rows[table] += target.execute(insert, row).rowcount
                except sqlite3.Error:  # a row that is none: STRICT tells
                    reader.failures += 1
            unread[table] = reader.failures
        target.execute("commit")
    return rows, unread


def _stray(damaged: Path, fresh: Path) -> list[int]:
    """Save jobs that are on pages to which nothing leads; their ids. Of two states that which has ended counts."""
    with closing(sqlite3.connect(fresh, isolation_level=None)) as target:
        names = [row[1] for row in target.execute("pragma table_info(job)")]
        insert = f"insert or ignore into job ({', '.join(names)}) values ({', '.join('?' * len(names))})"  # noqa: S608
        at, found = names.index("status"), dict[int, list[object]]()
        for number, (_, *values) in leaves.rows(damaged.read_bytes(), len(names)):
            row = [number, *values]
            if readable.sound("job", names, row) and (number not in found or values[at - 1] in ENDED):
                found[number] = row
        saved = []
        for number, row in found.items():
            try:
                saved += [number] * target.execute(insert, row).rowcount
            except sqlite3.Error:  # a row that is none: STRICT tells
                continue
    return saved


def _version(damaged: Path) -> int:
    """Which schema it has."""
    with closing(sqlite3.connect(damaged)) as connection:
        try:
            found = int(connection.execute("pragma user_version").fetchone()[0])
        except sqlite3.DatabaseError:
            found = 0
    newest = len(database.MIGRATIONS)
    return found if 0 < found <= newest else newest


def _blank(fresh: Path, version: int) -> None:
    """Make a queue without rows, of a version."""
    for end in _BESIDE:
        fresh.with_name(fresh.name + end).unlink(missing_ok=True)
    with closing(sqlite3.connect(fresh)) as connection:
        for script in database.MIGRATIONS[:version]:
            connection.executescript(script())
        connection.execute(f"pragma user_version = {version}")
        connection.commit()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    return connection


def _pad(path: Path) -> None:
    """Give a file that was cut its length back: SQLite reads none that is shorter than it says."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        head = file.read(100)
        pages = int.from_bytes(head[28:32], "big") if len(head) == 100 and head.startswith(b"SQLite format 3\0") else 0
        whole = -(-size // _PAGE) * _PAGE
        file.truncate(max(whole, min(pages, 2**24) * _PAGE, _PAGE))


def _graft(path: Path, fresh: Path) -> None:
    """Where the pages are lost that say where the tables lie, take those of a new queue: they lie alike."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
        if {"job", "event"} <= found:  # of this version, or of an earlier one
            return
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        pass
    for end in _BESIDE[1:]:
        path.with_name(path.name + end).unlink(missing_ok=True)
    raw = fresh.read_bytes()
    with path.open("r+b") as file:
        for number in _schema(raw):
            file.seek((number - 1) * _PAGE)
            file.write(raw[(number - 1) * _PAGE : number * _PAGE])
        size = max(path.stat().st_size, file.seek(0, os.SEEK_END))
        file.seek(28)
        file.write((size // _PAGE).to_bytes(4, "big") + bytes(8))  # so many pages, none of them free


def _schema(raw: bytes) -> list[int]:
    """The numbers of the pages of a sound database that describe its tables; it has few: two levels at most."""
    if raw[100] != _INTERIOR:
        return [1]
    cells = int.from_bytes(raw[103:105], "big")
    starts = [int.from_bytes(raw[112 + 2 * at : 114 + 2 * at], "big") for at in range(cells)]
    return [1, int.from_bytes(raw[108:112], "big"), *(int.from_bytes(raw[at : at + 4], "big") for at in starts)]


def _exchange(path: Path, fresh: Path) -> Path:
    """Keep the damaged file and what lies beside it, then put the new one in its place."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    kept = path.with_name(f"{path.name}.damaged-{stamp}")
    for end in _BESIDE:
        if (beside := path.with_name(path.name + end)).exists():
            shutil.copy2(beside, kept.with_name(kept.name + end))
            _sync(kept.with_name(kept.name + end))
    with closing(sqlite3.connect(fresh)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    _sync(fresh)
    for end in _BESIDE[1:]:  # before: they would be taken for the new one's
        path.with_name(path.name + end).unlink(missing_ok=True)
    fresh.replace(path)
    _sync(path.parent)
    return kept


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select count(*) from job").fetchone()[0])


def _folders(path: Path) -> set[int]:
    """The jobs that have a folder."""
    return set(_ids(path.parent / "jobs"))


def _ids(folder: Path) -> Iterator[int]:
    for each in folder.glob("*"):
        if each.name.isdecimal():
            yield int(each.name)
