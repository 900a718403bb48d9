"""What holds for processes of this machine, and not for tasks that are enclosed."""

from __future__ import annotations

import os

import pytest
from programs import SH, WAITS, Programs, ends, lives, news, out, run, started, until

from dmod.executors.executor import Ended, Started


class TestLocalTasks(Programs):
    def test_thousands_of_ends_may_wait_to_be_read(self, executor, program):
        asked = [program("/bin/true" if task % 2 else "/no", task=task, env={"A": "x" * 500}) for task in range(2000)]
        executor.start(asked)
        until(lambda: executor._line.flush() or (asked[-1].folder / "stdout.log").exists(), seconds=30)
        heard: list[Started | Ended] = []
        while sum(isinstance(told, Ended) for told in heard) < 2000:
            heard += news(executor)
        assert sum(isinstance(told, Started) for told in heard) == 1000
        seen = set()
        for told in heard:  # no end before its start
            assert isinstance(told, Started) or told.code == 127 or told.key in seen
            seen.add(told.key)

    def test_the_environment_is_that_of_the_scheduler_that_starts_it(self, executors, waiting, program, monkeypatch):
        first = executors()
        first.start([waiting()])
        started(first)
        first.close()
        monkeypatch.setenv("SINCE", "today")
        second, asked = executors(), program(SH, "-c", 'echo "$SINCE"', task=1)
        second.adopt([(program(), {})])
        second.start([asked])
        until(lambda: out(asked) == "today\n")

    def test_memory_of_each_process_is_limited(self, executor, program):
        greedy = "data = []\nwhile len(data) < 300: data.append(bytearray(2**20))\nprint(len(data))"
        asked = program(self.python, "-c", greedy, memory=200 * 2**20)
        told = run(executor, asked)
        assert told.code != 0
        assert told.cause == "memory"
        assert out(asked) == ""

    def test_memory_within_the_limit_of_each_process_is_there_to_be_used(self, executor, program):
        modest = "data = bytearray(100 * 2**20); print(len(data))"
        asked = program(self.python, "-c", modest, "a  b", memory=200 * 2**20)
        told = run(executor, asked)
        assert (told.code, told.cause) == (0, "")
        assert told.usage.memory > 100 * 2**20

    @pytest.mark.parametrize("clear", ["", "env -i"])
    def test_a_daemon_that_a_task_leaves_ends_with_it(self, executor, program, clear: str):
        asked = program(SH, "-c", f"{clear} setsid sleep 100 & echo $! > daemon; exit 3")
        assert run(executor, asked).code == 3
        daemon = int((asked.folder / "daemon").read_text())
        until(lambda: not lives(daemon))

    def test_the_daemon_of_a_daemon_ends_with_it(self, executor, program):
        script = "setsid sh -c 'setsid sh -c \"echo \\$\\$ > daemon; exec sleep 100\" & sleep 0.2' & sleep 0.4; exit 3"
        asked = program(SH, "-c", script)
        assert run(executor, asked).code == 3
        daemon = int((asked.folder / "daemon").read_text())
        until(lambda: not lives(daemon))

    def test_a_daemon_stays_while_its_task_runs_and_others_end(self, executor, waiting, program):
        script = "(setsid sleep 100 & echo $! > daemon); (env -i setsid sleep 100 & echo $! > bare); "
        asked = waiting(script + WAITS)
        executor.start([asked])
        until(lambda: out(asked) == "ready\n")
        daemons = [int((asked.folder / name).read_text()) for name in ("daemon", "bare")]
        for task in range(1, 5):
            run(executor, program("/bin/true", task=task))
        assert all(lives(pid) for pid in daemons)
        (asked.folder / "go").write_text("go\n")
        assert ends(executor, 1)[0].code == 6
        until(lambda: not any(lives(pid) for pid in daemons))

    def test_it_has_what_the_scheduler_has_in_its_environment(self, executor, program):
        asked = program(SH, "-c", 'echo "$HOME"')
        run(executor, asked)
        assert out(asked) == f"{os.environ['HOME']}\n"

    def test_words_that_are_no_text_reach_it(self, executor, program):
        asked = program("/bin/echo", "\udcff")
        assert run(executor, asked).code == 0
        assert (asked.folder / "stdout.log").read_bytes() == b"\xff\n"
