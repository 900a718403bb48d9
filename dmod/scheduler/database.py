"""Database: one SQLite file, opened the same way by everybody, its schema brought up to date."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dmod.errors import ConflictError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY = 10.0  # seconds that a writer waits for another


class DamagedError(ConflictError):
    """The file is no database any more."""


def connect(path: Path, *, create: bool = True) -> sqlite3.Connection:
    """A connection in WAL mode whose commits survive a power failure.

    Raises:
        UnreachableError: the file cannot be opened, or is busy for longer than BUSY.
        ConflictError: it is damaged, or was made by a newer dmod.
    """
    if path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return _read_only(path)
    with translated(path):
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        # threads of one process take turns; the scheduler's collector has a connection of its own
        connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute("pragma foreign_keys = on")
            migrate(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _read_only(path: Path) -> sqlite3.Connection:
    """A connection to a queue that is somebody else's, or on a disk that cannot be written: it may be looked at."""
    alone = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"  # nobody writes it either
    with translated(path):
        uri = f"{path.absolute().as_uri()}?mode=ro{alone}"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("select count(*) from sqlite_master")
    return connection


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the schema to the newest version, one step after the other, each in its own transaction."""
    version = connection.execute("pragma user_version").fetchone()[0]
    if version == len(MIGRATIONS):
        return
    if version > len(MIGRATIONS):
        raise ConflictError(
            f"{path} was made by a newer dmod",
            why=f"its schema has version {version}, this dmod knows {len(MIGRATIONS)}",
            fix="pip install --upgrade dmod",
        )
    for at in range(version, len(MIGRATIONS)):
        connection.execute("begin immediate")
        try:
            if connection.execute("pragma user_version").fetchone()[0] == at:  # nobody else did it meanwhile
                for statement in _statements(MIGRATIONS[at]()):
                    connection.execute(statement)
                if at == 0:
                    connection.execute("insert into sqlite_sequence values ('job', ?)", (_last_folder(path),))
                connection.execute(f"pragma user_version = {at + 1}")
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise


def check(path: Path) -> None:
    """Find damage before it spreads: ConflictError, with what to do."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=BUSY)) as connection:
            found = connection.execute("pragma quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError:
        return  # busy, or not to be opened: whoever connects is told
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # what is wrong may be told in noise
        found = str(error)
    if found == "ok":
        return
    raise DamagedError(
        f"{path} is damaged",
        why=found.splitlines()[-1],
        fix="dmod scheduler recover",
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors, and the disk's, as ours."""
    try:
        yield
    except OSError as error:
        raise UnreachableError(f"{path.parent} cannot be made: {error}", fix="dmod doctor") from error
    except sqlite3.OperationalError as error:
        raise UnreachableError(
            f"the queue {path} cannot be used: {error}",
            why="it is busy, or its disk is full or read-only",
            fix="dmod doctor",
        ) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise DamagedError(f"{path} is damaged", why=str(error), fix="dmod scheduler recover") from error


def _last_folder(path: Path) -> int:
    """The highest job that has a folder beside the queue: one whose queue was lost keeps its id and its log."""
    jobs = path.parent / "jobs"
    return max((int(each.name) for each in jobs.glob("*") if each.name.isdecimal()), default=0)


def _statements(script: str) -> list[str]:
    statements, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return statements


def _script(version: int) -> str:
    return (Path(__file__).parent / f"schema_{version}.sql").read_text()


MIGRATIONS = (partial(_script, 1), partial(_script, 2))  # ordered; each leads from its index to the next version
