"""Processes of this machine, by the tests of all executors and by those of pids and shells."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from executor_tests import ExecutorTests, ended, lives, sleepers, until

from dmod.executors import EXECUTORS, processes
from dmod.executors.executor import LOST
from dmod.executors.local import Local


class TestLocal(ExecutorTests):
    @pytest.fixture
    def executors(self):
        return Local

    def test_a_program_whose_shell_was_killed_is_lost_and_ended(self, executor, program):
        asked = program("/bin/sleep", "100")
        handle = executor.start(asked, [])
        until(lambda: len(sleepers(asked)) == 1)
        os.kill(handle["pid"], signal.SIGKILL)
        assert ended(executor, handle, asked) == LOST
        until(lambda: not sleepers(asked))

    def test_the_end_leaves_no_zombie(self, executor, program):
        asked = program("/bin/true")
        handle = executor.start(asked, [])
        ended(executor, handle, asked)
        with pytest.raises(ChildProcessError):
            os.waitpid(handle["pid"], os.WNOHANG)

    def test_an_exit_code_that_was_cut_short_is_none(self, executor, program):
        asked = program("/bin/true")
        handle = executor.start(asked, [])
        ended(executor, handle, asked)
        (asked.folder / "exit").write_text("1")  # of 130 and a newline
        assert executor.ended(handle, asked) == LOST

    def test_a_stranger_that_was_given_the_number_of_a_shell_is_not_found(self, executor, program):
        asked = program("/bin/true")
        stranger = subprocess.Popen(["/bin/sleep", "100"])
        (asked.folder / "attempt-1").write_text(f"{stranger.pid}\n")
        try:
            handle = executor.find(asked)
            assert executor.watch(handle) is None
            assert executor.ended(handle, asked) == LOST
            assert lives(stranger.pid)
        finally:
            stranger.kill()
            stranger.wait()

    def test_another_process_with_its_number_is_let_alone(self, executor, program):
        asked = program("/bin/sh", "-c", "exit 3")
        ended(executor, executor.start(asked, []), asked)
        pipe = subprocess.PIPE
        stranger = subprocess.Popen(["/bin/cat"], stdin=pipe, stdout=pipe, text=True, start_new_session=True)
        handle = {"pid": stranger.pid, "start": processes.started(stranger.pid) - 1}
        assert executor.watch(handle) is None
        assert executor.ended(handle, asked) == 3
        executor.stop(handle, asked, kill=True)
        said, _ = stranger.communicate("still here\n")
        assert (said, stranger.returncode) == ("still here\n", 0)

    def test_a_signal_to_its_whole_session_ends_the_program_and_keeps_the_code(self, executor, program):
        asked = program("/bin/sleep", "100")
        handle = executor.start(asked, [])
        until(lambda: len(sleepers(asked)) == 1)
        os.killpg(handle["pid"], signal.SIGTERM)
        assert ended(executor, handle, asked) == 128 + signal.SIGTERM


def test_it_is_what_dmod_toml_calls_local():
    assert {"local": Local} == EXECUTORS


def test_a_process_is_known_by_pid_and_start(tmp_path):
    child = subprocess.Popen(["/bin/sleep", "60"], env={"DMOD_JOB_FOLDER": str(tmp_path)})
    start = processes.started(child.pid)
    assert processes.alive(child.pid, start)
    assert not processes.alive(child.pid, start + 1)
    until(lambda: processes.marked(f"DMOD_JOB_FOLDER={tmp_path}") == [child.pid])
    assert processes.marked(f"DMOD_JOB_FOLDER={tmp_path}x") == []
    assert processes.marked(str(tmp_path)) == []
    processes.send([child.pid], signal.SIGKILL)
    until(lambda: not lives(child.pid))
    assert processes.started(child.pid) is None  # a zombie
    assert processes.marked(f"DMOD_JOB_FOLDER={tmp_path}") == []
    child.wait()
    assert processes.started(child.pid) is None
    processes.send([child.pid], signal.SIGKILL)
