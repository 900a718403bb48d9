"""One scheduler a project, found and woken by whoever needs it."""

from __future__ import annotations

import math
import os
import select
import signal
import subprocess
import sys
import time
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from dmod.errors import ConflictError, UnreachableError
from dmod.scheduler import lock
from dmod.scheduler.lock import Lock, await_holder, holder, listen, wake

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from dmod.scheduler.lock import Lock

held = Lock(Path(sys.argv[1]))
held.take()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path):
    """Another process that holds the lock."""
    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_nobody_holds_what_was_never_taken(tmp_path: Path):
    assert holder(tmp_path) is None
    assert holder(tmp_path / "missing") is None


def test_who_holds_it_says_so_and_gives_it_back(tmp_path: Path):
    held = Lock(tmp_path / "state")
    held.take()
    assert holder(tmp_path / "state")["pid"] == os.getpid()
    held.give()
    assert holder(tmp_path / "state") is None
    held.take()
    assert holder(tmp_path / "state")["pid"] == os.getpid()
    held.give()


def test_a_second_scheduler_is_refused(tmp_path: Path, other):
    with pytest.raises(ConflictError) as caught:
        Lock(tmp_path).take()
    assert caught.value.message == "the scheduler of this project runs already"
    assert caught.value.fix == "dmod scheduler status"
    assert holder(tmp_path)["pid"] == other.pid


def test_the_lock_of_one_that_was_killed_is_free(tmp_path: Path, other):
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert holder(tmp_path) is None
    held = Lock(tmp_path)
    held.take()
    assert holder(tmp_path)["pid"] == os.getpid()
    held.give()


def test_a_program_that_the_scheduler_starts_does_not_keep_its_lock(tmp_path: Path):
    held = Lock(tmp_path)
    held.take()
    child = subprocess.Popen(["/bin/sleep", "60"], close_fds=False)
    held.give()
    del held
    try:
        assert holder(tmp_path) is None
    finally:
        child.kill()
        child.wait()


def test_those_who_look_never_keep_a_scheduler_from_starting(tmp_path: Path):
    held, over = Lock(tmp_path), Event()

    def look() -> None:
        while not over.is_set():
            holder(tmp_path)

    threads = [Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(30):
            held.take()
            held.give()
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_those_who_look_at_once_do_not_see_each_other(tmp_path: Path):
    Lock(tmp_path)
    seen: list[object] = []
    threads = [Thread(target=lambda: seen.extend(holder(tmp_path) for _ in range(200))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [None] * 600


def heard(ear) -> bool:
    return bool(select.select([ear], [], [], 0)[0])


@pytest.mark.parametrize("depth", [1, 12], ids=["short", "deeper than a socket's path may be"])
def test_a_scheduler_is_woken_however_deep_its_project_lies(tmp_path: Path, depth: int):
    state = tmp_path.joinpath(*(["a-folder-with-a-long-name"] * depth))
    state.mkdir(parents=True)
    assert (len(str(state)) > 108) == (depth > 1)
    ear = listen(state)
    assert not heard(ear)
    wake(state)
    assert heard(ear)
    ear.close()


def test_waking_nobody_is_no_error(tmp_path: Path):
    wake(tmp_path)
    wake(tmp_path / "missing")
    listen(tmp_path).close()
    wake(tmp_path)


def test_waking_one_that_does_not_read_never_waits(tmp_path: Path):
    ear = listen(tmp_path)
    for _ in range(2000):
        wake(tmp_path)
    assert heard(ear)
    ear.close()


def test_a_new_scheduler_takes_over_the_socket(tmp_path: Path):
    first, second = listen(tmp_path), listen(tmp_path)
    wake(tmp_path)
    assert (heard(first), heard(second)) == (False, True)
    first.close()
    second.close()


def test_who_waits_for_one_that_never_comes_is_told(tmp_path: Path):
    with pytest.raises(UnreachableError) as caught:
        await_holder(tmp_path, patience=0.02)
    assert (caught.value.message, caught.value.fix) == (
        "the scheduler did not start within 0.02 s", "dmod scheduler logs",
    )  # fmt: skip


def test_who_waits_for_one_that_came_is_told_its_pid(tmp_path: Path, other):
    assert await_holder(tmp_path)["pid"] == other.pid


def test_a_log_that_is_long_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lock, "LOG_SIZE", 10)
    (tmp_path / lock.LOG).write_text("a long story of old\n")
    lock.start(tmp_path / "no-project", tmp_path)
    assert (tmp_path / f"{lock.LOG}.1").read_text() == "a long story of old\n"


@pytest.mark.parametrize("act", [Lock, listen, lambda state: lock.start(state.parent, state)])
def test_a_state_that_cannot_be_written_is_said_with_what_to_do(tmp_path: Path, act):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UnreachableError) as raised:
        act(tmp_path / "file")
    assert raised.value.fix == "dmod doctor"


def test_who_was_asked_for_before_a_stop_is_outdated_unless_the_clock_was_set_back(tmp_path: Path):
    before = time.time()
    assert not lock.outdated(tmp_path, before)
    lock.stopping(tmp_path)
    assert lock.outdated(tmp_path, before)
    assert not lock.outdated(tmp_path, time.time())
    assert not lock.outdated(tmp_path, math.inf)
    (tmp_path / lock.STOPPED).write_text(f"{time.time() + 1000}")
    assert not lock.outdated(tmp_path, before)
    assert [path.name for path in tmp_path.iterdir()] == [lock.STOPPED]
