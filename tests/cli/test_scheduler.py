"""`dmod scheduler`, as far as none runs: what it tells of itself, how old jobs are pruned, and a queue is recovered."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dmod import project, toml_file
from dmod.cli import scheduler as command
from dmod.config import Defaults
from dmod.jobs import kinds
from dmod.jobs.numbers import Numbers
from dmod.jobs.order import Order
from dmod.jobs.status import Status
from dmod.scheduler import pulse
from dmod.scheduler.lock import Lock
from dmod.scheduler.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUEUE = Path(".dmod/queue.db")


@pytest.fixture(autouse=True)
def here():
    project.create(Path())


def order(**more: object) -> Order:
    data = {"kind": "command", "name": "noop", "command": {"argv": ["/bin/true"]}}
    return Order(kinds.read(toml_file.Located(Path("job.toml"), data, {}), Defaults()), Path("/"), **more)  # type: ignore[arg-type]


def submit() -> None:
    queue = Queue(QUEUE)
    queue.submit(order())
    queue.close()


def test_one_that_does_not_run_is_said_so_and_what_waits_for_it(dmod):
    stopped = {
        "pid": None, "state": "stopped", "since": None, "queued": 0, "running": 0, "held": 0, "depends": 0,
        "tasks": {"waiting": 0, "running": 0}, "today": {"completed": 0, "failed": 0, "canceled": 0},
        "decision_ms": None, "turns": 0, "last_error": None,
    }  # fmt: skip
    assert dmod("scheduler", "status", "-o", "json").json == stopped
    assert list(stopped) == command.RECORD["required"]
    assert not QUEUE.exists()
    submit()
    waits = {"queued": 1, "tasks": {"waiting": 1, "running": 0}}
    assert dmod("scheduler", "status", "-o", "json").json == stopped | waits
    assert "it starts with the next job (1 queued)" in dmod("scheduler", "status").out


@pytest.fixture
def queue() -> Iterator[Queue]:
    opened = Queue(QUEUE)
    yield opened
    opened.close()


def test_it_tells_what_waits_and_what_ended_today(dmod, queue: Queue, advance: Callable[..., None]):
    queue.submit_all([order(numbers=Numbers.parse("1-9")), order(), order(held=True)])
    queue.submit(order(after=[1]))
    advance(queue, 1, Status.RUNNING, task=1)
    advance(queue, 2, Status.RUNNING)
    advance(queue, 2, Status.FAILED, "exit code 3", code=3)
    assert dmod("scheduler", "status").lines[1:] == [
        "  tasks       10 waiting, 1 running",
        "  of these    1 held, 1 waiting for other jobs",
        "  today       1 failed",
    ]


def test_one_that_runs_tells_how_fast_it_decides_and_its_last_error(dmod):
    held = Lock(Path(".dmod"))
    held.take()
    told = {"pid": os.getpid(), "turns": 1204, "decision_ms": {"median": 0.4, "longest": 3.1}}
    error = {"time": time.time() - 180, "text": "the disk is full"}
    (Path(".dmod") / pulse.FILE).write_text(json.dumps({**told, "last_error": error}))
    assert dmod("scheduler", "status").lines[1:] == [
        "  decides     in 0.4 ms, 3.1 ms at most; 1,204 times",
        "  last error  3m ago: the disk is full",
    ]
    held.give()
    said = dmod("scheduler", "status", "-o", "json").json  # how fast another one was is nobody's business
    assert (said["decision_ms"], said["last_error"]["text"]) == (None, "the disk is full")


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


def test_one_on_a_full_disk_can_be_stopped(dmod, monkeypatch):
    held = Lock(Path(".dmod"))
    held.take()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.setattr(os, "kill", lambda *_: held.give())
    assert dmod("scheduler", "stop").code == 0


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
    QUEUE.write_bytes(b"\0" * QUEUE.stat().st_size)
    said = dmod("scheduler", "start")
    assert said.code == 4
    assert "queue.db is damaged" in said.err
    assert said.err.endswith("fix: dmod scheduler recover\n")
    assert not Path(".dmod/scheduler.log").exists()


def test_a_queue_of_a_newer_dmod_is_told_of(dmod):
    submit()
    connection = sqlite3.connect(".dmod/queue.db")
    connection.execute("pragma user_version = 99")
    connection.close()
    said = dmod("job", "list")
    assert said.code == 4
    assert "was made by a newer dmod" in said.err


@pytest.fixture
def old(queue: Queue, advance: Callable[..., None]) -> Queue:
    """Four jobs with folders: the first two ended a day ago, the second is waited for, the third just ended."""
    queue.submit_all([order(), order(), order(), order(held=True, after=[2])])
    for number in (1, 2, 3):
        advance(queue, number, Status.RUNNING)
        advance(queue, number, Status.COMPLETED, code=0)
        folder = Path(f".dmod/jobs/{number}")
        folder.mkdir(parents=True)
        (folder / "stdout.log").write_bytes(bytes(1024))
    with queue.transaction() as write:
        write.execute("update job set ended = ended - 86400 where id < 3")
    return queue


def left() -> list[str]:
    return sorted(each.name for each in Path(".dmod/jobs").iterdir())


def test_old_jobs_are_pruned_with_their_folders_but_for_those_that_others_wait_for(dmod, old: Queue):
    said = dmod("scheduler", "prune", "--before", "12h", "--yes")
    assert (said.code, said.out, said.err) == (0, "", "forgot 1 job (1) and 1KiB of their files\n")
    assert [job.id for job in old.jobs()] == [2, 3, 4]
    assert left() == ["2", "3"]
    assert dmod("scheduler", "prune", "--before", "12h", "--yes").err.startswith("no job ended before ")


def test_a_dry_run_prunes_nothing(dmod, old: Queue):
    said = dmod("scheduler", "prune", "--before", "12h", "-n")
    assert (said.code, said.err[:57]) == (0, "would forget 1 job (1) and 1KiB of their files that ended")
    found = dmod("scheduler", "prune", "--before", "12h", "-n", "-o", "json").json
    assert found == {"jobs": [1], "bytes": 1024, "dry_run": True}
    assert dmod("scheduler", "prune", "--before", "0s", "-n", "-o", "name").lines == ["1", "3"]
    assert len(old.jobs()) == 4
    assert left() == ["1", "2", "3"]


def test_nobody_prunes_by_accident(dmod, old: Queue):
    assert dmod("scheduler", "prune").code == 2
    assert dmod("scheduler", "prune", "--before", "2026").code == 2
    said = dmod("scheduler", "prune", "--before", "12h")
    assert said.code == 2
    assert "nobody is there to answer" in said.err
    assert len(old.jobs()) == 4


def test_what_links_lead_to_is_not_pruned(dmod, old: Queue):
    data = Path("precious")
    data.mkdir()
    (data / "rain.nc").write_bytes(bytes(10))
    Path(".dmod/jobs/1/forcing").symlink_to(data.absolute())
    moved = Path(".dmod/jobs/3").rename("elsewhere")
    Path(".dmod/jobs/3").symlink_to(moved.absolute())
    assert dmod("scheduler", "prune", "--before", "0s", "--yes").code == 0
    assert (left(), old.counts()) == (["2"], {Status.COMPLETED: 1, Status.QUEUED: 1})
    assert (data / "rain.nc").exists()
    assert (moved / "stdout.log").exists()


def test_there_may_be_nothing_to_prune(dmod):
    said = dmod("scheduler", "prune", "--before", "30d")
    assert (said.code, said.err) == (0, "there are no jobs yet\n")


@pytest.fixture
def damaged() -> bytes:
    """A queue of a hundred jobs, three pages of which are noise; what it holds."""
    queue = Queue(QUEUE)
    queue.submit_all([order()] * 100)
    queue.close()
    raw = bytearray(QUEUE.read_bytes())
    leaves = [at for at in range(0, len(raw), 4096) if raw[at] == 0x0D and raw[at : at + 4096].count(b"/bin/true") > 3]
    for at in leaves[1:4]:
        raw[at : at + 4096] = b"\xa5" * 4096
    QUEUE.write_bytes(raw)
    return bytes(raw)


def test_what_can_be_read_of_a_damaged_queue_is_recovered(dmod, damaged: bytes):
    said = dmod("scheduler", "recover", "--dry-run")
    assert said.code == 0
    assert said.err.splitlines()[-1] == "to do it: dmod scheduler recover"
    assert QUEUE.read_bytes() == damaged
    said = dmod("scheduler", "recover")
    lines = said.err.splitlines()
    assert (said.code, said.out) == (0, "")
    assert lines[0].startswith(".dmod/queue.db was damaged: ")
    jobs = dmod("job", "list", "--all", "-o", "name").lines
    assert 50 < len(jobs) < 100
    assert lines[1].startswith(f"{len(jobs)} jobs saved, {100 - len(jobs)} lost (")
    kept = Path(lines[-1].removeprefix("the damaged file is kept: "))
    assert kept.read_bytes() == damaged
    assert dmod("scheduler", "recover").err == ".dmod/queue.db is not damaged; nothing was changed\n"


def test_a_script_is_told_which_jobs_were_lost(dmod, damaged: bytes):
    found = dmod("scheduler", "recover", "-o", "json").json
    assert found["jobs"] + len(found["lost"]) == 100
    assert Path(found["kept"]).read_bytes() == damaged
    assert dmod("job", "show", str(found["lost"][0])).code == 3


@pytest.mark.usefixtures("damaged")
def test_nothing_is_recovered_while_a_scheduler_runs(dmod):
    held = Lock(Path(".dmod"))
    held.take()
    said = dmod("scheduler", "recover")
    held.give()
    assert (said.code, said.err.splitlines()[-1]) == (4, "  fix: dmod scheduler stop")
    assert list(Path(".dmod").glob("*damaged*")) == []


def test_there_may_be_no_queue_to_recover(dmod):
    assert dmod("scheduler", "recover").code == 3
