"""`dmod scheduler`, as far as none runs."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from dmod import project, toml_file
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.prepared import Prepared
from dmod.scheduler.lock import Lock
from dmod.scheduler.queue import Queue


@pytest.fixture(autouse=True)
def here():
    project.create(Path())


def submit() -> None:
    data = {"kind": "command", "name": "noop", "command": {"argv": ["/bin/true"]}}
    queue = Queue(Path(".dmod/queue.db"))
    spec = kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults())
    queue.submit(spec, Path("/"), Prepared())
    queue.close()


def test_one_that_does_not_run_is_said_so_and_what_waits_for_it(dmod):
    stopped = {"pid": None, "state": "stopped", "since": None, "queued": 0, "running": 0}
    assert dmod("scheduler", "status", "-o", "json").json == stopped
    assert not Path(".dmod/queue.db").exists()
    submit()
    assert dmod("scheduler", "status", "-o", "json").json == stopped | {"queued": 1}
    assert "it starts with the next job (1 queued)" in dmod("scheduler", "status").out


def test_one_that_runs_is_known_by_its_pid(dmod):
    held = Lock(Path(".dmod"))
    held.take()
    said = dmod("scheduler", "status", "-o", "json").json
    assert (said["pid"], said["state"]) == (os.getpid(), "running")
    assert said["since"].endswith("Z")
    assert f"running pid {os.getpid()}" in dmod("scheduler", "status").out
    assert dmod("scheduler", "start", "-o", "json").json["pid"] == os.getpid()  # it is let alone
    held.give()


def test_stopping_none_is_no_error(dmod):
    said = dmod("scheduler", "stop")
    assert (said.code, said.err) == (0, "the scheduler is not running\n")


def test_the_log_of_one_that_never_ran_is_empty(dmod):
    said = dmod("scheduler", "logs")
    assert (said.code, said.out) == (0, "")
    assert said.err == "the scheduler has never run here; it starts with the first job\n"


def test_the_end_of_its_log_is_shown(dmod):
    Path(".dmod/scheduler.log").write_text("".join(f"line {number}\n" for number in range(100)))
    assert dmod("scheduler", "logs", "--tail", "2").out == "line 98\nline 99\n"
    assert len(dmod("scheduler", "logs").lines) == 50


def test_a_damaged_queue_is_told_before_anything_starts(dmod):
    submit()
    path = Path(".dmod/queue.db")
    path.write_bytes(b"\0" * path.stat().st_size)
    said = dmod("scheduler", "start")
    assert said.code == 4
    assert "queue.db is damaged" in said.err
    assert not Path(".dmod/scheduler.log").exists()


def test_a_queue_of_a_newer_dmod_is_told_of(dmod):
    submit()
    connection = sqlite3.connect(".dmod/queue.db")
    connection.execute("pragma user_version = 99")
    connection.close()
    said = dmod("job", "list")
    assert said.code == 4
    assert "was made by a newer dmod" in said.err
