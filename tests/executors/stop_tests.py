"""A task is stopped, on every executor, and nothing that it started outlives it."""

from __future__ import annotations

import select
import signal

import pytest
from programs import SH, Programs, ends, lives, out, run, sleepers, started, until


class StopTests(Programs):
    """A task is stopped, and nothing that it started outlives it."""

    def test_stopping_is_asking(self, executor, program):
        asked = program(SH, "-c", "trap 'echo stopped; exit 5' TERM; echo ready; while :; do sleep 0.01; done")
        executor.start([asked])
        handle = started(executor).handle
        until(lambda: out(asked) == "ready\n")
        executor.stop(asked, handle, kill=False)
        assert ends(executor, 1)[0].code == 5
        assert out(asked) == "ready\nstopped\n"

    def test_one_that_does_not_listen_is_ended(self, executor, program):
        asked = program(SH, "-c", "trap '' TERM; echo ready; while :; do sleep 0.01; done")
        executor.start([asked])
        handle = started(executor).handle
        until(lambda: out(asked) == "ready\n")
        executor.stop(asked, handle, kill=False)
        assert not select.select([executor], [], [], 0.05)[0]
        executor.stop(asked, handle, kill=True)
        assert ends(executor, 1)[0].code == 128 + signal.SIGKILL

    def test_one_of_which_no_start_was_told_can_be_stopped(self, executor, program):
        asked = program("/bin/sleep", "100")
        executor.start([asked])
        executor.stop(asked, {}, kill=True)
        assert ends(executor, 1)[0].code == 128 + signal.SIGKILL

    @pytest.mark.parametrize("kill", [False, True])
    def test_it_reaches_all_that_it_started_also_in_sessions_of_their_own(self, executor, program, kill):
        asked = program(SH, "-c", "setsid sleep 100 & setsid sh -c 'sleep 101 & sleep 102' & sleep 103")
        executor.start([asked])
        handle = started(executor).handle
        until(lambda: len(sleepers(asked)) == 4)
        pids = sleepers(asked)
        executor.stop(asked, handle, kill=kill)
        assert ends(executor, 1)[0].code == 128 + (signal.SIGKILL if kill else signal.SIGTERM)
        until(lambda: not any(lives(pid) for pid in pids))

    def test_nothing_that_it_left_in_the_background_outlives_it(self, executor, program):
        asked = program(SH, "-c", "trap '' TERM; sleep 100 & exit 3")
        assert run(executor, asked).code == 3
        until(lambda: not sleepers(asked))

    def test_nothing_deaf_in_a_session_of_its_own_outlives_one_that_was_stopped(self, executor, program):
        asked = program(SH, "-c", "(trap '' TERM; setsid sleep 100) & sleep 101")
        executor.start([asked])
        handle = started(executor).handle
        until(lambda: len(sleepers(asked)) == 2)
        pids = sleepers(asked)
        executor.stop(asked, handle, kill=False)
        assert ends(executor, 1)[0].code == 128 + signal.SIGTERM
        until(lambda: not any(lives(pid) for pid in pids))

    def test_one_that_begins_with_an_empty_environment_is_stopped_too(self, executor, program):
        asked = program("/usr/bin/env", "-i", SH, "-c", "echo ready; setsid sleep 100; exit 9")
        executor.start([asked])
        handle = started(executor).handle
        until(lambda: out(asked) == "ready\n")
        executor.stop(asked, handle, kill=False)
        assert ends(executor, 1)[0].code == 128 + signal.SIGTERM
