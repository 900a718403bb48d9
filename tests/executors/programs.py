"""What the tests of executors have in common: tasks to start, and ways to see what becomes of them."""

from __future__ import annotations

import os
import pickle
import select
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import patience
import pytest

from dmod.executors import connection
from dmod.executors.executor import Ended, Started
from dmod.jobs.launch import Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from dmod.executors.executor import Executor

SH = "/bin/sh"
WAITS = "echo ready; read line < go; exit 6"  # for `go`, a pipe


until = partial(patience.until, seconds=10)


def lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def news(executor: Executor, seconds: float = 10) -> list[Started | Ended]:
    """What is new, waiting until there is something."""
    end, heard = monotonic() + seconds, []
    while not heard:
        assert monotonic() < end, "there is no news"
        select.select([executor], [], [], max(end - monotonic(), 0))
        heard = executor.news()
    return heard


def started(executor: Executor) -> Started:
    """The next news: that a task runs."""
    (told,) = news(executor)
    assert isinstance(told, Started)
    return told


def ends(executor: Executor, number: int) -> list[Ended]:
    """The next so many ends."""
    heard: list[Ended] = []
    while len(heard) < number:
        heard += [told for told in news(executor) if isinstance(told, Ended)]
    return heard


def run(executor: Executor, program: Program) -> Ended:
    """Start a task and see it end."""
    executor.start([program])
    (told,) = ends(executor, 1)
    executor.forget([(told.key, told.attempt)])
    return told


def out(program: Program) -> str:
    with suppress(FileNotFoundError):
        return (program.folder / "stdout.log").read_text()
    return ""


def sleepers(program: Program) -> list[int]:
    """The processes called sleep that a task started."""
    wanted, found = f"DMOD_JOB_FOLDER={program.folder}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            mine = wanted in (process / "environ").read_bytes().split(b"\0")
            if mine and (process / "comm").read_text() == "sleep\n" and lives(int(process.name)):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def told_of(executor: Executor, program: Program) -> list[type]:
    """What is told of a task, up to its end."""
    heard: list[Started | Ended] = []
    while not any(isinstance(told, Ended) for told in heard):
        heard += news(executor)
    assert {(told.key, told.attempt) for told in heard} == {(program.key, program.attempt)}
    return [type(told) for told in heard]


def shepherds(state: Path) -> list[int]:
    """Those of a project that live."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(state / connection.SOCKET) in words and lives(int(process.name)):
            found.append(int(process.name))
    return found


def dies(executor: Executor, state: Path, program: Program, then: str = "pass") -> None:
    """A scheduler that starts a task, does something and is killed."""
    code = KILLED.format(module=type(executor).__module__, name=type(executor).__name__, then=then)
    died = subprocess.run(
        [sys.executable, "-c", code, str(state)], input=pickle.dumps(program), check=False, timeout=20
    )
    assert died.returncode == -signal.SIGKILL


KILLED = """
import os, pickle, select, signal, sys
from pathlib import Path
from {module} import {name}

executor = {name}(Path(sys.argv[1]))
executor.start([pickle.load(sys.stdin.buffer)])
{then}
os.kill(os.getpid(), signal.SIGKILL)
"""


class Programs:
    """What tests start, and how they see it."""

    python = sys.executable  # where tasks run

    def running(self, handle: dict[str, object]) -> bool:
        """Whether a task runs, past what its executor says."""
        return lives(int(str(handle["pid"])))

    def enclosed(self, cwd: Path) -> dict[str, object]:  # noqa: ARG002 - for those that enclose
        """What a program needs besides, to run where the executor runs it."""
        return {}

    @pytest.fixture
    def executor(self, executors: Callable[[], Executor]) -> Executor:
        made = executors()
        made.adopt([])
        return made

    @pytest.fixture
    def program(self, tmp_path: Path) -> Callable[..., Program]:
        def make(*argv: str, task: int = 0, attempt: int = 1, **changes: object) -> Program:
            folder = tmp_path / "jobs" / str(task)
            folder.mkdir(parents=True, exist_ok=True)
            env = {"DMOD_JOB_FOLDER": str(folder), "DMOD_ATTEMPT": str(attempt), **changes.pop("env", {})}
            given = {"cwd": folder, **changes}
            return Program((1, task), attempt, argv, folder, env=env, **{**self.enclosed(given["cwd"]), **given})

        return make

    @pytest.fixture
    def waiting(self, program: Callable[..., Program]) -> Callable[..., Program]:
        """A task that waits for a line in its pipe `go`."""

        def make(script: str = WAITS, **changes: object) -> Program:
            made = program(SH, "-c", script, **changes)
            os.mkfifo(made.folder / "go")
            return made

        return make
