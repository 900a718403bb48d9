"""The file of the queue: made, brought up to date, and refused when it is not ours to read."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dmod.errors import ConflictError, UnreachableError
from dmod.scheduler import database
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from pathlib import Path

NEWEST = len(database.MIGRATIONS)


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    (found,) = connection.execute("pragma user_version").fetchone()
    connection.close()
    return int(found)


def tables(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
    connection.close()
    return {name for (name,) in rows}


@pytest.mark.parametrize("older", range(NEWEST))
def test_every_older_file_is_brought_up_to_date(tmp_path: Path, older: int):
    path = tmp_path / "queue.db"
    connection = sqlite3.connect(path)
    for migration in database.MIGRATIONS[:older]:
        connection.executescript(migration())
    connection.execute(f"pragma user_version = {older}")
    connection.close()
    database.connect(path).close()
    assert version(path) == NEWEST
    assert {"job", "event"} <= tables(path)


def test_it_is_made_with_its_folder_and_keeps_what_is_committed(tmp_path: Path):
    connection = database.connect(tmp_path / "deep" / "queue.db")
    assert connection.execute("pragma journal_mode").fetchone()[0] == "wal"
    assert connection.execute("pragma synchronous").fetchone()[0] == 2  # full
    assert connection.execute("pragma foreign_keys").fetchone()[0] == 1
    connection.close()


def test_opening_it_again_changes_nothing(tmp_path: Path):
    path = tmp_path / "queue.db"
    database.connect(path).close()
    before = path.read_bytes()
    database.connect(path).close()
    assert path.read_bytes() == before


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "queue.db"
    database.connect(path).close()
    broken = "create table extra (id integer);\ncreate table job (id integer);\n"
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, lambda: broken))
    with pytest.raises(UnreachableError, match="table job already exists"):
        database.connect(path)
    assert version(path) == NEWEST
    assert "extra" not in tables(path)


def test_a_file_of_a_newer_dmod_is_left_alone(tmp_path: Path):
    path = tmp_path / "queue.db"
    database.connect(path).close()
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(ConflictError) as caught:
        Queue(path)
    assert caught.value.message == f"{path} was made by a newer dmod"
    assert caught.value.why == f"its schema has version 99, this dmod knows {NEWEST}"
    assert caught.value.fix == "pip install --upgrade dmod"


OPEN = "import sys; from pathlib import Path; from dmod.scheduler.queue import Queue; Queue(Path(sys.argv[1])).close()"


def test_those_who_make_it_at_once_make_one(tmp_path: Path):
    path = tmp_path / "queue.db"
    opening = [
        subprocess.Popen([sys.executable, "-c", OPEN, str(path)], stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert [process.communicate(timeout=30)[1] for process in opening] == [""] * 4
    assert version(path) == NEWEST


@pytest.fixture
def filled(queue: Queue, make) -> Path:
    for _ in range(15):
        make.job(make.command(env={"LONG": "x" * 2000}))
    queue.close()
    return queue.path


def test_a_sound_file_passes_and_one_that_is_not_there_too(filled: Path, tmp_path: Path):
    database.check(filled)
    database.check(tmp_path / "missing.db")


@pytest.mark.parametrize("harm", ["middle", "header", "half"])
def test_damage_is_noticed_before_the_scheduler_starts(filled: Path, harm: str):
    found = bytearray(filled.read_bytes())
    if harm == "middle":
        found[8192:20480] = b"\xa5" * 12288
    elif harm == "header":
        found[:100] = b"\0" * 100
    else:
        del found[len(found) // 2 :]
    filled.write_bytes(found)
    with pytest.raises(ConflictError) as caught:
        database.check(filled)
    assert caught.value.message == f"{filled} is damaged"
    assert caught.value.why
    assert caught.value.fix == "dmod scheduler recover"
    assert filled.read_bytes() == found


def test_what_is_no_database_is_an_error_not_a_crash(tmp_path: Path):
    path = tmp_path / "queue.db"
    path.write_text("name,status\n" * 100)
    with pytest.raises(ConflictError, match="is damaged"):
        Queue(path)
    with pytest.raises(ConflictError, match="is damaged"):
        database.check(path)


def test_what_cannot_be_opened_is_said_with_what_to_do(tmp_path: Path):
    (tmp_path / "queue.db").mkdir()
    with pytest.raises(UnreachableError) as caught:
        Queue(tmp_path / "queue.db")
    assert caught.value.fix == "dmod doctor"


def test_who_writes_for_long_makes_others_give_up_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "BUSY", 0.05)
    queue, other = Queue(tmp_path / "queue.db"), database.connect(tmp_path / "queue.db")
    other.execute("begin immediate")
    with pytest.raises(UnreachableError, match="database is locked"):
        queue.cancel(1)
    other.execute("rollback")
    other.close()
    queue.close()


@pytest.mark.parametrize("kept", ["", "?immutable=1"])
def test_a_queue_that_cannot_be_written_can_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make, kept: str
):
    path = tmp_path / "theirs" / "queue.db"
    writer = Queue(path)
    job = writer.submit(make.order())
    if kept:
        writer.close()  # nobody writes: its -wal is gone
    monkeypatch.setattr(database.os, "access", lambda *_: False)
    reader = Queue(path)
    assert [each.id for each in reader.jobs()] == [job]
    with pytest.raises(UnreachableError, match="readonly"):
        reader.cancel(job)
    reader.close()
    writer.close()


def test_what_cannot_be_opened_is_not_called_damaged(tmp_path: Path):
    (tmp_path / "queue.db").mkdir()
    database.check(tmp_path / "queue.db")
    with pytest.raises(UnreachableError):
        database.connect(tmp_path / "queue.db")


def test_a_new_queue_gives_no_id_that_has_a_folder_of_an_earlier_one(tmp_path: Path, make):
    for name in ("3", "12", "notes"):
        (tmp_path / "lost" / "jobs" / name).mkdir(parents=True)
    queue = Queue(tmp_path / "lost" / "queue.db")
    assert queue.submit(make.order()) == 13
    queue.close()
