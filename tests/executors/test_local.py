"""Processes of this machine, by the tests of all executors and by those of shepherds."""

from __future__ import annotations

import os
import select
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from executor_tests import ExecutorTests
from programs import SH, Programs, dies, ends, lives, news, out, run, shepherds, sleepers, started, until

from dmod.errors import ConflictError, UnreachableError
from dmod.executors import EXECUTORS, connection
from dmod.executors.executor import LOST, Ended, Started
from dmod.executors.local import Local


class TestLocal(ExecutorTests):
    def test_it_is_what_dmod_toml_calls_local(self, state):
        executor = EXECUTORS["local"].make(state)
        assert isinstance(executor, Local)
        executor.close()


class TestShepherd(Programs):
    def test_there_is_none_before_the_first_task_and_after_the_last(self, executors, state, program):
        executor = executors()
        executor.adopt([])
        assert shepherds(state) == []
        run(executor, program("/bin/true"))
        assert len(shepherds(state)) == 1
        executor.close()
        until(lambda: not shepherds(state))
        assert not (state / connection.SOCKET).exists()

    def test_it_is_nobodys_child_and_its_socket_for_its_user_alone(self, executor, state, program):
        run(executor, program("/bin/true"))
        (pid,) = shepherds(state)
        assert os.getsid(pid) not in {os.getsid(0), os.getpid()}
        assert stat.S_IMODE((state / connection.SOCKET).stat().st_mode) == 0o600
        assert b"dmod.scheduler" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)

    def test_it_is_small(self, executor, state, program):
        run(executor, program("/bin/true"))
        (pid,) = shepherds(state)
        maps = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        private = sum(int(line.split()[1]) for line in maps if line.startswith("Private"))
        assert private < 16_000  # kB

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
    def test_it_does_not_hear_the_terminal(self, executor, state, program, number):
        run(executor, program("/bin/true"))
        (pid,) = shepherds(state)
        os.kill(pid, number)
        assert run(executor, program("/bin/true", task=1)).code == 0
        assert shepherds(state) == [pid]

    def test_one_that_is_asked_to_end_asks_its_tasks(self, executor, state, program):
        asked = program(SH, "-c", "trap 'sleep 0.1; exit 7' TERM; echo ready; while :; do sleep 0.01; done")
        executor.start([asked])
        until(lambda: out(asked) == "ready\n")
        os.kill(shepherds(state)[0], signal.SIGTERM)
        assert ends(executor, 1)[0].code == 7
        until(lambda: not shepherds(state))
        assert run(executor, program("/bin/true", task=1)).code == 0

    def test_one_that_is_killed_loses_its_tasks_and_another_takes_its_place(self, executor, state, program):
        clean = "env -i sleep 100 & sleep 101"
        executor.start([program(SH, "-c", clean, task=task) for task in range(3)])
        until(lambda: all(len(sleepers(program(task=task))) == 1 for task in range(3)))
        pids = [told.handle["pid"] for told in news(executor) if isinstance(told, Started)]
        assert len(pids) == 3
        os.kill(shepherds(state)[0], signal.SIGKILL)
        told = ends(executor, 3)
        assert {(end.key[1], end.code, end.cause) for end in told} == {
            (task, LOST, "its shepherd was killed") for task in range(3)
        }
        until(lambda: not any(lives(pid) for pid in pids))
        until(lambda: not any(sleepers(program(task=task)) for task in range(3)))
        assert run(executor, program("/bin/true", task=4)).code == 0

    def test_what_was_not_begun_when_it_was_killed_is_begun_by_the_next(self, executor, state, program):
        run(executor, program("/bin/true"))
        (pid,) = shepherds(state)
        os.kill(pid, signal.SIGSTOP)
        executor.start([program("/bin/true", task=task) for task in range(1, 4)])
        os.kill(pid, signal.SIGKILL)
        assert {end.code for end in ends(executor, 3)} == {0}

    @pytest.mark.parametrize("known", [False, True])
    def test_tasks_of_one_that_was_killed_unseen_are_lost(self, executors, state, program, known: bool):  # noqa: FBT001
        asked = program("/bin/sleep", "100")
        first = executors()
        first.start([asked])
        handle = started(first).handle
        first.close()
        os.kill(shepherds(state)[0], signal.SIGKILL)
        second = executors()
        assert second.adopt([(asked, handle if known else {})]) == set()
        assert select.select([second], [], [], 0)[0]
        (told,) = second.news()
        assert isinstance(told, Ended)
        assert (told.code, told.cause) == (LOST, "its shepherd was killed")
        until(lambda: not lives(handle["pid"]))

    def test_tasks_of_a_machine_that_was_restarted_are_lost_and_strangers_let_alone(self, executor, program):
        stranger = subprocess.Popen(["/bin/sleep", "100"], start_new_session=True)
        handle = {"pid": stranger.pid, "start": 1, "boot": "another", "group": ""}
        assert executor.adopt([(program("/bin/true"), handle)]) == set()
        assert [(told.code, told.cause) for told in news(executor)] == [(LOST, "its node was restarted")]
        assert stranger.poll() is None
        stranger.kill()
        stranger.wait()

    def test_the_groups_of_tasks_are_removed_with_them(self, executor, state, program, missing):
        executor.start([program("/bin/sleep", "100", task=task, total=100 * 2**20) for task in range(2)])
        until(lambda: all(len(sleepers(program(task=task))) == 1 for task in range(2)))
        groups = [told.handle["group"] for told in news(executor) if isinstance(told, Started)]
        if not all(groups):
            executor.stop(program(), {}, kill=True)
            missing("this user may make no cgroups with a memory limit here")
        executor.stop(program(), {}, kill=True)
        assert ends(executor, 1)[0].cause == ""
        os.kill(shepherds(state)[0], signal.SIGKILL)
        ends(executor, 1)
        executor.close()
        until(lambda: not any(Path(group).exists() for group in groups), seconds=2)

    def test_one_that_cannot_be_started_is_the_cause(self, executor, program, monkeypatch):
        monkeypatch.setattr(sys, "executable", "/no/such/python")
        told = run(executor, program("/bin/true"))
        assert told.code == 127
        assert told.cause.startswith("start: the shepherd cannot be started: ")
        assert "/no/such/python" in told.cause
        monkeypatch.undo()
        assert run(executor, program("/bin/true")).code == 0

    def test_a_state_that_has_gone_is_the_cause(self, executor, program, state):
        state.rmdir()
        told = run(executor, program("/bin/true"))
        assert (told.code, told.cause[:35]) == (127, "start: the shepherd cannot be started: "[:35])
        state.mkdir()

    def test_the_socket_of_one_that_was_killed_is_in_nobodys_way(self, executors, state, program):
        executor = executors()
        run(executor, program("/bin/true"))
        executor.close()
        until(lambda: not shepherds(state))
        left = socket.socket(socket.AF_UNIX)
        left.bind(str(state / connection.SOCKET))
        left.close()
        second = executors()
        assert run(second, program("/bin/true", task=1)).code == 0

    def test_one_that_does_not_answer_is_said(self, executors, state, program, monkeypatch):
        first = executors()
        run(first, program("/bin/true"))
        monkeypatch.setattr(connection, "PATIENCE", 0.1)
        (pid,) = shepherds(state)
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(UnreachableError, match="does not answer"):
                executors()
        finally:
            os.kill(pid, signal.SIGCONT)

    def test_of_two_schedulers_the_newest_wins(self, executors, waiting):
        asked = waiting()
        first = executors()
        first.start([asked])
        handle = started(first).handle
        second = executors()
        assert second.adopt([(asked, handle)]) == set()
        for _ in range(2):
            with pytest.raises(ConflictError, match="another scheduler"):
                news(first)
        (asked.folder / "go").write_text("go\n")
        assert ends(second, 1)[0].code == 6

    def test_logs_that_cannot_be_made_are_the_cause(self, executor, program):
        asked = program("/bin/true")
        (asked.folder / "stderr.log").mkdir()
        told = run(executor, asked)
        assert (told.code, told.cause) == (127, f"start: Is a directory: {asked.folder}/stderr.log")

    def test_a_full_disk_is_the_cause(self, executor, program, tmp_path):
        disk = tmp_path / "jobs" / "0"
        asked = program("/bin/true", cwd=tmp_path)
        mount = ["mount", "-t", "tmpfs", "-o", "nr_inodes=1", "none", str(disk)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("no disk can be mounted here")
        try:
            told = run(executor, asked)
        finally:
            subprocess.run(["umount", str(disk)], check=True)
        assert (told.code, told.cause) == (127, f"start: No space left on device: {disk}/stdout.log")

    def test_a_project_may_have_a_long_path(self, tmp_path, program):
        state = tmp_path / ("a" * 200) / ("b" * 100)
        state.mkdir(parents=True)
        executor = Local(state)
        assert run(executor, program("/bin/true")).code == 0
        second = Local(state)
        assert second.adopt([]) == set()
        for each in (executor, second):
            each.close()
        until(lambda: not shepherds(state))

    def test_one_that_holds_ends_leaves_when_its_project_is_deleted(self, executors, state, program):
        asked = program(SH, "-c", "sleep 0.3")
        first = executors()
        first.start([asked])
        started(first)
        first.close()
        (state / connection.SOCKET).unlink()
        until(lambda: not shepherds(state))

    def test_half_a_message_of_one_that_was_killed_is_none(self, executors, state, waiting, program):
        asked = waiting()
        dies(executors(), state, asked, "executor._line._end.send(b'{\"start\": [[1, 5')")
        second = executors()
        assert second.adopt([(asked, {}), (program("/bin/true", task=5), {})]) == {(1, 5)}
        (asked.folder / "go").write_text("go\n")
        assert ends(second, 1)[0].code == 6

    def test_a_scheduler_that_a_task_starts_is_not_the_tasks(self, executor, program):
        asked = program(SH, "-c", "env -i setsid sh -c 'sleep 100; : dmod.scheduler' & echo $! > pid; sleep 0.1")
        run(executor, asked)
        run(executor, program("/bin/true", task=1))
        pid = int((asked.folder / "pid").read_text())
        assert lives(pid)
        os.killpg(pid, signal.SIGKILL)
