"""What every executor does, whatever it runs tasks on; the test of each one inherits from ExecutorTests."""

from __future__ import annotations

import json
import os
import select
import signal
from time import time
from typing import TYPE_CHECKING

import pytest
from adopt_tests import AdoptTests
from programs import SH, Programs, ends, out, run, started
from stop_tests import StopTests

if TYPE_CHECKING:
    from pathlib import Path


class EndTests(Programs):
    """How a task ended is known."""

    @pytest.mark.parametrize("code", [0, 1, 3, 120, 127, 130, 137, 255])
    def test_an_exit_code_is_kept_as_it_is(self, executor, program, code: int):
        told = run(executor, program(SH, "-c", f"exit {code}"))
        assert (told.key, told.attempt, told.code, told.cause) == ((1, 0), 1, code, "")

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGINT])
    def test_one_that_is_killed_has_128_and_the_signal(self, executor, program, number: signal.Signals):
        assert run(executor, program(SH, "-c", f"kill -{int(number)} $$")).code == 128 + number

    def test_it_is_told_that_it_started_and_nothing_more_while_it_runs(self, executor, waiting):
        asked = waiting()
        before = time()
        executor.start([asked])
        told = started(executor)
        assert (told.key, told.attempt) == ((1, 0), 1)
        assert before - 1 < told.time < time() + 1
        assert json.loads(json.dumps(told.handle)) == told.handle
        assert not select.select([executor], [], [], 0.05)[0]
        assert executor.news() == []
        (asked.folder / "go").write_text("go\n")
        assert [end.code for end in ends(executor, 1)] == [6]

    def test_what_it_used_is_told(self, executor, program):
        work = "data = bytearray(60 * 2**20)\nfrom time import process_time\nwhile process_time() < 0.3: pass"
        usage = run(executor, program(self.python, "-c", work)).usage
        assert 0.3 <= usage.cpu < 3
        assert 60 * 2**20 < usage.memory < 200 * 2**20

    def test_a_folder_that_has_gone_is_the_cause(self, executor, program, tmp_path: Path):
        told = run(executor, program("/bin/true", cwd=tmp_path / "gone"))
        assert (told.code, told.cause) == (127, f"start: No such file or directory: {tmp_path / 'gone'}")

    def test_a_program_that_is_not_there_is_the_cause_and_its_log_names_it(self, executor, program):
        asked = program("/no/such/program", "-v")
        told = run(executor, asked)
        assert (told.code, told.cause) == (127, "start: No such file or directory: /no/such/program")
        assert "/no/such/program: No such file or directory\n" in (asked.folder / "stderr.log").read_text()

    def test_a_program_that_may_not_be_run_is_the_cause(self, executor, program, tmp_path: Path):
        (tmp_path / "text").write_text("words")
        told = run(executor, program(str(tmp_path / "text"), cwd=tmp_path))
        assert told.cause == f"start: Permission denied: {tmp_path / 'text'}"

    def test_a_word_that_no_program_can_be_given_is_the_cause(self, executor, program):
        assert run(executor, program("/bin/echo", "a\0b")).cause.startswith("start: ")

    def test_one_that_cannot_be_started_does_not_keep_others_from_it(self, executor, program):
        executor.start([program("/no", task=1), program("/bin/true", task=2), program("/no", task=3)])
        codes = {told.key[1]: told.code for told in ends(executor, 3)}
        assert codes == {1: 127, 2: 0, 3: 127}

    def test_another_attempt_is_another_run(self, executor, program):
        first, second = program(SH, "-c", "exit 1"), program(SH, "-c", "exit 2", attempt=2)
        assert run(executor, first).code == 1
        (first.folder / "stdout.log").unlink()  # as staging does
        told = run(executor, second)
        assert (told.attempt, told.code) == (2, 2)


class SettingTests(Programs):
    """What a task finds when it starts."""

    def test_argv_is_no_shells_business(self, executor, program):
        asked = program("/bin/echo", "$HOME", "a  b", "*", ";exit 3", "'", '"', "-n", "\n", "")
        assert run(executor, asked).code == 0
        assert (asked.folder / "stdout.log").read_bytes() == b"$HOME a  b * ;exit 3 ' \" -n \n \n"

    def test_what_it_prints_is_in_the_folder_and_nothing_else(self, executor, program):
        asked = program(SH, "-c", "echo out; echo err >&2; kill -9 $$")
        run(executor, asked)
        assert out(asked) == "out\n"
        assert (asked.folder / "stderr.log").read_text() == "err\n"

    def test_it_prints_as_much_as_it_likes(self, executor, program):
        asked = program("/usr/bin/head", "-c", "3000000", "/dev/zero")
        assert run(executor, asked).code == 0
        assert (asked.folder / "stdout.log").stat().st_size == 3_000_000

    def test_stdin_is_empty(self, executor, program):
        assert run(executor, program("/bin/cat")).code == 0

    def test_it_runs_where_it_was_told_with_the_environment_it_was_given(self, executor, program, tmp_path: Path):
        asked = program(SH, "-c", 'pwd; echo "$NAME"', cwd=tmp_path / "jobs", env={"NAME": "a b\nc"})
        run(executor, asked)
        assert out(asked) == f"{tmp_path / 'jobs'}\na b\nc\n"

    def test_it_has_no_file_open_but_three_and_no_signal_ignored(self, executor, program):
        asked = program(SH, "-c", "ls /proc/self/fd; grep -E 'Sig(Blk|Ign)' /proc/self/status")
        run(executor, asked)
        *files, _, blocked, _, ignored = out(asked).split()
        assert files == ["0", "1", "2", "3"]  # and that of ls
        assert int(blocked, 16) == 0
        assert int(ignored, 16) & 0x7FFFFFFF == 0  # the two behind are the C library's own

    def test_cpus_are_those_it_was_given_and_those_of_the_next_its_own(self, executor, program):
        own = os.sched_getaffinity(0)
        code = "import os; print(sorted(os.sched_getaffinity(0)))"
        bound = program(self.python, "-c", code, cpus=(max(own),))
        free = program(self.python, "-c", code, task=1)
        executor.start([bound, free])
        ends(executor, 2)
        assert json.loads(out(bound)) == [max(own)]
        assert json.loads(out(free)) == sorted(own)

    def test_memory_is_limited(self, executor, program):
        greedy = "data = []\nwhile len(data) < 300: data.append(bytearray(2**20))\nprint(len(data))"
        asked = program(self.python, "-c", greedy, memory=200 * 2**20, total=200 * 2**20)
        told = run(executor, asked)
        assert told.code != 0
        assert told.cause == "memory"
        assert out(asked) == ""

    def test_memory_within_the_limit_is_there_to_be_used(self, executor, program):
        modest = "data = bytearray(100 * 2**20); print(len(data))"
        asked = program(self.python, "-c", modest, "a  b", memory=200 * 2**20, total=200 * 2**20)
        told = run(executor, asked)
        assert (told.code, told.cause) == (0, "")
        assert told.usage.memory > 100 * 2**20


class ExecutorTests(EndTests, SettingTests, StopTests, AdoptTests):
    """Inherit, give fixtures `state` (a folder) and `executors` (makes a new one there, as a new scheduler does)."""
