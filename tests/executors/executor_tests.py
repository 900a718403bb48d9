"""What every executor does, whatever it runs workers on; the test of each one inherits from ExecutorTests."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from dmod.errors import ConflictError, NotFoundError
from dmod.executors.executor import LOST
from dmod.jobs.launch import Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from dmod.executors.executor import Executor, Handle

SH = "/bin/sh"


def until(happened: Callable[[], object], seconds: float = 10) -> None:
    end = monotonic() + seconds
    while not happened():
        assert monotonic() < end, "it did not happen"
        sleep(0.005)


def lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ended(executor: Executor, handle: Handle, program: Program, seconds: float = 10) -> int:
    """The exit code, once the program has ended."""
    fd = executor.watch(handle)
    if fd is not None:
        assert select.select([fd], [], [], seconds)[0], "it has not ended"
        os.close(fd)
    code = executor.ended(handle, program)
    assert code is not None
    return code


class ExecutorTests:
    """Inherit, and give a fixture `executors`: a function that makes a new one, as a new scheduler does."""

    @pytest.fixture
    def executor(self, executors: Callable[[], Executor]) -> Executor:
        return executors()

    @pytest.fixture
    def program(self, tmp_path: Path) -> Callable[..., Program]:
        def make(*argv: str, attempt: int = 1, **changes: object) -> Program:
            folder = tmp_path / "jobs" / "1"
            folder.mkdir(parents=True, exist_ok=True)
            env = {"DMOD_JOB_FOLDER": str(folder), "DMOD_ATTEMPT": str(attempt), **changes.pop("env", {})}
            settings = {"cwd": tmp_path, "cpus": 1, "memory": 0} | changes
            return Program(argv, folder, env=env, **settings)

        return make

    @pytest.mark.parametrize("code", [0, 1, 3, 120, 127, 130, 137, 255])
    def test_an_exit_code_is_kept_as_it_is(self, executor, program, code: int):
        asked = program(SH, "-c", f"exit {code}")
        assert ended(executor, executor.start(asked, []), asked) == code

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
    def test_a_program_that_is_killed_has_128_and_the_signal(self, executor, program, number: signal.Signals):
        asked = program(SH, "-c", f"kill -{int(number)} $$")
        assert ended(executor, executor.start(asked, []), asked) == 128 + number

    def test_it_says_nothing_while_the_program_runs(self, executor, program):
        asked = program(SH, "-c", "read line < go", cwd=program().folder)
        os.mkfifo(asked.folder / "go")
        handle = executor.start(asked, [])
        fd = executor.watch(handle)
        assert not select.select([fd], [], [], 0.05)[0]
        assert executor.ended(handle, asked) is None
        (asked.folder / "go").write_text("go\n")
        os.close(fd)
        assert ended(executor, handle, asked) == 0
        assert executor.watch(handle) is None

    def test_argv_is_no_shells_business(self, executor, program):
        asked = program("/bin/echo", "$HOME", "a  b", "*", ";exit 3", "'", '"', "-n", "\n", "")
        assert ended(executor, executor.start(asked, []), asked) == 0
        assert (asked.folder / "stdout.log").read_text() == "$HOME a  b * ;exit 3 ' \" -n \n \n"

    def test_what_it_prints_is_in_the_folder_and_nothing_else(self, executor, program):
        asked = program(SH, "-c", "echo out; echo err >&2")
        ended(executor, executor.start(asked, []), asked)
        assert (asked.folder / "stdout.log").read_text() == "out\n"
        assert (asked.folder / "stderr.log").read_text() == "err\n"

    def test_a_program_that_is_killed_leaves_no_word_of_others_in_its_log(self, executor, program):
        asked = program(SH, "-c", "kill -9 $$")
        ended(executor, executor.start(asked, []), asked)
        assert (asked.folder / "stderr.log").read_text() == ""

    def test_it_prints_as_much_as_it_likes(self, executor, program):
        asked = program("/usr/bin/head", "-c", "3000000", "/dev/zero")
        assert ended(executor, executor.start(asked, []), asked) == 0
        assert (asked.folder / "stdout.log").stat().st_size == 3_000_000

    def test_stdin_is_empty(self, executor, program):
        asked = program("/bin/cat")
        assert ended(executor, executor.start(asked, []), asked) == 0

    def test_it_runs_where_it_was_told_with_the_environment_it_was_given(self, executor, program, tmp_path: Path):
        asked = program(SH, "-c", 'pwd; echo "$NAME"', cwd=tmp_path / "jobs", env={"NAME": "a b\nc"})
        ended(executor, executor.start(asked, []), asked)
        assert (asked.folder / "stdout.log").read_text() == f"{tmp_path / 'jobs'}\na b\nc\n"

    def test_a_folder_that_has_gone_is_said_and_nothing_was_started(self, executor, program, tmp_path: Path):
        asked = program("/bin/true", cwd=tmp_path / "gone")
        with pytest.raises(NotFoundError, match="gone is gone"):
            executor.start(asked, [])
        assert executor.find(asked) is None

    def test_a_program_that_is_not_there_fails_and_its_log_names_it(self, executor, program):
        asked = program("/no/such/program", "-v")
        assert ended(executor, executor.start(asked, []), asked) == 127
        assert "/no/such/program" in (asked.folder / "stderr.log").read_text()

    def test_no_attempt_runs_twice(self, executors, program):
        asked = program(SH, "-c", "echo once")
        executor, handles = executors(), []
        for _ in range(4):  # as schedulers do of which each was killed before it could say that it had started it
            with suppress(ConflictError):
                handles.append(executor.start(asked, []))
        for handle in handles:
            fd = executor.watch(handle)
            if fd is not None:
                select.select([fd], [], [], 10)
                os.close(fd)
        assert executor.ended(handles[0], asked) == 0
        with pytest.raises(ConflictError):
            executors().start(asked, [])
        assert (asked.folder / "stdout.log").read_text() == "once\n"

    def test_another_attempt_is_another_run(self, executor, program):
        first, second = program(SH, "-c", "exit 1"), program(SH, "-c", "exit 2", attempt=2)
        assert ended(executor, executor.start(first, []), first) == 1
        assert executor.find(second) is None
        (first.folder / "exit").unlink()  # as staging does
        assert ended(executor, executor.start(second, []), second) == 2

    def test_stopping_is_asking(self, executor, program):
        asked = program(SH, "-c", "trap 'echo stopped; exit 5' TERM; echo ready; while :; do sleep 0.01; done")
        handle = executor.start(asked, [])
        until(lambda: (asked.folder / "stdout.log").read_text() == "ready\n")
        executor.stop(handle, asked, kill=False)
        assert ended(executor, handle, asked) == 5
        assert (asked.folder / "stdout.log").read_text() == "ready\nstopped\n"

    def test_one_that_does_not_listen_is_ended(self, executor, program):
        asked = program(SH, "-c", "trap '' TERM; echo ready; while :; do sleep 0.01; done")
        handle = executor.start(asked, [])
        until(lambda: (asked.folder / "stdout.log").read_text() == "ready\n")
        executor.stop(handle, asked, kill=False)
        assert executor.ended(handle, asked) is None
        executor.stop(handle, asked, kill=True)
        assert ended(executor, handle, asked) == 128 + signal.SIGKILL

    @pytest.mark.parametrize("kill", [False, True])
    def test_stopping_reaches_all_that_it_started_also_in_sessions_of_their_own(self, executor, program, kill):
        asked = program(SH, "-c", "setsid sleep 100 & setsid sh -c 'sleep 101 & sleep 102' & sleep 103")
        handle = executor.start(asked, [])
        until(lambda: len(sleepers(asked)) == 4)
        pids = sleepers(asked)
        executor.stop(handle, asked, kill=kill)
        assert ended(executor, handle, asked) == 128 + (signal.SIGKILL if kill else signal.SIGTERM)
        until(lambda: not any(lives(pid) for pid in pids))

    @pytest.mark.parametrize("cpus", [1, 2])
    def test_nothing_that_it_left_in_the_background_outlives_it(self, executor, program, cpus: int):
        asked = program(SH, "-c", "trap '' TERM; sleep 100 & exit 3", cpus=cpus)
        handle = executor.start(asked, [])
        assert ended(executor, handle, asked) == 3
        until(lambda: not sleepers(asked))

    @pytest.mark.parametrize("cpus", [1, 2])
    def test_nothing_deaf_in_a_session_of_its_own_outlives_a_job_that_was_stopped(self, executor, program, cpus: int):
        asked = program(SH, "-c", "(trap '' TERM; setsid sleep 100) & sleep 101", cpus=cpus)
        handle = executor.start(asked, [])
        until(lambda: len(sleepers(asked)) == 2)
        pids = sleepers(asked)
        try:
            executor.stop(handle, asked, kill=False)
            assert ended(executor, handle, asked) == 128 + signal.SIGTERM
            until(lambda: not any(lives(pid) for pid in pids), 1)
        finally:
            for pid in filter(lives, pids):
                os.kill(pid, signal.SIGKILL)

    def test_one_that_begins_with_an_empty_environment_is_stopped_too(self, executor, program):
        asked = program("/usr/bin/env", "-i", SH, "-c", "echo ready; sleep 100")
        handle = executor.start(asked, [])
        until(lambda: (asked.folder / "stdout.log").read_text() == "ready\n")
        executor.stop(handle, asked, kill=False)
        assert ended(executor, handle, asked) == 128 + signal.SIGTERM

    def test_a_daemon_that_a_job_leaves_ends_with_it(self, executor, program):
        asked = program(SH, "-c", "setsid sleep 100 & echo $! > daemon; exit 3", cwd=program().folder)
        assert ended(executor, executor.start(asked, []), asked) == 3
        daemon = int((asked.folder / "daemon").read_text())
        until(lambda: not lives(daemon))

    def test_an_exit_code_is_known_though_its_file_cannot_be_written(self, executor, program):
        asked = program(SH, "-c", "exit 3")
        (asked.folder / "exit").mkdir()
        assert ended(executor, executor.start(asked, []), asked) == 3

    def test_memory_is_limited(self, executor, program):
        greedy = "data = bytearray(300 * 2**20); print(len(data))"
        asked = program(sys.executable, "-c", greedy, memory=200 * 2**20)
        assert ended(executor, executor.start(asked, []), asked) != 0
        assert "MemoryError" in (asked.folder / "stderr.log").read_text()
        assert (asked.folder / "stdout.log").read_text() == ""

    def test_memory_within_the_limit_is_there_to_be_used(self, executor, program):
        modest = "data = bytearray(100 * 2**20); print(len(data))"
        asked = program(sys.executable, "-c", modest, memory=200 * 2**20)
        assert ended(executor, executor.start(asked, []), asked) == 0

    def test_cpus_are_those_it_was_given_and_the_scheduler_keeps_its_own(self, executor, program):
        before = os.sched_getaffinity(0)
        asked = program(sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))")
        handle = executor.start(asked, [max(before)])
        assert os.sched_getaffinity(0) == before
        ended(executor, handle, asked)
        assert json.loads((asked.folder / "stdout.log").read_text()) == [max(before)]

    def test_a_handle_is_what_json_holds(self, executors, program):
        asked = program(SH, "-c", "exit 3")
        handle = json.loads(json.dumps(executors().start(asked, [])))
        assert ended(executors(), handle, asked) == 3

    def test_a_second_scheduler_finds_what_runs_and_waits_for_it(self, executors, program):
        asked = program(SH, "-c", "echo ready; read line < go; exit 4", cwd=program().folder)
        os.mkfifo(asked.folder / "go")
        executors().start(asked, [])
        until((asked.folder / "stdout.log").read_text)
        second = executors()
        handle = second.find(asked)
        assert second.ended(handle, asked) is None
        (asked.folder / "go").write_text("go\n")
        assert ended(second, handle, asked) == 4

    def test_a_second_scheduler_finds_what_has_ended(self, executors, program):
        asked = program(SH, "-c", "exit 4")
        executor = executors()
        ended(executor, executor.start(asked, []), asked)
        second = executors()
        handle = second.find(asked)
        assert second.watch(handle) is None
        assert second.ended(handle, asked) == 4

    def test_it_outlives_a_scheduler_that_is_killed(self, executors, program):
        asked = program(SH, "-c", "read line < go; exit 6", cwd=program().folder)
        os.mkfifo(asked.folder / "go")
        executor = executors()
        code = STARTED.format(module=type(executor).__module__, name=type(executor).__name__)
        argv = [sys.executable, "-c", code, str(asked.folder), *asked.argv]
        died = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False, timeout=20)
        assert died.returncode == -signal.SIGKILL
        handle = json.loads(died.stdout)
        assert executor.ended(handle, asked) is None
        (asked.folder / "go").write_text("go\n")
        assert ended(executor, handle, asked) == 6

    def test_what_was_never_started_is_not_found(self, executor, program):
        assert executor.find(program("/bin/true")) is None

    def test_one_that_left_no_exit_code_is_lost(self, executor, program):
        asked = program(SH, "-c", "exit 0")
        ended(executor, executor.start(asked, []), asked)
        (asked.folder / "exit").unlink()
        handle = executor.find(asked)
        assert executor.watch(handle) is None
        assert executor.ended(handle, asked) == LOST


STARTED = """
import json, os, signal, sys
from pathlib import Path
from {module} import {name}
from dmod.jobs.launch import Program

folder = Path(sys.argv[1])
env = {{"DMOD_JOB_FOLDER": str(folder), "DMOD_ATTEMPT": "1"}}
print(json.dumps({name}().start(Program(tuple(sys.argv[2:]), folder, folder, 1, 0, env), [])), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def sleepers(program: Program) -> list[int]:
    """The processes called sleep that a program started."""
    wanted, found = f"DMOD_JOB_FOLDER={program.folder}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            mine = wanted in (process / "environ").read_bytes().split(b"\0")
            if mine and (process / "comm").read_text() == "sleep\n" and lives(int(process.name)):
                found.append(int(process.name))
        except OSError:
            continue
    return found
